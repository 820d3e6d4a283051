"""Tests of what people see: the client library, in Chromium and in Node."""

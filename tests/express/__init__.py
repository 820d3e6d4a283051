"""Tests of matchd/express."""

"""Autobahn's own fuzzing client before both WebSocket edges.

`install` gets the client, `convert` makes Python 3 of it, `fuzzing_client` runs it in an environment of
its own, `echo` is what it calls. Nothing of the suite, which has the Apache licence, is kept here.
"""

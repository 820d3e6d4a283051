"""The front door: accepts connections, guards them, and hands each to one of the two edges.

Nothing here knows hypercorn or trio-websocket: `daemon.py` injects both edges as callables, and is
the only module that may import this package. Reading order: `sockets` (what we listen on), `serve`
(the accept loops), `front` (one connection), `http_stream` (what the HTTP edge sees), `scanner`
and `heads` (what a request looks like), `guard` (how bytes leave).
"""

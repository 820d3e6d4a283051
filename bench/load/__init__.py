"""The load generator: a process of its own on raw sockets, with everything it sends made beforehand.

`jobs` is what it is asked and what it answers, `http` and `relay` drive the sockets, `sockets` opens
WebSockets and knows their frames, `gauge` reads what a server process has used. It prints its own
share of a core, so that a reader sees when the generator was the limit. Standard library and msgspec
only: it must start quickly and cost little.
"""

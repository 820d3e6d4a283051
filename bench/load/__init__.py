"""The load generators: processes of their own on raw sockets, with what they send made beforehand.

`native` compiles and drives the one written in C (`native/`), for load in bulk: HTTP, relayed signals,
idle sockets, rooms. Where players must first log in, join and be told things, the one in Python does
(`chat`, `games`, with `http`, `pairs` and `sockets` under them); there it is not the limit. `jobs` is
what generators are asked and what they answer, `gauge` reads what processes have used. Each prints its
own share of a core, so that a reader sees when the generator was the limit.
"""

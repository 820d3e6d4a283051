"""What matchd costs, measured with peers beside it: `python -m bench [NAME ...]`.

Owns the measurements and nothing that matchd needs; each module answers one question with one table.
`servers` are the processes under load (the real daemon and its peers), `load` the generators, also
processes of their own; `processes`, `redis_server` and `peers` start, end and install them; `visits`
and `sockets` put HTTP and WebSocket under load; `calls`, `meter` and `specification` serve stores in
this process, `samples` and `report` print.

Method: peers are measured in alternation (A B C A B C) within one run, a figure is the median of the
rounds; server and generator have a core each when there are two; the CPU a server spends per operation
is the figure least disturbed by a busy machine. The generator checks what it gets and counts nothing
else. Everything stays on 127.0.0.1. Imported by tests only.
"""

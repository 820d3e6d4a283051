"""What matchd costs, measured with peers beside it: `python -m bench [NAME ...]`.

Owns the measurements and nothing that matchd needs: `finds`, `relay`, `memory`, `pool`, `redis` and
`nodes` each answer one question with one table. `servers` are the processes under load (the real
daemon and its peers), `load` is the generator, a process of its own; `processes` and `redis_server`
start and end them, `calls`, `meter` and `specification` serve stores in this process, `report` prints.

Method: peers are measured in alternation (A B A B) within one run, and a figure is the median of the
rounds; server and generator have a core each when there are two; the CPU a server spends per operation
is the figure least disturbed by a busy machine. Everything stays on 127.0.0.1. Imported by tests only.
"""

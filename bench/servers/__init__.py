"""The processes under load: the real daemon, and peers that do the same work with less.

Each is started as `python -m bench.servers.NAME` (or with node), listens on a port of 127.0.0.1 that
the kernel chooses, and writes a line `ready 127.0.0.1:PORT`. Python peers have matchd's collector
policy, so that what differs is matchd's own work. `answers.json` is what constant servers answer.
"""

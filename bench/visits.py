"""HTTP under load: registers hosts and has the compiled generator follow a script."""

from __future__ import annotations

from collections.abc import Sequence

from bench.load.jobs import Sample, Watched
from bench.load.native import drive
from bench.sizes import Script, Sizes

LABELS: dict[Script, str] = {
    "finds": "find",
    "matches": "find + release",
    "beats": "heartbeat",
    "get": "GET /healthz",
    "fresh": "heartbeat, new connection",
}


def register(ports: Sequence[int], watched: Watched, hosts: int, sizes: Sizes) -> Sample:
    """A heartbeat of each host."""
    named = ",".join(map(str, ports))
    return drive("hosts", Sample, watched, ports=named, hosts=hosts, connections=sizes.connections)


def visit(  # one name for each option of the generator
    script: Script,
    ports: Sequence[int],
    watched: Watched,
    *,
    connections: int,
    hosts: int,
    seconds: float,
    tokens: str = "",
) -> Sample:
    """One measured window of a script."""
    return drive(
        "http",
        Sample,
        watched,
        script=script,
        ports=",".join(map(str, ports)),
        connections=connections,
        hosts=hosts,
        seconds=seconds,
        path="/healthz",
        tokens=tokens,
    )

"""The servers that relay signals, what each of them speaks, and the generator's jobs for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

import msgspec

from bench.load.jobs import IdleSample, RelaySample, Sample, Watched
from bench.load.native import drive
from bench.peers import Absent, Peers, present
from bench.processes import Recipe, Server, python, running
from bench.servers.daemon import switchable

DAEMON, EDGE = "matchd", "matchd, trio-websocket edge"
MATCHBOX, PEER_MATCHBOX = "matchd, matchbox", "matchbox_server"
WS, LIBRARY, PEERJS = "npm ws, bare relay", "trio-websocket, bare relay", "PeerJS server"
LIMIT = "bare loop of syscalls"


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """What sockets say at a server, and what stands before and behind the name of a room or a peer."""

    name: Literal["signaling", "matchbox", "peerjs"] = "signaling"
    prefix: str = "/?roomId="
    suffix: str = ""

    @property
    def options(self) -> dict[str, str]:
        """The generator's."""
        return {"dialect": self.name, "prefix": self.prefix, "suffix": self.suffix}


SIGNALING = Dialect()
_DIALECTS = {
    MATCHBOX: Dialect(name="matchbox", prefix="/matchbox/", suffix="?next=2"),
    PEER_MATCHBOX: Dialect(name="matchbox", prefix="/", suffix="?next=2"),
    PEERJS: Dialect(name="peerjs", prefix="/peerjs?key=peerjs&token=t&version=1.5.5&id="),
}


def dialect_of(server: Server) -> Dialect:
    """What is spoken there; signaling where nothing else is said."""
    return _DIALECTS.get(server.name, SIGNALING)


def relays(peers: Peers | None, *names: str) -> list[Recipe | Absent]:
    """Those of these that relay between two; without `peers` only ours."""
    made: dict[str, Callable[[], Recipe | Absent]] = {
        DAEMON: lambda: python(DAEMON, "bench.servers.daemon"),
        EDGE: _edge,
        LIBRARY: lambda: python(LIBRARY, "bench.servers.relay", "as-it-comes"),
    }
    if peers is not None:
        made |= {
            WS: lambda: peers.node(WS, "ws.cjs"),
            PEER_MATCHBOX: peers.matchbox,
            PEERJS: lambda: peers.node(PEERJS, "peerjs.cjs"),
            LIMIT: peers.limit,
        }
    return [made[name]() for name in names if name in made]


@contextmanager
def relaying(peers: Peers | None, *names: str) -> Iterator[tuple[list[Server], tuple[str, ...]]]:
    """The daemon under the name of each dialect, the others, and a line about each who is absent."""
    there, absent = present(relays(peers, DAEMON, *names))
    with running(there) as servers:
        twin = msgspec.structs.replace(servers[0], name=MATCHBOX)
        yield [servers[0], twin, *servers[1:]], absent


def _edge() -> Recipe | Absent:
    if switchable("socket"):
        return python(EDGE, "bench.servers.daemon", "no-socket")
    return Absent(name=EDGE, reason="this matchd has no other")


def talk(  # one name for each option of the generator
    ports: Sequence[int],
    watched: Watched,
    dialect: Dialect = SIGNALING,
    *,
    pairs: int,
    closed: float,
    open_: float,
    rate: int,
    settle: float = 0.2,
) -> RelaySample:
    """Pairs, whose first sockets are at the first port and whose second ones at the last."""
    return drive(
        "pairs",
        RelaySample,
        watched,
        ports=",".join(map(str, ports)),
        pairs=pairs,
        settle=settle,
        closed=closed,
        open=open_,
        rate=rate,
        **dialect.options,
    )


def rest(server: Server, sockets: int, settle: float) -> IdleSample:
    """So many sockets that say nothing."""
    return drive(
        "idle",
        IdleSample,
        Watched((server.pid,)),
        ports=server.port,
        pairs=sockets // 2,
        settle=settle,
        **dialect_of(server).options,
    )


def open_many(server: Server, sockets: int, at_once: int) -> Sample:
    """So many sockets opened as fast as the server takes them, some at once."""
    return drive(
        "opens",
        Sample,
        Watched((server.pid,)),
        ports=server.port,
        pairs=sockets // 2,
        at_once=at_once,
        **dialect_of(server).options,
    )


def come_and_go(server: Server, members: int, seconds: float) -> Sample:
    """One peer comes and goes in a room of so many others, each of whom is told."""
    return drive(
        "room",
        Sample,
        Watched((server.pid,)),
        ports=server.port,
        members=members,
        seconds=seconds,
        prefix=_DIALECTS.get(server.name, _DIALECTS[MATCHBOX]).prefix,
    )

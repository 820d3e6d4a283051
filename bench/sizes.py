"""How much is measured: a default run, a quick one, and the one that fills the table of goals."""

from __future__ import annotations

from typing import Literal

import msgspec

Script = Literal["finds", "matches", "beats", "get", "fresh"]


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """Counts, seconds and rates of one run.

    HTTP: `seconds` is the measured time of one round of one server, `connections` those of the
    generator, `scripts` what they do, `hosts` those in memory, `shared_hosts` those in Redis.
    Sockets: `pairs` of the closed loop and of the open one at `rate` signals a second, `crowded_pairs`
    those of the open loop at `crowded_rate`, `members` of the room that one peer comes and goes in,
    `idle` sockets at rest for `settle` seconds, `opened` sockets, and those opened `at_once`.
    Stores: finds in pools of `flat` hosts, `claims` per round and pool of `pools`, `shared_pools` in
    Redis, `callers` the many callers there, `turn` the seconds of each, `writers` at once to the file,
    `flooders` who log in at once.
    The rest: `shared_pairs` of hosts and players at several nodes, `games` at once, `crowd` those who
    come to the queue, `fans` members of a chat room, `unread` what one of them has not read.
    """

    rounds: int = 5
    seconds: float = 1.2
    connections: int = 64
    scripts: tuple[Script, ...] = ("finds", "matches", "beats", "get", "fresh")
    hosts: int = 1000
    shared_hosts: int = 10_000
    pairs: int = 500
    rate: int = 1000
    crowded_pairs: int = 4500
    crowded_rate: int = 2000
    members: int = 999
    idle: int = 10_000
    settle: float = 0.5
    opened: int = 2000
    at_once: int = 3000
    flat: tuple[int, ...] = (100, 100_000)
    pools: tuple[int, ...] = (100, 10_000, 100_000)
    claims: int = 5000
    shared_pools: tuple[int, ...] = (100, 10_000, 100_000)
    callers: int = 64
    turn: float = 0.4
    writers: int = 256
    flooders: int = 80
    shared_pairs: int = 200
    games: int = 1000
    crowd: int = 10_000
    fans: tuple[int, ...] = (2, 50, 500)
    unread: int = 10_000


DEFAULT = Sizes()
QUICK = Sizes(
    rounds=2,
    seconds=0.3,
    hosts=200,
    shared_hosts=1000,
    pairs=50,
    rate=500,
    crowded_pairs=200,
    members=49,
    idle=200,
    opened=200,
    at_once=200,
    flat=(100, 1000),
    pools=(100, 1000),
    claims=500,
    shared_pools=(100, 1000),
    turn=0.1,
    writers=64,
    shared_pairs=50,
    games=100,
    crowd=1000,
    unread=1000,
)
SUMMARY = msgspec.structs.replace(
    DEFAULT,
    seconds=0.6,
    scripts=("finds",),
)

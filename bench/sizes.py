"""How much is measured: a default run and a quick one."""

from __future__ import annotations

import msgspec


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """Counts, seconds and rates of one run.

    `seconds` is the measured time of one round of one server, `rate` the signals per second offered
    in the open loop, `settle` how long idle sockets rest, `claims` the claims per round and pool.
    `shared_pools` are the pools in Redis, `callers` the many callers there, `turn` the seconds of each,
    `shared_pairs` those of hosts and players at several nodes, `games` those at once, `crowd` those who
    come to the queue, `fans` members of a chat room, `unread` what one of them has not read.
    """

    rounds: int = 5
    seconds: float = 1.2
    connections: int = 64
    hosts: int = 1000
    pairs: int = 500
    rate: int = 1000
    sockets: int = 1000
    settle: float = 0.5
    pools: tuple[int, ...] = (10, 1000, 100_000)
    claims: int = 5000
    shared_pools: tuple[int, ...] = (1000, 100_000)
    callers: int = 256
    turn: float = 0.4
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
    pairs=50,
    rate=500,
    sockets=200,
    pools=(10, 1000),
    claims=500,
    shared_pools=(1000, 10_000),
    turn=0.1,
    shared_pairs=50,
    games=100,
    crowd=1000,
    unread=1000,
)
FULL = Sizes(sockets=10_000)

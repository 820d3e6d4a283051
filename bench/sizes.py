"""How much is measured: the default run (under three minutes), the quick one (under 30 seconds)."""

from __future__ import annotations

import msgspec


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """Counts, seconds and rates of one run.

    `seconds` is the measured time of one round of one server, `rate` the signals per second offered
    in the open loop, `settle` how long idle sockets rest, `claims` the claims per round and pool.
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


DEFAULT = Sizes()
QUICK = Sizes(
    rounds=2, seconds=0.3, hosts=200, pairs=50, rate=500, sockets=200, pools=(10, 1000), claims=500
)
FULL = Sizes(sockets=10_000)

"""`python -m bench [NAME ...] [--peers] [--quick] [--markdown]`: measure and print.

`summary` measures what the goals are about, in a quarter of an hour; `install` installs the peers.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import msgspec

from bench import (
    chat,
    crowd,
    fan,
    finds,
    flat,
    games,
    logins,
    memory,
    nodes,
    opens,
    pool,
    redis,
    relay,
    shared,
    start,
    writes,
)
from bench.load.native import CompilerMissing, LoadFailed
from bench.peers import Peers, directory_of
from bench.processes import ServerFailed, pin_self, raise_file_limit
from bench.redis_server import RedisMissing
from bench.report import Goal, Table, goals_table, machine
from bench.sizes import DEFAULT, QUICK, SUMMARY, Sizes

BESIDE_PEERS: dict[str, Callable[[Sizes, Peers | None], Table]] = {
    "finds": finds.run,
    "shared": shared.run,
    "relay": relay.run,
    "crowded": relay.run_crowded,
    "fan": fan.run,
    "memory": memory.run,
    "opens": opens.run,
}
ALONE: dict[str, Callable[[Sizes], Table]] = {
    "flat": flat.run,
    "pool": pool.run,
    "redis": redis.run,
    "writes": writes.run,
    "logins": logins.run,
    "start": start.run,
    "nodes": nodes.run,
    "games": games.run,
    "crowd": crowd.run,
    "chat": chat.run,
    "unread": chat.run_unread,
}
GOALS = (*BESIDE_PEERS, "flat", "writes", "logins", "start")
"""What `summary` measures."""


def measure(name: str, sizes: Sizes, peers: Peers | None) -> Table:
    """Answer one question."""
    if name in BESIDE_PEERS:
        return BESIDE_PEERS[name](sizes, peers)
    return ALONE[name](sizes)


def main() -> None:
    """Measure what was asked for, everything by default."""
    asked = _arguments()
    peers = Peers(directory_of(asked.peers_in))
    if asked.what == ["install"]:
        peers.install()
        print(peers.versions())
        return
    summary = asked.what == ["summary"]
    sizes = QUICK if asked.quick else SUMMARY if summary else DEFAULT
    if asked.rounds:
        sizes = msgspec.structs.replace(sizes, rounds=asked.rounds)
    names = GOALS if summary else asked.what or (*BESIDE_PEERS, *ALONE)
    raise_file_limit()
    print(machine(), flush=True)
    pin_self()
    beside = peers if asked.peers or summary else None
    if beside is not None:
        print(beside.versions(), flush=True)
    _show_all(names, sizes, beside, markdown=asked.markdown)


def _arguments() -> argparse.Namespace:
    names = ["install", "summary", *BESIDE_PEERS, *ALONE]
    parser = argparse.ArgumentParser(prog="python -m bench", description="What matchd costs.")
    parser.add_argument("what", nargs="*", choices=[[], *names], help="default: everything")
    parser.add_argument(
        "--quick", action="store_true", help="a smoke test; its figures mean little"
    )
    parser.add_argument("--rounds", type=int, metavar="N", help="medians of N rounds, not of five")
    parser.add_argument("--peers", action="store_true", help="beside the peers that are installed")
    parser.add_argument("--peers-in", metavar="DIR", help="where the peers are")
    parser.add_argument("--markdown", action="store_true", help="print tables for a README")
    asked = parser.parse_args()
    for alone in ("install", "summary"):
        if alone in asked.what and len(asked.what) > 1:
            parser.error(f"{alone} stands alone")
    return asked


def _show_all(
    names: tuple[str, ...] | list[str], sizes: Sizes, peers: Peers | None, *, markdown: bool
) -> None:
    goals: list[Goal] = []
    for name in names:
        began = time.monotonic()
        try:
            table = measure(name, sizes, peers)
        except (RedisMissing, CompilerMissing, LoadFailed, ServerFailed) as missing:
            print(f"\n{name}: {missing}", flush=True)
            continue
        goals += table.goals
        print(f"\n{table.markdown if markdown else table}", flush=True)
        if not markdown:
            print(f"  ({time.monotonic() - began:.0f} s)", flush=True)
    if goals:
        reached = goals_table(goals)
        print(f"\n{reached.markdown if markdown else reached}", flush=True)


if __name__ == "__main__":
    main()

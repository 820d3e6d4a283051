"""`python -m bench [NAME ...] [--quick | --full] [--peers]`: measure and print."""

from __future__ import annotations

import argparse
from contextlib import ExitStack

from bench import chat, crowd, finds, games, logins, memory, nodes, pool, redis, relay, rooms
from bench.npm import Node, packages
from bench.processes import raise_file_limit
from bench.redis_server import RedisMissing
from bench.report import Table, machine
from bench.sizes import DEFAULT, FULL, QUICK, Sizes

BENCHES = (
    "finds",
    "relay",
    "rooms",
    "memory",
    "pool",
    "redis",
    "nodes",
    "logins",
    "games",
    "crowd",
    "chat",
    "unread",
)


def measure(name: str, sizes: Sizes, node: Node | None) -> Table:
    """Answer one question."""
    beside_peers = {"finds": finds.run, "relay": relay.run, "memory": memory.run}
    if name in beside_peers:
        return beside_peers[name](sizes, node)
    alone = {
        "rooms": rooms.run,
        "pool": pool.run,
        "redis": redis.run,
        "nodes": nodes.run,
        "logins": logins.run,
        "games": games.run,
        "crowd": crowd.run,
        "chat": chat.run,
        "unread": chat.run_unread,
    }
    return alone[name](sizes)


def main() -> None:
    """Measure what was asked for, everything by default."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="What matchd costs.")
    parser.add_argument("what", nargs="*", choices=[[], *BENCHES], help="default: everything")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="a smoke test; its figures mean little")
    size.add_argument("--full", action="store_true", help="10,000 idle sockets")
    parser.add_argument("--peers", action="store_true", help="beside Express, Fastify and npm ws")
    asked = parser.parse_args()
    sizes = QUICK if asked.quick else FULL if asked.full else DEFAULT
    raise_file_limit()
    print(machine(), flush=True)
    with ExitStack() as stack:
        node = stack.enter_context(packages()) if asked.peers else None
        for name in asked.what or BENCHES:
            try:
                print(f"\n{measure(name, sizes, node)}", flush=True)
            except RedisMissing as missing:
                print(f"\n{name}: {missing}", flush=True)


if __name__ == "__main__":
    main()

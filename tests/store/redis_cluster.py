"""A real Redis Cluster for tests: three shards of `RedisServer`s; replicas for one of them if asked.

Put together by its own commands, which is quicker than redis-cli's questions; the first two seconds
are Redis' own, which refuses writes for so long after the start of a node.
"""

from __future__ import annotations

import atexit
import re
import time
from collections.abc import Callable
from functools import cache, partial

from matchd.store.redis import Target
from tests.store.redis_server import RedisServer, free_port

SHARDS = 3
SLOTS = 16384


class RedisCluster:
    """Three primaries that share the slots evenly; `replicas` copy the one that has slot `copied`."""

    def __init__(self, *, replicas: int = 0, copied: int = 0, **options: str) -> None:
        self.servers = [_node(options) for _ in range(SHARDS + replicas)]
        self.primaries = self.servers[:SHARDS]
        self.replicas = self.servers[SHARDS:]
        self._copied = self.primaries[copied * SHARDS // SLOTS]

    @property
    def url(self) -> str:
        """The cluster by all its nodes."""
        return "redis+cluster://" + ",".join(f"127.0.0.1:{server.port}" for server in self.servers)

    @property
    def target(self) -> Target:
        """How a store reaches it; without replicas nothing can wait for one."""
        return Target(self.url, wait=bool(self.replicas))

    def start(self) -> None:
        """Start it and wait until it takes writes and every replica is in step."""
        for server in self.servers:
            server.start()
        for number, server in enumerate(self.primaries):
            first, last = number * SLOTS // SHARDS, (number + 1) * SLOTS // SHARDS - 1
            server.command("CLUSTER", "SET-CONFIG-EPOCH", str(number + 1))
            server.command("CLUSTER", "ADDSLOTSRANGE", str(first), str(last))
        for server in self.servers[1:]:
            ports = str(self.servers[0].port), self.servers[0].options["cluster_port"]
            server.command("CLUSTER", "MEET", "127.0.0.1", *ports)
        waited(lambda: all(len(_known(server)) == len(self.servers) for server in self.servers))
        for replica in self.replicas:
            waited(partial(_follows, replica, node_id(self._copied)))
        waited(lambda: all(_whole(server) for server in self.servers))
        waited(
            lambda: all(
                b"master_link_status:up" in r.command("INFO", "replication") for r in self.replicas
            )
        )

    def primary_of(self, slot: int) -> RedisServer:
        """The server that has a slot now; waits while nobody has it, as in a failover."""
        for _ in range(1000):
            for server in self.servers:
                if server.running and _holds(server, slot):
                    return server
            time.sleep(0.01)
        raise LookupError(slot)

    def remove(self) -> None:
        """End it and remove its directories."""
        for server in self.servers:
            server.remove()


def _node(options: dict[str, str]) -> RedisServer:
    defaults = {
        "cluster_enabled": "yes",
        "cluster_port": str(free_port()),
        "cluster_node_timeout": "15000",
        "repl_diskless_sync": "no",
    }
    return RedisServer(**defaults | options)


def node_id(server: RedisServer) -> str:
    """The name of a node in its cluster."""
    return server.command("CLUSTER", "MYID").decode().splitlines()[1]


def _holds(server: RedisServer, slot: int) -> bool:
    nodes = server.command("CLUSTER", "NODES").decode()
    mine = next((line for line in nodes.splitlines() if "myself,master" in line), "")
    ranges = re.findall(r" (\d+)(?:-(\d+))?(?= |$)", mine.partition("connected")[2])
    return any(int(first) <= slot <= int(last or first) for first, last in ranges)


def _known(server: RedisServer) -> list[bytes]:
    return re.findall(rb"\n[0-9a-f]{40} ", server.command("CLUSTER", "NODES"))


def _follows(replica: RedisServer, primary: str) -> bool:
    return replica.command("CLUSTER", "REPLICATE", primary) == b"+OK\r\n"


def _whole(server: RedisServer) -> bool:
    info = server.command("CLUSTER", "INFO")
    return b"cluster_state:ok" in info and b"cluster_size:3" in info


def waited(holds: Callable[[], bool]) -> None:
    """Wait until a condition holds that other processes bring about."""
    for _ in range(2000):
        if holds():
            return
        time.sleep(0.01)
    raise RuntimeError("the cluster is not ready")


@cache
def shared_cluster() -> RedisCluster:
    """The cluster of this test session; ended when the session ends."""
    cluster = RedisCluster()
    cluster.start()
    atexit.register(cluster.remove)
    return cluster

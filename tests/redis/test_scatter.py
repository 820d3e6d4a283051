"""The mirror in a Cluster that is gone for a while: its thread outlives that."""

from __future__ import annotations

import threading
from typing import Any, cast

from redis.exceptions import ConnectionError as Unreachable
from redis.exceptions import RedisClusterException
from structlog.testing import capture_logs

from matchd.store.redis.link.scatter import Scatter
from matchd.store.redis.link.ways import Access

PATIENCE = 10


class Cluster:
    """A client of a whole Cluster: its first write finds no node, as redis-py says that."""

    def __init__(self) -> None:
        self.tried = threading.Semaphore(0)
        self.written: list[tuple[object, ...]] = []
        self._waiting: list[tuple[object, ...]] = []
        self._gone = True

    def pipeline(self) -> Cluster:
        """It is its own pipeline."""
        return self

    def execute_command(self, *command: object) -> None:
        """Note a command."""
        self._waiting.append(command)

    def execute(self, *, raise_on_error: bool) -> list[object]:  # noqa: ARG002  # the library's words
        """Write what was noted."""
        waiting, self._waiting = self._waiting, []
        try:
            if self._gone:
                self._gone = False
                raise RedisClusterException("no node") from Unreachable("Error 111: refused")
            self.written += waiting
            return [True] * len(waiting)
        finally:
            self.tried.release()

    def close(self) -> None:
        """Nothing is open."""


class _Access:
    """Leads to the one client."""

    def __init__(self, cluster: Cluster) -> None:
        self.place = self
        self.servers = (("127.0.0.1", 1),)
        self._cluster = cluster

    def cluster(self, nodes: object) -> Any:  # noqa: ARG002
        """The client."""
        return self._cluster


def test_the_mirror_outlives_a_cluster_of_which_no_node_answers() -> None:
    """That is said once, and what comes later is written."""
    cluster = Cluster()
    scatter = Scatter(cast("Access", _Access(cluster)))
    try:
        with capture_logs() as log:
            for value in ("lost", "kept"):
                scatter.send([("SET", "server:h1", value)])
                assert cluster.tried.acquire(timeout=PATIENCE)
        assert [entry["event"] for entry in log] == ["store.mirror_lost"]
        assert cluster.written == [("SET", "server:h1", "kept")]
    finally:
        scatter.close()

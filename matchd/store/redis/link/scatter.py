"""What belongs to a Cluster's other shards: the mirror (wire.md 2.4). Backend-internal.

It is written behind each step and never read by us, so it goes through the library's own client of
the whole Cluster in a thread of its own: a shard that is slow or down delays nobody. The queue is
bounded; what does not fit, or fails, is dropped, which the log says once per episode: the mirror heals
with the hosts' next beats.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence

from redis.cluster import RedisCluster
from redis.exceptions import RedisClusterException, RedisError

from matchd.log import get_logger
from matchd.store.redis.faults import Fault
from matchd.store.redis.link.errors import translated
from matchd.store.redis.link.port import Command
from matchd.store.redis.link.ways import Access, discover

_log = get_logger()

_LONGEST = 4096
"""Commands that may wait."""
_BATCH = 512
_PART = "A shard of the Redis cluster"


class Scatter:
    """One thread and one client of a whole Cluster, from the first command until `close`."""

    def __init__(self, access: Access) -> None:
        self._access = access
        # Under the lock.
        self._lock = threading.Condition()
        self._queue: deque[Command] = deque()
        self._thread: threading.Thread | None = None
        # Owned by the thread.
        self._failing = False

    def takes(self, command: Command) -> bool:
        """Whether a command is for here: those of the mirror, whose keys have no hash tag."""
        return command[0] in ("SET", "DEL") and "{" not in str(command[1])

    def send(self, commands: Sequence[Command]) -> None:
        """Queue commands; nobody hears what becomes of them."""
        if not commands:
            return
        with self._lock:
            free = _LONGEST - len(self._queue)
            self._queue.extend(commands[:free])
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="mirror")
                self._thread.start()
            self._lock.notify()

    def close(self) -> None:
        """Drop what waits and let the thread end."""
        with self._lock:
            self._queue.clear()
            self._thread = None
            self._lock.notify_all()

    def _work(self) -> None:
        cluster: RedisCluster | None = None
        while batch := self._take():
            try:
                cluster = cluster or discover(self._access)
                self._write(cluster, batch)
            except Fault as fault:
                self._complain(fault)
                if cluster is not None:
                    cluster.close()
                    cluster = None
            else:
                self._failing = False
        if cluster is not None:
            cluster.close()

    def _take(self) -> list[Command]:
        """What waits, once something does; [] when this thread is to end."""
        with self._lock:
            while self._thread is threading.current_thread() and not self._queue:
                self._lock.wait()
            if self._thread is not threading.current_thread():
                return []
            return [self._queue.popleft() for _ in range(min(_BATCH, len(self._queue)))]

    def _write(self, cluster: RedisCluster, batch: Sequence[Command]) -> None:
        pipeline = cluster.pipeline()  # type: ignore[no-untyped-call]  # redis-py's own
        for command in batch:
            pipeline.execute_command(*command)
        try:
            replies = pipeline.execute(raise_on_error=False)
        except (RedisClusterException, RedisError, OSError) as error:
            raise translated(error, _PART) from None
        for reply in replies:
            if isinstance(reply, RedisError):
                raise translated(reply, _PART)

    def _complain(self, fault: Fault) -> None:
        is_closed = self._thread is not threading.current_thread()
        if not self._failing and not is_closed:
            self._failing = True
            _log.warning("store.mirror_lost", reason=str(fault))

"""One subscription to one channel, for a thread of its own. Backend-internal.

It is made on the server that the scripts run on, so what is published in their pipelines arrives in
their order (a Cluster hands it to its other nodes too). A connection that is lost is never replaced
here: whoever listens has to know that there was a gap.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from redis.connection import ConnectionInterface
from redis.exceptions import NoPermissionError, RedisError

from matchd.store.redis.faults import CLOSED, Fault
from matchd.store.redis.link.errors import translated
from matchd.store.redis.link.lines import hang_up
from matchd.store.redis.link.target import Target
from matchd.store.redis.link.ways import Access, Way, way_to

_MOST = 1024
"""Payloads that one `receive` returns at most."""


def subscriber(target: Target, *, home: str, timeout: float) -> Subscribe:
    """How to make subscriptions on the server that holds the key `home`, one after the other.

    `timeout` in seconds holds for connecting and for each reply; after as long a silence the server
    is asked for a sign of life. ConfigError when the target can't be used.
    """
    way = way_to(Access(target, timeout), home)
    return lambda: Subscription(way, timeout)


class Subscription:
    """A channel that is listened to from `open` until `close` or the first Fault."""

    def __init__(self, way: Way, patience: float) -> None:
        # Fixed after construction.
        self._way = way
        self._patience = patience
        self._in_use = threading.Lock()
        # Owned by the thread that holds `_in_use`.
        self._connection: ConnectionInterface | None = None
        self._name = "Redis"
        self._heard_at = 0.0
        self._asked_at: float | None = None
        # Set once, by any thread.
        self._closed = False

    def open(self, channel: str) -> None:
        """Connect and subscribe; returns once Redis has confirmed it."""
        server = self._way.find()
        with self._using():
            self._name = server.name
            connection = server.client.connection_pool.make_connection()
            self._connection = connection
            connection.connect()  # type: ignore[no-untyped-call]  # redis-py's own
            connection.send_command("SUBSCRIBE", channel)  # type: ignore[no-untyped-call]  # redis-py's own
            try:
                connection.read_response()
            except NoPermissionError:
                raise Fault(
                    f"{server.name} does not let this user subscribe to {channel} (ACL SETUSER … "
                    f"&{channel.rpartition(':')[0]}:*)",
                    away=True,
                ) from None
            self._heard_at, self._asked_at = time.monotonic(), None

    def receive(self, timeout: float) -> list[bytes]:
        """Wait up to `timeout` seconds for a payload, and take all that is there; [] for none."""
        end = time.monotonic() + timeout
        with self._using():
            connection = self._connection
            if connection is None:
                raise CLOSED
            while True:
                left = max(0.0, end - time.monotonic())
                if connection.can_read(timeout=min(left, self._patience)):
                    return self._take(connection)
                self._check_pulse(connection)
                if not left:
                    return []

    def close(self) -> None:
        """Let go of the connection; also from another thread, to end its `receive`."""
        self._closed = True
        hang_up(self._connection)
        self._tidy()

    def _take(self, connection: ConnectionInterface) -> list[bytes]:
        payloads: list[bytes] = []
        while True:
            kind, *rest = connection.read_response()
            self._heard_at, self._asked_at = time.monotonic(), None
            if kind == b"message":
                payloads.append(rest[1])
            if len(payloads) >= _MOST or not connection.can_read(timeout=0):
                return payloads

    def _check_pulse(self, connection: ConnectionInterface) -> None:
        """After a silence ask for a sign of life: a link that was cut says nothing of it."""
        now = time.monotonic()
        if self._asked_at is None and now - self._heard_at >= self._patience:
            self._asked_at = now
            connection.send_command("PING")  # type: ignore[no-untyped-call]  # redis-py's own
        elif self._asked_at is not None and now - self._asked_at >= self._patience:
            raise Fault(f"{self._name} does not answer", away=True)

    @contextmanager
    def _using(self) -> Iterator[None]:
        """Hold the connection; a failure ends it."""
        try:
            with self._in_use:
                if self._closed:
                    raise CLOSED
                yield
        except (RedisError, OSError) as error:
            fault = CLOSED if self._closed else translated(error, self._name)
            self._closed = True
            raise fault from None
        except Fault:
            self._closed = True
            raise
        finally:
            self._tidy()

    def _tidy(self) -> None:
        """Close what was ended, unless it is in use: then its user does it."""
        if self._closed and self._in_use.acquire(blocking=False):
            try:
                if self._connection is not None:
                    self._connection.disconnect()  # type: ignore[no-untyped-call]  # redis-py's own
                    self._connection = None
            finally:
                self._in_use.release()


Subscribe = Callable[[], Subscription]

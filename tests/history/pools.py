"""Small pools of hosts on a real Redis: one that is right, and mutants that are each wrong in one way.

A host's record holds the id of its booking, a booking is a key with its lease, so a slot is free when
the booking that its host names is gone. Every method is one call of a client; `between` is called by
the mutants where another client may get in, so that a test can force the race.
Only tests import this module.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from typing import Any, cast

import redis

from tests.history.record import Told

HOLD_MS = 20_000

CLAIM = """
local known = ARGV[2] ~= '' and redis.call('GET', KEYS[2] .. ARGV[2])
if known and redis.call('EXISTS', KEYS[3] .. known) == 1 then
  return {known, redis.call('GET', KEYS[3] .. known)}
end
for _, host in ipairs(redis.call('HKEYS', KEYS[1])) do
  local booked = redis.call('HGET', KEYS[1], host)
  if booked == 'idle' or redis.call('EXISTS', KEYS[3] .. booked) == 0 then
    redis.call('HSET', KEYS[1], host, ARGV[1])
    redis.call('SET', KEYS[3] .. ARGV[1], host, 'PX', ARGV[3])
    if ARGV[2] ~= '' then redis.call('SET', KEYS[2] .. ARGV[2], ARGV[1]) end
    return {ARGV[1], host}
  end
end
return false
"""


def nothing() -> None:
    """Let nobody in."""


class Pool:
    """The pool that is right: every step is one script or one command."""

    def __init__(self, url: str, prefix: str) -> None:
        self.redis = redis.Redis.from_url(url, decode_responses=True)
        self.hosts = f"{prefix}:hosts"
        self.keys = f"{prefix}:key:"
        self.bookings = f"{prefix}:booking:"
        self.between: Callable[[], None] = nothing

    def beat(self, host: str, word: str) -> Told:  # noqa: ARG002  # no word un-books
        """Register a host."""
        self.redis.hsetnx(self.hosts, host, "idle")
        return Told(status=200)

    def find(self, key: str) -> Told:
        """Book a free slot, or return what the key has."""
        booking = secrets.token_urlsafe(8)
        keys = [self.hosts, self.keys, self.bookings]
        made = cast("list[str] | None", self.run(CLAIM, keys, booking, key, HOLD_MS))
        return found(*made) if made else nobody()

    def look(self, booking: str) -> Told:
        """Say where a booking stands."""
        host = cast("str | None", self.redis.get(self.bookings + booking))
        if host is None:
            return Told(status=404, code="unknown_booking")
        return Told(status=200, booking=booking, host=host, state="held")

    def release(self, booking: str) -> Told:
        """Give a booking back."""
        self.redis.delete(self.bookings + booking)
        return Told(status=200)

    def run(self, script: str, keys: list[str], *arguments: str | int) -> object:
        """Run a script."""
        words = [str(argument) for argument in arguments]
        return cast("object", self.redis.eval(script, len(keys), *keys, *words))

    def close(self) -> None:
        """Close all connections."""
        self.redis.close()


def found(booking: str, host: str) -> Told:
    """The answer with a match."""
    return Told(status=200, booking=booking, host=host)


def nobody() -> Told:
    """The answer without one."""
    return Told(status=404, code="no_host")


class ScanThenMark(Pool):
    """The specification's claim: look for an idle host, then mark it."""

    def find(self, key: str) -> Told:  # noqa: ARG002  # its clients repeat none
        """Book what was free when it was looked at."""
        for host, booked in self.redis.hscan_iter(self.hosts):
            if booked == "idle" or not self.redis.exists(self.bookings + booked):
                self.between()
                booking = secrets.token_urlsafe(8)
                self.redis.hset(self.hosts, host, booking)
                self.redis.set(self.bookings + booking, host, px=HOLD_MS)
                return found(booking, host)
        return nobody()


class OwnWatch(Pool):
    """Right as well: WATCH, MULTI and EXEC on a connection for each client."""

    def __init__(self, url: str, prefix: str) -> None:
        super().__init__(url, prefix)
        self._url = url
        self._turn = threading.Lock()
        self._connections: dict[int, Any] = {}

    def find(self, key: str) -> Told:  # noqa: ARG002  # its clients repeat none
        """Book under optimistic locking."""
        for host in cast("list[str]", self._one("HKEYS", self.hosts)):
            self._one("WATCH", self.hosts)
            booked = self._one("HGET", self.hosts, host)
            if booked == "idle":
                self.between()
                booking = secrets.token_urlsafe(8)
                if self._all(
                    ("HSET", self.hosts, host, booking),
                    ("SET", self.bookings + booking, host, "PX", HOLD_MS),
                ):
                    return found(booking, host)
        return nobody()

    def close(self) -> None:
        """Close all connections."""
        for connection in self._connections.values():
            connection.close()
        super().close()

    def whose(self) -> int:
        """Whose connection is used here."""
        return threading.get_ident()

    def _one(self, *words: Any) -> object:
        with self._turn:
            return cast("object", self._connection().execute_command(*words))

    def _all(self, *commands: tuple[Any, ...]) -> object:
        with self._turn:
            connection = self._connection()
            connection.execute_command("MULTI")
            for words in commands:
                connection.execute_command(*words)
            return cast("object", connection.execute_command("EXEC"))

    def _connection(self) -> Any:
        known = self._connections.get(self.whose())
        if known is None:
            known = self._connections[self.whose()] = redis.Redis.from_url(
                self._url, decode_responses=True, single_connection_client=True
            )
        return known


class SharedWatch(OwnWatch):
    """The same on one connection for all, where one client's EXEC ends the WATCH of the others."""

    def whose(self) -> int:
        """Everybody's."""
        return 0


class UnbookingBeat(Pool):
    """The specification's heartbeat: what a host says of itself overwrites what was promised."""

    def beat(self, host: str, word: str) -> Told:
        """Write the record anew."""
        self.redis.hset(self.hosts, host, word or "idle")
        return Told(status=200)


class EarlyLapse(Pool):
    """A sweep that counts a hold in wrong units."""

    def find(self, key: str) -> Told:
        """Book, for a lease that is over at once."""
        told = super().find(key)
        if told.booking:
            self.redis.pexpire(self.bookings + told.booking, HOLD_MS // 20_000)
        return told


class ForgottenKey(Pool):
    """A claim that does not know its idempotency keys."""

    def find(self, key: str) -> Told:  # noqa: ARG002  # that is the fault
        """Book as if there was no key."""
        return super().find("")


class LosesBookings(Pool):
    """A host's record is moved, and its booking is not moved with it."""

    def beat(self, host: str, word: str) -> Told:
        """Register a host and forget what it had."""
        booked = cast("str | None", self.redis.hget(self.hosts, host))
        self.redis.delete(f"{self.bookings}{booked}")
        return super().beat(host, word)

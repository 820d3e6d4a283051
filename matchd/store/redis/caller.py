"""Runs a script for a port and reads its answer. Backend-internal.

The clock is Redis' own, so nodes need not agree on the time; only tests, which move time themselves,
have their `now` believed (`trust_caller_clock`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import trio

from matchd.domain.bookings import Booking, Terms
from matchd.domain.happenings import Happening
from matchd.domain.hosts import Host, Leases
from matchd.errors import StoreUnavailable
from matchd.store.ports import Found, HostView
from matchd.store.redis import mirror, scripts
from matchd.store.redis.batcher import Batcher
from matchd.store.redis.link import Command
from matchd.store.redis.news import to_happenings
from matchd.store.redis.records import Raw, to_found, to_host, to_view

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


class Answer:
    """What a script answered: its own part, untyped (`out`), and what happened."""

    def __init__(self, raw: Raw, rules: tuple[Leases, Terms], now: float | None) -> None:
        self.out: Any = raw["out"]
        self.now: float = raw["now"] if now is None else now
        self.shift = self.now - raw["now"]
        self._news = raw["news"]
        self._rules = rules

    def happenings(self, found: Booking | None = None) -> tuple[Happening, ...]:
        """What happened, in order; `found` is the booking that one of them is about."""
        return to_happenings(self._news, self.shift, found)

    def found(self, raw: Raw) -> Found:
        """A booking in the answer."""
        return to_found(raw, self.shift)

    def view(self, raw: Raw) -> HostView:
        """A host with its bookings in the answer."""
        return to_view(raw, self._rules, self.now, self.shift)

    def host(self, raw: Raw) -> Host:
        """A host in the answer."""
        return to_host(raw, self.shift)


class Caller:
    """The scripts over one batcher."""

    def __init__(
        self,
        batcher: Batcher,
        loaded: Mapping[str, scripts.Script],
        prefix: str,
        rules: tuple[Leases, Terms],
        *,
        trust_caller_clock: bool,
    ) -> None:
        self._batcher = batcher
        self._loaded = loaded
        self._keys = scripts.keys_under(prefix)
        self._rules = rules
        self._packed_rules = packed(rules)
        self._trusts = trust_caller_clock

    async def run(
        self, operation: str, ask: object, now: float | None, *, urgent: bool = False
    ) -> Answer:
        """Run a script in one round trip, and mirror the hosts it changed.

        A caller who is cancelled still gets the answer, at most the batcher's deadline later: what
        happened is announced by whoever asked, and nobody else would.
        """
        moment = "" if now is None or not self._trusts else repr(now)
        command = command_of(
            self._loaded[operation], self._keys, _encode(ask), self._packed_rules, moment
        )
        await trio.lowlevel.checkpoint_if_cancelled()
        reply = await self._batcher.call(command, urgent=urgent, to_the_end=True)
        if not isinstance(reply, bytes):
            raise StoreUnavailable("Redis answered something that no script of matchd says.")
        raw = _decode(reply)
        self._mirror(raw)
        return Answer(raw, self._rules, now)

    def _mirror(self, raw: Raw) -> None:
        for host in raw["hosts"]:
            self._batcher.post(mirror.written(host, raw["now"], self._rules[0].ttl))
        for host_id in raw["gone"]:
            self._batcher.post(mirror.removed(host_id))


def packed(rules: tuple[Leases, Terms]) -> bytes:
    """Leases and terms as scripts read them: one map of seconds."""
    leases, terms = rules
    return _encode({**msgspec.structs.asdict(leases), **msgspec.structs.asdict(terms)})


def command_of(
    script: scripts.Script, keys: tuple[str, ...], ask: bytes, rules: bytes, moment: str = ""
) -> Command:
    """The command that runs a script; an empty moment means Redis' own time."""
    return ("EVALSHA", script.sha, len(keys), *keys, ask, rules, moment)

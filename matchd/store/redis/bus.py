"""The bus over Redis pub/sub: one channel per node, and a thread that listens. Backend-internal.

Theory of operation: what is said is the matter of `letters`. Pub/sub loses whatever is said while
somebody is not connected, and tells him nothing. So a receiver says that something was missed when it
has (again) subscribed and when a number is skipped; it subscribes anew when the store was connected to
anew, since our keys may have moved; and a node writes to itself every second, because a subscription
can die without a sign.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Protocol

import msgspec
import trio

from matchd.domain.ids import Address, NodeId
from matchd.log import get_logger
from matchd.protocol.news import News
from matchd.store.ports import Ear
from matchd.store.redis.batcher import Batcher
from matchd.store.redis.faults import Fault
from matchd.store.redis.letters import Letter, Letters
from matchd.store.redis.threads import in_thread

_log = get_logger()

PULSE = 1.0
"""Seconds between two letters of a node to itself, and the longest wait of the thread."""

SILENCE = 4.0
"""Seconds without one of them after which the subscription counts as dead."""

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
"""Seconds between two attempts to subscribe."""

_NOT_YET = "The bus is not subscribed yet"


class Subscription(Protocol):
    """A connection that listens, as a thread needs it; each method may raise Fault."""

    def open(self, channel: str) -> None:
        """Connect and subscribe; returns when Redis has confirmed."""

    def receive(self, timeout: float) -> list[bytes]:
        """Wait up to `timeout` seconds for a message, then take all that are there."""

    def close(self) -> None:
        """Let go of the connection; also from another thread, to end a wait."""


_decode = msgspec.msgpack.Decoder(Letter).decode


class RedisBus:
    """News between the nodes that share a Redis."""

    def __init__(
        self, batcher: Batcher, subscribe: Callable[[], Subscription], prefix: str
    ) -> None:
        # Fixed after construction.
        self._batcher = batcher
        self._subscribe = subscribe
        self._letters = Letters(batcher.post, prefix)
        self._thread = trio.CapacityLimiter(1)
        self._rng = random.Random()  # noqa: S311  # spreads reconnects, guards nothing
        # Changed only in sync functions.
        self.fault: str | None = _NOT_YET
        self._heard: dict[NodeId, int] = {}
        self._echo_at = 0.0
        self._next_pulse = 0.0
        self._complained = False

    def send(self, sender: NodeId, address: Address, news: News) -> None:
        """Send news to a mailbox of another node."""
        self._letters.post(sender, address, news)

    def forget(self, node: NodeId) -> None:
        """A node is dead: nothing goes to it or comes from it any more."""
        self._heard.pop(node, None)
        self._letters.forget(node)

    async def listen(self, node: NodeId, ear: Ear) -> None:
        """Take what comes for this node until cancelled; connects anew by itself."""
        pause = FIRST_PAUSE
        self._heard.clear()  # what was sent to a former id was numbered for that one
        while True:
            subscription = self._subscribe()
            contacts = self._batcher.contacts
            try:
                channel = self._letters.channel(node)
                await in_thread(self._thread, subscription.close, subscription.open, channel)
                pause = FIRST_PAUSE
                self._set_back()
                ear.missed()
                self._echo_at = trio.current_time()
                while self._batcher.contacts == contacts:
                    self._pulse(node)
                    await self._take(subscription, node, ear)
            except Fault as fault:
                self._set_away(str(fault))
            finally:
                subscription.close()
            await trio.sleep(pause * self._rng.uniform(0.5, 1.0))
            pause = min(2 * pause, LONGEST_PAUSE)

    def _pulse(self, node: NodeId) -> None:
        """Say what is due every second; Fault when nothing came for long."""
        now = trio.current_time()
        if self._batcher.fault is not None:
            self._echo_at = now  # nothing can be sent, so nothing proves anything
        if now - self._echo_at > SILENCE:
            raise Fault("Redis says nothing to its subscriber")
        if now >= self._next_pulse:
            self._next_pulse = now + PULSE
            self._letters.pulse(node)
            self._letters.flush()

    async def _take(self, subscription: Subscription, node: NodeId, ear: Ear) -> None:
        for payload in await in_thread(
            self._thread, subscription.close, subscription.receive, PULSE
        ):
            self._read(payload, node, ear)

    def _read(self, payload: bytes, node: NodeId, ear: Ear) -> None:
        try:
            letter = _decode(payload)
        except (msgspec.DecodeError, UnicodeError):
            self._complain()
            return
        if letter.sender == node:
            self._echo_at = trio.current_time()
            return
        last = self._heard.get(letter.sender, 0)
        if letter.number <= last:
            return  # it was said twice, or comes too late to be in its place
        self._heard[letter.sender] = letter.number
        if letter.number > last + 1:
            ear.missed()
        if letter.news is not None:
            ear.hear(letter.sender, Address(node, letter.connection), letter.news)

    def _complain(self) -> None:
        """Somebody else writes to our channel: said once, since it may be every second."""
        if not self._complained:
            self._complained = True
            _log.warning("bus.foreign_message", effect="it was ignored, and so will be the next")

    def _set_away(self, reason: str) -> None:
        if self.fault is None or self.fault == _NOT_YET:
            effect = "this node does not hear the others until it is back"
            _log.error("bus.away", reason=reason, effect=effect)
        self.fault = reason

    def _set_back(self) -> None:
        if self.fault not in (None, _NOT_YET):
            _log.info("bus.back")
        self.fault = None

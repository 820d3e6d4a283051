"""The bus over Redis pub/sub: one channel per node, and a thread that listens. Backend-internal.

Theory of operation: news leaves through the batcher's one connection, so its order per receiver is
that of `send`; a letter carries a number per sender and receiver. Pub/sub loses whatever is said while
somebody is not connected, and tells nobody. So a receiver says that something was missed when it has
(again) subscribed and when a number is skipped; a sender that lost a letter posts an empty one, which
shows the gap, once it can; and a node writes to itself every second, because a subscription can die
without a sign.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Protocol

import msgspec
import trio

from matchd.domain.ids import Address, NodeId
from matchd.log import get_logger
from matchd.protocol.news import News
from matchd.store.ports import Ear
from matchd.store.redis.batcher import Batcher
from matchd.store.redis.faults import Fault
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


class _Letter(msgspec.Struct, array_like=True, frozen=True):
    """What a channel carries; without news it only shows how many letters there were."""

    sender: NodeId
    number: int
    connection: int = 0
    news: News | None = None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Letter).decode


class RedisBus:
    """News between the nodes that share a Redis."""

    def __init__(
        self, batcher: Batcher, subscribe: Callable[[], Subscription], prefix: str
    ) -> None:
        # Fixed after construction.
        self._batcher = batcher
        self._subscribe = subscribe
        self._prefix = prefix
        self._thread = trio.CapacityLimiter(1)
        self._rng = random.Random()  # noqa: S311  # spreads reconnects, guards nothing
        # Changed only in sync functions.
        self.fault: str | None = _NOT_YET
        self._sent: dict[tuple[NodeId, NodeId], int] = {}
        self._owed: set[tuple[NodeId, NodeId]] = set()
        self._heard: dict[NodeId, int] = {}
        self._echo_at = 0.0
        self._complained = False

    def send(self, sender: NodeId, address: Address, news: News) -> None:
        """Send news to a mailbox of another node."""
        self._post(sender, address.node, address.connection, news)

    def forget(self, node: NodeId) -> None:
        """A node is dead: nothing goes to it or comes from it any more."""
        self._heard.pop(node, None)
        self._owed = {pair for pair in self._owed if node not in pair}
        self._sent = {pair: number for pair, number in self._sent.items() if node not in pair}

    async def listen(self, node: NodeId, ear: Ear) -> None:
        """Take what comes for this node until cancelled; connects anew by itself."""
        pause = FIRST_PAUSE
        self._heard.clear()  # what was sent to a former id was numbered for that one
        while True:
            subscription = self._subscribe()
            try:
                await in_thread(
                    self._thread, subscription.close, subscription.open, self._channel(node)
                )
                pause = FIRST_PAUSE
                self._set_back()
                ear.missed()
                await self._take(subscription, node, ear)
            except Fault as fault:
                self._set_away(str(fault))
            finally:
                subscription.close()
            await trio.sleep(pause * self._rng.uniform(0.5, 1.0))
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _take(self, subscription: Subscription, node: NodeId, ear: Ear) -> None:
        next_pulse = self._echo_at = trio.current_time()
        while True:
            now = trio.current_time()
            if now >= next_pulse:
                next_pulse = now + PULSE
                self._pulse(node)
            for payload in await in_thread(
                self._thread, subscription.close, subscription.receive, PULSE
            ):
                self._read(payload, node, ear)
            if self._batcher.fault is not None:
                self._echo_at = (
                    trio.current_time()
                )  # nothing can be sent, so nothing proves anything
            if trio.current_time() - self._echo_at > SILENCE:
                raise Fault("Redis says nothing to its subscriber")

    def _read(self, payload: bytes, node: NodeId, ear: Ear) -> None:
        try:
            letter = _decode(payload)
        except (msgspec.DecodeError, UnicodeError):
            self._complain()
            return
        if letter.sender == node:
            self._echo_at = trio.current_time()
            return
        expected = self._heard.get(letter.sender, 0) + 1
        self._heard[letter.sender] = letter.number
        if letter.number > expected:
            ear.missed()
        if letter.news is not None:
            ear.hear(letter.sender, Address(node, letter.connection), letter.news)

    def _pulse(self, node: NodeId) -> None:
        """Write to this node itself, and show the gap to those who missed something."""
        self._post(node, node, 0, None)
        owed, self._owed = self._owed, set()
        for sender, receiver in owed:
            self._post(sender, receiver, 0, None)

    def _post(self, sender: NodeId, receiver: NodeId, connection: int, news: News | None) -> None:
        pair = sender, receiver
        number = self._sent[pair] = self._sent.get(pair, 0) + 1
        letter = _encode(_Letter(sender, number, connection, news))
        lost = None if sender == receiver else partial(self._owe, pair)
        self._batcher.post(("PUBLISH", self._channel(receiver), letter), lost)

    def _owe(self, pair: tuple[NodeId, NodeId]) -> None:
        self._owed.add(pair)

    def _channel(self, node: NodeId) -> str:
        return f"{{{self._prefix}}}:node:{node}"

    def _complain(self) -> None:
        """Somebody else writes to our channel: said once, since it may be every second."""
        if not self._complained:
            self._complained = True
            _log.warning("bus.foreign_message", effect="it was ignored, and so will be the next")

    def _set_away(self, reason: str) -> None:
        if self.fault is None or self.fault == _NOT_YET:
            _log.error("bus.away", reason=reason)
        self.fault = reason

    def _set_back(self) -> None:
        if self.fault not in (None, _NOT_YET):
            _log.info("bus.back")
        self.fault = None

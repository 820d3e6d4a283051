"""What a node says to others over Redis pub/sub, until somebody has heard it. Backend-internal.

Theory of operation: letters leave through the batcher's one connection, so their order per receiver is
that of `post`; each carries a number per sender and receiver. PUBLISH answers how many have heard it.
A letter that nobody heard (the receiver subscribes anew, Redis is away) is kept, and those after it,
until `flush` sees them heard. What is kept too long is dropped, and an empty letter then shows the
receiver the gap in the numbers. One that was heard although the answer was lost is sent twice; the
receiver passes over numbers that it knows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import msgspec
import trio

from matchd.domain.ids import Address, NodeId
from matchd.protocol.news import News
from matchd.store.redis.batcher import Told
from matchd.store.redis.link import Command, Reply

PATIENCE = 10.0
"""Seconds that a letter is kept: what is older helps nobody to connect."""

MOST_KEPT = 256
"""Letters that are kept for one receiver."""

Pair: TypeAlias = tuple[NodeId, NodeId]
"""A sender of ours (a node may change its id) and a receiver."""


class Letter(msgspec.Struct, array_like=True, frozen=True):
    """What a channel carries; without news it only shows how many letters there were."""

    sender: NodeId
    number: int
    connection: int = 0
    news: News | None = None


class _Kept(msgspec.Struct, frozen=True):
    """A letter that nobody has heard, and until when that is tried."""

    payload: bytes
    until: float


_encode = msgspec.msgpack.Encoder().encode


class Letters:
    """The letters of this process; `post` is the batcher's."""

    def __init__(self, post: Callable[[Command, Told | None], None], prefix: str) -> None:
        # Fixed after construction.
        self._post = post
        self._prefix = prefix
        # Changed only in sync functions.
        self._sent: dict[Pair, int] = {}
        self._base = 0  # no number of a forgotten node is used again
        self._kept: dict[Pair, deque[_Kept]] = {}
        self._owed: set[Pair] = set()

    def channel(self, node: NodeId) -> str:
        """Where a node listens."""
        return f"{{{self._prefix}}}:node:{node}"

    def post(self, sender: NodeId, address: Address, news: News) -> None:
        """Send news to a mailbox of another node, behind what is kept for that node."""
        pair = sender, address.node
        payload = self._written(pair, address.connection, news)
        letter = _Kept(payload, trio.current_time() + PATIENCE)
        if pair in self._kept:
            self._keep(pair, letter)
        else:
            self._publish(pair, letter)

    def pulse(self, node: NodeId) -> None:
        """A node of ours writes to itself; nobody waits for that letter."""
        pair = node, node
        self._post(("PUBLISH", self.channel(node), self._written(pair, 0, None)), None)

    def flush(self) -> None:
        """Send again what nobody has heard, and show the gap where something was dropped."""
        now = trio.current_time()
        kept, self._kept = self._kept, {}
        for pair, letters in kept.items():
            for letter in letters:
                if now < letter.until:
                    self._publish(pair, letter)
                else:
                    self._owed.add(pair)
        owed, self._owed = self._owed, set()
        for pair in owed:
            self._publish(pair, _Kept(self._written(pair, 0, None), now + PATIENCE))

    def forget(self, node: NodeId) -> None:
        """A node is dead: nothing goes to it any more, and nothing is said in its name."""
        for pair in [pair for pair in self._sent if node in pair]:
            self._base = max(self._base, self._sent.pop(pair))
            self._kept.pop(pair, None)
            self._owed.discard(pair)

    def _written(self, pair: Pair, connection: int, news: News | None) -> bytes:
        sender, _ = pair
        number = self._sent[pair] = self._sent.get(pair, self._base) + 1
        return _encode(Letter(sender, number, connection, news))

    def _publish(self, pair: Pair, letter: _Kept) -> None:
        _, receiver = pair
        command = "PUBLISH", self.channel(receiver), letter.payload
        self._post(command, partial(self._judge, pair, letter))

    def _judge(self, pair: Pair, letter: _Kept, reply: Reply) -> None:
        is_heard = isinstance(reply, int) and reply > 0
        if not is_heard and pair in self._sent:
            self._keep(pair, letter)

    def _keep(self, pair: Pair, letter: _Kept) -> None:
        letters = self._kept.setdefault(pair, deque())
        letters.append(letter)
        if len(letters) > MOST_KEPT:
            letters.popleft()
            self._owed.add(pair)

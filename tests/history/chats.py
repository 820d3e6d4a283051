"""Every message of a room reaches every member once, in order, over all his connections.

What the service acknowledged has one number, and no number has two messages. A socket is sent numbers
without a hole, each once. A later socket of the same member begins behind what the service said he has
read, and leaves out nothing that he was not sent before: what comes again is what he had not yet
acknowledged, and it is the same. Who leaves gives up what he was not sent yet, not what lies between.
Only the checker imports this module.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from tests.history.record import Event, Listening, Posted, Received, Stay
from tests.history.rules import Property, Violation


def unheard(events: Sequence[Event]) -> Iterator[Violation]:
    """Everything about the messages of a room that must not be."""
    posts = [event for event in events if isinstance(event, Posted)]
    received = [event for event in events if isinstance(event, Received)]
    stays: dict[str, list[Stay]] = defaultdict(list)
    for event in events:
        if isinstance(event, Stay):
            stays[event.member].append(event)
    yield from _numbered(posts)
    yield from _same(posts, received)
    heard: dict[str, set[int]] = defaultdict(set)
    for member, sockets in _by_member(events).items():
        ears = Ears(member, stays[member])
        for listening, messages in sockets:
            yield from ears.listen(listening, messages)
        heard[member] = ears.heard
    yield from _missed(posts, stays, heard)


class Ears:
    """What one member was sent so far."""

    def __init__(self, member: str, stays: Sequence[Stay]) -> None:
        self.heard: set[int] = set()
        self._member = member
        self._begins = {stay.after + 1 for stay in stays}
        self._last = 0

    def listen(self, listening: Listening, messages: Sequence[Received]) -> Iterator[Violation]:
        """What is wrong about the messages of one socket."""
        before: Received | None = None
        for message in messages:
            if before is None and message.seq <= listening.cursor:
                says = f"{self._member} is sent {message.seq} again, which he had read"
                yield Violation(Property.TALK, says, (listening, message))
            elif message.seq not in self._begins and not self._follows(before, message):
                says = f"{self._member} is sent {message.seq} after {self._after(before)}"
                evidence = (listening, message) if before is None else (before, message)
                yield Violation(Property.TALK, says, evidence)
            before = message
            self._last = max(self._last, message.seq)
            self.heard.add(message.seq)

    def _follows(self, before: Received | None, message: Received) -> bool:
        if before is None:
            return message.seq <= self._last + 1
        return message.seq == before.seq + 1

    def _after(self, before: Received | None) -> int:
        return self._last if before is None else before.seq


def _by_member(
    events: Sequence[Event],
) -> dict[str, list[tuple[Listening, list[Received]]]]:
    """The sockets of each member with what they were sent, in their order."""
    members: dict[str, list[tuple[Listening, list[Received]]]] = defaultdict(list)
    sockets: dict[str, list[Received]] = {}
    for event in events:
        if isinstance(event, Listening):
            sockets[event.socket] = []
            members[event.member].append((event, sockets[event.socket]))
        elif isinstance(event, Received):
            sockets[event.socket].append(event)
    return members


def _numbered(posts: Sequence[Posted]) -> Iterator[Violation]:
    """Messages with two numbers, numbers with two messages, and senders whose order was turned."""
    numbers: dict[tuple[str, str], Posted] = {}
    names: dict[int, Posted] = {}
    newest: dict[str, Posted] = {}
    for post in posts:
        if post.seq is None:
            continue
        first = numbers.setdefault((post.member, post.text), post)
        other = names.setdefault(post.seq, post)
        if first.seq != post.seq:
            yield Violation(Property.TALK, "a message sent again has another number", (first, post))
        if (other.member, other.text) != (post.member, post.text):
            yield Violation(Property.TALK, "two messages have one number", (other, post))
        before = newest.get(post.member)
        if before is not None and before.seq is not None and before.seq > post.seq:
            yield Violation(Property.TALK, "a sender's order was turned", (before, post))
        newest[post.member] = post


def _same(posts: Sequence[Posted], received: Sequence[Received]) -> Iterator[Violation]:
    """Numbers that are two texts, texts that are two numbers, and such that nobody said."""
    said = {post.text: post for post in posts}
    numbers = {post.seq: post for post in posts if post.seq is not None}
    texts: dict[int, Received] = {}
    seqs: dict[str, Received] = {}
    for message in received:
        first = texts.setdefault(message.seq, message)
        post = numbers.get(message.seq)
        if first.text != message.text:
            yield Violation(Property.TALK, "one number is two messages", (first, message))
        if post is not None and post.text != message.text:
            yield Violation(Property.TALK, "a message is not what was said", (post, message))
        if message.by_server:
            continue
        if message.text not in said:
            yield Violation(Property.TALK, "nobody had said what was heard", (message,))
        elif seqs.setdefault(message.text, message).seq != message.seq:
            double = (seqs[message.text], message)
            yield Violation(Property.TALK, "a message was stored twice", double)


def _missed(
    posts: Sequence[Posted], stays: dict[str, list[Stay]], heard: dict[str, set[int]]
) -> Iterator[Violation]:
    """Acknowledged messages that a member never got, though he is one to the end."""
    for post in posts:
        for member, times in stays.items():
            if post.seq is None or post.seq in heard[member]:
                continue
            for stay in times:
                if stay.until is None and stay.after < post.seq:
                    says = f"{member} never got {post.seq}"
                    yield Violation(Property.TALK, says, (post, stay))

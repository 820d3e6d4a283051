"""The way out of one chat socket: each message of its rooms once, in order (wire.md 7).

Theory of operation: numbers of a room have no holes, so what a socket was sent is one number per room
(`Place.sent`). News of the next number is written at once, if the outbox has room; any other only shows
that there is more (`Place.last`), and `feed` reads that from the store, at the pace the peer reads. So
what was missed while away, what was overtaken between nodes and what a slow reader can't take yet are
one thing.

What a client that never sends `Ack` has read is what was written before a ping that it answered.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Protocol

import trio

from matchd.domain.chat import Message, Seat, Verdict
from matchd.domain.ids import AccountId, ChatId
from matchd.errors import StoreUnavailable
from matchd.protocol import chat as dialect
from matchd.services.directory import Person
from matchd.services.outbox import PacedOutbox
from matchd.store.ports import ChatPage

PAGE = 100
"""Messages that are read from the store at once."""

RETRY = 1.0
"""Seconds until the store is tried again."""


class Place:
    """A room that this socket is in: what its user calls it, how far it was sent and has read."""

    __slots__ = ("altered", "label", "last", "read", "room", "sent")

    def __init__(self, room: ChatId, label: str, sent: int, last: int) -> None:
        self.room = room
        self.label = label
        self.sent = self.read = sent
        self.last = last
        self.altered: list[Message] = []


class Reader(Protocol):
    """Who reads for a socket."""

    async def read(self, account: AccountId, place: Place, limit: int) -> ChatPage | Verdict:
        """What lies behind what was sent."""


class Delivery:
    """What one socket is sent."""

    def __init__(self, outbox: PacedOutbox, reader: Reader) -> None:
        # Fixed after construction.
        self._outbox = outbox
        self._reader = reader
        # Changed only in sync functions.
        self.person: Person | None = None
        self.places: dict[ChatId, Place] = {}
        self.ended = False
        self.acks = False
        self.changes = 0
        self.marked = trio.Event()
        self._behind: dict[ChatId, None] = {}
        self._hungry = trio.Event()
        self._puts = 0
        self._unproved: deque[tuple[int, ChatId, int]] = deque()
        self._marks: dict[ChatId, int] = {}
        outbox.on_pong(self._proved)

    @property
    def account(self) -> AccountId | None:
        """Whose socket it is, once that is known."""
        return None if self.person is None else self.person.id

    def join(self, seat: Seat, label: str, adder: str | None) -> None:
        """Its user is in a room; what lies behind his cursor is sent."""
        assert self.person is not None
        if seat.room not in self.places:
            self.changes += 1
            sent = max(seat.cursor, seat.since)
            self.places[seat.room] = Place(seat.room, label, sent, sent)
            self.put(dialect.added(label, adder, self.person.handle))
        self._reach(self.places[seat.room], seat.last)

    def part(self, room: ChatId) -> None:
        """Its user is not in that room (any more)."""
        place = self.places.pop(room, None)
        self._behind.pop(room, None)
        if place is not None and self.person is not None:
            self.changes += 1
            self.put(dialect.frame("Leave", [place.label, self.person.handle]))

    def hear(self, message: Message, frames: dict[str, bytes]) -> None:
        """Take a message of a room; `frames` holds what was written already, by label."""
        place = self.places.get(message.room)
        if place is None or message.seq <= place.sent:
            return
        if place.sent == place.last == message.seq - 1 and self._outbox.roomy:
            place.last = message.seq
            self._write(place, message, frames)
        else:
            self._reach(place, message.seq)

    def alter(self, message: Message) -> None:
        """Take the news that a message was edited or deleted; one that is yet to be sent is read so."""
        place = self.places.get(message.room)
        if place is None or self.account is None or not message.shown_to(self.account):
            return
        if message.seq <= place.sent:
            self._write_altered(place, message)
        elif len(place.altered) < PAGE:
            place.altered.append(message)  # it may have been read already, as it was before

    def sync(self, room: ChatId, seq: int) -> None:
        """Send what lies behind a number, though it was sent before."""
        place = self.places.get(room)
        if place is not None:
            place.sent = min(seq, place.last)
            self._reach(place, place.last)

    def say_typing(self, room: ChatId, name: str) -> None:
        """Somebody in a room is writing."""
        place = self.places.get(room)
        if place is not None:
            self.put(dialect.frame("Typing", [place.label, name]))

    def put(self, frame: bytes) -> None:
        """Write a frame."""
        if not self.ended:
            self._puts += 1
            self._outbox.put(frame)

    def end(self) -> None:
        """Send nothing more."""
        self.ended = True
        self._hungry.set()

    def acknowledge(self, label: str, seq: int) -> bool:
        """The client has read what it was sent up to here; False when that is no news from here."""
        self.acks = True
        place = next((one for one in self.places.values() if one.label == label), None)
        if place is None or not place.read < seq <= place.sent:
            return False
        place.read = seq
        self._mark(place.room, seq)
        return True

    @property
    def marks(self) -> dict[ChatId, int]:
        """How far the client has read that is not in the store yet."""
        return dict(self._marks)

    def forget(self, marks: Mapping[ChatId, int]) -> None:
        """These are in the store."""
        for room, seq in marks.items():
            if self._marks.get(room) == seq:
                del self._marks[room]

    async def feed(self) -> None:
        """Send what lies in the store, until the socket is over."""
        while not self.ended:
            await self._hungry.wait()
            self._hungry = trio.Event()
            while self._behind and not self.ended:
                await self._outbox.written()
                for room in tuple(self._behind)[:1]:  # it may have been left meanwhile
                    try:
                        await self._feed(self.places[room])
                    except StoreUnavailable:
                        await trio.sleep(RETRY)

    async def _feed(self, place: Place) -> None:
        """One page of what a room has for this socket."""
        assert self.account is not None
        start = place.sent
        page = await self._reader.read(self.account, place, PAGE)
        if not self._holds(place) or place.sent != start:
            return  # it was left, or another start was asked for meanwhile
        if isinstance(page, Verdict):
            self.part(place.room)
            return
        lost = page.seat.first - 1
        if start < lost:
            self.put(dialect.frame("Gap", dialect.gap(place.label, start + 1, lost)))
            place.sent = lost
        for message in page.messages:
            await self._pace()
            if place.sent >= message.seq or not self._holds(place):
                return
            self._write(place, message, {})
        place.sent = max(place.sent, page.end)
        place.last = max(place.last, page.seat.last)
        self._catch_up(place)

    def _holds(self, place: Place) -> bool:
        """Whether its user is there still: another room of that name is another place."""
        return self.places.get(place.room) is place

    def _catch_up(self, place: Place) -> None:
        altered, place.altered = place.altered, []
        for message in altered:
            if message.seq <= place.sent:
                self._write_altered(place, message)
        if place.sent >= place.last:
            self._behind.pop(place.room, None)

    async def _pace(self) -> None:
        if not self._outbox.roomy:
            await self._outbox.written()

    def _reach(self, place: Place, last: int) -> None:
        """There are messages up to this number."""
        place.last = max(place.last, last)
        if place.sent < place.last:
            self._behind[place.room] = None
            self._hungry.set()

    def _write(self, place: Place, message: Message, frames: dict[str, bytes]) -> None:
        place.sent = message.seq
        if self.account is None or not message.shown_to(self.account):
            return
        frame = frames.get(place.label)
        if frame is None:
            frame = frames[place.label] = dialect.frame(
                "Message", dialect.view(message, place.label)
            )
        self.put(frame)
        if not self.acks:
            self._unproved.append((self._puts, place.room, message.seq))

    def _write_altered(self, place: Place, message: Message) -> None:
        if message.deleted:
            self.put(dialect.deleted(place.label, message.seq))
        else:
            self.put(dialect.frame("Edited", dialect.view(message, place.label)))

    def _proved(self, written: int) -> None:
        """The peer has received so many frames."""
        while self._unproved and self._unproved[0][0] <= written:
            _, room, seq = self._unproved.popleft()
            if not self.acks and room in self.places:
                self._mark(room, seq)

    def _mark(self, room: ChatId, seq: int) -> None:
        self._marks[room] = max(seq, self._marks.get(room, 0))
        self.marked.set()

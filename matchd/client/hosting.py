"""A host's session: registered, in its room, and gone at the end.

Theory: one task beats, another keeps the socket (`line`). A beat is due after the interval that the
server asks for (a fifth less at most, by chance, so that hosts spread out) and at once when something
was lost: the socket is opened behind a beat that was answered, never before. A server that is away is
tried again with a back-off by the beating task; a refusal that waiting can't mend ends the session.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import msgspec
import trio

from matchd.client.beside import beside
from matchd.client.client import Client, HostDetails
from matchd.client.errors import ClientError, Closed
from matchd.client.events import Event, Ice, PeerJoined, PeerLeft, SocketLost
from matchd.client.inbox import Inbox
from matchd.client.line import Door, Line
from matchd.domain.ids import BookingId, HostId, PeerId
from matchd.errors import InvalidRequest
from matchd.protocol.hosts import BookingSeen, HeartbeatAnswer
from matchd.protocol.news import Close
from matchd.protocol.rooms import Signal

EARLIEST = 0.8
"""Share of the interval after which a beat may come."""

Watch = Callable[[HeartbeatAnswer | ClientError], None]
"""Told of each beat, or why it failed and will be tried again."""


class HostSession:
    """A registered host. `async for` gives its events, in one task."""

    def __init__(self, client: Client, details: HostDetails, watch: Watch) -> None:
        # Fixed after construction.
        self.details = details
        self._client = client
        self._watch = watch
        self._inbox = Inbox()
        door = Door(client.origin, f"/?roomId={details.room_id}", client.credential)
        self._line = Line(client, door, self._tell, self._beat_first)
        # Changed by the beating task: what the last beat was answered.
        self.bookings: tuple[BookingSeen, ...] = ()
        """The live bookings, at most 16, soonest expiry first."""
        self.booking_count = 0
        self.draining = False
        self.registered = trio.Event()
        # Changed by the socket's task.
        self.peers: dict[PeerId, BookingId | None] = {}
        """The players who are in the room, each with his booking."""
        self.ice: Ice | None = None
        # Changed by the caller.
        self._slots: int | None = None
        self._poked = trio.Event()
        self._beaten = trio.Event()

    def __aiter__(self) -> HostSession:
        return self

    async def __anext__(self) -> Event:
        return await self._inbox.next()

    async def send(self, message: Signal, peer: PeerId | None = None) -> None:
        """Say something to a player; `peer` is needed where there are several."""
        await self._line.send(_to(message, peer))

    async def confirm(self, booking_id: BookingId | None = None) -> None:
        """The player is here, by whatever way he came: his booking lasts until `finish`."""
        await self._client.say(HostId(self.details.host_id), "busy", booking_id)

    async def finish(self, booking_id: BookingId | None = None) -> None:
        """The session with that player is over: his booking ends."""
        await self._client.say(HostId(self.details.host_id), "idle", booking_id)

    def offer(self, slots: int | None) -> None:
        """From now on so many slots are free (None: all that are not booked); 0 takes no new match."""
        if slots is not None and not 0 <= slots <= self.details.capacity:
            raise InvalidRequest("`slots` must be 0 to the capacity.")
        self._slots = slots
        self.poke()

    def poke(self) -> None:
        """Beat now instead of later."""
        self._poked.set()

    async def keep_beating(self) -> None:
        """Beat until cancelled; ClientError when the server does not want us."""
        backoff = self._client.backoff()
        while True:
            self._poked = trio.Event()
            try:
                answer = await self._client.beat(self.details, self._slots)
            except ClientError as error:
                if not error.temporary:
                    raise
                self._watch(error)
                await trio.sleep(backoff.next(error.retry_after))
                continue
            backoff.reset()
            self._take(answer)
            await self._rest(answer.interval)

    async def keep_room(self) -> None:
        """Be in the room until cancelled; ClientError when there is no coming back."""
        await self._line.run()

    async def leave_room(self) -> None:
        """Close the socket in order."""
        await self._line.leave()

    async def goodbye(self) -> None:
        """Leave the pool, if the server hears it; else the lease lapses."""
        with suppress(ClientError):
            await self._client.goodbye(HostId(self.details.host_id))

    def _take(self, answer: HeartbeatAnswer) -> None:
        self.bookings, self.booking_count = answer.bookings, answer.booking_count
        self.draining = answer.drain
        self.registered.set()
        self._beaten.set()
        self._watch(answer)

    async def _rest(self, interval: float) -> None:
        pause = interval * self._client.dice.uniform(EARLIEST, 1)
        spacing = min(pause, self._client.pace.spacing)
        await trio.sleep(spacing)
        with trio.move_on_after(pause - spacing):
            await self._poked.wait()

    async def _beat_first(self) -> None:
        self._beaten = trio.Event()
        self.poke()
        await self._beaten.wait()

    async def _tell(self, event: Event) -> None:
        self._note(event)
        await self._inbox.put(event)

    def _note(self, event: Event) -> None:
        match event:
            case PeerJoined(peer, booking_id) if peer is not None:
                self.peers[peer] = booking_id
            case PeerLeft(peer) if peer is not None:
                self.peers.pop(peer, None)
                self.poke()  # is his booking over, or does he come back?
            case SocketLost():
                self.peers.clear()
            case Ice():
                self.ice = event
            case _:
                pass


@asynccontextmanager
async def host_session(
    client: Client, details: HostDetails, watch: Watch = lambda _told: None
) -> AsyncIterator[HostSession]:
    """Be a host; the block begins once the server has taken the first beat, and ends with a goodbye.

    Refused (say, `wrong_secret`, `room_taken`) or Closed when the server does not want this host.
    """
    session = HostSession(client, details, watch)
    replaced = False
    try:
        async with beside(session.keep_beating, session.keep_room):
            await session.registered.wait()
            yield session
            await session.leave_room()
    except Closed as closed:
        # Another process is this host now: a goodbye would be its end.
        replaced = closed.code == Close.REPLACED
        raise
    finally:
        if session.registered.is_set() and not replaced:
            with trio.move_on_after(client.pace.farewell, shield=True):
                await session.goodbye()


def _to(message: Signal, peer: PeerId | None) -> Signal:
    return message if peer is None else msgspec.structs.replace(message, peer=peer)

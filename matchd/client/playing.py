"""A player's match: found, in the room opposite its host, and released at the end."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import trio

from matchd.client.beside import beside
from matchd.client.client import Client, Wish
from matchd.client.errors import ClientError, Closed, Refused
from matchd.client.events import Event, Ice, PeerJoined, PeerLeft, SocketLost
from matchd.client.inbox import Inbox
from matchd.client.line import Door, Line
from matchd.client.origin import parse
from matchd.protocol.bookings import BookingView, IceAnswer, MatchFound
from matchd.protocol.rooms import Signal

_BOOKING_OVER = "booking_over"
_SERVER_FAULT = 500


class Match:
    """A booking and its signaling. `async for` gives its events, in one task, until it is over."""

    def __init__(self, client: Client, found: MatchFound) -> None:
        # Fixed after construction. `found` holds the grant: not for logs.
        self.found = found
        self._client = client
        self._inbox = Inbox()
        origin, target = parse(f"{found.signaling_url}?roomId={found.room_id}")
        self._line = Line(client, Door(origin, target), self._tell)
        # Changed by the socket's task.
        self.ice = IceAnswer(
            ice_servers=found.ice_servers,
            ice_ttl=found.ice_ttl,
            ice_expires_at=found.ice_expires_at,
        )
        """The ICE servers to use, the freshest that there are."""
        self.host_here = False

    def __aiter__(self) -> Match:
        return self

    async def __anext__(self) -> Event:
        return await self._inbox.next()

    async def send(self, message: Signal) -> None:
        """Say something to the host; what it is not there for is kept for it a while."""
        await self._line.send(message)

    async def look(self) -> BookingView:
        """Where the booking stands."""
        return await self._client.look(self.found.booking_id, self.found.grant)

    async def keep_room(self) -> None:
        """Be in the room until the booking is over; ClientError when there is no coming back."""
        try:
            await self._line.run()
        except Closed as closed:
            if not closed.over:
                raise
        except Refused as refused:
            if refused.code != _BOOKING_OVER:
                raise
        self._inbox.end()

    async def leave_room(self) -> None:
        """Close the socket in order."""
        await self._line.leave()

    async def release(self) -> None:
        """Give the booking back, if the server hears it; else it ends by itself."""
        with suppress(ClientError):
            await self._client.release(self.found.booking_id, self.found.grant)

    async def _tell(self, event: Event) -> None:
        match event:
            case PeerJoined():
                self.host_here = True
            case PeerLeft() | SocketLost():
                self.host_here = False
            case Ice(answer):
                self.ice = answer
            case _:
                pass
        await self._inbox.put(event)


@asynccontextmanager
async def find_match(client: Client, wish: Wish | None = None) -> AsyncIterator[Match]:
    """Find a host and enter its room; the booking is released at the end of the block.

    Refused with `no_host` when nobody is free (within `wait`). While the server is away the find is
    repeated, by the same key, so that an answer that was lost books no second host.
    """
    match = Match(client, await _find(client, wish or Wish()))
    async with beside(match.keep_room):
        try:
            yield match
        finally:
            # Before the socket goes, so that the host hears of both as one.
            with trio.move_on_after(client.pace.farewell, shield=True):
                await match.release()
        await match.leave_room()


async def _find(client: Client, wish: Wish) -> MatchFound:
    key, backoff = secrets.token_urlsafe(24), client.backoff()
    while True:
        try:
            return await client.find(wish, key)
        except ClientError as error:
            busy = isinstance(error, Refused) and error.status < _SERVER_FAULT
            if busy or not error.temporary:
                raise
            await trio.sleep(backoff.next(error.retry_after))

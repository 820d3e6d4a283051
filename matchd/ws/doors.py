"""Doors: which sockets there are. A door reads an upgrade request, has a service let the socket in,
and hands the edge what takes its frames. The edge knows nothing else about a dialect.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from matchd.services.chat_sockets import ChatSockets
from matchd.services.events import EventService
from matchd.services.games import GameService
from matchd.services.outbox import Outbox, PacedOutbox
from matchd.services.rooms import RoomService
from matchd.services.settings import Current, RelayLimits
from matchd.ws.requests import (
    Head,
    chat_request,
    event_request,
    game_of,
    path_of,
    signal_request,
)

EVENTS = "/events"
GAME = "/ws/game/"
CHAT = "/chat/connect"


class Conversation(Protocol):
    """What takes the frames of a socket that was let in; sync, in the order of their arrival."""

    def receive(self, text: str) -> None:
        """Take a text frame."""

    def refuse(self) -> None:
        """Answer a frame that is no text."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A socket that was let in: what takes its frames, how its service is told that it is gone, and
    before that, sync, if its peer closed it in order; and what has to run as long as it is there.
    """

    conversation: Conversation
    leaving: Callable[[Any], Awaitable[None]]
    goodbye: Callable[[], None] = lambda: None
    tasks: tuple[Callable[[], Awaitable[None]], ...] = ()

    async def leave(self) -> None:
        """Tell the service, which knows the socket by its conversation."""
        await self.leaving(self.conversation)


class Entrance(Protocol):
    """One kind of socket, and where it is."""

    dialect: str
    """Its name in the metrics."""

    @property
    def limits(self) -> RelayLimits | None:
        """The bounds of its sockets, None for those of signaling."""

    def opens(self, path: str) -> bool:
        """Whether upgrades of this path, without its trailing slashes, come here."""


class Door(Entrance, Protocol):
    """Lets sockets in."""

    async def enter(self, head: Head, peer: str, socket: PacedOutbox) -> Visit:
        """Let a socket in, or refuse it."""


class RelayDoor(Entrance, Protocol):
    """Lets sockets in that only relay: any outbox does, and nothing runs beside them."""

    async def enter(self, head: Head, peer: str, socket: Outbox) -> Visit:
        """Let a socket in, or refuse it."""


_Kind = TypeVar("_Kind", bound=Entrance)


@dataclass(frozen=True, slots=True)
class Doors:
    """All doors. No path is that of two of different kinds."""

    relays: tuple[RelayDoor, ...]
    others: tuple[Door, ...]

    @property
    def all(self) -> tuple[Door, ...]:
        """Each of them: where any outbox does, a paced one does, too."""
        return (*self.others, *self.relays)


class SignalingDoor:
    """Signaling: `/` and `/signal/…` (wire.md 2.5)."""

    dialect = "signaling"
    limits = None

    def __init__(self, rooms: RoomService, current: Current) -> None:
        self._rooms, self._leaving = rooms, rooms.leave
        self._current = current

    def opens(self, path: str) -> bool:
        """The page's own path, or a name behind `/signal`."""
        return not path or path.startswith("/signal/")

    async def enter(self, head: Head, peer: str, socket: Outbox) -> Visit:
        """Let a host, a player or a candidate in."""
        request = signal_request(head, peer, self._current.settings)
        session = await self._rooms.enter(request, socket)
        return Visit(session, self._leaving)


class EventsDoor:
    """Events: `/events` (wire.md 8)."""

    dialect = "events"
    limits = None

    def __init__(self, events: EventService, current: Current) -> None:
        self._events = events
        self._current = current

    def opens(self, path: str) -> bool:
        """This one path."""
        return path == EVENTS

    async def enter(self, head: Head, peer: str, socket: Outbox) -> Visit:
        """Let a player in."""
        request = event_request(head, peer, self._current.settings)
        session = await self._events.enter(request, socket)
        return Visit(session, self._events.leave)


class GameDoor:
    """Games: `/ws/game/{game_id}` (wire.md 6)."""

    dialect = "game"
    limits = None

    def __init__(self, games: GameService, current: Current) -> None:
        self._games, self._leaving = games, games.leave
        self._current = current

    def opens(self, path: str) -> bool:
        """A name behind `/ws/game`."""
        return path.startswith(GAME) and "/" not in path.removeprefix(GAME)

    async def enter(self, head: Head, peer: str, socket: Outbox) -> Visit:
        """Let a player in."""
        session = await self._games.enter(game_of(head, peer, self._current.settings), socket)
        return Visit(session, self._leaving)


class ChatDoor:
    """Chat: `/chat/connect` (wire.md 7)."""

    dialect = "chat"
    limits = None

    def __init__(self, sockets: ChatSockets, current: Current) -> None:
        self._sockets = sockets
        self._current = current

    def opens(self, path: str) -> bool:
        """This one path."""
        return path == CHAT

    async def enter(self, head: Head, peer: str, socket: PacedOutbox) -> Visit:
        """Let a player in, or somebody who has yet to say who he is."""
        request = chat_request(head, peer, self._current.settings)
        session = await self._sockets.enter(request, socket)
        tasks = session.work, session.out.feed, session.mark
        return Visit(session, self._sockets.leave, tasks=tasks)


def find_door(doors: tuple[_Kind, ...], head: Head) -> _Kind | None:
    """The door of an upgrade: the first that opens, if any does."""
    path = path_of(head)
    return next((door for door in doors if door.opens(path)), None)

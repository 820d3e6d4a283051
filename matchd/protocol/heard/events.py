"""What is heard on the event socket (wire.md 8); a frame's `id` is a bookmark (`protocol.events`)."""

from __future__ import annotations

from typing import Literal

import msgspec

from matchd.domain.events import Presence
from matchd.protocol.lobbies import LobbyView


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", rename="camel"):
    id: str


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """A player; without a name while nobody has logged in with that key."""

    id: str
    name: str | None


class Hello(_Event, frozen=True, kw_only=True, tag="hello"):
    """First; the server pings every `heartbeat` seconds."""

    features: tuple[str, ...]
    heartbeat: int


class FriendRequest(_Event, frozen=True, kw_only=True, tag="friend.request"):
    """Somebody asks."""

    player: Named


class FriendAccepted(_Event, frozen=True, kw_only=True, tag="friend.accepted"):
    """Two have become friends; told to both."""

    player: Named


class FriendPresence(_Event, frozen=True, kw_only=True, tag="friend.presence"):
    """A friend has come, gone, or is somewhere else."""

    player: Named
    state: Presence


class LobbyCreated(_Event, frozen=True, kw_only=True, tag="lobby.created"):
    """There is a lobby that one may see."""

    lobby: LobbyView


class LobbyChanged(_Event, frozen=True, kw_only=True, tag="lobby.changed"):
    """It looks different."""

    lobby: LobbyView


class LobbyRemoved(_Event, frozen=True, kw_only=True, tag="lobby.removed"):
    """One is gone, or no longer to be seen."""

    lobby_id: str


class LobbyInvited(_Event, frozen=True, kw_only=True, tag="lobby.invited"):
    """One is invited."""

    lobby: LobbyView
    sender: str = msgspec.field(name="from")


class QueuePosition(_Event, frozen=True, kw_only=True, tag="queue.position"):
    """One moved up, or (`queued` false) lost the place."""

    queued: bool
    reason: Literal["left", "lapsed", "unknown_mode"] | msgspec.UnsetType = msgspec.UNSET
    position: int | msgspec.UnsetType = msgspec.UNSET
    size: int | msgspec.UnsetType = msgspec.UNSET
    eta_seconds: int | msgspec.UnsetType | None = msgspec.UNSET
    mode: str | msgspec.UnsetType = msgspec.UNSET


class QueueMatched(_Event, frozen=True, kw_only=True, tag="queue.matched"):
    """There is a game to connect to."""

    game_id: str = msgspec.field(name="game_id")
    websocket: str


class ChatUnread(_Event, frozen=True, kw_only=True, tag="chat.unread"):
    """Somebody has written."""

    room: str
    seq: int


class ReportClosed(_Event, frozen=True, kw_only=True, tag="report.closed"):
    """A report of one's own has its outcome."""

    report: str
    outcome: str | None


class Gap(_Event, frozen=True, kw_only=True, tag="gap"):
    """More was missed than is kept: read again how things stand."""


class Live(_Event, frozen=True, kw_only=True, tag="live"):
    """The replay is over."""


class EventReauthAsked(_Event, frozen=True, kw_only=True, tag="reauth"):
    """With `v=1`: the token expires then; send the next one."""

    deadline: int


class EventReauthed(_Event, frozen=True, kw_only=True, tag="reauthed"):
    """The next token is taken."""

    expires_at: int


class EventError(_Event, frozen=True, kw_only=True, tag="error"):
    """What was just sent was not valid."""

    code: str
    error: str


class EventGoingAway(_Event, frozen=True, kw_only=True, tag="going_away"):
    """The server restarts: come back when the socket closes."""

    deadline: int

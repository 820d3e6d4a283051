"""Lobbies: the record, who may know of one, and who may do what in it (wire.md 5). Pure.

What the deeds make of a lobby stands in `lobby_deeds`. Who may do what, and when, is the table `_MAY`.
A private lobby is known to its members, to those on its whitelist and to those who are invited; for
everybody else it is not there.
"""

from __future__ import annotations

import enum

import msgspec

from matchd.domain.ids import AccountId, Address, Game, Handle, LobbyId, PeerId
from matchd.errors import Forbidden, GameStarted, UnknownLobby

IDLE = 900.0
"""Seconds without a deed or a socket after which a lobby that waits ends."""

EMPTY = 30.0
"""Seconds without a socket after which a lobby in progress waits again."""

MOST_LISTED = 500
"""Players on a whitelist, invited, or put out, each."""


class Status(enum.StrEnum):
    """What a lobby is doing, as the given protocol spells it."""

    WAITING = "Waiting"
    IN_PROGRESS = "InProgress"


class Verb(enum.Enum):
    """What is done in a lobby by whoever is in it."""

    READY = enum.auto()
    LEAVE = enum.auto()
    START = enum.auto()
    END = enum.auto()
    INVITE = enum.auto()
    KICK = enum.auto()
    HAND_OVER = enum.auto()
    CHANGE = enum.auto()
    CONNECT = enum.auto()
    LOOK = enum.auto()


_MAY = {
    # verb: whether the owner alone may, and whether it has to be before the game
    Verb.READY: (False, True),
    Verb.LEAVE: (False, False),
    Verb.START: (True, False),
    Verb.END: (True, False),
    Verb.INVITE: (True, False),
    Verb.KICK: (True, False),
    Verb.HAND_OVER: (True, False),
    Verb.CHANGE: (True, False),
    Verb.CONNECT: (False, False),
    Verb.LOOK: (False, False),
}


class Presence(msgspec.Struct, frozen=True):
    """A member's socket in the lobby."""

    peer: PeerId
    address: Address


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in a lobby; `public_key` (base64) only where a key proves his account."""

    account: AccountId
    handle: Handle
    public_key: str | None = None
    ready: bool = False
    here: Presence | None = None


class Lobby(msgspec.Struct, frozen=True, kw_only=True):
    """One lobby. `members` stand in the order they came; the owner is one of them.

    Times are in the store's clock. `whitelist`: who may join, None: whoever knows of it; `invited`: who
    may too, by the time of the last invitation; `kicked`: who may not; `password` is its proof, never
    itself; `metadata` is a JSON object as text; `empty_since` is set while it is in progress without
    anybody connected. `version` counts its changes, from 1.
    """

    id: LobbyId
    game_id: Game
    name: str
    code: str
    owner: AccountId
    members: tuple[Member, ...]
    max_players: int
    is_private: bool
    created_at: float
    active_at: float
    whitelist: frozenset[AccountId] | None = None
    invited: dict[AccountId, float] = {}
    kicked: tuple[AccountId, ...] = ()
    password: bytes | None = None
    metadata: str = "{}"
    status: Status = Status.WAITING
    empty_since: float | None = None
    version: int = 1

    def member(self, account: AccountId | None) -> Member | None:
        """Somebody who is in it."""
        return next((one for one in self.members if one.account == account), None)

    @property
    def busy(self) -> bool:
        """Whether anybody is connected."""
        return any(one.here is not None for one in self.members)

    @property
    def deadline(self) -> float | None:
        """When `expire` will change it, as far as is known now."""
        if self.status is Status.IN_PROGRESS:
            return None if self.empty_since is None else self.empty_since + EMPTY
        return None if self.busy else self.active_at + IDLE


def sees(lobby: Lobby, viewer: AccountId | None) -> bool:
    """Whether somebody (None: a guest) may know of it, blocks apart."""
    return not lobby.is_private or is_concerned(lobby, viewer)


def is_shown(lobby: Lobby, viewer: AccountId | None, apart: frozenset[AccountId]) -> bool:
    """Whether somebody may know of it; the lobbies of those whom a block keeps `apart` from him are
    not there for him, but for the one he is in.
    """
    if lobby.member(viewer) is not None:
        return True
    return sees(lobby, viewer) and lobby.owner not in apart


def is_concerned(lobby: Lobby, viewer: AccountId | None) -> bool:
    """Whether it is somebody's own, or he is on its list, or invited."""
    if viewer is None:
        return False
    listed = viewer in (lobby.whitelist or ()) or viewer in lobby.invited
    return listed or lobby.member(viewer) is not None


def admits(lobby: Lobby, account: AccountId) -> bool:
    """Whether the whitelist, if there is one, lets somebody in."""
    return lobby.whitelist is None or is_concerned(lobby, account)


def permit(lobby: Lobby | None, account: AccountId, verb: Verb) -> Lobby:
    """The lobby, if a player may do this in it now; one who may not know of it learns nothing."""
    if lobby is None or not sees(lobby, account):
        raise UnknownLobby
    by_owner, before = _MAY[verb]
    if lobby.member(account) is None:
        raise Forbidden("You are not in this lobby.")
    if by_owner and lobby.owner != account:
        raise Forbidden("Only the owner of the lobby may do this.")
    if before and lobby.status is Status.IN_PROGRESS:
        raise GameStarted
    return lobby

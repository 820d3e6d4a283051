"""Bodies and views of lobbies (wire.md 5). Pure.

The protocol is Allumette's, so its fields keep their spelling. What a viewer is shown of a lobby is
decided here and nowhere else: players and code are for members, the owner is marked for members alone,
and neither whitelist nor password is ever shown.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec.structs import replace

from matchd.domain.ids import AccountId
from matchd.domain.lobbies import MOST_LISTED, Lobby, Member, admits, is_shown
from matchd.domain.lobby_deeds import newly_invited
from matchd.domain.lobby_lists import Change, Place, key_of
from matchd.errors import InvalidRequest
from matchd.protocol.texts import JsonObject, MaybeObject

MAX_METADATA = 2048

_PRINTABLE = r"^[^\x00-\x1f\x7f]+$"
Label = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=_PRINTABLE)]
Password = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
Player = Annotated[str, msgspec.Meta(min_length=1, max_length=330)]
Players = Annotated[tuple[Player, ...], msgspec.Meta(max_length=MOST_LISTED)]
Size = Annotated[int, msgspec.Meta(ge=2, le=64)]


class CreateLobby(msgspec.Struct, frozen=True, kw_only=True):
    """`POST /lobbies`. An empty whitelist is none: Allumette's client sends it when none are chosen."""

    is_private: bool
    game_id: Label
    whitelist: Players | None = None
    name: Label | None = None
    max_players: Size = 8
    password: Password | None = None
    metadata: MaybeObject = msgspec.field(default_factory=msgspec.Raw)


class ChangeLobby(msgspec.Struct, frozen=True, kw_only=True):
    """`PATCH /lobbies/{id}`: what is absent stays; a null password takes it away."""

    name: Label | msgspec.UnsetType = msgspec.UNSET
    max_players: Size | msgspec.UnsetType = msgspec.UNSET
    metadata: MaybeObject | msgspec.UnsetType = msgspec.UNSET
    is_private: bool | msgspec.UnsetType = msgspec.UNSET
    password: Password | msgspec.UnsetType | None = msgspec.UNSET


class JoinLobby(msgspec.Struct, frozen=True, kw_only=True):
    """`POST /lobbies/{id}/join`."""

    password: Password | None = None


class JoinByCode(msgspec.Struct, frozen=True, kw_only=True):
    """`POST /lobbies/join`."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
    password: Password | None = None


class ReadyBody(msgspec.Struct, frozen=True, kw_only=True):
    """`POST /lobbies/{id}/ready`."""

    ready: bool


class PlayerBody(msgspec.Struct, frozen=True, kw_only=True):
    """`POST /lobbies/{id}/kick` and `/owner`: a member, by key, id or name."""

    player: Player


class InviteBody(msgspec.Struct, frozen=True, kw_only=True):
    """`POST /lobbies/{id}/invite`: keys, ids or names."""

    player_public_keys: Players


class Invited(msgspec.Struct, frozen=True, kw_only=True):
    """How many were invited."""

    success: bool = True
    invited_count: int


class PlayerView(msgspec.Struct, frozen=True, kw_only=True):
    """A member as members see him; `publicKey` is the id where no key proves the account."""

    id: str
    public_key: str = msgspec.field(name="publicKey")
    name: str
    is_you: bool
    is_owner: bool
    connected: bool
    ready: bool


class LobbyView(msgspec.Struct, frozen=True, kw_only=True):
    """A lobby as somebody sees it."""

    id: str
    game_id: str
    name: str
    is_owner: bool
    player_count: int
    max_players: int
    players: tuple[PlayerView, ...]
    status: str
    is_private: bool
    is_whitelisted: bool
    has_password: bool
    metadata: JsonObject
    code: str | msgspec.UnsetType = msgspec.UNSET


class LobbyEntry(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A lobby in the list of administrators; `cursor` is where the list goes on behind it."""

    id: str
    game_id: str
    name: str
    status: str
    is_private: bool
    owner: str
    players: tuple[str, ...]
    connected: int
    cursor: str


class LobbyEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is told of a change: `lobby`, or of one that is gone for the receiver its `lobbyId`."""

    type: Literal["lobby.created", "lobby.changed", "lobby.removed", "lobby.invited"]
    id: str = ""
    lobby: LobbyView | msgspec.UnsetType = msgspec.UNSET
    lobby_id: str | msgspec.UnsetType = msgspec.UNSET
    sender: str | msgspec.UnsetType = msgspec.field(name="from", default=msgspec.UNSET)


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What is there when one begins to listen, the newest first; `complete` is False when there was
    more than is told at once.
    """

    type: Literal["lobby.snapshot"] = "lobby.snapshot"
    id: str
    lobbies: tuple[LobbyView, ...]
    complete: bool


def view(lobby: Lobby, viewer: AccountId | None) -> LobbyView:
    """What somebody is shown of a lobby that he may see."""
    inside = lobby.member(viewer) is not None
    listed = viewer is not None and admits(lobby, viewer) and viewer not in lobby.kicked
    return LobbyView(
        id=lobby.id,
        game_id=lobby.game_id,
        name=lobby.name,
        is_owner=lobby.owner == viewer,
        player_count=len(lobby.members),
        max_players=lobby.max_players,
        players=tuple(player_view(lobby, one, viewer) for one in lobby.members) if inside else (),
        status=lobby.status.value,
        is_private=lobby.is_private,
        is_whitelisted=listed,
        has_password=lobby.password is not None,
        metadata=msgspec.Raw(lobby.metadata.encode()),
        code=lobby.code if inside else msgspec.UNSET,
    )


def player_view(lobby: Lobby, member: Member, viewer: AccountId | None) -> PlayerView:
    """A member as a member sees him."""
    return PlayerView(
        id=member.account,
        public_key=member.public_key or member.account,
        name=member.handle,
        is_you=member.account == viewer,
        is_owner=member.account == lobby.owner,
        connected=member.here is not None,
        ready=member.ready,
    )


def entry(lobby: Lobby) -> LobbyEntry:
    """A lobby as administrators see it."""
    return LobbyEntry(
        id=lobby.id,
        game_id=lobby.game_id,
        name=lobby.name,
        status=lobby.status.value,
        is_private=lobby.is_private,
        owner=lobby.owner,
        players=tuple(one.account for one in lobby.members),
        connected=sum(one.here is not None for one in lobby.members),
        cursor=key_of(lobby),
    )


def events_of(
    place: Place, change: Change, viewer: AccountId | None, apart: frozenset[AccountId]
) -> tuple[LobbyEvent, ...]:
    """What somebody is told of the change that leads to a place: nothing, if he sees neither what was
    nor what is, or sees both alike.
    """
    before = _seen(change.before, viewer, apart)
    after = _seen(change.after, viewer, apart)
    told: list[LobbyEvent] = []
    if after is None:
        if before is not None:
            told.append(LobbyEvent(type="lobby.removed", lobby_id=before.id))
    elif before is None:
        told.append(LobbyEvent(type="lobby.created", lobby=after))
    elif _differs(before, after):
        told.append(LobbyEvent(type="lobby.changed", lobby=after))
    if after is not None and viewer in newly_invited(change.before, change.after):
        sender = _owner_handle(change.after)
        told.append(LobbyEvent(type="lobby.invited", lobby=after, sender=sender))
    places = place.inside(len(told))
    return tuple(replace(one, id=at.name) for one, at in zip(told, places, strict=True))


def metadata_text(raw: bytes | msgspec.Raw) -> str:
    """The object that was sent as metadata, on one line; {} for none."""
    given = msgspec.json.format(bytes(raw) or b"null", indent=-1)
    if given == b"null":
        return "{}"
    if not given.startswith(b"{"):
        raise InvalidRequest("`metadata`: expected `object`.")
    if len(given) > MAX_METADATA:
        raise InvalidRequest(f"`metadata` must not be larger than {MAX_METADATA} bytes.")
    return given.decode()


def _seen(
    lobby: Lobby | None, viewer: AccountId | None, apart: frozenset[AccountId]
) -> LobbyView | None:
    return view(lobby, viewer) if lobby is not None and is_shown(lobby, viewer, apart) else None


def _differs(one: LobbyView, other: LobbyView) -> bool:
    return msgspec.json.encode(one) != msgspec.json.encode(other)


def _owner_handle(lobby: Lobby | None) -> str:
    owner = None if lobby is None else lobby.member(lobby.owner)
    return "" if owner is None else owner.handle

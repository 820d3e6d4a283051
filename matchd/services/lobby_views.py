"""Looking at lobbies: one, a page of those one may see, all when one begins to listen (wire.md 5)."""

from __future__ import annotations

import msgspec

from matchd.domain.callers import Caller
from matchd.domain.ids import AccountId, Game, LobbyId
from matchd.domain.lobbies import Lobby, Status, Verb, is_shown, permit, sees
from matchd.domain.lobby_lists import Place, Sought, key_of
from matchd.errors import Forbidden, InvalidRequest, Unauthorized, UnknownLobby
from matchd.protocol.lobbies import (
    LobbyEntry,
    LobbyEvent,
    LobbyView,
    PlayerView,
    Snapshot,
    entry,
    events_of,
    player_view,
    view,
)
from matchd.services.core import Core
from matchd.services.people import People
from matchd.store.ports import Logged

PIECE = 100
"""Lobbies that are read at once."""

SCANNED = 500
"""Lobbies that one page looks at; a search that finds few of them goes on by its cursor."""

MOST_TOLD = 1000
"""Lobbies in a snapshot."""


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What a list is asked for. Without a state public lobbies are listed while they wait, as the given
    protocol does; one's own, and those one is listed in or invited to, always.
    """

    game_id: Game | None = None
    status: Status | None = None
    text: str = ""

    def sought(self, viewer: AccountId | None) -> Sought:
        """The lists to look at."""
        return Sought(game_id=self.game_id, status=self.status or Status.WAITING, viewer=viewer)

    def fits(self, lobby: Lobby) -> bool:
        """Whether a lobby on these lists is meant."""
        text = self.text.casefold()
        return (
            self.game_id in (None, lobby.game_id)
            and self.status in (None, lobby.status)
            and (text in lobby.name.casefold() or lobby.id.startswith(text))
        )


class Page(msgspec.Struct, frozen=True):
    """A part of a list, and where the next one begins (None: this was the last)."""

    lobbies: tuple[LobbyView, ...]
    cursor: str | None


class LobbyViews:
    """What a caller may see."""

    def __init__(self, core: Core, people: People) -> None:
        self._core = core
        self._store = core.store.lobbies
        self._people = people

    def viewer(self, caller: Caller) -> AccountId | None:
        """As whom a caller looks; None for a guest, where guests may."""
        if caller.account is not None:
            return AccountId(caller.account)
        if not self._core.current.settings.guests_read_lobbies:
            raise Unauthorized("Guests may not see lobbies here; log in.")
        return None

    async def get(self, caller: Caller, lobby_id: LobbyId) -> LobbyView:
        """One lobby."""
        viewer = self.viewer(caller)
        return view(await self.shown(viewer, await self._store.get(lobby_id)), viewer)

    async def shown(self, viewer: AccountId | None, lobby: Lobby | None) -> Lobby:
        """The lobby, if somebody may know of it."""
        if lobby is None or not is_shown(lobby, viewer, await self._apart(viewer, [lobby])):
            raise UnknownLobby
        return lobby

    async def peers(self, caller: Caller, lobby_id: LobbyId) -> dict[str, PlayerView]:
        """Which player is which peer, for members."""
        viewer = self.viewer(caller)
        lobby = await self.shown(viewer, await self._store.get(lobby_id))
        if viewer is None:
            raise Forbidden("You are not in this lobby.")
        permit(lobby, viewer, Verb.LOOK)
        return {
            one.here.peer: player_view(lobby, one, viewer)
            for one in lobby.members
            if one.here is not None
        }

    async def page(self, caller: Caller, wanted: Filter, cursor: str | None, limit: int) -> Page:
        """Lobbies of a list, the newest first. A page may be short and not the last one."""
        viewer = self.viewer(caller)
        if wanted.text:
            self._people.limiter.check(caller, "lobbies")
        found, after = await self._scan(wanted, viewer, _key(cursor), limit)
        return Page(tuple(view(lobby, viewer) for lobby in found), after)

    async def all(self, cursor: str | None, limit: int) -> tuple[LobbyEntry, ...]:
        """Lobbies as administrators see them, the newest first."""
        found = await self._store.page(Sought(every=True), _key(cursor), limit)
        return tuple(entry(lobby) for lobby in found)

    async def snapshot(
        self, viewer: AccountId | None, game: Game | None, at: Place
    ) -> tuple[Snapshot, dict[LobbyId, int]]:
        """All that is there for somebody, up to a bound, and which version of each is told."""
        found: list[Lobby] = []
        after: str | None = None
        sought = Sought(game_id=game, viewer=viewer)
        while len(found) < MOST_TOLD:
            piece = await self._store.page(sought, after, PIECE)
            found += [one for one in await self._visible(viewer, piece) if _is_of(one, game)]
            if len(piece) < PIECE:
                break
            after = key_of(piece[-1])
        told, complete = found[:MOST_TOLD], len(found) < MOST_TOLD
        lobbies = tuple(view(lobby, viewer) for lobby in told)
        snapshot = Snapshot(id=at.name, lobbies=lobbies, complete=complete)
        return snapshot, {lobby.id: lobby.version for lobby in told}

    async def events(
        self, viewer: AccountId | None, place: Place, entries: tuple[Logged, ...]
    ) -> tuple[LobbyEvent, ...]:
        """What somebody at a place behind which they come is told of these changes; blocks are those
        of now.
        """
        both = [(entry.change.before, entry.change.after) for entry in entries]
        apart = await self._apart(viewer, [one for pair in both for one in pair if one is not None])
        return tuple(
            event
            for entry in entries
            for event in events_of(place.behind(entry.seq), entry.change, viewer, apart)[
                place.part if entry.seq == place.seq + 1 else 0 :
            ]
        )

    async def _scan(
        self, wanted: Filter, viewer: AccountId | None, after: str | None, limit: int
    ) -> tuple[list[Lobby], str | None]:
        """Up to `limit` lobbies, and the key behind which there may be more."""
        found: list[Lobby] = []
        for _ in range(SCANNED // PIECE):
            piece = await self._store.page(wanted.sought(viewer), after, PIECE)
            fitting = [lobby for lobby in piece if wanted.fits(lobby)]
            for lobby in await self._visible(viewer, fitting):
                found.append(lobby)
                if len(found) == limit:
                    return found, key_of(lobby)
            if len(piece) < PIECE:
                return found, None
            after = key_of(piece[-1])
        return found, after

    async def _visible(
        self, viewer: AccountId | None, lobbies: list[Lobby] | tuple[Lobby, ...]
    ) -> list[Lobby]:
        apart = await self._apart(viewer, lobbies)
        return [lobby for lobby in lobbies if is_shown(lobby, viewer, apart)]

    async def _apart(
        self, viewer: AccountId | None, lobbies: list[Lobby] | tuple[Lobby, ...]
    ) -> frozenset[AccountId]:
        """The owners whom a block keeps from somebody, of lobbies that he would see without it."""
        owners = {one.owner for one in lobbies if sees(one, viewer) and one.member(viewer) is None}
        if viewer is None or not owners:
            return frozenset()
        return await self._people.store.friends.blocked(viewer, owners)


def _is_of(lobby: Lobby, game: Game | None) -> bool:
    return game in (None, lobby.game_id)


def _key(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    number, dot, rest = cursor.partition(".")
    if not (
        dot and len(number) == 16 and number.isascii() and number.isdigit() and len(rest) <= 64
    ):
        raise InvalidRequest("`cursor` must be one that was given with a page.")
    return cursor

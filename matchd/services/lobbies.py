"""Lobbies: making, joining, and what members and owners do in them (wire.md 5).

Each verb is one deed of the domain in one step of the store. Who may not know of a lobby is answered as
if it were not there, blocks included. A password is kept as a keyed hash under the pepper: it lives as
long as its lobby, guesses are limited like logins, and without the pepper the hash is worth nothing.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable

from msgspec import UNSET
from msgspec.structs import replace

from matchd.domain import ids, lobby_deeds
from matchd.domain.callers import Caller
from matchd.domain.ids import AccountId, LobbyId
from matchd.domain.lobbies import Lobby, Verb, permit
from matchd.errors import Forbidden, UnknownLobby
from matchd.protocol.lobbies import (
    ChangeLobby,
    CreateLobby,
    Invited,
    JoinByCode,
    JoinLobby,
    LobbyView,
    metadata_text,
    view,
)
from matchd.services.accounts import AccountService
from matchd.services.lobby_changes import LobbyChanges
from matchd.services.lobby_players import LobbyPlayers, member_named, member_of
from matchd.services.lobby_views import LobbyViews
from matchd.services.people import People
from matchd.services.seals import Seals
from matchd.store.ports import LobbiesPort

CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Nothing in it looks like something else."""

CODE_LENGTH = 8

Act = Callable[[Lobby, float], Lobby | None]


class LobbyService:
    """The lobbies of all players."""

    def __init__(
        self,
        store: LobbiesPort,
        people: People,
        accounts: AccountService,
        *,
        changes: LobbyChanges,
        views: LobbyViews,
        seals: Seals,
    ) -> None:
        self._store = store
        self._people = people
        self._accounts = accounts
        self._changes = changes
        self._views = views
        self._seals = seals
        self._players = LobbyPlayers(people)

    # The doors.

    async def create(self, caller: Caller, body: CreateLobby) -> LobbyView:
        """A new lobby with the caller in it."""
        self._people.limiter.check(caller, "lobbies")
        metadata = metadata_text(body.metadata)
        me = await self._accounts.mine(caller)
        listed = await self._players.named(caller, body.whitelist or ())
        lobby_id = LobbyId(str(uuid.uuid4()))
        made = Lobby(
            id=lobby_id,
            game_id=ids.game(body.game_id, "game_id"),
            name=body.name or body.game_id,
            code="",
            owner=me.id,
            members=(member_of(me),),
            max_players=body.max_players,
            is_private=body.is_private,
            created_at=0.0,
            active_at=0.0,
            whitelist=listed or None,
            password=self._proof(lobby_id, body.password),
            metadata=metadata,
        )
        done = None
        while done is None:
            done = await self._changes.make(lobby_id, _made(made, _new_code()))
        assert done.after is not None
        return view(done.after, me.id)

    async def join(self, caller: Caller, lobby_id: LobbyId, body: JoinLobby) -> LobbyView:
        """Come in, if the caller may; once in, again and again."""
        what = "lobbies" if body.password is None else "logins"
        self._people.limiter.check(caller, what)
        return await self._join(caller, await self._store.get(lobby_id), body.password)

    async def join_by_code(self, caller: Caller, body: JoinByCode) -> LobbyView:
        """The same by the code that a member has told."""
        self._people.limiter.check(caller, "logins")
        code = body.code.upper().replace("-", "").replace(" ", "")
        return await self._join(caller, await self._store.by_code(code), body.password)

    async def _join(self, caller: Caller, lobby: Lobby | None, password: str | None) -> LobbyView:
        me = await self._accounts.mine(caller)
        if lobby is None:
            raise UnknownLobby
        others = [one.account for one in lobby.members if one.account != me.id]
        apart = await self._people.store.friends.blocked(me.id, others)
        proof = self._proof(lobby.id, password)

        def deed(before: Lobby | None, now: float) -> Lobby:
            return lobby_deeds.join(before, member_of(me), now, proof=proof, apart=apart)

        done = await self._changes.do(lobby.id, deed)
        assert done.after is not None
        return view(done.after, me.id)

    # What members do.

    async def ready(self, caller: Caller, lobby_id: LobbyId, *, ready: bool) -> LobbyView:
        """Say whether one is ready."""
        me = _account(caller)

        def act(lobby: Lobby, now: float) -> Lobby:
            return lobby_deeds.set_ready(lobby, me, now, ready=ready)

        return await self._viewed(caller, lobby_id, Verb.READY, act)

    async def leave(self, caller: Caller, lobby_id: LobbyId) -> None:
        """Go."""
        me = _account(caller)
        await self._do(
            caller, lobby_id, Verb.LEAVE, lambda lobby, now: lobby_deeds.leave(lobby, me, now)
        )

    async def delete(self, caller: Caller, lobby_id: LobbyId) -> None:
        """End it, as its owner; go, as a member."""
        me = _account(caller)

        def act(lobby: Lobby, now: float) -> Lobby | None:
            return None if lobby.owner == me else lobby_deeds.leave(lobby, me, now)

        await self._do(caller, lobby_id, Verb.LEAVE, act)

    # What owners do.

    async def start(self, caller: Caller, lobby_id: LobbyId) -> LobbyView:
        """Begin the game."""
        return await self._viewed(caller, lobby_id, Verb.START, lobby_deeds.start)

    async def invite(self, caller: Caller, lobby_id: LobbyId, players: tuple[str, ...]) -> Invited:
        """Open the door to some players. Whom a block keeps apart hears nothing, and nobody is told."""
        await self._check(caller, lobby_id, Verb.INVITE)
        named = await self._players.named(caller, players)
        await self._do(
            caller, lobby_id, Verb.INVITE, lambda one, now: lobby_deeds.invite(one, named, now)
        )
        return Invited(invited_count=len(named))

    async def kick(self, caller: Caller, lobby_id: LobbyId, player: str) -> LobbyView:
        """Put a member out."""

        def act(lobby: Lobby, now: float) -> Lobby:
            return lobby_deeds.kick(lobby, member_named(lobby, player), now)

        return await self._viewed(caller, lobby_id, Verb.KICK, act)

    async def hand_over(self, caller: Caller, lobby_id: LobbyId, player: str) -> LobbyView:
        """Make another member the owner."""

        def act(lobby: Lobby, now: float) -> Lobby:
            return lobby_deeds.hand_over(lobby, member_named(lobby, player), now)

        return await self._viewed(caller, lobby_id, Verb.HAND_OVER, act)

    async def change(self, caller: Caller, lobby_id: LobbyId, body: ChangeLobby) -> LobbyView:
        """Change what the owner has said of it."""
        changes: dict[str, object] = {}
        if body.name is not UNSET:
            changes["name"] = body.name
        if body.metadata is not UNSET:
            changes["metadata"] = metadata_text(body.metadata)
        if body.is_private is not UNSET:
            changes["is_private"] = body.is_private
        if body.password is not UNSET:
            changes["password"] = self._proof(lobby_id, body.password)
        size = body.max_players

        def act(lobby: Lobby, now: float) -> Lobby:
            sized = lobby if size is UNSET else lobby_deeds.resize(lobby, size)
            after = replace(sized, **changes)
            return lobby if after == lobby else replace(after, active_at=now)

        return await self._viewed(caller, lobby_id, Verb.CHANGE, act)

    # Inside.

    async def _viewed(self, caller: Caller, lobby_id: LobbyId, verb: Verb, act: Act) -> LobbyView:
        after = await self._do(caller, lobby_id, verb, act)
        assert after is not None
        return view(after, _account(caller))

    async def _do(self, caller: Caller, lobby_id: LobbyId, verb: Verb, act: Act) -> Lobby | None:
        """Do what the caller may do in a lobby that he may know of."""
        self._people.limiter.check(caller, "lobbies")
        await self._accounts.admit(caller)
        me = _account(caller)

        def deed(before: Lobby | None, now: float) -> Lobby | None:
            return act(permit(before, me, verb), now)

        try:
            return (await self._changes.do(lobby_id, deed)).after
        except Forbidden as error:
            refused = error
        await self._views.shown(me, await self._store.get(lobby_id))
        raise refused

    async def _check(self, caller: Caller, lobby_id: LobbyId, verb: Verb) -> None:
        me = _account(caller)
        permit(await self._views.shown(me, await self._store.get(lobby_id)), me, verb)

    def _proof(self, lobby_id: LobbyId, password: str | None) -> bytes | None:
        """What is kept of a password, for this lobby alone."""
        if password is None:
            return None
        return self._seals.derive("lobby password", f"{lobby_id}\0{password}".encode())


def _account(caller: Caller) -> AccountId:
    assert caller.account is not None
    return AccountId(caller.account)


def _made(made: Lobby, code: str) -> Callable[[Lobby | None, float], Lobby]:
    def deed(before: Lobby | None, now: float) -> Lobby:
        assert before is None
        return replace(made, code=code, created_at=now, active_at=now)

    return deed


def _new_code() -> str:
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))

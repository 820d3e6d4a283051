"""The queue: joining, leaving, waiting, and what runs behind it (wire.md 6)."""

from __future__ import annotations

import math
from collections.abc import Mapping

import trio
from msgspec.structs import replace

from matchd.domain.callers import Caller
from matchd.domain.ids import AccountId
from matchd.domain.lobbies import Lobby
from matchd.domain.pairing import placeable
from matchd.domain.queue import Entrant, Mode, Ticket
from matchd.domain.ratings import Rating
from matchd.errors import (
    CoolingDown,
    Draining,
    Forbidden,
    InGame,
    InvalidRequest,
    NotQueued,
    PartyNotReady,
    UnknownLobby,
    UnknownMode,
)
from matchd.protocol import games as dialect
from matchd.protocol.games import InQueue, JoinBody, Matched
from matchd.protocol.news import News
from matchd.services.accounts import AccountService
from matchd.services.core import Core
from matchd.services.game_changes import fresh_ticket
from matchd.services.journal import Journal
from matchd.services.limits import Limiter
from matchd.services.pairing import NEAR, Matchmaker
from matchd.services.publisher import Publisher
from matchd.store.ports import Cooling, Outrated, Queued, Seated, Stand

AGAIN = 5.0
"""Seconds after which a waiting call looks for itself: the news may have been lost."""


class _Caller:
    """A call that waits for news of the queue."""

    def __init__(self) -> None:
        self.moved = trio.Event()

    def deliver(self, news: News) -> None:  # noqa: ARG002  # whatever it says
        """Wake up."""
        self.moved.set()


class QueueService:
    """The queue as players see it."""

    def __init__(
        self,
        core: Core,
        matchmaker: Matchmaker,
        publisher: Publisher,
        *,
        accounts: AccountService,
        limiter: Limiter,
    ) -> None:
        self._core = core
        self._matchmaker = matchmaker
        self._publisher = publisher
        self._accounts = accounts
        self._limiter = limiter
        # changed only in sync functions
        self._waiting: set[_Caller] = set()

    async def join(self, caller: Caller, body: JoinBody) -> InQueue | Matched:
        """Take a place alone or with a party, or the game that this makes."""
        self._limiter.check(caller, "queue")
        self._core.current.admit_match()
        me = await self._accounts.mine(caller)
        mode = self._core.current.settings.modes.get(body.mode)
        if mode is None:
            raise UnknownMode
        entrants: tuple[Entrant, ...] = (Entrant(me.id, me.handle),)
        if (party := body.party_id()) is not None:
            entrants = _party(await self._core.store.lobbies.get(party), me.id)
        if not placeable(mode, len(entrants)):
            raise InvalidRequest(f"`party` has more players than `{mode.name}` takes.")
        ticket = Ticket(
            id=fresh_ticket(),
            mode=mode.name,
            entrants=entrants,
            joined_at=0.0,
            region=body.region_id(),
            properties=body.properties_text(),
            party=party,
        )
        return await self._enter(me.id, mode, ticket)

    async def leave(self, caller: Caller) -> None:
        """Give up the place, and that of the whole party."""
        self._limiter.check(caller, "queue")
        me = await self._accounts.mine(caller)
        ticket = await self._core.store.queue.withdraw(me.id, self._core.clock.now())
        if ticket is None:
            raise NotQueued(dialect.NOT_QUEUED)
        tell_of_leaving(self._core.journal, ticket, "a player gave it up")
        others = [account for account in ticket.accounts if account != me.id]
        self._publisher.publish(others, "queue.position", {"queued": False, "reason": "left"})

    async def stand(self, caller: Caller, wait: float) -> InQueue | Matched:
        """Where somebody stands, which renews his place; with `wait` once there is a game, or then."""
        me = await self._accounts.mine(caller)
        stand = await self._look(me.id)
        if stand.place is None or not wait:
            return _told(stand)
        waiting = _Caller()
        address = self._core.hub.register(waiting)
        self._waiting.add(waiting)
        try:
            with trio.move_on_after(wait):
                while stand.place is not None:
                    stand = await self._core.store.queue.stand(
                        me.id, self._core.clock.now(), renew=True, waiter=address
                    )
                    if stand.place is not None:
                        await self._news_for(waiting)
        finally:
            self._waiting.discard(waiting)
            self._core.hub.unregister(address)
        return _told(stand)

    def drain(self) -> None:
        """Answer all waiting calls now; the places stay."""
        for waiting in self._waiting:
            waiting.moved.set()

    async def history(
        self, caller: Caller, cursor: str | None, limit: int
    ) -> tuple[list[dialect.PlayedView], str | None]:
        """Somebody's games, the latest first, and where the next page begins."""
        me = await self._accounts.mine(caller)
        found = await self._core.store.games.history(me.id, cursor, limit)
        players = {account for _, one in found for account, _ in one.players}
        known = await self._core.store.accounts.many(players)
        names = {account: str(one.handle) for account, one in known.items()}
        views = [dialect.played_view(one, names) for _, one in found]
        return views, found[-1][0] if len(found) == limit else None

    async def _news_for(self, waiting: _Caller) -> None:
        if self._core.current.draining:
            raise Draining(retry_after=1)
        with trio.move_on_after(AGAIN):
            await waiting.moved.wait()
        waiting.moved = trio.Event()

    async def _look(self, account: AccountId) -> Stand:
        return await self._core.store.queue.stand(account, self._core.clock.now(), renew=True)

    async def _enter(self, me: AccountId, mode: Mode, ticket: Ticket) -> InQueue | Matched:
        queue = self._core.store.queue
        if mode.rating:
            known = await self._core.store.games.ratings(mode.name, ticket.accounts)
            ticket = _with_ratings(ticket, known)
        while True:
            now = self._core.clock.now()
            match await queue.enter(ticket, now, look=NEAR, rated=mode.rating):
                case Queued() as queued:
                    self._tell(queued.ticket)
                    return await self._try(me, mode, queued)
                case Seated(account):
                    again = _again(await self._look(me), me, ticket)
                    if again is not None:
                        return again
                    if account != me:
                        raise PartyNotReady
                case Cooling(account, seconds) if account == me:
                    raise CoolingDown(retry_after=max(1, math.ceil(seconds)))
                case Cooling():
                    raise PartyNotReady
                case Outrated(ratings):
                    ticket = _with_ratings(ticket, ratings)

    def _tell(self, ticket: Ticket) -> None:
        for account in ticket.accounts:
            self._core.journal.happened(
                "queue.entered",
                why=f"mode {ticket.mode}",
                ticket=ticket.id,
                account=account,
                lobby=ticket.party,
            )

    async def _try(self, me: AccountId, mode: Mode, queued: Queued) -> InQueue | Matched:
        """Pair a ticket that is in, unless another's join was faster to."""
        game = await self._matchmaker.join(mode, queued.ticket, queued.line)
        if game is not None:
            return dialect.matched(game)
        alone = len(queued.line.tickets) == 1
        return dialect.in_queue(queued.place) if alone else _told(await self._look(me))


def tell_of_leaving(journal: Journal, ticket: Ticket, why: str) -> None:
    """A ticket is in the queue no more, and no game came of it."""
    for account in ticket.accounts:
        journal.happened("queue.left", why=why, ticket=ticket.id, account=account)


def _again(stand: Stand, account: AccountId, ticket: Ticket) -> InQueue | Matched | None:
    """What somebody is told who joins where he is already."""
    if stand.game is not None:
        me = stand.game.player(account)
        if me is not None and me.stints:
            raise InGame(stand.game.id)
        return dialect.matched(stand.game)
    if stand.place is None:
        return None
    if ticket.party is not None and ticket.party != stand.place.ticket.party:
        raise PartyNotReady
    return dialect.in_queue(stand.place)


def _told(stand: Stand) -> InQueue | Matched:
    if stand.place is not None:
        return dialect.in_queue(stand.place)
    if stand.game is None:
        raise NotQueued(dialect.NOT_QUEUED)
    return dialect.matched(stand.game)


def _party(lobby: Lobby | None, me: AccountId) -> tuple[Entrant, ...]:
    """The players of a party: those who are connected to the lobby, and its owner, who asks."""
    if lobby is None or lobby.member(me) is None:
        raise UnknownLobby
    if lobby.owner != me:
        raise Forbidden("Only the owner of the lobby may do this.")
    owner = lobby.member(me)
    assert owner is not None
    others = (one for one in lobby.members if one.here is not None and one.account != me)
    return tuple(Entrant(one.account, one.handle) for one in (owner, *others))


def _with_ratings(ticket: Ticket, known: Mapping[AccountId, Rating]) -> Ticket:
    entrants = tuple(
        replace(one, rating=known.get(one.account, one.rating)) for one in ticket.entrants
    )
    return replace(ticket, entrants=entrants)

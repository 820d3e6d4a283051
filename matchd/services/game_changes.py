"""Changes of games: one step in the store, and then everybody is told.

Whoever made a change posts the game as it is to the sockets of its players, wherever they are. What
is lost on the way is made good by the rounds of the node (services/nodes.py). Deadlines, and the
sockets of dead nodes, are seen to by whichever node comes first.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress

from matchd.domain.events import Presence
from matchd.domain.games import Game, bereave
from matchd.domain.ids import AccountId, Address, GameId, NodeId, TicketId
from matchd.domain.played import GameChange
from matchd.domain.queue import Ticket
from matchd.domain.verdicts import expire
from matchd.errors import StoreUnavailable, UnknownGame
from matchd.protocol.news import GameMoved
from matchd.services.core import Core
from matchd.services.game_tale import tell_of_game
from matchd.store.ports import DeadNode, GameDeed

LIMIT = 100
"""Games that one sweep looks at, of each kind; the next one goes on."""

Deed = Callable[[Game, float], Game | None]
"""A deed in a game that is there."""


def fresh_ticket() -> TicketId:
    """An id that no ticket has had."""
    return TicketId(secrets.token_urlsafe(12))


class GameChanges:
    """Changes and tells. `requeued` is told of tickets that went back to the queue, `placed` of players
    who came to a game, and where they are when it is over.
    """

    def __init__(
        self,
        core: Core,
        requeued: Callable[[Ticket], None],
        placed: Callable[[AccountId, Presence], None],
    ) -> None:
        self._core = core
        self._requeued = requeued
        self._placed = placed

    async def do(self, game_id: GameId, deed: Deed) -> GameChange:
        """Do something in a game; UnknownGame when it is not there."""
        change = await self._change(game_id, _known(deed), None)
        assert change is not None
        return change

    async def come(self, game_id: GameId, deed: Deed, socket: Address) -> GameChange | None:
        """Let a socket in; None when its node has no lease."""
        return await self._change(game_id, _known(deed), socket.node)

    async def pass_on(self, game_id: GameId, deed: Deed) -> None:
        """Do something in a game if it is still there."""
        await self._change(game_id, _if_there(deed), None)

    def came(self, account: AccountId) -> None:
        """Say that somebody is in a game."""
        self._placed(account, Presence.GAME)

    async def sweep(self) -> None:
        """See to what is due."""
        due = await self._core.store.games.due(LIMIT, self._core.clock.now())
        for game_id, node in due.bereft:
            await self.pass_on(game_id, _bereave(node))
        for game_id in due.expired:
            await self.pass_on(game_id, _expire)

    async def _change(
        self, game_id: GameId, deed: GameDeed, node: NodeId | None
    ) -> GameChange | None:
        now = self._core.clock.now()
        change = await self._core.store.games.change(game_id, deed, now, node=node)
        if isinstance(change, DeadNode):
            return None
        game = change.after
        if game is not None and game is not change.before:
            self._tell(game, change)
            tell_of_game(self._core.journal, change)
            if change.ended:
                self._conclude(game)
                for player in game.players:
                    await self._release(player.account)
        return change

    async def _release(self, account: AccountId) -> None:
        """Somebody is in a game no more, but maybe still in the lobby that he came from."""
        lobby = None
        with suppress(StoreUnavailable):
            lobby = await self._core.store.lobbies.of(account)
        self._placed(account, Presence.ONLINE if lobby is None else Presence.LOBBY)

    def _tell(self, game: Game, change: GameChange) -> None:
        tickets = () if game.outcome is None else game.outcome.requeued
        back = {account: one.id for one in tickets for account in one.accounts}
        for player in game.players:
            if player.here is not None:
                ticket = back.get(player.account)
                position = None if ticket is None else change.positions.get(ticket)
                self._core.hub.post(player.here, GameMoved(game, position))

    def _conclude(self, game: Game) -> None:
        outcome = game.outcome
        assert outcome is not None
        self._core.metrics.games.labels(outcome.reason.value).inc()
        for ticket in outcome.requeued:
            self._requeued(ticket)


def _known(deed: Deed) -> GameDeed:
    def act(before: Game | None, now: float) -> Game | None:
        if before is None:
            raise UnknownGame
        return deed(before, now)

    return act


def _if_there(deed: Deed) -> GameDeed:
    def act(before: Game | None, now: float) -> Game | None:
        return None if before is None else deed(before, now)

    return act


def _bereave(node: NodeId) -> Deed:
    def act(game: Game, now: float) -> Game:
        return bereave(game, node, now)

    return act


def _expire(game: Game, now: float) -> Game | None:
    return expire(game, now, fresh_ticket)

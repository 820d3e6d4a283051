"""Routes for administrators: lobbies, the queue, games."""

from __future__ import annotations

from collections.abc import Iterable

from quart import Blueprint, Response

from matchd.protocol.lobbies import LobbyEntry
from matchd.protocol.play_lists import GameEntry
from matchd.services.searching import Listed
from matchd.web.admin.listing import listed
from matchd.web.context import Services
from matchd.web.requests import limit, reply

LINES = 100


def add(routes: Blueprint, services: Services) -> None:
    """Add the routes."""
    lobbies = Listed(services.lobbies.views.all, lambda lobby: lobby.cursor, _of_lobby)
    games = Listed(services.play.lists.games, lambda game: game.id, _of_game)

    @routes.get("/api/admin/lobbies")
    async def all_lobbies() -> Response:
        return await listed(lobbies)

    @routes.get("/api/admin/queues")
    async def queues() -> Response:
        return reply(await services.play.lists.queues(limit(LINES, LINES)))

    @routes.get("/api/admin/games")
    async def all_games() -> Response:
        return await listed(games)


def _of_lobby(lobby: LobbyEntry) -> Iterable[str | None]:
    return (lobby.id, lobby.name, lobby.game_id, lobby.status, *lobby.players)


def _of_game(game: GameEntry) -> Iterable[str | None]:
    players = (word for player in game.players for word in (player.id, player.name))
    return (game.id, game.mode, game.state, game.reason, *players)

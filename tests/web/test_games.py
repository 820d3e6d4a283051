"""The queue and games over HTTP (wire.md 6), in the words of the given document."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from matchd.domain.games import Game, get_ready
from matchd.domain.ids import AccountId, Address, GameId
from matchd.domain.limits import Rate
from matchd.domain.verdicts import connect, report
from matchd.services.admission import Presented
from matchd.services.games import game_request
from tests.house import PLAYER_ADDRESS, House, Outbox
from tests.play import socket
from tests.web.client import Answer, Client
from tests.web.people import sign_up


class Player:
    """Somebody with a token."""

    def __init__(self, client: Client, tokens: dict[str, Any]) -> None:
        self._client = client
        self.id = tokens["account"]["id"]
        self.token = tokens["token"]

    async def ask(self, method: str, path: str, json: object = None) -> Answer:
        """A request of his."""
        return await self._client.ask(method, path, json, bearer=self.token)


@pytest.fixture
async def client(house: House) -> Client:
    """Asks from a player's address."""
    return Client(house, PLAYER_ADDRESS)


async def player(client: Client, name: str) -> Player:
    """Somebody new."""
    return Player(client, await sign_up(client, name))


async def test_the_given_words(client: Client) -> None:
    """Join without a body, with and without a slash; the additions stand beside them."""
    ann, bob = await player(client, "ann"), await player(client, "bob")
    first = await ann.ask("POST", "/game/join/")
    assert first.json == {
        "success": "User added to queue",
        "queued": True,
        "position": 1,
        "size": 1,
        "etaSeconds": None,
        "mode": "default",
    }
    second = (await bob.ask("POST", "/game/join", {})).json
    game = second["game_id"]
    assert second == {
        "success": "Match created",
        "queued": False,
        "game_id": game,
        "websocket": f"/ws/game/{game}/",
    }
    assert (await ann.ask("GET", "/game/queue/")).json == second


async def test_leaving_the_queue(client: Client) -> None:
    """In the given words; who is not in it gets 404 with the given error."""
    ann = await player(client, "ann")
    missing = await ann.ask("POST", "/game/leave/")
    assert (missing.status, missing.code) == (404, "not_queued")
    assert missing.json["error"] == "User not in queue"
    await ann.ask("POST", "/game/join/")
    assert (await ann.ask("POST", "/game/leave/")).json == {"success": "User removed from queue"}
    assert (await ann.ask("GET", "/game/queue")).code == "not_queued"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"mode": "chess"}, "unknown_mode"),
        ({"mode": ""}, "invalid_request"),
        ({"mode": 7}, "invalid_request"),
        ({"region": ""}, "invalid_request"),
        ({"properties": []}, "invalid_request"),
        ({"properties": {"a": {}}}, "invalid_request"),
        ({"party": "a b"}, "invalid_request"),
        ({"party": "nosuch"}, "unknown_lobby"),
    ],
)
async def test_what_makes_no_sense_is_named(client: Client, body: object, code: str) -> None:
    """And puts nobody into the queue."""
    ann = await player(client, "ann")
    assert (await ann.ask("POST", "/game/join/", body)).code == code
    assert (await ann.ask("GET", "/game/queue/")).code == "not_queued"


async def test_only_players_queue(client: Client) -> None:
    """Guests get 401 on every route."""
    for method, path in (
        ("POST", "/game/join/"),
        ("POST", "/game/leave/"),
        ("GET", "/game/queue/"),
        ("GET", "/game/history/"),
        ("GET", "/ws/game/x/"),
    ):
        assert (await client.ask(method, path)).status == 401


async def test_the_twin_answers_as_the_socket_would(client: Client) -> None:
    """200 for a player, 403 for others, 404 for no game; with the token in the query too."""
    ann, bob, eve = [await player(client, name) for name in ("ann", "bob", "eve")]
    await ann.ask("POST", "/game/join/")
    path = (await bob.ask("POST", "/game/join/")).json["websocket"]
    assert (await client.ask("GET", f"{path}?token={ann.token}")).json == {"ok": True}
    assert (await eve.ask("GET", path)).code == "not_a_player"
    assert (await eve.ask("GET", "/ws/game/nosuch/")).code == "unknown_game"
    assert (await eve.ask("GET", "/ws/game/no%20such/")).code == "unknown_game"


async def test_in_a_game_one_joins_no_other(client: Client, house: House) -> None:
    """409 names the game."""
    ann, bob = await player(client, "ann"), await player(client, "bob")
    await ann.ask("POST", "/game/join/")
    game = (await bob.ask("POST", "/game/join/")).json["game_id"]
    await _sit(house, game, ann.token)
    refused = await ann.ask("POST", "/game/join/")
    assert (refused.status, refused.code, refused.json["game_id"]) == (409, "in_game", game)


async def test_who_plays_has_a_relay(client: Client) -> None:
    """From the match on; who only waits for one has not."""
    ann, bob = await player(client, "ann"), await player(client, "bob")
    await ann.ask("POST", "/game/join/")
    outside = (await ann.ask("GET", "/ice-servers")).lines
    assert [sorted(entry) for entry in outside] == [["urls"]]
    await bob.ask("POST", "/game/join/")
    inside = (await ann.ask("GET", "/ice-servers")).lines
    assert [sorted(entry) for entry in inside] == [["urls"], ["credential", "urls", "username"]]


async def test_administrators_see_who_waits_and_who_plays(client: Client, house: House) -> None:
    """The lines with what their tickets have in common, the games in pages, and how many."""
    root = house.token("admin", "root")

    async def read(what: str) -> Answer:
        return await client.ask("GET", f"/api/admin/{what}", bearer=root)

    ann, bob, cid = [await player(client, name) for name in ("ann", "bob", "cid")]
    await ann.ask("POST", "/game/join/")
    game = (await bob.ask("POST", "/game/join/")).json["game_id"]
    await cid.ask("POST", "/game/join/", {"mode": "teams", "properties": {"map": "ice"}})
    (line,) = (await read("queues")).lines
    assert (line["mode"], line["properties"], line["waiting"]) == ("teams", {"map": "ice"}, 1)
    (shown,) = (await read("games")).lines
    assert (shown["id"], shown["state"]) == (game, "waiting_for_players")
    assert [one["id"] for one in shown["players"]] == [ann.id, bob.id]
    assert (await read(f"games?cursor={game}")).lines == []
    counters = (await read("counters")).json
    assert (counters["queued"], counters["games"]) == (1, 1)
    metrics = (await Client(house, "127.0.0.1").ask("GET", "/metrics")).body.decode().splitlines()
    assert {"matchd_queue 1.0", "matchd_games 1.0"} <= set(metrics)


async def test_a_history_is_paged(client: Client) -> None:
    """It is empty at first; a cursor that nobody gave is refused."""
    ann = await player(client, "ann")
    assert (await ann.ask("GET", "/game/history/?limit=5")).lines == []
    assert (await ann.ask("GET", "/game/history/?cursor=x")).code == "invalid_request"
    assert (await ann.ask("GET", "/game/history/?limit=0")).code == "invalid_request"


async def test_an_export_holds_games_and_ratings(client: Client, house: House) -> None:
    """Those of the caller; who else has played is named by his id only."""
    ann, bob = await player(client, "ann"), await player(client, "bob")
    await ann.ask("POST", "/game/join/", {"mode": "rated"})
    name = GameId((await bob.ask("POST", "/game/join/", {"mode": "rated"})).json["game_id"])
    await play(house, name, ann.id, bob.id)
    export = (await ann.ask("GET", "/auth/me/export")).json
    assert [(one["id"], one["winner"]) for one in export["games"]] == [(name, ann.id)]
    assert export["games"][0]["players"][1] == {"id": bob.id, "side": "right"}
    assert export["ratings"]["rated"]["mu"] > 25


async def play(house: House, name: GameId, winner: str, loser: str) -> None:
    """They play a whole game."""
    scores = {winner: 1.0, loser: 0.0}
    for deed in (_come, partial(_agree, scores)):
        for number, one in enumerate((winner, loser), 1):
            await house.games._changes.do(name, partial(deed, AccountId(one), socket(number)))


def _come(account: AccountId, at: Address, game: Game, now: float) -> Game:
    return get_ready(connect(game, account, at, now), account, at, now)


def _agree(
    scores: dict[str, float], account: AccountId, at: Address, game: Game, now: float
) -> Game:
    return report(game, account, at, scores, now)


async def test_joining_is_limited(client: Client, house: House) -> None:
    """Per account, joining and leaving alike."""
    ann = await player(client, "ann")
    rates = {**house.current.settings.identity_rates, "queue": Rate(3, 3 / 3600)}
    house.change(identity_rates=rates)
    verbs = ("join", "leave", "join", "leave")
    answers = [await ann.ask("POST", f"/game/{verb}/") for verb in verbs]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].header("retry-after") is not None


async def _sit(house: House, game: str, token: str) -> None:
    presented = Presented(f"/ws/game/{game}", PLAYER_ADDRESS, token)
    await house.games.enter(game_request(presented, game, {}), Outbox())

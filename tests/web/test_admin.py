"""What administrators read: lists with search, live numbers, TURN servers; and who may."""

from __future__ import annotations

from typing import Any

import pytest
from trio.testing import MockClock

from matchd.services import searching
from matchd.services.turn_health import TurnHealth
from matchd.turn.health import Probed, ProbeReport
from tests.house import House
from tests.web.client import Client
from tests.web.people import sign_up


async def ids_of(client: Client, path: str, token: str, name: str) -> list[str]:
    """The ids that a list answers."""
    return [entry[name] for entry in (await client.ask("GET", path, bearer=token)).lines]


async def test_a_viewer_reads_and_changes_nothing(house: House, client: Client) -> None:
    """Every list is his; what changes anything is an admin's, and neither plays with such a token."""
    viewer = house.token("viewer", "eve")
    for path in ("me", "hosts", "accounts", "reports", "nodes", "counters"):
        assert (await client.ask("GET", f"/api/admin/{path}", bearer=viewer)).status == 200
    for path in ("drain", "accounts/ann/ban", "accounts/ann/unban", "reports/r_1/close"):
        answer = await client.ask("POST", f"/api/admin/{path}", {}, bearer=viewer)
        assert (answer.status, answer.code) == (403, "forbidden")
    assert (await client.find(bearer=viewer)).code == "forbidden"


async def test_who_one_is(house: House, client: Client, autojump_clock: MockClock) -> None:
    """The name and role of the token, and how long it is good."""
    token = house.token("admin", "root")
    me = (await client.ask("GET", "/api/admin/me", bearer=token)).json
    expires = int(house.clock.wall()) + 3600
    assert me == {"name": "root", "role": "admin", "expiresAt": expires}


async def test_a_search_finds_a_part_of_any_word(house: House, client: Client) -> None:
    """Hosts by id, region or game, bookings and rooms by what they belong to, whatever the case."""
    await house.beat("North-1", region="eu", game="chess")
    await house.beat("south-1", region="us-east")
    found = await house.find(region="eu")
    admin = house.token("admin", "root")
    for query, expected in {
        "NORTH": ["North-1"],
        "us-east": ["south-1"],
        "chess": ["North-1"],
    }.items():
        path = f"/api/admin/hosts?q={query}"
        assert await ids_of(client, path, admin, "hostId") == expected
    for query in (found.booking_id, "north", "u_ann", "held"):
        path = f"/api/admin/bookings?q={query}"
        assert await ids_of(client, path, admin, "bookingId") == [found.booking_id]
    await house.enter_player(found)
    assert await ids_of(client, "/api/admin/rooms?q=r-nor", admin, "roomId") == ["r-North-1"]
    assert await ids_of(client, "/api/admin/rooms?q=nowhere", admin, "roomId") == []


async def test_a_search_says_where_to_go_on(
    house: House, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks through so many entries, and then gives what it has and a cursor."""
    monkeypatch.setattr(searching, "LOOKED", 4)
    monkeypatch.setattr(searching, "PIECE", 2)
    for number in range(7):
        await house.beat(f"h{number}")
    admin, path = house.token("admin", "root"), "/api/admin/hosts?q=h6"
    first = await client.ask("GET", path, bearer=admin)
    assert (first.lines, first.header("x-next-cursor")) == ([], "h3")
    second = await client.ask("GET", f"{path}&cursor=h3", bearer=admin)
    assert [entry["hostId"] for entry in second.lines] == ["h6"]
    assert second.header("x-next-cursor") is None


@pytest.mark.parametrize("query", ["q=" + "x" * 129, "q=%00", "limit=0", "cursor=%20"])
async def test_what_is_no_search_is_refused(house: House, client: Client, query: str) -> None:
    """Too long, unprintable, out of range, no cursor of ours."""
    path = f"/api/admin/accounts?{query}"
    answer = await client.ask("GET", path, bearer=house.token("admin", "root"))
    assert (answer.status, answer.code) == (400, "invalid_request")


async def test_accounts_by_name_and_id(house: House, client: Client) -> None:
    """By the beginning of a name, page by page, or by an id; a name may look like an id."""
    people = [await sign_up(client, name) for name in ("ann", "anton", "bob", "u_x")]
    admin = house.token("admin", "root")
    for query, expected in {
        "q=AN": ["ann", "anton"],
        "q=AN&limit=1&cursor=ann": ["anton"],
        f"q={people[2]['account']['id']}": ["bob"],
        "q=u_": ["u_x"],
        "q=u_x": ["u_x"],
    }.items():
        assert await ids_of(client, f"/api/admin/accounts?{query}", admin, "name") == expected
    answer = await client.ask("GET", "/api/admin/accounts?limit=4", bearer=admin)
    assert answer.header("x-next-cursor") == "u_x"


async def test_an_account_with_where_it_is(house: House, client: Client) -> None:
    """Its logins without what they prove themselves with, its friends, its lobby and its game."""
    tokens = [(await sign_up(client, name))["token"] for name in ("ann", "bob")]
    body = {"is_private": False, "game_id": "chess"}
    lobby = (await client.ask("POST", "/lobbies", body, bearer=tokens[0])).json["id"]
    for token in tokens:
        joined = (await client.ask("POST", "/game/join/", bearer=token)).json
    await client.ask("PUT", "/friends/bob", bearer=tokens[0])
    await client.ask("PUT", "/friends/ann", bearer=tokens[1])
    admin = house.token("admin", "root")
    shown = (await client.ask("GET", "/api/admin/accounts/ANN", bearer=admin)).json
    assert (shown["name"], shown["friends"], len(shown["logins"])) == ("ann", 1, 1)
    assert (shown["lobby"], shown["game"]) == (lobby, joined["game_id"])
    assert "hash" not in str(shown)
    missing = await client.ask("GET", "/api/admin/accounts/nobody", bearer=admin)
    assert missing.code == "unknown_player"


async def test_the_counters(house: House, client: Client) -> None:
    """Hosts by region and state, and what this node has counted, by kind."""
    await house.beat("h1", region="eu")
    await house.beat("h2", region="eu", status="busy")
    await house.beat("h3", region="us")
    await client.find({"region": "eu"}, bearer=house.token())
    await client.find({"region": "nowhere"})
    admin = house.token("admin", "root")
    counters = (await client.ask("GET", "/api/admin/counters", bearer=admin)).json
    assert counters["regions"] == [
        {"region": "eu", "free": 0, "busy": 2, "away": 0},
        {"region": "us", "free": 1, "busy": 0, "away": 0},
    ]
    here = counters["here"]
    assert here["finds"] == {"found": 1, "no_host": 1}
    assert here["refused"] == {"no_host": 1}
    assert here["minted"] == {"turn:turn.example.net:3478": 1}
    assert (here["node"], here["requests"]) == ("n1", 2)
    assert (counters["drained"], counters["accounts"]) == (False, 0)


async def test_turn_servers_with_the_last_probe(house: House, client: Client) -> None:
    """What was found, whether players are told of it, and nothing where nobody has looked."""

    async def seen() -> Any:
        bearer = house.token("viewer", "eve")
        answer = await client.ask("GET", "/api/admin/turn", bearer=bearer)
        assert "turn-secret" not in answer.body.decode()
        (server,) = answer.lines
        assert (server["name"], server["offered"]) == ("relay", True)
        return server["probe"]

    assert await seen() is None
    at = int(house.clock.wall())
    health = TurnHealth(house.current, house.clock, house.metrics)
    health.take(ProbeReport(at, (Probed("relay", True, 0.0123, ""),)))
    assert await seen() == {"at": at, "ok": True, "rttMs": 12.3}
    health.take(ProbeReport(at + 1, (Probed("relay", False, None, "no answer"),)))
    assert await seen() == {"at": at + 1, "ok": False, "cause": "no answer"}

"""Lists of lobbies, counts, and ICE servers over HTTP (wire.md 5)."""

from __future__ import annotations

import pytest

from matchd.domain.limits import Rate
from matchd.services import lobby_views
from tests.house import House
from tests.web.lobbies import Hall, told


@pytest.fixture
async def hall(house: House) -> Hall:
    """Ann, Bob and Cid, whom no limit stops."""
    made = Hall(house)
    await made.add("ann", "bob", "cid")
    return made


async def test_lists(hall: Hall) -> None:
    """By game, state and text, the newest first; what plays is listed when it is asked for."""
    first = await hall.make("ann", name="Café one")
    await hall.make("bob", name="two", game_id="go")
    await hall.make("cid", name="three", is_private=True)
    assert await hall.listed(None) == ["two", "Café one"]
    assert await hall.listed("cid") == ["three", "two", "Café one"]
    assert await hall.listed(None, "?game_id=go") == ["two"]
    assert await hall.listed(None, "?q=CAF%C3%89") == ["Café one"]
    assert await hall.listed(None, f"?q={first['id'][:12]}") == ["Café one"]
    await hall.do("ann", first, "start")
    assert await hall.listed(None) == ["two"]
    assert await hall.listed("ann") == ["two", "Café one"]
    assert await hall.listed(None, "?status=InProgress") == ["Café one"]
    assert await hall.listed("ann", "?status=Waiting") == ["two"]


async def test_pages(hall: Hall) -> None:
    """Each lobby once, whatever the size of a page; the last page has no cursor."""
    await hall.add(*(f"p{number:02}" for number in range(12)))
    for number in range(12):
        await hall.make(f"p{number:02}", name=f"n{number:02}")
    for size in (1, 5, 100):
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            query = f"&cursor={cursor}" if cursor else ""
            answer = await hall.say("ann", "GET", f"/lobbies?limit={size}{query}")
            seen += [line["name"] for line in answer.lines]
            cursor = answer.header("x-next-cursor")
        assert seen == sorted((f"n{number:02}" for number in range(12)), reverse=True)


async def test_a_search_among_many(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks at so many at once, and goes on by its cursor, through pages that may be empty."""
    monkeypatch.setattr(lobby_views, "PIECE", 2)
    monkeypatch.setattr(lobby_views, "SCANNED", 4)
    await hall.make("ann", name="needle")
    await hall.add(*(f"p{number}" for number in range(9)))
    for number in range(9):
        await hall.make(f"p{number}", name="hay")
    seen: list[list[str]] = []
    cursor: str | None = ""
    while cursor is not None:
        query = f"&cursor={cursor}" if cursor else ""
        answer = await hall.say("bob", "GET", f"/lobbies?q=need{query}")
        seen.append([line["name"] for line in answer.lines])
        cursor = answer.header("x-next-cursor")
    assert seen == [[], [], ["needle"]]


async def test_searches_are_limited(house: House) -> None:
    """A list is read as often as requests may be made, a search as often as lobbies are changed."""
    hall = Hall(house, free=False)
    house.change(identity_rates={"lobbies": Rate.parse("2/min")})
    statuses = [(await hall.say(None, "GET", "/lobbies?q=a")).status for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert (await hall.say(None, "GET", "/lobbies")).status == 200


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "status=waiting", "cursor=x", "game_id=", f"q={'x' * 65}"]
)
async def test_a_list_that_is_not_understood(hall: Hall, query: str) -> None:
    """The parameter is named."""
    answer = await hall.say("ann", "GET", f"/lobbies?{query}")
    assert told(answer) == (400, "invalid_request")
    assert query.partition("=")[0] in answer.json["error"]


@pytest.mark.parametrize("lobby", ["x" * 65, "%2e%2e", "%F0%9F%A6%8A", "a%20b", "join%00"])
async def test_an_id_that_is_none(hall: Hall, lobby: str) -> None:
    """Is that of no lobby."""
    assert told(await hall.say("ann", "GET", f"/lobbies/{lobby}")) == (404, "unknown_lobby")


async def test_ice_servers(hall: Hall) -> None:
    """A relay for whoever is in a lobby, STUN for every player, nothing for guests."""
    assert (await hall.say(None, "GET", "/ice-servers")).status == 401
    outside = (await hall.say("ann", "GET", "/ice-servers")).lines
    assert [sorted(entry) for entry in outside] == [["urls"]]
    made = await hall.make("ann")
    inside = (await hall.say("ann", "GET", "/ice-servers")).lines
    assert [sorted(entry) for entry in inside] == [["urls"], ["credential", "urls", "username"]]
    await hall.do("ann", made, "leave")
    assert (await hall.say("ann", "GET", "/ice-servers")).lines == outside


async def test_administrators(hall: Hall) -> None:
    """Are listed every lobby with its players, in pages; others are not."""
    private = await hall.make("ann", is_private=True, password="hunter22")
    await hall.make("bob")
    token = hall.house.token("admin", "root")
    path = "/api/admin/lobbies?limit=1"
    [first] = (await hall.client.ask("GET", path, bearer=token)).lines
    [second] = (
        await hall.client.ask("GET", f"{path}&cursor={first['cursor']}", bearer=token)
    ).lines
    me = hall.ids["ann"]
    assert (second["id"], second["owner"], second["players"]) == (private["id"], me, [me])
    assert first["id"] != second["id"]
    assert (await hall.say("ann", "GET", "/api/admin/lobbies")).status == 403


async def test_counts(hall: Hall) -> None:
    """Administrators and Prometheus are told how many there are."""
    await hall.do("ann", await hall.make("ann"), "start")
    await hall.make("bob")
    token = hall.house.token("admin", "root")
    counters = await hall.client.ask("GET", "/api/admin/counters", bearer=token)
    assert counters.json["lobbies"] == {"waiting": 1, "inProgress": 1}
    hall.house.change(metrics_token="the-token")
    text = (await hall.client.ask("GET", "/metrics", bearer="the-token")).body.decode()
    assert 'matchd_lobbies{state="in_progress"} 1.0' in text
    assert 'matchd_lobby_events_total{event="created"} 2.0' in text

"""Routes for supervisors and administrators (wire.md 9)."""

from __future__ import annotations

import json

import pytest

from matchd.domain.addresses import Networks
from matchd.errors import StoreUnavailable
from matchd.store.ports import Counts
from matchd.turn import TurnPlan
from tests.house import METRICS_TOKEN, SECRET, House
from tests.web.client import Client


async def test_alive_and_ready(client: Client) -> None:
    """Both are 200 in a house that is well."""
    assert (await client.ask("GET", "/healthz")).json == {"ok": True}
    assert (await client.ask("GET", "/readyz")).json == {"ok": True, "reasons": []}


async def test_not_ready_says_why(
    house: House, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Draining, a store that is away, no TURN server: each is named, with the body of an error."""

    async def away() -> str:
        return "connection refused"

    monkeypatch.setattr(house.store, "ready", away)
    house.current.draining = True
    house.change(turn=TurnPlan())
    answer = await client.ask("GET", "/readyz")
    assert (answer.status, answer.code) == (503, "unavailable")
    reasons = answer.json["reasons"]
    assert reasons[:2] == ["draining", "store: connection refused"]
    assert (len(reasons), "[[turn.server]]" in reasons[2]) == (3, True)
    assert "draining" in answer.json["error"]
    assert (await client.ask("GET", "/healthz")).status == 200


async def test_dev_is_ready_without_turn(house: House, client: Client) -> None:
    """`--dev` has no TURN server and is ready all the same."""
    house.change(turn=TurnPlan(), dev=True)
    assert (await client.ask("GET", "/readyz")).status == 200


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("192.0.2.1", {}, 403),
        ("192.0.2.1", {"Authorization": f"Bearer {METRICS_TOKEN}"}, 200),
        ("192.0.2.1", {"Authorization": METRICS_TOKEN}, 200),
        ("192.0.2.1", {"Authorization": "Bearer wrong"}, 403),
        ("192.0.2.1", {"Authorization": f"Bearer {SECRET}"}, 403),
        ("192.0.2.1", {"X-Forwarded-For": "127.0.0.1"}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.1"}, 403),
        ("127.0.0.1", {"X-Forwarded-For": ""}, 403),
        ("unix:", {}, 403),
        ("unix:", {"X-Forwarded-For": "127.0.0.1"}, 200),
        ("unix:", {"X-Forwarded-For": "203.0.113.1"}, 403),
    ],
)
async def test_who_reads_the_metrics(
    house: House, peer: str, headers: dict[str, str], status: int
) -> None:
    """The listed addresses and the token; not all the world through a proxy on this machine."""
    house.change(metrics_token=METRICS_TOKEN)
    answer = await Client(house, peer).ask("GET", "/metrics", headers=headers)
    assert status == answer.status


async def test_without_a_token_none_opens_the_metrics(house: House, client: Client) -> None:
    """An unset token is not an empty one."""
    for header in ("", "Bearer ", "Bearer None"):
        answer = await client.ask("GET", "/metrics", headers={"Authorization": header})
        assert answer.code == "forbidden"


async def test_the_metrics_show_the_house(house: House) -> None:
    """Hosts, bookings and requests by their route's pattern, never by an id."""
    local = Client(house, "127.0.0.1")
    await house.beat()
    found = await house.find()
    await local.ask("GET", f"/api/match/{found.booking_id}", bearer=found.grant)
    text = (await local.ask("GET", "/metrics")).body.decode()
    for line in (
        'matchd_hosts{state="alive"} 1.0',
        'matchd_bookings{state="held"} 1.0',
        'matchd_finds_total{outcome="found"} 1.0',
        "matchd_heartbeats_total 1.0",
    ):
        assert line in text
    assert found.booking_id not in text


async def test_the_metrics_without_a_store(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that is away is a number like any other; nothing is told of what was in it."""
    local = Client(house, "127.0.0.1")
    await house.beat()
    assert "matchd_store_up 1.0" in (await local.ask("GET", "/metrics")).body.decode()

    async def away() -> Counts:
        raise StoreUnavailable("Redis is away.", retry_after=2)

    monkeypatch.setattr(house.store.hosts, "counts", away)
    answer = await local.ask("GET", "/metrics")
    text = answer.body.decode()
    assert answer.status == 200
    assert "matchd_store_up 0.0" in text
    assert "matchd_hosts{" not in text
    assert "matchd_heartbeats_total 1.0" in text


async def test_advice(house: House, client: Client) -> None:
    """What the administrator should change stands beside an answer that is 200 all the same."""
    house.current.advice = ("Set appendonly yes",)
    answer = await client.ask("GET", "/readyz")
    assert (answer.status, answer.json["advice"]) == (200, ["Set appendonly yes"])


async def test_hosts_as_the_specification_lists_them(house: House, client: Client) -> None:
    """An array of records, and the lease that is left of each."""
    await house.beat("h1")
    await house.beat("h2", region="eu", game="chess")
    admin = house.token("admin", "root")
    records = json.loads((await client.ask("GET", "/api/hosts", bearer=admin)).body)
    assert [record["hostId"] for record in records] == ["h1", "h2"]
    assert (records[1]["region"], records[1]["game"], records[1]["offered"]) == (
        "eu",
        "chess",
        True,
    )
    ttls = json.loads((await client.ask("GET", "/api/hosts/ttl", bearer=admin)).body)
    assert [entry["hostId"] for entry in ttls] == ["h1", "h2"]


async def test_pages(house: House, client: Client) -> None:
    """`limit` and `cursor` walk through all hosts, and are checked."""
    for number in range(5):
        await house.beat(f"h{number}")
    admin, cursor, seen = house.token("admin", "root"), "", list[str]()
    while True:
        path = f"/api/admin/hosts?limit=2{cursor}"
        page = json.loads((await client.ask("GET", path, bearer=admin)).body)
        if not page:
            break
        seen += [record["hostId"] for record in page]
        cursor = f"&cursor={seen[-1]}"
    assert [f"h{number}" for number in range(5)] == seen
    for query in ("limit=0", "limit=1001", "limit=x", "limit=" + "9" * 5000, "cursor=%20"):
        for noun in ("hosts", "bookings", "rooms"):
            answer = await client.ask("GET", f"/api/admin/{noun}?{query}", bearer=admin)
            assert answer.code == "invalid_request"


async def test_what_administrators_see(house: House, client: Client) -> None:
    """Bookings without grants, rooms with who is there, counters, and the invariants."""
    await house.beat()
    found = await house.find()
    await house.enter_host()
    await house.enter_player(found)
    admin = house.token("admin", "root")

    async def read(what: str) -> str:
        return (await client.ask("GET", f"/api/admin/{what}", bearer=admin)).body.decode()

    bookings, rooms = json.loads(await read("bookings")), json.loads(await read("rooms"))
    assert (bookings[0]["bookingId"], bookings[0]["state"]) == (found.booking_id, "connected")
    assert found.grant not in await read("bookings")
    assert (rooms[0]["hostId"], rooms[0]["hostHere"], len(rooms[0]["players"])) == ("h1", True, 1)
    counters = json.loads(await read("counters"))
    assert counters["bookings"] == {"held": 0, "connected": 1}
    assert counters["sockets"] == 2
    assert json.loads(await read("check")) == {"ok": True, "violations": []}


async def test_exempt_addresses_do_not_open_the_metrics(house: House, client: Client) -> None:
    """Being free of limits is not being allowed."""
    house.change(exempt=Networks([client.peer]))
    assert (await client.ask("GET", "/metrics")).code == "forbidden"

"""The host and match API over HTTP, body by body (wire.md 2.1 to 2.3)."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from matchd.domain.limits import Rate
from tests.house import EPOCH, PLAYER_ADDRESS, SECRET, House
from tests.web.client import Answer, Client, NoAnswer

Clock = trio.testing.MockClock


async def test_a_heartbeat_is_answered_as_specified(client: Client, autojump_clock: Clock) -> None:
    """The whole body, field by field, and nothing else."""
    answer = await client.beat()
    expected = {
        "success": True,
        "ttl": 30,
        "interval": 10,
        "status": "idle",
        "bookings": [],
        "bookingCount": 0,
        "drain": False,
    }
    assert (answer.status, answer.json) == (200, expected)


async def test_a_match_is_answered_as_specified(
    house: House, client: Client, autojump_clock: Clock
) -> None:
    """The whole body of a find; an empty body is allowed."""
    await client.beat(region="us-east-1")
    answer = await client.ask("POST", "/api/match/find")
    grant, ice = answer.json["grant"], answer.json["iceServers"]
    expected = {
        "found": True,
        "roomId": "r-h1",
        "signalingUrl": f"wss://play.example.net/signal/{grant}",
        "iceServers": ice,
        "iceTtl": 3600,
        "iceExpiresAt": EPOCH + 3600,
        "bookingId": answer.json["bookingId"],
        "grant": grant,
        "hostId": "h1",
        "region": "us-east-1",
        "expiresAt": EPOCH + 20,
    }
    assert (answer.status, answer.json) == (200, expected)
    assert [{"urls"}, {"urls", "username", "credential"}] == [set(entry) for entry in ice]


async def test_nobody_is_found(client: Client) -> None:
    """404 with the given message and our counters."""
    await client.beat(region="eu")
    answer = await client.find({"region": "us"})
    assert (answer.status, answer.code) == (404, "no_host")
    assert answer.json["message"] == "No available hosts in this region."
    assert answer.json["hosts"] == {"alive": 1, "free": 1, "inRegion": 0, "held": 0}


async def test_getting_in_line_and_being_served(
    house: House, client: Client, autojump_clock: Clock
) -> None:
    """202 with the place; a long poll returns when a host comes; a release ends it."""
    line = await client.find({"async": True})
    name, grant = line.json["bookingId"], line.json["grant"]
    expected = {"found": False, "waiting": True, "bookingId": name, "grant": grant}
    assert (line.status, line.json) == (202, expected | {"position": 1, "etaSeconds": None})
    path, polled = f"/api/match/{name}", list[Answer]()

    async def poll() -> None:
        polled.append(await client.ask("GET", f"{path}?wait=30", bearer=grant))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(poll)
        await trio.sleep(7)
        await house.beat()
    view = polled[0].json
    assert (trio.current_time(), view["state"], view["hostId"]) == (7, "held", "h1")
    assert view["signalingUrl"] == f"wss://play.example.net/signal/{grant}"
    released = await client.ask("POST", f"{path}/release", bearer=grant)
    assert (released.status, released.json["state"]) == (200, "released")


async def test_a_player_that_hangs_up_leaves_the_line(
    house: House, client: Client, autojump_clock: Clock
) -> None:
    """The end of his connection cancels the call, and the place is empty at once."""

    async def find() -> None:
        with pytest.raises(NoAnswer):
            await client.find({"wait": 60})

    async with trio.open_nursery() as nursery:
        nursery.start_soon(find)
        await trio.sleep(3)
        assert (await house.store.hosts.counts()).waiting == 1
        client.hang_up.set()
    assert (await house.store.hosts.counts()).waiting == 0
    assert trio.current_time() == 3


async def test_a_drain_answers_waiting_calls(
    house: House, client: Client, autojump_clock: Clock
) -> None:
    """503 `draining` with retryAfter, well before the wait is over."""
    answers = []

    async def find() -> None:
        answers.append(await client.find({"wait": 60}))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(find)
        await trio.sleep(1)
        house.current.draining = True
        house.bookings.drain()
    assert (answers[0].status, answers[0].code) == (503, "draining")
    assert (answers[0].json["retryAfter"], answers[0].header("retry-after")) == (1, "1")


async def test_idempotency_keys(house: House, client: Client) -> None:
    """The same key returns the same grant; with another body it is 422."""
    await house.beat(capacity=3)
    key, path = "k" * 22, "/api/match/find"
    first = await client.ask("POST", path, {}, headers={"Idempotency-Key": key})
    again = await client.ask("POST", path, {}, headers={"Idempotency-Key": key})
    other = await client.ask("POST", path, {"region": "eu"}, headers={"Idempotency-Key": key})
    short = await client.ask("POST", path, {}, headers={"Idempotency-Key": "short"})
    assert first.json["grant"] == again.json["grant"]
    assert (other.status, other.code) == (422, "key_reused")
    assert (short.status, short.code) == (400, "invalid_request")


async def test_a_booking_is_nobody_elses(house: House, client: Client) -> None:
    """401 without a credential, 404 with another's, 404 for a route that is no booking's."""
    await house.beat()
    name = (await house.find()).booking_id
    path = f"/api/match/{name}"
    assert (await client.ask("GET", path)).code == "unauthorized"
    assert (await client.ask("GET", path, bearer="wrong")).code == "unknown_booking"
    bob = house.token(subject="u_bob")
    assert (await client.ask("GET", path, bearer=bob)).code == "unknown_booking"
    assert (await client.ask("GET", path, bearer=house.token())).status == 200
    assert (await client.ask("POST", f"{path}/release")).code == "unauthorized"
    assert (await client.ask("GET", "/api/match/a..b....cd", bearer="x")).status == 400


async def test_the_wait_of_a_poll_is_checked(house: House, client: Client) -> None:
    """Outside 0 to 60 seconds, or no number, it is 400."""
    await house.beat()
    found = await house.find()
    for wait in ("61", "-1", "x", "1e3", "", "9" * 5000, "NaN"):
        path = f"/api/match/{found.booking_id}?wait={wait}"
        answer = await client.ask("GET", path, bearer=found.grant)
        assert answer.code == "invalid_request"


async def test_a_host_by_its_words(house: House, client: Client) -> None:
    """busy, idle, goodbye, and the refusals of an unknown host."""
    await client.beat()
    await house.find()
    for status in ("busy", "idle"):
        body = {"hostId": "h1", "status": status}
        answer = await client.ask("POST", "/api/host/status", body, bearer=SECRET)
        assert answer.json == {"success": True, "ttl": 30, "status": status}
    gone = await client.ask("DELETE", "/api/host/h1", bearer=SECRET)
    assert gone.json == {"success": True}
    for method, path in (("DELETE", "/api/host/h1"), ("POST", "/api/host/status")):
        again = await client.ask(method, path, {"hostId": "h1", "status": "busy"}, bearer=SECRET)
        assert (again.status, again.code, again.json["success"]) == (404, "unknown_host", False)


async def test_a_room_that_is_taken(client: Client) -> None:
    """409 in the host API's dialect."""
    await client.beat("h1", roomId="one")
    answer = await client.beat("h2", roomId="one")
    assert (answer.status, answer.code, answer.json["success"]) == (409, "room_taken", False)


async def test_credentials_on_demand(house: House, client: Client) -> None:
    """A host by its secret and id or its token, a player by his grant, and nobody else."""
    await house.beat()
    found = await house.find()
    token = house.token("host", "h1")
    host = await client.ask("POST", "/api/ice", {"hostId": "h1"}, bearer=SECRET)
    same = await client.ask("POST", "/api/ice", bearer=token)
    player = await Client(house, PLAYER_ADDRESS).ask("POST", "/api/ice", bearer=found.grant)
    names = [answer.json["iceServers"][1]["username"] for answer in (host, same, player)]
    assert (names[0] == names[1], names[0] == names[2]) == (True, False)
    assert {"iceServers", "iceTtl", "iceExpiresAt"} == set(player.json)
    for bearer, code in ((None, "unauthorized"), ("wrong", "unauthorized"), ("a.b.c", "bad_token")):
        assert code == (await client.ask("POST", "/api/ice", bearer=bearer)).code
    stranger = house.token("host", "h2")
    refused = await client.ask("POST", "/api/ice", {"hostId": "h1"}, bearer=stranger)
    assert (refused.status, refused.code) == (403, "forbidden")


async def test_credentials_are_limited(house: House, client: Client) -> None:
    """Minting on demand costs a token of the limit."""
    house.change(identity_rates={"credentials": Rate.parse("1/h")})
    await house.beat()
    found = await house.find()
    codes = [(await client.ask("POST", "/api/ice", bearer=found.grant)).status for _ in range(2)]
    assert codes == [200, 429]


async def test_too_many_guests(house: House, client: Client) -> None:
    """The fifth hold of guests of one address is 429 with retryAfter."""
    await house.beat(capacity=9)
    statuses = [(await client.find()).status for _ in range(4)]
    answer = await client.find()
    assert statuses == [200] * 4
    assert (answer.status, answer.code) == (429, "too_many_bookings")
    assert (answer.json["retryAfter"], answer.header("retry-after")) == (20, "20")

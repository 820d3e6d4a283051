"""Event sockets at the edge: real frames, refused upgrades, slow readers (wire.md 1.3, 8)."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from matchd.services.settings import RelayLimits
from tests.house import PLAYER_ADDRESS, House
from tests.services.listening import telling
from tests.web.client import Client
from tests.ws.client import Caller, call, refused_upgrade, switchboard

Clock = trio.testing.MockClock


async def open_events(house: House, nursery: trio.Nursery, query: str = "") -> Caller:
    """Ann's event socket, past its hello."""
    caller = await call(house, nursery, f"/events?token={house.token()}{query}")
    assert (await caller.hear())["type"] == "hello"
    return caller


async def test_events_come_as_frames(house: House, autojump_clock: Clock) -> None:
    """One JSON object each; a client may send its next token."""
    async with telling(house), switchboard() as nursery:
        ann = await open_events(house, nursery)
        house.publisher.publish(["u_ann"], "test.said", {"text": "é"})
        event = await ann.hear()
        assert {"type": "test.said", "id": event["id"], "text": "é"} == event
        await ann.say(type="reauth", token=house.token())
        assert (await ann.hear())["type"] == "reauthed"
        await ann.connection.send_message(b"\0\1")
        assert (await ann.hear())["code"] == "invalid_request"
        assert house.metrics.sockets.labels("events")._value.get() == 1


@pytest.mark.parametrize("how", ["header", "bare", "token", "ticket", "slash"])
async def test_ways_to_prove_it(house: House, autojump_clock: Clock, how: str) -> None:
    """A token in the header or the query, or a ticket; with a trailing slash too."""
    token, headers = house.token(), {}
    ticket = house.people.tickets.issue(house.player(), "/events")
    target = {"token": f"/events?token={token}", "ticket": f"/events?ticket={ticket}"}.get(how)
    if how in ("header", "bare"):
        headers = {"Authorization": f"Bearer {token}" if how == "header" else token}
    if how == "slash":
        target = f"/events/?ticket={ticket}"
    async with telling(house), switchboard() as nursery:
        ann = await call(house, nursery, target or "/events", headers)
        assert (await ann.hear())["type"] == "hello"


async def test_refusals_are_told_by_twin_and_upgrade_alike(house: House) -> None:
    """The same status and code."""
    client = Client(house, PLAYER_ADDRESS)
    spent = house.people.tickets.issue(house.player(), "/events")
    await house.people.tickets.redeem(spent, "/events", house.auth.guest(PLAYER_ADDRESS))
    other = house.people.tickets.issue(house.player(), "/lobby/x")
    for query, status, code in (
        ("", 401, "unauthorized"),
        ("?token=x", 401, "bad_token"),
        (f"?token={house.token(ttl=-5)}", 401, "bad_token"),
        (f"?token={house.token('host', 'h1')}", 403, "forbidden"),
        ("?ticket=x", 401, "bad_token"),
        (f"?ticket={spent}", 401, "bad_token"),
        (f"?ticket={other}", 401, "bad_token"),
        (f"?token={house.token()}&after=x", 400, "invalid_request"),
        (f"?token={house.token()}&after=", 400, "invalid_request"),
    ):
        refused = await refused_upgrade(house, f"/events{query}")
        answer = await client.ask("GET", f"/events{query}")
        assert (refused.status, refused.json["code"]) == (status, code), query
        assert (answer.status, answer.code) == (status, code), query


async def test_the_twin_spends_nothing(house: House) -> None:
    """It says yes as often as it is asked, and the ticket opens afterwards."""
    client = Client(house, PLAYER_ADDRESS)
    ticket = house.people.tickets.issue(house.player(), "/events")
    for path in ("/events", "/events/", "/events"):
        answer = await client.ask("GET", f"{path}?ticket={ticket}")
        assert (answer.status, answer.json) == (200, {"ok": True})
    assert (await client.ask("GET", "/events", bearer=house.token())).status == 200
    async with telling(house), switchboard() as nursery:
        assert (await (await call(house, nursery, f"/events?ticket={ticket}")).hear())["id"]


async def test_other_origins_and_paths(house: House) -> None:
    """A page of another origin is refused where origins are configured; a path below is none."""
    house.change(cors_origins=())
    headers = {"Origin": "https://evil.example"}
    refused = await refused_upgrade(house, f"/events?token={house.token()}", **headers)
    answer = await Client(house).ask("GET", "/events", bearer=house.token(), headers=headers)
    assert (refused.status, answer.status) == (403, 403)
    assert (await refused_upgrade(house, f"/events/x?token={house.token()}")).status == 404


async def test_a_slow_reader_costs_only_itself(autojump_clock: Clock) -> None:
    """It is closed with 4431, or cut off when it takes not even that; the others hear all of it."""
    house = House(RelayLimits(outbox_messages=40))
    async with telling(house), switchboard() as nursery:
        slow, ann = await open_events(house, nursery), await open_events(house, nursery)
        slow.line.held.stall()
        heard = []
        for number in range(60):
            house.publisher.publish(["u_ann"], "test.said", {"n": number})
            heard.append((await ann.hear())["n"])
        assert heard == list(range(60))
        await trio.sleep(20)
        assert slow.line.cut
        assert house.metrics.closes.labels("4431")._value.get() == 1
        await ann.connection.ping()


async def test_a_lost_connection_is_a_socket_less(house: House, autojump_clock: Clock) -> None:
    """However it ends, the store knows."""
    async with telling(house), switchboard() as nursery:
        ann = await open_events(house, nursery)
        await ann.line.client.aclose()
        await trio.sleep(15)
        assert await house.store.events.present(["u_ann"]) == {}


async def test_a_native_client_is_reminded(house: House, autojump_clock: Clock) -> None:
    """With `?v=1`, and closed with 4401 when it does not answer; it pongs, so it is no dead peer."""
    async with telling(house), switchboard() as nursery:
        token = house.token(ttl=70)
        ann = await call(house, nursery, f"/events?v=1&token={token}")
        assert (await ann.hear())["type"] == "hello"
        with trio.fail_after(20):
            raw = await ann.connection.get_message()
        assert '"reauth"' in str(raw)
        assert await ann.hear_end(100) == 4401

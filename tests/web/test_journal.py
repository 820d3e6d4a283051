"""The journal and the audit log over the admin API (wire.md 9)."""

from __future__ import annotations

from typing import Any

import pytest
import trio
from quart import Blueprint

from matchd.domain.ids import BookingId
from matchd.web.admin import guard
from tests.house import House
from tests.web.client import Answer, Client, NoAnswer
from tests.web.lobbies import Hall
from tests.web.people import sign_up

ROOT = "root"


async def read(house: House, target: str, who: str = ROOT) -> Answer:
    """What an administrator is answered, once all lines are written."""
    while any(house.journal._waiting.values()):
        await house.journal.write()
    return await Client(house).ask("GET", target, bearer=house.token("admin", who))


async def acts(house: House) -> list[dict[str, Any]]:
    """What is on record, but for looks at the record."""
    found = (await read(house, "/api/admin/audit")).json["events"]
    return [act for act in found if "/audit" not in act["way"]]


async def test_a_trace(house: House) -> None:
    """What happened to a booking, with times, ids and causes; an id that nothing names is 404."""
    await house.beat()
    found = await house.find()
    await house.bookings.release(house.player(), None, BookingId(found.booking_id))
    answer = (await read(house, f"/api/admin/trace/{found.booking_id}")).json
    assert answer["id"] == found.booking_id
    held, released = answer["events"]
    assert 0 <= house.clock.wall() - held["at"] < 60
    assert (held["event"], held["node"]) == ("booking.held", "n1")
    ids = {"booking": found.booking_id, "host": "h1"}
    assert held["ids"] == {**ids, "room": "r-h1", "account": "u_ann"}
    assert (released["event"], released["why"], released["ids"]) == (
        *("booking.released", "released"),
        ids,
    )
    unknown = await read(house, "/api/admin/trace/nothing/of%20it")
    assert (unknown.status, unknown.code) == (404, "not_found")
    assert (await read(house, "/api/admin/trace/%01")).status == 400


async def test_the_journal_is_read_on(house: House) -> None:
    """The latest lines, those behind a cursor, those of a noun."""
    for name in ("h1", "h2", "h3"):
        await house.beat(name)
    page = (await read(house, "/api/admin/journal?event=host&limit=2")).json
    assert [line["ids"]["host"] for line in page["events"]] == ["h2", "h3"]
    await house.beat("h4")
    later = (await read(house, f"/api/admin/journal?after={page['cursor']}")).json
    assert [line["ids"]["host"] for line in later["events"]] == ["h4"]
    for query in ("after=x", "limit=0", "limit=1001", "event=HOST"):
        assert (await read(house, f"/api/admin/journal?{query}")).status == 400


async def test_what_administrators_do_is_on_record(house: House) -> None:
    """Who, by which route, to whom, and what came of it; a look that is repeated is one line."""
    client, token = Client(house), house.token("admin", ROOT)
    for _ in range(3):
        await client.ask("GET", "/api/admin/counters", bearer=token)
    await client.ask("POST", "/api/admin/reports/r_1/triage", bearer=token)
    await client.ask("POST", "/api/admin/reports/r_1/triage", bearer=house.token("player"))
    look, triage = await acts(house)
    assert (look["event"], look["way"]) == ("audit.read", "GET /api/admin/counters")
    del triage["seq"], triage["at"], triage["node"]
    assert triage == {
        "event": "audit.triage",
        "ids": {"report": "r_1"},
        "by": ROOT,
        "way": "POST /api/admin/reports/<name>/triage",
        "outcome": "unknown_report",
    }
    trace = (await read(house, "/api/admin/trace/r_1")).json
    assert [event["event"] for event in trace["events"]] == ["audit.triage"]


async def test_an_act_says_why_and_to_whom(house: House) -> None:
    """A ban by a name is one of an id, with its reason; a drain names the node."""
    client, token = Client(house), house.token("admin", ROOT)
    ann = (await sign_up(client))["account"]["id"]
    for path, body in (
        ("accounts/ann/ban", {"reason": "cheats"}),
        ("accounts/nobody/ban", {"reason": "cheats"}),
        ("drain", {"on": True}),
    ):
        await client.ask("POST", f"/api/admin/{path}", body, bearer=token)
    await client.ask("POST", "/api/admin/drain", bearer=house.token("viewer", "eve"))
    told = [(act["event"], act["ids"], act.get("why"), act["outcome"]) for act in await acts(house)]
    assert told == [
        ("audit.ban", {"account": ann}, "cheats", "done"),
        ("audit.ban", {"account": "nobody"}, None, "unknown_player"),
        ("audit.drain", {"node": "n1"}, "on", "done"),
    ]


async def test_a_look_is_told_again_after_a_while(
    house: House, autojump_clock: trio.abc.Clock
) -> None:
    """And another administrator's is his own."""
    await read(house, "/api/admin/counters")
    await read(house, "/api/admin/counters", "eve")
    await trio.sleep(601)
    await read(house, "/api/admin/counters")
    assert [act["by"] for act in await acts(house)] == [ROOT, "eve", ROOT]


async def test_an_act_that_nobody_waited_for_is_on_record(house: House) -> None:
    """A handler that is cancelled may have done it; it says why and to whom itself."""
    routes, client, begun = Blueprint("test", __name__), Client(house), trio.Event()
    guard.install(routes, house.services)

    @routes.post("/api/admin/slow")
    async def slow() -> str:
        guard.about(why="spam", account="u_ann")
        begun.set()
        await trio.Event().wait()
        return "never"

    house.app.register_blueprint(routes)
    async with trio.open_nursery() as nursery:

        async def ask() -> None:
            with pytest.raises(NoAnswer):
                await client.ask("POST", "/api/admin/slow", bearer=house.token("admin", ROOT))

        nursery.start_soon(ask)
        await begun.wait()
        client.hang_up.set()
    (act,) = await acts(house)
    assert (act["event"], act["outcome"], act["why"]) == ("audit.slow", "cut off", "spam")
    assert act["ids"] == {"account": "u_ann"}


@pytest.mark.parametrize("path", ["trace/x", "journal", "audit"])
async def test_it_is_for_administrators(house: House, path: str) -> None:
    """Nobody else, and refusals are no acts."""
    client = Client(house)
    expected = {None: 401, house.token(): 403}
    for bearer, status in expected.items():
        assert (await client.ask("GET", f"/api/admin/{path}", bearer=bearer)).status == status
    assert await acts(house) == []


async def test_a_lobby_is_told_of(house: House) -> None:
    """Who came, went and was put out, and what became of it."""
    hall = Hall(house)
    await hall.add("ann", "bob", "cleo")
    lobby = (await hall.make("ann"))["id"]
    for name in ("bob", "cleo"):
        assert (await hall.say(name, "POST", f"/lobbies/{lobby}/join", {})).status == 200
    kick = {"player": hall.ids["cleo"]}
    assert (await hall.say("ann", "POST", f"/lobbies/{lobby}/kick", kick)).status == 200
    for verb in ("start", "leave"):
        assert (await hall.say("ann", "POST", f"/lobbies/{lobby}/{verb}")).status == 200
    told = (await read(house, f"/api/admin/trace/{lobby}")).json["events"]
    names = {account: name for name, account in hall.ids.items()}
    assert [(one["event"], names.get(one["ids"].get("account"))) for one in told] == [
        *(("lobby.created", None), ("lobby.joined", "ann"), ("lobby.joined", "bob")),
        *(("lobby.joined", "cleo"), ("lobby.kicked", "cleo"), ("lobby.started", None)),
        *(("lobby.left", "ann"), ("lobby.handed_over", "bob")),
    ]


async def test_a_report_is_told_of(house: House) -> None:
    """From its filing to its end, by whom it was seen to; what was reported is not in it."""
    hall, admin = Hall(house), house.token("admin", ROOT)
    await hall.add("ann")
    filed = (await hall.say("ann", "POST", "/report", {"issue": "rude words"})).json["id"]
    path = f"/api/admin/reports/{filed}/close"
    body = {"outcome": "warned"}
    assert (await hall.client.ask("POST", path, body, bearer=admin)).status == 200
    told = (await read(house, f"/api/admin/trace/{filed}")).json["events"]
    assert [one["event"] for one in told] == ["report.filed", "report.moved", "audit.close"]
    assert [one.get("by") for one in told] == [None, ROOT, ROOT]
    assert "rude" not in str(told)

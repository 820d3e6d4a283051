"""Chat and reports over HTTP, as melangerie's clients call them and as ours do (wire.md 7, 9)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
import structlog.testing

from tests.house import House
from tests.store.people import account
from tests.web.client import Answer, Client

Ask = Callable[..., Awaitable[Answer]]


@pytest.fixture
async def ask(house: House) -> Ask:
    """Ask as ann, or as somebody else."""
    for name in ("ann", "bob", "cleo"):
        await house.store.accounts.create(account(name))
    client = Client(house)

    async def asked(method: str, target: str, body: object = None, who: str = "ann") -> Answer:
        return await client.ask(method, target, body, bearer=house.token(subject=f"u_{who}"))

    return asked


async def test_a_room(ask: Ask) -> None:
    """It is made, filled, spoken in, read and left, with the statuses that clients know."""
    made = [await ask("POST", target) for target in ("/chat/create/tea/ann/bob",) * 2]
    assert [one.status for one in made] == [200, 409]
    assert (await ask("POST", "/chat/create/new/nobody")).status == 404
    assert (await ask("GET", "/chat/list", who="bob")).body == b'["tea"]'
    adds = [
        await ask("POST", f"/chat/adduser/{room}") for room in ("tea/cleo", "tea/cleo", "x/cleo")
    ]
    assert [one.status for one in adds] == [200, 409, 404]
    assert (await ask("POST", "/chat/adduser/tea/nobody")).status == 404
    said = await ask("POST", "/chat/chatroom", {"sender": "ann", "room": "tea", "content": "hi"})
    assert (said.status, said.json["seq"]) == (200, 3)
    history = (await ask("GET", "/chat/history/tea?limit=2", who="bob")).json
    assert [one["seq"] for one in history["messages"]] == [2, 3]
    assert (await ask("GET", "/chat/unread", who="bob")).lines == [
        {"room": "tea", "unread": 3, "cursor": 0, "last": 3}
    ]
    assert (await ask("DELETE", "/chat/leave/tea", who="bob")).status == 200
    assert (await ask("DELETE", "/chat/leave/tea", who="bob")).status == 403


async def test_others(ask: Ask) -> None:
    """Nobody speaks for others, in others' rooms, or without a token."""
    await ask("POST", "/chat/create/tea")
    forged = {"sender": "bob", "room": "tea", "content": "hi"}
    assert (await ask("POST", "/chat/chatroom", forged)).code == "forbidden"
    mine = {"room": "tea", "content": "hi"}
    assert (await ask("POST", "/chat/chatroom", mine, who="bob")).code == "not_member"
    assert (await ask("POST", "/chat/adduser/tea/bob", who="bob")).code == "not_member"
    assert (await ask("GET", "/chat/history/tea", who="bob")).code == "not_member"
    assert (await ask("GET", "/chat/history/tea?after=1&before=2")).code == "invalid_request"
    assert (await ask("GET", "/chat/history/tea?after=x")).code == "invalid_request"
    assert (await ask("POST", "/chat/create/@tea")).code == "invalid_request"


@pytest.mark.parametrize("number", [2**53, 2**64, 10**40])
async def test_a_number_beyond_all(ask: Ask, number: int) -> None:
    """A number that no store counts to is that of no message."""
    await ask("POST", "/chat/create/tea")
    target = f"/chat/message/tea/{number}"
    assert (await ask("PATCH", target, {"content": "hi"})).code == "unknown_message"
    assert (await ask("DELETE", target)).code == "unknown_message"


async def test_messages(ask: Ask) -> None:
    """An author edits and deletes; the creator mutes and kicks."""
    await ask("POST", "/chat/create/tea/bob")
    await ask("POST", "/chat/chatroom", {"room": "tea", "content": "tpyo"})
    edit = {"content": "typo"}
    assert (await ask("PATCH", "/chat/message/tea/2", edit, who="bob")).status == 403
    assert (await ask("PATCH", "/chat/message/tea/2", edit)).status == 200
    assert (await ask("DELETE", "/chat/message/tea/2")).status == 200
    assert (await ask("DELETE", "/chat/message/tea/2")).code == "unknown_message"
    (message,) = (await ask("GET", "/chat/history/tea?after=1")).json["messages"]
    assert (message["deleted"], message["content"]) == (True, "")
    assert (await ask("POST", "/chat/mute/tea/bob")).status == 200
    body = {"room": "tea", "content": "hi"}
    assert (await ask("POST", "/chat/chatroom", body, who="bob")).code == "muted"
    assert (await ask("DELETE", "/chat/mute/tea/bob")).status == 200
    assert (await ask("POST", "/chat/kick/tea/bob")).status == 200
    assert (await ask("POST", "/chat/chatroom", body, who="bob")).code == "not_member"


async def test_a_report(ask: Ask, house: House) -> None:
    """What was said is kept as it was, and the author sees what became of his report."""
    await ask("POST", "/chat/create/tea/bob")
    await ask("POST", "/chat/chatroom", {"room": "tea", "content": "bad"}, who="bob")
    filed = await ask(
        "POST", "/report", {"issue": "rude", "target": "bob", "room": "tea", "seq": 2}
    )
    assert filed.json == {"id": filed.json["id"], "state": "open"}
    await ask("DELETE", "/chat/message/tea/2", who="bob")
    client, admin = Client(house), house.token("admin", "root")
    target = f"/api/admin/reports/{filed.json['id']}"
    shown = (await client.ask("GET", target, bearer=admin)).json
    assert [one["content"] for one in shown["messages"]] == ["bad"]
    assert (await client.ask("POST", f"{target}/triage", bearer=admin)).json["state"] == "triaged"
    outcome = {"outcome": "warned"}
    assert (await client.ask("POST", f"{target}/close", outcome, bearer=admin)).status == 200
    again = await client.ask("POST", f"{target}/close", outcome, bearer=admin)
    assert again.code == "report_closed"
    mine = (await ask("GET", f"/report/{filed.json['id']}")).json
    assert (mine["state"], mine["outcome"]) == ("closed", "warned")
    assert (await ask("GET", f"/report/{filed.json['id']}", who="bob")).code == "unknown_report"
    assert (await ask("GET", "/api/admin/reports")).status == 403
    listed = await client.ask("GET", "/api/admin/reports?state=closed", bearer=admin)
    assert [one["id"] for one in listed.lines] == [filed.json["id"]]


async def test_reports_that_make_no_sense(ask: Ask) -> None:
    """Nobody reports, and reads by that, what he was not shown."""
    await ask("POST", "/chat/create/tea")
    for body, who, code in (
        ({"issue": ""}, "ann", "invalid_request"),
        ({"issue": "x", "seq": 1}, "ann", "invalid_request"),
        ({"issue": "x", "room": "tea", "seq": 9}, "ann", "unknown_message"),
        ({"issue": "x", "room": "tea"}, "bob", "not_member"),
        ({"issue": "x", "room": "tee"}, "bob", "unknown_room"),
    ):
        assert (await ask("POST", "/report", body, who=who)).code == code


async def test_a_guest_reports(ask: Ask, house: House) -> None:
    """As the given client does, unless the configuration says no; never about a room."""
    client = Client(house)
    body = {"name": "ann", "issue": "it is slow"}
    assert (await client.ask("POST", "/report", body)).status == 200
    assert (await client.ask("POST", "/report", body | {"room": "tea"})).status == 401
    house.change(guests_report=False)
    assert (await client.ask("POST", "/report", body)).status == 401


async def test_export_and_deletion(ask: Ask, house: House) -> None:
    """An export holds what one wrote and reported."""
    await ask("POST", "/chat/create/tea")
    await ask("POST", "/chat/chatroom", {"room": "tea", "content": "mine"})
    await ask("POST", "/chat/chatroom", {"room": "@bob", "content": "psst"})
    await ask("POST", "/report", {"issue": "rude"})
    export = (await ask("GET", "/auth/me/export")).json
    assert [(one["room"], one["content"]) for one in export["chat"]] == [
        ("@u_bob", "psst"),
        ("tea", "mine"),
    ]
    assert [one["issue"] for one in export["reports"]] == ["rude"]


async def test_browsers_may(ask: Ask, house: House) -> None:
    """Pages of other origins may call all of it, `PATCH` too."""
    client = Client(house)
    answer = await client.ask(
        "OPTIONS", "/chat/message/tea/1", headers={"Origin": "http://localhost:5173"}
    )
    assert answer.status == 204
    assert "PATCH" in (answer.header("access-control-allow-methods") or "")


async def test_the_journal(ask: Ask, house: House) -> None:
    """What becomes of rooms and reports is in the log, with who did it, and not with what was said."""
    client, admin = Client(house), house.token("admin", "root")
    with structlog.testing.capture_logs() as log:
        await ask("POST", "/chat/create/tea/bob")
        await ask("POST", "/chat/adduser/tea/cleo")
        await ask("POST", "/chat/chatroom", {"room": "tea", "content": "secret"})
        filed = await ask("POST", "/report", {"issue": "secret", "room": "tea"}, who="bob")
        target = f"/api/admin/reports/{filed.json['id']}/close"
        await client.ask("POST", target, {"outcome": "secret"}, bearer=admin)
        for who in ("ann", "bob", "cleo"):
            await ask("DELETE", "/chat/leave/tea", who=who)
    said = [(entry["event"], entry.get("account"), entry.get("by")) for entry in log]
    assert [entry for entry in said if entry[0].startswith(("chat.", "report."))] == [
        ("chat.created", "u_ann", None),
        ("chat.added", "u_cleo", "u_ann"),
        ("report.filed", "u_bob", None),
        ("report.moved", None, "root"),
        ("chat.left", "u_ann", None),
        ("chat.left", "u_bob", None),
        ("chat.ended", None, None),
        ("chat.left", "u_cleo", None),
    ]
    assert "secret" not in str(log)

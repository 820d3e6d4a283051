"""What administrators do: ban and unban, drain, see to reports; `test_journal` has the record of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.house import House
from tests.web.client import Answer, Client
from tests.web.people import log_in, sign_up

BAN = {"reason": "cheats"}


class Admin:
    """An administrator and his client."""

    def __init__(self, house: House, client: Client) -> None:
        self._client = client
        self._token = house.token("admin", "root")

    async def reads(self, path: str) -> Answer:
        """Look at something."""
        return await self._client.ask("GET", f"/api/admin/{path}", bearer=self._token)

    async def does(self, path: str, body: object = None) -> Answer:
        """Do something."""
        return await self._client.ask("POST", f"/api/admin/{path}", body, bearer=self._token)


@pytest.fixture
async def admin(house: House, client: Client) -> Admin:
    """One of the house."""
    return Admin(house, client)


async def test_a_ban_is_at_once(admin: Admin, client: Client) -> None:
    """Tokens are void and logins refused, with the reason and the end; until he is let in again."""
    ann = await sign_up(client)
    until = 1_800_000_000
    answer = await admin.does("accounts/ann/ban", BAN | {"until": until})
    assert answer.status == 200
    ban = answer.json["ban"]
    assert (ban["reason"], ban["until"], ban["holds"]) == ("cheats", until, True)
    assert (await client.ask("GET", "/auth/me", bearer=ann["token"])).code == "bad_token"
    refused = await log_in(client)
    assert (refused.status, refused.code) == (403, "banned")
    assert "2027-01-15 08:00 UTC: cheats" in refused.json["error"]
    answer = await admin.does(f"accounts/{ann['account']['id']}/unban")
    assert (answer.status, "ban" in answer.json) == (200, False)
    assert (await log_in(client)).status == 200


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "reason"),
        ({"reason": ""}, "reason"),
        ({"reason": "x" * 201}, "reason"),
        ({"reason": "two\nlines"}, "reason"),
        ({"reason": "late", "until": 1_700_000_000}, "until"),
        ({"reason": "far", "until": 10**12}, "until"),
        ({"reason": "odd", "until": "tomorrow"}, "until"),
    ],
)
async def test_what_is_no_ban(
    admin: Admin, client: Client, body: dict[str, Any], named: str
) -> None:
    """Without a reason that can be told, or with an end that is over: nobody is banned."""
    await sign_up(client)
    answer = await admin.does("accounts/ann/ban", body)
    assert (answer.status, answer.code) == (400, "invalid_request")
    assert f"`{named}`" in answer.json["error"]
    assert "ban" not in (await admin.reads("accounts/ann")).json


async def test_nobody_can_be_banned_who_is_not_there(admin: Admin) -> None:
    """By a name that nobody has, by an id of nobody, by what is neither."""
    for name in ("nobody", "u_nobody", "%20"):
        assert (await admin.does(f"accounts/{name}/ban", BAN)).code == "unknown_player"


async def test_a_drained_node_takes_no_new_matches(
    house: House, admin: Admin, client: Client
) -> None:
    """It is not ready and says why; what is in progress goes on; then all is as before."""
    await house.beat()
    found = await house.find()
    for body in ({"on": True}, {"on": True, "all": True}, {"on": True, "node": "n1"}):
        answer = await admin.does("drain", body)
        assert answer.lines == [{"id": "n1", "here": True, "drained": True}]
        await house.sweep()
        ready = await client.ask("GET", "/readyz")
        assert (ready.status, "drained" in ready.json["error"]) == (503, True)
        refused = await client.find()
        assert (refused.status, refused.code) == (503, "draining")
        assert (await client.beat()).json["bookings"][0]["id"] == found.booking_id
        path = f"/api/match/{found.booking_id}"
        assert (await client.ask("GET", path, bearer=found.grant)).json["state"] == "held"
        assert (await admin.does("drain", body | {"on": False})).lines[0]["drained"] is False
        assert (await client.ask("GET", "/readyz")).status == 200
        assert (await client.find()).code == "no_host"


async def test_a_node_that_joins_anew_stays_drained(house: House, admin: Admin) -> None:
    """Under its new id, since it is the same process."""
    await admin.does("drain", {"on": True})
    await house.store.nodes.part(house.hub.node, house.clock.now())
    await house.sweep()
    await house.sweep()
    (node,) = (await admin.reads("nodes")).lines
    assert (node["id"] != "n1", node["here"], node["drained"]) == (True, True, True)
    assert house.current.drained


async def test_what_is_no_drain(admin: Admin) -> None:
    """A node that is not there, one and all, and neither on nor off."""
    assert (await admin.does("drain", {"on": True, "node": "n9"})).code == "not_found"
    for body in ({"on": True, "node": "n1", "all": True}, {}, {"on": "yes"}):
        assert (await admin.does("drain", body)).code == "invalid_request"
    assert (await admin.reads("nodes")).lines[0]["drained"] is False

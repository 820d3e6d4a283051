"""The plain-GET twins of the sockets answer as the upgrade would, and change nothing (wire.md 1.3).

Each case is asked twice in one house: by GET through the HTTP edge, and by an upgrade through the
WebSocket edge.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio
import trio.testing

from matchd.domain.ids import BookingId
from matchd.domain.limits import Rate
from matchd.protocol.bookings import MatchFound
from tests.house import HOST_ADDRESS, SECRET, House
from tests.web.client import Answer, Client
from tests.ws.client import refused_upgrade

Make = Callable[[House, MatchFound], Awaitable[tuple[str, dict[str, str]]]]


def at(target: str, **headers: str) -> Make:
    """A case without preparation; `{grant}` stands for the match's."""

    async def make(_: House, found: MatchFound) -> tuple[str, dict[str, str]]:
        return target.format(grant=found.grant), headers

    return make


async def over(house: House, found: MatchFound) -> tuple[str, dict[str, str]]:
    """The booking was released."""
    await house.bookings.release(house.player(), None, BookingId(found.booking_id))
    return f"/signal/{found.grant}?roomId=r-h1", {}


async def waits(house: House, _: MatchFound) -> tuple[str, dict[str, str]]:
    """The booking stands in line."""
    line = await house.get_in_line(house.player("u_bob"))
    return f"/signal/{line.grant}?roomId=r-h1", {}


async def draining(house: House, found: MatchFound) -> tuple[str, dict[str, str]]:
    """The daemon restarts."""
    house.current.draining = True
    return f"/signal/{found.grant}?roomId=r-h1", {}


async def unrecognised(house: House, _: MatchFound) -> tuple[str, dict[str, str]]:
    """Addresses vouch for nobody."""
    house.change(recognise=False)
    return "/?roomId=r-h1", {}


async def another_host(house: House, _: MatchFound) -> tuple[str, dict[str, str]]:
    """A host's token at another host's room."""
    return f"/?roomId=r-h1&token={house.token('host', 'h2')}", {}


async def players_token(house: House, _: MatchFound) -> tuple[str, dict[str, str]]:
    """A player's token opens no room."""
    return f"/?roomId=r-h1&token={house.token()}", {}


async def flooded(house: House, found: MatchFound) -> tuple[str, dict[str, str]]:
    """The address has connected too often."""
    house.change(address_rates=house.current.settings.address_rates | {"connects": Rate(1, 0.01)})
    await house.enter_host()
    return f"/signal/{found.grant}?roomId=r-h1", {}


async def foreign_origin(house: House, found: MatchFound) -> tuple[str, dict[str, str]]:
    """A browser's page of an origin that is not listed."""
    house.change(cors_origins=("https://game.example",))
    return f"/signal/{found.grant}?roomId=r-h1", {"Origin": "https://evil.example"}


REFUSED: dict[str, tuple[Make, int, str]] = {
    "no room": (at("/signal/{grant}"), 400, "invalid_request"),
    "empty room": (at("/signal/{grant}?roomId="), 400, "invalid_request"),
    "impossible room": (at("/signal/{grant}?roomId=a%20b"), 400, "invalid_request"),
    "unknown grant": (at("/signal/unknown?roomId=r-h1"), 403, "bad_grant"),
    "another room": (at("/signal/{grant}?roomId=r-h2"), 403, "bad_grant"),
    "wrong secret": (at("/?roomId=r-h1", Authorization="Bearer x"), 403, "wrong_secret"),
    "bad token": (at("/?roomId=r-h1&token=a.b.c"), 401, "bad_token"),
    "another host": (another_host, 403, "forbidden"),
    "a player's token": (players_token, 403, "forbidden"),
    "over": (over, 410, "booking_over"),
    "waits": (waits, 403, "bad_grant"),
    "draining": (draining, 503, "draining"),
    "unrecognised": (unrecognised, 403, "forbidden"),
    "flooded": (flooded, 429, "rate_limited"),
    "foreign origin": (foreign_origin, 403, "forbidden"),
}


async def both(house: House, target: str, headers: dict[str, str]) -> tuple[Answer, Any]:
    """The GET's answer and the refused upgrade's."""
    answer = await Client(house).ask("GET", target, headers=headers | {"X-Request-Id": "twin"})
    refusal = await refused_upgrade(house, target, **headers | {"X-Request-Id": "twin"})
    return answer, refusal


@pytest.mark.usefixtures("edges")
@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
async def test_a_twin_refuses_as_its_upgrade_does(
    house: House, autojump_clock: trio.testing.MockClock, case: tuple[Make, int, str]
) -> None:
    """The same status, and the same body to the letter."""
    make, status, code = case
    await house.beat()
    found = await house.find()
    target, headers = await make(house, found)
    answer, refusal = await both(house, target, headers)
    assert (answer.status, answer.code) == (status, code)
    assert (refusal.status, refusal.json) == (status, answer.json)


@pytest.mark.parametrize(
    ("target", "bearer"),
    [
        ("/signal/{grant}?roomId=r-h1", None),
        ("/signal/{grant}/?roomId=r-h1", None),
        ("/?roomId=r-h1", None),
        ("/?roomId=r-h1", SECRET),
        (f"/?roomId=r-h1&token={SECRET}", None),
    ],
)
async def test_a_twin_that_says_ok_changes_nothing(
    house: House, client: Client, target: str, bearer: str | None
) -> None:
    """However often it is asked: no place is taken, no bucket of connects is touched."""
    house.change(identity_rates={"connects": Rate(1, 0.01)})
    await house.beat()
    found = await house.find()
    before = repr((house.store.pool.rooms, house.store.pool.bookings, house.store.pool.hosts))
    for _ in range(3):
        answer = await client.ask("GET", target.format(grant=found.grant), bearer=bearer)
        assert (answer.status, answer.json) == (200, {"ok": True})
    after = repr((house.store.pool.rooms, house.store.pool.bookings, house.store.pool.hosts))
    assert (before, house.hub._mailboxes) == (after, {})
    await house.enter_player(found)


async def test_our_own_pages_may_always_connect(house: House, client: Client) -> None:
    """The origin of the public URL needs no line in `cors_origins`."""
    house.change(cors_origins=())
    for origin, status in (("https://play.example.net", 200), ("https://play.example", 403)):
        answer = await client.ask("GET", "/?roomId=r1", headers={"Origin": origin})
        assert status == answer.status


async def test_every_room_is_open_in_dev(house: House) -> None:
    """In mode `open` whoever asks is told yes."""
    house.change(host_auth="open")
    answer = await Client(house, HOST_ADDRESS).ask("GET", "/?roomId=anything")
    assert answer.json == {"ok": True}

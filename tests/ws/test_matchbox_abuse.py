"""What must not hurt a room: N1 to N14 of the list of what the reference server does not withstand.

N1 test_keep_alive, N2 test_garbage and test_a_flood_of_garbage, N3 test_nobody_there, N4
test_who_waits_may_leave, N5 test_a_stranger_hears_nothing, N6 test_bad_next, N7 test_a_half_open_peer,
N8 test_a_slow_reader, N9 test_many_names, N10 test_too_large, N11 test_a_crowd, N12 tests/history and
tests/services/test_groups.py, N13 test_names, N14 test_a_drain. N15 is test_matchbox_peers in
tests/daemon.
"""

from __future__ import annotations

import uuid
from urllib.parse import quote

import pytest
import trio
import trio.testing

from matchd.services.settings import RelayLimits
from tests.house import House
from tests.ws.client import dial, refused_upgrade, switchboard, upgrade
from tests.ws.peers import encoded, left, new, peer, said

pytestmark = pytest.mark.usefixtures("edges")

Clock = trio.testing.MockClock


async def test_keep_alive(house: House, autojump_clock: Clock) -> None:
    """Said every 10 s for two minutes it keeps the socket open and is never answered."""
    async with switchboard() as nursery:
        nursery.start_soon(house.keeper.run)
        one = await peer(house, nursery)
        for _ in range(12):
            await one.raw('"KeepAlive"')
            await trio.sleep(10)
        assert await one.silent()


GARBAGE = ("garbage", "{}", '{"Foo":1}', "[]", "", b"\x00\xff", '{"Signal":{"data":1}}')


async def test_garbage(house: House, autojump_clock: Clock) -> None:
    """What makes no sense is not answered and closes nothing; the next signal works."""
    async with switchboard() as nursery:
        first, second = await peer(house, nursery), await peer(house, nursery)
        await first.hear()
        for frame in GARBAGE:
            await second.raw(frame)
        signal = encoded({"receiver": first.id, "data": 1})
        await second.raw(f'{{"Signal":{signal},"Other":1}}')
        await second.caller.connection.ping()
        await second.caller.connection.pong()
        await second.signal(first.id, "still here")
        assert await first.hear() == said(second, "still here")
        assert await second.silent()


async def test_a_flood_of_garbage(house: House, autojump_clock: Clock) -> None:
    """The tenth invalid message closes nothing, one more does, and the others hear PeerLeft."""
    async with switchboard() as nursery:
        first, second = await peer(house, nursery), await peer(house, nursery)
        await first.hear()
        for _ in range(10):
            await second.raw("[" * 30_000)
        assert await second.silent()
        await second.raw("{}")
        assert await second.end() == 4400
        assert await first.hear() == left(second)


async def test_bytes_stay_as_they_are(house: House, autojump_clock: Clock) -> None:
    """Numbers, escapes, order and blanks inside `data` arrive as they were written."""
    data = r'{"b" : 1.50e+02, "a":-0.0,"b":18446744073709551617, "t":"\u00e9é\/\ud83c\udfae" }'
    async with switchboard() as nursery:
        first, second = await peer(house, nursery), await peer(house, nursery)
        await first.hear_raw()
        told = f' {{"Signal" : {{"sender":"me","data": {data} ,"receiver":"{first.id}"}}}} '
        await second.raw(told)
        assert await first.hear_raw() == f'{{"Signal":{{"sender":"{second.id}","data":{data}}}}}'


async def test_every_form_of_a_uuid(house: House, autojump_clock: Clock) -> None:
    """Receivers may be written as any UUID parser takes them."""
    async with switchboard() as nursery:
        first, second = await peer(house, nursery), await peer(house, nursery)
        await first.hear()
        plain = uuid.UUID(second.id)
        for form in (plain.hex, f"{{{plain}}}", plain.urn, str(plain).upper()):
            await first.signal(form, form)
            assert await second.hear() == said(first, form)


async def test_nobody_there(house: House, autojump_clock: Clock) -> None:
    """Signals to nobody, to oneself and into another room are dropped, and cost the sender nothing."""
    async with switchboard() as nursery:
        first, second = await peer(house, nursery), await peer(house, nursery)
        other = await peer(house, nursery, "/matchbox/room_b")
        await first.hear()
        for _ in range(20):
            for receiver in (str(uuid.uuid4()), first.id, other.id):
                await first.signal(receiver, 1)
        await first.signal(second.id, 2)
        assert await second.hear() == said(first, 2)
        assert await other.silent()


async def test_who_waits_may_leave(house: House, autojump_clock: Clock) -> None:
    """One who waits in `next=3` leaves: the other is told, and those who come fill the group."""
    async with switchboard() as nursery:
        target = "/matchbox/r?next=3"
        first, second = await peer(house, nursery, target), await peer(house, nursery, target)
        await second.vanish()
        third, fourth = await peer(house, nursery, target), await peer(house, nursery, target)
        heard = [await first.hear() for _ in range(4)]
        assert heard == [new(second), left(second), new(third), new(fourth)]
        fifth = await peer(house, nursery, target)
        for one in (first, fourth, fifth):
            assert await one.silent()


async def test_a_stranger_hears_nothing(house: House, autojump_clock: Clock) -> None:
    """A pair falls apart while somebody waits for the next one: he hears nothing of it."""
    async with switchboard() as nursery:
        target = "/matchbox/r?next=2"
        first, second, waiting = [await peer(house, nursery, target) for _ in range(3)]
        await first.leave()
        assert await second.hear() == left(first)
        await second.leave()
        assert await waiting.silent()
        fourth = await peer(house, nursery, target)
        assert await waiting.hear() == new(fourth)


@pytest.mark.parametrize("given", ["0", "-1", "abc", "", "65", "9" * 30, "1e1", "%D9%A3", "2.0"])
async def test_bad_next(house: House, autojump_clock: Clock, given: str) -> None:
    """Anything but 1 to 64 is refused before the upgrade, and names the parameter."""
    refused = await refused_upgrade(house, f"/matchbox/r?next={given}")
    assert (refused.status, refused.json["code"]) == (400, "invalid_request")
    assert "`next`" in refused.json["error"]


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/matchbox/r?topology=star", 400),
        ("/matchbox/r?v=2", 400),
        ("/matchbox/r?resume=x", 400),
        ("/matchbox/a/b", 404),
        (f"/matchbox/{'x' * 4097}", 400),
        ("/matchboxes/r", 404),
    ],
)
async def test_bad_targets(house: House, autojump_clock: Clock, target: str, status: int) -> None:
    """Other options, longer paths and names are refused before the upgrade."""
    assert (await refused_upgrade(house, target)).status == status


async def test_a_half_open_peer(house: House, autojump_clock: Clock) -> None:
    """One that shows no sign of life for 30 s is out, told of, and matched with nobody."""
    async with switchboard() as nursery:
        nursery.start_soon(house.keeper.run)
        target = "/matchbox/r?next=3"
        line = dial(house, nursery)
        await line.client.send_all(upgrade(target))
        alive = await peer(house, nursery, target)
        await trio.sleep(35)
        assert "PeerLeft" in await alive.hear()
        third, fourth = await peer(house, nursery, target), await peer(house, nursery, target)
        assert [await alive.hear(), await alive.hear()] == [new(third), new(fourth)]


async def test_a_slow_reader(autojump_clock: Clock) -> None:
    """A peer that does not read is closed alone, after a bounded number of messages."""
    house = House(RelayLimits(outbox_bytes=100_000))
    async with switchboard() as nursery:
        nursery.start_soon(house.keeper.run)
        first, slow = await peer(house, nursery), await peer(house, nursery)
        third = await peer(house, nursery)
        slow.caller.line.held.stall()
        for _ in range(20):
            await first.signal(slow.id, "x" * 20_000)
        await trio.sleep(10)
        heard = [await first.hear() for _ in range(3)]
        assert heard == [new(slow), new(third), left(slow)]
        await first.signal(third.id, 1)
        assert [await third.hear(), await third.hear()] == [left(slow), said(first, 1)]


async def test_too_large(house: House, autojump_clock: Clock) -> None:
    """64 KiB pass, more closes the sender 1009, and the others stay."""
    async with switchboard() as nursery:
        first, second = await peer(house, nursery), await peer(house, nursery)
        await first.hear()
        fits = "x" * (65_536 - len(encoded({"Signal": {"receiver": first.id, "data": ""}})))
        await second.signal(first.id, fits)
        assert await first.hear() == said(second, fits)
        await second.signal(first.id, fits + "x")
        assert await second.end() == 1009
        assert await first.hear() == left(second)


async def test_a_crowd(house: House, autojump_clock: Clock) -> None:
    """100 sockets that come to one `next=2` room at once are 50 pairs with one NewPeer each."""
    house.change(address_rates={}, identity_rates={})
    heard: list[dict[str, str]] = []

    async def come(nursery: trio.Nursery) -> None:
        one = await peer(house, nursery, "/matchbox/crowd?next=2")
        with trio.move_on_after(4):
            heard.append({one.id: (await one.hear())["NewPeer"]})

    async with switchboard() as nursery, trio.open_nursery() as crowd:
        for _ in range(100):
            crowd.start_soon(come, nursery)
    ids = [name for pair in heard for item in pair.items() for name in item]
    assert (len(heard), len(set(ids))) == (50, 100)


NAMES = ("", "a/b", "..", ".", "health", " room one ", "🎮 é", "?next=2", "x" * 4096, "\0", "%2e")


@pytest.mark.parametrize("name", NAMES)
async def test_names(house: House, autojump_clock: Clock, name: str) -> None:
    """Any name of up to 4 KiB is one room, percent-encoded, with and without a slash behind it."""
    async with switchboard() as nursery:
        path = f"/matchbox/{quote(name, safe='')}"
        first = await peer(house, nursery, path)
        other = await peer(house, nursery, "/matchbox/other")
        second = await peer(house, nursery, f"{path}/" if name else "/matchbox")
        assert await first.hear() == new(second)
        assert await other.silent()


async def test_a_drain(house: House, autojump_clock: Clock) -> None:
    """Sockets are kept while the server drains, and talk; newcomers get 503 with Retry-After."""
    async with switchboard() as nursery:
        first, second = await peer(house, nursery), await peer(house, nursery)
        await first.hear()
        house.current.draining = True
        house.groups.warn(5.0)
        refused = await refused_upgrade(house, "/matchbox/room_a")
        assert (refused.status, refused.headers["retry-after"]) == (503, "2")
        await first.signal(second.id, 1)
        assert await second.hear() == said(first, 1)
        house.groups.close_all(1012, "the server restarts")  # type: ignore[arg-type]  # by number
        assert [await first.end(), await second.end()] == [1012, 1012]

"""What each operation costs: one script in one round trip, and on declared keys only (issue 3)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from importlib.resources import files
from importlib.resources.abc import Traversable

import pytest

from matchd.domain.bookings import Cause
from matchd.domain.events import KEEP, Presence
from matchd.domain.groups import GroupKey, Member
from matchd.domain.ids import BookingId, GroupId, HostId, NodeId, PeerId, RoomId
from matchd.store.ports import Draft, Joining
from matchd.store.redis.scripts import OPERATIONS, keys_under, load
from tests.redis.house import opened
from tests.store.house import BUSY, IDLE, House, grant_of, socket, wish
from tests.store.redis_server import RedisServer

R1 = RoomId("r1")


@pytest.fixture
async def house(own_server: RedisServer) -> AsyncIterator[House]:
    """A house on a server that nobody else talks to."""
    async with opened(own_server.url, trust=True) as store:
        house = House(store)
        house.every = 10**9
        await house.beaten("h9")
        yield house


def scripts_run(server: RedisServer) -> int:
    """Scripts that were run since the last look."""
    found = re.search(rb"cmdstat_evalsha:calls=(\d+)", server.command("INFO", "commandstats"))
    server.command("CONFIG", "RESETSTAT")
    return 0 if found is None else int(found[1])


async def test_a_script_is_loaded_with_its_first_call(own_server: RedisServer) -> None:
    """In the same round trip, once, and not when only others are called."""

    def kept() -> int:
        found = re.search(rb"number_of_cached_scripts:(\d+)", own_server.command("INFO", "memory"))
        assert found is not None
        return int(found[1])

    async with opened(own_server.url) as store:
        first = kept()
        scripts_run(own_server)
        for _ in range(2):
            await store.hosts.counts()
            assert (kept(), scripts_run(own_server)) == (first + 1, 1)


async def test_host_operations(house: House, own_server: RedisServer) -> None:
    """Beats, words, goodbye and reading are one script each."""
    hosts, costs = house.store.hosts, []
    scripts_run(own_server)
    for call in (
        house.beat("h1"),
        house.beat("h1", BUSY, slots=0),
        hosts.say(HostId("h1"), IDLE, None, house.now),
        hosts.get(HostId("h1"), house.now),
        hosts.page(None, 9, house.now),
        hosts.counts(),
        hosts.goodbye(HostId("h1"), house.now),
    ):
        await call
        costs.append(scripts_run(own_server))
    assert costs == [1] * 7


async def test_booking_operations(house: House, own_server: RedisServer) -> None:
    """A find with all its classes, polls and releases are one script each."""
    bookings, costs = house.store.bookings, []
    scripts_run(own_server)
    for call in (
        house.find(wish(None, ("x", "y"), ("z",), anywhere=True, game="go"), who="p", key="k"),
        house.find(waits=True),
        bookings.poll(BookingId("b2"), socket(1), house.now),
        bookings.look(BookingId("b2"), house.now),
        bookings.by_grant(grant_of("b1"), house.now),
        bookings.page(None, 9, house.now),
        bookings.leave_line(BookingId("b2"), Cause.WAIT_OVER, house.now),
        bookings.release(BookingId("b1"), Cause.RELEASED, house.now),
    ):
        await call
        costs.append(scripts_run(own_server))
    assert costs == [1] * 8


async def test_room_operations(house: House, own_server: RedisServer) -> None:
    """Entering and leaving are one script each, meetings included; groups are swept by another."""
    rooms, costs = house.store.rooms, []
    await house.beaten()
    booking = await house.book(wish(host="h1"))
    scripts_run(own_server)
    for call in (
        rooms.wait_outside(R1, "net", socket(1), house.now),
        rooms.enter_host(R1, None, socket(2), house.now),
        rooms.enter_player(R1, grant_of(booking.id), PeerId("p"), socket(3), house.now),
        rooms.enter_anyone(R1, PeerId("q"), socket(4), house.now),
        rooms.get(R1),
        rooms.page(None, 9),
        rooms.leave(R1, socket(2), house.now),
        house.store.sweep(house.now + 29),
    ):
        await call
        costs.append(scripts_run(own_server))
    assert costs == [1] * 7 + [2]


async def test_event_operations(house: House, own_server: RedisServer) -> None:
    """Entering with a replay, telling many, leaving, sweeping are one script each."""
    events, costs, names = house.store.events, [], [f"u_{number}" for number in range(500)]
    await house.join()
    await events.enter("u_1", socket(1), after=None, turn=None, now=house.now)
    drafts = (Draft(tuple(names), "{}"), Draft(("u_1",), "{}"))
    scripts_run(own_server)
    for call in (
        events.enter("u_1", socket(2), after=1, turn=None, now=house.now),
        events.append(NodeId("n1"), 1, drafts, house.now),
        events.present(names),
        events.place("u_1", Presence.GAME),
        events.leave("u_1", socket(2), grace=1.0, now=house.now),
        events.sweep(grace=1.0, now=house.now),
    ):
        await call
        costs.append(scripts_run(own_server))
    assert costs == [1] * 6
    assert 0 < float(own_server.command("PTTL", "{t}:events:u_1")[1:-2]) <= 2 * KEEP * 1000


async def test_sweep_in_steps(house: House, own_server: RedisServer) -> None:
    """A sweep of very many works in bounded scripts and still expires everything."""
    for number in range(250):
        await house.beaten(f"x{number}")
    scripts_run(own_server)
    assert len(await house.after(30)) == 251
    assert scripts_run(own_server) == 3 + 1  # and that of groups
    assert await house.store.violations() == ()


async def test_only_declared_keys(house: House, own_server: RedisServer) -> None:
    """After a life of everything Redis holds our declared keys and mirrors, and nothing else."""
    await house.beaten("h1", capacity=3)
    await house.meet((await house.book(wish(host="h1"), who="p", key="k")).id)
    await house.find(wish("nowhere"), waits=True, guest="a")
    await house.queue(wish("nowhere"))
    keys = set(re.findall(r"\r\n(\S+)\r\n\$?", own_server.command("KEYS", "*").decode()))
    ours = {key for key in keys if not key.startswith("$")}
    assert ours - {"host:h1", "host:h9"} <= set(keys_under("t"))


def test_every_script_is_an_operation() -> None:
    """Each file of `lua/` is loaded, each under a SHA-1 of its own, with one hash tag for all keys."""
    loaded = load()
    assert set(loaded) == set(OPERATIONS)
    assert len({script.sha for script in loaded.values()}) == len(OPERATIONS)
    assert {key.partition("}")[0] for key in keys_under("p")} == {"{p"}


def test_a_script_carries_the_functions_that_it_calls() -> None:
    """No script calls a function of another's prelude, or makes one that nothing mentions."""
    prelude = (files("matchd.store.redis") / "lua" / "prelude").iterdir()
    shared = set(re.findall(r"^local function (\w+)", "".join(map(_read, prelude)), re.MULTILINE))
    for name, script in load().items():
        made = set(re.findall(r"^local function (\w+)", script.text, re.MULTILINE))
        called = set(re.findall(r"(?<![\w.])(\w+)\(", script.text))
        assert called & shared <= made, name
        assert all(len(re.findall(rf"\b{item}\b", script.text)) > 1 for item in made), name


def _read(part: Traversable) -> str:
    return part.read_text("utf-8")


async def test_group_operations(house: House, own_server: RedisServer) -> None:
    """Whatever is done in a group is one script, complete groups and departures included."""
    groups, costs = house.store.groups, []
    key = GroupKey("room", "r", 2)
    first, second = Member(PeerId("a"), socket(1), True), Member(PeerId("b"), socket(2))
    await house.join()
    scripts_run(own_server)
    for call in (
        groups.join(Joining(key, GroupId("g"), first, 64)),
        groups.linger(GroupId("g"), PeerId("a"), socket(1), house.now),
        groups.resume(GroupId("g"), PeerId("a"), socket(3)),
        groups.join(Joining(key, GroupId("h"), second, 64)),
        groups.look(key),
        groups.leave(GroupId("g"), PeerId("a"), socket(3)),
        groups.vacate(socket(2)),
    ):
        await call
        costs.append(scripts_run(own_server))
    assert costs == [1] * 7

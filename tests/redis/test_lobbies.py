"""Lobbies in Redis: what a deed costs, declared keys only, and what happens when Redis forgets."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from matchd.domain import lobby_deeds as deeds
from matchd.domain.ids import LobbyId
from matchd.domain.lobbies import IDLE, Lobby
from matchd.domain.lobby_lists import Change, Sought
from matchd.errors import StoreUnavailable
from matchd.store.ports import Store
from matchd.store.redis.lobbies import LOBBIES
from matchd.store.redis.people import PEOPLE
from matchd.store.redis.scripts import keys_under
from tests.lobbies import NOW, lobby, member, who
from tests.redis.house import opened, ready
from tests.redis.test_round_trips import scripts_run
from tests.store.redis_server import RedisServer

L1 = LobbyId("l1")


@pytest.fixture
async def store(own_server: RedisServer) -> AsyncIterator[Store]:
    """A store on a server that nobody else talks to, with one lobby in it."""
    async with opened(own_server.url, trust=True) as store:
        await make(store, "l1", "ann")
        yield store


async def make(store: Store, name: str, owner: str, at: float = NOW) -> None:
    """A new lobby."""
    made = replace(lobby(name, owner), created_at=at, active_at=at)

    def deed(before: Lobby | None, now: float) -> Lobby:
        return made

    assert isinstance(await store.lobbies.change(made.id, deed, at), Change)


async def test_round_trips(store: Store, own_server: RedisServer) -> None:
    """A deed is two scripts, a look one, a deed that does nothing one; so is everything else."""
    port, costs = store.lobbies, []

    def enter(before: Lobby | None, now: float) -> Lobby:
        return deeds.join(before, member("bob"), now)

    scripts_run(own_server)
    for call in (
        port.change(L1, enter, NOW),
        port.change(L1, enter, NOW),
        port.get(L1),
        port.of(who("bob")),
        port.by_code("CODEL1"),
        port.page(Sought(), None, 9),
        port.due(NOW, 9),
        port.log(0, 9),
        port.counts(),
    ):
        await call
        costs.append(scripts_run(own_server))
    assert costs == [2] + [1] * 8


def commands(server: RedisServer, name: str) -> int:
    """How often a command was called, by scripts too."""
    found = re.search(
        rf"cmdstat_{name}:calls=(\d+)", server.command("INFO", "commandstats").decode()
    )
    return 0 if found is None else int(found[1])


async def test_a_page_costs_what_it_shows(store: Store, own_server: RedisServer) -> None:
    """Among three hundred lobbies ten are read for ten, from anywhere on."""
    for number in range(300):
        await make(store, f"m{number}", f"p{number}", NOW + number)
    after = None
    for _ in range(3):
        own_server.command("CONFIG", "RESETSTAT")
        page = await store.lobbies.page(Sought(viewer=who("ann")), after, 10)
        after = f"{10**16 - int(page[-1].created_at * 1e6):016d}.{page[-1].id}"
        assert len(page) == 10
        assert commands(own_server, "hget") <= 11
        assert commands(own_server, "zrangebylex") == 2


async def test_only_declared_keys(store: Store, own_server: RedisServer) -> None:
    """Redis holds declared keys and nothing else; of a lobby that has ended the log alone stays."""
    ours = set(LOBBIES.keys_under("t"))
    keys = found(own_server)
    assert {key for key in keys if "lobb" in key} == {key for key in ours if "lobb" in key}
    assert keys <= ours | set(keys_under("t")) | set(PEOPLE.keys_under("t"))
    await store.lobbies.change(L1, _expire, NOW + IDLE)
    left = {key for key in found(own_server) if "lobb" in key}
    assert left == {"{t}:lobby_log", "{t}:lobby_totals"}


def found(server: RedisServer) -> set[str]:
    """The keys that are there."""
    return set(re.findall(r"\r\n(\{\S+)\r\n", server.command("KEYS", "*").decode()))


def _expire(before: Lobby | None, now: float) -> Lobby | None:
    assert before is not None
    return deeds.expire(before, now)


async def test_a_redis_that_lost_everything(store: Store, own_server: RedisServer) -> None:
    """It is said, once; then Redis is taken into use anew, and its log is another one."""
    before = await store.lobbies.log(0, 9)
    own_server.command("FLUSHALL")
    with pytest.raises(StoreUnavailable, match="lost what matchd kept in it; nothing was changed"):
        await store.lobbies.get(L1)
    await ready(store)  # type: ignore[arg-type]  # it is the one of Redis
    after = await store.lobbies.log(0, 9)
    assert before.epoch != after.epoch
    assert (after.head, after.entries) == (0, ())
    await make(store, "l1", "ann")


async def test_a_damaged_index_is_found(store: Store, own_server: RedisServer) -> None:
    """What the records, homes, codes, lists and deadlines don't agree on is named."""
    own_server.command("HSET", "{t}:lobby_homes", "u_eve", "l1")
    own_server.command("HSET", "{t}:lobby_codes", "OTHER", "l1")
    own_server.command("ZADD", "{t}:lobby_names", "0", "e\0x.l9")
    own_server.command("DEL", "{t}:lobby_due")
    wrong = await store.violations()
    assert [
        word for word in ("homes", "codes", "lists", "deadlines") if word in " ".join(wrong)
    ] == [
        "homes",
        "codes",
        "lists",
        "deadlines",
    ]

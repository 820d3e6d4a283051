"""People in Redis: one script for each operation on declared keys only, the same answers as the
embedded store gives, and what happens when Redis has lost them.
"""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import cast

import pytest

from matchd.domain.accounts import Ban
from matchd.domain.bookings import Terms
from matchd.domain.chat import Retention
from matchd.domain.friends import Verb
from matchd.domain.ids import AccountId, Handle, LoginId
from matchd.domain.logins import Cause
from matchd.errors import StoreUnavailable
from matchd.store.embedded import EmbeddedStore
from matchd.store.ports import Store
from matchd.store.redis.accounts import RedisAccounts
from matchd.store.redis.people import PEOPLE
from matchd.store.redis.scripts import keys_under
from tests.redis.house import opened, ready
from tests.redis.test_round_trips import scripts_run
from tests.store.chatting import Chat
from tests.store.house import LEASES
from tests.store.people import People, account, crowd, digest, key_account
from tests.store.redis_server import RedisServer, fresh_prefix
from tests.store.test_reports import report

ANN, BOB = AccountId("u_ann"), AccountId("u_bob")
Do = Callable[[People], Awaitable[object]]


@pytest.fixture
async def people(own_server: RedisServer) -> AsyncIterator[People]:
    """People on a server that nobody else talks to; ann and bob are there, ann is logged in."""
    async with opened(own_server.url, trust=True) as store:
        people = People(store)
        await people.add("ann", "bob")
        await people.log_in("ann")
        yield people


async def test_round_trips(people: People, own_server: RedisServer) -> None:
    """Every operation is one script."""
    store, now, costs = people.store, people.now, []
    login = LoginId("ann-d")
    scripts_run(own_server)
    for call in (
        people.create(account("cleo")),
        store.accounts.get(ANN),
        store.accounts.by_handle(Handle("Ann")),
        store.accounts.many([ANN, BOB]),
        store.accounts.page("", None, 9),
        store.accounts.count(),
        store.accounts.touch(ANN, now),
        store.accounts.show(ANN, visible=False),
        store.accounts.rehash(BOB, "hash of bob", "new"),
        store.accounts.set_password(BOB, "new", "newer", keep=None, now=now),
        people.rotate("ann", 0),
        store.logins.get(login),
        store.logins.of_account(ANN),
        store.logins.revoked_since(0, 9),
        people.change(ANN, BOB, Verb.ASK),
        store.friends.standing(ANN, BOB),
        store.friends.page(ANN, None, None, 9),
        store.friends.blocked(ANN, [BOB]),
        store.spent.spend("ticket", digest("a"), now + 9, now),
        store.spent.is_spent("ticket", digest("a")),
        store.spent.sweep(now),
        store.logins.sweep(now, 9),
        store.accounts.export(ANN),
        store.logins.close(login, Cause.LOGOUT, now),
        store.logins.close_all(ANN, Cause.LOGOUT, now),
        store.accounts.ban(ANN, Ban("spam", now), now),
        store.accounts.unban(ANN),
        people.log_in("ann"),
        store.accounts.delete(ANN, now),
    ):
        await call
        costs.append(scripts_run(own_server))
    assert costs == [1] * 29


async def test_very_many_ties(people: People, own_server: RedisServer) -> None:
    """Ties by the thousand are erased in steps; what a dead node left of them is swept, and an account
    that comes back first waits for it.
    """
    kim, store = key_account("kim"), people.store
    for wait in (False, True):
        await people.create(kim)
        await crowd((partial(people.change, kim.id, f"k_{n}", Verb.ASK) for n in range(600)), 100)
        await people.change(ANN, kim.id, Verb.BLOCK)
        scripts_run(own_server)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(RedisAccounts, "_erase", _nobody)
            await store.accounts.delete(kim.id, people.now)
        assert len(await people.lines("k_kim")) == 600 - 249
        if wait:
            await people.create(kim)
        else:
            assert [await store.logins.sweep(people.now, 9e9) for _ in range(2)] == [351, 0]
        assert (await people.lines("k_kim"), await people.lines("k_7")) == ([], [])
        assert await people.lines(ANN) == [("blocked", "k_kim")]
        told = own_server.command("HGETALL", "{t}:tallies")
        assert re.findall(rb"\$\d+\r\n([^\r]+)\r\n", told) == [b"held\x00u_ann", b"1"]


async def _nobody(accounts: RedisAccounts, account_id: AccountId) -> None:
    """The node died before it went on."""


async def test_only_declared_keys(people: People, own_server: RedisServer) -> None:
    """Redis holds declared keys and nothing else, and none of them has a time to live."""
    store = people.store
    await people.change(ANN, BOB, Verb.ASK)
    await people.log_in("ann", "x")
    await store.logins.close(LoginId("ann-x"), Cause.LOGOUT, people.now)
    await store.spent.spend("ticket", digest("a"), people.now + 9, people.now)
    await _chat_and_complain(cast("Store", store))
    keys = set(re.findall(r"\r\n(\{\S+)\r\n", own_server.command("KEYS", "*").decode()))
    assert set(PEOPLE.keys_under("t")) - keys == {
        "{t}:erasing",
        *(f"{{t}}:play_{name}" for name in ("history", "results", "ratings")),
    }
    assert keys <= set(PEOPLE.keys_under("t")) | set(keys_under("t"))
    assert {own_server.command("TTL", key) for key in keys} == {b":-1\r\n"}


async def _chat_and_complain(store: Store) -> None:
    """A word in a room, a room that is gone, a socket, a report."""
    chat = Chat(store)
    await chat.open("tea", "ann", "bob")
    await chat.said("tea", "ann", "hi")
    await chat.open("gone", "ann")
    await chat.leave("gone", "ann")
    await chat.join("n1")
    await chat.enter("ann", 1)
    await store.reports.file(report("r"))


async def test_nothing_stays_of_somebody(people: People, own_server: RedisServer) -> None:
    """After all accounts were deleted, and time has passed, only counters are left."""
    store = people.store
    await people.change(ANN, BOB, Verb.ASK)
    await people.change(BOB, ANN, Verb.BLOCK)
    chat = Chat(cast("Store", store))
    await chat.open("tea", "ann", "bob")
    await chat.said("tea", "bob", "hi")
    for one in (ANN, BOB):
        await store.accounts.delete(one, people.now)
    await store.logins.sweep(people.now + 10, 5)
    assert await store.chat.sweep(people.now, Retention(1e9, 1000)) == 2
    assert await store.chat.sweep(people.now, Retention(1e9, 1000)) == 0
    keys = set(re.findall(r"\r\n\{t\}:(\S+)\r\n", own_server.command("KEYS", "*").decode()))
    assert keys <= {"schema", "pulse", "totals"}


async def test_a_redis_that_lost_everything(people: People, own_server: RedisServer) -> None:
    """A Redis that was emptied is said, once, and then taken into use anew."""
    own_server.command("FLUSHALL")
    with pytest.raises(StoreUnavailable, match="lost what matchd kept in it; nothing was changed"):
        await people.add("cleo")
    await ready(people.store)  # type: ignore[arg-type]  # it is the one of Redis
    await people.add("cleo")
    assert await people.store.accounts.count() == 1


NAMES = ("ann", "bob", "cleo")


class Script:
    """Draws steps; a step does the same to whichever people it is given."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def step(self) -> Do:
        """The next step."""
        return self.rng.choice((self._account, self._login, self._tie, self._tie, self._life))()

    def _account(self) -> Do:
        name, now = self.rng.choice(NAMES), self.rng.choice((None, 60.0))
        me = AccountId(f"u_{name}")
        steps: tuple[Do, ...] = (
            lambda people: people.create(account(name)),
            lambda people: people.create(key_account(name)),
            lambda people: people.store.accounts.touch(me, people.now, v2=now is None),
            lambda people: people.store.accounts.show(me, visible=now is None),
            lambda people: people.store.accounts.set_password(
                me, None, f"hash of {name}", keep=LoginId(f"{name}-a"), now=people.now
            ),
            lambda people: people.ban(name, None if now is None else people.now + now),
            lambda people: people.store.accounts.unban(me),
        )
        return self.rng.choice(steps)

    def _login(self) -> Do:
        name, device = self.rng.choice(NAMES), self.rng.choice("ab")
        number, seen = self.rng.randint(0, 3), self.rng.choice(("hash of", "no hash of"))
        login, me = LoginId(f"{name}-{device}"), AccountId(f"u_{name}")
        steps: tuple[Do, ...] = (
            lambda people: people.store.logins.open(
                people.login(name, device), f"{seen} {name}", people.now
            ),
            lambda people: people.rotate(name, number, device=device),
            lambda people: people.rotate(name, number, device=device),
            lambda people: people.store.logins.close(login, Cause.LOGOUT, people.now),
            lambda people: people.store.logins.close_all(me, Cause.LOGOUT, people.now, keep=login),
        )
        return self.rng.choice(steps)

    def _tie(self) -> Do:
        ids = [f"u_{name}" for name in NAMES] + ["k_ann"]
        me, other, verb = self.rng.choice(ids), self.rng.choice(ids), self.rng.choice(list(Verb))
        return lambda people: people.change(me, other, verb)

    def _life(self) -> Do:
        account_id = AccountId(self.rng.choice(("u_ann", "u_bob", "u_cleo", "k_ann")))
        steps: tuple[Do, ...] = (
            lambda people: people.store.accounts.delete(account_id, people.now),
            lambda people: people.store.logins.sweep(people.now, 50),
            lambda people: people.store.spent.spend("t", b"a", people.now + 9, people.now),
            lambda people: people.store.spent.sweep(people.now),
        )
        return self.rng.choice(steps)


async def everything(people: People) -> tuple[object, ...]:
    """All that a store can be asked for."""
    store = people.store
    accounts = await store.accounts.page("", None, 99)
    return (
        accounts,
        await store.accounts.count(),
        [await store.accounts.export(one.id) for one in accounts],
        await store.friends.page(AccountId("k_ann"), None, None, 99),
        await store.logins.revoked_since(0, 999),
        await store.logins.revoked_since(5, 3),
    )


@pytest.mark.parametrize("seed", range(4))
async def test_twins(server: RedisServer, seed: int) -> None:
    """300 steps in any order have the same answers in both stores and leave the same behind."""
    ours = People(EmbeddedStore(LEASES, Terms(), random.Random(1)))
    async with opened(server.url, fresh_prefix(), trust=True) as store:
        theirs, script = People(store), Script(seed)
        for _ in range(300):
            ours.now = theirs.now = ours.now + script.rng.choice((0.013, 7.0, 61.0))
            step = script.step()
            assert await step(ours) == await step(theirs)
            assert await everything(ours) == await everything(theirs)

"""A real Redis that dies, forgets, hangs, refuses or is foreign: what is said, and that it heals."""

from __future__ import annotations

import signal

import pytest
import trio
from structlog.testing import capture_logs

from matchd.domain.happenings import HostGone
from matchd.errors import ConfigError, StoreUnavailable
from matchd.store.redis import Limits, Target
from matchd.store.redis.caller import Answer
from tests.redis.house import away, book_on, events, opened, ready, until
from tests.store.house import House
from tests.store.redis_server import RedisServer


async def test_killed_and_started_again(own_server: RedisServer) -> None:
    """A killed Redis is 503 with a time to come back, said once; when it is back all goes on."""
    with capture_logs() as logs:
        async with opened(own_server.url) as store:
            house = House(store)
            await house.beaten()
            own_server.kill()
            await away(store, "Redis can't be reached")
            with pytest.raises(StoreUnavailable) as caught:
                await store.hosts.counts()
            own_server.start()
            await ready(store)
            await house.beaten()
    assert caught.value.retry_after == 2
    assert events(logs) == ["store.away", "store.back"]


async def test_lost_memory_heals(own_server: RedisServer) -> None:
    """A Redis that restarted empty is taken into use anew: hosts register with their next beat."""
    async with opened(own_server.url) as store:
        house = House(store)
        await house.beaten()
        own_server.kill()
        await away(store)
        own_server.start()
        await ready(store)
        assert (await store.hosts.counts()).alive == 0
        assert len((await house.beaten()).happenings) == 1
        await house.book()


async def test_a_record_that_nobody_can_read(own_server: RedisServer) -> None:
    """It is left and named in the log; what else is due still ends."""
    with capture_logs() as logs:
        async with opened(own_server.url, trust=True) as store:
            house = House(store)
            await house.beaten("h1")
            await house.beaten("h2")
            own_server.command("HSET", "{t}:hosts", "h1", b"\xc1 of somebody else")
            gone = await store.sweep(house.now + 60)
    assert [end.host_id for end in gone if isinstance(end, HostGone)] == ["h2"]
    told = [entry for entry in logs if entry["event"] == "store.unreadable"]
    assert [entry["record"] for entry in told] == ["h h1"]


async def test_kept_memory_is_used(lasting_server: RedisServer) -> None:
    """With an append-only file every booking stands after kill -9 of Redis."""
    async with opened(lasting_server.url) as store:
        house = House(store)
        await house.beaten()
        booking = await house.book()
        lasting_server.kill()
        await away(store)
        lasting_server.start()
        await ready(store)
        assert (await house.state(booking.id))[0].value == "held"
        assert await store.violations() == ()


async def test_restart_between_calls_is_not_noticed(own_server: RedisServer) -> None:
    """A Redis that restarts while nobody calls costs nobody an error."""
    with capture_logs() as logs:
        async with opened(own_server.url) as store:
            await store.hosts.counts()
            own_server.kill()
            own_server.start()
            assert (await store.hosts.counts()).alive == 0
    assert events(logs) == []


async def test_forgotten_scripts(own_server: RedisServer) -> None:
    """SCRIPT FLUSH is not noticed: the scripts are loaded again and the calls repeated, none lost."""
    async with opened(own_server.url) as store:
        house = House(store)
        await house.beaten(capacity=31)
        await house.book()
        own_server.command("SCRIPT", "FLUSH")
        async with trio.open_nursery() as finds:
            for _ in range(30):
                finds.start_soon(house.book)
        assert (await store.hosts.counts()).held == 31


async def test_hanging_redis(own_server: RedisServer) -> None:
    """A Redis that hangs is given up after the deadline, and used again when it goes on."""
    limits = Limits(deadline=0.3, first_pause=0.01, longest_pause=0.02)
    async with opened(own_server.url, limits=limits) as store:
        own_server.signal(signal.SIGSTOP)
        with pytest.raises(StoreUnavailable):
            await store.hosts.counts()
        await away(store, "Redis does not answer")
        own_server.signal(signal.SIGCONT)
        await ready(store)


@pytest.mark.parametrize(
    ("password", "reason"),
    [("wrong-word", "refused the user name or password"), (None, "asks for a password")],
)
async def test_password(own_server: RedisServer, password: str | None, reason: str) -> None:
    """A wrong or missing password is said, without the password; once it is right all goes on."""
    own_server.command("CONFIG", "SET", "requirepass", "right-word")
    with capture_logs() as logs:
        async with opened(Target(own_server.tcp_url, password)) as store:
            why = await away(store)
            with pytest.raises(StoreUnavailable, match=reason):
                await store.hosts.counts()
    assert reason in why
    assert "-word" not in f"{why}{logs}"
    assert events(logs) == ["store.away"]


async def test_user_with_a_missing_right(own_server: RedisServer) -> None:
    """An ACL user without a command or keys that are needed: they are named."""
    target = Target(own_server.tcp_url.replace("//", "//matchd@"), "pw")
    rights = ("on", ">pw", "~*", "resetchannels", "&t:*", "+@all", "-zadd")
    own_server.command("ACL", "SETUSER", "matchd", *rights)
    async with opened(target) as store:
        assert "run ZADD on the keys {t}:*" in await away(store)
        own_server.command("ACL", "SETUSER", "matchd", "+zadd")
        await away(store, "run PUBLISH on the channels {t}:*")
        own_server.command("ACL", "SETUSER", "matchd", "&{t}:*", "resetkeys", "~other:*")
        await away(store, "Redis forbids what matchd needs (ACL)")


async def test_user_with_just_enough_rights(own_server: RedisServer) -> None:
    """A user who may touch our keys and the mirror only, without dangerous commands, is enough."""
    own_server.command("ACL", "SETUSER", "matchd", "on", ">pw", "~{t}:*", "~host:*", "&{t}:*")
    commands = ("+@all", "-@dangerous", "-@admin", "-@blocking")
    own_server.command("ACL", "SETUSER", "matchd", *commands)
    target = Target(own_server.tcp_url.replace("//", "//matchd@"), "pw")
    with capture_logs() as logs:
        async with opened(target) as store:
            house = House(store)
            await house.beaten()
            await house.meet((await house.book()).id)
            await store.sweep(0.0)
    assert (events(logs), own_server.command("EXISTS", "host:h1")) == ([], b":1\r\n")


async def test_replica(own_server: RedisServer) -> None:
    """A connection to a read-only replica is refused; after its promotion it is used."""
    primary = RedisServer()
    primary.start()
    try:
        own_server.command("REPLICAOF", "127.0.0.1", str(primary.port))
        async with opened(own_server.url) as store:
            await away(store, "read-only replica")
            own_server.command("REPLICAOF", "NO", "ONE")
            await ready(store)
            await House(store).beaten()
    finally:
        primary.remove()


async def test_demoted_under_way(own_server: RedisServer) -> None:
    """A primary that becomes a replica refuses writes with a sentence and nothing is half done."""
    async with opened(own_server.url) as store:
        house = House(store)
        await house.beaten()
        own_server.command("REPLICAOF", "127.0.0.1", "1")
        with pytest.raises(StoreUnavailable, match="read-only replica; nothing was changed"):
            await house.find()
        own_server.command("REPLICAOF", "NO", "ONE")
        await ready(store)
        await house.book()


async def test_out_of_memory(own_server: RedisServer) -> None:
    """A full Redis refuses what it can't keep, changes nothing, and works again when there is room."""
    async with opened(own_server.url) as store:
        house = House(store)
        await house.beaten()
        own_server.command("CONFIG", "SET", "maxmemory", "1")
        with pytest.raises(StoreUnavailable, match=r"out of memory .* nothing was changed"):
            await house.find()
        assert "out of memory" in (await store.ready() or "")
        own_server.command("CONFIG", "SET", "maxmemory", "0")
        assert await store.violations() == ()
        await house.book()


async def test_eviction_is_refused(own_server: RedisServer) -> None:
    """A Redis that may evict our keys is refused with the line to change."""
    own_server.command("CONFIG", "SET", "maxmemory", "1gb")
    own_server.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    async with opened(own_server.url) as store:
        assert "maxmemory-policy allkeys-lru; set it to noeviction" in await away(store)
        own_server.command("CONFIG", "SET", "maxmemory-policy", "volatile-lru")
        await ready(store)


@pytest.mark.parametrize(
    ("foreign", "reason"),
    [
        (("SET", "{t}:hosts", "mine"), "The key {t}:hosts in Redis is a string of somebody else"),
        (("HSET", "{t}:counts", "a", "1"), "beside {t}:schema in Redis are not matchd's"),
        (("SET", "{t}:schema", "0"), "has schema 0 and this matchd writes schema 1"),
        (("RPUSH", "{t}:schema", "0"), "The key {t}:schema in Redis is a list"),
    ],
)
async def test_foreign_data(own_server: RedisServer, foreign: tuple[str, ...], reason: str) -> None:
    """Data of somebody else, or of another release, under our keys is refused and left alone."""
    own_server.command(*foreign)
    before = own_server.command("DUMP", foreign[1])
    async with opened(own_server.url) as store:
        assert reason in await away(store)
        with pytest.raises(StoreUnavailable):
            await House(store).beaten()
        assert before == own_server.command("DUMP", foreign[1])
        own_server.command("DEL", foreign[1])
        await ready(store)


async def test_schema_changes_under_way(own_server: RedisServer) -> None:
    """A node that meets the data of a newer release stops writing at once."""
    async with opened(own_server.url) as store:
        await House(store).beaten()
        own_server.command("SET", "{t}:schema", "2")
        with pytest.raises(StoreUnavailable, match=r"has schema 2 .* nothing was changed"):
            await House(store).beaten()


@pytest.mark.parametrize("prefix", ["", "a b", "{a}", "a" * 65])
async def test_bad_prefix(server: RedisServer, prefix: str) -> None:
    """A prefix that can't be a hash tag is a ConfigError that says what is allowed."""
    with pytest.raises(ConfigError, match="1 to 64 of A-Z"):
        async with opened(server.url, prefix):
            pass


async def test_killed_under_load(lasting_server: RedisServer) -> None:
    """With `appendfsync always` kill -9 loses no acknowledged booking and leaves nothing half done."""
    acknowledged: list[str] = []
    async with opened(lasting_server.url) as store, trio.open_nursery() as nursery:
        await House(store).beaten(capacity=1000)
        for number in range(8):
            nursery.start_soon(book_on, House(store), number * 1000, acknowledged)
        await until(lambda: len(acknowledged) > 40)
        lasting_server.kill()
        await away(store)
        lasting_server.start()
        await ready(store)
        assert await store.violations() == ()
        kept = {booking.id for booking in (await House(store).host()).bookings}
        assert set(acknowledged) <= kept


async def test_sweep_that_is_cut_short(own_server: RedisServer) -> None:
    """What a sweep did before Redis went away is told; only a sweep that did nothing fails."""
    async with opened(own_server.url, trust=True) as store:
        house = House(store)
        house.every = 10**9
        for number in range(120):
            await house.beaten(f"h{number}")
        house.now += 30
        run, calls = store._caller.run, 0

        async def cut(
            operation: str, ask: object, now: float | None, *, urgent: bool = False
        ) -> Answer:
            nonlocal calls
            calls += 1
            if calls > 1:
                raise StoreUnavailable
            return await run(operation, ask, now)

        store._caller.run = cut  # type: ignore[method-assign]  # Redis can't be killed that exactly
        assert len(await store.sweep(house.now)) == 100
        with pytest.raises(StoreUnavailable):
            await store.sweep(house.now)

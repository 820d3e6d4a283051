"""Redis behind sentinels: the primary is found, failovers are followed, what is missing is named."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator

import msgspec
import pytest
import trio
from structlog.testing import capture_logs

from matchd.domain.bookings import Cause
from matchd.domain.ids import BookingId
from matchd.errors import StoreUnavailable
from matchd.store.redis import Limits, Target
from tests.redis.house import Load, away, events, opened, ready, until
from tests.redis.sentinels import SERVICE, Sentinels, demoted
from tests.store.house import House

QUICK = Limits(deadline=1.0, first_pause=0.01, longest_pause=0.05)


@pytest.fixture
def watched() -> Iterator[Sentinels]:
    """A primary, its replicas and their sentinels, to be ended in any order."""
    watched = Sentinels()
    watched.start()
    yield watched
    watched.remove()


async def test_killed_under_load(watched: Sentinels) -> None:
    """A killed primary is replaced without our doing; every acknowledged booking is still there."""
    async with opened(watched.target, limits=QUICK) as store, trio.open_nursery() as nursery:
        load = Load(store)
        await load.start(nursery)
        watched.servers[0].kill()
        await load.refused_with("The primary")
        await load.flows()
        await load.check()
        assert watched.primary() is not watched.servers[0]


async def test_demoted_under_load(watched: Sentinels) -> None:
    """A failover on command is followed. It loses nothing that was acknowledged before it; meanwhile
    the other replica may confirm what the new primary never hears of.
    """
    async with opened(watched.target, limits=QUICK) as store, trio.open_nursery() as nursery:
        load = Load(store)
        await load.start(nursery)
        before = tuple(load.acknowledged)
        watched.sentinels[0].command("SENTINEL", "FAILOVER", SERVICE)
        await until(lambda: watched.primary() is not watched.servers[0])
        await until(lambda: demoted(watched.servers[0]))
        await load.flows()
        await load.check(before)


async def test_paused_under_load(watched: Sentinels) -> None:
    """A primary that hangs is given up, and is a replica when it goes on."""
    async with opened(watched.target, limits=QUICK) as store, trio.open_nursery() as nursery:
        load = Load(store)
        await load.start(nursery)
        watched.servers[0].signal(signal.SIGSTOP)
        await load.refused_with("not answer")
        await load.flows()
        watched.servers[0].signal(signal.SIGCONT)
        await until(lambda: demoted(watched.servers[0]))
        await load.flows()
        await load.check()


async def test_replicas_gone(watched: Sentinels) -> None:
    """Without replicas writers are told that their write may be lost, readers have their answers."""
    with capture_logs() as logs:
        async with opened(watched.target, limits=QUICK) as store:
            await House(store).beaten()
            for replica in watched.servers[1:]:
                replica.kill()
            for _ in range(3):
                with pytest.raises(StoreUnavailable, match=r"to a replica in time; .* not known"):
                    await store.bookings.release(BookingId("b1"), Cause.RELEASED, 0.0)
                assert (await store.hosts.counts()).alive == 1
            assert "to a replica in time" in (await store.ready() or "")
            watched.servers[1].start()
            watched.servers[1].command("REPLICAOF", "127.0.0.1", str(watched.servers[0].port))
            await ready(store)
    assert events(logs) == ["store.not_copied", "store.copied"]


async def test_dead_sentinels(watched: Sentinels) -> None:
    """One sentinel is enough to be let in; without any the reason names each, and work goes on."""
    watched.sentinels[0].kill()
    watched.sentinels[2].kill()
    async with opened(watched.target, limits=QUICK) as store:
        await House(store).beaten()
        watched.sentinels[1].kill()
        await House(store).beaten()
        async with opened(watched.target, limits=QUICK) as late:
            why = await away(late, "No sentinel names a primary: the sentinel 127.0.0.1:")
    assert why.count("can't be reached (Connection refused)") == 3


async def test_sentinel_that_hangs(watched: Sentinels) -> None:
    """A sentinel that does not answer is passed over after the deadline."""
    watched.sentinels[1].signal(signal.SIGSTOP)
    async with opened(watched.target, limits=QUICK) as store:
        await ready(store)


async def test_unknown_service(watched: Sentinels) -> None:
    """A service that the sentinels don't know is named."""
    async with opened(Target(watched.url.replace(SERVICE, "barn"))) as store:
        assert f'{watched.sentinels[1].port} knows no service "barn" (store.url)' in await away(
            store
        )


async def test_primary_unreachable(watched: Sentinels) -> None:
    """While the sentinels still name a dead primary, it is the part that is missing."""
    port = watched.servers[0].port
    for sentinel in watched.sentinels:
        sentinel.command("SENTINEL", "SET", SERVICE, "down-after-milliseconds", "60000")
    watched.servers[0].kill()
    async with opened(watched.target, limits=QUICK) as store:
        assert (
            await away(store)
            == f"The primary 127.0.0.1:{port} can't be reached (Connection refused)"
        )


@pytest.fixture
def guarded() -> Iterator[Sentinels]:
    """The same with a password for the servers and another for the sentinels."""
    guarded = Sentinels("server-word", "sentinel-word")
    guarded.start()
    yield guarded
    guarded.remove()


async def test_passwords(guarded: Sentinels) -> None:
    """Servers and sentinels have each their password; whichever is wrong is told apart."""
    async with opened(guarded.target) as store:
        await House(store).beaten()
    right = guarded.target
    for change, reason in (
        ({"password": "x"}, r"The primary .* refused the user name or password"),
        ({"password": None}, r"The primary .* asks for a password"),
        ({"sentinel_password": "x"}, r"the sentinel .* refused the user name or password"),
        ({"sentinel_password": None}, r"the sentinel .* asks for a password"),
    ):
        async with opened(msgspec.structs.replace(right, **change)) as store:
            why = await away(store)
        assert re.search(reason, why)
        assert "-word" not in why

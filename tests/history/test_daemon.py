"""A daemon of its own under load: at rest, killed, restarted, paused. No promise is broken."""

import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio

from tests.daemon.conftest import site as daemon_site
from tests.daemon.coturn import HOST
from tests.daemon.process import Site
from tests.history.checker import check
from tests.history.judge import judge
from tests.history.load import Load, Size, load
from tests.history.playing import Book, Player
from tests.history.rules import Excuses, Property, Rules

site = daemon_site

RULES = Rules(hold=3.0, hold_max=6.0, grace=2.0)
"""Leases so short that many end within a test."""


@pytest.fixture(autouse=True)
def _short_leases(site: Site) -> None:
    site.config["bookings"] = {
        "hold": RULES.hold,
        "hold_max": RULES.hold_max,
        "grace": RULES.grace,
    }


@asynccontextmanager
async def loaded(site: Site, seed: int, size: Size | None = None) -> AsyncIterator[Load]:
    """A load on the site's address, whichever daemon answers there."""
    addresses, secret = [f"{HOST}:{site.port}"], site.secret("host_secret")
    async with load(addresses, seed=seed, secret=secret, learn=site.learn, size=size) as clients:
        yield clients


async def test_a_loss_is_seen(site: Site) -> None:
    """What a killed daemon forgot is a violation, unless the checker is told that it forgets."""
    site.config["bookings"] = {"hold": 60.0, "hold_max": 60.0, "grace": 60.0}
    rules = Rules(hold=60.0, hold_max=60.0, grace=60.0)
    nobody = Size(hosts=0, players=0, lookers=1)
    async with loaded(site, 0, nobody) as clients:
        witness = Player("witness", clients.nodes, Book(), random.Random(0))
        async with site.daemon() as daemon:
            await daemon.beat()
            _, found = await witness.find("", {}, clients.nodes.addresses[0])
            killed = clients.history.clock()
            daemon.process.kill()
            await daemon.stopped()
        async with site.daemon():
            ready = clients.history.clock()
            await witness.look(found["bookingId"], found["grant"])
    events, window = clients.history.events, (killed, ready)
    assert check(events, rules).broken == {Property.KEPT}
    assert not check(events, rules, Excuses(forgets=(window,))).violations


async def test_at_rest(site: Site) -> None:
    """Hosts, players and lookers who do all they may find every promise kept."""
    async with site.daemon(), loaded(site, 1) as clients:
        await clients.go_on(4, 200)
        await clients.finish()
    judge(clients.history, site.directory, RULES)


async def test_kill(site: Site) -> None:
    """A killed daemon forgets its bookings, as it may, and breaks nothing that it promises after."""
    async with loaded(site, 2) as clients:
        async with site.daemon() as daemon:
            await clients.go_on(2.5)
            killed = clients.history.clock()
            daemon.process.kill()
            await daemon.stopped()
        async with site.daemon():
            ready = clients.history.clock()
            await clients.go_on(2.5)
            await clients.finish()
    judge(clients.history, site.directory, RULES, Excuses(forgets=((killed, ready),)))


async def test_restart(site: Site) -> None:
    """An orderly restart forgets nothing."""
    async with loaded(site, 3) as clients:
        async with site.daemon():
            await clients.go_on(2.5)
            stopped = clients.history.clock()
        async with site.daemon():
            ready = clients.history.clock()
            await clients.go_on(2.5)
            await clients.finish()
    judge(clients.history, site.directory, RULES, Excuses(faults=((stopped, ready),)))


async def test_pause(site: Site) -> None:
    """A daemon that stands still for 5 s goes on, and breaks nothing."""
    async with site.daemon() as daemon, loaded(site, 4) as clients:
        await clients.go_on(1.5)
        paused = clients.history.clock()
        daemon.signal(signal.SIGSTOP)
        await trio.sleep(5)
        daemon.signal(signal.SIGCONT)
        going = clients.history.clock()
        await clients.go_on(1.5)
        await clients.finish()
    judge(clients.history, site.directory, RULES, Excuses(faults=((paused, going),)))

"""A daemon of its own under load: at rest, killed, restarted, paused. No promise is broken."""

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio

from tests.daemon.conftest import site as daemon_site
from tests.daemon.coturn import HOST
from tests.daemon.process import Site
from tests.history.checker import check
from tests.history.load import Load, load, summary
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
async def loaded(site: Site, seed: int) -> AsyncIterator[Load]:
    """A load on the site's address, whichever daemon answers there."""
    secret = site.secret("host_secret")
    async with load([f"{HOST}:{site.port}"], seed=seed, secret=secret, learn=site.learn) as clients:
        yield clients


def judge(site: Site, clients: Load, excuses: Excuses | None = None) -> None:
    """Refuse every violation, and a history in which too little happened; it is kept beside."""
    events = clients.history.events
    clients.history.write(site.directory / "history.jsonl")
    verdict = check(events, RULES, excuses)
    assert not verdict.violations, f"{verdict}\n{summary(events)}"
    assert len(events) > 500, summary(events)


async def test_at_rest(site: Site) -> None:
    """Hosts, players and lookers who do all they may find every promise kept."""
    async with site.daemon(), loaded(site, 1) as clients:
        await trio.sleep(5)
        await clients.finish()
    judge(site, clients)


async def test_kill(site: Site) -> None:
    """A killed daemon forgets its bookings, as it may, and breaks nothing that it promises after."""
    async with loaded(site, 2) as clients:
        async with site.daemon() as daemon:
            await trio.sleep(3)
            killed = clients.history.clock()
            daemon.process.kill()
            await daemon.stopped()
        async with site.daemon():
            ready = clients.history.clock()
            await trio.sleep(3)
            await clients.finish()
    judge(site, clients, Excuses(forgets=((killed, ready),)))
    assert Property.KEPT in check(clients.history.events, RULES).broken


async def test_restart(site: Site) -> None:
    """An orderly restart forgets nothing."""
    async with loaded(site, 3) as clients:
        async with site.daemon():
            await trio.sleep(3)
            stopped = clients.history.clock()
        async with site.daemon():
            ready = clients.history.clock()
            await trio.sleep(3)
            await clients.finish()
    judge(site, clients, Excuses(faults=((stopped, ready),)))


async def test_pause(site: Site) -> None:
    """A daemon that stands still for 5 s goes on, and breaks nothing."""
    async with site.daemon() as daemon, loaded(site, 4) as clients:
        await trio.sleep(2)
        paused = clients.history.clock()
        daemon.signal(signal.SIGSTOP)
        await trio.sleep(5)
        daemon.signal(signal.SIGCONT)
        going = clients.history.clock()
        await trio.sleep(2)
        await clients.finish()
    judge(site, clients, Excuses(faults=((paused, going),)))

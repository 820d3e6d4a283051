"""Several processes on one port, as matchd@.service runs them."""

import signal
from collections import Counter
from collections.abc import Iterator

import pytest
import trio

from tests.daemon.nodes import ANOTHER_PORT, redis, share, well
from tests.daemon.process import Daemon, Site
from tests.store.redis_server import RedisServer

MANY = 40
"""Connections of which surely each of two processes gets one: all go to one in 2 of 2**40 cases."""

CALLERS = 8
"""Callers at a time during a restart; on a busy machine each may get through a few times only."""


@pytest.fixture
def server(site: Site) -> Iterator[RedisServer]:
    """The Redis of a site whose processes share a port."""
    with redis() as server:
        share(site, server)
        site.config["server"]["reuse_port"] = True
        yield server


async def served(*daemons: Daemon) -> list[float]:
    """Ask the port many times, then each process how many requests of that kind it has answered."""
    for _ in range(MANY):
        assert (await daemons[0].ask("GET", "/healthz")).status == 200
    counts: dict[str, float] = {}
    with trio.fail_after(20):
        while len(counts) < len(daemons):
            text = (await daemons[0].ask("GET", "/metrics")).body.decode().splitlines()
            lines = dict(line.rsplit(" ", 1) for line in text if not line.startswith("#"))
            count = lines.get('matchd_http_requests_total{route="/healthz",status="200"}', "0")
            counts[lines["process_start_time_seconds"]] = float(count)
    return list(counts.values())


async def test_both_serve(site: Site, server: RedisServer) -> None:
    """The kernel gives connections of one port to both processes."""
    async with site.daemon() as one, site.daemon() as two:
        await well(one, two)
        counts = await served(one, two)
        assert sum(counts) == MANY
        assert min(counts) > 0


async def test_a_killed_process(site: Site, server: RedisServer) -> None:
    """After kill -9 of one the other serves every connection."""
    async with site.daemon() as one, site.daemon() as two:
        one.process.kill()
        await one.stopped()
        assert await served(two) == [MANY]


class Callers:
    """Callers who connect one after the other, and what came of it."""

    def __init__(self, daemon: Daemon) -> None:
        self.outcomes: Counter[str] = Counter()
        self._daemon = daemon

    async def run(self) -> None:
        """Call until cancelled."""
        while True:
            try:
                answer = await self._daemon.ask("GET", "/healthz")
                self.outcomes[str(answer.status)] += 1
            except OSError as error:
                self.outcomes[repr(error)] += 1
            await trio.sleep(0.01)  # the daemons share this machine


async def test_rolling_restart(site: Site, server: RedisServer) -> None:
    """While one process after the other restarts, every connection is answered."""
    async with site.daemon() as one, trio.open_nursery() as nursery:
        callers = Callers(one)
        async with site.daemon() as two:
            for _ in range(CALLERS):
                nursery.start_soon(callers.run)
            one.signal(signal.SIGTERM)
            assert await one.stopped() == 0
            async with site.daemon():
                two.signal(signal.SIGTERM)
                assert await two.stopped() == 0
                await trio.sleep(0.2)
                nursery.cancel_scope.cancel()
    assert set(callers.outcomes) == {"200"}
    assert callers.outcomes["200"] > CALLERS


async def test_a_process_that_does_not_share(site: Site, server: RedisServer) -> None:
    """A second process is refused the port when one of them does not share it, and told the key."""
    site.config["server"]["reuse_port"] = False
    async with site.daemon():
        status, said = await site.refused()
        assert status == 1
        assert "server.reuse_port = true" in said
        site.config["server"]["reuse_port"] = True
        site.write()
        status, said = await site.refused()
        assert status == 1
        assert "the process there needs server.reuse_port = true and our user" in said


async def test_nodes_need_no_shared_port(site: Site, server: RedisServer) -> None:
    """Processes of different ports share one Redis and one data directory's name without a lock."""
    site.config["server"]["reuse_port"] = False
    async with site.daemon() as one, site.daemon(*ANOTHER_PORT) as two:
        await well(one, two)
        assert one.listen != two.listen
    assert not (site.directory / "data").exists()

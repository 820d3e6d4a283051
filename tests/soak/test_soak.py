"""A daemon that people use for a long time has in the end what it had in the beginning.

In the gate everybody does everything a few times. MATCHD_SOAK is the seconds of a real run; it prints
memory and file descriptors as it goes.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import trio

from matchd.domain.callers import Role
from tests.daemon.conftest import site as daemon_site
from tests.daemon.process import Daemon, Site
from tests.soak.visits import Crew

site = daemon_site

SECONDS = float(os.environ.get("MATCHD_SOAK", "0"))
CREWS = 4
PAUSE = 3.0 if SECONDS else 0.0
"""Seconds between two visits of a crew."""

SAMPLES = 12
"""So often memory is looked at, at rest; the first third is the daemon's youth."""

MOST_GROWTH = 1.05
"""What the last third may have more than the second, in the middle: allocators keep some."""


async def visit(crew: Crew, seconds: float) -> None:
    """Do everything, again and again, at least once."""
    until = trio.current_time() + seconds
    first = True
    while first or trio.current_time() < until:
        first = False
        await crew.come_back()
        for one in crew.visits:
            await one()
            await trio.sleep(PAUSE)


def resident(daemon: Daemon) -> int:
    """Bytes of memory that are the daemon's own."""
    text = Path(f"/proc/{daemon.process.pid}/smaps_rollup").read_text()
    (line,) = [line for line in text.splitlines() if line.startswith("Pss_Anon:")]
    return int(line.split()[1]) * 1024


def descriptors(daemon: Daemon) -> int:
    """Its open files and sockets."""
    return len(list(Path(f"/proc/{daemon.process.pid}/fd").iterdir()))


async def rest(daemon: Daemon, least: int) -> None:
    """Wait until the connections of those who left are gone."""
    with trio.fail_after(120):
        while descriptors(daemon) > least:  # noqa: ASYNC110  # it changes in another process
            await trio.sleep(0.1)


async def test_nothing_is_left(site: Site) -> None:
    """Sockets, files and memory, after matches, lobbies, rooms, games, chats and mischief."""
    async with site.daemon() as daemon:
        queue = trio.Lock()
        crews = [Crew(daemon, number, queue) for number in range(CREWS)]
        for crew in crews:
            await crew.sign_up()
        await rest(daemon, 1 << 20)
        sizes: list[int] = []
        opened = 0
        for number in range(SAMPLES if SECONDS else 3):
            # The crews are there at the same time.
            async with trio.open_nursery() as nursery:
                for crew in crews:
                    nursery.start_soon(visit, crew, SECONDS / SAMPLES)
            opened = opened or descriptors(daemon)
            await rest(daemon, opened)
            sizes.append(resident(daemon))
            sys.stdout.write(
                f"{number + 1}: {sizes[-1] / 1e6:.1f} MB, {descriptors(daemon)} files\n"
            )
        token = site.token(Role.ADMIN, "root")
        checked = (await daemon.ask("GET", "/api/admin/check", bearer=token)).json()
        assert checked == {"ok": True, "violations": []}
        third = len(sizes) // 3
        middle, end = sorted(sizes[third : 2 * third]), sorted(sizes[-third:])
        grown = end[len(end) // 2] / middle[len(middle) // 2]
        # In a short run one more arena of the allocator is a quarter of everything.
        assert grown < (MOST_GROWTH if SECONDS else 1.7), sizes

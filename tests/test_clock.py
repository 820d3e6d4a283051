"""The one clock: leases do not follow the wall clock when it jumps, times on the wire do."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from matchd.clock import Clock
from tests.house import House

HOUR = 3600.0


async def test_lease_time_ignores_a_jump(autojump_clock: trio.testing.MockClock) -> None:
    """Setting the wall clock forth or back moves no lease; time itself does."""
    wall = [1_700_000_000.0]
    clock = Clock(lambda: wall[0])
    before = clock.now()
    wall[0] += HOUR
    assert clock.now() == before
    wall[0] -= 2 * HOUR
    await trio.sleep(5)
    assert clock.now() == pytest.approx(before + 5)


async def test_what_is_shown_follows_the_wall(autojump_clock: trio.testing.MockClock) -> None:
    """A deadline is told in the time that the caller's own clock has after the jump."""
    wall = [1_700_000_000.0]
    clock = Clock(lambda: wall[0])
    deadline = clock.now() + 20
    wall[0] += HOUR
    assert clock.shown(deadline) == int(1_700_000_000 + HOUR + 20)


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
async def test_a_jump_ends_no_booking(jump: float) -> None:
    """A held booking outlives a jump of the wall clock, and its credentials are for the new time."""
    house = House()
    await house.beat()
    found = await house.find()
    house.wall_offset += jump
    await house.sweep()
    again = await house.bookings.ice(house.auth.guest("192.0.2.1"), found.grant)
    assert again.ice_expires_at == pytest.approx(found.ice_expires_at + jump, abs=2)

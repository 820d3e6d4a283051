"""A day of traffic in virtual time: hosts that crash, players who come by day and vanish by night.

In the gate the day has an hour. MATCHD_DAY=24 is the whole of it, some minutes of real time.
"""

from __future__ import annotations

import math
import os
import random
import sys
from collections.abc import Awaitable

import msgspec
import trio
import trio.testing

from matchd.errors import NotFound, Refusal
from matchd.services.session import Session
from tests.fuzz.yard import FORGOTTEN, SLACK, Yard, left, yard

HOURS = int(os.environ.get("MATCHD_DAY", "1"))
HOUR = 3600.0
REST = 3 * HOUR if HOURS > 1 else FORGOTTEN
"""Seconds of rest before what is left is counted."""

HOSTS = 12
BUSIEST = 60.0
"""Players who come in an hour at noon; at midnight a tenth of them."""

OFFER = msgspec.json.encode({"type": "offer", "sdp": "v=0"}).decode()


class Day:
    """The people of one day, and what became of their matches."""

    def __init__(self, made: Yard, nursery: trio.Nursery) -> None:
        self.house = made.house
        self.rng = random.Random(24)
        self.found = self.nobody = 0
        self._nursery = nursery

    async def run(self) -> None:
        """Hosts from the first minute on, players as the hour has it."""
        for number in range(HOSTS):
            self._nursery.start_soon(self._offer, f"h{number}")
        begun = trio.current_time()
        number = 0
        while (spent := trio.current_time() - begun) < HOURS * HOUR:
            number += 1
            self._nursery.start_soon(self._play, f"u_{number}")
            share = 0.55 - 0.45 * math.cos(2 * math.pi * spent / (HOURS * HOUR))
            await trio.sleep(self.rng.expovariate(BUSIEST * share / HOUR))
            if number % 20 == 0:
                violations = await self.house.store.violations()
                assert not violations, violations

    async def _offer(self, name: str) -> None:
        """A PC that is on for some hours, and then crashes, or says goodbye; then it is off."""
        while True:
            await self.house.beat(name, capacity=2)
            session, _ = await self.house.enter_host(f"r-{name}")
            with trio.move_on_after(self.rng.expovariate(1 / (2 * HOUR))):
                await self._inside(session, self._beat(name))
            await trio.sleep(self.rng.uniform(60, HOUR / 4))

    async def _beat(self, name: str) -> None:
        while True:
            await self.house.beat(name, capacity=2)
            await trio.sleep(10)

    async def _inside(self, session: Session, stay: Awaitable[None]) -> None:
        """Be in a room meanwhile."""
        try:
            await stay
        finally:
            with trio.CancelScope(shield=True):
                await self.house.rooms.leave(session)

    async def _play(self, account: str) -> None:
        """Press Play until there is a slot, play, and leave in one of several ways."""
        caller = self.house.player(account)
        for _ in range(5):
            try:
                found = await self.house.find(caller)
                break
            except NotFound:
                self.nobody += 1
                await trio.sleep(self.rng.uniform(5, 30))
        else:
            return
        self.found += 1
        if self.rng.random() < 0.1:
            return  # he has closed the page, and the slot lapses
        try:
            session, _ = await self.house.enter_player(found)
        except Refusal:
            return  # the host crashed meanwhile
        await self._inside(session, self._talk(session))

    async def _talk(self, session: Session) -> None:
        for _ in range(3):
            session.receive(OFFER)
            await trio.sleep(1)
        await trio.sleep(self.rng.expovariate(1 / (HOUR / 3)))


async def test_a_day(autojump_clock: trio.testing.MockClock) -> None:
    """No invariant is broken at any time, and in the end nothing is left of anybody."""
    async with yard() as made:
        before = await left(made, REST)
        # The people live beside the test.
        async with trio.open_nursery() as nursery:
            day = Day(made, nursery)
            await day.run()
            nursery.cancel_scope.cancel()
        after = await left(made, REST)
    sys.stdout.write(f"\n{day.found} matches, {day.nobody} times nobody\n")
    assert day.found > 10 * HOURS
    assert after[0] == before[0], "tasks are left"
    assert after[1] - before[1] < SLACK, f"{after[1] - before[1]} objects are left"

"""Mutants of a pool of hosts on a real Redis: each is caught by the property that it breaks.

The races of the mutants are forced by a barrier at the place where they are open, so each is caught
every time; the right pool is run by many tasks without one.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import trio

from tests.history.checker import check
from tests.history.pools import (
    EarlyLapse,
    ForgottenKey,
    LosesBookings,
    OwnWatch,
    Pool,
    ScanThenMark,
    SharedWatch,
    UnbookingBeat,
)
from tests.history.record import Asked, Call, History, Operation, Told
from tests.history.rules import Property, Verdict
from tests.store.redis_server import fresh_prefix, shared

PATIENCE = 10


class Desk:
    """Clients of one pool, and their history."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.history = History()

    def find(self, key: str = "") -> Told:
        """Find a match."""
        return self._call(Operation.FIND, Asked(key=key), lambda: self.pool.find(key))

    def beat(self, host: str, word: str = "idle") -> Told:
        """Beat."""
        asked = Asked(host=host, room=host, word=word)
        return self._call(Operation.BEAT, asked, lambda: self.pool.beat(host, word))

    def look(self, booking: str) -> Told:
        """Look at a booking."""
        return self._call(Operation.LOOK, Asked(booking=booking), lambda: self.pool.look(booking))

    def release(self, booking: str) -> Told:
        """Give a booking back."""
        asked = Asked(booking=booking)
        return self._call(Operation.RELEASE, asked, lambda: self.pool.release(booking))

    def verdict(self) -> Verdict:
        """What the checker says of all that."""
        return check(self.history.events)

    def _call(self, operation: Operation, asked: Asked, call: Callable[[], Told]) -> Told:
        with self.history.call(threading.current_thread().name, "n1", operation, asked) as made:
            made.told = call()
        return made.told


@contextmanager
def desk(kind: type[Pool]) -> Iterator[Desk]:
    """A pool of this kind under a fresh prefix."""
    pool = kind(shared().url, fresh_prefix())
    try:
        yield Desk(pool)
    finally:
        pool.close()


async def both(one: Callable[[], object], other: Callable[[], object]) -> None:
    """Run two calls at the same time."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.to_thread.run_sync, one)
        nursery.start_soon(trio.to_thread.run_sync, other)


def play(desk: Desk, seed: int) -> None:
    """One player: find, look, look after others, repeat the key, give back, in an order by seed."""
    rng = random.Random(seed)
    for turn in range(8):
        key = f"key-{seed}-{turn}"
        told = desk.find(key)
        for _ in range(rng.randrange(3)):
            if told.booking and rng.random() < 0.7:
                desk.look(told.booking)
            else:
                desk.find(key)
        desk.beat(f"h{rng.randrange(3)}")
        if told.booking and rng.random() < 0.8:
            desk.release(told.booking)


@pytest.mark.parametrize("seed", range(12))
async def test_right_pool(seed: int) -> None:
    """The pool that is right breaks nothing, whoever calls it at the same time."""
    with desk(Pool) as clients:
        for host in range(3):
            clients.beat(f"h{host}")
        async with trio.open_nursery() as nursery:
            for player in range(6):
                nursery.start_soon(trio.to_thread.run_sync, play, clients, seed * 100 + player)
        assert str(clients.verdict()) == "no violation"


async def race(clients: Desk) -> Verdict:
    """Have two clients find the only host, each before the other has marked it."""
    clients.beat("h")
    barrier = threading.Barrier(2)

    def meet() -> None:
        barrier.wait(PATIENCE)

    clients.pool.between = meet
    await both(clients.find, clients.find)
    return clients.verdict()


@pytest.mark.parametrize("kind", [ScanThenMark, SharedWatch])
async def test_claim_in_two_steps(kind: type[Pool]) -> None:
    """Two who find the same host idle before either has marked it both get it."""
    with desk(kind) as clients:
        assert (await race(clients)).broken == {Property.ONE_BOOKING}


async def test_claim_under_a_watch() -> None:
    """The same race is lost by one of them where each has a connection of his own."""
    with desk(OwnWatch) as clients:
        assert not (await race(clients)).violations
        answers = [event.told for event in clients.history.events if isinstance(event, Call)]
        assert sorted(told.status for told in answers if told is not None) == [200, 200, 404]


def test_beat_that_unbooks() -> None:
    """A host whose idle beat frees its slot is given to a second player."""
    with desk(UnbookingBeat) as clients:
        clients.beat("h")
        first = clients.find()
        clients.beat("h", "idle")
        clients.find()
        clients.look(first.booking)
        assert clients.verdict().broken == {Property.ONE_BOOKING}


def test_lapse_too_early() -> None:
    """A hold that is over too soon is missed by its player and given to another."""
    with desk(EarlyLapse) as clients:
        clients.beat("h")
        first = clients.find()
        while clients.look(first.booking).status == 200:
            pass
        clients.find()
        assert clients.verdict().broken == {Property.KEPT, Property.ONE_BOOKING}


def test_forgotten_key() -> None:
    """A key that is repeated and gets something else was forgotten."""
    for hosts in (1, 2):
        with desk(ForgottenKey) as clients:
            for host in range(hosts):
                clients.beat(f"h{host}")
            clients.find("key")
            clients.find("key")
            assert clients.verdict().broken == {Property.KEY}


def test_lost_booking() -> None:
    """A booking that nobody ended and nobody finds was lost."""
    with desk(LosesBookings) as clients:
        clients.beat("h")
        booked = clients.find()
        clients.beat("h")
        clients.look(booked.booking)
        assert clients.verdict().broken == {Property.KEPT}


def test_right_pool_without_races() -> None:
    """What catches each mutant finds nothing in the pool that is right."""
    with desk(Pool) as clients:
        clients.beat("h")
        first = clients.find("key")
        clients.beat("h", "idle")
        clients.find("key")
        clients.find("another key")
        assert clients.look(first.booking).state == "held"
        clients.release(first.booking)
        assert clients.find("another key").booking
        assert not clients.verdict().violations

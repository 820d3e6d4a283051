"""When a match begins and ends, and what its command is told."""

from __future__ import annotations

import trio.testing

from matchd.agent.hook import Hook
from matchd.agent.matches import Matches
from matchd.agent.run import hook_of
from matchd.agent.settings import HostSettings
from matchd.client import HostSession
from matchd.domain.bookings import State
from matchd.domain.ids import BookingId, PeerId
from matchd.protocol.hosts import BookingSeen
from tests.client.house import PC, Town

ONE, TWO = BookingId("booking-1"), BookingId("booking-2")


class Book:
    """A session whose answers are written by hand, and the runs of a command that never ends."""

    def __init__(self, town: Town, nursery: trio.Nursery) -> None:
        self.session = HostSession(town.client(), PC, lambda _told: None)
        self.running: list[BookingId] = []
        self.matches = Matches(self.session, Endless((), {}, self.running), nursery)

    async def answer(
        self, *live: BookingId, state: State = State.CONNECTED, count: int = 0
    ) -> None:
        """One answer that lists these bookings, of `count` or as many as there are."""
        self.session.bookings = tuple(BookingSeen(id=one, state=state) for one in live)
        self.session.booking_count = count or len(live)
        self.matches.settle()
        await trio.testing.wait_all_tasks_blocked()


class Endless(Hook, frozen=True):
    """Notes what runs."""

    running: list[BookingId]

    async def run(self, booking_id: BookingId, _peer: PeerId | None) -> None:
        """Run until cancelled."""
        self.running.append(booking_id)
        try:
            await trio.sleep_forever()
        finally:
            self.running.remove(booking_id)


async def test_a_player_who_comes(town: Town, nursery: trio.Nursery) -> None:
    """His match begins once; two answers without his booking end it, one does not."""
    book = Book(town, nursery)
    book.matches.begin(ONE, PeerId("p"))
    book.matches.begin(ONE, PeerId("q"))
    await book.answer()
    assert book.running == [ONE]
    await book.answer(ONE)
    await book.answer()
    assert book.running == [ONE]
    await book.answer()
    assert book.running == []


async def test_a_booking_that_is_only_held(town: Town, nursery: trio.Nursery) -> None:
    """It is no match before somebody comes; one that is connected by another way is."""
    book = Book(town, nursery)
    await book.answer(ONE, state=State.HELD)
    assert book.running == []
    await book.answer(ONE, TWO)
    assert sorted(book.running) == [ONE, TWO]


async def test_more_bookings_than_an_answer_lists(town: Town, nursery: trio.Nursery) -> None:
    """Whoever is in the room goes on, listed or not."""
    book = Book(town, nursery)
    book.matches.begin(ONE, PeerId("p"))
    book.session.peers[PeerId("p")] = ONE
    for _ in range(3):
        await book.answer(TWO, count=20)
    assert sorted(book.running) == [ONE, TWO]
    book.session.peers.clear()
    for _ in range(2):
        await book.answer(TWO, count=20)
    assert book.running == [TWO]


def test_what_a_command_is_told() -> None:
    """The match, and our environment without what is secret or meant for us."""
    settings = HostSettings(
        url="https://a", host_id="pc-1", room_id="room-1", game="chess", command="play --now 'a b'"
    )
    hook = hook_of(settings)
    assert hook is not None
    assert hook.command == ("play", "--now", "a b")
    ours = {"MATCHD_HOST_SECRET": "s", "NOTIFY_SOCKET": "n", "CREDENTIALS_DIRECTORY": "c"}
    assert hook.environment({"HOME": "/", **ours}, ONE, PeerId("p")) == {
        "HOME": "/",
        "MATCHD_URL": "https://a",
        "MATCHD_HOST_ID": "pc-1",
        "MATCHD_ROOM_ID": "room-1",
        "MATCHD_REGION": "",
        "MATCHD_GAME": "chess",
        "MATCHD_BOOKING_ID": ONE,
        "MATCHD_PEER": "p",
    }

"""Happenings reach exactly those concerned, in order, and are counted."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from matchd.domain.bookings import Cause, State
from matchd.domain.happenings import (
    CandidateExpired,
    Connected,
    Happening,
    HostEntered,
    HostGone,
    HostQuiet,
    Over,
)
from matchd.domain.ids import Address, BookingId, HostId, NodeId, PeerId, Region, RoomId
from matchd.protocol.news import (
    BookingMoved,
    Close,
    Ended,
    News,
    PlayerAway,
    Promoted,
    Seat,
)
from tests.house import House

BOOKING, HOST, PEER = BookingId("b1"), HostId("h1"), PeerId("p1")


class Mailbox:
    """Keeps the news it is told."""

    def __init__(self, house: House) -> None:
        self.news: list[News] = []
        self.address = house.hub.register(self)

    def deliver(self, news: News) -> None:
        """Keep it."""
        self.news.append(news)


async def test_the_end_of_a_booking_is_told_to_all_it_touches(house: House) -> None:
    """The player hears the dialect's last word and then 4410; waiter and host hear theirs."""
    waiter, player, host = (Mailbox(house) for _ in range(3))
    over = Over(
        BOOKING,
        State.ENDED,
        Cause.HOST_IDLE,
        HOST,
        waiter=waiter.address,
        player=player.address,
        peer=PEER,
        host=host.address,
    )
    house.core.announcer.tell([over])
    last_word = b'{"type":"peer-disconnected"}'
    assert player.news == [Ended(Close.GONE, "booking over: host_idle", last_word)]
    assert (waiter.news, host.news) == ([BookingMoved(BOOKING)], [PlayerAway(PEER, BOOKING)])


async def test_a_recognised_host_and_its_players_meet(house: House) -> None:
    """The candidate is promoted with its turn and the seats, whose players are its own to tell."""
    host, player = Mailbox(house), Mailbox(house)
    entered = HostEntered(
        RoomId("r1"), HOST, Region("eu"), host.address, 7, ((PEER, player.address, BOOKING),)
    )
    house.core.announcer.tell([entered])
    seat = Seat(PEER, player.address, BOOKING)
    assert host.news == [Promoted(HOST, Region("eu"), (seat,), 7)]
    assert player.news == []


async def test_an_unrecognised_candidate_is_turned_away(house: House) -> None:
    """The socket nobody vouched for is closed 4403."""
    candidate = Mailbox(house)
    house.core.announcer.tell([CandidateExpired(candidate.address)])
    (ended,) = candidate.news
    assert isinstance(ended, Ended)
    assert ended.code is Close.FORBIDDEN


async def test_news_for_nobody_is_counted(house: House) -> None:
    """An address that is gone costs a count and nothing else."""
    house.core.announcer.tell([CandidateExpired(Address(NodeId("n1"), 99))])
    assert b'dropped_messages_total{reason="receiver_gone"} 1.0' in house.metrics.render()


@pytest.mark.parametrize(
    ("happening", "event", "level"),
    [
        (Connected(BOOKING, HOST), "booking.connected", "info"),
        (Over(BOOKING, State.LAPSED, Cause.HOLD_EXPIRED, HOST), "booking.lapsed", "info"),
        (HostQuiet(HOST, "no heartbeat"), "host.quiet", "warning"),
        (HostGone(HOST, Cause.HOST_LEFT), "host.gone", "info"),
        (HostGone(HOST, Cause.HOST_LOST), "host.gone", "warning"),
    ],
)
async def test_each_happening_is_one_event(
    house: House, happening: Happening, event: str, level: str
) -> None:
    """Logged once, under its name; what an administrator should look at as a warning."""
    with capture_logs() as logs:
        house.core.announcer.tell([happening])
    assert [(event, level)] == [(entry["event"], entry["log_level"]) for entry in logs]


async def test_ends_are_counted_by_cause(house: House) -> None:
    """A metric says how many bookings ended how, and why."""
    house.core.announcer.tell([Over(BOOKING, State.LAPSED, Cause.HOLD_EXPIRED, HOST)])
    line = b'matchd_bookings_over_total{cause="hold_expired",state="lapsed"} 1.0'
    assert line in house.metrics.render()

"""What hosts do: beats, words, goodbyes, their own credentials (wire.md 2.1, 2.2)."""

from __future__ import annotations

import json

import msgspec
import pytest
import trio
import trio.testing

from matchd.domain.callers import Caller
from matchd.domain.hosts import Status
from matchd.domain.ids import BookingId, HostId
from matchd.domain.limits import Rate
from matchd.errors import Forbidden, RateLimited, RoomTaken, UnknownBooking, UnknownHost
from matchd.protocol.bodies import encode
from matchd.protocol.hosts import StatusBody
from tests.house import EPOCH, HOST_ADDRESS, SECRET, House


def host(house: House) -> Caller:
    """A caller with the shared secret."""
    return house.auth.host(SECRET, HOST_ADDRESS)


def word(status: str, **fields: str) -> StatusBody:
    """The body of a status call of h1."""
    return msgspec.convert({"hostId": "h1", "status": status} | fields, StatusBody)


async def test_a_beat_is_answered_with_what_the_host_needs(
    house: House, autojump_clock: trio.testing.MockClock
) -> None:
    """Lease, interval, status, and each live booking with its expiry."""
    await house.beat()
    found = await house.find()
    answer = await house.beat()
    assert (answer.ttl, answer.interval, answer.status, answer.drain) == (30, 10, "idle", False)
    seen = [(item.id, item.state, item.expires_at) for item in answer.bookings]
    assert seen == [(found.booking_id, "held", EPOCH + 20)]
    assert answer.booking_count == 1


async def test_a_beats_answer_stays_small(house: House) -> None:
    """With 1000 bookings at most 16 are listed, soonest expiry first, below 4 KiB."""
    house.change(exempt=house.current.settings.metrics_allow)
    await house.beat(capacity=1000)
    for number in range(40):
        await house.find(house.player(f"u_{number}", "127.0.0.1"))
    answer = await house.beat(capacity=1000)
    assert (len(answer.bookings), answer.booking_count) == (16, 40)
    assert len(encode(answer)) < 4096


async def test_a_beat_says_that_the_daemon_drains(house: House) -> None:
    """A host learns of a restart by its next beat."""
    house.current.draining = True
    assert (await house.beat()).drain


async def test_two_hosts_cannot_share_a_room(house: House) -> None:
    """The second host with a live host's roomId is refused and changes nothing."""
    await house.beat("h1", roomId="shared")
    with pytest.raises(RoomTaken):
        await house.beat("h2", roomId="shared")
    assert [record.host_id for record in await house.hosts.page(None, 10)] == ["h1"]


async def test_a_hosts_token_speaks_for_itself_alone(house: House) -> None:
    """Every verb refuses a token of another host."""
    await house.beat("h1")
    other = house.auth.host(house.token("host", "h2"), HOST_ADDRESS)
    for verb in (
        lambda: house.hosts.say(other, word("busy")),
        lambda: house.hosts.goodbye(other, HostId("h1")),
        lambda: house.hosts.ice(other, HostId("h1")),
    ):
        with pytest.raises(Forbidden):
            await verb()


async def test_words_need_a_known_host(house: House) -> None:
    """Before the first beat there is nobody to say anything about."""
    for verb in (
        lambda: house.hosts.say(host(house), word("busy")),
        lambda: house.hosts.goodbye(host(house), HostId("h1")),
        lambda: house.hosts.ice(host(house), HostId("h1")),
    ):
        with pytest.raises(UnknownHost):
            await verb()


async def test_busy_connects_and_idle_ends(house: House) -> None:
    """The words of the specification move the booking of a host of capacity 1."""
    await house.beat()
    found = await house.find()
    assert (await house.hosts.say(host(house), word("busy"))).status is Status.BUSY
    name = BookingId(found.booking_id)
    states = [(await house.bookings.follow(house.player(), None, name, 0)).state]
    await house.hosts.say(host(house), word("idle", bookingId=found.booking_id))
    states.append((await house.bookings.follow(house.player(), None, name, 0)).state)
    assert states == ["connected", "ended"]


async def test_a_goodbye_ends_the_hosts_bookings(house: House) -> None:
    """The player learns that the host has left."""
    await house.beat()
    found = await house.find()
    await house.hosts.goodbye(host(house), HostId("h1"))
    view = await house.bookings.follow(house.player(), None, BookingId(found.booking_id), 0)
    assert (view.state, view.cause) == ("ended", "host_left")


async def test_a_host_has_its_own_credentials_while_it_is_booked(house: House) -> None:
    """Not before its first booking; then for another user than the player's."""
    await house.beat()
    with pytest.raises(UnknownBooking):
        await house.hosts.ice(host(house), HostId("h1"))
    found = await house.find()
    ice = await house.hosts.ice(host(house), HostId("h1"))
    assert ice.ice_servers[1].username != found.ice_servers[1].username


async def test_beats_are_limited_per_host(
    house: House, autojump_clock: trio.testing.MockClock
) -> None:
    """One host's flood does not keep another of the same network from beating."""
    house.change(identity_rates={"heartbeats": Rate.parse("2/min")})
    await house.beat("h1")
    await house.beat("h1")
    with pytest.raises(RateLimited):
        await house.beat("h1")
    assert (await house.beat("h2")).success


async def test_the_lease_that_is_left(house: House, autojump_clock: trio.testing.MockClock) -> None:
    """`ttls` counts down from the last beat, to 0 and not below."""
    await house.beat()
    left = []
    for _ in range(3):
        await trio.sleep(16)
        left.append((await house.hosts.ttls())[0].ttl_seconds)
    assert left == [14, 0, 0]


async def test_administrators_see_the_specifications_record(
    house: House, autojump_clock: trio.testing.MockClock
) -> None:
    """Field names and the beat's time in milliseconds are those of the specification."""
    await house.beat(gameInfo={"map": "x"}, publicIp="203.0.113.5")
    raw = json.loads(encode((await house.hosts.page(None, 10))[0]))
    expected = {"hostId": "h1", "roomId": "r-h1", "status": "idle", "region": "local"}
    assert expected.items() <= raw.items()
    assert (raw["lastHeartbeat"], raw["publicIp"]) == (EPOCH * 1000, "203.0.113.5")

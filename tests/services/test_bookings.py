"""Finding a match, following it, giving it back (wire.md 2.3): the calls that do not wait."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from matchd.domain.addresses import Networks
from matchd.domain.bookings import State
from matchd.domain.callers import Caller
from matchd.domain.ids import BookingId
from matchd.errors import (
    BadGrant,
    BookingOver,
    InvalidRequest,
    KeyReused,
    NoHost,
    TooManyBookings,
    Unauthorized,
    UnknownBooking,
)
from matchd.protocol.bookings import Counters
from tests.house import EPOCH, PLAYER_ADDRESS, House

GUEST_KEY = "k" * 22


def guest(house: House, address: str = PLAYER_ADDRESS) -> Caller:
    """Somebody without a token."""
    return house.auth.guest(address)


async def test_a_match_has_everything_to_connect_with(
    house: House, autojump_clock: trio.testing.MockClock
) -> None:
    """Room, URL with the grant, TURN credentials, and until when the slot is held."""
    await house.beat(region="eu")
    found = await house.find()
    assert (found.host_id, found.room_id, found.region) == ("h1", "r-h1", "eu")
    assert found.signaling_url == f"wss://play.example.net/signal/{found.grant}"
    assert found.expires_at == EPOCH + 20
    assert [entry.urls[0] for entry in found.ice_servers] == [
        "stun:turn.example.net:3478",
        "turn:turn.example.net:3478?transport=udp",
    ]


async def test_plain_http_gives_a_plain_socket(house: House) -> None:
    """The signaling URL follows the scheme and the path of the public URL."""
    house.change(public_url="http://127.0.0.1:8080")
    await house.beat()
    found = await house.find()
    assert found.signaling_url == f"ws://127.0.0.1:8080/signal/{found.grant}"


async def test_nobody_there_is_explained(house: House) -> None:
    """The refusal says how many hosts there are, free, in the region, and how many are held."""
    with pytest.raises(NoHost, match="No hosts are online"):
        await house.find()
    await house.beat("h1", region="eu")
    await house.beat("h2", region="us")
    await house.find(region="us")
    with pytest.raises(NoHost, match="in this region") as nobody:
        await house.find(house.player("u_bob"), region="us")
    expected = Counters(alive=2, free=1, in_region=1, held=1)
    assert expected == nobody.value.counters


async def test_guests_can_be_refused(house: House) -> None:
    """Without `find` among what guests may, a guest is asked to log in and a player is not."""
    await house.beat()
    house.change(guests_find=False)
    with pytest.raises(Unauthorized):
        await house.find(guest(house))
    assert (await house.find()).host_id == "h1"


async def test_a_key_returns_the_same_match(house: House) -> None:
    """A repeated find gives the same booking and the same grant, and takes no second slot."""
    await house.beat(capacity=2)
    first = await house.find(key="once")
    again = await house.find(key="once")
    assert (first.booking_id, first.grant) == (again.booking_id, again.grant)
    assert (await house.store.hosts.counts()).held == 1


async def test_a_key_with_another_body_is_refused(house: House) -> None:
    """The same key with another wish changes nothing."""
    await house.beat()
    first = await house.find(key="once")
    with pytest.raises(KeyReused):
        await house.find(key="once", region="eu")
    assert (await house.find(key="once")).booking_id == first.booking_id


async def test_keys_belong_to_their_principal(house: House) -> None:
    """Two players with the same key have two bookings."""
    await house.beat(capacity=2)
    ann = await house.find(house.player("u_ann"), key="once")
    bob = await house.find(house.player("u_bob"), key="once")
    assert ann.booking_id != bob.booking_id


async def test_a_guests_key_follows_him_to_another_address(house: House) -> None:
    """For guests the key is the principal; a short one is refused."""
    await house.beat()
    first = await house.find(guest(house), key=GUEST_KEY)
    moved = await house.find(guest(house, "203.0.113.9"), key=GUEST_KEY)
    assert (first.booking_id, first.grant) == (moved.booking_id, moved.grant)
    with pytest.raises(InvalidRequest, match="Idempotency-Key"):
        await house.find(guest(house), key="short")


async def test_a_key_is_forgotten_when_its_booking_is_over(house: House) -> None:
    """After a release the same key finds anew."""
    await house.beat()
    first = await house.find(key="once")
    await house.bookings.release(house.player(), None, BookingId(first.booking_id))
    assert (await house.find(key="once")).booking_id != first.booking_id


async def test_a_player_holds_one_booking(house: House) -> None:
    """A new find without a key gives the former slot back."""
    await house.beat()
    first = await house.find()
    second = await house.find()
    assert first.booking_id != second.booking_id
    view = await house.bookings.follow(house.player(), None, BookingId(first.booking_id), 0)
    assert (view.state, view.cause) == (State.RELEASED, "replaced")


async def test_guests_of_an_address_hold_four(house: House) -> None:
    """The fifth guest of a network is refused, one of another network is not, exempt ones never."""
    await house.beat(capacity=20)
    for _ in range(4):
        await house.find(guest(house))
    with pytest.raises(TooManyBookings) as refusal:
        await house.find(guest(house))
    assert refusal.value.retry_after == 20
    await house.find(guest(house, "203.0.113.9"))
    house.change(exempt=Networks([PLAYER_ADDRESS]))
    assert (await house.find(guest(house))).host_id == "h1"


async def test_a_booking_opens_to_its_grant_and_to_its_owner(house: House) -> None:
    """Everybody else learns nothing: without a credential 401, with a wrong one as if unknown."""
    await house.beat()
    found = await house.find()
    name = BookingId(found.booking_id)
    for caller, bearer in ((guest(house), found.grant), (house.player(), None)):
        view = await house.bookings.follow(caller, bearer, name, 0)
        assert (view.state, view.room_id) == (State.HELD, "r-h1")
        assert view.ice_servers == found.ice_servers
    with pytest.raises(Unauthorized):
        await house.bookings.follow(guest(house), None, name, 0)
    for caller, bearer in ((guest(house), "wrong"), (house.player("u_bob"), None)):
        with pytest.raises(UnknownBooking):
            await house.bookings.follow(caller, bearer, name, 0)


async def test_an_unknown_booking_is_unknown_to_a_player(house: House) -> None:
    """A player with a good token is told 404, not to log in again."""
    with pytest.raises(UnknownBooking):
        await house.bookings.follow(house.player(), None, BookingId("x" * 22), 0)


async def test_releasing_frees_the_slot_and_may_be_repeated(house: House) -> None:
    """The slot is free at once; a second release says the same and changes nothing."""
    await house.beat()
    found = await house.find()
    for _ in range(2):
        view = await house.bookings.release(guest(house), found.grant, BookingId(found.booking_id))
        assert (view.state, view.cause, view.ice_servers) == (State.RELEASED, "released", None)
    assert (await house.find(house.player("u_bob"))).host_id == "h1"


async def test_credentials_are_for_live_bookings(house: House) -> None:
    """The grant fetches ICE servers while its booking holds a slot, and not after."""
    await house.beat()
    found = await house.find()
    ice = await house.bookings.ice(guest(house), found.grant)
    assert ice.ice_servers == found.ice_servers
    await house.bookings.release(guest(house), found.grant, BookingId(found.booking_id))
    with pytest.raises(BookingOver):
        await house.bookings.ice(guest(house), found.grant)
    for bearer in (None, "wrong"):
        with pytest.raises(Unauthorized):
            await house.bookings.ice(guest(house), bearer)


async def test_credentials_are_not_for_the_line(house: House) -> None:
    """A booking that still waits has no host to reach through a relay."""
    line = await house.get_in_line()
    with pytest.raises(BadGrant):
        await house.bookings.ice(guest(house), line.grant)


async def test_an_unused_hold_lapses(house: House, autojump_clock: trio.testing.MockClock) -> None:
    """Twenty seconds after the claim the slot is free again and the booking says why."""
    await house.beat()
    found = await house.find()
    await trio.sleep(20)
    await house.sweep()
    view = await house.bookings.follow(guest(house), found.grant, BookingId(found.booking_id), 0)
    assert (view.state, view.cause, view.ice_servers) == (State.LAPSED, "hold_expired", None)
    assert (await house.find(house.player("u_bob"))).host_id == "h1"


async def test_many_finds_for_few_slots(house: House) -> None:
    """Of 10,000 concurrent finds for 100 slots exactly 100 get one."""
    house.change(exempt=Networks(["198.51.100.0/24"]))
    for number in range(10):
        await house.beat(f"h{number}", capacity=10)
    taken = []

    async def find_one() -> None:
        await trio.lowlevel.checkpoint()
        try:
            taken.append(await house.find(guest(house)))
        except NoHost:
            return

    async with trio.open_nursery() as nursery:
        for _ in range(10_000):
            nursery.start_soon(find_one)
    assert len(taken) == 100
    assert len({found.booking_id for found in taken}) == 100
    assert await house.store.violations() == ()

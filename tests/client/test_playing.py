"""A player's match: found, kept over a lost socket, released."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from matchd.client import (
    Closed,
    Offer,
    PeerJoined,
    Refused,
    SocketLost,
    SocketOpened,
    Wish,
    find_match,
)
from matchd.errors import TooLarge
from tests.client.house import Town
from tests.house import House

Clock = trio.testing.MockClock


async def test_nobody_is_free(town: Town, autojump_clock: Clock) -> None:
    """The server's code says so, at once."""
    with pytest.raises(Refused) as refused:
        async with find_match(town.client(None), Wish(region="eu")):
            pytest.fail("there is a match")
    assert (refused.value.code, refused.value.status) == ("no_host", 404)
    assert refused.value.request_id


async def test_a_match_is_released(town: Town, autojump_clock: Clock) -> None:
    """After the block its slot is free for the next player."""
    await town.house.beat()
    for _ in range(2):
        async with find_match(town.client(None)) as match:
            assert match.found.host_id == "h1"
            assert match.ice.ice_servers


async def test_waiting_in_line(town: Town, autojump_clock: Clock) -> None:
    """A find that waits is answered when a host comes, however short an answer may take."""
    async with trio.open_nursery() as nursery:

        async def come_later() -> None:
            await trio.sleep(25)
            await town.house.beat()

        nursery.start_soon(come_later)
        async with find_match(town.client(None, answer=5), Wish(wait=60)) as match:
            assert match.found.host_id == "h1"


async def test_a_lost_answer_books_no_second_host(town: Town, autojump_clock: Clock) -> None:
    """The find is repeated by the same key, so a guest has one booking."""
    await town.house.beat(capacity=2)
    town.lost = 1
    async with find_match(town.client(None)):
        counted = await town.house.beat(capacity=2)
    assert town.asked.count("/api/match/find") == 2
    assert counted.booking_count == 1


async def test_a_lost_socket(town: Town, autojump_clock: Clock) -> None:
    """The player comes back into his booking, and his next message waits until he is there."""
    await town.house.beat()
    host = await town.house.enter_host()
    async with find_match(town.client(None)) as match:
        assert [await anext(match), await anext(match)] == [SocketOpened(), PeerJoined()]
        town.cut()
        assert isinstance(await anext(match), SocketLost)
        assert not match.host_here
        await match.send(Offer(sdp="again"))
        assert await anext(match) == SocketOpened()
    assert "again" in [frame.get("sdp") for frame in host[1].frames]


async def test_a_server_that_stays_away(town: Town, autojump_clock: Clock) -> None:
    """The loss of the socket is told once, however often it is tried again."""
    await town.house.beat()
    async with find_match(town.client(None)) as match:
        assert await anext(match) == SocketOpened()
        town.shut = True
        town.cut()
        await trio.sleep(15)
        town.shut = False
        assert isinstance(await anext(match), SocketLost)
        assert await anext(match) == SocketOpened()


async def test_a_booking_that_the_server_forgot(town: Town, autojump_clock: Clock) -> None:
    """There is no coming back to it: the block ends with the server's refusal."""
    await town.house.beat()
    with pytest.raises(Refused) as refused:  # noqa: PT012  # the block is what raises
        async with find_match(town.client(None)) as match:
            await anext(match)
            town.house = House(pepper=b"another pepper of 16 bytes")
            town.cut()
            await trio.sleep_forever()
    assert refused.value.code == "bad_grant"


async def test_two_sockets_of_one_player(town: Town, autojump_clock: Clock) -> None:
    """The older one is told to stay away, and does."""
    await town.house.beat()
    with pytest.raises(Closed) as closed:  # noqa: PT012  # the block is what raises
        async with find_match(town.client(None)) as match:
            await anext(match)
            await town.house.enter_player(match.found)
            await trio.sleep_forever()
    assert closed.value.code == 4409


async def test_a_message_that_is_too_large(town: Town, autojump_clock: Clock) -> None:
    """It is refused here, and costs no socket."""
    await town.house.beat()
    async with find_match(town.client(None)) as match:
        with pytest.raises(TooLarge):
            await match.send(Offer(sdp="x" * 65536))

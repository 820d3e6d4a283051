"""A host's session: registered, kept, found again after every trouble, gone at the end."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from matchd.client import (
    AnswerMessage,
    ClientError,
    Closed,
    HostSession,
    Ice,
    Offer,
    PeerJoined,
    PeerLeft,
    Refused,
    SocketLost,
    SocketOpened,
    Unreachable,
    find_match,
    host_session,
)
from matchd.client.events import Event
from matchd.domain.ids import HostId
from matchd.errors import InvalidRequest
from matchd.protocol.hosts import HeartbeatAnswer
from matchd.protocol.refusal import http_refusal
from tests.client.house import PC, Town
from tests.house import House

Clock = trio.testing.MockClock


async def hear(session: HostSession, kind: type[Event]) -> Event:
    """The next event of this kind, within two minutes."""
    with trio.fail_after(120):
        while not isinstance(event := await anext(session), kind):
            pass
    return event


class Diary:
    """What a session's beats were told, and when."""

    def __init__(self) -> None:
        self.told: list[HeartbeatAnswer | ClientError] = []
        self.times: list[float] = []

    def __call__(self, told: HeartbeatAnswer | ClientError) -> None:
        """Write it down."""
        self.told.append(told)
        self.times.append(trio.current_time())


async def test_a_host_and_a_player_meet(town: Town, autojump_clock: Clock) -> None:
    """The host hears who comes, has ICE servers before, answers him alone, and hears him leave."""
    async with host_session(town.client(), PC) as host:
        assert await anext(host) == SocketOpened()
        async with find_match(town.client(None)) as match:
            await match.send(Offer(sdp="v=0"))
            ice, joined = await anext(host), await anext(host)
            assert isinstance(ice, Ice)
            assert isinstance(joined, PeerJoined)
            assert joined.booking_id == match.found.booking_id
            assert await anext(host) == Offer(sdp="v=0", peer=joined.peer)
            await host.send(AnswerMessage(sdp="yes"), joined.peer)
            assert host.peers == {joined.peer: joined.booking_id}
            heard = [await anext(match) for _ in range(3)]
            assert heard == [SocketOpened(), PeerJoined(), AnswerMessage(sdp="yes")]
        assert await hear(host, PeerLeft) == PeerLeft(joined.peer)
    assert await town.offered() == []


async def test_it_beats_as_the_server_asks(town: Town, autojump_clock: Clock) -> None:
    """Beats come a little earlier than the interval, never all at the same distance."""
    diary = Diary()
    async with host_session(town.client(), PC, diary):
        await trio.sleep(200)
    gaps = [b - a for a, b in zip(diary.times[2:], diary.times[3:], strict=False)]
    assert all(7.9 <= gap <= 10.1 for gap in gaps)
    assert len(set(gaps)) > 5


async def test_slots_are_told_at_once(town: Town, autojump_clock: Clock) -> None:
    """A host that offers no slot is not found; that is known a second later, not an interval."""
    async with host_session(town.client(), PC) as host:
        host.offer(0)
        await trio.sleep(2)
        with pytest.raises(Refused, match="No") as refused:
            async with find_match(town.client(None)):
                pytest.fail("there is a match")
        assert refused.value.code == "no_host"
        with pytest.raises(InvalidRequest):
            host.offer(2)


async def test_confirm_and_finish(town: Town, autojump_clock: Clock) -> None:
    """What the host says of a booking holds; after finish the match is over for the player."""
    async with host_session(town.client(), PC) as host, find_match(town.client(None)) as match:
        await host.confirm()
        assert (await match.look()).state == "connected"
        assert (await town.client().host_ice(HostId("h1"))).ice_servers
        await host.finish()
        with trio.fail_after(60):
            heard = [event async for event in match]
        assert heard[-1] == PeerLeft()
        with pytest.raises(Closed, match="no coming back"):
            await match.send(Offer(sdp="late"))


async def test_a_server_that_is_away(town: Town, autojump_clock: Clock) -> None:
    """It is asked again, ever more rarely, and the session begins when it is there."""
    diary = Diary()
    town.shut = True
    with trio.move_on_after(120):
        async with host_session(town.client(), PC, diary):
            pytest.fail("registered with nobody")
    assert all(isinstance(told, Unreachable) for told in diary.told)
    assert 5 <= len(diary.told) <= 30
    town.shut = False
    with trio.fail_after(60):
        async with host_session(town.client(), PC):
            assert await town.offered() == ["h1"]


async def test_retry_after_is_honoured(town: Town, autojump_clock: Clock) -> None:
    """A server that says when to come back is not asked before."""
    diary = Diary()
    town.refusal = http_refusal(503, "draining", "Later.", "r", retry_after=40)
    with trio.move_on_after(300):
        async with host_session(town.client(), PC, diary):
            pytest.fail("registered with nobody")
    gaps = [b - a for a, b in zip(diary.times, diary.times[1:], strict=False)]
    assert len(gaps) >= 3
    assert min(gaps) >= 40


async def test_a_wrong_secret(town: Town, autojump_clock: Clock) -> None:
    """It is refused once, with the server's code, and not asked again."""
    with pytest.raises(Refused) as refused:
        async with host_session(town.client("not-the-secret-of-tests"), PC):
            pytest.fail("registered by a wrong secret")
    assert (refused.value.code, refused.value.status) == ("wrong_secret", 403)
    assert len(town.asked) == 1


async def test_a_secret_that_is_changed(town: Town, autojump_clock: Clock) -> None:
    """A refusal in the middle ends the block, also one that only waits."""
    with pytest.raises(Refused) as refused:  # noqa: PT012  # the block is what raises
        async with host_session(town.client(), PC):
            town.house.change(host_secrets=("another-secret-of-tests",))
            await trio.sleep_forever()
    assert refused.value.code == "wrong_secret"


async def test_a_lost_socket(town: Town, autojump_clock: Clock) -> None:
    """It is opened again behind a beat, and who is there is announced anew."""
    async with host_session(town.client(), PC) as host, find_match(town.client(None)):
        joined = await hear(host, PeerJoined)
        town.lines[0].held.abort()
        lost = await hear(host, SocketLost)
        before = len(town.asked)
        assert isinstance(lost, SocketLost)
        assert (lost.code, host.peers) == (1006, {})
        assert await hear(host, PeerJoined) == joined
        since = town.asked[before:]
    assert since.index("/api/host/heartbeat") < since.index("/?roomId=r-h1")


async def test_a_network_that_says_nothing(town: Town, autojump_clock: Clock) -> None:
    """A socket on which no pong comes back is given up, and another one is opened."""
    async with host_session(town.client(ping=5, answer=5), PC) as host:
        await hear(host, SocketOpened)
        town.lines[0].held.stall()
        began = trio.current_time()
        await hear(host, SocketLost)
        assert trio.current_time() - began <= 11
        await hear(host, SocketOpened)


async def test_a_server_that_forgot_everything(town: Town, autojump_clock: Clock) -> None:
    """After a restart that kept nothing the host is registered and in its room again."""
    async with host_session(town.client(), PC) as host:
        await hear(host, SocketOpened)
        town.shut = True
        town.cut()
        await hear(host, SocketLost)
        town.house, town.shut = House(), False
        await hear(host, SocketOpened)
        async with find_match(town.client(None)):
            await hear(host, PeerJoined)


async def test_the_newest_process_is_the_host(town: Town, autojump_clock: Clock) -> None:
    """One that is replaced ends with 4409, and its end is not that of its successor."""
    ended: list[Closed] = []

    async def be_replaced(task_status: trio.TaskStatus[None]) -> None:
        with pytest.raises(Closed) as closed:  # noqa: PT012  # the block is what raises
            async with host_session(town.client(), PC) as host:
                await hear(host, SocketOpened)
                task_status.started()
                await trio.sleep_forever()
        ended.append(closed.value)

    async with trio.open_nursery() as nursery:
        await nursery.start(be_replaced)
        async with host_session(town.client(), PC) as host:
            await hear(host, SocketOpened)
            await trio.sleep(5)
            assert [error.code for error in ended] == [4409]
            assert await town.offered() == ["h1"]


async def test_errors_of_the_body_come_out_alone(town: Town, autojump_clock: Clock) -> None:
    """What the block raises is raised, not a group, and the host says goodbye all the same."""
    with pytest.raises(KeyError):
        async with host_session(town.client(), PC):
            raise KeyError
    assert await town.offered() == []

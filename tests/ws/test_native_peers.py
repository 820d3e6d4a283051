"""Our own dialect of rooms, `?v=1`: roster, ICE, coming back, what was missed."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from matchd.domain.ids import AccountId
from matchd.domain.logins import Cause, Revocation
from matchd.protocol.news import Close
from tests.house import House
from tests.ws.client import switchboard
from tests.ws.peers import PeerCaller, left, new, peer, said

pytestmark = pytest.mark.usefixtures("edges")

Clock = trio.testing.MockClock
ROOM = "/matchbox/room_a?v=1"


def joined(other: PeerCaller, **shown: str) -> dict[str, str]:
    """What announces a peer to a native one."""
    return {"type": "peer-joined", "peerId": other.id, **shown}


def heard(sender: PeerCaller, data: object) -> dict[str, object]:
    """What a native peer hears of a signal."""
    return {"type": "signal", "from": sender.id, "data": data}


async def back(house: House, nursery: trio.Nursery, one: PeerCaller) -> PeerCaller:
    """A peer that comes back with its `resume`."""
    return await peer(house, nursery, f"{ROOM}&resume={one.first['resume']}")


async def test_the_welcome(house: House, autojump_clock: Clock) -> None:
    """Who one is, who is here with name and account, and STUN for guests, TURN for players."""
    async with switchboard() as nursery:
        ann = await peer(house, nursery, f"{ROOM}&token={house.token()}")
        guest = await peer(house, nursery, ROOM)
    assert ann.first["roster"] == []
    assert guest.first["roster"] == [{"peerId": ann.id, "account": "u_ann"}]
    assert (ann.first["type"], ann.first["resumed"]) == ("welcome", False)
    assert [len(one.first["iceServers"]) for one in (ann, guest)] == [2, 1]
    assert "credential" in ann.first["iceServers"][1]
    assert "credential" not in guest.first["iceServers"][0]


async def test_both_dialects_meet(house: House, autojump_clock: Clock) -> None:
    """A matchbox peer and a native one hear each other, each in its own words."""
    async with switchboard() as nursery:
        stock, native = await peer(house, nursery), await peer(house, nursery, ROOM)
        assert await stock.hear() == new(native)
        third = await peer(house, nursery)
        assert await native.hear() == joined(third)
        await native.tell(stock.id, {"Offer": "v=0"})
        assert [await stock.hear(), await stock.hear()] == [
            new(third),
            said(native, {"Offer": "v=0"}),
        ]
        await stock.signal(native.id, "1")
        assert await native.hear() == heard(stock, "1")
        await third.leave()
        assert await native.hear() == {"type": "peer-left", "peerId": third.id, "reason": "left"}


async def test_coming_back(house: House, autojump_clock: Clock) -> None:
    """The same id, what was missed, in order, and the others have noticed nothing."""
    async with switchboard() as nursery:
        stock, native = await peer(house, nursery), await peer(house, nursery, ROOM)
        await stock.hear()
        await native.vanish()
        for number in range(64):
            await stock.signal(native.id, number)
        await trio.sleep(20)
        again = await back(house, nursery, native)
        assert (again.id, again.first["resumed"]) == (native.id, True)
        assert again.first["roster"] == [{"peerId": stock.id}]
        assert [await again.hear() for _ in range(64)] == [heard(stock, n) for n in range(64)]
        await stock.signal(native.id, "live")
        assert await again.hear() == heard(stock, "live")
        await trio.sleep(60)
        assert await stock.silent()


async def test_too_much_was_missed(house: House, autojump_clock: Clock) -> None:
    """After the 64 messages that were kept it is told that some were not."""
    async with switchboard() as nursery:
        stock, native = await peer(house, nursery), await peer(house, nursery, ROOM)
        await native.vanish()
        for number in range(65):
            await stock.signal(native.id, number)
        await trio.sleep(1)
        again = await back(house, nursery, native)
        assert [await again.hear() for _ in range(64)] == [heard(stock, n) for n in range(64)]
        assert await again.hear() == {"type": "resync"}


async def test_a_close_of_ours_keeps_the_place(house: House, autojump_clock: Clock) -> None:
    """Whoever is told to come back, and answers the close, is not taken to have left."""
    async with switchboard() as nursery:
        one, two = await peer(house, nursery, ROOM), await peer(house, nursery, ROOM)
        house.groups.close_all(Close.RESTART, "the server restarts")
        assert [await one.end(), await two.end()] == [1012, 1012]
        for former in (one, two):
            again = await back(house, nursery, former)
            assert (again.id, again.first["resumed"]) == (former.id, True)


async def test_not_coming_back(house: House, autojump_clock: Clock) -> None:
    """After 30 s the others hear that it is gone; then it is somebody new, and nothing is kept."""
    async with switchboard() as nursery:
        stock, native = await peer(house, nursery), await peer(house, nursery, ROOM)
        await stock.hear()
        await native.vanish()
        await trio.sleep(29)
        await house.sweep()
        assert await stock.silent()
        await trio.sleep(2)
        await house.sweep()
        assert await stock.hear() == left(native)
        again = await back(house, nursery, native)
        assert (again.id != native.id, again.first["resumed"]) == (True, False)
        assert await stock.hear() == new(again)
        await trio.sleep(10)
        await house.groups.tick()
        assert len(house.groups._sessions) == 2


async def test_a_goodbye(house: House, autojump_clock: Clock) -> None:
    """One that closes in order is gone at once."""
    async with switchboard() as nursery:
        stock, native = await peer(house, nursery), await peer(house, nursery, ROOM)
        await native.leave()
        assert [await stock.hear(), await stock.hear()] == [new(native), left(native)]


async def test_coming_back_before_the_loss_was_seen(house: House, autojump_clock: Clock) -> None:
    """The newer socket has the place, the older one is closed 4409, and nothing is told to others."""
    async with switchboard() as nursery:
        stock, native = await peer(house, nursery), await peer(house, nursery, ROOM)
        await stock.hear()
        again = await back(house, nursery, native)
        assert await native.end() == 4409
        await stock.signal(native.id, 1)
        assert await again.hear() == heard(stock, 1)
        await trio.sleep(60)
        await house.groups.tick()
        await house.sweep()
        assert await stock.silent()


async def test_a_resume_is_for_its_room(house: House, autojump_clock: Clock) -> None:
    """In another room, or changed, it is worth nothing."""
    async with switchboard() as nursery:
        native = await peer(house, nursery, ROOM)
        await native.vanish()
        resume = native.first["resume"]
        for target in (
            f"/matchbox/room_b?v=1&resume={resume}",
            f"/matchbox/room_a?v=1&next=2&resume={resume}",
            f"{ROOM}&resume={resume[:-2]}",
            f"{ROOM}&resume=x",
            f"{ROOM}&resume=%F0%9F%8E%AE..",
        ):
            other = await peer(house, nursery, target)
            assert other.id != native.id


async def test_errors_have_words(house: House, autojump_clock: Clock) -> None:
    """What is not understood, or for nobody, is answered; matchbox' words are not ours."""
    async with switchboard() as nursery:
        native = await peer(house, nursery, ROOM)
        await native.raw('{"Signal":{"receiver":"x","data":1}}')
        assert (await native.hear())["code"] == "invalid_message"
        await native.tell("00000000-0000-4000-8000-000000000000", 1)
        assert (await native.hear())["code"] == "unknown_peer"
        await native.raw('"KeepAlive"')
        assert await native.silent()


async def test_fresh_credentials(house: House, autojump_clock: Clock) -> None:
    """A player's are replaced before they run out; a guest has none."""
    async with switchboard() as nursery:
        ann = await peer(house, nursery, f"{ROOM}&token={house.token()}")
        guest = await peer(house, nursery, ROOM)
        nursery.start_soon(house.groups.run)
        with trio.fail_after(1900):
            await ann.caller.connection.get_message()
            text = await ann.caller.connection.get_message()
        assert '"type":"ice"' in str(text)
        assert '"username":"17000' in str(text)
        assert await guest.silent()


async def test_the_next_token(house: House, autojump_clock: Clock) -> None:
    """A native peer is asked for it a minute before the end, and closed 4401 without it; matchbox'
    own, which can't answer, stay.
    """
    async with switchboard() as nursery:
        stock = await peer(house, nursery, f"/matchbox/room_b?token={house.token(ttl=100)}")
        ann, bob = [
            await peer(house, nursery, f"{ROOM}&token={house.token(subject=who, ttl=100)}")
            for who in ("u_ann", "u_bob")
        ]
        await ann.hear()
        nursery.start_soon(house.stays.run)
        await trio.sleep(50)
        deadline = int(house.clock.wall()) + 50
        for one in (ann, bob):
            assert await one.hear() == {"type": "reauth", "deadline": deadline}
        await bob.caller.say(type="reauth", token=house.token(subject="u_ann"))
        assert (await bob.hear())["code"] == "forbidden"
        await ann.caller.say(type="reauth", token=house.token(subject="u_ann", ttl=9000))
        assert await ann.hear() == {"type": "reauthed", "expiresAt": deadline - 50 + 9000}
        assert await bob.end() == 4401
        await trio.sleep(7000)
        assert await stock.silent()


async def test_a_guest_has_no_token_to_renew(house: House, autojump_clock: Clock) -> None:
    """He is told so, and stays."""
    async with switchboard() as nursery:
        guest = await peer(house, nursery, ROOM)
        await guest.caller.say(type="reauth", token=house.token())
        assert (await guest.hear())["code"] == "unauthorized"


async def test_a_place_is_its_accounts(house: House, autojump_clock: Clock) -> None:
    """Nobody comes back to another's place by his `resume`, and no guest to a player's."""
    async with switchboard() as nursery:
        ann = await peer(house, nursery, f"{ROOM}&token={house.token()}")
        await ann.vanish()
        for query in ("", f"&token={house.token(subject='u_bob')}"):
            other = await peer(house, nursery, f"{ROOM}&resume={ann.first['resume']}{query}")
            assert not other.first["resumed"]
            assert other.id != ann.id


async def test_an_account_that_ends(house: House, autojump_clock: Clock) -> None:
    """Its sockets are closed and its place is not kept."""
    async with switchboard() as nursery:
        stock = await peer(house, nursery)
        ann = await peer(house, nursery, f"{ROOM}&token={house.token()}")
        banned = Revocation(1, house.clock.wall(), AccountId("u_ann"), None, Cause.BANNED)
        house.stays.take(banned)
        assert await ann.end() == 4403
        assert [await stock.hear(), await stock.hear()] == [new(ann), left(ann)]


async def test_who_is_away_does_not_make_a_pair(house: House, autojump_clock: Clock) -> None:
    """Its place is lost when the group fills without it; coming back it waits for the next."""
    async with switchboard() as nursery:
        target = f"{ROOM}&next=2"
        away = await peer(house, nursery, target)
        await away.vanish()
        first, second = await peer(house, nursery, target), await peer(house, nursery, target)
        expected = {"type": "peer-left", "peerId": away.id, "reason": "lost"}
        assert [await first.hear(), await first.hear()] == [expected, joined(second)]
        again = await peer(house, nursery, f"{target}&resume={away.first['resume']}")
        assert (again.id != away.id, again.first["roster"]) == (True, [])
        third = await peer(house, nursery, target)
        assert await again.hear() == joined(third)

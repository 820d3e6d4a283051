"""Entering, leaving, being replaced, fresh credentials, drain (wire.md 2.5)."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from matchd.domain.addresses import UNKNOWN
from matchd.domain.bookings import State
from matchd.domain.ids import BookingId, HostId
from matchd.domain.limits import Rate
from matchd.domain.rooms import Side
from matchd.errors import BadGrant, BookingOver, Draining, Forbidden, RateLimited, WrongSecret
from matchd.protocol.hosts import HeartbeatBody
from matchd.protocol.news import Close
from matchd.turn import TurnPlan
from tests.house import HOST_ADDRESS, PLAYER_ADDRESS, SECRET, House

Clock = trio.testing.MockClock


async def test_host_and_player_meet(house: House) -> None:
    """Both are told of each other, and the booking is connected."""
    await house.beat()
    found = await house.find()
    host, host_box = await house.enter_host()
    player, player_box = await house.enter_player(found)
    assert (host.side, player.side) == (Side.HOST, Side.PLAYER)
    assert host_box.frames[-1]["payload"] == {
        "peer": host_box.frames[-1]["peer"],
        "bookingId": found.booking_id,
    }
    assert player_box.said == ["peer-joined"]
    view = await house.bookings.follow(house.player(), None, BookingId(found.booking_id), 0)
    assert view.state is State.CONNECTED


async def test_leaving_is_told_to_the_other_side(house: House) -> None:
    """The host hears which player left; the players hear that the host did."""
    await house.beat()
    found = await house.find()
    host, host_box = await house.enter_host()
    player, player_box = await house.enter_player(found)
    peer = host_box.frames[-1]["peer"]
    await house.rooms.leave(player)
    assert host_box.frames[-1] == {"type": "peer-disconnected", "peer": peer}
    await house.enter_player(found)
    again, again_box = await house.enter_player(found)
    await house.rooms.leave(host)
    assert again_box.frames[-1] == {"type": "peer-disconnected"}
    assert (player_box.said, again.side) == (["peer-joined"], Side.PLAYER)


async def test_the_newest_socket_of_a_player_wins(house: House) -> None:
    """The former one is closed 4409, and its end is no news to anybody."""
    await house.beat()
    found = await house.find()
    _, host = await house.enter_host()
    first, first_box = await house.enter_player(found)
    _, second_box = await house.enter_player(found)
    told = len(host.frames)
    await house.rooms.leave(first)
    assert (first_box.code, second_box.closed) == (Close.REPLACED, None)
    assert [word for word in host.said if word != "ice"] == [
        "peer-joined",
        "peer-disconnected",
        "peer-joined",
    ]
    assert len(host.frames) == told


async def test_the_newest_socket_of_a_host_wins(house: House) -> None:
    """The players talk to the new one from then on; the former one is closed 4409."""
    await house.beat()
    found = await house.find()
    first, first_box = await house.enter_host()
    player, player_box = await house.enter_player(found)
    _, second_box = await house.enter_host()
    await house.rooms.leave(first)
    player.receive('{"type":"offer","sdp":"v=0"}')
    assert (first_box.code, second_box.said[-1]) == (Close.REPLACED, "offer")
    assert "peer-disconnected" not in player_box.said


async def test_a_candidate_becomes_the_host_by_a_beat(house: House) -> None:
    """A socket without credentials is recognised by a beat from its address, not from another's."""
    candidate, box = await house.enter()
    await house.beat(address="203.0.113.99")
    sides = [candidate.side]
    found = await house.find()
    player, player_box = await house.enter_player(found)
    player.receive('{"type":"offer","sdp":"v=0"}')
    await house.beat()
    sides.append(candidate.side)
    assert sides == [Side.CANDIDATE, Side.HOST]
    assert [word for word in box.said if word != "ice"] == ["peer-joined", "offer"]
    assert player_box.said == ["peer-joined"]


async def test_a_candidate_without_a_beat_is_turned_away(
    house: House, autojump_clock: Clock
) -> None:
    """After 60 s it is closed 4403; a second one of its network replaces it before."""
    _, first = await house.enter()
    _, second = await house.enter()
    await trio.sleep(60)
    await house.sweep()
    assert (first.code, second.code) == (Close.REPLACED, Close.FORBIDDEN)


async def test_mode_open_seats_by_order(house: House) -> None:
    """The first socket is the host, the next ones are players, without any credential."""
    house.change(host_auth="open")
    sides = [(await house.enter("r-free"))[0].side for _ in range(3)]
    assert sides == [Side.HOST, Side.PLAYER, Side.PLAYER]


async def test_who_is_not_admitted(house: House) -> None:
    """Each wrong credential has its refusal, `check` gives the same one, and nothing is left."""
    await house.beat("h1")
    await house.beat("h2")
    over = await house.find(hostId="h1")
    await house.bookings.release(house.player(), None, BookingId(over.booking_id))
    elsewhere = await house.find(hostId="h2")
    refused: list[tuple[type[Exception], dict[str, str]]] = [
        (BadGrant, {"grant": "unknown"}),
        (BadGrant, {"grant": elsewhere.grant}),
        (BookingOver, {"grant": over.grant}),
        (WrongSecret, {"bearer": "wrong"}),
        (Forbidden, {"bearer": house.token("host", "h2")}),
    ]
    for refusal, presented in refused:
        with pytest.raises(refusal):
            await house.enter(**presented)
        with pytest.raises(refusal):
            await house.rooms.check(house.request(**presented))
    assert (house.rooms.open_sockets, house.hub._mailboxes) == (0, {})


async def test_a_grant_that_waits_opens_no_room(house: House) -> None:
    """A place in the line is not over, and has no room: 403 and not 410."""
    line = await house.get_in_line()
    with pytest.raises(BadGrant, match="waits"):
        await house.enter(grant=line.grant)


async def test_no_candidates_where_addresses_say_nothing(house: House) -> None:
    """Without `recognise_by_address` a socket without credentials is refused before the upgrade."""
    house.change(recognise=False)
    with pytest.raises(Forbidden):
        await house.enter()


async def test_connects_are_limited(house: House, autojump_clock: trio.testing.MockClock) -> None:
    """Over the limit a socket is refused and takes no place."""
    house.change(address_rates={"connects": Rate.parse("1/min")})
    await house.beat()
    await house.enter_host()
    with pytest.raises(RateLimited):
        await house.enter_host()
    assert house.rooms.open_sockets == 1


async def test_fresh_credentials_come_before_the_old_ones_end(
    house: House, autojump_clock: Clock
) -> None:
    """At half the ttl both sides are pushed new ones, each its own, and only once."""
    await house.beat()
    found = await house.find()
    _, host = await house.enter_host()
    _, player = await house.enter_player(found)
    said = (host.said.count("ice"), player.said.count("ice"))
    await trio.sleep(1799)
    await house.rooms.refresh()
    assert said == (host.said.count("ice"), player.said.count("ice")) == (1, 0)
    await trio.sleep(1)
    for _ in range(2):
        await house.rooms.refresh()
    assert (host.said.count("ice"), player.said.count("ice")) == (2, 1)
    assert host.frames[-1]["payload"] != player.frames[-1]["payload"]


async def test_who_comes_back_with_old_credentials_is_pushed_new_ones(
    house: House, autojump_clock: Clock
) -> None:
    """A player who reconnects late gets fresh ones at the next refresh, not after his have ended."""
    await house.beat()
    found = await house.find()
    await house.enter_host()
    await house.enter_player(found)
    await trio.sleep(3000)
    _, box = await house.enter_player(found)
    await house.rooms.refresh()
    assert box.said == ["peer-joined", "ice"]


async def test_new_turn_servers_are_pushed(house: House) -> None:
    """After a reload of the TURN servers everybody in a room hears of them."""
    await house.beat()
    _, host = await house.enter_host()
    _, player = await house.enter_player(await house.find())
    before = (host.said.count("ice"), player.said.count("ice"))
    house.change(turn=TurnPlan(stun=("stun:new.example.net",)))
    house.rooms.renew()
    await house.rooms.refresh()
    assert (host.said.count("ice"), player.said.count("ice")) == (before[0] + 1, before[1] + 1)
    payload = player.frames[-1]["payload"]
    assert isinstance(payload, dict)
    assert payload["iceServers"] == [{"urls": ["stun:new.example.net"]}]


async def test_a_host_before_its_first_beat_gets_credentials_with_its_player(house: House) -> None:
    """A socket that came before the host was registered is supplied when a player comes."""
    session, box = await house.enter_host()
    assert session.identity is None
    await house.beat()
    await house.enter_player(await house.find())
    assert box.said == ["ice", "peer-joined"]


async def test_the_end_of_a_booking_closes_its_socket(house: House) -> None:
    """Released: the player hears peer-disconnected and 4410, the host that this peer is gone."""
    await house.beat()
    found = await house.find()
    _, host = await house.enter_host()
    session, player = await house.enter_player(found)
    await house.bookings.release(house.player(), None, BookingId(found.booking_id))
    told = len(host.frames)
    await house.rooms.leave(session)
    assert (player.said[-1], player.code) == ("peer-disconnected", Close.GONE)
    assert (host.said[-1], len(host.frames), host.closed) == ("peer-disconnected", told, None)


async def test_a_drain_tells_all_and_closes_them_one_after_another(
    house: House, autojump_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody hears the deadline at once; the 1012s are spread, and nobody new comes in."""
    await house.beat(capacity=9)
    boxes = [(await house.enter_host())[1]]
    for number in range(3):
        found = await house.find(house.player(f"u_{number}"))
        boxes.append((await house.enter_player(found))[1])
    house.current.draining = True
    monkeypatch.setattr("matchd.services.rooms.PACE", 60.0)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(house.rooms.drain, 4.0)
        await trio.sleep(1.5)
        assert [box.code for box in boxes] == [Close.RESTART, Close.RESTART, None, None]
        assert all(box.said[-1] == "going-away" for box in boxes)
        with pytest.raises(Draining):
            await house.enter_host()
    assert {Close.RESTART} == {box.code for box in boxes}


async def test_leaving_a_draining_house_is_no_farewell(house: House) -> None:
    """Old clients take `peer-disconnected` for the end of the match: a restart must not say it."""
    await house.beat()
    host, host_box = await house.enter_host()
    player, player_box = await house.enter_player(await house.find())
    house.current.draining = True
    await house.rooms.leave(host)
    await house.rooms.leave(player)
    assert "peer-disconnected" not in host_box.said + player_box.said


async def test_draining_an_empty_house_is_over_at_once(house: House, autojump_clock: Clock) -> None:
    """Without sockets there is nothing to spread."""
    await house.rooms.drain(5.0)
    assert trio.current_time() == 0


async def test_checking_changes_nothing(house: House) -> None:
    """`check` leaves store, mailboxes and buckets as they were."""
    await house.beat()
    found = await house.find()
    before = repr((house.store.pool.rooms, house.store.pool.bookings, house.limiter._tables))
    for presented in ({"grant": found.grant}, {"bearer": SECRET}, {}):
        await house.rooms.check(house.request(address=PLAYER_ADDRESS, **presented))
    after = repr((house.store.pool.rooms, house.store.pool.bookings, house.limiter._tables))
    assert (before, house.hub._mailboxes) == (after, {})


async def test_a_room_is_kept_for_a_hosts_own_token(house: House) -> None:
    """The host's token opens its room from any address."""
    await house.beat()
    token = house.token("host", "h1")
    session, _ = await house.enter(bearer=token, address="203.0.113.77")
    assert session.side is Side.HOST


async def test_a_token_takes_no_room_before_its_own_beat(house: House) -> None:
    """A host's token seats nobody in a room that another host then registers."""
    token = house.token("host", "evil")
    session, box = await house.enter("r-h1", bearer=token)
    await house.beat("h1")
    found = await house.find()
    await house.enter_player(found)
    assert (session.side, box.said) == (Side.CANDIDATE, [])


async def test_a_token_waits_for_its_own_beat(house: House) -> None:
    """A host that opens its socket before its first beat is seated by that beat, from anywhere."""
    token = house.token("host", "h1")
    session, _ = await house.enter("r-h1", bearer=token, address="203.0.113.77")
    body = HeartbeatBody(host_id="h1", room_id="r-h1")
    await house.hosts.beat(house.auth.host(token, "203.0.113.78"), body)
    assert session.side is Side.HOST


async def test_nobody_is_recognised_behind_an_unreadable_header(house: House) -> None:
    """Two callers whose proxy says nothing readable are not taken for each other."""
    session, _ = await house.enter(address=UNKNOWN)
    await house.beat(address=UNKNOWN)
    assert session.side is Side.CANDIDATE


async def test_goodbye_takes_the_socket_along(house: House) -> None:
    """Whoever takes the room next does not find the former host's socket seated."""
    await house.beat()
    _, box = await house.enter_host()
    await house.hosts.goodbye(house.auth.host(SECRET, HOST_ADDRESS), HostId("h1"))
    assert box.code == Close.GONE

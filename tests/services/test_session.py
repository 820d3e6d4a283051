"""One socket in its room: the late buffer, the rules of `peer`, strikes and rates (wire.md 2.5)."""

from __future__ import annotations

import json

import pytest
import trio
import trio.testing

from matchd.domain.ids import Address, NodeId, PeerId
from matchd.domain.limits import Rate
from matchd.protocol.news import Close, Ended, PlayerAway, PlayerHere, Seat
from matchd.services.session import Session
from matchd.services.settings import RelayLimits
from tests.house import House, Outbox

Pair = tuple[Session, Outbox]


def control(action: str, **fields: object) -> str:
    """A control message as a client writes it."""
    return json.dumps({"type": "control", "action": action, **fields})


def heard(outbox: Outbox) -> list[str]:
    """What the other side said: actions that are not the server's own."""
    ours = {"peer-joined", "ice", "schema-error", "not-delivered", "going-away"}
    return [word for word in outbox.said if word not in ours]


def entering(house: House) -> Pair:
    """A socket whose answer from the store is still on its way."""
    outbox = Outbox()
    return house.rooms._session(house.request(), outbox), outbox


async def waiting_player(house: House) -> Pair:
    """A player whose host is not in the room yet."""
    await house.beat(capacity=9)
    return await house.enter_player(await house.find())


async def pair(house: House) -> tuple[Pair, Pair]:
    """A host and its one player, both in the room."""
    player = await waiting_player(house)
    return await house.enter_host(), player


async def test_what_was_said_early_is_heard_in_order(house: House) -> None:
    """The host that comes late hears everything, as said, with the player's `peer` on it."""
    player, _ = await waiting_player(house)
    for number in range(64):
        player.receive(control(f"a{number}"))
    _, host = await house.enter_host()
    assert [f"a{number}" for number in range(64)] == heard(host)
    peers = {frame["peer"] for frame in host.frames if frame.get("action") != "ice"}
    assert len(peers) == 1


async def test_the_65th_early_message_is_not_kept(house: House) -> None:
    """Its sender is told; the first 64 are delivered."""
    player, outbox = await waiting_player(house)
    for number in range(65):
        player.receive(control(f"a{number}"))
    assert outbox.said == ["not-delivered"]
    _, host = await house.enter_host()
    assert len(heard(host)) == 64


async def test_early_messages_are_bounded_in_bytes(house: House) -> None:
    """What no longer fits in 256 KiB is not kept; what is smaller still may be."""
    player, outbox = await waiting_player(house)
    for number in range(5):
        player.receive(control(f"big{number}", payload="x" * 60_000))
    assert outbox.said == ["not-delivered"]
    player.receive(control("small"))
    _, host = await house.enter_host()
    assert heard(host) == ["big0", "big1", "big2", "big3", "small"]


async def test_early_messages_grow_old(
    house: House, autojump_clock: trio.testing.MockClock
) -> None:
    """After 30 s a message is dropped, and no longer takes the room of newer ones."""
    player, outbox = await waiting_player(house)
    for _ in range(64):
        player.receive(control("old"))
    await trio.sleep(30.5)
    player.receive(control("young"))
    assert outbox.said == []
    _, host = await house.enter_host()
    assert heard(host) == ["young"]


async def test_messages_at_the_limit_of_age_are_kept(
    house: House, autojump_clock: trio.testing.MockClock
) -> None:
    """Just before 30 s everything is still delivered."""
    player, _ = await waiting_player(house)
    player.receive(control("old"))
    await trio.sleep(29.5)
    _, host = await house.enter_host()
    assert heard(host) == ["old"]


async def test_the_host_answers_its_only_player_without_peer(house: House) -> None:
    """With one player `peer` may be left out, and is not shown to him."""
    (host, _), (_, player) = await pair(house)
    host.receive(json.dumps({"type": "answer", "sdp": "v=0", "extra": 1}))
    assert player.frames[-1] == {"type": "answer", "sdp": "v=0"}


async def test_the_host_must_name_one_of_several_players(house: House) -> None:
    """Without `peer` a schema-error; with it the message reaches that player alone."""
    (host, box), (_, ann) = await pair(house)
    found = await house.find(house.player("u_bob"))
    _, bob = await house.enter_player(found)
    host.receive(control("hello"))
    assert box.said[-1] == "schema-error"
    peer = next(
        frame["peer"]
        for frame in box.frames
        if frame.get("payload") and found.booking_id in str(frame["payload"])
    )
    host.receive(control("hello", peer=peer))
    assert (heard(ann), heard(bob)) == ([], ["hello"])


async def test_a_host_alone_speaks_to_nobody(house: House) -> None:
    """A message without players, or to one who is gone, is dropped and counted."""
    await house.beat()
    host, box = await house.enter_host()
    host.receive(control("hello"))
    host.receive(control("hello", peer="nobody"))
    assert box.frames == []
    assert b'dropped_messages_total{reason="peer_gone"} 2.0' in house.metrics.render()


async def test_players_never_hear_each_other(house: House) -> None:
    """A player's message reaches the host only, whatever `peer` he writes."""
    (_, box), (_, ann) = await pair(house)
    peer = box.frames[-1]["peer"]
    bob, _ = await house.enter_player(await house.find(house.player("u_bob")))
    bob.receive(control("psst", peer=peer))
    assert (heard(ann), heard(box)) == ([], ["psst"])
    assert box.frames[-1]["peer"] != peer


@pytest.mark.parametrize("text", ["", "{", "[]", '{"type":"shout"}', control("peer-joined")])
async def test_invalid_messages_are_answered_to_their_sender(house: House, text: str) -> None:
    """Garbage, unknown types and the server's own words are a schema-error and go nowhere."""
    (_, host), (player, outbox) = await pair(house)
    before = len(host.frames)
    player.receive(text)
    assert (outbox.said[-1], outbox.closed) == ("schema-error", None)
    assert len(host.frames) == before


async def test_a_flood_of_invalid_messages_is_ended(
    house: House, autojump_clock: trio.testing.MockClock
) -> None:
    """Ten are answered, the next one closes the socket 4400."""
    (_, _), (player, outbox) = await pair(house)
    for _ in range(11):
        player.receive("{")
    assert outbox.said.count("schema-error") == 10
    assert outbox.code is Close.MALFORMED


async def test_a_flood_of_messages_is_ended(
    house: House, autojump_clock: trio.testing.MockClock
) -> None:
    """Over the rate the socket is closed 4429 and relays nothing more."""
    house.change(message_rate=Rate.parse("3/min"))
    (_, host), (player, outbox) = await pair(house)
    for number in range(5):
        player.receive(control(f"a{number}"))
    assert heard(host) == ["a0", "a1", "a2"]
    assert outbox.code is Close.TOO_MANY


async def test_who_was_told_to_leave_is_heard_no_more(house: House) -> None:
    """Between our close and the peer's answer, nothing is relayed."""
    (_, host), (player, _) = await pair(house)
    player.deliver(Ended(Close.REPLACED, "replaced"))
    player.receive(control("still here"))
    assert heard(host) == []


async def test_a_candidate_relays_nothing(house: House) -> None:
    """A socket nobody vouches for is not heard, not even by a player in the room."""
    _, outbox = await waiting_player(house)
    candidate, _ = await house.enter()
    candidate.receive(control("let me in"))
    assert outbox.frames == []


async def test_departures_may_overtake_the_stores_answer(house: House) -> None:
    """A player whose leaving was heard before the seats were is never announced."""
    host, outbox = entering(house)
    gone, here = (Seat(PeerId(name), Address(NodeId("n2"), 1), None) for name in ("gone", "here"))
    host.deliver(PlayerAway(gone.peer))
    host.become_host(None, None, [gone, here])
    assert [frame.get("peer") for frame in outbox.frames] == ["here"]


async def test_a_player_may_come_and_go_before_the_stores_answer(house: House) -> None:
    """He is announced, his leaving is, and the answer that still lists him brings him not back."""
    host, outbox = entering(house)
    seat = Seat(PeerId("p1"), Address(NodeId("n2"), 1), None)
    host.deliver(PlayerHere(seat, None, None))
    host.deliver(PlayerAway(seat.peer))
    host.become_host(None, None, [seat])
    assert outbox.said == ["peer-joined", "peer-disconnected"]


async def test_a_player_is_announced_once(house: House) -> None:
    """News and the store's answer may both name him; the host hears of him once."""
    host, outbox = entering(house)
    seat = Seat(PeerId("p1"), Address(NodeId("n2"), 1), None)
    host.deliver(PlayerHere(seat, None, None))
    host.become_host(None, None, [seat])
    assert outbox.said == ["peer-joined"]


async def test_bounds_are_configurable(autojump_clock: trio.testing.MockClock) -> None:
    """The late buffer and the strikes follow the configuration."""
    house = House(RelayLimits(late_messages=1, malformed=1))
    player, outbox = await waiting_player(house)
    for text in (control("a"), control("b"), "{", "{"):
        player.receive(text)
    assert outbox.said == ["not-delivered", "schema-error"]
    assert outbox.code is Close.MALFORMED

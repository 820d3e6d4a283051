"""Every test of matchbox' own that its users rely on, restated for our rooms.

The upstream suites, each case with the tests here that say the same:

matchbox_server (9)
    ws_connect, uuid_assigned: test_the_first_word. new_peer: test_those_present_are_told.
    disconnect_peer: test_a_leaver_is_told_once. signal: test_a_signal. match_pairs: test_pairs.
    match_pair_and_other_alone_room_without_next: test_next_is_another_room_than_none.
    match_different_id_same_next: test_names_pair_apart.
    match_same_id_different_next: test_sizes_fill_apart.
matchbox_signaling, full_mesh (11)
    ws_connect, uuid_assigned, nested_server (ours is always below a prefix): test_the_first_word.
    new_peer: test_those_present_are_told. signal: test_a_signal.
    disconnect_peer, on_disconnect_callback: test_a_leaver_is_told_once (cut, too).
    on_connection_req_callback, on_id_assignment_callback, on_connect_callback: test_callbacks.
    deny_on_connection_req_callback: test_a_refusal_lets_nobody_know.
matchbox_signaling, client_server (12)
    ws_connect, uuid_assigned, new_client, on_connection_req_callback, on_id_assignment_callback,
    on_host_connect_callback, on_client_connect_callback: test_clients_meet_the_server.
    disconnect_client, on_client_disconnect_callback: test_the_server_hears_of_leavers.
    signal: test_a_client_speaks_to_the_server. on_host_disconnect_callback: test_without_the_server.
    deny_on_connection_req_callback: test_a_refusal_lets_nobody_know.
matchbox_socket (2)
    unreachable_server, test_signaling_attempts: test_matchbox_peers in tests/daemon, with the client.
"""

from __future__ import annotations

import uuid

import pytest
import trio
import trio.testing

from matchd.domain.groups import GroupKey
from matchd.services.group_session import GroupSession
from matchd.services.groups import Visit
from tests.house import House, Outbox
from tests.ws.client import refused_upgrade, switchboard
from tests.ws.peers import PeerCaller, left, new, peer, said

pytestmark = pytest.mark.usefixtures("edges")

Clock = trio.testing.MockClock
SERVER = "/matchbox/room_a?topology=client-server"


async def test_the_first_word(house: House, autojump_clock: Clock) -> None:
    """It is IdAssigned with a UUID, and nothing follows for one that is alone."""
    async with switchboard() as nursery:
        alone = await peer(house, nursery)
        assert alone.first == {"IdAssigned": alone.id}
        assert str(uuid.UUID(alone.id)) == alone.id
        assert await alone.silent()


async def test_ids_are_unique(house: House) -> None:
    """No two of 1,000 are the same."""
    sessions = [
        await house.groups.admit(
            Visit(key=GroupKey("t", str(n)), caller=house.auth.guest("192.0.2.9"), limit=2),
            Outbox(),
        )
        for n in range(1000)
    ]
    assert len({session.peer for session in sessions}) == 1000


async def test_those_present_are_told(house: House, autojump_clock: Clock) -> None:
    """NewPeer goes to everybody who was there before, in order, and never to the joiner."""
    async with switchboard() as nursery:
        first, second, third = [await peer(house, nursery) for _ in range(3)]
        assert [await first.hear(), await first.hear()] == [new(second), new(third)]
        assert await second.hear() == new(third)
        for one in (first, second, third):
            assert await one.silent()


@pytest.mark.parametrize("how", [PeerCaller.leave, PeerCaller.vanish])
async def test_a_leaver_is_told_once(house: House, autojump_clock: Clock, how: object) -> None:
    """Closed in order or cut: those who remain hear one PeerLeft, whoever of the two came first."""
    assert callable(how)
    async with switchboard() as nursery:
        first, second, third = [await peer(house, nursery) for _ in range(3)]
        await how(second)
        heard = [await first.hear() for _ in range(3)]
        assert heard == [new(second), new(third), left(second)]
        assert await third.hear() == left(second)
        await how(first)
        assert await third.hear() == left(first)
        assert await third.silent()


async def test_a_signal(house: House, autojump_clock: Clock) -> None:
    """It arrives with its sender, whatever the data."""
    async with switchboard() as nursery:
        first, second = await peer(house, nursery), await peer(house, nursery)
        await first.hear()
        for data in ("123", {"Offer": "v=0"}, [1, 2.5], 7, None, {"a": {"é": "🎮"}}):
            await first.signal(second.id, data)
            assert await second.hear() == said(first, data)
            await second.signal(first.id, data)
            assert await first.hear() == said(second, data)


async def test_pairs(house: House, autojump_clock: Clock) -> None:
    """Four clients of `next=2` are two pairs, in order, and silence otherwise."""
    async with switchboard() as nursery:
        pairs = [await peer(house, nursery, "/matchbox/room?next=2") for _ in range(4)]
        assert await pairs[0].hear() == new(pairs[1])
        assert await pairs[2].hear() == new(pairs[3])
        for one in pairs:
            assert await one.silent()


async def test_next_is_another_room_than_none(house: House, autojump_clock: Clock) -> None:
    """Between two of `next=2` one without it stays alone."""
    async with switchboard() as nursery:
        first = await peer(house, nursery, "/matchbox/room?next=2")
        alone = await peer(house, nursery, "/matchbox/room")
        second = await peer(house, nursery, "/matchbox/room?next=2")
        assert await first.hear() == new(second)
        for one in (first, alone, second):
            assert await one.silent()


async def test_names_pair_apart(house: House, autojump_clock: Clock) -> None:
    """Two names with the same `next`, interleaved, pair within the name."""
    async with switchboard() as nursery:
        targets = [f"/matchbox/{name}?next=2" for name in ("a", "b", "a", "b")]
        first, second, third, fourth = [await peer(house, nursery, one) for one in targets]
        assert await first.hear() == new(third)
        assert await second.hear() == new(fourth)
        for one in (first, second, third, fourth):
            assert await one.silent()


async def test_sizes_fill_apart(house: House, autojump_clock: Clock) -> None:
    """`next=2` and `next=3` of one name are two rooms; arrivals are told at once."""
    async with switchboard() as nursery:
        targets = [f"/matchbox/a?next={size}" for size in (2, 3, 2, 3, 3)]
        a, b, c, d, e = [await peer(house, nursery, one) for one in targets]
        assert await a.hear() == new(c)
        assert [await b.hear(), await b.hear()] == [new(d), new(e)]
        assert await d.hear() == new(e)
        for one in (a, b, c, d, e):
            assert await one.silent()


async def test_callbacks(house: House, autojump_clock: Clock) -> None:
    """Whoever admits a socket is told when it has its place, and when it is gone."""
    seen: list[str] = []

    class Watch:
        async def entered(self, session: GroupSession) -> None:
            seen.append(f"entered {session.peer}")

        async def left(self, session: GroupSession) -> None:
            seen.append(f"left {session.peer}")

    visit = Visit(
        key=GroupKey("lobby", "l1"), caller=house.auth.guest("192.0.2.9"), limit=2, name="Ann"
    )
    session = await house.groups.admit(visit, Outbox(), Watch())
    found = await house.store.groups.look(visit.key)
    assert found is not None
    assert [one.name for one in found.members.values()] == ["Ann"]
    session.say_goodbye()
    await house.groups.leave(session)
    assert seen == [f"entered {session.peer}", f"left {session.peer}"]
    assert await house.store.groups.look(visit.key) is None


@pytest.mark.parametrize("topology", ["full-mesh", "client-server"])
async def test_a_refusal_lets_nobody_know(
    autojump_clock: Clock, house: House, topology: str
) -> None:
    """Who is refused gets an HTTP answer, and nobody hears of him."""
    async with switchboard() as nursery:
        target = f"/matchbox/room_a?topology={topology}"
        token = house.token()
        first = await peer(house, nursery, f"{target}&token={token}")
        house.change(guests_rooms=False)
        refused = await refused_upgrade(house, target)
        assert (refused.status, refused.json["code"]) == (401, "unauthorized")
        assert (await refused_upgrade(house, f"{target}&token=a.b.c")).json["code"] == "bad_token"
        assert await first.silent()


async def test_clients_meet_the_server(house: House, autojump_clock: Clock) -> None:
    """The first is the server and hears of every client; clients hear of nobody."""
    async with switchboard() as nursery:
        server, one, two = [await peer(house, nursery, SERVER) for _ in range(3)]
        assert [await server.hear(), await server.hear()] == [new(one), new(two)]
        for alone in (server, one, two):
            assert await alone.silent()


async def test_the_server_hears_of_leavers(house: House, autojump_clock: Clock) -> None:
    """A client that is cut is told to the server, and to no client."""
    async with switchboard() as nursery:
        server, one, two = [await peer(house, nursery, SERVER) for _ in range(3)]
        await one.vanish()
        heard = [await server.hear() for _ in range(3)]
        assert heard == [new(one), new(two), left(one)]
        assert await two.silent()


async def test_a_client_speaks_to_the_server(house: House, autojump_clock: Clock) -> None:
    """Whomever it names, itself included; the server speaks to the client it names."""
    async with switchboard() as nursery:
        server, one, two = [await peer(house, nursery, SERVER) for _ in range(3)]
        await server.hear(), await server.hear()
        for receiver in (one.id, two.id, server.id, str(uuid.uuid4())):
            await one.signal(receiver, "123")
            assert await server.hear() == said(one, "123")
        await server.signal(two.id, "456")
        assert await two.hear() == said(server, "456")
        assert await one.silent()


async def test_without_the_server(house: House, autojump_clock: Clock) -> None:
    """When it leaves its clients hear so and are closed 4410; the next one is a server of its own."""
    async with switchboard() as nursery:
        server, one, two = [await peer(house, nursery, SERVER) for _ in range(3)]
        await server.leave()
        for client in (one, two):
            assert await client.hear() == left(server)
            assert await client.end() == 4410
        fresh, third = await peer(house, nursery, SERVER), await peer(house, nursery, SERVER)
        assert await fresh.hear() == new(third)

"""Groups on every backend: who meets whom, how `next` closes, who may come back, what is left."""

from __future__ import annotations

import pytest
import trio

from matchd.domain.groups import Departure, Group, GroupKey, Reason
from matchd.domain.ids import GroupId
from matchd.store.ports import Affirmed, Full, Joined, UnknownNode
from tests.store.groups import GroupsHouse, met, peer, who
from tests.store.house import socket
from tests.store.nodes import NodesHouse

KEY = GroupKey("room", "r")


@pytest.fixture
async def house(nodes: NodesHouse) -> GroupsHouse:
    """An empty store of each backend that the node n1 has joined."""
    house = GroupsHouse(nodes)
    await house.node_joins("n1")
    return house


async def empty(house: GroupsHouse) -> bool:
    """Whether nothing is left of the room r."""
    return await house.store.groups.look(KEY) is None


async def test_a_newcomer_meets_those_before_it(house: GroupsHouse) -> None:
    """In the order they came; other names and other `next` are other rooms."""
    assert met(await house.joined(1)) == []
    assert met(await house.joined(2)) == [1]
    assert met(await house.joined(3)) == [1, 2]
    assert met(await house.joined(4, room="other")) == []
    assert met(await house.joined(5, next=2)) == []
    assert met(await house.joined(6, next=3)) == []
    assert met(await house.joined(7, next=2)) == [5]


async def test_who_leaves_is_told_to_the_rest(house: GroupsHouse) -> None:
    """Once, and the last one leaves no trace."""
    group = (await house.joined(1)).group
    await house.joined(2)
    left = await house.leave(group, 1)
    assert isinstance(left, Departure)
    assert (left.reason, left.observers) == (Reason.LEFT, (socket(2),))
    assert await house.leave(group, 1) is None
    await house.leave(group, 2)
    assert await empty(house)


async def test_next_closes_a_group(house: GroupsHouse) -> None:
    """The one that makes it complete closes it; the next one begins another."""
    first = await house.joined(1, next=2)
    second = await house.joined(2, next=2)
    third = await house.joined(3, next=2)
    assert (first.closed, second.closed, third.closed) == (False, True, False)
    assert (first.group == second.group, met(third)) == (True, [])
    assert (await house.joined(4, next=1)).closed


async def test_a_closed_group_stays_closed(house: GroupsHouse) -> None:
    """Who leaves it is missed there and nowhere else, and nobody takes his place."""
    group = (await house.joined(1, next=2)).group
    await house.joined(2, next=2)
    stranger = await house.joined(3, next=2)
    left = await house.leave(group, 1)
    assert isinstance(left, Departure)
    assert left.observers == (socket(2),)
    last = await house.leave(group, 2)
    assert isinstance(last, Departure)
    assert last.observers == ()
    assert (await house.joined(4, next=2)).group == stranger.group


async def test_who_waits_may_leave(house: GroupsHouse) -> None:
    """The other one waiting is told, and the group is completed by those who come."""
    group = (await house.joined(1, next=3)).group
    await house.joined(2, next=3)
    left = await house.leave(group, 1)
    assert isinstance(left, Departure)
    assert left.observers == (socket(2),)
    assert not (await house.joined(3, next=3)).closed
    assert (await house.joined(4, next=3)).closed


async def test_a_crowd_is_paired(house: GroupsHouse) -> None:
    """1,000 that come to one `next=2` room at once are 500 pairs."""
    house.every = 1000
    answers: dict[int, Joined] = {}

    async def come(number: int) -> None:
        answers[number] = await house.joined(number, next=2)

    async with trio.open_nursery() as nursery:
        for number in range(1000):
            nursery.start_soon(come, number)
    groups: dict[GroupId, list[int]] = {}
    for number, joined in answers.items():
        groups.setdefault(joined.group, []).append(number)
    assert {len(pair) for pair in groups.values()} == {2}
    assert sum(len(joined.met) for joined in answers.values()) == 500


async def test_a_room_may_be_full(house: GroupsHouse) -> None:
    """One more is refused until somebody leaves."""
    group = (await house.joined(1, limit=2)).group
    await house.joined(2, limit=2)
    assert await house.join(3, limit=2) == Full()
    await house.leave(group, 1)
    assert met(await house.joined(3, limit=2)) == [2]


async def test_clients_meet_the_server_only(house: GroupsHouse) -> None:
    """The first is the server; who leaves is told to it alone."""
    group = (await house.joined(1, server=True)).group
    assert met(await house.joined(2, server=True)) == [1]
    assert met(await house.joined(3, server=True)) == [1]
    left = await house.leave(group, 2)
    assert isinstance(left, Departure)
    assert (left.observers, left.dissolved) == ((socket(1),), False)


async def test_without_its_server_a_group_has_nobody(house: GroupsHouse) -> None:
    """All are told and out; who comes then is the server of a new one."""
    group = (await house.joined(1, server=True)).group
    for number in (2, 3):
        await house.joined(number, server=True)
    left = await house.leave(group, 1)
    assert isinstance(left, Departure)
    assert (left.observers, left.dissolved) == ((socket(2), socket(3)), True)
    assert await house.leave(group, 2) is None
    again = await house.joined(4, server=True)
    assert (again.group != group, met(again)) == (True, [])


async def test_the_newest_of_an_account(house: GroupsHouse) -> None:
    """An older place of the same account is lost; guests are never taken for one another."""
    await house.joined(1, account="u_ann")
    await house.joined(2)
    newer = await house.joined(3, account="u_ann")
    assert [(who(one.peer), one.reason) for one in newer.departures] == [(1, Reason.REPLACED)]
    assert met(newer) == [2]
    assert met(await house.joined(4)) == [2, 3]


async def test_an_account_never_meets_itself(house: GroupsHouse) -> None:
    """Two sockets of one account do not make a pair."""
    await house.joined(1, next=2, account="u_ann")
    newer = await house.joined(2, next=2, account="u_ann")
    assert (newer.closed, met(newer)) == (False, [])


async def test_who_is_away_keeps_its_place(house: GroupsHouse) -> None:
    """For 30 s; back in time it meets those who are there by now, and nobody was told."""
    group = (await house.joined(1, native=True)).group
    await house.joined(2)
    assert await house.linger(group, 1)
    assert await house.gone(29.5, "n1") == []
    assert met(await house.joined(3)) == [1, 2]
    back = await house.resume(group, 1, 11)
    assert isinstance(back, Joined)
    assert (met(back), back.former, back.member.turn) == ([2, 3], socket(1), 1)
    assert await house.gone(60, "n1") == []


async def test_who_stays_away_is_lost(house: GroupsHouse) -> None:
    """After 30 s the others are told, once, and it can't come back."""
    group = (await house.joined(1, native=True)).group
    await house.joined(2)
    await house.linger(group, 1)
    assert await house.gone(31, "n1") == [(1, Reason.LOST)]
    assert await house.resume(group, 1, 11) is None
    await house.leave(group, 2)
    assert await empty(house)


async def test_who_is_not_expected_back(house: GroupsHouse) -> None:
    """His place ends at once, if he is away; nobody else's does."""
    group = (await house.joined(1, native=True, account="u_ann")).group
    await house.joined(2)
    evict = house.store.groups.evict
    assert await evict(KEY, "u_ann") is None
    await house.linger(group, 1)
    for key, account in ((KEY, "u_bob"), (GroupKey("lobby", "r"), "u_ann")):
        assert await evict(key, account) is None
    gone = await house.sound(await evict(KEY, "u_ann"))
    assert isinstance(gone, Departure)
    assert (gone.address, gone.observers) == (socket(1), (socket(2),))
    assert await house.resume(group, 1, 11) is None
    assert await house.gone(31, "n1") == []


async def test_who_is_away_does_not_count(house: GroupsHouse) -> None:
    """A group is completed by those who are here; who was away then has lost its place."""
    group = (await house.joined(1, next=2, native=True)).group
    await house.linger(group, 1)
    second = await house.joined(2, next=2)
    assert (second.closed, met(second)) == (False, [1])
    third = await house.joined(3, next=2)
    assert (third.closed, met(third)) == (True, [2])
    assert [(who(one.peer), one.observers) for one in third.departures] == [
        (1, (socket(2), socket(3)))
    ]
    assert await house.resume(group, 1, 11) is None


async def test_coming_back_may_complete_a_group(house: GroupsHouse) -> None:
    """Then it counts again."""
    group = (await house.joined(1, next=2, native=True)).group
    await house.linger(group, 1)
    await house.joined(2, next=2)
    back = await house.resume(group, 1, 11)
    assert isinstance(back, Joined)
    assert (back.closed, met(back)) == (True, [2])


async def test_a_server_that_is_away_holds_the_group_open(house: GroupsHouse) -> None:
    """No group is complete without its server."""
    group = (await house.joined(1, next=2, server=True, native=True)).group
    await house.linger(group, 1)
    await house.joined(2, next=2, server=True)
    assert not (await house.joined(3, next=2, server=True)).closed
    back = await house.resume(group, 1, 11)
    assert isinstance(back, Joined)
    assert (back.closed, met(back)) == (True, [2, 3])


async def test_coming_back_before_the_loss_was_noticed(house: GroupsHouse) -> None:
    """The newer socket has the place, and the older one can't give it away."""
    group = (await house.joined(1, native=True)).group
    back = await house.resume(group, 1, 11)
    assert isinstance(back, Joined)
    assert await house.leave(group, 1) is None
    assert not await house.linger(group, 1)
    assert await house.store.groups.leave(group, peer(1), socket(11))
    assert await empty(house)


async def test_a_dead_node(house: GroupsHouse) -> None:
    """Its peers are lost; native ones get 30 s to come back by another node."""
    await house.node_joins("n2")
    group = (await house.joined(1)).group
    await house.joined(2, node="n2")
    await house.joined(3, node="n2", native=True)
    await house.joined(4, node="n2", native=True)
    assert await house.gone(12, "n1") == [(2, Reason.LOST)]
    back = await house.resume(group, 3, 13)
    assert isinstance(back, Joined)
    assert met(back) == [1, 4]
    assert await house.gone(31, "n1") == [(4, Reason.LOST)]


async def test_a_dead_node_leaves_nothing(house: GroupsHouse) -> None:
    """A room whose peers were all of dead nodes is forgotten."""
    await house.node_joins("n2", "n3")
    await house.joined(1, node="n2", server=True)
    await house.joined(2, node="n2", server=True)
    await house.joined(3, node="n3", native=True)
    await house.joined(4, node="n2", next=5)
    await house.gone(45, "n1")
    assert await empty(house)
    assert met(await house.joined(5, next=5)) == []
    assert met(await house.joined(6, server=True)) == []


async def test_only_living_nodes_bring_peers(house: GroupsHouse) -> None:
    """A node without a lease can't: nobody would clean up after it."""
    group = (await house.joined(1, native=True)).group
    assert await house.join(2, node="n9") == UnknownNode()
    assert await house.resume(group, 1, 11, node="n9") == UnknownNode()


async def test_places_that_were_lost_are_taken_again(house: GroupsHouse) -> None:
    """A node says who of its peers is in a group that the store has forgotten."""
    joined = await house.joined(1)
    second = await house.joined(2)
    await house.leave(joined.group, 1)
    await house.leave(joined.group, 2)
    key = KEY.digest
    mine = {one.peer: one for one in (second.member, joined.member)}
    told = Group(id=joined.group, key=key, seq=2, members=mine)
    affirmed = await house.sound(await house.store.groups.affirm(told, restore=True))
    assert isinstance(affirmed, Affirmed)
    assert (list(affirmed.group.members), affirmed.taken) == ([peer(1), peer(2)], ())
    assert met(await house.joined(3)) == [1, 2]
    await house.sound(await house.store.groups.affirm(told, restore=True))
    assert met(await house.joined(4)) == [1, 2, 3]


async def test_a_place_that_another_has_is_not_taken(house: GroupsHouse) -> None:
    """A newer socket of the peer, or of its account, keeps it; nor is a room made twice."""
    old = await house.joined(1, native=True, account="u_ann")
    await house.resume(old.group, 1, 11)
    told = Group(id=old.group, key=KEY.digest, seq=1, members={peer(1): old.member})
    affirmed = await house.sound(await house.store.groups.affirm(told, restore=True))
    assert isinstance(affirmed, Affirmed)
    assert affirmed.taken == (peer(1),)
    forgotten = Group(id=GroupId("g0"), key=KEY.digest, seq=7, members={peer(1): old.member})
    affirmed = await house.sound(await house.store.groups.affirm(forgotten, restore=True))
    assert isinstance(affirmed, Affirmed)
    assert affirmed.group.closed
    assert (await house.joined(2)).group == old.group


async def test_many_names_leave_nothing(house: GroupsHouse) -> None:
    """Rooms of any name, entered and left, are not remembered."""
    house.every = 500
    for number in range(500):
        name = f"{number} 🎮/../ {'x' * number}"
        await house.leave((await house.joined(number, room=name)).group, number)
        assert await house.store.groups.look(GroupKey("room", name)) is None

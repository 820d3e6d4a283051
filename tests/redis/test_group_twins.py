"""Both stores give the same answers about groups to the same steps, in any order."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from matchd.domain.bookings import Terms
from matchd.domain.groups import Departure, Group, GroupKey, Member, Topology
from matchd.domain.ids import GroupId, NodeId
from matchd.store.embedded import EmbeddedStore
from matchd.store.ports import Affirmed, Joined, Joining
from tests.redis.house import opened
from tests.store.groups import GroupsHouse, peer
from tests.store.house import socket
from tests.store.nodes import LEASES, NodesHouse
from tests.store.redis_server import RedisServer, fresh_prefix

Do = Callable[[GroupsHouse], Awaitable[object]]


class Script:
    """Draws steps among a few rooms, nodes, peers and accounts."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.nodes = ["n1", "n2", "n3"]
        self.sockets = 0
        self.places: list[tuple[GroupId, Member]] = []

    def step(self) -> Do:
        """The next step."""
        kinds = (self._join, self._join, self._old, self._old, self._old, self._node, self._time)
        return self.rng.choice(kinds)()

    def learn(self, answer: object) -> None:
        """Note a place, so that later steps are about it."""
        if isinstance(answer, Joined):
            self.places = [*self.places[-12:], (answer.group, answer.member)]

    def _join(self) -> Do:
        rng = self.rng
        self.sockets += 1
        key = GroupKey("room", rng.choice("ab"), rng.choice((0, 2, 3)), rng.choice((*Topology,)))
        where = socket(self.sockets, rng.choice(self.nodes))
        account = rng.choice((None, None, "u_ann", "u_bob"))
        member = Member(peer(self.sockets), where, rng.random() < 0.6, account=account)
        joining = Joining(key, GroupId(f"g{self.sockets}"), member, 4)
        return lambda house: house.store.groups.join(joining)

    def _old(self) -> Do:
        rng = self.rng
        if not self.places:
            return self._join()
        group, member = rng.choice(self.places)
        self.sockets += 1
        name, where = member.peer, member.address
        elsewhere = socket(self.sockets, rng.choice(self.nodes))
        key, account = GroupKey("room", rng.choice("ab")), rng.choice(("u_ann", "u_bob"))
        told = Group(id=group, key="key", closed=True, seq=member.seq, members={name: member})
        steps: tuple[Do, ...] = (
            lambda house: house.store.groups.leave(group, name, where),
            lambda house: house.store.groups.linger(group, name, where, house.now),
            lambda house: house.store.groups.linger(group, name, where, house.now),
            lambda house: house.store.groups.resume(group, name, elsewhere),
            lambda house: house.store.groups.resume(group, name, elsewhere),
            lambda house: house.store.groups.affirm(told, restore=True),
            lambda house: house.store.groups.affirm(told, restore=False),
            lambda house: house.store.groups.vacate(where),
            lambda house: house.store.groups.evict(key, account),
        )
        return rng.choice(steps)

    def _node(self) -> Do:
        at = self.rng.randrange(3)
        node, drawn = NodeId(self.nodes[at]), self.rng.random()
        if drawn < 0.8:
            return lambda house: house.store.nodes.renew(node, house.now)
        self.nodes[at] = fresh = NodeId(f"n{int(node[1:]) + 3}")
        return lambda house: house.store.nodes.join(fresh, "family", house.now)

    def _time(self) -> Do:
        seconds = self.rng.choice((0.1, 0.9, 2.9, 3.3, 9.7, 31.0))
        renewed = self.rng.sample(self.nodes, self.rng.randint(0, 3))

        async def pass_time(house: GroupsHouse) -> object:
            for node in renewed:
                await house.store.nodes.renew(NodeId(node), house.now)
            return [one for one in await house.after(seconds) if isinstance(one, Departure)]

        return pass_time


def plain(answer: object) -> object:
    """An answer without what only its own clock knows."""
    if isinstance(answer, Joined):
        return msgspec.structs.replace(answer, met=tuple(map(_timeless, answer.met)))
    if isinstance(answer, Affirmed):
        return [_timeless(one) for one in answer.group.members.values()], answer.taken
    return answer if isinstance(answer, Departure | bool | list) else type(answer)


def _timeless(member: Member) -> Member:
    until = None if member.lingers_until is None else 0.0
    return msgspec.structs.replace(member, lingers_until=until)


@pytest.mark.parametrize("seed", range(8))
async def test_group_twins(server: RedisServer, seed: int) -> None:
    """400 steps have the same answers and leave every index in order."""
    script = Script(seed)
    ours = GroupsHouse(NodesHouse(EmbeddedStore(LEASES, Terms(), random.Random(1))))
    async with opened(server.url, fresh_prefix(), leases=LEASES, trust=True) as store:
        theirs = GroupsHouse(NodesHouse(store))
        await ours.node_joins(*script.nodes)
        await theirs.node_joins(*script.nodes)
        for _ in range(400):
            ours.now = theirs.now = ours.now + 0.013
            step = script.step()
            mine, other = await step(ours), await step(theirs)
            assert plain(mine) == plain(other)
            script.learn(mine)
            assert await ours.store.violations() == await theirs.store.violations() == ()

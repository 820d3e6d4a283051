"""Groups in the embedded store's snapshot: who may come back has half a minute after a restart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from matchd.domain.groups import LINGER, GroupKey, Reason, Topology
from matchd.store.embedded import SnapshotError, load_snapshot
from matchd.store.ports import Joined
from tests.store.groups import GroupsHouse, met
from tests.store.house import House
from tests.store.nodes import NodesHouse
from tests.store.test_snapshot import embedded, fresh, restart

KEY = GroupKey("room", "r")


def grouped(house: House) -> GroupsHouse:
    """A house whose store has groups."""
    there = GroupsHouse(NodesHouse(house.store))
    there.now = house.now
    return there


async def here() -> GroupsHouse:
    """An empty store that the node n1 has joined."""
    house = grouped(fresh())
    await house.node_joins("n1")
    return house


async def again(house: GroupsHouse, path: Path) -> GroupsHouse:
    """The store after a restart, which the node n2 has joined."""
    after = grouped(restart(house, path))
    after.now, after._drawn = house.now + 3600, house._drawn
    await after.node_joins("n2")
    assert await after.store.violations() == ()
    return after


async def test_native_peers_come_back(tmp_path: Path) -> None:
    """To their places, in their order, from wherever they were away; matchbox peers are gone."""
    house = await here()
    group = (await house.joined(1, native=True)).group
    await house.joined(2)
    await house.joined(3, native=True, account="u_ann")
    await house.joined(4, native=True)
    await house.linger(group, 3)
    after = await again(house, tmp_path / "s")
    back = await after.resume(group, 3, 13, "n2")
    assert isinstance(back, Joined)
    assert (met(back), back.member.turn, back.member.account) == ([1, 4], 1, "u_ann")
    assert met(await after.joined(5, node="n2")) == [1, 3, 4]
    assert await after.resume(group, 2, 12, "n2") is None
    assert await after.gone(LINGER - 1, "n2") == []
    assert await after.gone(1, "n2") == [(1, Reason.LOST), (4, Reason.LOST)]
    assert met(await after.joined(6, node="n2")) == [3, 5]


async def test_a_room_of_nobody_is_not_kept(tmp_path: Path) -> None:
    """Neither one of matchbox peers nor one whose server can't come back."""
    house = await here()
    await house.joined(1)
    await house.joined(2, server=True)
    await house.joined(3, server=True, native=True)
    after = await again(house, tmp_path / "s")
    for topology in Topology:
        assert await after.store.groups.look(GroupKey("room", "r", 0, topology)) is None


@pytest.mark.parametrize("closed", [True, False])
async def test_a_group_of_next(tmp_path: Path, closed: bool) -> None:
    """Is what it was: a complete one takes nobody, an incomplete one waits for its peers."""
    house = await here()
    group = (await house.joined(1, native=True, next=2)).group
    if closed:
        await house.joined(2, native=True, next=2)
    after = await again(house, tmp_path / "s")
    other = await after.joined(3, next=2, node="n2")
    assert (other.group == group, met(other)) == ((False, []) if closed else (True, [1]))
    back = await after.resume(group, 1, 11, "n2")
    assert isinstance(back, Joined)
    assert back.closed


def twice(raw: dict[str, Any]) -> None:
    """One group stands there twice."""
    raw["groups"].append(raw["groups"][0])


def misnamed(raw: dict[str, Any]) -> None:
    """A peer stands under another's name."""
    members = raw["groups"][0]["members"]
    members["other"] = members.pop(next(iter(members)))


@pytest.mark.parametrize("break_", [twice, misnamed])
async def test_groups_that_contradict_each_other(tmp_path: Path, break_: Any) -> None:
    """Such a file is refused."""
    house, path = await here(), tmp_path / "s"
    await house.joined(1, native=True)
    restart(house, path)
    raw = json.loads(path.read_text())
    break_(raw)
    path.write_text(json.dumps(raw))
    with pytest.raises(SnapshotError, match="groups"):
        load_snapshot(embedded(fresh()).pool, path, house.now)

"""Lobbies in the embedded store's snapshot: a restart parts nobody from his lobby."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from matchd.domain import lobby_deeds as deeds
from matchd.domain.ids import LobbyId
from matchd.domain.lobbies import EMPTY, IDLE, Lobby
from matchd.domain.lobby_lists import Change, Sought
from matchd.store.embedded import SnapshotError, load_snapshot
from tests.lobbies import here, lobby, who
from tests.store.house import House
from tests.store.test_snapshot import embedded, fresh, restart

L1, L2 = LobbyId("l1"), LobbyId("l2")


async def put(house: House, made: Lobby) -> None:
    """Put a lobby in, made now."""
    at = {"created_at": house.now, "active_at": house.now}

    def deed(before: Lobby | None, now: float) -> Lobby:
        return msgspec.structs.replace(made, **at)

    assert isinstance(await house.store.lobbies.change(made.id, deed, house.now), Change)


async def test_lobbies_survive(tmp_path: Path) -> None:
    """By id, code and member; nobody is connected, and who played has half a minute to come back."""
    house = fresh()
    await put(house, lobby("l1", "ann", "bob", password=b"proof", is_private=True))
    await put(house, deeds.connect(lobby("l2", "cid"), who("cid"), here(1), house.now))
    house.now += 100
    after = restart(house, tmp_path / "s")
    port = after.store.lobbies
    first, second = await port.by_code("CODEL1"), await port.of(who("cid"))
    assert first is not None
    assert [one.handle for one in first.members] == ["ann", "bob"]
    assert (first.password, first.deadline) == (b"proof", after.now - 100 + IDLE)
    assert second is not None
    assert (second.busy, second.deadline) == (False, after.now + EMPTY)
    assert await after.store.violations() == ()


async def test_the_log_begins_anew(tmp_path: Path) -> None:
    """Under another name, so that nobody goes on where another log ended."""
    house = fresh()
    await put(house, lobby("l1"))
    after = restart(house, tmp_path / "s")
    old, new = await house.store.lobbies.log(0, 9), await after.store.lobbies.log(0, 9)
    assert old.epoch != new.epoch
    assert (new.head, new.entries) == (0, ())


async def test_a_snapshot_of_a_former_version(tmp_path: Path) -> None:
    """One that knows of no lobbies is read as it is."""
    house, path = fresh(), tmp_path / "s"
    await house.beaten()
    restart(house, path)
    raw = json.loads(path.read_text())
    del raw["lobbies"]
    path.write_text(json.dumps(raw))
    after = fresh()
    load_snapshot(embedded(after).pool, path, after.now)
    assert await after.store.lobbies.page(Sought(every=True), None, 9) == ()


@pytest.mark.parametrize("wrong", ["twice", "two homes", "one code", "a stranger owns it"])
async def test_a_snapshot_that_contradicts_itself(tmp_path: Path, wrong: str) -> None:
    """Is refused: no player may be in two lobbies, by a file either."""
    house, path = fresh(), tmp_path / "s"
    await put(house, lobby("l1", "ann"))
    await put(house, lobby("l2", "bob"))
    restart(house, path)
    raw = json.loads(path.read_text())
    one, two = raw["lobbies"]
    two |= {
        "twice": {"id": one["id"]},
        "two homes": {"members": [*two["members"], *one["members"]]},
        "one code": {"code": one["code"]},
        "a stranger owns it": {"owner": who("eve")},
    }[wrong]
    path.write_text(json.dumps(raw))
    with pytest.raises(SnapshotError):
        load_snapshot(embedded(fresh()).pool, path, house.now)

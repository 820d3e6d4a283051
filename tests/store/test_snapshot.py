"""The embedded store's snapshot: a restart loses no booking, no place in line, no key, no grace."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from matchd.domain.bookings import Cause, State, Terms
from matchd.store.embedded import EmbeddedStore, SnapshotError, load_snapshot, save_snapshot
from matchd.store.ports import Claimed
from tests.store.house import BUSY, LEASES, House, over, wish
from tests.store.model import LIVE
from tests.store.test_machine import BOUNDS, Machine
from tests.thorough import TIMES


def fresh() -> House:
    """A house with an empty embedded store."""
    return House(EmbeddedStore(LEASES, Terms(), random.Random(7)))


def embedded(house: House) -> EmbeddedStore:
    """The house's store as what it is."""
    assert isinstance(house.store, EmbeddedStore)
    return house.store


def restart(house: House, path: Path, downtime: float = 3600.0) -> House:
    """Save, and load into a new store some time later."""
    save_snapshot(embedded(house).pool, path, house.now)
    after = fresh()
    after.now = house.now + downtime
    after._made = house._made
    load_snapshot(embedded(after).pool, path, after.now)
    return after


async def test_bookings_survive(tmp_path: Path) -> None:
    """Held, connected, waiting and remembered bookings stand where they stood."""
    house = fresh()
    await house.beaten(capacity=3, slots=3)
    held, met, back = [await house.book() for _ in range(3)]
    await house.meet(met.id)
    await house.release(back.id)
    waiting = await house.queue(wish("us"))
    after = restart(house, tmp_path / "s")
    states = [(await after.state(b))[0] for b in (held.id, met.id, back.id, waiting.booking.id)]
    assert states == [State.HELD, State.CONNECTED, State.RELEASED, State.WAITING]
    assert await after.store.violations() == ()
    assert await after.free() == await house.free() == 1


async def test_lease_time_goes_on(tmp_path: Path) -> None:
    """The time a daemon was down is nobody's: a hold goes on with what it had left."""
    house = fresh()
    await house.beaten()
    booking = await house.book()
    await house.after(8)
    after = restart(house, tmp_path / "s")
    assert over(await after.after(11.9)) == []
    assert over(await after.after(0.1)) == [(booking.id, State.LAPSED, Cause.HOLD_EXPIRED)]


async def test_half_a_hold_at_least(tmp_path: Path) -> None:
    """A player whose hold was nearly over has half a hold from the restart."""
    house = fresh()
    await house.beaten()
    booking = await house.book()
    await house.after(19)
    after = restart(house, tmp_path / "s")
    assert over(await after.after(9.9)) == []
    assert over(await after.after(0.1)) == [(booking.id, State.LAPSED, Cause.HOLD_EXPIRED)]


async def test_prolonged_hold_survives(tmp_path: Path) -> None:
    """A player who waited in the room past 20 s has as long again to come back."""
    house = fresh()
    await house.beaten()
    booking = await house.book()
    await house.player_enters(booking.id)
    await house.alive(30, "h1")
    after = restart(house, tmp_path / "s")
    assert over(await after.after(19.9)) == []
    await after.player_enters(booking.id)
    await after.host_enters()
    assert await after.state(booking.id) == (State.CONNECTED, None)


async def test_prolonged_hold_keeps_its_limit(tmp_path: Path) -> None:
    """A restart does not carry a hold past 60 s from its claim."""
    house = fresh()
    await house.beaten()
    booking = await house.book()
    await house.player_enters(booking.id)
    await house.alive(50, "h1")
    after = restart(house, tmp_path / "s")
    assert over(await after.after(10)) == [(booking.id, State.LAPSED, Cause.HOLD_EXPIRED)]


async def test_prolonged_hold_under_a_lowered_capacity(tmp_path: Path) -> None:
    """Bookings that a host keeps although it lowered its capacity are no violation after a restart."""
    house = fresh()
    await house.beaten(capacity=2)
    for number in range(2):
        await house.player_enters((await house.book()).id, number)
    await house.alive(30, "h1")
    after = restart(house, tmp_path / "s")
    assert await after.store.violations() == ()
    assert len((await after.host()).bookings) == 2


async def test_graces_count_from_the_restart(tmp_path: Path) -> None:
    """Host and player have their usual graces to come back, whatever was left of them."""
    house = fresh()
    await house.beaten()
    booking = await house.book()
    await house.meet(booking.id)
    await house.leaves(200)
    await house.leaves(100)
    await house.alive(25, "h1")
    after = restart(house, tmp_path / "s")
    await after.beaten()
    assert over(await after.after(29.9)) == []
    assert over(await after.after(0.1)) == [(booking.id, State.ENDED, Cause.PLAYER_LEFT)]


async def test_vouched_stays_vouched(tmp_path: Path) -> None:
    """A session the host called busy survives without its sockets."""
    house = fresh()
    await house.beaten()
    booking = await house.book()
    await house.say(BUSY)
    after = restart(house, tmp_path / "s")
    await after.beaten()
    await after.alive(300, "h1")
    assert await after.state(booking.id) == (State.CONNECTED, None)


async def test_line_keeps_its_order(tmp_path: Path) -> None:
    """Those in line are served in the order they came, before those who come after the restart."""
    house = fresh()
    waiting = [(await house.queue()).booking.id for _ in range(12)]
    after = restart(house, tmp_path / "s")
    late = (await after.queue()).booking.id
    view = (await after.beaten(capacity=20)).view
    assert [booking.id for booking in view.bookings] == [*waiting, late]


async def test_keys_survive(tmp_path: Path) -> None:
    """An idempotency key returns its booking after the restart; a forgotten one stays so."""
    house = fresh()
    await house.beaten(capacity=2)
    first = await house.book(who="p", key="k", body="a")
    ended = await house.book(who="q", key="k", body="a")
    await house.release(ended.id)
    after = restart(house, tmp_path / "s")
    again = await after.find(who="p", key="k", body="a")
    assert isinstance(again, Claimed)
    assert (again.replayed, again.found.booking.id) == (True, first.id)
    assert (await after.book(who="q", key="k", body="b")).id != ended.id


async def test_quiet_hosts_stay_quiet(tmp_path: Path) -> None:
    """A host that had fallen silent is neither offered nor counted after the restart."""
    house = fresh()
    await house.beaten(capacity=2)
    await house.meet((await house.book()).id)
    await house.after(40)
    after = restart(house, tmp_path / "s")
    counts = await after.store.hosts.counts()
    assert (counts.alive, counts.free, counts.connected) == (0, 0, 1)
    assert await after.store.violations() == ()


async def test_counts_of_live_bookings(tmp_path: Path) -> None:
    """Saving and loading both tell how many live bookings the file has; no file has none."""
    house, path = fresh(), tmp_path / "s"
    await house.beaten(capacity=3)
    await house.book()
    await house.queue(wish("us"))
    assert save_snapshot(embedded(house).pool, path, house.now) == 1
    assert load_snapshot(embedded(fresh()).pool, path, house.now) == 1
    assert load_snapshot(embedded(fresh()).pool, tmp_path / "none", house.now) == 0


def test_file_is_private(tmp_path: Path) -> None:
    """The file, which holds the hashes of grants, is its owner's only, and nothing lies beside it."""
    save_snapshot(embedded(fresh()).pool, tmp_path / "s", 0.0)
    assert [item.name for item in tmp_path.iterdir()] == ["s"]
    assert (tmp_path / "s").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "raw",
    [b"", b"\xff\xfe", b"{", b"[]", b"null", b'{"version":1}', b'{"x":' + b"[" * 10**5, b"\0" * 9],
    ids=["empty", "binary", "cut", "array", "null", "short", "deep", "zeros"],
)
def test_damaged_file(tmp_path: Path, raw: bytes) -> None:
    """A damaged file is a SnapshotError that names it, and leaves file and pool as they were."""
    path, store = tmp_path / "s", embedded(fresh())
    path.write_bytes(raw)
    with pytest.raises(SnapshotError, match=str(path)):
        load_snapshot(store.pool, path, 0.0)
    assert path.read_bytes() == raw
    assert not store.pool.hosts


def spoil(change: Callable[[Any], object], path: Path) -> None:
    """Rewrite a snapshot with one thing changed."""
    content = json.loads(path.read_bytes())
    change(content)
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.update(version=2),
        lambda s: s["bookings"].clear(),
        lambda s: s["hosts"].clear(),
        lambda s: s["hosts"][0]["bookings"].clear(),
        lambda s: s["hosts"][0]["bookings"].append("b9"),
        lambda s: s["hosts"].append(dict(s["hosts"][0], id="h2", bookings=[])),
        lambda s: s["bookings"].append(s["bookings"][0]),
        lambda s: s["bookings"][0].update(state="lapsed"),
        lambda s: s["bookings"][0].update(state="lost"),
        lambda s: s["bookings"][0].pop("principal"),
    ],
)
async def test_contradicting_file(tmp_path: Path, change: Callable[[Any], object]) -> None:
    """A file of another version, or one whose parts contradict each other, fills no pool."""
    house, path = fresh(), tmp_path / "s"
    await house.beaten()
    await house.book()
    save_snapshot(embedded(house).pool, path, house.now)
    spoil(change, path)
    store = embedded(fresh())
    with pytest.raises(SnapshotError):
        load_snapshot(store.pool, path, house.now)
    assert not store.pool.hosts
    assert not store.pool.bookings


class RestartedMachine(Machine):
    """The machine, with a restart at its end."""

    backend = "embedded"

    def teardown(self) -> None:
        """Whatever happened before, a restart keeps it."""
        if hasattr(self, "portal"):
            self.portal.run(self._restart)
        super().teardown()

    async def _restart(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            after = restart(self.house, Path(directory) / "s")
        assert await after.store.violations() == ()
        for key, booking in self.model.bookings.items():
            if booking.state in LIVE:
                assert (await after.state(key))[0].value == booking.state
            elif booking.state == "waiting":
                # A host gets its grace in the room anew, and may serve the line at once.
                assert (await after.state(key))[0] in (State.WAITING, State.HELD)


def test_restart_at_any_point() -> None:
    """A restart after any order of steps loses nothing that is live or waits."""
    check: Any = run_state_machine_as_test
    check(RestartedMachine, settings=settings(BOUNDS, max_examples=20 * TIMES))

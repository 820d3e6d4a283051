"""A booking's table of steps, its deadlines, and what a find asks for."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchd.domain.bookings import (
    SAME_CLASS_MS,
    Booking,
    Cause,
    IllegalStep,
    State,
    Step,
    Terms,
    Wanted,
    after,
    region_classes,
)
from matchd.domain.ids import AddressKey, BookingId, Game, HostId, Region

TABLE = {
    (State.WAITING, Step.GRANT): State.HELD,
    (State.WAITING, Step.LAPSE): State.LAPSED,
    (State.WAITING, Step.RELEASE): State.RELEASED,
    (State.HELD, Step.CONNECT): State.CONNECTED,
    (State.HELD, Step.END): State.ENDED,
    (State.HELD, Step.LAPSE): State.LAPSED,
    (State.HELD, Step.RELEASE): State.RELEASED,
    (State.CONNECTED, Step.END): State.ENDED,
    (State.CONNECTED, Step.RELEASE): State.RELEASED,
}
EVERY = [(state, step) for state in State for step in Step]


def booking(state: State = State.WAITING, **fields: object) -> Booking:
    """A booking in some state."""
    made = Booking(
        id=BookingId("b1"),
        principal="p",
        owner="p",
        address_key=AddressKey("10.0.0.1"),
        guest=False,
        grant_hash=b"g",
        wanted=Wanted(),
        state=state,
        created_at=0.0,
    )
    for name, value in fields.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize(("state", "step"), EVERY)
def test_table(state: State, step: Step) -> None:
    """Every step from every state leads where the table says, or is refused."""
    if (state, step) in TABLE:
        assert after(state, step) is TABLE[state, step]
    else:
        with pytest.raises(IllegalStep, match=f"{state}.*{step}"):
            after(state, step)


@pytest.mark.parametrize(("state", "step"), sorted(set(EVERY) - set(TABLE)))
def test_refused_step_changes_nothing(state: State, step: Step) -> None:
    """An illegal step leaves the booking exactly as it was."""
    one = booking(state, player_here=True, claimed_at=3.0)
    with pytest.raises(IllegalStep):
        one.step(step, 9.0, Cause.RELEASED)
    assert one == booking(state, player_here=True, claimed_at=3.0)


@pytest.mark.parametrize("state", [State.ENDED, State.LAPSED, State.RELEASED])
def test_over_is_over(state: State) -> None:
    """No step leads out of a booking that is over, and it holds no slot."""
    assert not [step for step in Step if (state, step) in TABLE]
    assert not state.live


def test_steps_note_their_time() -> None:
    """Grant, connect and end note when they happened, and the end its cause."""
    one = booking()
    one.step(Step.GRANT, 1.0)
    one.step(Step.CONNECT, 2.0)
    one.player_entered()
    one.step(Step.END, 3.0, Cause.HOST_IDLE)
    assert (one.claimed_at, one.connected_at, one.ended_at) == (1.0, 2.0, 3.0)
    assert (one.cause, one.player_here) == (Cause.HOST_IDLE, False)


@pytest.mark.parametrize(
    ("state", "fields", "due"),
    [
        (State.WAITING, {"polled_at": 5.0}, 20.0),
        (State.HELD, {"claimed_at": 5.0}, 25.0),
        (State.HELD, {"claimed_at": 5.0, "player_here": True}, 65.0),
        (State.CONNECTED, {"alone_since": 5.0}, 35.0),
        (State.CONNECTED, {"alone_since": 5.0, "player_here": True}, None),
        (State.CONNECTED, {"alone_since": 5.0, "vouched": True}, None),
        (State.ENDED, {"ended_at": 5.0}, 305.0),
        (State.LAPSED, {"ended_at": 5.0}, 305.0),
        (State.RELEASED, {"ended_at": 5.0}, 305.0),
    ],
)
def test_deadlines(state: State, fields: dict[str, object], due: float | None) -> None:
    """Each state ends by itself when the contract says (wire.md 2.3)."""
    assert booking(state, **fields).deadline(Terms()) == due


def test_vouch_needs_a_connection() -> None:
    """Only a connected booking can be vouched for; withdrawing starts the grace once."""
    one = booking(State.HELD)
    one.vouch()
    assert not one.vouched
    one.step(Step.CONNECT, 10.0)
    one.vouch()
    one.withdraw_vouch(50.0)
    one.withdraw_vouch(60.0)
    assert one.deadline(Terms()) == 80.0


@pytest.mark.parametrize(
    ("measured", "classes"),
    [
        ([], ()),
        ([("a", 10)], (("a",),)),
        ([("b", 30), ("a", 10)], (("a", "b"),)),
        ([("b", 31), ("a", 10)], (("a",), ("b",))),
        ([("a", 0), ("b", 15), ("c", 30), ("d", 36)], (("a", "b"), ("c", "d"))),
        ([("a", 90), ("a", 10), ("b", 80)], (("a",), ("b",))),
        ([("a", 10), ("a", 12), ("b", 11)], (("a", "b"),)),
    ],
)
def test_region_classes(
    measured: list[tuple[str, float]], classes: tuple[tuple[str, ...], ...]
) -> None:
    """Regions within 20 ms of a class' best form it; a region counts once, by its best time."""
    assert region_classes([(Region(name), rtt) for name, rtt in measured]) == classes


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.floats(0, 300))))
def test_region_classes_always(measured: list[tuple[str, float]]) -> None:
    """Every region stands in one class; a class spans 20 ms, and the next begins beyond it."""
    best: dict[str, float] = {}
    for name, rtt in measured:
        best[name] = min(rtt, best.get(name, rtt))
    classes = region_classes([(Region(name), rtt) for name, rtt in measured])
    flat = [region for group in classes for region in group]
    assert sorted(flat) == sorted(best)
    firsts = [min(best[region] for region in group) for group in classes]
    for group, first in zip(classes, firsts, strict=True):
        assert all(best[region] - first <= SAME_CLASS_MS for region in group)
    assert all(b - a > SAME_CLASS_MS for a, b in itertools.pairwise(firsts))


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        (Wanted(), True),
        (Wanted(host_id=HostId("h1")), True),
        (Wanted(host_id=HostId("h2")), False),
        (Wanted(classes=((Region("eu"),),), anywhere=False), True),
        (Wanted(classes=((Region("us"),), (Region("eu"),)), anywhere=False), True),
        (Wanted(classes=((Region("us"),),), anywhere=False), False),
        (Wanted(classes=((Region("us"),),), anywhere=True), True),
        (Wanted(game=Game("go")), True),
        (Wanted(game=Game("chess")), False),
    ],
)
def test_fits(wanted: Wanted, *, fits: bool) -> None:
    """A wish accepts a host by id, region and game together."""
    assert wanted.fits(HostId("h1"), Region("eu"), Game("go")) is fits


@pytest.mark.parametrize("game", [None, "go", "chess"])
def test_host_without_game_serves_all(game: str | None) -> None:
    """A host that names no game fits every wish for one."""
    wanted = Wanted(game=None if game is None else Game(game))
    assert wanted.fits(HostId("h1"), Region("eu"), None)

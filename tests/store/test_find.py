"""Which host a find is given (wire.md 2.3): filters, classes, and a uniform choice."""

from __future__ import annotations

from collections import Counter

import pytest

from matchd.domain.bookings import Wanted, region_classes
from matchd.domain.ids import Region
from matchd.store.ports import Nobody
from tests.store.house import House, wish


async def test_no_host_at_all(house: House) -> None:
    """Without any host the answer is nobody, with counters at zero."""
    answer = await house.find()
    assert isinstance(answer, Nobody)
    assert (answer.counts.alive, answer.counts.free, answer.happenings) == (0, 0, ())


async def test_region_is_a_hard_filter(house: House) -> None:
    """A find for a region never gets a host elsewhere; the counters say what there is."""
    await house.beaten("h1", region="us")
    answer = await house.find(wish("eu"))
    assert isinstance(answer, Nobody)
    assert (answer.counts.alive, answer.counts.free, answer.counts.in_region) == (1, 1, 0)
    await house.beaten("h2", region="eu")
    assert (await house.book(wish("eu"))).host_id == "h2"


async def test_absent_region_means_any(house: House) -> None:
    """A find that names no region takes a host of any."""
    await house.beaten("h1", region="us")
    assert (await house.book()).region == "us"


async def test_booking_carries_the_host(house: House) -> None:
    """A held booking knows its host, room and region."""
    await house.beaten("h1", region="us", room="den")
    booking = await house.book()
    assert (booking.host_id, booking.room_id, booking.region) == ("h1", "den", "us")


async def test_best_class_first(house: House) -> None:
    """The nearest class with a free host wins; the next is asked only when it has none."""
    await house.beaten("h1", region="far")
    await house.beaten("h2", region="near")
    wanted = wish(None, ("near",), ("far",))
    assert [(await house.book(wanted)).host_id for _ in range(2)] == ["h2", "h1"]


async def test_class_by_round_trip_time(house: House) -> None:
    """Regions within 20 ms of the best are one class, chosen from alike; 21 ms is another."""
    measured = [(Region("b"), 30.0), (Region("a"), 10.0), (Region("c"), 31.0)]
    wanted = Wanted(classes=region_classes(measured), anywhere=False)
    for number, region in enumerate("abc"):
        await house.beaten(f"h{number}", region=region)
    taken = {(await house.book(wanted)).region for _ in range(2)}
    assert taken == {"a", "b"}
    assert (await house.book(wanted)).region == "c"


@pytest.mark.parametrize("anywhere", [True, False])
async def test_any_region(house: House, *, anywhere: bool) -> None:
    """Regions not listed are taken only with anyRegion, and only after those listed."""
    await house.beaten("h1", region="moon")
    await house.beaten("h2", region="eu")
    wanted = wish(None, ("eu",), anywhere=anywhere)
    assert (await house.book(wanted)).host_id == "h2"
    answer = await house.find(wanted)
    assert isinstance(answer, Nobody) != anywhere


async def test_this_host_or_none(house: House) -> None:
    """A find that names a host gets that one or none."""
    await house.beaten("h1")
    await house.beaten("h2")
    assert (await house.book(wish(host="h2"))).host_id == "h2"
    assert isinstance(await house.find(wish(host="h2")), Nobody)
    assert isinstance(await house.find(wish(host="h9")), Nobody)


async def test_named_host_must_fit(house: House) -> None:
    """A named host of another region or game is no match."""
    await house.beaten("h1", region="eu", game="chess")
    assert isinstance(await house.find(wish("us", host="h1")), Nobody)
    assert isinstance(await house.find(wish(host="h1", game="go")), Nobody)
    await house.book(wish("eu", host="h1", game="chess"))


@pytest.mark.parametrize(
    ("served", "asked", "fits"),
    [("chess", "chess", True), ("chess", "go", False), ("chess", None, True), (None, "go", True)],
)
async def test_game(house: House, served: str | None, asked: str | None, *, fits: bool) -> None:
    """A host without a game serves every game; a find without one accepts every host."""
    await house.beaten("h1", game=served)
    assert isinstance(await house.find(wish(game=asked)), Nobody) != fits


async def test_changed_game_and_region_count(house: House) -> None:
    """A host is found under what its last beat said, not under what it said before."""
    await house.beaten("h1", region="eu", game="chess")
    await house.beaten("h1", region="us", game="go")
    assert isinstance(await house.find(wish("eu")), Nobody)
    assert isinstance(await house.find(wish("us", game="chess")), Nobody)
    await house.book(wish("us", game="go"))


async def test_uniform_within_the_class(house: House) -> None:
    """Every free host of the class is chosen equally often (chi-square, fixed seed)."""
    for number in range(20):
        game = ("chess", None)[number % 2]
        region = ("a", "b")[number % 4 // 2]
        await house.beaten(f"h{number}", region=region, capacity=1 + number % 3, game=game)
    await house.beaten("h99", region="far")
    seen: Counter[str] = Counter()
    rounds, house.every = 2000, 500
    for _ in range(rounds):
        booking = await house.book(wish(None, ("b", "a"), ("far",), game="chess"))
        seen[str(booking.host_id)] += 1
        await house.release(booking.id)
    expected = rounds / 20
    assert len(seen) == 20
    # 43.8 is the 0.999 quantile of chi-square with 19 degrees of freedom.
    assert sum((count - expected) ** 2 / expected for count in seen.values()) < 43.8


async def test_every_slot_once(house: House) -> None:
    """Finds use up each slot of every host exactly once, then get nobody."""
    for number in range(5):
        await house.beaten(f"h{number}", capacity=number + 1)
    taken = Counter([str((await house.book()).host_id) for _ in range(15)])
    assert taken == {f"h{number}": number + 1 for number in range(5)}
    answer = await house.find()
    assert isinstance(answer, Nobody)
    assert (answer.counts.alive, answer.counts.free, answer.counts.held) == (5, 0, 15)

"""The index of free hosts: it holds what it was told, whatever the order, and chooses fairly."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from matchd.domain.bookings import Wanted
from matchd.domain.ids import Game, HostId, Region
from matchd.store.embedded.free import FreeHosts, tiers

_REGIONS = st.sampled_from([Region("eu"), Region("us")])
_GAMES = st.sampled_from([None, Game("chess"), Game("go")])
_HOSTS = st.integers(0, 5).map(lambda number: HostId(f"h{number}"))
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), _HOSTS, _REGIONS, _GAMES),
        st.tuples(st.sampled_from(["drop", "forget"]), _HOSTS, _REGIONS, _GAMES),
        st.tuples(st.just("choose"), _HOSTS, _REGIONS, _GAMES),
    ),
    max_size=60,
)
_Where = tuple[Region, Game | None]


@given(_STEPS)
def test_it_holds_what_it_was_told(steps: list[tuple[str, HostId, Region, Game | None]]) -> None:
    """A choice is one of those that fit, and there is none only where none fits."""
    free, model = FreeHosts(random.Random(1)), dict[HostId, _Where]()
    for step, host, region, game in steps:
        if step == "put":
            free.put(host, region, game)
            model[host] = region, game
        elif step == "choose":
            _check_choice(free, model, region, game)
        else:
            (free.drop if step == "drop" else free.forget)(host)
            model.pop(host, None)
        assert len(free) == len(model)
        assert {
            name for name in map(HostId, ("h0", "h1", "h2", "h3", "h4", "h5")) if name in free
        } == (model.keys())


def _check_choice(
    free: FreeHosts, model: dict[HostId, _Where], region: Region, game: Game | None
) -> None:
    (keys,) = tiers(Wanted(classes=((region,),), anywhere=False, game=game))
    chosen = free.choose(keys)
    fitting = {
        host
        for host, (where, its) in model.items()
        if where == region and (game is None or its in (game, None))
    }
    assert chosen in fitting if fitting else chosen is None


def test_hosts_that_are_taken_and_come_back_are_as_likely_as_others() -> None:
    """Half of them are taken and given back between any two choices; none is chosen meanwhile."""
    rng = random.Random(2)
    free, hosts = FreeHosts(rng), [HostId(f"h{number}") for number in range(20)]
    games = [None, Game("chess"), Game("go"), Game("chess")]
    for number, host in enumerate(hosts):
        free.put(host, Region("eu"), games[number % 4])
    (keys,) = tiers(Wanted(game=Game("chess")))
    chosen: Counter[HostId] = Counter()
    for _ in range(20_000):
        taken = rng.sample(range(20), 10)
        for number in taken:
            free.drop(hosts[number])
        one = free.choose(keys)
        assert one is None or one in free
        for number in taken:
            free.put(hosts[number], Region("eu"), games[number % 4])
        if one is not None:
            chosen[one] += 1
    assert chosen.keys() == {host for number, host in enumerate(hosts) if number % 4 != 2}
    assert max(chosen.values()) < 1.2 * min(chosen.values())


def test_those_that_stay_away_leave_nothing_behind() -> None:
    """A host that is drawn while it is taken, or that is gone for good, stands nowhere."""
    free = FreeHosts(random.Random(3))
    for number in range(100):
        free.put(HostId(f"h{number}"), Region("eu"), None)
    for number in range(50):
        free.drop(HostId(f"h{number}"))
    for number in range(50, 100):
        free.forget(HostId(f"h{number}"))
    (keys,) = tiers(Wanted())
    assert free.choose(keys) is None
    assert not free._buckets
    assert not free._places

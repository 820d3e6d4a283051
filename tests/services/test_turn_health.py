"""A TURN server that does not answer: who is told of what, and what supervisors see."""

import pytest
from structlog.testing import capture_logs

from matchd.services.turn_health import OLDEST, TurnHealth
from matchd.turn import SharedSecretServer, TurnPlan
from matchd.turn.health import Probed, ProbeReport
from tests.house import TURN_SECRET, House


@pytest.fixture
def two(house: House) -> House:
    """A house with two TURN servers."""
    servers = tuple(
        SharedSecretServer(name=name, host=f"{name}.test", secret=TURN_SECRET)
        for name in ("eu-1", "us-1")
    )
    house.change(turn=TurnPlan(servers=servers), turn_probe=60.0)
    return house


@pytest.fixture
def health(two: House) -> TurnHealth:
    """What is believed of them."""
    return TurnHealth(two.current, two.clock, two.metrics)


def told(house: House) -> set[str]:
    """The hosts that a player is told of."""
    answer = house.ice.fresh("u_ann", None)
    return {entry.urls[0].split(":")[1] for entry in answer.ice_servers}


def probed(house: House, health: TurnHealth, times: int = 2, **ok: bool) -> bool:
    """Take in so many reports, a second apart; whether the last changed what players are told."""
    changed = False
    for _ in range(times):
        house.wall_offset += 1
        servers = [Probed(n.replace("_", "-"), one, 0.01, "mute") for n, one in ok.items()]
        changed = health.take(ProbeReport(int(house.clock.wall()), tuple(servers)))
    return changed


def gauge(house: House, name: str) -> float | None:
    """What /metrics says of a server."""
    labels = {"server": name}
    return house.metrics.registry.get_sample_value("matchd_turn_server_healthy", labels)


async def test_left_out_and_back(two: House, health: TurnHealth) -> None:
    """A server that is given up is in no answer, not even a former one, until it is back."""
    assert told(two) == {"eu-1.test", "us-1.test"}
    with capture_logs() as logs:
        assert probed(two, health, eu_1=False, us_1=True)
        assert told(two) == {"us-1.test"}
        assert (gauge(two, "eu-1"), gauge(two, "us-1")) == (0, 1)
        assert probed(two, health, eu_1=True, us_1=True)
    assert told(two) == {"eu-1.test", "us-1.test"}
    assert gauge(two, "eu-1") == 1
    assert [(log["event"], log["server"]) for log in logs] == [
        ("turn.unhealthy", "eu-1"),
        ("turn.healthy", "eu-1"),
    ]


async def test_an_answer_stays_while_nothing_changes(two: House, health: TurnHealth) -> None:
    """Reports that change nothing cost no new credentials."""
    first = two.ice.fresh("u_ann", None)
    assert not probed(two, health, eu_1=True, us_1=True)
    assert two.ice.fresh("u_ann", None).ice_servers == first.ice_servers


async def test_never_the_last(two: House, health: TurnHealth) -> None:
    """When none answers, players are told of all as before, and supervisors of the trouble."""
    assert not probed(two, health, eu_1=False, us_1=False)
    assert told(two) == {"eu-1.test", "us-1.test"}
    first, second = sorted(two.current.turn_advice)
    assert first.startswith("turn server eu-1: mute; players are told of it all the same")
    assert gauge(two, "us-1") == 0
    assert second.startswith("turn server us-1")


async def test_advice(two: House, health: TurnHealth) -> None:
    """What is left out is told to supervisors, with the reason."""
    probed(two, health, eu_1=False, us_1=True)
    expected = ("turn server eu-1: mute; players are not told of it",)
    assert two.current.turn_advice == expected


async def test_an_old_report_is_forgotten(two: House, health: TurnHealth) -> None:
    """When the probe has stopped, nothing is known, and every server counts as well."""
    probed(two, health, eu_1=False, us_1=True)
    two.wall_offset += OLDEST + 1
    assert health.age()
    assert not health.age()
    assert told(two) == {"eu-1.test", "us-1.test"}
    assert (two.current.turn_advice, two.current.turn_report) == ((), None)
    assert gauge(two, "eu-1") is None


async def test_an_old_report_is_not_taken(two: House, health: TurnHealth) -> None:
    """A file of yesterday says nothing."""
    stale = int(two.clock.wall() - OLDEST - 1)
    for at in (stale, stale + 1):
        assert not health.take(ProbeReport(at, (Probed("eu-1", False, None, "mute"),)))
    assert two.current.turn_report is None


async def test_rare_probes_count_longer(two: House, health: TurnHealth) -> None:
    """Where one probes rarely, a report counts for three rounds."""
    two.change(turn_probe=1000.0)
    probed(two, health, eu_1=False, us_1=True)
    two.wall_offset += OLDEST + 1
    assert not health.age()


async def test_reload(two: House, health: TurnHealth) -> None:
    """A reload forgets nothing of the servers that stay, and never leaves players without any."""
    probed(two, health, eu_1=False, us_1=True)
    only = TurnPlan(servers=two.current.settings.turn.servers[:1])
    two.change(turn=only)
    assert told(two) == {"eu-1.test"}

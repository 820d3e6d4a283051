"""The probe beside a daemon: a TURN server that dies is left out, and comes back by itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock as Clock

from matchd.daemon.turn_watch import FILE, GLANCE, watch_turn
from matchd.turn import SharedSecretServer, TurnPlan
from matchd.turn.health import Probed, ProbeReport
from tests.daemon.coturn import HOST, coturn, free_ports, loopback_lines, running, workdir
from tests.daemon.process import Daemon, Site
from tests.house import TURN_SECRET, House

SECRET = "a-secret-of-coturn-of-32-letters"


async def told(daemon: Daemon) -> int:
    """How many TURN servers a player is told of now."""
    await daemon.beat()
    found = await daemon.find()
    path = f"/api/match/{found['bookingId']}/release"
    await daemon.ask("POST", path, bearer=found["grant"])
    return len(found["iceServers"])


async def test_a_server_that_dies_and_comes_back(site: Site) -> None:
    """Without systemd the daemon probes by a child process, and what it finds is seen everywhere."""
    port, _, low = free_ports()
    async with coturn(secret=SECRET) as well:
        site.use_turn(well)
        first = site.config["turn"]["server"][0]
        second = first | {"name": "second", "udp_port": port}
        site.config["turn"] |= {"probe": 0.3, "server": [first, second]}
        async with site.daemon() as daemon:
            assert await told(daemon) == 2
            lost = await daemon.log.until("turn.unhealthy", patience=30)
            assert lost["server"] == "second"
            assert "nothing listens there" in lost["reason"]
            assert await told(daemon) == 1
            [advice] = (await daemon.ask("GET", "/readyz")).json()["advice"]
            assert advice.startswith("turn server second: ")
            assert advice.endswith("; players are not told of it")
            metrics = (await daemon.ask("GET", "/metrics")).body.decode()
            assert 'matchd_turn_server_healthy{server="second"} 0.0' in metrics
            assert 'matchd_turn_server_healthy{server="test"} 1.0' in metrics
            async with second_coturn(port, low):
                assert (await daemon.log.until("turn.healthy", patience=30))["server"] == "second"
                assert await told(daemon) == 2
            assert "advice" not in (await daemon.ask("GET", "/readyz")).json()


@asynccontextmanager
async def second_coturn(port: int, low: int) -> AsyncIterator[None]:
    """A coturn at this port."""
    lines = ["use-auth-secret", "realm=r", f"static-auth-secret={SECRET}", f"listening-ip={HOST}"]
    lines += [f"relay-ip={HOST}", f"listening-port={port}", f"min-port={low}", "no-tls", "no-dtls"]
    with workdir() as directory:
        async with running("\n".join([*lines, *loopback_lines()]), directory, port):
            yield


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the timer leaves its report."""
    monkeypatch.setenv(FILE, str(tmp_path / "turn.json"))
    return tmp_path / "turn.json"


@pytest.fixture
async def house() -> House:
    """A house with two TURN servers."""
    made = House()
    servers = [
        SharedSecretServer(name=name, host="h", secret=TURN_SECRET) for name in ("eu-1", "us-1")
    ]
    made.change(turn=TurnPlan(servers=tuple(servers)))
    return made


async def after_run(house: House, file: Path, *, ok: bool) -> None:
    """A run of the timer, and the daemon's next look at its file."""
    write(house, file, ok=ok)
    await trio.sleep(1.5 * GLANCE)


def write(house: House, file: Path, *, ok: bool) -> None:
    """What the timer leaves."""
    at = int(house.clock.wall())
    servers = (Probed("eu-1", ok, None, "mute"), Probed("us-1", True, 0.1, ""))
    file.write_bytes(ProbeReport(at, servers).encode())


async def test_the_timer_s_file(
    house: House, file: Path, nursery: trio.Nursery, autojump_clock: Clock
) -> None:
    """Under systemd the daemon reads what the timer has written, as it is written anew."""
    with capture_logs() as logs:
        nursery.start_soon(watch_turn, house.core, house.rooms, Path("/nowhere"))
        await trio.sleep(3 * GLANCE)
        for _ in range(2):
            await after_run(house, file, ok=False)
        assert house.current.turn_down == {"eu-1"}
        for _ in range(2):
            await after_run(house, file, ok=True)
        assert house.current.turn_down == frozenset()
    assert [log["event"] for log in logs] == ["turn.no_probe", "turn.unhealthy", "turn.healthy"]
    assert "matchd-probe.timer" in logs[0]["reason"]


def garble(file: Path) -> None:
    """What a broken disk leaves."""
    file.write_text('{"at": 1')


async def test_a_garbled_file(
    house: House, file: Path, nursery: trio.Nursery, autojump_clock: Clock
) -> None:
    """A file that is no report is said once, and costs nothing but the knowledge."""
    garble(file)
    with capture_logs() as logs:
        nursery.start_soon(watch_turn, house.core, house.rooms, None)
        await trio.sleep(4 * GLANCE)
    assert [log["event"] for log in logs] == ["turn.no_probe"]
    assert "not a report" in logs[0]["reason"]


async def test_a_timer_that_stops(
    house: House, file: Path, nursery: trio.Nursery, autojump_clock: Clock
) -> None:
    """When the file grows old, nothing is known, and every server is told of again."""
    nursery.start_soon(watch_turn, house.core, house.rooms, None)
    for _ in range(2):
        await after_run(house, file, ok=False)
    assert house.current.turn_down == {"eu-1"}
    await trio.sleep(700)
    assert house.current.turn_down == frozenset()


async def test_nothing_to_watch(house: House) -> None:
    """Without a file and without a configuration (`--dev`) there is nothing to do."""
    await watch_turn(house.core, house.rooms, None)
    await trio.lowlevel.checkpoint()

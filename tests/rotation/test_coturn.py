"""A rotation against the real coturn: no allocation fails, no relay ends, the old secret is gone."""

import sys
from collections import Counter
from pathlib import Path

import msgspec
import trio

from matchd.cli.hints import hints
from matchd.config import load
from matchd.doctor.access import attempt
from matchd.doctor.client import Pace, Turn
from matchd.doctor.link import Place as Where
from matchd.doctor.patient import Patient
from matchd.rotation.state import state_path
from matchd.turn import SharedSecretServer
from tests.daemon.coturn import HOST, free_ports, running, workdir
from tests.doctor.house import server
from tests.rotation.house import (
    OLD,
    Place,
    configuration,
    empty,
    insert,
    keeping,
    remove,
    rows,
)


class Players:
    """Players who allocate without a pause, with what the daemon would mint, while two keep talking."""

    def __init__(self, place: Place, one: SharedSecretServer) -> None:
        self._place = place
        self._patient = Patient(one, ttl=3600, pace=Pace(0))
        self._patient.place = Where(HOST, one.udp_port, "udp")
        self.outcomes: list[int | str] = []
        self.echoes = 0

    async def allocate(self) -> None:
        """Again and again, with the first line of the secret file."""
        while True:
            credential = self._patient.credential(secret=self._place.secrets[0])
            self.outcomes.append(await attempt(self._patient, credential))
            await trio.sleep(0.01)

    async def talk(self) -> None:
        """Over relays of the old secret, which are refreshed all the time."""
        old = [self._patient.credential(secret=OLD) for _ in range(2)]
        async with (
            self._patient.session(old[0]) as left,
            self._patient.session(old[1]) as right,
        ):
            here, there = await left.allocate(), await right.allocate()
            await left.channel(0x4000, there)
            await right.channel(0x4000, here)
            while True:
                await self._echo(left, right)
                await trio.sleep(0.02)

    async def go_on(self) -> None:
        """Wait for some more of both."""
        allocated, echoed = len(self.outcomes) + 10, self.echoes + 10
        while len(self.outcomes) < allocated or self.echoes < echoed:  # noqa: ASYNC110
            await trio.sleep(0.01)

    async def _echo(self, left: Turn, right: Turn) -> None:
        await left.refresh()
        await left.send(0x4000, b"ping")
        assert await right.receive() == b"ping"
        self.echoes += 1


async def test_under_running_relays(tmp_path: Path) -> None:
    """From one secret to the next not one allocation fails, and those who talk go on talking."""
    async with keeping() as (one, database):
        place = Place(tmp_path, one)
        players = Players(place, one)
        # Players, all the while.
        async with trio.open_nursery() as nursery:
            nursery.start_soon(players.allocate)
            nursery.start_soon(players.talk)
            await players.go_on()
            status, said = await place.rotate("--db", f"sqlite:{database}", "--reload", "true")
            assert (status, place.secrets[1:]) == (0, [OLD]), said
            assert "eu-1 takes the new secret" in said
            assert "when the last credential of the old secret has run out" in said
            place.let_time_pass()
            await players.go_on()
            status, said = await place.rotate("--reload", "true")
            assert (status, len(place.secrets)) == (0, 1), said
            assert "eu-1 refuses the old one" in said
            await players.go_on()
            nursery.cancel_scope.cancel()
        assert place.state is None
        assert set(players.outcomes) == {0}, Counter(players.outcomes)
        patient = Patient(one, ttl=3600, pace=Pace(0))
        patient.place = Where(HOST, one.udp_port, "udp")
        assert await attempt(patient, patient.credential(secret=OLD)) == 401
        assert await attempt(patient, patient.credential(secret=place.secrets[0])) == 0


async def test_a_secret_in_its_configuration(tmp_path: Path) -> None:
    """What `matchd init` has written there is taken out of it, and refused from the next start on."""
    port, _, low = free_ports()
    place = Place(tmp_path, server(port, secret=OLD))
    with workdir() as directory:
        conf, database = directory / "turn.conf", directory / "turn.db"
        begun = ("--db", f"sqlite:{database}", "--conf", conf, "--reload", "true")
        async with running(configuration(port, low, {"static-auth-secret": OLD}), directory, port):
            status, said = await place.rotate(*begun)
            assert (status, OLD in conf.read_text()) == (0, True), said
            place.let_time_pass()
            for _ in range(2):
                status, said = await place.rotate("--reload", "true")
                assert (status, OLD in conf.read_text()) == (0, False), said
                assert "next: restart coturn (systemctl restart coturn)" in said
        async with running(conf.read_text(), directory, port):
            status, said = await place.rotate("--reload", "true")
        assert (status, len(place.secrets), place.state) == (0, 1, None), said


async def test_interrupted_at_every_step(tmp_path: Path) -> None:
    """Whatever kills it between two steps, the next run goes on from there."""
    async with keeping() as (one, database):
        place = Place(tmp_path, one)
        status, said = await place.rotate("--db", f"sqlite:{database}", "--reload", "false")
        assert (status, place.secrets[1:]) == (1, [OLD])
        assert "false: status 1; nothing is lost: run this again" in said
        status, said = await place.rotate("--db", f"sqlite:{database}x")
        assert status == 2
        assert "go on without --db" in said
        status, said = await place.rotate("--abort")
        assert (status, place.secrets[1:]) == (2, [OLD])
        assert "players have the new secret already" in said
        assert (await place.rotate("--reloaded"))[0] == 0
        assert '"stage":"reloaded"' in state_path(place.file).read_text()
        place.let_time_pass()
        database.rename(database.with_name("away"))
        status, said = await place.rotate("--reloaded")
        assert status == 2
        assert "there is no such file" in said
        database.with_name("away").rename(database)
        assert (await place.rotate())[0] == 0
        assert len(place.secrets) == 1
        assert place.state is None


async def test_by_hand(tmp_path: Path) -> None:
    """Without a database it says what to change on the server, and goes on when that is done."""
    async with keeping() as (one, database):
        place = Place(tmp_path, one)
        for _ in range(2):
            status, said = await place.rotate()
            assert (status, place.secrets[0]) == (0, OLD)
            assert "next: on localhost add a line static-auth-secret=" in said
            assert len(place.secrets) == 2
        assert any("matchd turn rotate eu-1" in hint for hint in hints(load(place.config)))
        insert(database, one.realm, place.secrets[1])
        status, said = await place.rotate()
        assert (status, place.secrets[1]) == (0, OLD)
        assert "reload matchd on each, then run this again with --reloaded" in said
        assert (await place.rotate("--reloaded"))[0] == 0
        place.let_time_pass()
        status, said = await place.rotate()
        assert (status, len(place.secrets)) == (0, 2)
        assert "next: on localhost remove the old line" in said
        remove(database, OLD)
        status, said = await place.rotate()
        assert (status, len(place.secrets)) == (0, 1), said


async def test_taken_back(tmp_path: Path) -> None:
    """Before anything is minted with it the new secret can be taken back, from the database too."""
    async with keeping() as (one, database):
        place = Place(tmp_path, one)
        other = empty(tmp_path / "other.db")
        status, said = await place.rotate("--db", f"sqlite:{other}")
        assert (status, place.secrets[0]) == (1, OLD)
        assert "is this the database that it asks" in said
        status, said = await place.rotate("--abort")
        assert (status, place.secrets, place.state) == (0, [OLD], None), said
        assert rows(other) == []
        assert rows(database) == [OLD]


async def test_dry_run(tmp_path: Path) -> None:
    """A rehearsal asks everything and changes nothing."""
    async with keeping() as (one, database):
        place = Place(tmp_path, one)
        status, said = await place.rotate("--db", f"sqlite:{database}", "--dry-run")
        assert rows(database) == [OLD]
    assert (status, place.secrets, place.state) == (0, [OLD], None)
    assert "it holds 1 secret\n" in said
    assert said.endswith("nothing was changed (--dry-run)\n")


async def test_wrong_realm(tmp_path: Path) -> None:
    """Under another realm than the server's a secret would never be found: nothing is begun."""
    async with keeping({"realm": "else.where"}) as (one, database):
        place = Place(tmp_path, one)
        status, said = await place.rotate("--db", f"sqlite:{database}")
        assert rows(database) == [OLD]
    assert (status, place.secrets, place.state) == (2, [OLD], None)
    assert 'its realm is "else.where", and realm = "matchd.test" in matchd.toml' in said


async def test_several_servers_share_a_file(tmp_path: Path) -> None:
    """A secret that one of the servers of its file refuses is not minted with."""
    async with keeping() as (one, database), keeping() as (two, other):
        place = Place(tmp_path, one, msgspec.structs.replace(two, name="us-1"))
        status, said = await place.rotate("--db", f"sqlite:{database}", "--reload", "true")
        assert (status, place.secrets[0]) == (1, OLD)
        assert "eu-1 takes the new secret" in said
        assert "us-1 refuses the new secret" in said
        insert(other, two.realm, place.secrets[1])
        status, said = await place.rotate("--reload", "true")
        assert (status, place.secrets[1]) == (0, OLD), said


async def test_nothing_in_the_list_of_processes(tmp_path: Path) -> None:
    """No secret is an argument of any process, and a second rotation beside the first is refused."""
    async with keeping() as (one, database):
        place = Place(tmp_path, one)
        looked = tmp_path / "looked"
        look = tmp_path / "look.sh"
        again = " ".join([sys.executable, "-m", "matchd", *place.command()])
        script(look, f"tr '\\0' ' ' < /proc/$PPID/cmdline > {looked}; {again} 2>> {looked}; true")
        words = place.command("--db", f"sqlite:{database}", "--reload", f"sh {look}")
        await trio.run_process([sys.executable, "-m", "matchd", *words], capture_stdout=True)
        seen = text(looked)
    assert "turn rotate eu-1" in seen
    assert not any(secret in seen for secret in place.secrets)
    assert "another `matchd turn rotate` is at work in" in seen


def script(path: Path, line: str) -> None:
    """Write a script."""
    path.write_text(line + "\n")


def text(path: Path) -> str:
    """Read a file."""
    return path.read_text()

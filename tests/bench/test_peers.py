"""The peers do the work that they are compared by: each answers its script rightly.

Here are those that npm installs in seconds. Of FastAPI and matchbox_server, which take minutes, each
bench finds out the same: the generator counts nothing that it did not ask for.
"""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench import shared
from bench.load.jobs import Sample, Watched
from bench.peers import Absent, Peers, directory_of, present
from bench.players import token_file
from bench.processes import Recipe, Server, running
from bench.sockets import LIMIT, PEERJS, WS, come_and_go, dialect_of, talk
from bench.visits import register, visit
from tests.bench.test_bench import TINY


@pytest.fixture(scope="module")
def peers() -> Peers:
    """Those that are installed; npm's are installed where npm can, once for every checkout."""
    home = directory_of(None)
    kept = Peers(home)
    if isinstance(kept.node("", "ws.cjs"), Recipe) or shutil.which("npm") is None:
        return kept
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # others test it beside us
        if not isinstance(kept.node("", "ws.cjs"), Recipe):
            with tempfile.TemporaryDirectory(dir=home) as made:
                Peers(Path(made)).install_node()
                shutil.rmtree(home / "npm", ignore_errors=True)  # half of one
                (Path(made) / "npm").rename(home / "npm")
    return kept


@contextmanager
def started(recipe: Recipe | Absent) -> Iterator[Server]:
    """A peer that runs."""
    there, absent = present([recipe])
    if absent:
        pytest.skip(absent[0])
    with running(there) as servers:
        yield servers[0]


def recipe_of(peers: Peers, name: str) -> Recipe | Absent:
    """How a peer is started."""
    return peers.limit() if name == "the limit" else peers.node(name, f"{name}.cjs", "memory")


@pytest.mark.parametrize("name", ["express", "fastify", "the limit"])
def test_a_peer_finds_and_releases(peers: Peers, name: str) -> None:
    """With fewer hosts than finds, each find gets a booking and each release frees its host."""
    with started(recipe_of(peers, name)) as server, token_file(TINY.connections) as tokens:
        watched, ports = Watched((server.pid,)), (server.port,)
        assert TINY.hosts == register(ports, watched, TINY.hosts, TINY).operations
        for script in TINY.scripts:
            sample = visit(
                script, ports, watched, connections=4, hosts=8, seconds=0.05, tokens=tokens
            )
            assert sample.operations > 0


def test_finds_over_redis_are_measured_beside_those_who_are_installed(peers: Peers) -> None:
    """matchd's own scripts run from Node, and the specification's scan finds what beats wrote."""
    expected = {shared.DAEMON}
    if isinstance(peers.node("", "ws.cjs"), Recipe):
        expected |= {shared.EXPRESS, shared.FASTIFY, shared.SCAN}
    assert expected == {row[0] for row in shared.run(TINY, peers).rows}


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("ws", WS),
        ("peerjs", PEERJS),
        ("the limit", LIMIT),
    ],
)
def test_a_peer_relays(peers: Peers, name: str, title: str) -> None:
    """Each signal comes once to the other one of its pair."""
    with started(recipe_of(peers, name)) as server:
        named = Server(name=title, pid=server.pid, port=server.port)
        sample = talk(
            (server.port,),
            Watched((server.pid,)),
            dialect_of(named),
            pairs=2,
            closed=0.05,
            open_=0.05,
            rate=100,
        )
        assert isinstance(sample.closed, Sample)
        assert isinstance(sample.open, Sample)
        assert sample.closed.operations > 0
        assert sample.open.operations == 5


def test_a_peer_tells_a_room_who_comes_and_goes(peers: Peers) -> None:
    """Everybody in the room is told both times."""
    with started(recipe_of(peers, "ws")) as server:
        named = Server(name="ws", pid=server.pid, port=server.port)
        sample = come_and_go(named, 3, 0.05)
        assert sample.operations % 6 == 0
        assert sample.operations > 0


def test_a_peer_that_is_not_installed_is_left_out_with_a_reason(tmp_path: Path) -> None:
    """Its line says so, and nothing is started."""
    nowhere = Peers(tmp_path)
    there, absent = present([nowhere.matchbox(), nowhere.fastapi()])
    assert there == []
    assert absent[0] == "matchbox_server is left out: cargo has not installed it (bench install)."

"""Stock `matchbox_socket` peers, an old and a new release, connect through a running daemon.

They are the Cargo projects of tests/peers, which take minutes to build where nothing is cached. So
these tests run only when asked for (`-m peers`) and where cargo is; .ci/run builds beside everything
else. What matchbox' own clients are tested for is here, too: a server that can't be reached, and how
often they try.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from tests.daemon.browser import Pages, in_browser, page_server
from tests.daemon.process import Site
from tests.store.redis_server import free_port

PEERS = Path(__file__).parent.parent / "peers"
RELEASES = ("matchbox_0_9", "matchbox_0_15")
BUILD = 900
"""Seconds that building one may take."""

CONNECTING = 30
"""Seconds that two peers may take until their data channel is open."""

ATTEMPTS = 30
"""Seconds in which a client has tried three times, 3 s apart, on a busy machine."""

PAGE = Path(__file__).parent.parent / "site" / "page.html"
ENTER = """async () => {
    const text = (data) => (typeof data === "string" ? data : new TextDecoder().decode(data));
    const room = await client.joinRoom("game");
    window.met = new Promise((done) => room.on("peer", (peer) => {
        peer.on("message", (data) => done([peer.id, text(data)]));
        peer.send("hello");
    }));
    return room.peerId;
}"""

pytestmark = pytest.mark.peers


@pytest.fixture(scope="module")
def programs() -> dict[str, Path]:
    """The program of each release, built."""
    cargo = shutil.which("cargo") or str(Path.home() / ".cargo/bin/cargo")
    if not Path(cargo).exists():
        pytest.skip("there is no cargo")
    manifest = str(PEERS / "Cargo.toml")
    command = [cargo, "build", "--quiet", "--locked", "--manifest-path", manifest]
    subprocess.run(command, check=True, timeout=BUILD)
    target = Path(os.environ.get("CARGO_TARGET_DIR", PEERS / "target"))
    return {release: target / "debug" / release for release in RELEASES}


class Game:
    """One running peer, and what it said."""

    def __init__(self, process: trio.Process) -> None:
        self.process = process
        self.lines: list[list[str]] = []
        self._rest = b""

    async def until(self, word: str) -> list[str]:
        """The words behind the next line that begins with this one."""
        assert self.process.stdout is not None
        with trio.fail_after(CONNECTING):
            while True:
                while b"\n" not in self._rest:
                    chunk = await self.process.stdout.receive_some()
                    assert chunk, f"ended after {self.lines}"
                    self._rest += chunk
                line, _, self._rest = self._rest.partition(b"\n")
                self.lines.append(line.decode().split())
                if self.lines[-1][0] == word:
                    return self.lines[-1][1:]


@asynccontextmanager
async def playing(program: Path, url: str) -> AsyncIterator[Game]:
    """A peer at this room's URL; it ends when its standard input does."""
    async with trio.open_nursery() as nursery:
        start = trio.run_process
        process: trio.Process = await nursery.start(
            lambda task_status: start(
                [str(program), url],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                check=False,
                task_status=task_status,
            )
        )
        yield Game(process)
        assert process.stdin is not None
        await process.stdin.aclose()
        with trio.fail_after(CONNECTING):
            await process.wait()


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("room", ["/matchbox/game?next=2", "/matchbox/", "/matchbox/a%20b"])
async def test_two_stock_peers(
    site: Site, programs: dict[str, Path], release: str, room: str
) -> None:
    """Only the URL is ours: the data channel opens both ways, and who stays hears who left."""
    async with site.daemon() as daemon:
        url = f"ws://{daemon.listen}{room}"
        async with playing(programs[release], url) as first:
            (name,) = await first.until("id")
            async with playing(programs[release], url) as second:
                (other,) = await second.until("id")
                assert await second.until("heard") == [name, "hello"]
                assert await first.until("heard") == [other, "hello"]
            assert await first.until("disconnected") == [other]


@pytest.mark.parametrize("release", RELEASES[-1:])
async def test_a_page_and_a_stock_peer(site: Site, programs: dict[str, Path], release: str) -> None:
    """Who uses client.js in a browser plays with those who have never heard of it."""

    def drive(pages: Pages) -> tuple[str, list[str]]:
        page = pages.open(f"http://127.0.0.1:{port}/")
        page.evaluate("server => load(server)", site.url)
        return page.evaluate(ENTER), page.evaluate("met")

    url = f"ws://127.0.0.1:{site.port}/matchbox/game"
    async with page_server(PAGE) as port, site.daemon(), playing(programs[release], url) as game:
        (name,) = await game.until("id")
        me, met = await in_browser(drive)
        assert met == [name, "hello"]
        assert await game.until("heard") == [me, "hello"]
        assert await game.until("disconnected") == [me]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("site", ["lanes", "libraries"], indirect=True)
async def test_a_stock_server_and_client(
    site: Site, programs: dict[str, Path], release: str
) -> None:
    """In the client-server topology two clients meet the server and not each other."""
    async with site.daemon() as daemon:
        url = f"ws://{daemon.listen}/matchbox/game?topology=client-server"
        program = programs[release]
        async with playing(program, url) as server:
            (name,) = await server.until("id")
            async with playing(program, url) as one:
                assert await one.until("heard") == [name, "hello"]
                async with playing(program, url) as two:
                    assert await two.until("heard") == [name, "hello"]
                met = {words[1] for game in (one, two) for words in game.lines if len(words) > 1}
                own = {words[1] for game in (one, two) for words in game.lines if words[0] == "id"}
                assert met - own == {name}


@pytest.mark.parametrize("release", RELEASES)
async def test_an_unreachable_server(programs: dict[str, Path], release: str) -> None:
    """A client tries three times, then says that the connection failed."""
    url = f"ws://127.0.0.1:{free_port()}/matchbox/game"
    with trio.fail_after(ATTEMPTS):
        async with playing(programs[release], url) as game:
            assert "ConnectionFailed" in " ".join(await game.until("ended"))


@pytest.mark.parametrize("release", RELEASES)
async def test_a_refused_client(site: Site, programs: dict[str, Path], release: str) -> None:
    """One whose room does not exist tries as often, and costs nobody anything."""
    async with site.daemon() as daemon:
        with trio.fail_after(ATTEMPTS):
            url = f"ws://{daemon.listen}/matchbox/game?next=0"
            async with playing(programs[release], url) as game:
                assert "ConnectionFailed" in " ".join(await game.until("ended"))
        assert len(daemon.log.named("socket.refused")) == 3

"""client.js in a real Chromium, in pages of another origin, against the daemon and the real coturn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import trio
from playwright.sync_api import Page

from tests.daemon.browser import Pages, in_browser, page_server
from tests.daemon.coturn import coturn
from tests.daemon.process import Site
from tests.site.restart import Running

SECRET = "a-secret-of-coturn-of-32-letters"
NEW = "the-next-secret-of-the-rotation-"
NAMES = ("ann", "bob", "cid")
TALK = ["echo of hello", "relay", "relay"]
GREETINGS = {
    name: sorted(f"hello from {other}" for other in NAMES if other != name) for name in NAMES
}


LATE = """() => {
    const Real = RTCPeerConnection;
    const later = window.setTimeout.bind(window);
    window.RTCPeerConnection = class extends Real {
        #known = false;
        constructor(config) {
            super(config);
            this.addEventListener("connectionstatechange", () => later(() => this.#know(), 2000));
        }
        #know() {
            if (this.#known || super.connectionState !== "connected") return;
            this.#known = true;
            this.dispatchEvent(new Event("connectionstatechange"));
        }
        get connectionState() {
            const state = super.connectionState;
            return state === "connected" && !this.#known ? "connecting" : state;
        }
    };
}"""
"""On a busy machine a connection says that it is there when the other side has spoken already."""


class Visit:
    """Three pages that play, and what they are driven with. Lives in the worker thread."""

    def __init__(self, pages: Pages, site: Site, running: Running, port: int) -> None:
        self._site = site
        self._running = running
        self.pages = {name: self._open(pages, port) for name in NAMES}
        self.ann, self.bob, self.cid = self.pages.values()
        self.ann.evaluate(LATE)
        for page in self.pages.values():
            page.evaluate("server => load(server)", site.url)

    def _open(self, pages: Pages, port: int) -> Page:
        return pages.open(f"http://127.0.0.1:{port}/")

    def match(self) -> None:
        """Bob waits in line, Ann becomes a host, the two connect."""
        assert self.bob.evaluate("wait()") == 1
        self.ann.evaluate("token => host(token)", self._site.secret("host_secret"))
        assert self.bob.evaluate("connect()") == TALK
        assert self.ann.evaluate("all(1)") == ["player"]
        self.ann.evaluate("hidden()")

    def renew(self) -> None:
        """The TURN secret changes: the open connection finds a path by the new one."""
        self.bob.evaluate("() => { window.fresh = renewed(); }")
        self._site.put_secret("turn_secret", NEW)
        trio.from_thread.run(self._running.daemon.reload)
        assert self.bob.evaluate("window.fresh") == TALK

    def meet(self) -> None:
        """All three sign up, and each hears each other in a room."""
        for name, page in self.pages.items():
            assert page.evaluate("name => signUp(name)", name) == name
            page.evaluate("name => enter(client.joinRoom('a room', relay), name)", name)
        assert self._all(2) == GREETINGS

    def survive(self) -> None:
        """The daemon restarts: nobody loses anybody, and who comes later meets all."""
        ids = {name: page.evaluate("room.peerId") for name, page in self.pages.items()}
        trio.from_thread.run(self._running.restart)
        for page in self.pages.values():
            page.evaluate("back()")
        assert ids == {name: page.evaluate("room.peerId") for name, page in self.pages.items()}
        self.ann.evaluate("room.broadcast('again')")
        assert self.bob.evaluate("all(1)") == self.cid.evaluate("all(1)") == ["again"]
        assert self.bob.evaluate("talk()") == TALK
        self.cid.evaluate("room.close()")
        assert self.ann.evaluate("all(1)") == ["left"]
        self.cid.evaluate("enter(client.joinRoom('a room', relay), 'cid')")
        assert self.ann.evaluate("all(1)") == ["hello from cid"]
        assert self.cid.evaluate("all(4)") == [*GREETINGS["cid"], "left", "left"]

    def recover(self) -> None:
        """The daemon crashes, and forgets who they were: they still find each other."""
        former = self.ann.evaluate("room.peerId")
        trio.from_thread.run(self._running.crash)
        for page in self.pages.values():
            page.evaluate("back()")
        assert former != self.ann.evaluate("room.peerId")
        self.ann.evaluate("room.broadcast('once more')")
        assert self.bob.evaluate("all(1)") == self.cid.evaluate("all(1)") == ["once more"]

    def part(self) -> None:
        """Bob gives his match back: Ann hears that he is gone; then she says goodbye."""
        self.bob.evaluate("match.close()")
        assert self.ann.evaluate("all(1)") == ["gone"]
        assert self.bob.evaluate("all(3)") == ["end", "hello from cid", "left"]
        self.ann.evaluate("session.close()")

    def fail(self) -> list[Any]:
        """How finds end that come to nothing, and whether their slots are free again."""
        nobody = self.bob.evaluate("refusal(() => client.findMatch())")
        trio.from_thread.run(self._running.daemon.beat)
        silent = "refusal(() => client.findMatch({ connectTimeout: 500 }))"
        hasty = "refusal(() => client.findMatch({ signal: AbortSignal.timeout(300) }))"
        return [nobody, *(self.bob.evaluate(call) for call in (silent, hasty, silent))]

    def _all(self, count: int) -> dict[str, list[str]]:
        return {name: page.evaluate(f"all({count})") for name, page in self.pages.items()}


async def test_pages_play_through_a_restart(site: Site) -> None:
    """A match out of the line, a mesh of three, fresh credentials; no restart or crash ends them."""
    running = Running()
    failed: list[Any] = []

    def drive(pages: Pages) -> None:
        visit = Visit(pages, site, running, port)
        visit.match()
        visit.renew()
        visit.meet()
        visit.survive()
        visit.part()
        failed.extend(visit.fail())
        visit.recover()

    page = Path(__file__).with_name("page.html")
    async with (
        coturn(secret=SECRET, extra=[f"static-auth-secret={NEW}"], longest=180) as server,
        page_server(page) as port,
    ):
        site.use_turn(server)
        # Hosts' routes are open to pages of origins that are named.
        site.config["server"]["cors_origins"] = [f"http://127.0.0.1:{port}"]
        site.config["hosts"] = {"interval": 1}
        await running.beside(site, lambda: in_browser(drive))
    assert failed == ["no_host", "connection_failed", "TimeoutError", "connection_failed"]

"""An administrator in front of the page `/admin`, and the site that he looks after. For tests only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import trio
from playwright.sync_api import ConsoleMessage, Locator, Page, Request, expect

from matchd.domain.callers import Role
from tests.daemon.browser import PATIENCE
from tests.daemon.process import Site
from tests.site.restart import Running
from tests.site.test_access import FINDINGS, NOW

expect.set_options(timeout=PATIENCE * 1000)

SCRIPT = "<img src=x onerror=alert(1)>"
PASSWORD = "correct horse"
HOSTS = {"eu-central": 34, "us-east": 21, "ap-south": 8}

UNLABELLED = """() => [...document.querySelectorAll("input, select, textarea, button, a")]
    .filter((one) => !(one.labels?.length || one.textContent.trim() || one.ariaLabel))
    .map((one) => one.outerHTML)"""


class Operator:
    """Somebody with a token."""

    def __init__(self, page: Page, site: Site, pictures: Path) -> None:
        self.page = page
        self.site = site
        self.pictures = pictures
        self.foreign: list[str] = []
        self.complaints: list[str] = []
        page.on("request", self._watch)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._hear)
        page.goto(f"{site.url}/admin")

    def _watch(self, request: Request) -> None:
        if not request.url.startswith(self.site.url):
            self.foreign.append(request.url)

    def _hear(self, line: ConsoleMessage) -> None:
        if "Failed to load resource" not in line.text:  # which the page says in words
            self.complaints.append(line.text)

    def log_in(self, role: Role = Role.ADMIN) -> None:
        """Paste a token."""
        self.dialog.get_by_label("Admin token").fill(self.site.token(role, "root"))
        self.dialog.get_by_role("button", name="Log in").click()

    @property
    def dialog(self) -> Locator:
        """What is asked."""
        return self.page.get_by_role("dialog")

    @property
    def rows(self) -> Locator:
        """The lines of the table."""
        return self.page.locator("main .wide tbody tr")

    def goes(self, section: str) -> None:
        """Open a section."""
        self.page.get_by_role("link", name=section, exact=True).click()
        self.sees("main h1", section)

    def does(self, name: str) -> None:
        """Press a button."""
        self.page.locator("main").get_by_role("button", name=name, exact=True).click()

    def answers(self, name: str, **fields: str) -> None:
        """Fill in what is asked, and press a button of the dialog."""
        for label, text in fields.items():
            self.dialog.get_by_label(label).fill(text)
        self.dialog.get_by_role("button", name=name, exact=True).click()

    def searches(self, text: str) -> None:
        """Look for something in the table."""
        self.page.get_by_role("searchbox").fill(text)

    def examine(self, where: str) -> None:
        """Nothing is found wrong, light and wide, dark and on a phone."""
        for scheme, width in (("dark", 390), ("light", 1280)):
            self.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            self.page.set_viewport_size({"width": width, "height": 800})
            found = self.page.evaluate(FINDINGS)
            assert found == [], (where, scheme, found)

    def tabs_to(self, name: str) -> None:
        """Press Tab until something of this name has the keyboard."""
        for _ in range(40):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(NOW) == name:
                return
        raise AssertionError(f"no way to {name} by keyboard")

    def sees(self, where: str, text: str) -> None:
        """Wait until something stands there."""
        expect(self.page.locator(where)).to_contain_text(text, timeout=PATIENCE * 1000)

    def picture(self, name: str, *, whole: bool = True) -> None:
        """Leave a screenshot; nothing may be wider than the screen, or without a name."""
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert self.page.evaluate(UNLABELLED) == []
        self.page.screenshot(path=self.pictures / f"{name}.png", full_page=whole, scale="css")


class World:
    """Hosts, matches, players and what they complain of, at the daemon of the moment."""

    def __init__(self, site: Site, running: Running) -> None:
        self._site = site
        self._running = running

    def ask(self, method: str, path: str, body: object = None, bearer: str | None = None) -> Any:
        """Ask the daemon, from the browser's thread; the status and the body."""

        async def ask() -> tuple[int, Any]:
            answer = await self._running.daemon.ask(method, path, body, bearer=bearer)
            return answer.status, answer.json()

        return trio.from_thread.run(ask)

    def fill(self) -> dict[str, str]:
        """Make it; the token of each player."""
        secret = self._site.secret("host_secret")
        for region, count in HOSTS.items():
            for number in range(count):
                host = {"hostId": f"{region}-{number:02}", "roomId": f"room-{region}-{number:02}"}
                beat = host | {"region": region, "status": "busy" if number % 3 == 0 else "idle"}
                self.ask("POST", "/api/host/heartbeat", beat, secret)
        tokens = {name: self._sign_up(name) for name in ("ann", "bob", "cleo")}
        for token in tokens.values():
            self.ask("POST", "/api/match/find", {}, token)
        lobby = {"is_private": False, "game_id": SCRIPT, "name": SCRIPT}
        self.ask("POST", "/lobbies", lobby, tokens["ann"])
        for name in ("bob", "cleo"):
            self.ask("POST", "/game/join/", {}, tokens[name])
        self.ask("POST", "/chat/create/den/bob", None, tokens["ann"])
        said = {"room": "den", "content": f"you are {SCRIPT}", "timestamp": 1}
        self.ask("POST", "/chat/chatroom", said, tokens["bob"])
        complaint = {"issue": f"He called me {SCRIPT}", "target": "bob", "room": "den", "seq": 2}
        for seq in (1, 2):
            self.ask("POST", "/report", complaint | {"seq": seq}, tokens["ann"])
        return tokens

    def stir(self, step: int, token: str) -> None:
        """Let something happen: a host is idle or busy, somebody finds a match, somebody may not."""
        host = {"hostId": f"eu-central-{step % 30:02}", "roomId": f"room-eu-central-{step % 30:02}"}
        beat = host | {"region": "eu-central", "status": "busy" if step // 30 % 2 else "idle"}
        self.ask("POST", "/api/host/heartbeat", beat, self._site.secret("host_secret"))
        if step % 3 == 0:
            self.ask("POST", "/api/match/find", {}, token)
        self.ask(
            "GET", "/friends" if step % 20 < 6 else "/nowhere" if step % 4 == 0 else "/healthz"
        )

    def _sign_up(self, name: str) -> str:
        form = {"name": name, "password": PASSWORD}

        async def ask() -> str:
            headers = {"Accept": "application/json"}
            daemon = self._running.daemon
            answer = await daemon.ask("POST", "/auth/createuser", form, headers=headers)
            token: str = answer.json()["token"]
            return token

        return trio.from_thread.run(ask)

"""The given program's own client in a real Chromium: two desks and a phone in one room (wire.md 7)."""

from __future__ import annotations

import trio
from playwright.sync_api import Page

from tests.daemon.browser import MELANGERIE, Pages, in_browser, page_server
from tests.daemon.process import Daemon, Site
from tests.daemon.test_chat import until_read

PASSWORD = "correcthorse"
ADDED = "Server: ann added {} to the room"
TALK = ["ann: hello", "bob: hi", "cleo: 📱"]
MISSED = ["ann: still there?", "bob: no"]


class Desk:
    """A page of somebody's, at a desk or on a phone."""

    def __init__(self, page: Page, daemon: Daemon, name: str, verb: str = "createuser") -> None:
        self.page = page
        page.evaluate("url => { host = url; }", daemon.site.url)
        self.token = page.evaluate("([...words]) => enter(...words)", [verb, name, PASSWORD])
        daemon.site.learn({"token": self.token})
        page.evaluate("connect()")
        page.wait_for_function("socket.readyState === 1")

    def say(self, content: str, **sender: str) -> None:
        """Say something in the room, as oneself or as somebody else."""
        self.page.evaluate("([...words]) => say(...words)", ["tea", content, *sender.values()])

    def lines(self, last: str) -> list[str]:
        """What the page shows, once it shows this."""
        self.page.wait_for_function("last => lines().at(-1) === last", arg=last)
        found: list[str] = self.page.evaluate("lines()")
        return found


def meet(ann: Desk, names: list[str]) -> None:
    """Ann makes a room and takes in whom the server lists."""
    assert ann.page.evaluate("createRoom('tea')") == 200
    ann.page.evaluate("sendMessage({ action: 'ListUsers' })")
    ann.page.wait_for_function("names => names.every((name) => users.includes(name))", arg=names)
    for name in names:
        ann.page.evaluate(f"sendMessage({{ action: 'Add', data: ['tea', '{name}'] }})")


async def test_three_pages_in_one_room(site: Site) -> None:
    """All see the same in the same order; the phone that was away is shown what it missed, once."""

    def talk(pages: Pages) -> None:
        origin = f"http://127.0.0.1:{port}/"
        ann, bob = Desk(pages.open(origin), daemon, "ann"), Desk(pages.open(origin), daemon, "bob")
        cleo = Desk(pages.phone(origin), daemon, "cleo")
        meet(ann, ["bob", "cleo"])
        said = ADDED.format("cleo")
        for desk, line in zip((ann, bob, cleo), TALK, strict=True):
            assert desk.lines(said)[-1] == said
            desk.say(line.partition(": ")[2])
            said = line
        ann.say("I am bob", sender="bob")
        assert ann.lines(TALK[-1])[-5:] == bob.lines(TALK[-1]) == [*begun(), *TALK]
        assert cleo.lines(TALK[-1]) == [*begun()[1:], *TALK]
        trio.from_thread.run(until_read, daemon, cleo.token, 6)
        cleo.page.close()
        for desk, line in zip((ann, bob), MISSED, strict=True):
            desk.say(line.partition(": ")[2])
            assert ann.lines(line)
        back = Desk(pages.phone(origin), daemon, "cleo", "login")
        assert back.lines(MISSED[-1]) == MISSED
        assert back.page.evaluate("innerWidth") < 400
        bob.page.evaluate("leaveRoom('tea')")
        gone = "Server: bob left the room"
        assert back.lines(gone) == [*MISSED, gone]

    async with page_server(MELANGERIE) as port, site.daemon() as daemon:
        await in_browser(talk)


def begun() -> list[str]:
    """What the server says as the room fills."""
    return [ADDED.format(name) for name in ("bob", "cleo")]

"""The page where something is missing, away, too long, or not what it seems."""

from __future__ import annotations

from pathlib import Path

import trio
from playwright.sync_api import expect

from tests.daemon.browser import Pages, in_browser
from tests.daemon.process import Daemon, Site
from tests.site.person import Person

NO_WEBRTC = "delete window.RTCPeerConnection;"
NO_WEBSOCKET = """window.WebSocket = class {
    constructor() { setTimeout(() => this.onclose({ code: 1006, reason: "" })); }
    close() {}
};"""
BLOCKED = "HTTP gets through, WebSockets do not"
NO_PEERS = "There is no WebRTC here"
ELSEWHERE = """async () => {
    const { Matchd } = await import("/client.js");
    const other = new Matchd(location.origin);
    await other.login({ name: "ann", password: "correct horse" });
    await other.logout({ everywhere: true });
}"""
DIRECTION = "field => getComputedStyle(field).direction"
SCRIPT = "<img src=x onerror=bad()>"
WIDE = "W" * 32
FILL_ALL = """(text) => {
    for (const one of document.querySelectorAll("section:not([hidden]) details")) one.open = true;
    for (const form of document.querySelectorAll("section:not([hidden]) form")) {
        if (!form.checkVisibility()) continue;
        const fields = form.querySelectorAll("input:not([type]), input[type=password]");
        if (fields.length === 0) continue;
        for (const field of fields) field.value = text;
        form.noValidate = true;
        form.querySelector("button").click();
    }
}"""


def lack(pages: Pages, daemon: Daemon, tmp_path: Path) -> None:
    """Without WebRTC or WebSockets, or a server, each section says so in words."""
    site = daemon.site
    for script, words, name in ((NO_WEBRTC, NO_PEERS, "cid"), (NO_WEBSOCKET, BLOCKED, "dan")):
        someone = Person(pages.open("about:blank"), site.url, tmp_path, script)
        trio.from_thread.run(daemon.beat)
        someone.does("Play")
        someone.sees("#notices", words)
        someone.goes("Host")
        someone.writes("Host secret or token", site.secret("host_secret"))
        someone.does("Start hosting")
        someone.sees("#host-card .state", words)
        someone.sign_up(name)
        someone.goes("Lobbies")
        someone.page.get_by_text("Make a lobby").click()
        someone.page.locator("#lobbies details").first.get_by_label("Name").fill("Tea")
        someone.does("Make")
        someone.does("Connect")
        someone.sees("#notices", words)
        someone.does("Log out")
    someone.page.route("**/api/match/**", lambda route: route.abort())
    someone.goes("Play")
    someone.does("Play")
    someone.sees("#notices", "The server can't be reached")


def return_to_what_was_typed(ann: Person) -> None:
    """A network that is away, and a login that ends elsewhere, take nothing away that was typed."""
    ann.goes("Friends")
    ann.page.context.set_offline(True)
    ann.says("Name of a player", "nobody")
    ann.sees("#notices", "The server can't be reached")
    ann.page.context.set_offline(False)
    ann.does("Add")
    ann.sees("#notices", "There is no player of this name")
    ann.page.get_by_text("Make a room").click()
    ann.says("Name of the room", "tea")
    ann.writes("Write a message", "חצי הוד")
    assert ann.page.get_by_label("Write a message").evaluate(DIRECTION) == "rtl"
    ann.goes("Lobbies")
    ann.page.get_by_text("Make a lobby").click()
    ann.page.locator("#lobbies details").get_by_label("Name").fill("half a na")
    ann.page.evaluate(ELSEWHERE)
    ann.sees("#notices", "Your login has ended")
    ann.heads("Sign up")
    ann.does("Cancel")
    ann.does("Log in again")
    expect(ann.door.get_by_label("Name")).to_have_value("ann")
    ann.door.get_by_label("Password").fill("correct horse")
    ann.door.get_by_role("button", name="Log in").click()
    ann.sees("#who", "ann")
    expect(ann.page.locator("#lobbies details").get_by_label("Name")).to_have_value("half a na")
    ann.goes("Friends")
    expect(ann.page.get_by_label("Name of a player")).to_have_value("nobody")
    ann.sees("#friends h3", "tea")
    expect(ann.page.get_by_label("Write a message")).to_have_value("חצי הוד")


def be_twice(pages: Pages, ann: Person) -> None:
    """Of two tabs the newer connection wins, and the older one says so and can come back."""
    ann.goes("Lobbies")
    ann.page.locator("#lobbies details").get_by_label("Name").fill("Two tabs")
    ann.does("Make")
    ann.does("Connect")
    ann.sees("#lobby-mine", "connected")
    other = Person(pages.open("about:blank"), ann.url, ann.pictures)
    other.sees("#who", "ann")
    other.goes("Lobbies")
    other.does("Connect")
    ann.sees("#notices", "Another tab, window or device of yours has taken over")
    expect(ann.page.get_by_role("button", name="Connect")).to_be_visible()
    other.does("Leave")
    other.does("Log out")
    ann.sees("#who", "Guest")


def overflow(person: Person) -> None:
    """A name of the widest letters goes nowhere beyond the screen, in any section."""
    person.sign_up(WIDE)
    for section in person.sections:
        person.goes(section)
        person.picture(f"wide-{section}")
    person.heads(WIDE)
    person.picture("wide-account")
    person.door.get_by_role("button", name="Close").click()


def inject(person: Person) -> None:
    """What looks like markup is text, in every field that there is."""
    for section in person.sections:
        person.goes(section)
        person.page.evaluate(FILL_ALL, SCRIPT)
    person.goes("Lobbies")
    person.sees("#lobby-mine h2", SCRIPT)
    assert person.page.locator("img").count() == 1
    # The console names each refusal of the server.
    assert [one for one in person.complaints if not one.startswith("Failed to load")] == []


async def test_bad_input(site: Site, tmp_path: Path) -> None:
    """All of it is said in words, nothing that was typed is lost, and nothing is taken for markup."""

    def drive(pages: Pages) -> None:
        ann = Person(pages.open("about:blank"), site.url, tmp_path)
        ann.sign_up("ann")
        return_to_what_was_typed(ann)
        be_twice(pages, ann)
        lack(pages, daemon, tmp_path)
        wide = Person(pages.phone("about:blank"), site.url, tmp_path)
        overflow(wide)
        inject(wide)

    async with site.daemon() as daemon:
        await in_browser(drive)

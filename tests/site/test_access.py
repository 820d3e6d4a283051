"""The page for whoever does not see it, or uses no mouse: axe-core, and the way by keyboard."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from playwright.sync_api import expect

from tests.daemon.browser import Pages, in_browser
from tests.daemon.process import Site
from tests.site.person import Person

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
FINDINGS = """async () => {
    const { passes, violations } = await axe.run();
    if (passes.length < 10) throw new Error("axe has looked at nothing");
    return violations.flatMap(({ id, impact, nodes }) => nodes.map(({ html }) => [id, impact, html]));
}"""
LOOKS = [(scheme, width) for scheme in ("light", "dark") for width in (1280, 390)]
NOW = """() => {
    const one = document.activeElement;
    return (one.ariaLabel ?? one.labels?.[0]?.textContent ?? one.textContent).trim();
}"""
MOST_STEPS = 40


def examine(person: Person, where: str) -> None:
    """Nothing is found wrong, light or dark, wide or on a phone."""
    for scheme, width in LOOKS:
        person.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        person.page.set_viewport_size({"width": width, "height": 844})
        assert person.page.evaluate(FINDINGS) == [], (where, scheme, width)


def look_around(ann: Person) -> None:
    """Each section of a guest and of a player, and each dialog."""
    ann.page.evaluate(f"{AXE};0")
    for name in ann.sections:
        ann.goes(name)
        if name in ("Lobbies", "Friends"):
            examine(ann, f"{name} of a guest")
    ann.heads("Log in")
    examine(ann, "Log in")
    ann.does("Use a recovery phrase")
    examine(ann, "Log in by phrase")
    ann.does("Cancel")
    ann.heads("Sign up")
    ann.does("Make a key account instead")
    ann.door.get_by_label("Name").fill("Ann")
    ann.does("Make the account")
    ann.sees("dialog", "Your recovery phrase")
    examine(ann, "Your recovery phrase")
    ann.page.get_by_label("I have written them down").check()
    ann.does("Done")
    for name in ann.sections:
        ann.goes(name)
        examine(ann, name)


class Keyboard:
    """Somebody who has no mouse."""

    def __init__(self, person: Person) -> None:
        self.page = person.page

    def goes_to(self, name: str) -> None:
        """Press Tab until something of this name has the focus."""
        for _ in range(MOST_STEPS):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(NOW).startswith(name):
                return
        raise AssertionError(f"{name} is out of reach; at {self.page.evaluate(NOW)!r}")

    def presses(self, name: str, key: str = "Enter") -> None:
        """Go to something, and press it."""
        self.goes_to(name)
        self.page.keyboard.press(key)

    def types(self, name: str, text: str) -> None:
        """Go to a field, and fill it in."""
        self.goes_to(name)
        self.page.keyboard.type(text)

    def is_at(self, name: str) -> None:
        """Wait until something of this name has the focus."""
        self.page.wait_for_function(f"name => ({NOW})().startsWith(name)", arg=name)


def sign_up(bob: Person, keys: Keyboard) -> None:
    """From the skip link to an account; Escape leaves a dialog, and the keyboard is where it was."""
    keys.presses("Skip to content")
    expect(bob.page.locator("#main")).to_be_focused()
    bob.page.reload()
    keys.presses("Sign up")
    bob.page.keyboard.press("Escape")
    keys.is_at("Sign up")
    bob.page.keyboard.press("Enter")
    keys.is_at("Name")
    bob.page.keyboard.type("bob")
    keys.types("Password", "correct horse")
    bob.page.keyboard.press("Enter")
    keys.is_at("bob")


def meet(bob: Person, keys: Keyboard) -> None:
    """Make a lobby, be ready, invite, leave: the keyboard never falls out of the page."""
    bob.page.keyboard.press("Home")
    bob.page.locator("nav a").first.focus()
    keys.presses("Lobbies")
    keys.presses("Make a lobby")
    keys.types("Name", "Tea")
    bob.page.keyboard.press("Enter")
    keys.is_at("Tea")
    keys.presses("Ready", " ")
    bob.sees("#lobby-mine li", "ready, owner")
    keys.is_at("Not ready")
    keys.presses("Leave")
    expect(bob.page.locator("#main")).to_be_focused()


def befriend(bob: Person, keys: Keyboard) -> None:
    """Ask somebody, and take it back."""
    bob.page.locator("nav a").first.focus()
    keys.presses("Friends")
    keys.types("Name of a player", "ann")
    bob.page.keyboard.press("Enter")
    bob.sees("#friends", "ann is asked.")
    keys.is_at("Name of a player")
    keys.presses("Take back")
    bob.sees("#friends", "No friends yet")
    keys.goes_to("Make a room")


def play(bob: Person, keys: Keyboard) -> None:
    """Look for a host, and give up; be a host, where one may."""
    bob.page.locator("nav a").first.focus()
    bob.page.keyboard.press("Enter")
    keys.goes_to("Region")
    keys.presses("Play")
    bob.sees("#play-card .state", "In line")
    keys.is_at("Stop")
    bob.page.keyboard.press("Enter")
    bob.sees("#play-card .state", "Not connected")
    keys.presses("Check")
    bob.sees("#play", "This server has no relay")
    bob.page.locator("nav a").first.focus()
    keys.presses("Host")
    keys.presses("Start hosting")
    bob.sees("#notices", "credential")
    bob.page.locator("#notices button").focus()
    bob.page.keyboard.press("Enter")
    expect(bob.page.locator("#main")).to_be_focused()


async def test_everybody_can_use_the_page(site: Site, tmp_path: Path) -> None:
    """axe-core finds nothing anywhere, and a keyboard is enough."""

    def drive(pages: Pages) -> None:
        ann = Person(pages.open("about:blank"), site.url, tmp_path)
        look_around(ann)
        ann.does("Log out")
        ann.sign_up("ann")
        bob = Person(pages.phone("about:blank"), site.url, tmp_path)
        keys = Keyboard(bob)
        for step in (sign_up, meet, befriend, play):
            step(bob, keys)

    async with site.daemon():
        await in_browser(drive)

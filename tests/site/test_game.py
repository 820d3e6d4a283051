"""The queue and the game of the page, in Chromium: by keyboard and by touch, to each of its ends.

With MATCHD_SCREENSHOTS set to a folder the test leaves its screenshots there.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from playwright.sync_api import expect

from tests.daemon.browser import PATIENCE, Pages, in_browser
from tests.daemon.process import Site
from tests.site.visitor import Visitor

FORGET = "addEventListener('pagehide', () => localStorage.removeItem('matchd-game'))"
FIELD = "canvas.field"


def meet(ann: Visitor, bob: Visitor) -> None:
    """Ann waits, thinks better of it, waits again; Bob comes, both are ready."""
    for person in (ann, bob):
        person.sign_up(person.name)
        person.goes("Game")
    ann.does("Find a player")
    ann.sees("#game", "Nobody else is waiting yet")
    ann.does("Cancel")
    ann.sees("#game", "You have left the queue")
    ann.does("Find a player")
    ann.sees("#game", "Nobody else is waiting yet")
    bob.does("Find a player")
    get_ready(ann, bob)


def get_ready(ann: Visitor, bob: Visitor) -> None:
    """Each is told of the other."""
    ann.sees("#game .state", "bob is here: get ready")
    ann.does("Ready")
    ann.sees("#game .state", "Waiting for bob to be ready")
    bob.does("Ready")


def play(ann: Visitor, bob: Visitor) -> None:
    """Bob touches the field at the top; Ann, whose keys move her paddle, goes down: a point."""
    expect(ann.page.locator(FIELD)).to_be_focused()
    ann.sees("#game .state", "Your paddle is on the ")
    ann.page.keyboard.down("ArrowDown")
    touch(bob, 0.05)
    for person in (ann, bob):
        expect(person.page.locator(".scores")).to_contain_text("1", timeout=PATIENCE * 1000)
    ann.page.keyboard.up("ArrowDown")
    ann.page.keyboard.press("w")


def touch(person: Visitor, height: float) -> None:
    """Touch the field, so high."""
    box = person.page.locator(FIELD).bounding_box()
    assert box is not None
    person.page.touchscreen.tap(box["x"] + 50, box["y"] + height * box["height"])


def come_back(ann: Visitor, bob: Visitor) -> None:
    """Ann's page is loaded again, once with what it kept and once without: the game goes on."""
    for script in ("0", FORGET):
        ann.page.evaluate(script)
        ann.page.reload()
        ann.sees("#game", "Give up")
        expect(ann.page.locator(".scores")).to_contain_text(re.compile("[1-4]"))


def move_house(pages: Pages, ann: Visitor) -> None:
    """Ann opens a second window, which takes the game over; and goes back to the first one."""
    second = Visitor(pages.open("about:blank"), ann.url, "ann", ann.pictures)
    second.goes("Game")
    second.does("Find a player")
    second.sees("#game", "Give up")
    ann.sees("#game .result", "You play it in another window")
    ann.does("Play it here")
    ann.sees("#game", "Give up")
    second.sees("#game .result", "You play it in another window")
    second.page.close()


def end(ann: Visitor, bob: Visitor) -> list[str]:
    """Nobody moves any more: one of them wins, and both see that."""
    results = []
    for person, other in ((ann, bob), (bob, ann)):
        result = person.page.locator("#game .result")
        expect(result).to_contain_text(", 5 to ", timeout=3000 * PATIENCE)
        results.append(result.inner_text().replace(f"{other.name} wins", "lost"))
    return results


def play_again(ann: Visitor, bob: Visitor) -> None:
    """A rematch is with the same player, and nobody else; Bob gives it up."""
    ann.does("Rematch")
    ann.sees("#game .state", "Waiting for bob to play again")
    bob.does("Rematch")
    get_ready(ann, bob)
    play(ann, bob)
    ann.picture("game")
    bob.picture("game-phone-dark")
    bob.does("Give up")
    ann.sees("#game .result", "You win, 5 to ")
    bob.sees("#game .result", "ann wins, 5 to ")


def leave(ann: Visitor, bob: Visitor) -> None:
    """In a mode with hardly any grace Bob's page is closed: Ann is told, and has won."""
    for person in (ann, bob):
        person.does("Find another player")
        person.does("Cancel")
        person.writes("Mode", "hasty")
        person.does("Find a player")
    get_ready(ann, bob)
    ann.sees("#game .state", "Your paddle is on the ")
    bob.page.close()
    ann.sees("#game .state", "bob is away, and has until ")
    ann.sees("#game .result", "bob has left: you win")


async def test_a_game_to_each_of_its_ends(site: Site, tmp_path: Path) -> None:
    """Won by points, given up, won because the other has left: the same on both sides."""
    pictures = Path(os.environ.get("MATCHD_SCREENSHOTS", tmp_path))

    def drive(pages: Pages) -> list[str]:
        ann = Visitor(pages.open("about:blank"), site.url, "ann", pictures)
        bob = Visitor(pages.phone("about:blank"), site.url, "bob", pictures)
        bob.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        meet(ann, bob)
        play(ann, bob)
        come_back(ann, bob)
        move_house(pages, ann)
        results = end(ann, bob)
        play_again(ann, bob)
        ann.is_calm()
        bob.is_calm()
        leave(ann, bob)
        ann.is_calm()
        return results

    site.config["games"] = {"modes": {"default": {}, "hasty": {"grace": 1}}}
    async with site.daemon():
        won, lost = sorted(await in_browser(drive))
    assert won.removeprefix("You win") == lost.removeprefix("lost")

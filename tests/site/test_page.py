"""The page at `/` in a real Chromium: two people, wide and on a phone, light and dark, with a restart.

With MATCHD_SCREENSHOTS set to a folder the test leaves its screenshots there.
"""

from __future__ import annotations

import os
from pathlib import Path

import trio

from tests.daemon.browser import Pages, in_browser
from tests.daemon.coturn import coturn
from tests.daemon.process import Site
from tests.site.person import Person
from tests.site.restart import Running

BUDGET = 150_000
"""Bytes that the page may take off the wire before anybody does anything."""

SOMEBODY_ELSE = """async () => {
    const { Matchd } = await import("/client.js");
    const other = new Matchd(location.origin);
    await other.signUp({ name: "dora", password: "correct horse" });
    const options = { maxPlayers: 2, password: "sesame" };
    await other.createLobby({ game: "chess", name: "Sunday league", ...options });
}"""


def play(ann: Person, bob: Person, secret: str) -> None:
    """Ann hosts, Bob plays; what he writes comes back as he wrote it."""
    ann.goes("Host")
    ann.writes("Host secret or token", secret)
    ann.does("Start hosting")
    ann.sees("#host", "Ready")
    bob.does("Play")
    bob.sees("#play", "Connected to web-")
    bob.says("Write to the host", "<b>hello</b>")
    bob.sees("#play .log", "host <b>hello</b>")
    bob.sees("#play figcaption", "ms now")
    ann.sees("#host", "1 of 1 players")
    ann.picture("host")
    bob.picture("play-phone-dark")


def examine(ann: Person, bob: Person) -> None:
    """A guest has no relay to try; a player has, and it works."""
    ann.does("Check")
    ann.sees("#play", "Guests are given no relay to try")
    ann.sign_up("ann")
    bob.sign_up("bob")
    ann.does("Check")
    ann.sees("#play", "a relay carries the connection")
    ann.sees("#play li", "It relays for you.")
    ann.picture("play")


def befriend(ann: Person, bob: Person) -> None:
    """Ann asks, Bob accepts, each sees that the other is here."""
    ann.goes("Friends")
    ann.says("Name of a player", "bob")
    bob.goes("Friends")
    bob.does("Accept")
    ann.sees("#friends li", "bob online")
    bob.sees("#friends li", "ann online")


def chat(ann: Person, bob: Person) -> None:
    """Bob writes to Ann, who sees that it is unread until she reads it, and answers."""
    bob.does("Write")
    bob.says("Write a message", "<i>hello</i> שלום")
    ann.sees("#friends", "@bob (1 unread)")
    ann.page.get_by_role("button", name="@bob").click()
    ann.sees("#friends .log", "bob <i>hello</i> שלום")
    ann.says("Write a message", "hello yourself")
    for person in (ann, bob):
        person.sees("#friends .log", "ann hello yourself")
    ann.picture("friends")
    bob.picture("friends-phone-dark")


def meet(ann: Person, bob: Person) -> None:
    """Ann makes a lobby, whose name runs both ways; Bob joins from the list, and is ready."""
    ann.page.evaluate(SOMEBODY_ELSE)
    for person in (ann, bob):
        person.goes("Lobbies")
    ann.page.get_by_text("Make a lobby").click()
    ann.page.locator("#lobbies details").get_by_label("Name").fill("Friday night | ליל שישי")
    ann.does("Make")
    bob.page.locator("#lobby-list li", has_text="Friday night").get_by_role("button").click()
    bob.does("Ready")
    ann.sees("#lobby-mine", "bob ready")


def talk(ann: Person, bob: Person) -> None:
    """The members of the lobby connect, and one writes to the other."""
    for person in (ann, bob):
        person.does("Connect")
    ann.sees("#lobby-mine .log", "bob is connected")
    ann.says("Write to all who are connected", "Good luck, <i>all</i>!")
    bob.says("Write to all who are connected", "You too.")
    bob.sees("#lobby-mine .log", "ann Good luck, <i>all</i>!")
    ann.sees("#lobby-mine .log", "bob You too.")
    ann.sees("#lobby-mine h2", "in progress")
    # The restart has left it to be told anew.
    for person in (ann, bob):
        person.sees("#lobby-list", "2 lobbies")
    ann.picture("lobby")
    bob.picture("lobby-phone-dark")


async def test_two_people_try_everything(site: Site, tmp_path: Path) -> None:
    """Sign up, host, play, befriend, meet; the page stays small, whole, and at home."""
    running = Running()
    pictures = Path(os.environ.get("MATCHD_SCREENSHOTS", tmp_path))

    def drive(pages: Pages) -> None:
        ann = Person(pages.open("about:blank"), site.url, pictures)
        bob = Person(pages.phone("about:blank"), site.url, pictures)
        bob.page.emulate_media(color_scheme="dark")
        examine(ann, bob)
        play(ann, bob, site.secret("host_secret"))
        befriend(ann, bob)
        chat(ann, bob)
        meet(ann, bob)
        said = [*ann.complaints, *bob.complaints]
        trio.from_thread.run(running.restart)
        # The list says it when it is up to date again.
        bob.page.reload()
        bob.sees("#lobby-mine", "bob ready")
        talk(ann, bob)
        assert ann.weight < BUDGET
        assert [*said, *ann.foreign, *bob.foreign] == []

    async with coturn(secret="a-secret-of-coturn-of-32-letters") as server:
        site.use_turn(server)
        await running.beside(site, lambda: in_browser(drive))

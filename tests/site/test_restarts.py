"""Every flow of the page goes on through a restart of the daemon, with the relay as the only way.

Ann and Bob have everything open at once: the daemon restarts while one waits for the other, again when
they are connected, and again in the middle of a game.
"""

from __future__ import annotations

from pathlib import Path

import trio

from tests.daemon.browser import Pages, in_browser
from tests.daemon.coturn import coturn
from tests.daemon.process import Site
from tests.site.restart import Running
from tests.site.visitor import Visitor


def wait(ann: Visitor, bob: Visitor) -> None:
    """Bob is in line for a host, and in the queue; Ann has filled in the form to sign up."""
    bob.sign_up(bob.name)
    bob.goes("Game")
    bob.does("Find a player")
    bob.sees("#game", "Nobody else is waiting yet")
    bob.goes("Play")
    bob.does("Play")
    bob.sees("#play", "In line, at place 1")
    ann.introduce()


def connect(ann: Visitor, bob: Visitor, secret: str, relay: str) -> None:
    """Ann signs up and hosts: Bob, first in line still, is connected by the relay, which is named."""
    ann.come_in()
    ann.goes("Host")
    ann.writes("Host secret or token", secret)
    ann.does("Start hosting")
    bob.sees("#play", "Connected to web-")
    bob.sees("#play dl", f"Relayed by turn:{relay}")
    ann.sees("#host li", f"Relayed by turn:{relay}")
    bob.says("Write to the host", "hello")
    bob.sees("#play .log", "host hello")


def gather(ann: Visitor, bob: Visitor) -> None:
    """Ann asks Bob to be friends, and makes a lobby, in which Bob is ready."""
    ann.goes("Friends")
    ann.writes("Name of a player", "bob")
    ann.does("Add")
    ann.sees("#friends-card li", "bob")
    ann.goes("Lobbies")
    ann.page.get_by_text("Make a lobby").click()
    ann.page.locator("#lobbies details").get_by_label("Name").fill("Friday")
    ann.does("Make")
    bob.goes("Lobbies")
    bob.does("Join")
    bob.does("Ready")
    ann.sees("#lobby-mine", "bob ready")


def find_each_other(ann: Visitor, bob: Visitor, relay: str) -> None:
    """The match, the friendship, the lobby and the place in the queue are as they were."""
    bob.goes("Play")
    bob.says("Write to the host", "again")
    bob.sees("#play .log", "host again")
    ann.sees("#host .state", "Ready: 1 of 1 players")
    bob.goes("Friends")
    bob.does("Accept")
    bob.sees("#friends-card li", "ann online")
    for person in (ann, bob):
        person.goes("Lobbies")
        person.sees("#lobby-mine", "bob ready")
        person.sees("#lobby-list", "1 lobby")
        person.does("Connect")
    ann.sees("#lobby-mine .log", f"bob is connected: relayed by turn:{relay}")
    ann.goes("Game")
    ann.does("Find a player")
    bob.goes("Game")
    for person in (ann, bob):
        person.does("Ready")
    ann.sees("#game .scores", "bob")


def chat(ann: Visitor, bob: Visitor) -> None:
    """Bob writes to Ann, who has not read it when the daemon restarts."""
    bob.goes("Friends")
    bob.does("Write")
    bob.says("Write a message", "one")
    ann.goes("Friends")
    ann.sees("#friends", "@bob (1 unread)")


def go_on(ann: Visitor, bob: Visitor) -> None:
    """What is unread stays so, and every message is there once; the lobby talks on."""
    bob.says("Write a message", "two")
    ann.sees("#friends", "@bob (2 unread)")
    ann.page.get_by_role("button", name="@bob").click()
    ann.sees("#friends .log", "bob two")
    assert ann.page.locator("#friends .log p").all_inner_texts() == ["bob one", "bob two"]
    ann.goes("Lobbies")
    ann.says("Write to all who are connected", "still here")
    bob.sees("#lobby-mine .log", "ann still here")


def finish(ann: Visitor, bob: Visitor) -> None:
    """The game goes on too, also after a reload; Ann gives it up, and both see the same result."""
    for person in (ann, bob):
        person.goes("Game")
    ann.page.reload()
    ann.does("Give up")
    bob.sees("#game .result", "You win, 5 to ")
    ann.sees("#game .result", "bob wins, 5 to ")
    points = [person.page.inner_text("#game .result").split(", ")[1] for person in (ann, bob)]
    assert points[0] == points[1]


async def test_everything_goes_on_through_restarts(site: Site, tmp_path: Path) -> None:
    """Matches, lines, lobbies, friends, chat, queue and game: nothing is lost, no error is left."""
    running = Running()

    def drive(pages: Pages) -> None:
        ann = Visitor(pages.open("about:blank"), site.url, "ann", tmp_path)
        bob = Visitor(pages.phone("about:blank"), site.url, "bob", tmp_path)

        def restart() -> None:
            trio.from_thread.run(running.restart)

        wait(ann, bob)
        restart()
        connect(ann, bob, site.secret("host_secret"), relay)
        gather(ann, bob)
        restart()
        find_each_other(ann, bob, relay)
        chat(ann, bob)
        restart()
        go_on(ann, bob)
        finish(ann, bob)
        for person in (ann, bob):
            person.is_calm()

    async with coturn(secret="a-secret-of-coturn-of-32-letters") as server:
        site.use_turn(server)
        site.config["hosts"] = {"interval": 1}
        relay = f"{server.host}:{server.port}"
        await running.beside(site, lambda: in_browser(drive))

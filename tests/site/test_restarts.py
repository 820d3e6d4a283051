"""Every flow of the page goes on through a restart of the daemon, with the relay as the only way.

Ann and Bob have everything open at once: the daemon restarts while one waits for the other, when they
are connected, when they are ready, and in the middle of a game.
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
    """Bob is in line for a host, and in the queue; Ann is about to log in again."""
    bob.sign_up(bob.name)
    bob.goes("Game")
    bob.does("Find a player")
    bob.sees("#game", "Nobody else is waiting yet")
    bob.goes("Play")
    bob.does("Play")
    bob.sees("#play", "In line, at place 1")
    ann.does("Check")
    ann.sees("#play", "Guests are given no relay to try")
    ann.sign_up(ann.name)
    ann.does("Log out")
    ann.introduce("Log in")


def connect(ann: Visitor, bob: Visitor, secret: str, relay: str) -> None:
    """Ann logs in and hosts: Bob, first in line still, is connected by the relay, which is named."""
    ann.come_in("Log in")
    ann.goes("Host")
    ann.writes("Host secret or token", secret)
    ann.does("Start hosting")
    bob.sees("#play", "Connected to web-")
    bob.sees("#play dl", f"Relayed by turn:{relay}")
    ann.sees("#host li", f"Relayed by turn:{relay}")
    bob.says("Write to the host", "hello")
    bob.sees("#play .log", "host hello")


def invite(ann: Visitor, bob: Visitor) -> None:
    """Ann asks Bob to be friends, and invites him to a lobby."""
    ann.goes("Friends")
    ann.says("Name of a player", "bob")
    ann.sees("#friends-card li", "bob")
    ann.goes("Lobbies")
    ann.page.get_by_text("Make a lobby").click()
    ann.page.locator("#lobbies details form").first.get_by_label("Name").fill("Friday")
    ann.does("Make")
    ann.page.get_by_text("Invite players").click()
    ann.says("Invite by name", "bob")
    bob.sees("#invitations", "ann invites you to Friday")


def gather(ann: Visitor, bob: Visitor) -> None:
    """The match is the same; Bob accepts what was asked of him, is ready, and writes to Ann."""
    bob.says("Write to the host", "again")
    bob.sees("#play .log", "host again")
    ann.sees("#host .state", "Ready: 1 of 1 players")
    bob.does("Check")
    bob.sees("#play", "a relay carries the connection")
    bob.does("Accept")
    bob.does("Ready")
    ann.sees("#lobby-mine", "bob ready")
    bob.goes("Friends")
    bob.does("Accept")
    bob.sees("#friends-card li", "ann online")
    bob.does("Write")
    bob.says("Write a message", "one")
    ann.goes("Friends")
    ann.sees("#friends", "@bob (1 unread)")


def start(ann: Visitor, bob: Visitor, relay: str) -> None:
    """Ready is ready, unread is unread, and Bob is in the queue: the lobby meets, and a game begins."""
    bob.says("Write a message", "two")
    ann.sees("#friends", "@bob (2 unread)")
    ann.page.get_by_role("button", name="@bob").click()
    ann.sees("#friends .log", "bob two")
    assert ann.page.locator("#friends .log p").all_inner_texts() == ["bob one", "bob two"]
    for person in (ann, bob):
        person.goes("Lobbies")
        person.sees("#lobby-mine", "bob ready")
        person.sees("#lobby-list", "1 lobby")
        person.does("Connect")
    ann.sees("#lobby-mine .log", f"bob is connected: relayed by turn:{relay}")
    ann.goes("Game")
    ann.does("Find a player")
    bob.does("Go to the game")
    for person in (ann, bob):
        person.does("Ready")
    for person in (ann, bob):
        person.sees("#game .state", "Your paddle is on the ")


def finish(ann: Visitor, bob: Visitor) -> None:
    """The lobby talks on, the game goes on, also after Bob's reload; both see the same result."""
    for person in (ann, bob):
        person.sees("#game", "Give up")
        person.goes("Lobbies")
    ann.says("Write to all who are connected", "still here")
    bob.sees("#lobby-mine .log", "ann still here")
    bob.goes("Friends")
    bob.sees("#friends-card li", "ann in a game")
    for person in (ann, bob):
        person.goes("Game")
    bob.page.reload()
    bob.does("Give up")
    ann.sees("#game .result", "You win, 5 to ")
    bob.sees("#game .result", "ann wins, 5 to ")
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
        invite(ann, bob)
        restart()
        gather(ann, bob)
        restart()
        start(ann, bob, relay)
        restart()
        finish(ann, bob)
        for person in (ann, bob):
            person.is_calm()

    async with coturn(secret="a-secret-of-coturn-of-32-letters", longest=180) as server:
        site.use_turn(server)
        site.config["hosts"] = {"interval": 1}
        relay = f"{server.host}:{server.port}"
        await running.beside(site, lambda: in_browser(drive))

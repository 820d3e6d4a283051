"""The given document's own `GameClient` plays a whole game in Chromium, against a running daemon.

`game_client.js` is that class to the byte (MIT; src/backend/README.md of kaoutar-12/transcendence_42 at
c8e73a4). It knows `game_state`, `game_start` and `player_move`, has no word for a result, and takes the
one `http:` address for requests and sockets.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.daemon.browser import Pages, in_browser, page_server
from tests.daemon.people import sign_up
from tests.daemon.process import Site

CLIENT = Path(__file__).with_name("game_client.js")
DIGEST = "e9790776f820064209fb5dbe6b0168a9cea9f2003b623e085f59f16d72b5241a"

CONNECT = """
game => {
  client.connectToGame(game);
  window.heard = [];
  client.socket.addEventListener("message", ({data}) => heard.push(JSON.parse(data)));
  window.ended = new Promise(done => client.socket.addEventListener("close", e => done(e.code)));
  return new Promise(done => client.socket.addEventListener("open", () => done(true)));
}
"""


class Player:
    """A page with a client of its own, and the first words of each line that this logs."""

    def __init__(self, page: Page, url: str, tokens: dict[str, Any]) -> None:
        self.id, self.page, self.logged = tokens["account"]["id"], page, list[str]()
        page.on("console", lambda line: self.logged.append(line.text.partition(":")[0]))
        page.add_script_tag(path=CLIENT)
        made = "([url, token]) => { window.client = new GameClient(url, token); }"
        page.evaluate(made, [url, tokens["token"]])

    def join(self) -> dict[str, Any]:
        """Join the queue."""
        told: dict[str, Any] = self.page.evaluate("client.joinQueue()")
        return told

    def until(self, kind: str) -> dict[str, Any]:
        """The first message of a type."""
        found = f"heard.find(one => one.type === '{kind}')"
        self.page.wait_for_function(found)
        told: dict[str, Any] = self.page.evaluate(found)
        return told

    def report(self, scores: dict[str, int]) -> None:
        """Say how it ended, which the client has no method for."""
        words = {"type": "game_action", "action": "finish", "data": {"scores": scores}}
        self.page.evaluate("words => client.socket.send(JSON.stringify(words))", words)


def play(ann: Player, bob: Player) -> list[int]:
    """The flow of the document; returns how the sockets ended."""
    assert ann.join()["success"] == "User added to queue"
    matched = bob.join()
    assert matched["success"] == "Match created"
    assert ann.join()["game_id"] == matched["game_id"]
    for player in (ann, bob):
        player.page.evaluate(CONNECT, matched["game_id"])
        player.until("game_state")
    for player in (ann, bob):
        player.page.evaluate("client.sendReady()")
    for player in (ann, bob):
        player.until("game_start")
    for player, other in ((ann, bob), (bob, ann)):
        player.page.evaluate("client.sendMove({y: 7})")
        move = other.until("player_move")
        assert (move["user_id"], move["movement"]) == (player.id, {"y": 7})
    for player in (ann, bob):
        player.report({ann.id: 3, bob.id: 1})
    assert [player.until("game_over")["winner"] for player in (ann, bob)] == [ann.id] * 2
    return [player.page.evaluate("ended") for player in (ann, bob)]


async def test_the_given_client_plays_a_whole_game(site: Site) -> None:
    """From the queue to the result, from a page of another origin; it logs what it was written to."""
    assert hashlib.sha256(CLIENT.read_bytes()).hexdigest() == DIGEST

    def drive(pages: Pages) -> tuple[list[int], list[set[str]]]:
        origin = f"http://127.0.0.1:{port}/"
        players = [Player(pages.open(origin), site.url, one) for one in people]
        return play(*players), [set(player.logged) for player in players]

    async with page_server() as port, site.daemon() as daemon:
        people = [await sign_up(daemon, name) for name in ("ann", "bob")]
        ended, logged = await in_browser(drive)
    assert ended == [4410, 4410]
    assert logged == [{"Game State", "Game Starting!", "Player Moved"}] * 2

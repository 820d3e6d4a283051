"""A list of thousands of lobbies on the page, told by a stream that the test writes."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Route, expect

from tests.daemon.browser import Pages, in_browser
from tests.daemon.process import Site
from tests.site.person import Person

COUNT = 5000
TOLD = 1000
"""Of more lobbies the server tells no more."""

ELEMENTS = "document.querySelectorAll('*').length"
SOMEBODY_ELSE = """async () => {
    const { Matchd } = await import("/client.js");
    const other = new Matchd(location.origin);
    await other.signUp({ name: "bob", password: "correct horse" });
    await other.createLobby({ game: "demo", name: "Far down the list" });
}"""


def lobby(number: int, players: int = 1) -> dict[str, object]:
    """One of many."""
    view = {"id": f"id-{number}", "game_id": "demo", "name": f"Lobby {number:04}", "players": []}
    flags = {"is_owner": False, "is_private": False, "is_whitelisted": False, "has_password": True}
    counts = {"player_count": players, "max_players": 4, "status": "Waiting", "metadata": {}}
    return view | flags | counts


class Told:
    """A stream that says what it is given, and then nothing."""

    def __init__(self, count: int, *, complete: bool) -> None:
        lobbies = [lobby(number) for number in range(count)]
        self.text = _event({"type": "lobby.snapshot", "lobbies": lobbies, "complete": complete})

    def answer(self, route: Route) -> None:
        """Say it to whoever listens."""
        text, self.text = self.text, ": nothing\n\n"
        route.fulfill(body=text, content_type="text/event-stream")

    def tell(self, *events: dict[str, object]) -> None:
        """Have something to say when the listener is back."""
        self.text = "".join(_event(one) for one in events)


def _event(event: dict[str, object]) -> str:
    return f"id: 1\ndata: {json.dumps(event)}\n\n"


def browse(ann: Person, told: Told) -> None:
    """One window of the list is on the page, and a row keeps what is typed and the keyboard."""
    rows = ann.page.locator("#lobby-list li")
    ann.sees("#lobby-list", "5,000 lobbies")
    ann.sees("#lobby-list", "1 to 50 of 5,000")
    expect(rows).to_have_count(50)
    assert ann.page.evaluate(ELEMENTS) < 1000
    ann.does("More")
    ann.sees("#lobby-list", "51 to 100 of 5,000")
    ann.does("Back")
    password = ann.page.get_by_label("Password of Lobby 0002")
    password.fill("sesame")
    told.tell(
        {"type": "lobby.created", "lobby": lobby(COUNT)},
        {"type": "lobby.changed", "lobby": lobby(2, 3)},
    )
    expect(rows.nth(3)).to_contain_text("3 of 4 players", timeout=20_000)
    expect(rows.first).to_contain_text("Lobby 5000")
    expect(password).to_be_focused()
    expect(password).to_have_value("sesame")
    ann.page.get_by_label("Search").fill("lobby 4999")
    ann.sees("#lobby-list", "1 of 5,001 lobbies")
    expect(rows).to_have_count(1)


async def test_many_lobbies(site: Site, tmp_path: Path) -> None:
    """The page stays small and whole with 5,000, and asks the server for what it was not told."""

    def drive(pages: Pages) -> None:
        ann = Person(pages.open("about:blank"), site.url, tmp_path)
        ann.sign_up("ann")
        told = Told(COUNT, complete=True)
        ann.page.route("**/lobbies/stream", told.answer)
        ann.goes("Lobbies")
        browse(ann, told)
        guest = Person(pages.phone("about:blank"), site.url, tmp_path)
        guest.page.evaluate(SOMEBODY_ELSE)
        guest.page.route("**/lobbies/stream", Told(TOLD, complete=False).answer)
        guest.goes("Lobbies")
        guest.sees("#lobby-list", "1,000 and more lobbies")
        guest.page.get_by_label("Search").fill("far down")
        guest.sees("#lobby-list li:has-text('Far down')", "1 of 8 players")

    async with site.daemon():
        await in_browser(drive)

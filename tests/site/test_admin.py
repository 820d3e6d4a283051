"""The page `/admin` in a real Chromium: all that an administrator sees and does, wide and on a phone.

With MATCHD_SCREENSHOTS set to a folder the test leaves its screenshots there.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import trio
from playwright.sync_api import Route, expect

from matchd.domain.callers import Role
from tests.daemon.browser import Pages, in_browser
from tests.daemon.process import Site
from tests.site.admin import HOSTS, PASSWORD, SCRIPT, Operator, World
from tests.site.restart import Running
from tests.site.test_access import AXE, NOW

EVENTS = [
    {
        "at": 1_763_740_000.5,
        "event": "booking.connected",
        "ids": {"booking": "b-1", "host": "eu-central-00"},
        "why": "both_in_room",
    },
    {
        "at": 1_763_740_007.5,
        "event": "audit.ban",
        "ids": {"account": "u_1"},
        "why": f"so_he_said {SCRIPT}",
        "by": "root",
        "outcome": "done",
    },
]
SOCKETS = """() => [1, 2, 3].map((one) => new WebSocket(
    `${location.origin.replace("http", "ws")}/matchbox/den-${one}`))"""
TO_SHOW = "MATCHD_SCREENSHOTS" in os.environ
SETTLED = "[...document.querySelectorAll('main, dialog')].every((one) => !one.querySelector('img'))"


def come_in(root: Operator, tokens: dict[str, str]) -> None:
    """Not with a player's token; with an admin's, and then all is there."""
    root.dialog.get_by_label("Admin token").fill(tokens["ann"])
    root.answers("Log in")
    root.sees("#door", "This needs an admin token.")
    root.page.keyboard.press("Escape")
    expect(root.dialog).to_be_visible()
    root.log_in()
    root.sees("#who", "root")
    root.sees(".tiles", str(sum(HOSTS.values())))
    root.sees("main", "us-east")
    root.does("Check now")
    root.sees("main", "All of it holds.")
    root.sees("main", "not probed")


def is_accessible(root: Operator) -> None:
    """axe-core finds nothing in any section, dialog or card, light and wide, dark and on a phone."""
    root.page.evaluate(f"{AXE};0")
    for name in root.page.locator("nav a").all_inner_texts():
        root.goes(name)
        root.examine(name)
        if name in ("Accounts", "Reports"):
            root.rows.first.get_by_role("link").first.click()
            expect(root.page.locator("main dl")).to_be_visible()
            root.examine(f"one of {name}")
    root.goes("Accounts")
    root.rows.first.get_by_role("link").first.click()
    root.does("Ban")
    root.examine("Ban")
    root.answers("Cancel")


def by_keyboard(root: Operator) -> None:
    """A section, a row and a dialog are reached by Tab alone; what is closed gives its place back."""
    root.goes("Accounts")
    root.page.locator("#main").focus()
    for expected in ("ann", "Ban"):
        root.tabs_to(expected)
        root.page.keyboard.press("Enter")
    expect(root.dialog).to_be_visible()
    root.page.keyboard.press("Escape")
    assert root.page.evaluate(NOW) == "Ban"


def drain(root: Operator, world: World) -> None:
    """Only when it is confirmed; the page says so, and so does a find."""
    root.goes("Overview")
    button = root.page.get_by_role("button", name="Drain ")
    button.click()
    root.answers("Cancel")
    assert world.ask("GET", "/readyz")[0] == 200
    button.click()
    root.answers("Drain")
    root.sees(".warning", "No new matches are taken")
    assert world.ask("GET", "/readyz")[0] == 503
    assert world.ask("POST", "/api/match/find", {})[1]["code"] == "draining"
    root.page.get_by_role("button", name="End drain").click()
    expect(root.page.locator(".warning")).to_be_hidden()
    assert world.ask("POST", "/api/match/find", {})[0] == 200


def look_around(root: Operator) -> None:
    """Each table, page by page and searched; what somebody has written is text."""
    root.goes("Hosts")
    expect(root.rows).to_have_count(50)
    root.does("Next page")
    expect(root.rows).to_have_count(sum(HOSTS.values()) - 50)
    root.does("Previous page")
    expect(root.rows).to_have_count(50)
    root.searches("SOUTH-07")
    expect(root.rows).to_have_count(1)
    root.goes("Bookings")
    root.searches("u_")
    expect(root.rows.first).to_contain_text("u_")
    root.goes("Rooms")
    root.sees("main", "Nothing here.")
    root.goes("Lobbies")
    root.searches("onerror")
    expect(root.rows).to_have_count(1)
    root.sees("main tbody", SCRIPT)
    root.goes("Games")
    root.sees("main tbody", "waiting for players")
    root.sees("main", "Nobody waits.")
    assert root.page.evaluate(SETTLED)


def trace(root: Operator) -> None:
    """Any id leads there; what is known is shown as text, what is not is said."""

    def answer(route: Route) -> None:
        route.fulfill(json={"id": "b-1", "events": EVENTS})

    root.page.route("**/api/admin/trace/b-1", answer)
    root.goes("Bookings")
    root.searches("u_")
    root.rows.first.get_by_role("link").first.click()
    root.sees(".events", "booking.held")
    root.page.get_by_label("Id of anything").fill("nothing-of-ours")
    root.does("Show")
    root.sees("main", "No trace of it.")
    root.page.get_by_label("Id of anything").fill("b-1")
    root.does("Show")
    root.sees(".events", "booking.connected")
    root.sees(".events", "both in room")
    root.sees(".events", f"so_he_said {SCRIPT}")
    root.sees(".events", "host eu-central-00")
    root.sees(".events", "by root, done")
    assert root.page.evaluate(SETTLED)


def ban(root: Operator, world: World, tokens: dict[str, str]) -> None:
    """With a reason and an end; his token is void at once. Then he is let in again."""
    root.goes("Accounts")
    root.searches("bo")
    root.page.get_by_role("link", name="bob").click()
    root.does("Ban")
    root.dialog.get_by_label("How long").select_option("until…")
    root.dialog.get_by_label("Until (your time)").fill("2020-01-01T00:00")
    root.answers("Ban", Reason=SCRIPT)
    root.sees("#ask", "`until` must be in the future.")
    root.dialog.get_by_label("How long").select_option("7 days")
    root.answers("Ban")
    root.sees("main dl", f"{SCRIPT}")
    assert world.ask("GET", "/auth/me", bearer=tokens["bob"])[0] == 401
    status, said = world.ask("POST", "/auth/login", {"name": "bob", "password": PASSWORD})
    assert (status, said["code"], SCRIPT in said["error"]) == (403, "banned", True)
    root.does("Let in again")
    expect(root.page.get_by_role("button", name="Ban")).to_be_visible()
    assert world.ask("POST", "/auth/refresh", {"refreshToken": "x"})[0] == 401
    assert root.page.evaluate(SETTLED)


def see_to_reports(root: Operator, world: World, tokens: dict[str, str]) -> None:
    """What was said is shown as it was said; one is looked into, then closed with an outcome."""
    root.goes("Reports")
    expect(root.rows).to_have_count(2)
    root.rows.nth(1).get_by_role("link").first.click()
    root.sees("article", f"you are {SCRIPT}")
    root.does("Mark as being looked into")
    root.sees("article dl", "being looked into")
    expect(root.rows).to_have_count(1)
    report = root.page.locator("article h2 .id").inner_text()
    root.does("Close with an outcome")
    root.answers("Close report", Outcome="bob was warned")
    root.sees("article", "bob was warned")
    told = world.ask("GET", f"/report/{report}", bearer=tokens["ann"])[1]
    assert (told["state"], told["outcome"]) == ("closed", "bob was warned")
    root.page.get_by_label("State").select_option("closed")
    expect(root.rows).to_have_count(1)
    assert root.page.evaluate(SETTLED)


def outlive(root: Operator, running: Running) -> None:
    """A crash, a token that has ended, a network that is away: the page goes on where it was."""
    root.goes("Overview")
    trio.from_thread.run(running.crash)
    root.sees(".tiles", "0 with a free slot")
    expect(root.page.locator("#away")).to_be_empty()
    root.goes("Accounts")
    root.searches("cleo")
    root.sees("main tbody", "cleo")
    ended = {"error": "The token is not valid (any more).", "code": "bad_token"}
    root.page.route("**/api/admin/accounts*", lambda route: route.fulfill(status=401, json=ended))
    root.does("Refresh")
    root.sees("#door", "The token is not valid (any more).")
    root.page.unroute("**/api/admin/accounts*")
    root.log_in()
    expect(root.rows).to_have_count(3)
    root.page.route("**/api/admin/**", lambda route: route.abort())
    root.does("Refresh")
    root.sees("#away", "The server can't be reached.")
    root.page.unroute("**/api/admin/**")
    expect(root.page.locator("#away")).to_be_empty()


def only_look(pages: Pages, root: Operator) -> None:
    """A viewer has no button that changes anything; his token is gone with his tab."""
    eve = Operator(pages.open("about:blank"), root.site, root.pictures)
    eve.log_in(Role.VIEWER)
    eve.sees("#who", "reads only")
    eve.sees("main", "takes matches")
    expect(eve.page.get_by_role("button", name="Drain ")).to_have_count(0)
    eve.goes("Accounts")
    eve.page.get_by_role("link", name="ann", exact=True).click()
    expect(eve.page.locator("main dl")).to_be_visible()
    expect(eve.page.get_by_role("button", name="Ban")).to_have_count(0)
    eve.page.reload()
    eve.sees("main h1", "Accounts")
    assert json.loads(eve.page.evaluate("JSON.stringify({ ...localStorage })")) == {}
    eve.page.get_by_role("button", name="Log out").click()
    expect(eve.dialog).to_be_visible()


def portray(pages: Pages, world: World, token: str, root: Operator) -> None:
    """Live numbers, on a wide screen and a phone, whose clock is fast; some minutes of them to show."""
    player = pages.open(root.site.url)
    player.evaluate(SOCKETS)
    wide, phone = pages.open("about:blank"), pages.phone("about:blank")
    phone.emulate_media(color_scheme="dark")
    for page, steps in ((wide, 75 if TO_SHOW else 10), (phone, 15 if TO_SHOW else 5)):
        page.clock.install()
        shown = Operator(page, root.site, root.pictures)
        shown.log_in()
        shown.sees(".tiles", "with a free slot")
        for step in range(steps):
            world.stir(step, token)
            with page.expect_response("**/api/admin/counters"):
                page.clock.run_for(2000)
        assert shown.complaints == []
        shown.picture("admin" if page is wide else "admin-phone-dark", whole=page is wide)
        page.close()
    player.close()


async def test_an_administrator_sees_and_does_everything(site: Site, tmp_path: Path) -> None:
    """Comes in, drains, looks around, traces, bans, closes a report, outlives a restart."""
    running = Running()
    site.put_secret("turn_secret", "a-secret-of-coturn-of-32-letters")
    server = {"name": "relay-1", "host": "turn.example.net", "secret_file": "turn_secret"}
    site.config["turn"] = {"server": [server]}
    # Nothing ends by itself before the test has come to it.
    site.config["hosts"] = {"ttl": 600, "lost_after": 900.0}
    site.config["games"] = {"modes": {"default": {"join_timeout": 600.0}}}
    pictures = Path(os.environ.get("MATCHD_SCREENSHOTS", tmp_path))

    def drive(pages: Pages) -> None:
        world = World(site, running)
        tokens = world.fill()
        root = Operator(pages.open("about:blank"), site, pictures)
        come_in(root, tokens)
        portray(pages, world, tokens["ann"], root)
        is_accessible(root)
        by_keyboard(root)
        drain(root, world)
        look_around(root)
        trace(root)
        ban(root, world, tokens)
        see_to_reports(root, world, tokens)
        only_look(pages, root)
        outlive(root, running)
        assert [*root.foreign, *root.complaints] == []

    await running.beside(site, lambda: in_browser(drive))

"""Invitations on the page: to a friend or by name, declined, accepted with the lobby's password."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.daemon.browser import Pages, in_browser
from tests.daemon.process import Site
from tests.site.person import Person


def make_lobby(person: Person, name: str, *, password: str = "", private: bool = False) -> None:
    """Make a lobby."""
    person.goes("Lobbies")
    person.page.get_by_text("Make a lobby").click()
    form = person.page.locator("#lobbies details form").first
    form.get_by_label("Name").fill(name)
    form.get_by_label("Password").fill(password)
    form.get_by_label("Private").set_checked(private)
    person.does("Make")
    person.sees("#lobby-mine h2", name)


def decline(ann: Person, bob: Person) -> None:
    """Ann invites her friend, who is told wherever he is; he declines, and can still come in."""
    ann.page.get_by_text("Invite players").click()
    ann.sees("#lobby-mine details li", "bob online")
    ann.does("Invite bob")
    ann.sees("#lobby-mine details", "bob is invited.")
    bob.sees("#invitations", "ann invites you to Saturday (demo).")
    bob.does("Decline")
    expect(bob.page.locator("#invitations .invitation")).to_have_count(0)
    bob.goes("Lobbies")
    bob.sees("#lobby-list li", "1 of 4 players, private, you are invited")


def accept(ann: Person, bob: Person) -> None:
    """Invited again, by name, he leaves his own lobby for hers."""
    make_lobby(bob, "Bob's own")
    ann.says("Invite by name", "nobody")
    ann.sees("#notices", "There is no player nobody")
    ann.says("Invite by name", "bob")
    bob.goes("Play")
    bob.does("Accept")
    bob.sees("#notices", "password")
    bob.page.get_by_label("Password of the lobby").fill("sesame")
    bob.does("Accept")
    bob.does("Leave the other lobby and join")
    bob.sees("#lobby-mine h2", "Saturday")
    expect(bob.page.locator("#invitations .invitation")).to_have_count(0)
    ann.sees("#lobby-mine", "bob not ready")
    expect(bob.page.get_by_text("Invite players")).to_be_hidden()


def withdraw(ann: Person, bob: Person) -> None:
    """Whoever has been put out and is invited anew sees it go when the lobby does."""
    ann.does("Put out")
    expect(bob.page.locator("#lobby-mine h2")).to_have_count(0)
    ann.does("Invite bob")
    bob.sees("#invitations", "Saturday")
    ann.does("Leave")
    expect(bob.page.locator("#invitations .invitation")).to_have_count(0)


async def test_invitations(site: Site, tmp_path: Path) -> None:
    """They come wherever one is, and are answered or go."""

    def drive(pages: Pages) -> None:
        ann = Person(pages.open("about:blank"), site.url, tmp_path)
        bob = Person(pages.phone("about:blank"), site.url, tmp_path)
        for person, name in ((ann, "ann"), (bob, "bob")):
            person.sign_up(name)
            person.goes("Friends")
        ann.says("Name of a player", "bob")
        bob.does("Accept")
        bob.sees("#friends li", "ann online")
        make_lobby(ann, "Saturday", password="sesame", private=True)
        decline(ann, bob)
        accept(ann, bob)
        withdraw(ann, bob)
        bob.picture("invited")

    async with site.daemon():
        await in_browser(drive)

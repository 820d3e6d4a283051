"""Key accounts on the page: made, written down, entered again elsewhere, given to friends as a code."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from playwright.sync_api import expect

from tests.daemon.browser import Pages, in_browser
from tests.daemon.process import Site
from tests.site.person import Person
from tests.web.people import Key

PASSWORD = "a long password"
STORED = "JSON.stringify({ ...localStorage, ...sessionStorage })"
FILE = "kim.matchd-key.json"


def make(kim: Person) -> str:
    """Make a key account; the phrase stays until it is written down, and is stored nowhere."""
    kim.does("Sign up")
    kim.does("Make a key account instead")
    kim.door.get_by_label("Name").fill("Kim")
    kim.does("Make the account")
    words = kim.door.get_by_role("listitem")
    expect(words).to_have_count(12)
    phrase = " ".join(words.all_inner_texts())
    kim.page.keyboard.press("Escape")
    expect(kim.door.get_by_role("button", name="Done")).to_be_disabled()
    assert words.all_inner_texts() == phrase.split()
    kim.page.get_by_label("I have written them down").check()
    kim.does("Done")
    kim.sees("#who", "Kim~")
    assert phrase not in kim.page.evaluate(STORED)
    assert phrase.replace(" ", "") not in kim.page.locator("html").evaluate(
        "one => one.textContent"
    )
    return phrase


def befriend(kim: Person, bob: Person) -> None:
    """Bob pastes Kim's code, and that of somebody who has never been here."""
    kim.goes("Friends")
    expect(kim.page.get_by_label("Your friend code")).not_to_have_value("")
    code = kim.page.get_by_label("Your friend code").input_value()
    assert json.loads(base64.b64decode(code))["name"].startswith("Kim~")
    bob.goes("Friends")
    bob.says("or a friend code", f" {code[:40]}\n{code[40:]} ")
    bob.sees("#friends", "is asked.")
    bob.says("or a friend code", Key("Zoe").code)
    bob.sees("#friends", "Zoe is asked when this key logs in for the first time.")
    bob.sees("#friends li:has-text('Zoe')", "has not been here yet")
    kim.does("Accept")
    bob.sees("#friends li:has-text('Kim')", "online")


def save(kim: Person, folder: Path, phrase: str) -> Path:
    """Save the key and its friends in a file; who has left the page since gives the phrase again."""
    kim.heads("Kim")
    kim.does("Save a key file")
    expect(kim.door.get_by_label("Recovery phrase")).to_have_count(0)
    kim.page.reload()
    kim.heads("Kim")
    kim.does("Save a key file")
    kim.door.get_by_label("Password for the file").fill(PASSWORD)
    kim.door.get_by_label("Recovery phrase").fill("abandon " * 11 + "about")
    kim.does("Save")
    kim.sees("dialog .failure", "This phrase is another account's.")
    kim.door.get_by_label("Recovery phrase").fill(phrase)
    with kim.page.expect_download() as download:
        kim.does("Save")
    download.value.save_as(folder / FILE)
    assert "bob" not in (folder / FILE).read_text()
    return folder / FILE


def enter_by_phrase(person: Person, phrase: str) -> None:
    """Somebody else's browser becomes Kim's by the phrase, one word of which is wrong at first."""
    person.heads("Log in")
    person.does("Use a recovery phrase")
    for text in (phrase.replace(" ", " matchd ", 1), phrase.upper().replace(" ", "\n")):
        person.door.get_by_label("Recovery phrase").fill(text)
        person.door.get_by_role("button", name="Log in").click()
        if "matchd" in text:
            person.sees("dialog .failure", "there are 13")
    person.sees("#who", "Kim~")


def enter_by_file(person: Person, file: Path) -> None:
    """The same by the file, which brings back the friend who was removed meanwhile."""
    person.goes("Friends")
    person.does("Remove")
    person.sees("#friends", "No friends yet")
    person.does("Log out")
    person.heads("Log in")
    person.does("Use a key file")
    person.door.get_by_label("Key file").set_input_files(file)
    for password in ("a wrong password", PASSWORD):
        person.door.get_by_label("Password of the file").fill(password)
        person.does("Open")
        if password != PASSWORD:
            person.sees("dialog .failure", "does not open this file")
    person.sees("#who", "Kim~")
    person.sees("#friends", "You asked")
    person.sees("#friends li", "bob")


async def test_a_key_is_an_account_in_every_browser(site: Site, tmp_path: Path) -> None:
    """By its phrase, by a file with a password; friends by a code; not at another address."""

    def drive(pages: Pages) -> None:
        kim = Person(pages.open("about:blank"), site.url, tmp_path)
        bob = Person(pages.phone("about:blank"), site.url, tmp_path)
        bob.sign_up("bob")
        phrase = make(kim)
        befriend(kim, bob)
        file = save(kim, tmp_path, phrase)
        bob.does("Log out")
        enter_by_phrase(bob, phrase)
        enter_by_file(bob, file)
        assert [*kim.complaints, *kim.foreign, *bob.complaints] == []
        other = site.url.replace("127.0.0.1", "localhost")
        lost = Person(pages.open("about:blank"), other, tmp_path)
        lost.does("Sign up")
        lost.does("Make a key account instead")
        lost.door.get_by_label("Name").fill("Kim")
        lost.does("Make the account")
        lost.sees("dialog .failure", f"Keys are for {site.url} alone")

    async with site.daemon():
        await in_browser(drive)

"""The page at `/docs` in a real Chromium: all that the documents have, found, opened and linked to.

With MATCHD_SCREENSHOTS set to a folder the test leaves its screenshots there.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
from playwright.sync_api import Page, Request, expect

from matchd.web.described import asyncapi, openapi
from matchd.web.described.sockets import CHANNELS
from tests.daemon.browser import PATIENCE, Pages, in_browser
from tests.daemon.process import Site

WAIT = PATIENCE * 1000
FIND = "#post_api_match_find"


class Reader:
    """Somebody who reads, and what his browser complains of."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda line: self.complaints.append(line.text))
        page.on("request", lambda request: self._note(request, url))
        page.goto(f"{url}/docs")
        expect(page.locator(".entry").first).to_be_visible(timeout=WAIT)

    def _note(self, request: Request, url: str) -> None:
        if not request.url.startswith(url):
            self.complaints.append(f"asked {request.url}")

    @property
    def shown(self) -> int:
        """How many entries are to be seen."""
        return self.page.locator(".entry:visible").count()

    def picture(self, path: Path) -> None:
        """Leave a screenshot; nothing may be wider than the screen."""
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        self.page.screenshot(path=path, scale="css")


def find(reader: Reader) -> None:
    """A key leads to the search, which finds by path, word, field and code, and says how many."""
    reader.page.keyboard.press("/")
    reader.page.keyboard.type("no_host")
    expect(reader.page.locator("#found")).to_have_text("1 found")
    expect(reader.page.locator(FIND)).to_be_visible()
    reader.page.keyboard.press("Escape")
    assert reader.shown == len(openapi.ROUTES) + len(CHANNELS)


def read(reader: Reader) -> None:
    """An entry is opened by the keyboard, and says what to send, what comes, and what is refused."""
    entry = reader.page.locator(FIND)
    entry.locator("summary").first.focus()
    reader.page.keyboard.press("Enter")
    for words in ("Idempotency-Key", "rttMs", "signalingUrl", "too_many_bookings", "key_reused"):
        expect(entry).to_contain_text(words)
    expect(entry).to_contain_text(
        f"curl -X POST '{reader.page.url.partition('/docs')[0]}/api/match"
    )


def listen(reader: Reader, url: str) -> None:
    """An address leads to a socket, which says what is said on it and how it ends."""
    reader.page.goto(f"{url}/docs#socket-chat")
    chat = reader.page.locator("#socket-chat")
    expect(chat).to_have_attribute("open", "", timeout=WAIT)
    expect(chat).to_be_in_viewport()
    for words in ("/chat/connect", "Message", "4431", "Do not retry."):
        expect(chat).to_contain_text(words)


def open_all(reader: Reader) -> None:
    """Everything can be opened at once, and nothing is left out of what the documents name."""
    reader.page.get_by_role("button", name="Open all").click()
    text = str(reader.page.locator("#content").text_content())
    assert all(key.split(" ")[1] in text for key in openapi.ROUTES)
    named = msgspec.json.decode(asyncapi.document())["components"]["messages"].values()
    assert [one["title"] for one in named if one["title"] not in text] == []
    assert "undefined" not in text
    assert "[object" not in text


def show(reader: Reader, url: str) -> None:
    """The page as one finds it, with one entry open."""
    reader.page.goto(f"{url}/docs")
    reader.page.locator(".entry summary").first.click()
    expect(reader.page.locator(".inside").first).to_contain_text("roomId", timeout=WAIT)
    reader.page.evaluate("scrollTo(0, 0)")


async def test_the_documents_are_read(site: Site, tmp_path: Path) -> None:
    """Wide and on a phone, light and dark, without a login, a complaint, or a request elsewhere."""
    pictures = Path(os.environ.get("MATCHD_SCREENSHOTS", tmp_path))

    def drive(pages: Pages) -> None:
        wide = Reader(pages.open("about:blank"), site.url)
        assert wide.shown == len(openapi.ROUTES) + len(CHANNELS)
        find(wide)
        read(wide)
        listen(wide, site.url)
        open_all(wide)
        show(wide, site.url)
        wide.picture(pictures / "docs.png")
        page = pages.phone("about:blank")
        page.emulate_media(color_scheme="dark")
        phone = Reader(page, site.url)
        show(phone, site.url)
        phone.picture(pictures / "docs-phone-dark.png")
        assert [*wide.complaints, *phone.complaints] == []

    async with site.daemon():
        await in_browser(drive)

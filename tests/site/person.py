"""Somebody in front of the page at `/`, in a real Chromium. For tests only."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, Page, Request, expect

from tests.daemon.browser import PATIENCE

NO_CAMERA = """if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = async () => {
    console.error("The page asks for camera or microphone.");
};"""
TRANSFERRED = """() => ["navigation", "resource"].flatMap((type) => performance.getEntriesByType(type))
    .reduce((sum, one) => sum + one.transferSize, 0)"""
UNLABELLED = """() => [...document.querySelectorAll("input, select, button, nav a")]
    .filter((one) => !(one.labels?.length || one.textContent.trim() || one.ariaLabel))
    .map((one) => one.outerHTML)"""


class Person:
    """Somebody in front of the page."""

    def __init__(self, page: Page, url: str, pictures: Path, script: str = "") -> None:
        self.page = page
        page.add_init_script(NO_CAMERA)
        page.add_init_script(script)
        self.pictures = pictures
        self.url = url
        self.foreign: list[str] = []
        self.complaints: list[str] = []
        page.on("request", self._watch)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda line: self.complaints.append(line.text))
        page.goto(f"{url}/")
        expect(page.locator("#play-card button")).to_have_text("Play")
        self.weight: int = page.evaluate(TRANSFERRED)

    def _watch(self, request: Request) -> None:
        if not request.url.startswith((self.url, "blob:")):
            self.foreign.append(request.url)

    def sign_up(self, name: str) -> None:
        """Become somebody."""
        self.page.get_by_role("button", name="Sign up").click()
        self.door.get_by_label("Name").fill(name)
        self.door.get_by_label("Password").fill("correct horse")
        self.door.get_by_role("button", name="Sign up").click()
        self.sees("#who", name)

    @property
    def door(self) -> Locator:
        """The dialog."""
        return self.page.get_by_role("dialog")

    @property
    def sections(self) -> list[str]:
        """What the page has."""
        return self.page.locator("nav a").all_inner_texts()

    def goes(self, section: str) -> None:
        """Open a section, which is there a moment after the click."""
        self.page.get_by_role("link", name=section).click()
        expect(self.page.locator(f"#{section.lower()}")).to_be_visible()

    def heads(self, name: str) -> None:
        """Press a button of the page's head."""
        self.page.locator("#who").get_by_role("button", name=name).click()

    def does(self, name: str) -> None:
        """Press a button."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def writes(self, label: str, text: str) -> None:
        """Fill in a field."""
        self.page.get_by_label(label).fill(text)

    def says(self, label: str, text: str) -> None:
        """Write something, and send it."""
        form = self.page.locator("form", has=self.page.get_by_label(label))
        form.get_by_label(label).fill(text)
        form.get_by_role("button").click()

    def sees(self, where: str, text: str) -> None:
        """Wait until something stands there."""
        expect(self.page.locator(where)).to_contain_text(text, timeout=PATIENCE * 1000)

    def picture(self, name: str) -> None:
        """Leave a screenshot; nothing may be wider than the screen, or without a name."""
        size = self.page.viewport_size
        assert size is not None
        # Not innerWidth: a phone shows all of a page that is too wide.
        assert self.page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert self.page.evaluate(UNLABELLED) == []
        self.page.screenshot(path=self.pictures / f"{name}.png", full_page=True, scale="css")

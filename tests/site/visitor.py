"""Somebody in front of the page, whose connections use the relay alone. For tests only."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.site.person import Person

RELAY = """{
    const Real = window.RTCPeerConnection;
    const relayed = (config) => ({ ...config, iceTransportPolicy: "relay" });
    window.RTCPeerConnection = class extends Real {
        constructor(config) { super(relayed(config)); }
        setConfiguration(config) { super.setConfiguration(relayed(config)); }
    };
}"""


class Visitor(Person):
    """One page of one person, and what has thrown in it."""

    def __init__(self, page: Page, url: str, name: str, pictures: Path) -> None:
        self.name = name
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        super().__init__(page, url, pictures, RELAY)

    def introduce(self, door: str) -> None:
        """Fill in the form behind a button."""
        self.heads(door)
        self.door.get_by_label("Name").fill(self.name)
        self.door.get_by_label("Password").fill("correct horse")

    def come_in(self, door: str) -> None:
        """Send it."""
        self.door.get_by_role("button", name=door, exact=True).click()
        self.sees("#who", self.name)

    def is_calm(self) -> None:
        """Nothing that went wrong is left on the screen, and nothing has in the page."""
        expect(self.page.locator("#notices")).to_be_empty()
        expect(self.page.locator(".dot.bad")).to_have_count(0)
        assert self.faults == []

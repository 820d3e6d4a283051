"""A real headless Chromium with two pages, host and player, for tests.

Owns the browser's flags, the pages and the little server that gives them an origin of their own, so
that what they do with the daemon is cross-origin. Playwright's synchronous interface runs in a
worker thread: `in_browser(drive)` calls `drive(pages)` there, which may call back with
`trio.from_thread.run`. Needs the Debian package `chromium`; without it the test fails and says so.
Only tests import this module.
"""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import trio
from playwright.sync_api import Page, sync_playwright

PATIENCE = 20
"""Seconds of real time that anything in a page may take."""

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Our TURN server has a certificate of its own making.
    "--ignore-certificate-errors",
    # For machines that have nothing but a loopback; the permissions below are needed too.
    "--allow-loopback-in-peer-connection",
)
_PERMISSIONS = ["microphone", "camera"]
_PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "device_scale_factor": 3,
    "is_mobile": True,
    "has_touch": True,
}
_PAGE = Path(__file__).with_name("page.html")
MELANGERIE = Path(__file__).with_name("melangerie.html")
"""The client of the chat that matchd speaks the protocol of."""

T = TypeVar("T")


class Pages:
    """Opens pages of one browser. Lives in the worker thread."""

    def __init__(self, open_page: Callable[[], Page], open_phone: Callable[[], Page]) -> None:
        self._open = open_page
        self._open_phone = open_phone

    def open(self, origin: str) -> Page:
        """Open the page that is served at this origin."""
        page = self._open()
        page.goto(origin)
        return page

    def phone(self, origin: str) -> Page:
        """Open it on the small screen of a phone, which is touched."""
        page = self._open_phone()
        page.goto(origin)
        return page


@asynccontextmanager
async def page_server(served: Path = _PAGE) -> AsyncIterator[int]:
    """Serve a page on a port of 127.0.0.1; yields the port."""
    body = await trio.Path(served).read_bytes()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n"
    answer = f"{head}Connection: close\r\n\r\n".encode() + body

    async def serve(stream: trio.SocketStream) -> None:
        try:
            if await stream.receive_some():
                await stream.send_all(answer)
                await stream.send_eof()
                await stream.receive_some()
        except trio.BrokenResourceError:
            pass  # browsers also open connections that they don't use
        await stream.aclose()

    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    # The server runs beside the test.
    async with trio.open_nursery() as nursery:
        await nursery.start(trio.serve_listeners, serve, listeners)
        yield listeners[0].socket.getsockname()[1]
        nursery.cancel_scope.cancel()


async def in_browser(drive: Callable[[Pages], T]) -> T:
    """Start Chromium, call `drive` with it in a thread, and return what that returns."""
    return await trio.to_thread.run_sync(_run, drive)


def _run(drive: Callable[[Pages], T]) -> T:
    binary = shutil.which("chromium")
    if binary is None:
        raise RuntimeError("chromium is missing: install the Debian package chromium.")
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=binary, args=list(_FLAGS)) as browser,
        browser.new_context(permissions=_PERMISSIONS) as context,
        browser.new_context(**_PHONE) as phone,
    ):
        for each in (context, phone):
            each.set_default_timeout(PATIENCE * 1000)
        return drive(Pages(context.new_page, phone.new_page))

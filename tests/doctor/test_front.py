"""Our own address through a proxy: who answers, whom it tells apart, whether sockets get through."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest
import trio

from matchd.config.schema import Config, Server
from matchd.doctor import front
from matchd.doctor.front import Front
from tests.daemon.coturn import HOST, free_ports
from tests.daemon.process import Site
from tests.doctor.house import Found

READY = '{"ok": true, "reasons": []}'


@asynccontextmanager
async def proxy(
    *, hides: bool = False, believes: bool = False, upgrades: bool = True
) -> AsyncIterator[Front]:
    """A proxy before a matchd: one that `hides` who calls lets everybody read the metrics, one that
    `believes` passes on what callers claim.
    """

    async def answer(stream: trio.SocketStream) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += await stream.receive_some()
        claims = b"X-Forwarded-For: 127.0.0.1" in head
        status, body = "403 Forbidden", "{}"
        if b"Upgrade: websocket" in head:
            status = "101 Switching Protocols" if upgrades else "200 OK"
        elif b"/readyz" in head:
            status, body = "200 OK", READY
        elif hides or (believes and claims):
            status = "200 OK"
        await stream.send_all(
            f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        )

    # The proxy runs beside the doctor.
    async with trio.open_nursery() as nursery:
        [listener] = await nursery.start(partial(trio.serve_tcp, host=HOST), answer, 0)
        url = f"http://{HOST}:{listener.socket.getsockname()[1]}"
        yield Front(Config(server=Server(public_url=url)))
        nursery.cancel_scope.cancel()


@pytest.fixture
def far(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the address look like one of another machine."""

    async def resolve(host: str) -> tuple[str, ...]:
        await trio.lowlevel.checkpoint()
        return ("203.0.113.7",)

    monkeypatch.setattr(front, "resolve", resolve)


async def test_good_proxy(far: None) -> None:
    """A proxy that says who calls, and lets sockets through, is fine."""
    async with proxy() as one:
        found = Found(await one.check())
    assert found.bad == set()
    assert [finding.id for finding in found.findings] == ["H1", "H2", "H3"]


@pytest.mark.parametrize(
    ("options", "check", "said"),
    [
        ({"hides": True}, "H2", "everybody looks like this machine"),
        ({"believes": True}, "H2", "anybody may claim any address"),
        ({"upgrades": False}, "H3", "proxy_set_header Upgrade"),
    ],
)
async def test_bad_proxies(far: None, options: dict[str, bool], check: str, said: str) -> None:
    """Each fault of a proxy is told from the others, with the line that mends it."""
    async with proxy(**options) as one:
        found = Found(await one.check())
    assert found.bad == {check}
    assert said in found.said(check)


async def test_nothing_follows_from_here() -> None:
    """On the machine itself the addresses of callers prove nothing, and nothing is said of them."""
    async with proxy(hides=True) as one:
        found = Found(await one.check())
    assert [finding.id for finding in found.findings] == ["H1", "H3"]


async def test_nobody_there() -> None:
    """A port at which nobody listens is a failure with its reason."""
    front = Front(Config(server=Server(public_url=f"http://{HOST}:{free_ports()[0]}")))
    found = Found(await front.check())
    assert found.bad == {"H1"}
    assert "connection refused" in found.said("H1")


async def test_real_daemon(site: Site) -> None:
    """The daemon itself is found ready (but for its missing TURN server), sockets included."""
    async with site.daemon() as daemon:
        found = Found(await Front(Config(server=Server(public_url=daemon.site.url))).check())
    assert found.bad == {"H1"}
    assert "no [[turn.server]]" in found.said("H1")
    assert "WebSockets get through" in found.said("H3")

"""Pages of a real Chromium meet through the daemon and talk through the real coturn."""

from typing import NamedTuple

import pytest
import trio
from playwright.sync_api import Error, Page

from matchd.domain.callers import Role
from tests.daemon.browser import Pages, in_browser, page_server
from tests.daemon.coturn import coturn
from tests.daemon.lobbies import lobby_of
from tests.daemon.process import Daemon, Site

SECRET = "a-secret-of-coturn-of-32-letters"
NEW = "the-next-secret-of-the-rotation-"
NAMES = ("ann", "bob", "cid")
ECHO = "echo of hello through the relay"


class Met(NamedTuple):
    """A host's and a player's page that are connected, and what the player heard."""

    host: Page
    player: Page
    echo: str

    def result(self) -> tuple[str, list[list[str]]]:
        """Return the echo, and per side (its candidate, the other's, its way to the relay)."""
        paths = [self.host.evaluate("path(hosting)"), self.player.evaluate("path(playing)")]
        return self.echo, paths


def meet(pages: Pages, daemon: Daemon, port: int) -> Met:
    """Let a host in, who is recognised by the address of his beat, and then a player."""
    origin = f"http://127.0.0.1:{port}/"
    host, player = pages.open(origin), pages.open(origin)
    host.evaluate("url => host(url)", f"{daemon.site.ws_url}/?roomId=room-1")
    trio.from_thread.run(daemon.beat)
    return Met(host, player, player.evaluate("api => play(api)", daemon.site.url))


@pytest.mark.parametrize("way", ["udp", "tls"])
async def test_pages_connect_through_the_relay(site: Site, way: str) -> None:
    """Host and player exchange data over relays alone, each with the credentials it was given."""
    async with coturn(secret=SECRET, tls=way == "tls") as server, page_server() as port:
        site.use_turn(server, tls=way == "tls")
        async with site.daemon() as daemon:
            met = await in_browser(lambda pages: meet(pages, daemon, port).result())
    assert met == (ECHO, [["relay", "relay", way]] * 2)


async def test_fresh_credentials_reach_the_pages(site: Site) -> None:
    """After SIGHUP with a new TURN secret both pages are handed credentials that coturn takes."""

    def rotate(pages: Pages) -> list[object]:
        met = meet(pages, daemon, port)
        site.put_secret("turn_secret", NEW)
        trio.from_thread.run(daemon.reload)
        # The host was given its first ones by a push too, the player in the answer to find.
        fresh = [met.host.evaluate("pushed(2)"), met.player.evaluate("pushed(1)")]
        site.learn(fresh)
        return [met.player.evaluate("ice => relays(ice)", servers) for servers in fresh]

    async with (
        coturn(secret=SECRET, extra=[f"static-auth-secret={NEW}"]) as server,
        page_server() as port,
    ):
        site.use_turn(server)
        async with site.daemon() as daemon:
            assert await in_browser(rotate) == [True, True]


async def test_a_lobby_is_a_full_mesh(site: Site) -> None:
    """Three members of a lobby open their sockets and have a channel to each other, over relays."""

    def play(pages: Pages) -> dict[str, object]:
        opened = {name: pages.open(f"http://127.0.0.1:{port}/") for name in NAMES}
        for (name, page), token in zip(opened.items(), tokens, strict=True):
            # Its promise is kept in the page: nobody hears all before the last one is there.
            url = f"{site.ws_url}/lobby/{lobby['id']}?token={token}"
            page.evaluate(
                "([url, ice, name]) => { window.heard_all = mesh(url, ice, name, 2); }",
                [url, servers, name],
            )
        return {name: page.evaluate("window.heard_all") for name, page in opened.items()}

    async with coturn(secret=SECRET) as server, page_server() as port:
        site.use_turn(server)
        async with site.daemon() as daemon:
            lobby, tokens = await lobby_of(daemon, *NAMES)
            servers = (await daemon.ask("GET", "/ice-servers", bearer=tokens[0])).json()
            site.learn(servers)
            heard = await in_browser(play)
    assert heard == {
        name: [f"hello from {other}" for other in NAMES if other != name] for name in NAMES
    }


async def test_origins(site: Site) -> None:
    """A page of a configured origin gets through, as a host with a token too; others do not."""

    def visit(pages: Pages) -> object:
        ours = pages.open(f"http://127.0.0.1:{port}/")
        foreign = pages.open(f"http://localhost:{port}/")
        ours.evaluate("url => host(url)", url)
        for call in ("find(api)", "host(url)"):
            with pytest.raises(Error):
                foreign.evaluate(f"([api, url]) => {call}", [site.url, url])
        return ours.evaluate("api => find(api)", site.url)

    url = f"{site.ws_url}/?roomId=room-1&token={site.token(Role.HOST, 'pc-1')}"
    async with page_server() as port:
        site.config["server"]["cors_origins"] = [f"http://127.0.0.1:{port}"]
        async with site.daemon() as daemon:
            await daemon.beat()
            found = await in_browser(visit)
            site.learn(found)
    assert isinstance(found, dict)
    assert found["found"] is True


async def test_missing_chromium_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Chromium the helper says which package is missing."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(RuntimeError, match="install the Debian package chromium"):
        await in_browser(lambda pages: pages)

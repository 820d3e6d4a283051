"""The remote faults that ended naive servers on our libraries, against the real process.

Each costs its own connection; a host and a player who are connected meanwhile notice nothing.
"""

import struct

import trio

from tests.daemon.clients import UPGRADE, Http, Signaling
from tests.daemon.process import Daemon, Site
from tests.daemon.programs import candidate
from tests.daemon.scenes import flood, hosting, playing, room_of

_RESET = struct.pack("ii", 1, 0)
_UPGRADE = "GET /?roomId=room-1 HTTP/1.1\r\nHost: x\r\n" + "".join(
    f"{name}: {value}\r\n" for name, value in UPGRADE.items()
)
WHOLE = f"{_UPGRADE}\r\n".encode()


async def reset(http: Http) -> None:
    """End a connection with a reset."""
    assert isinstance(http.stream, trio.SocketStream)
    http.stream.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_LINGER, _RESET)
    await http.stream.aclose()


async def still_works(daemon: Daemon, host: Signaling, player: Signaling) -> None:
    """The pair that was there exchanges messages, and new callers are served."""
    for number in range(3):
        await player.send(candidate(f"to host {number}"))
        assert (await host.until("candidate"))["candidate"] == f"to host {number}"
        await host.send(candidate(f"to player {number}"))
        assert (await player.until("candidate"))["candidate"] == f"to player {number}"
    assert (await daemon.ask("GET", "/healthz")).status == 200


GARBAGE = (
    b"\x00\x01\x02\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    WHOLE[:60],
    WHOLE,
    WHOLE + b"\x81\x05hello",
    WHOLE + b"x",
    WHOLE + b"\xff\xff\xff\xff",
    b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 10_000,
)


async def test_garbage_and_reset(site: Site) -> None:
    """Garbage, or an upgrade with stray bytes behind it, then a reset: one lost connection."""
    async with site.daemon() as daemon, playing(daemon) as (host, player):
        for sent in GARBAGE * 3:
            async with daemon.http() as http:
                await http.stream.send_all(sent)
                await reset(http)
            await still_works(daemon, host, player)


async def test_upgrade_with_stray_bytes_and_no_reset(site: Site) -> None:
    """Stray bytes behind an upgrade, and more of them later, are one lost connection."""
    async with site.daemon() as daemon, playing(daemon) as (host, player):
        async with daemon.http() as http:
            await http.stream.send_all(WHOLE.replace(b"room-1", b"room-2") + b"x")
            assert b" 101 " in await http.stream.receive_some()
            await http.stream.send_all(b"\xff\xff\xff")
            await http.closed()
        await still_works(daemon, host, player)


async def test_peer_that_reads_nothing(site: Site) -> None:
    """Many requests whose answers nobody reads hold up nobody else."""
    site.config["server"]["drain"] = 0.1
    async with (
        site.daemon() as daemon,
        playing(daemon) as (host, player),
        daemon.http() as deaf,
        daemon.http() as deafer,
    ):
        await flood(deaf)
        await flood(deafer)
        await still_works(daemon, host, player)


async def test_player_that_reads_nothing(site: Site) -> None:
    """A player who does not read what his host sends loses his socket; the other one keeps his."""
    async with (
        site.daemon() as daemon,
        hosting(daemon, capacity=2) as host,
        daemon.http() as deaf,
        daemon.signaling(room_of(await daemon.find())) as player,
    ):
        first = (await host.until("control", "peer-joined"))["peer"]
        await flood(deaf, 0)
        target = room_of(await daemon.find()).removeprefix(site.ws_url)
        await deaf.send("GET", target, headers=UPGRADE)
        second = (await host.until("control", "peer-joined"))["peer"]
        for _ in range(200):
            await host.send({"type": "offer", "sdp": "x" * 60_000, "peer": second})
        assert (await host.until("peer-disconnected"))["peer"] == second
        await host.send({"type": "answer", "sdp": "still here", "peer": first})
        assert (await player.until("answer"))["sdp"] == "still here"


async def test_connection_without_a_request(site: Site) -> None:
    """Who connects and says nothing is let go when his head is due."""
    site.config["server"]["head_timeout"] = 0.2
    async with site.daemon() as daemon, playing(daemon) as (host, player):
        async with daemon.http() as mute:
            await mute.closed()
        await still_works(daemon, host, player)

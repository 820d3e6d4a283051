"""What many tests begin with: a host in its room, a player opposite, a peer that does not read.

Only tests import this module.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import trio

from tests.daemon.clients import Http, Json, Signaling
from tests.daemon.process import Daemon

OFFER: Json = {"type": "offer", "sdp": "v=0"}
IN_ROOM = "/?roomId=room-1"


def room_of(found: Json) -> str:
    """Where the player of a match connects."""
    url: str = found["signalingUrl"] + "?roomId=" + found["roomId"]
    return url


def credential(ice: Json) -> tuple[str, str]:
    """Take the username and the password of the only TURN server in an answer."""
    entry = ice["iceServers"][-1]
    return entry["username"], entry["credential"]


@asynccontextmanager
async def hosting(daemon: Daemon, **fields: Any) -> AsyncIterator[Signaling]:
    """Register pc-1 with room-1 and open its socket with the shared secret."""
    await daemon.beat(**fields)
    async with daemon.signaling(IN_ROOM, bearer=daemon.site.secret("host_secret")) as host:
        yield host


@asynccontextmanager
async def playing(daemon: Daemon) -> AsyncIterator[tuple[Signaling, Signaling]]:
    """A host and a player in one room."""
    async with hosting(daemon) as host, daemon.signaling(room_of(await daemon.find())) as player:
        await player.until("control", "peer-joined")
        yield host, player


async def flood(http: Http, requests: int = 400) -> None:
    """Ask for more than the buffers between us hold, and read nothing of it."""
    assert isinstance(http.stream, trio.SocketStream)
    http.stream.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_RCVBUF, 4096)
    await http.stream.send_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * requests)

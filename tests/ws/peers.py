"""Peers of a room over the edge in memory: one call opens one, the rest is what a client sees."""

from __future__ import annotations

from typing import Any, cast

import msgspec
import trio
from trio_websocket import ConnectionClosed

from tests.house import PLAYER_ADDRESS, House
from tests.ws.client import Caller, call


class PeerCaller:
    """A client of a room; `id` is what it was assigned."""

    def __init__(self, caller: Caller, first: dict[str, Any]) -> None:
        self.caller = caller
        self.first = first
        self.id: str = first.get("IdAssigned") or first["peerId"]

    async def signal(self, receiver: str, data: object) -> None:
        """Send a signal, in matchbox' words."""
        await self.caller.say(Signal={"receiver": receiver, "data": data})

    async def tell(self, to: str, data: object) -> None:
        """Send a signal, in our own words."""
        await self.caller.say(type="signal", to=to, data=data)

    async def raw(self, frame: str | bytes) -> None:
        """Send a frame as it is."""
        await self.caller.connection.send_message(frame)

    async def hear(self) -> dict[str, Any]:
        """The next message."""
        return await self.caller.hear()

    async def hear_raw(self) -> str:
        """The next frame as it came."""
        with trio.fail_after(5):
            return cast("str", await self.caller.connection.get_message())

    async def silent(self) -> bool:
        """Whether nothing comes for 100 ms."""
        with trio.move_on_after(0.1):
            return not await self.hear()
        return True

    async def leave(self) -> None:
        """Close in order."""
        await self.caller.connection.aclose()
        await self.caller.line.gone.wait()

    async def vanish(self) -> None:
        """Cut the connection."""
        await self.caller.line.client.aclose()
        await self.caller.line.gone.wait()

    async def end(self, seconds: float = 60) -> int:
        """The code of the close that comes."""
        return await self.caller.hear_end(seconds)


async def peer(
    house: House, nursery: trio.Nursery, target: str = "/matchbox/room_a", **said: Any
) -> PeerCaller:
    """A peer that was let in and has read its first message."""
    caller = await call(house, nursery, target, **{"peer": PLAYER_ADDRESS, **said})
    try:
        return PeerCaller(caller, await caller.hear())
    except ConnectionClosed as closed:
        raise AssertionError(closed.reason) from None


def new(other: PeerCaller) -> dict[str, str]:
    """What announces a peer."""
    return {"NewPeer": other.id}


def left(other: PeerCaller) -> dict[str, str]:
    """What says that a peer is gone."""
    return {"PeerLeft": other.id}


def said(other: PeerCaller, data: object) -> dict[str, object]:
    """What a peer's signal is heard as."""
    return {"Signal": {"sender": other.id, "data": data}}


def encoded(value: object) -> str:
    """JSON text."""
    return msgspec.json.encode(value).decode()

"""What a load's client says and hears on its socket: numbered signals in the dialect of the room.

A signal travels in the `sdp` of an offer or an answer, or in a candidate.
Only tests import this module.
"""

from __future__ import annotations

import json

import msgspec
import trio
import trio_websocket

from tests.daemon.clients import Json
from tests.history.nodes import Nodes, Socket
from tests.history.record import Heard, Kind, Said, Side, Signal

FIELDS = {"offer": "sdp", "answer": "sdp", "candidate": "candidate"}

ENDED = (trio_websocket.ConnectionClosed, trio.BrokenResourceError, trio.ClosedResourceError)


class Talk:
    """One socket's conversation; one task alone may say, one alone may hear."""

    def __init__(self, nodes: Nodes, socket: Socket) -> None:
        self.opened = socket.opened
        self._history = nodes.history
        self._signaling = socket.signaling
        self._said = 0

    async def say(self, kind: str, to: str, peer: str = "") -> bool:
        """Send the next signal; False when the socket has ended."""
        self._said += 1
        me = self.opened
        signal = Signal(room=me.room, sender=me.observer, to=to, number=self._said)
        message: Json = {"type": kind, FIELDS[kind]: msgspec.json.encode(signal).decode()}
        if peer:
            message["peer"] = peer
        self._history.add(Said(observer=me.observer, at=self._history.clock(), signal=signal))
        try:
            await self._signaling.send(message)
        except ENDED:
            return False
        return True

    async def hear(self) -> Heard | int:
        """The next message, or the close code (-1: the connection broke)."""
        try:
            text = await self._signaling.receive()
        except trio_websocket.ConnectionClosed as closed:
            # Without a reason, or with 1006, nobody has said a last word.
            code = -1 if closed.reason is None else int(closed.reason.code)
            return -1 if code == 1006 else code
        heard = self._read(text)
        self._history.add(heard)
        return heard

    def _read(self, text: str) -> Heard:
        message = json.loads(text)
        field = FIELDS.get(message["type"])
        kind, signal, booking = Kind.OTHER, None, ""
        if field is not None:
            kind, signal = Kind.SIGNAL, msgspec.json.decode(message[field], type=Signal)
        elif message["type"] == "peer-disconnected":
            kind = Kind.LEFT
        elif message.get("action") == "peer-joined":
            kind = Kind.JOINED
            booking = message["payload"].get("bookingId") or ""
        return Heard(
            observer=self.opened.observer,
            at=self._history.clock(),
            kind=kind,
            peer=message.get("peer", "") if self.opened.side is Side.HOST else "",
            booking=booking,
            signal=signal,
            text=text if kind is Kind.OTHER and message.get("action") != "ice" else "",
        )

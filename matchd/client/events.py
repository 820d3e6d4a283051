"""What a signaling socket tells, as frozen types. Pure.

The four messages that people say are those of `protocol/rooms`; here is what the server says, and what
the socket itself goes through.
"""

from __future__ import annotations

import msgspec

from matchd.domain.ids import BookingId, PeerId
from matchd.protocol.bookings import IceAnswer
from matchd.protocol.rooms import (
    OURS,
    Control,
    PeerDisconnected,
    Signal,
)


class SocketOpened(msgspec.Struct, frozen=True):
    """We are in the room, for the first time or again; who is there is announced next, anew."""


class SocketLost(msgspec.Struct, frozen=True):
    """We are out of the room and on our way back; `code` is 1006 where nobody said why."""

    code: int
    reason: str = ""


class PeerJoined(msgspec.Struct, frozen=True):
    """The other side is here. A host is told which player: his place, and his booking."""

    peer: PeerId | None = None
    booking_id: BookingId | None = None


class PeerLeft(msgspec.Struct, frozen=True):
    """The other side is gone; a host is told which player."""

    peer: PeerId | None = None


class Ice(msgspec.Struct, frozen=True):
    """Fresh ICE servers, before the old ones run out."""

    answer: IceAnswer


class GoingAway(msgspec.Struct, frozen=True):
    """The server restarts at `deadline` (Unix seconds); the socket comes back by itself."""

    deadline: float


class NotDelivered(msgspec.Struct, frozen=True):
    """A message of ours was not kept for the other side."""


class NotValid(msgspec.Struct, frozen=True):
    """A message of ours was refused."""


Event = (
    SocketOpened
    | SocketLost
    | PeerJoined
    | PeerLeft
    | Ice
    | GoingAway
    | NotDelivered
    | NotValid
    | Signal
)


class _Joined(msgspec.Struct, frozen=True, rename="camel"):
    peer: PeerId | None = None
    booking_id: BookingId | None = None


class _Deadline(msgspec.Struct, frozen=True):
    deadline: float = 0.0


_Frame = Signal | PeerDisconnected

_decoder = msgspec.json.Decoder(_Frame)


def decode(text: str) -> Event | None:
    """The event that a frame is; None for one that we do not know (a newer server's)."""
    try:
        message: _Frame = _decoder.decode(text)
        if isinstance(message, PeerDisconnected):
            return PeerLeft(message.peer)
        if isinstance(message, Control) and message.action in OURS:
            return _ours(message)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return message


def _ours(message: Control) -> Event | None:
    payload = b"{}" if message.payload is msgspec.UNSET else bytes(message.payload)
    match message.action:
        case "peer-joined":
            joined = msgspec.json.decode(payload, type=_Joined)
            return PeerJoined(joined.peer, joined.booking_id)
        case "ice":
            return Ice(msgspec.json.decode(payload, type=IceAnswer))
        case "going-away":
            return GoingAway(msgspec.json.decode(payload, type=_Deadline).deadline)
        case "not-delivered":
            return NotDelivered()
        case _:
            return NotValid()

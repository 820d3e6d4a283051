"""The signaling dialect between a player and his host (wire.md 2.5), as given by the specification.

Four messages come in; unknown fields are dropped by decoding into these types and writing them out
again. `peer` names the player's place on everything a host hears and may say.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from matchd.domain.ids import PeerId

Text = Annotated[str, msgspec.Meta(max_length=65536)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class _Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    peer: PeerId | None = None


class Offer(_Message, frozen=True, kw_only=True, tag="offer"):
    """A session description that asks."""

    sdp: Text


class AnswerMessage(_Message, frozen=True, kw_only=True, tag="answer"):
    """A session description that answers."""

    sdp: Text


_CANDIDATE_NAMES = {"sdp_mid": "sdpMid", "sdp_line": "sdpMLineIndex"}


class Candidate(_Message, frozen=True, kw_only=True, tag="candidate", rename=_CANDIDATE_NAMES):
    """An ICE candidate; the empty and the null one end the list (RFC 8840) and are legal."""

    candidate: Text | None
    sdp_mid: Text | msgspec.UnsetType | None = msgspec.UNSET
    sdp_line: int | msgspec.UnsetType | None = msgspec.UNSET


class Control(_Message, frozen=True, kw_only=True, tag="control"):
    """Anything else the two sides agree on; `payload` is relayed as it came."""

    action: Name
    payload: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class PeerDisconnected(_Message, frozen=True, kw_only=True, tag="peer-disconnected"):
    """The other side has left the room."""


Signal = Offer | AnswerMessage | Candidate | Control

_decoder = msgspec.json.Decoder(Signal)
_encoder = msgspec.json.Encoder()

OURS: frozenset[str] = frozenset(
    {"schema-error", "peer-joined", "ice", "going-away", "not-delivered"}
)
"""Control actions only the server sends; from a client they are refused as invalid."""

LAST_WORD = b'{"type":"peer-disconnected"}'
"""What a player hears last: the host is gone, or the booking over."""

SCHEMA_ERROR = b'{"type":"control","action":"schema-error"}'


def decode(text: str) -> Signal | None:
    """The message, or None when it is not one of the four or uses an action of ours."""
    try:
        message: Signal = _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
    if isinstance(message, Control) and message.action in OURS:
        return None
    return message


def encode(message: Signal | PeerDisconnected, peer: PeerId | None) -> bytes:
    """The JSON text with `peer` set to what the receiver is to see (None: left out)."""
    if message.peer != peer:
        message = msgspec.structs.replace(message, peer=peer)
    return _encoder.encode(message)


def control(
    action: Literal["peer-joined", "ice", "going-away", "not-delivered"],
    payload: object,
    peer: PeerId | None = None,
) -> bytes:
    """A control message of ours."""
    raw = msgspec.Raw(_encoder.encode(payload))
    return _encoder.encode(Control(action=action, payload=raw, peer=peer))

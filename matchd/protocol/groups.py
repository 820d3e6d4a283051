"""What peers of a room say and hear (wire.md 3): the matchbox dialect as given, and our own.

Each dialect is a codec: `read` takes one text frame, the other methods make one. `data` is opaque; its
bytes are relayed as they came, so it is cut out and never parsed. Pure.
"""

from __future__ import annotations

import functools
import re
import uuid
from collections.abc import Iterable
from typing import Protocol

import msgspec

from matchd.domain.ids import PeerId
from matchd.protocol.bookings import IceAnswer
from matchd.protocol.events import Reauth
from matchd.turn import IceServer

KEEP_ALIVE = '"KeepAlive"'

_CANONICAL = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_USUAL = 36
_encode = msgspec.json.Encoder().encode


class Signal(msgspec.Struct, frozen=True, gc=False):
    """Something for another peer."""

    to: PeerId
    data: bytes


class Alive(msgspec.Struct, frozen=True):
    """Nothing but a sign of life."""


class Renewal(msgspec.Struct, frozen=True):
    """The next token, before the one that opened the socket expires."""

    token: str


class Invalid(msgspec.Struct, frozen=True):
    """Not a message of the dialect."""


class Peer(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A peer as others are shown it: guests have no account."""

    peer_id: PeerId
    name: str | None = None
    account: str | None = None


class Arrival(msgspec.Struct, frozen=True):
    """What a peer is told first."""

    peer: PeerId
    resume: str
    resumed: bool
    roster: tuple[Peer, ...]


class Dialect(Protocol):
    """A codec."""

    @property
    def native(self) -> bool:
        """Whether it has words for coming back."""

    def read(self, text: str) -> Signal | Alive | Renewal | Invalid:
        """One text frame of a peer."""

    def welcome(self, arrival: Arrival, ice: IceAnswer | None) -> bytes:
        """The first frame."""

    def came(self, peer: Peer) -> bytes:
        """Somebody is here, and the hearer makes the offer."""

    def went(self, peer: PeerId, reason: str) -> bytes:
        """Somebody is gone."""

    def said(self, peer: PeerId, data: bytes) -> bytes:
        """What somebody says."""

    def refused(self, code: str, message: str) -> bytes | None:
        """A frame was not understood or could not be relayed; None where there is no word for it."""


class MatchboxSignal(msgspec.Struct, frozen=True):
    """For whom, and what: it is relayed byte for byte."""

    receiver: str
    data: msgspec.Raw


class MatchboxRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something for another peer, in matchbox' words."""

    Signal: MatchboxSignal


_read_matchbox = msgspec.json.Decoder(MatchboxRequest).decode


class Matchbox:
    """The dialect of matchbox_socket since 0.6: four events, and no word for anything else."""

    native = False

    def read(self, text: str) -> Signal | Alive | Invalid:
        """A signal, a keep-alive, or neither."""
        if text.strip() == KEEP_ALIVE:
            return Alive()
        try:
            said = _read_matchbox(text).Signal
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            return Invalid()
        return _signal(said.receiver, said.data)

    def welcome(self, arrival: Arrival, ice: IceAnswer | None) -> bytes:  # noqa: ARG002  # as above
        """First, and never again: released clients panic at a second one."""
        return b'{"IdAssigned":"%b"}' % arrival.peer.encode()

    def came(self, peer: Peer) -> bytes:
        """NewPeer."""
        return _new_peer(peer.peer_id)

    def went(self, peer: PeerId, reason: str) -> bytes:  # noqa: ARG002  # it has no word for it
        """PeerLeft."""
        return _peer_left(peer)

    def said(self, peer: PeerId, data: bytes) -> bytes:
        """Signal."""
        return b'{"Signal":{"sender":"%b","data":%b}}' % (peer.encode(), data)

    def refused(self, code: str, message: str) -> bytes | None:  # noqa: ARG002  # as above
        """Clients up to 0.11 panic at words they do not know."""
        return None


class NativeSignal(msgspec.Struct, frozen=True, tag_field="type", tag="signal"):
    """Something for another peer: `data` is relayed byte for byte."""

    to: str
    data: msgspec.Raw


_read_native = msgspec.json.Decoder(NativeSignal | Reauth).decode


class _Message(msgspec.Struct, frozen=True, tag_field="type", rename="camel", omit_defaults=True):
    pass


class Welcome(_Message, frozen=True, tag="welcome"):
    """First: those on the roster send the hearer their offers; `resume` brings him back here."""

    peer_id: PeerId
    resume: str
    resumed: bool
    roster: tuple[Peer, ...]
    ice_servers: tuple[IceServer, ...]
    ice_expires_at: int


class Joined(_Message, frozen=True, tag="peer-joined"):
    """Somebody came: send him an offer."""

    peer_id: PeerId
    name: str | None = None
    account: str | None = None


class Left(_Message, frozen=True, tag="peer-left"):
    """Somebody `left`, was `lost`, or was `replaced` by his newer socket."""

    peer_id: PeerId
    reason: str


class IcePush(_Message, frozen=True, tag="ice"):
    """Fresh credentials, before the old ones run out."""

    ice_servers: tuple[IceServer, ...]
    ice_ttl: int
    ice_expires_at: int


class Failed(_Message, frozen=True, tag="error"):
    """`invalid_message`, or `unknown_peer` where nobody of that id is here."""

    code: str
    error: str


class Native:
    """Our own dialect, `?v=1`."""

    native = True

    def read(self, text: str) -> Signal | Alive | Renewal | Invalid:
        """A signal, a new token, matchbox' keep-alive, or nothing of these."""
        if text.strip() == KEEP_ALIVE:
            return Alive()
        try:
            said = _read_native(text)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            return Invalid()
        return Renewal(said.token) if isinstance(said, Reauth) else _signal(said.to, said.data)

    def welcome(self, arrival: Arrival, ice: IceAnswer | None) -> bytes:
        """Who one is, how to come back, who is here, and how to reach them."""
        servers, expires_at = ((), 0) if ice is None else (ice.ice_servers, ice.ice_expires_at)
        return _encode(
            Welcome(
                arrival.peer,
                arrival.resume,
                arrival.resumed,
                arrival.roster,
                servers,
                expires_at,
            )
        )

    def came(self, peer: Peer) -> bytes:
        """peer-joined."""
        return _encode(Joined(peer.peer_id, peer.name, peer.account))

    def went(self, peer: PeerId, reason: str) -> bytes:
        """peer-left."""
        return _encode(Left(peer, reason))

    def said(self, peer: PeerId, data: bytes) -> bytes:
        """signal."""
        return b'{"type":"signal","from":"%b","data":%b}' % (peer.encode(), data)

    def refused(self, code: str, message: str) -> bytes | None:
        """error."""
        return _encode(Failed(code, message))


@functools.lru_cache(16)
def _new_peer(peer: PeerId) -> bytes:
    """The very same bytes for all who are told: their sockets then share the frame."""
    return b'{"NewPeer":"%b"}' % peer.encode()


@functools.lru_cache(16)
def _peer_left(peer: PeerId) -> bytes:
    return b'{"PeerLeft":"%b"}' % peer.encode()


MATCHBOX: Dialect = Matchbox()
NATIVE: Dialect = Native()

RESYNC = b'{"type":"resync"}'
"""Signals may have been lost before this."""


def ice_push(ice: IceAnswer) -> bytes:
    """Fresh ICE servers for a native peer."""
    return _encode(IcePush(ice.ice_servers, ice.ice_ttl, ice.ice_expires_at))


def reauth(deadline: int) -> bytes:
    """The token expires; a native peer brings its next one."""
    return _encode({"type": "reauth", "deadline": deadline})


def reauthed(until: int) -> bytes:
    """The next token is taken."""
    return _encode({"type": "reauthed", "expiresAt": until})


def going_away(deadline: int) -> bytes:
    """The server restarts; a native peer comes back with its `resume`."""
    return _encode({"type": "going-away", "deadline": deadline})


def shown(members: Iterable[tuple[PeerId, str | None, str | None]]) -> tuple[Peer, ...]:
    """Peers as others are shown them."""
    return tuple(Peer(*member) for member in members)


def _signal(to: str, data: msgspec.Raw) -> Signal | Invalid:
    peer = peer_named(to)
    return Invalid() if peer is None else Signal(peer, bytes(data))


def peer_named(text: str) -> PeerId | None:
    """A peer's id in any form that a UUID may be written in."""
    return _known_peer(text) if len(text) == _USUAL else _read_peer(text)


@functools.lru_cache(4096)
def _known_peer(text: str) -> PeerId | None:
    """The same for those of the usual length, who are named again and again."""
    return _read_peer(text)


def _read_peer(text: str) -> PeerId | None:
    if _CANONICAL.fullmatch(text):
        return PeerId(text)
    try:
        return PeerId(str(uuid.UUID(text)))
    except ValueError:
        return None

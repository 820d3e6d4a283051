"""What peers hear (wire.md 3, 5): matchbox' words, and ours that `groups` writes by hand."""

from __future__ import annotations

import msgspec


class IdAssigned(msgspec.Struct, frozen=True):
    """First, and once: who one is."""

    IdAssigned: str


class NewPeer(msgspec.Struct, frozen=True):
    """Somebody is here; the hearer makes the offer."""

    NewPeer: str


class PeerLeft(msgspec.Struct, frozen=True):
    """Somebody is gone."""

    PeerLeft: str


class Sent(msgspec.Struct, frozen=True):
    """Who says something, and what, byte for byte."""

    sender: str
    data: msgspec.Raw


class SignalHeard(msgspec.Struct, frozen=True):
    """What somebody says."""

    Signal: Sent


class NativeSignalHeard(msgspec.Struct, frozen=True, tag_field="type", tag="signal"):
    """What somebody says, byte for byte."""

    sender: str = msgspec.field(name="from")
    data: msgspec.Raw


class Resync(msgspec.Struct, frozen=True, tag_field="type", tag="resync"):
    """Some signals were lost before this: begin anew with whom one is not connected to."""


class GoingAway(msgspec.Struct, frozen=True, tag_field="type", tag="going-away"):
    """The server stops then; come back with `resume`."""

    deadline: int


class ReauthAsked(msgspec.Struct, frozen=True, tag_field="type", tag="reauth"):
    """The token expires then: send the next one."""

    deadline: int


class Reauthed(msgspec.Struct, frozen=True, tag_field="type", tag="reauthed", rename="camel"):
    """The next token is taken."""

    expires_at: int

"""Events: what a player is told on his event sockets, and the rules of replay and presence. Pure.

A log holds the latest events of one account. The id of an event is its time in microseconds, or one
more than the id before it, so ids rise over all logs of a store, and those of a store that took over
rise on. A socket asks its log for what comes after an id, and is given all of it or told of a gap.

Presence: an account is there from its first event socket on until a grace after its last one has left,
so a reconnect is no flicker.
"""

from __future__ import annotations

import enum

import msgspec

from matchd.domain.ids import Address

KEEP = 300.0
"""Seconds that an event can be replayed, and that an account which left is written for."""

COUNT = 100
"""Events that one log keeps at most."""

BYTES = 65_536
"""Bytes that one log keeps at most; also those of one event."""

SOCKETS = 8
"""Event sockets of an account over all nodes; one more ends the oldest (wire.md 1.3)."""


class Presence(enum.StrEnum):
    """Where somebody is, as his friends see it."""

    OFFLINE = "offline"
    ONLINE = "online"
    LOBBY = "lobby"
    GAME = "game"


class Entry(msgspec.Struct, frozen=True):
    """One event in a log: its text is the JSON object that clients are sent, without the id."""

    id: int
    text: str


class Seat(msgspec.Struct, frozen=True):
    """An event socket; the greater `turn` is the later one."""

    address: Address
    turn: int


def next_id(former: int, now: float) -> int:
    """The id of an event at `now` (the store's own clock, seconds)."""
    return max(former + 1, int(now * 1_000_000))


def replay_from(now: float) -> int:
    """The id before which nothing is replayed any more."""
    return int((now - KEEP) * 1_000_000)

"""A history: what clients saw of a service, and nothing else.

Owns the frozen events and `History`, to which any number of tasks and threads of one process append.
All times come from one monotonic clock. An answer that never came, or one of the 5xx kind, is
*unknown*: whether it was done can't be told. A history is written as JSON lines for whoever asks
later what happened. Only tests import this module; it knows nothing of matchd.
"""

from __future__ import annotations

import enum
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec


class Operation(enum.StrEnum):
    """What a client asked for."""

    FIND = "find"
    LOOK = "look"
    RELEASE = "release"
    BEAT = "beat"
    STATUS = "status"
    GOODBYE = "goodbye"
    CONNECT = "connect"
    WRITE = "write"
    READ = "read"


class Side(enum.StrEnum):
    """Who a socket is in its room."""

    HOST = "host"
    PLAYER = "player"


class Kind(enum.StrEnum):
    """What a message on a socket means."""

    JOINED = "joined"
    LEFT = "left"
    SIGNAL = "signal"
    OTHER = "other"


class Asked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The arguments of a call; each operation uses its own. `word` is the status a host says; in a
    write and a read `key` names the record and `value` is what is written (None: erased).
    """

    host: str = ""
    room: str = ""
    booking: str = ""
    key: str = ""
    body: str = ""
    word: str = ""
    capacity: int = 1
    value: str | None = None


class Told(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to a call. `live` are the bookings that a host is told it has."""

    status: int
    code: str = ""
    booking: str = ""
    host: str = ""
    room: str = ""
    state: str = ""
    cause: str = ""
    live: tuple[str, ...] = ()
    value: str | None = None


class Call(msgspec.Struct, frozen=True, kw_only=True, tag="call"):
    """One call of one client to one node, and what came of it (None: nothing)."""

    client: str
    node: str
    operation: Operation
    asked: Asked
    begin: float
    end: float
    told: Told | None

    @property
    def done(self) -> bool:
        """Whether the service said that it was done."""
        return self.told is not None and self.told.status < 400

    @property
    def refused(self) -> bool:
        """Whether the service said that nothing was done."""
        return self.told is not None and 400 <= self.told.status < 500

    @property
    def unknown(self) -> bool:
        """Whether it may have been done."""
        return not self.done and not self.refused

    def __str__(self) -> str:
        asked = msgspec.json.encode(self.asked).decode()
        told = "unknown" if self.told is None else msgspec.json.encode(self.told).decode()
        when = f"{self.begin:.3f}..{self.end:.3f}"
        return f"{when} {self.client}@{self.node} {self.operation} {asked} -> {told}"


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """What every relayed payload carries. `sender` is the sending socket, `to` the identity that it
    is meant for, `number` counts what the sender said.
    """

    room: str
    sender: str
    to: str
    number: int


class Opened(msgspec.Struct, frozen=True, kw_only=True, tag="opened"):
    """A socket was accepted; `me` is its owner's identity: a host's id, or a player's booking."""

    observer: str
    node: str
    at: float
    room: str
    me: str
    side: Side


class Said(msgspec.Struct, frozen=True, kw_only=True, tag="said"):
    """A socket began to send a signal."""

    observer: str
    at: float
    signal: Signal


class Heard(msgspec.Struct, frozen=True, kw_only=True, tag="heard"):
    """A socket received a message. `peer` is whom it speaks of as this observer knows him: empty for
    a player's only opposite. `booking` is what `joined` says of a peer.
    """

    observer: str
    at: float
    kind: Kind
    peer: str = ""
    booking: str = ""
    signal: Signal | None = None
    text: str = ""


class Closed(msgspec.Struct, frozen=True, kw_only=True, tag="closed"):
    """A socket ended, with its close code (-1: the connection broke, 1000: its own end)."""

    observer: str
    at: float
    code: int


class Posted(msgspec.Struct, frozen=True, kw_only=True, tag="posted"):
    """A chat message was given to the service, once or again; `seq` is the number under which it was
    acknowledged, None when no answer came. Each text is said by one member, of one message.
    """

    member: str
    text: str
    at: float
    seq: int | None


class Listening(msgspec.Struct, frozen=True, kw_only=True, tag="listening"):
    """A chat socket of a member was accepted; just before, the service said how far he had read."""

    member: str
    socket: str
    at: float
    cursor: int


class Received(msgspec.Struct, frozen=True, kw_only=True, tag="received"):
    """A chat socket was sent a message, of a member or of the server itself."""

    socket: str
    at: float
    seq: int
    text: str
    by_server: bool = False


class Stay(msgspec.Struct, frozen=True, kw_only=True, tag="stay"):
    """Somebody was a member of the room behind the number `after`, to before the number `until`, as
    was found out at the end.
    """

    member: str
    at: float
    after: int
    until: int | None = None


Event = Call | Opened | Said | Heard | Closed | Posted | Listening | Received | Stay

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Event)


class OpenCall:
    """A call on its way; whoever makes it sets `told`."""

    def __init__(self) -> None:
        self.told: Told | None = None


class History:
    """Events in the order in which they became known."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.events: list[Event] = []
        self._lock = threading.Lock()

    def add(self, event: Event) -> None:
        """Append an event."""
        with self._lock:
            self.events.append(event)

    @contextmanager
    def call(
        self, client: str, node: str, operation: Operation, asked: Asked
    ) -> Iterator[OpenCall]:
        """Record a call from here to the end of the body, however that ends."""
        begin, made = self.clock(), OpenCall()
        try:
            yield made
        finally:
            self.add(
                Call(
                    client=client,
                    node=node,
                    operation=operation,
                    asked=asked,
                    begin=begin,
                    end=self.clock(),
                    told=made.told,
                )
            )

    def write(self, path: Path) -> None:
        """Write the history, one event per line."""
        path.write_bytes(_encoder.encode_lines(self.events))


def read(path: Path) -> list[Event]:
    """The events of a history that was written."""
    return [_decoder.decode(line) for line in path.read_bytes().splitlines()]

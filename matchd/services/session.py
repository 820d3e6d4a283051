"""One signaling socket, as its room knows it: who it is, whom it talks to, what waits for the host.

Theory: a session is told who is across by news (`HostHere`, `PlayerHere`, ...), so relaying a message
is sync and needs no store. News about a peer comes from that peer's own node, in order. The late
buffer stays with the player until his host is there (wire.md 2.5).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from matchd.clock import Clock
from matchd.domain.ids import Address, HostId, PeerId, Region, RoomId
from matchd.domain.limits import Bucket, Rate
from matchd.domain.rooms import Side
from matchd.metrics import Metrics
from matchd.protocol import rooms as dialect
from matchd.protocol.bookings import IceAnswer
from matchd.protocol.news import (
    Close,
    Ended,
    Frame,
    HostAway,
    HostHere,
    News,
    PlayerAway,
    PlayerHere,
    Promoted,
    Seat,
)
from matchd.services.hub import Hub
from matchd.services.settings import RelayLimits


class Outbox(Protocol):
    """The way out to one socket; both are sync, bounded, and never raise."""

    def put(self, text: bytes) -> None:
        """Write a text frame, or end the socket when it reads too slowly."""

    def close(self, code: Close, reason: str) -> None:
        """Close after what was put before."""


class Identity:
    """For whom a session's ICE servers are minted, and when the next push is due (wall seconds)."""

    def __init__(self, name: str, region: str | None, push_at: float) -> None:
        self.name = name
        self.region = region
        self.push_at = push_at


class Session:
    """A socket in a room."""

    def __init__(
        self,
        room_id: RoomId,
        outbox: Outbox,
        *,
        hub: Hub,
        clock: Clock,
        limits: RelayLimits,
        rate: Rate | None,
        metrics: Metrics,
        supply: Callable[[Session], None],
    ) -> None:
        # Fixed after construction. `supply` pushes ICE servers to a session that is due.
        self.room_id = room_id
        self.outbox = outbox
        self._hub = hub
        self._clock = clock
        self._limits = limits
        self._metrics = metrics
        self._supply = supply
        self._rate = rate
        self._strike_rate = Rate(limits.malformed, limits.malformed / 60)
        self.address: Address = hub.register(self)
        # Changed only in sync functions.
        now = clock.now()
        self.side = Side.CANDIDATE
        self.identity: Identity | None = None
        self._peer: PeerId | None = None
        self._host: Address | None = None
        self._seats: dict[PeerId, Seat] = {}
        self._left_early: set[PeerId] = set()
        self._late: deque[tuple[float, bytes]] = deque()
        self._late_bytes = 0
        self._ended = False
        self._messages = Bucket(0.0 if rate is None else float(rate.count), now)
        self._strikes = Bucket(float(limits.malformed), now)

    @property
    def wants_ice(self) -> bool:
        """Whether this side has somebody to reach through a relay."""
        if self.side is Side.HOST:
            return any(seat.booking_id is not None for seat in self._seats.values())
        return self.identity is not None

    def become_host(self, host_id: HostId | None, region: Region | None, seats: list[Seat]) -> None:
        """Take the host's side; `seats` are the players who are here already."""
        self.side = Side.HOST
        self._know_host(host_id, region)
        for seat in seats:
            if seat.peer not in self._left_early:
                self._greet(seat)
        self._left_early.clear()

    def become_player(self, peer: PeerId, identity: Identity | None, host: Address | None) -> None:
        """Take a player's side; `host` is the host's socket if it is here."""
        self.side, self._peer, self.identity = Side.PLAYER, peer, identity
        if host is not None and self._host is None:
            self._meet(host)

    def deliver(self, news: News) -> None:
        """Take news from the hub."""
        match news:
            case Frame(text):
                self.outbox.put(text)
            case Ended(code, reason):
                self._end(code, reason)
            case HostHere(host):
                self._meet(host)
            case HostAway():
                self._host = None
                self.outbox.put(dialect.encode(dialect.PeerDisconnected(), None))
            case PlayerHere(seat, host_id, region):
                self._know_host(host_id, region)
                self._greet(seat)
            case PlayerAway(peer):
                self._part(peer)
            case Promoted(host_id, region, seats):
                self.become_host(host_id, region, list(seats))

    def receive(self, text: str) -> None:
        """Take one text frame from the socket and relay it."""
        if self._ended:
            # His place is gone already; what he says until his socket is closed reaches nobody.
            self._metrics.dropped.labels("closing").inc()
            return
        now = self._clock.now()
        if self._rate is not None and self._messages.take(self._rate, now) > 0:
            self._metrics.limited.labels("messages").inc()
            self._end(Close.TOO_MANY, "too many messages")
            return
        message = dialect.decode(text)
        if message is None:
            self.refuse()
        elif self.side is Side.PLAYER:
            self._to_host(dialect.encode(message, self._peer), now)
        elif self.side is Side.HOST:
            self._to_player(message)
        else:
            self._metrics.dropped.labels("not_admitted").inc()

    def refuse(self) -> None:
        """Answer an invalid message; a flood of them ends the socket."""
        if self._strikes.take(self._strike_rate, self._clock.now()) > 0:
            self._end(Close.MALFORMED, "too many invalid messages")
        else:
            self.outbox.put(dialect.SCHEMA_ERROR)

    def push_ice(self, ice: IceAnswer, push_at: float) -> None:
        """Hand fresh ICE servers over; `push_at` is when the next ones are due (wall seconds)."""
        if self.identity is not None:
            self.identity.push_at = push_at
            self.outbox.put(dialect.control("ice", ice))

    def _know_host(self, host_id: HostId | None, region: Region | None) -> None:
        if host_id is not None and self.identity is None:
            self.identity = Identity(f"host:{host_id}", region, 0.0)

    def _end(self, code: Close, reason: str) -> None:
        self._ended = True
        self.outbox.close(code, reason)

    def _greet(self, seat: Seat) -> None:
        if self._seats.get(seat.peer) == seat:
            return  # his node told us before the store did
        self._seats[seat.peer] = seat
        # Before the player's offer comes, so that the host can answer it with relay candidates.
        self._supply(self)
        payload = {"peer": seat.peer, "bookingId": seat.booking_id}
        self.outbox.put(dialect.control("peer-joined", payload, seat.peer))

    def _part(self, peer: PeerId) -> None:
        if self.side is not Side.HOST:
            # His node was faster than our own answer from the store, which still lists him.
            self._left_early.add(peer)
        if self._seats.pop(peer, None) is not None:
            self.outbox.put(dialect.encode(dialect.PeerDisconnected(), peer))

    def _meet(self, host: Address) -> None:
        self._host = host
        self.outbox.put(dialect.control("peer-joined", {}))
        self._forget_late(self._clock.now())
        for _, text in self._late:
            self._metrics.signals.inc()
            self._hub.post(host, Frame(text))
        self._late.clear()
        self._late_bytes = 0

    def _forget_late(self, now: float) -> None:
        """Drop what has waited for longer than it may, so that it takes no room from the rest."""
        oldest = now - self._limits.late_seconds
        while self._late and self._late[0][0] < oldest:
            self._late_bytes -= len(self._late.popleft()[1])
            self._metrics.dropped.labels("late_expired").inc()

    def _to_host(self, text: bytes, now: float) -> None:
        self._forget_late(now)
        if self._host is not None:
            self._metrics.signals.inc()
            self._hub.post(self._host, Frame(text))
        elif len(self._late) < self._limits.late_messages and (
            self._late_bytes + len(text) <= self._limits.late_bytes
        ):
            self._late.append((now, text))
            self._late_bytes += len(text)
        else:
            self._metrics.dropped.labels("late_full").inc()
            self.outbox.put(dialect.control("not-delivered", {"reason": "the host is not here"}))

    def _to_player(self, message: dialect.Signal) -> None:
        if message.peer is not None:
            seat = self._seats.get(message.peer)
        elif len(self._seats) > 1:
            self.refuse()
            return
        else:
            seat = next(iter(self._seats.values()), None)
        if seat is None:
            self._metrics.dropped.labels("peer_gone").inc()
            return
        self._metrics.signals.inc()
        self._hub.post(seat.player, Frame(dialect.encode(message, None)))

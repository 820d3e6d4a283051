"""One signaling socket, as its room knows it: who it is, whom it talks to, what waits for the host.

Theory: a session is told who is across by news (`HostHere`, `PlayerHere`, ...), so relaying a message
is sync and needs no store. News about a peer comes from that peer's own node, in order. Where news
may have been lost, the session is compared with what the store says (`compare_*`); a message from a
socket that is not across (any more) is dropped, so nothing follows its `peer-disconnected`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from matchd.clock import Clock
from matchd.domain.bookings import Booking
from matchd.domain.ids import Address, BookingId, HostId, PeerId, Region, RoomId
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
from matchd.services.identity import Identity
from matchd.services.late import LateBuffer
from matchd.services.outbox import Outbox
from matchd.services.settings import RelayLimits

MOST_EARLY = 64
"""Players a host's session remembers at most whose leaving was heard before their coming."""


NOBODY: frozenset[Address] = frozenset()
NO_PEER: frozenset[PeerId] = frozenset()  # an empty one costs 216 bytes each time it is made


class Session:
    """A socket in a room."""

    __slots__ = (
        *("_clock", "_host", "_host_left", "_hub", "_late", "_left_early", "_messages"),
        *("_metrics", "_rate", "_returning", "_seats", "_senders", "_strike_rate"),
        *("_strikes", "_supply", "_turn", "address", "booking", "changes", "ended"),
        *("gone", "host_id", "identity", "network", "outbox", "peer", "room_id", "side"),
    )

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
        self._metrics = metrics
        self._supply = supply
        self._rate = rate
        self._strike_rate = Rate.a_minute(limits.malformed)
        self.address: Address = hub.register(self)
        # Changed only in sync functions. Who this is:
        self.side = Side.CANDIDATE
        self.network = ""
        self.host_id: HostId | None = None
        self.peer: PeerId | None = None
        self.booking: Booking | None = None
        self.identity: Identity | None = None
        self.ended = self.gone = False
        # Who is across, and how often there was news of it.
        self.changes = 0
        self._host: Address | None = None
        self._turn = 0
        self._host_left: Address | None = None
        self._seats: dict[PeerId, Seat] = {}
        self._senders: frozenset[Address] = NOBODY
        self._returning = NO_PEER
        self._left_early: dict[PeerId, None] | None = None
        self._late = LateBuffer(limits, metrics)
        now = clock.now()
        self._messages = Bucket(0.0 if rate is None else float(rate.count), now)
        self._strikes = Bucket(float(limits.malformed), now)

    @property
    def wants_ice(self) -> bool:
        """Whether this side has somebody to reach through a relay."""
        if self.side is Side.HOST:
            return any(seat.booking_id is not None for seat in self._seats.values())
        return self.identity is not None

    @property
    def owner(self) -> str | None:
        """Whose booking it is, on a player's side."""
        return None if self.booking is None else self.booking.owner

    @property
    def across(self) -> tuple[Address, ...]:
        """The sockets that this side talks to."""
        host = () if self._host is None else (self._host,)
        return (*host, *(seat.player for seat in self._seats.values()))

    def become_host(self, host_id: HostId | None, region: Region | None, seats: list[Seat]) -> None:
        """Take the host's side; `seats` are the players who are here already."""
        self.side = Side.HOST
        self._know_host(host_id, region)
        for seat in seats:
            self._greet(seat)
        self._left_early = None

    def become_player(
        self, peer: PeerId, booking: Booking | None, identity: Identity | None
    ) -> None:
        """Take a player's side."""
        self.side, self.peer = Side.PLAYER, peer
        self.booking, self.identity = booking, identity

    def compare_player(self, host: Address | None, turn: int, *, trusted: bool) -> None:
        """Meet the host the store knows of; part with one it does not, if it can be trusted."""
        if host is not None and host != self._host_left:
            self._meet(host, turn)
        elif host is None and trusted and self._host is not None:
            # It may say again that it is here, so it does not count as one that has left for good.
            self._lose_host(returning=False)

    def compare_host(
        self, seats: list[Seat], live: Collection[BookingId], *, trusted: bool
    ) -> None:
        """Greet the players the store knows of; part with others, if it can be trusted.

        A player whose node has stopped stays while his booking is `live`: he is on his way back.
        """
        for seat in seats:
            self._greet(seat)
        here = {seat.peer for seat in seats}
        for peer, seat in list(self._seats.items()) if trusted else ():
            if peer not in here and not (peer in self._returning and seat.booking_id in live):
                self._part(peer)

    def deliver(self, news: News) -> None:
        """Take news from the hub."""
        if type(news) is Frame:  # nearly all of it
            sender = news.sender
            if sender is None or sender == self._host or sender in self._senders:
                self.outbox.put(news.text)
            else:
                self._metrics.dropped.labels("peer_gone").inc()
            return
        match news:
            case Ended(code, reason, last_word):
                self.end(code, reason, last_word)
            case HostHere(host, turn):
                self._meet(host, turn)
            case HostAway():
                self._host_away(news)
            case PlayerHere(seat, host_id, region):
                self._know_host(host_id, region)
                self._greet(seat)
            case PlayerAway():
                self._player_away(news)
            case Promoted(host_id, region, seats, turn):
                self.become_host(host_id, region, list(seats))
                # From here, not from whoever took the beat: what they answer must not overtake this.
                for seat in seats:
                    self._hub.post(seat.player, HostHere(self.address, turn))

    def receive(self, text: str) -> None:
        """Take one text frame from the socket and relay it."""
        if self.ended:
            # His place is gone already; what he says until his socket is closed reaches nobody.
            self._metrics.dropped.labels("closing").inc()
            return
        now = self._clock.now()
        if self._rate is not None and self._messages.take(self._rate, now) > 0:
            self._metrics.limited.labels("messages").inc()
            self.end(Close.TOO_MANY, "too many messages")
            return
        message = dialect.decode(text)
        if message is None:
            self.refuse()
        elif self.side is Side.PLAYER:
            self._to_host(dialect.encode(message, self.peer), now)
        elif self.side is Side.HOST:
            self._to_player(message)
        else:
            self._metrics.dropped.labels("not_admitted").inc()

    def refuse(self) -> None:
        """Answer an invalid message; a flood of them ends the socket."""
        if self._strikes.take(self._strike_rate, self._clock.now()) > 0:
            self.end(Close.MALFORMED, "too many invalid messages")
        else:
            self.outbox.put(dialect.SCHEMA_ERROR)

    def push_ice(self, ice: IceAnswer, push_at: float) -> None:
        """Hand fresh ICE servers over; `push_at` is when the next ones are due (wall seconds)."""
        if self.identity is not None:
            self.identity.push_at = push_at
            self.outbox.put(dialect.control("ice", ice))

    def end(self, code: Close, reason: str, last_word: bytes | None = None) -> None:
        """Close the socket after what was put before; from now on it says nothing to anybody."""
        self.ended = True
        if last_word is not None:
            self.outbox.put(last_word)
        self.outbox.close(code, reason)

    def _know_host(self, host_id: HostId | None, region: Region | None) -> None:
        if host_id is not None and self.identity is None:
            self.host_id = host_id
            self.identity = Identity(f"host:{host_id}", region, 0.0)

    def _greet(self, seat: Seat) -> None:
        if self._seats.get(seat.peer) == seat:
            return  # his node told us before the store did
        if self._left_early is not None and seat.peer in self._left_early:
            return  # the news of his leaving came by another node, and was faster
        self._replace_returning(seat)
        self.changes += 1
        self._seats[seat.peer] = seat
        self._senders |= {seat.player}
        # Before the player's offer comes, so that the host can answer it with relay candidates.
        self._supply(self)
        payload = {"peer": seat.peer, "bookingId": seat.booking_id}
        self.outbox.put(dialect.control("peer-joined", payload, seat.peer))

    def _replace_returning(self, seat: Seat) -> None:
        """A player whose node had stopped is back: old hosts take `peer-disconnected` for the end."""
        for peer in list(self._returning):
            if seat.booking_id is not None and self._seats[peer].booking_id == seat.booking_id:
                self._forget(peer)

    def _player_away(self, news: PlayerAway) -> None:
        self.changes += 1
        if news.peer is None:
            of_booking = [s.peer for s in self._seats.values() if s.booking_id == news.booking_id]
            for peer in of_booking:
                self._part(peer)
        elif news.returning and news.peer in self._seats:
            self._returning |= {news.peer}
            self._senders -= {self._seats[news.peer].player}
        else:
            self._retire(news.peer)
            self._part(news.peer)

    def _retire(self, peer: PeerId) -> None:
        """A peer that has left never comes back, though older news or answers may still name it."""
        if self.side is Side.HOST and peer in self._seats:
            return
        if self._left_early is None:
            self._left_early = {}
        self._left_early[peer] = None
        if len(self._left_early) > MOST_EARLY:
            del self._left_early[next(iter(self._left_early))]

    def _part(self, peer: PeerId) -> None:
        if peer in self._seats:
            self._forget(peer)
            self.outbox.put(dialect.encode(dialect.PeerDisconnected(), peer))

    def _forget(self, peer: PeerId) -> None:
        self.changes += 1
        self._senders -= {self._seats.pop(peer).player}
        self._returning -= {peer}

    def _meet(self, host: Address, turn: int) -> None:
        if turn <= self._turn:
            return  # known, or news of a host that has left or been replaced meanwhile
        if host == self._host:
            self._turn = turn  # its seat was lost for a while, and it is none the wiser
            return
        self.changes += 1
        self._host, self._turn, self._host_left = host, turn, None
        self.outbox.put(dialect.control("peer-joined", {}))
        for text in self._late.take(self._clock.now()):
            self._metrics.signals.inc()
            self._hub.post(host, Frame(text, self.address))

    def _host_away(self, news: HostAway) -> None:
        self.changes += 1
        self._host_left = news.host
        if news.host == self._host:
            self._lose_host(returning=news.returning)

    def _lose_host(self, *, returning: bool) -> None:
        self.changes += 1
        self._host = None
        if not returning:
            self.outbox.put(dialect.encode(dialect.PeerDisconnected(), None))

    def _to_host(self, text: bytes, now: float) -> None:
        if self._host is not None:
            self._metrics.signals.inc()
            self._hub.post(self._host, Frame(text, self.address))
        elif not self._late.keep(text, now):
            self._undelivered("the host is not here")

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
        elif seat.peer in self._returning:
            self._metrics.dropped.labels("peer_gone").inc()
            self._undelivered("the player is not here")
        else:
            self._metrics.signals.inc()
            self._hub.post(seat.player, Frame(dialect.encode(message, None), self.address))

    def _undelivered(self, reason: str) -> None:
        self.outbox.put(dialect.control("not-delivered", {"reason": reason}))

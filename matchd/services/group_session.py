"""One socket of a group: whom it has met, what it says and hears, what it misses while it is away.

Whom it has met is for its `Company`. News that overtakes the store's answer waits for it, and relaying
a signal is sync and asks no store.

A native session whose socket was lost stays, and keeps what is said to it. The session of the socket
that comes back takes that over, where both are on one node: the former one passes on what still comes.
From another node it says `resync`, once everybody has told that he talks to the new address.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from matchd.clock import Clock
from matchd.domain.groups import FIRST, Group, GroupKey, Member, Topology
from matchd.domain.ids import Address, GroupId, PeerId
from matchd.domain.limits import Bucket, Rate
from matchd.errors import Refusal, Unauthorized
from matchd.metrics import Metrics
from matchd.protocol import groups as dialects
from matchd.protocol.bookings import IceAnswer
from matchd.protocol.groups import Alive, Dialect, Invalid, Peer, Renewal, Signal
from matchd.protocol.news import Close, Ended, News, PeerCame, PeerMet, PeerSaid, PeerWent
from matchd.services.group_company import Company
from matchd.services.hub import Hub
from matchd.services.outbox import Outbox
from matchd.services.settings import GroupLimits
from matchd.store.ports import Joined

MOST_EARLY = 1024
"""News a session keeps at most until the store has answered."""

PATIENCE = 2.0
"""Seconds until `resync` is said although somebody has not told that he talks to the new address."""

NOT_UNDERSTOOD = "This is not a message that is understood here."

FINAL = frozenset(
    (
        Close.MALFORMED,
        Close.UNAUTHORIZED,
        Close.FORBIDDEN,
        Close.NOT_FOUND,
        Close.REPLACED,
        Close.GONE,
        Close.LOCKED,
    )
)
"""After these closes nobody comes back."""


class GroupSession:
    """A socket in a group."""

    __slots__ = (
        *("_clock", "_deadline", "_early", "_hub", "_is_client", "_limits", "_lost_some"),
        *("_messages", "_metrics", "_missed", "_rate", "_resync_at", "_said_goodbye"),
        *("_strike_rate", "_strikes", "_unmet", "address", "away_since", "begun", "closed"),
        *("company", "dialect", "ended", "group", "identity", "key", "member", "outbox"),
        *("push_at", "renew", "successor"),
    )

    def __init__(
        self,
        key: GroupKey,
        dialect: Dialect,
        outbox: Outbox,
        *,
        hub: Hub,
        clock: Clock,
        limits: GroupLimits,
        rate: Rate | None,
        metrics: Metrics,
    ) -> None:
        # Fixed after construction, or by `begin`.
        self.key = key
        self.dialect = dialect
        self.group = GroupId("")
        self.member = Member(PeerId(""), Address(hub.node, 0))
        self._is_client = False
        self._hub = hub
        self._clock = clock
        self._limits = limits
        self._rate = rate
        self._metrics = metrics
        self.address: Address = hub.register(self)
        # Changed only in sync functions.
        self.outbox: Outbox | None = outbox
        self.ended: Close | None = None
        self.away_since: float | None = None
        self.successor: GroupSession | None = None
        self.identity: str | None = None
        self.renew: Callable[[str], int] = _no_token
        self.push_at = 0.0
        self.company = Company()
        self.begun = self.closed = self._said_goodbye = False
        self._early: list[News] = []
        self._deadline: int | None = None
        self._missed: deque[tuple[PeerId, bytes]] | None = None  # made when somebody is away
        self._lost_some = False
        self._unmet: set[PeerId] | None = None
        self._resync_at = 0.0
        now = clock.now()
        self._messages = Bucket(0.0 if rate is None else float(rate.count), now)
        self._strike_rate = Rate.a_minute(limits.malformed)
        self._strikes = Bucket(float(limits.malformed), now)

    @property
    def peer(self) -> PeerId:
        """One's own id."""
        return self.member.peer

    @property
    def is_here(self) -> bool:
        """Whether its socket is open and has its place."""
        return self.begun and self.outbox is not None and self.ended is None

    @property
    def may_come_back(self) -> bool:
        """Whether its place is worth keeping."""
        done = self._said_goodbye or self.ended in FINAL or self.successor is not None
        return self.dialect.native and not done

    @property
    def lost(self) -> bool:
        """Whether its place is, so that nobody can come back to it."""
        return self.ended in FINAL and self.successor is None

    @property
    def is_complete(self) -> bool:
        """Whether nobody may join the group, as far as it knows."""
        return self.closed or 0 < self.key.next <= len(self.company.met) + 1

    @property
    def changes(self) -> int:
        """How often there was news of somebody."""
        return self.company.changes

    # Coming and going.

    def begin(self, joined: Joined) -> None:
        """The store has let it in, and says whom it meets."""
        self.group, self.member, self.closed = joined.group, joined.member, joined.closed
        self._is_client = self.key.topology is Topology.CLIENT_SERVER and self.member.seq != FIRST
        self.company.begin(joined.member, joined.met, joined.latest)

    def greet(self, first: bytes, former: GroupSession | None, *, moved: bool) -> None:
        """Say the first words and what was missed, then all that came meanwhile. `former` is the
        session of the same peer on this node; `moved` if there was one elsewhere.
        """
        self.begun = True
        self._put(first)
        if former is not None:
            self._take_over(former)
        elif moved:
            self._unmet = set(self.company.met)
            self._resync_at = self._clock.now() + PATIENCE
        self.tend(self._clock.now())
        if self._deadline is not None:
            self.remind(self._deadline)
        early, self._early = self._early, []
        for news in early:
            self.deliver(news)

    def say_goodbye(self) -> None:
        """Its peer has closed the socket in order, and does not come back."""
        self._said_goodbye = True

    def lose_socket(self) -> None:
        """Its socket is gone."""
        self.outbox = None

    def stay_away(self) -> None:
        """Keep what is said to it from here on."""
        self.away_since = self._clock.now()

    def end(self, code: Close, reason: str) -> None:
        """Close the socket after what was put before; from now on it says nothing to anybody."""
        self.ended = self.ended or code
        if self.outbox is not None:
            self.outbox.close(code, reason)

    def remind(self, deadline: int) -> None:
        """Ask for a new token, but say the first words first (stays.Lodger)."""
        self._deadline = deadline
        if self.begun:
            self._put(dialects.reauth(deadline))

    def tend(self, now: float) -> None:
        """Say `resync` once everybody talks to this address, or has had the time to; announce those
        who were held back for long enough.
        """
        self._announce(self.company.tend(now))
        if self._unmet is not None and (not self._unmet or now >= self._resync_at):
            self._unmet = None
            self._put(dialects.RESYNC)

    def push_ice(self, ice: IceAnswer, push_at: float) -> None:
        """Hand fresh ICE servers over; `push_at` is when the next ones are due (wall seconds)."""
        self.push_at = push_at
        self._put(dialects.ice_push(ice))

    def compare(self, group: Group, *, trusted: bool) -> None:
        """Meet whom the store knows of; part with others, if it can be trusted."""
        if self.peer not in group.members:
            return
        known = dict(self.company.met)
        self._announce(self.company.compare(group, self._clock.now()))
        for one in self.company.met.values():
            if one.turn and known.get(one.peer) != one:
                self._hub.post(one.address, PeerMet(self.peer))
        for peer in self.company.strangers(group) if trusted else ():
            self._went(PeerWent(peer, "lost"))

    # News.

    def deliver(self, news: News) -> None:
        """Take news from the hub."""
        if self.successor is not None:
            # That this socket was replaced is no news to the one that replaced it.
            if not (isinstance(news, Ended) and news.code is Close.REPLACED):
                self.successor.deliver(news)
            return
        if not self.begun:
            self._keep_early(news)
            return
        if type(news) is PeerSaid:  # nearly all of it
            self._hear(news)
            return
        match news:
            case PeerCame():
                self._came(news)
            case PeerWent():
                self._went(news)
            case PeerMet(peer):
                if self._unmet is not None:
                    self._unmet.discard(peer)
                    self.tend(self._clock.now())
            case Ended(code, reason):
                self.end(code, reason)

    def _keep_early(self, news: News) -> None:
        self._early.append(news)
        if len(self._early) > MOST_EARLY:
            self.end(Close.TOO_SLOW, "the room is too lively")

    def _hear(self, news: PeerSaid) -> None:
        peer, data = news.peer, news.data
        sender = self.company.met.get(peer)
        if self.company.holds_back(news):
            return
        if sender is None or news.turn < sender.turn:
            # What a lost socket said must not come behind what its successor says.
            self._metrics.dropped.labels("peer_gone").inc()
        elif self.outbox is not None:
            self.outbox.put(self.dialect.said(peer, data))
        elif len(self._missed or ()) < self._limits.missed:
            self._missed = self._missed or deque()
            self._missed.append((peer, data))
        else:
            self._lost_some = True
            self._metrics.dropped.labels("late_full").inc()

    def _came(self, news: PeerCame) -> None:
        told = self.company.come(news, self._clock.now())
        if news.turn and news not in told and self.company.met.get(news.peer) == news:
            self._hub.post(news.address, PeerMet(self.peer))
        self._announce(told)

    def _announce(self, told: list[PeerCame]) -> None:
        for one in told:
            if one.turn:
                self._hub.post(one.address, PeerMet(self.peer))
            self._put(self.dialect.came(Peer(one.peer, one.name, one.account)))
        for said in self.company.words() if told else ():
            self._hear(said)

    def _went(self, news: PeerWent) -> None:
        tell, told = self.company.go(news)
        if self._unmet is not None:
            self._unmet.discard(news.peer)
        if tell:
            self._put(self.dialect.went(news.peer, news.reason))
        self._announce(told)
        if self._unmet is not None or self.company.waits:
            self.tend(self._clock.now())

    def _take_over(self, former: GroupSession) -> None:
        """What the former session kept is said here, and what still comes to it."""
        for peer, data in former._missed or ():
            if peer in self.company.met:
                self._put(self.dialect.said(peer, data))
        for said in self.company.take_over(former.company):
            self._hear(said)
        if former._lost_some or former._unmet is not None:
            self._put(dialects.RESYNC)
        former.successor, former._missed = self, None
        former.end(Close.REPLACED, "replaced by a newer socket")

    def _put(self, text: bytes) -> None:
        if self.outbox is not None:
            self.outbox.put(text)

    # What it says.

    def receive(self, text: str) -> None:
        """Take one text frame from the socket and relay it."""
        if self.ended is not None:
            self._metrics.dropped.labels("closing").inc()
            return
        now = self._clock.now()
        if self._rate is not None and self._messages.take(self._rate, now) > 0:
            self._metrics.limited.labels("signals").inc()
            self.end(Close.TOO_MANY, "too many messages")
            return
        said = self.dialect.read(text)
        if type(said) is Signal:  # nearly always
            self._relay(said.to, said.data)
            return
        match said:
            case Renewal(token):
                self._renew(token)
            case Invalid():
                self.refuse()
            case Alive():
                pass

    def refuse(self, code: str = "invalid_message", message: str = NOT_UNDERSTOOD) -> None:
        """Answer an invalid message, if there is a word for it; a flood of them ends the socket."""
        if self._strikes.take(self._strike_rate, self._clock.now()) > 0:
            self.end(Close.MALFORMED, "too many invalid messages")
        else:
            self._tell(code, message)

    def _renew(self, token: str) -> None:
        try:
            until = self.renew(token)
        except Refusal as refusal:
            self.refuse(refusal.code, refusal.message)
        else:
            self._put(dialects.reauthed(until))

    def _relay(self, to: PeerId, data: bytes) -> None:
        if self._is_client:
            # As in matchbox_signaling: what a client says is for the server, whomever it names.
            to = next(iter(self.company.met), to)
        other = self.company.met.get(to)
        if other is None:
            self._metrics.dropped.labels("peer_gone").inc()
            self._tell("unknown_peer", "There is no such peer in this room.")
        else:
            self._metrics.signals.inc()
            member = self.member
            self._hub.post(other.address, PeerSaid(member.peer, member.turn, data))

    def _tell(self, code: str, message: str) -> None:
        text = self.dialect.refused(code, message)
        if text is not None:
            self._put(text)


def _no_token(token: str) -> int:  # noqa: ARG001  # the same words as those who have one
    raise Unauthorized("No token opened this socket.")

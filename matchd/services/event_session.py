"""One event socket: what it was told, and what it has missed (wire.md 8).

Theory of operation: the store's logs are the truth, and what the hub brings is a hint of them. A
session knows how far it is in its log. News that names another entry before it than the last one
shows that some is missing: then it takes none until it has read the log on (`resume`). So every
socket of an account is told the same, in order, once, whatever is lost or overtaken between nodes.
What happens to lobbies comes beside that, change by change, from the log of lobbies (`remark`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol

import msgspec

from matchd.clock import Clock
from matchd.domain.events import COUNT, Entry
from matchd.domain.ids import Address
from matchd.domain.limits import Bucket, Rate
from matchd.domain.lobby_lists import Place
from matchd.errors import Refusal
from matchd.metrics import Metrics
from matchd.protocol import events as dialect
from matchd.protocol.news import Close, Ended, News
from matchd.services.hub import Hub
from matchd.services.outbox import Outbox
from matchd.services.settings import RelayLimits
from matchd.store.ports import Entered

SPARE = 16
"""Frames that a replay leaves room for in the outbox."""


class Remark(msgspec.Struct, frozen=True):
    """An event of a lobby; `mark` is the name of the place behind it in the log of lobbies."""

    mark: str
    text: str


Told = Entry | Remark


class Missed(msgspec.Struct, frozen=True):
    """What a socket has missed of lobbies: from where, up to where, and what; `gap`: not all of it."""

    start: Place
    end: Place
    remarks: tuple[Remark, ...] = ()
    gap: bool = False


class Owner(Protocol):
    """Who holds the session."""

    def doubt(self, session: EventSession) -> None:
        """News is missing: have the session read on."""

    def renew(self, session: EventSession, token: str) -> int:
        """Let it stay by a new token; until when (Unix seconds)."""


class EventSession:
    """An event socket of one account."""

    def __init__(
        self,
        account: str,
        outbox: Outbox,
        owner: Owner,
        *,
        hub: Hub,
        clock: Clock,
        limits: RelayLimits,
        rate: Rate | None,
        metrics: Metrics,
    ) -> None:
        # Fixed after construction.
        self.account = account
        self.outbox = outbox
        self._owner = owner
        self._clock = clock
        self._limits = limits
        self._rate = rate
        self._metrics = metrics
        self._strike_rate = Rate(limits.malformed, limits.malformed / 60)
        self.address: Address = hub.register(self)
        # Changed only in sync functions.
        self.turn: int | None = None
        self.ended = self.gone = self.doubtful = False
        self.place: int | None = None
        self._lobbies = Place("", 0)
        self._mark = ""
        self._early: list[Callable[[], None]] | None = []
        self._deadline: int | None = None
        now = clock.now()
        self._messages = Bucket(0.0 if rate is None else float(rate.count), now)
        self._strikes = Bucket(float(limits.malformed), now)

    def begin(self, entered: Entered, after: int | None, missed: Missed) -> None:
        """Say hello, replay what was asked for, then what came meanwhile."""
        self.turn = entered.turn
        self.place = entered.position if after is None else after
        self._stand(missed.start)
        self._put(dialect.hello(self._limits.ping_interval))
        if after is not None:
            replay, cut = self._fitting((*missed.remarks, *entered.entries))
            if entered.gap or missed.gap or cut:
                self._put(dialect.said("gap"))
            self._take_all(replay)
            self.place = entered.position
            self._stand(missed.end)
            self._put(dialect.said("live"))
        early, self._early = self._early or [], None
        for act in early:
            act()
        if self._deadline is not None:
            self.remind(self._deadline)

    def resume(self, entered: Entered) -> None:
        """Take what was missed, as the store has it."""
        entries, cut = self._fitting(entered.entries)
        if entered.gap or cut:
            self._put(dialect.said("gap"))
        self._take_all(entries)
        self.place = max(self._at, entered.position)

    def hear(self, event: int, former: int, text: str) -> None:
        """Take news of the log."""
        if self._early is not None:
            self._keep(partial(self.hear, event, former, text))
        elif event > self._at and not self.doubtful:
            if former > self._at:
                self.doubtful = True
                self._owner.doubt(self)
            else:
                self._take(Entry(event, text))

    def remark(self, place: Place, remarks: tuple[Remark, ...]) -> None:
        """Take what there is to tell of the change of a lobby that leads to a place."""
        if self._early is not None:
            if remarks:
                self._keep(partial(self.remark, place, remarks))
        elif place.seq > self._lobbies.seq:
            told = self._lobbies.part if place.seq == self._lobbies.seq + 1 else 0
            for one in remarks[told:]:
                self._take(one)
            self._stand(place)

    def lose(self, place: Place) -> None:
        """What happened to lobbies before this place is not to be had any more."""
        if self._early is not None:
            self._keep(partial(self.lose, place))
        else:
            self._put(dialect.said("gap"))
            self._stand(place)

    def deliver(self, news: News) -> None:
        """Take news from the hub that is for this socket alone."""
        if isinstance(news, Ended):
            self.end(news.code, news.reason)

    def receive(self, text: str) -> None:
        """Take one text frame from the socket."""
        if self.ended:
            return
        if self._rate is not None and self._messages.take(self._rate, self._clock.now()) > 0:
            self._metrics.limited.labels("messages").inc()
            self.end(Close.TOO_MANY, "too many messages")
            return
        try:
            until = self._owner.renew(self, dialect.decode(text).token)
        except Refusal as refusal:
            self._refuse(refusal.code, refusal.message)
        else:
            self._put(dialect.said("reauthed", expiresAt=until))

    def refuse(self) -> None:
        """Answer a frame that is no text."""
        self._refuse("invalid_request", "Frames must be text.")

    def remind(self, deadline: int) -> None:
        """Ask for a new token, but say hello first."""
        self._deadline = deadline
        if self._early is None:
            self._put(dialect.said("reauth", deadline=deadline))

    def go_away(self, deadline: int) -> None:
        """Say that the server restarts."""
        self._put(dialect.said("going_away", deadline=deadline))

    def end(self, code: Close, reason: str) -> None:
        """Close the socket after what was put before."""
        self.ended = True
        self.outbox.close(code, reason)

    @property
    def _at(self) -> int:
        """Its place, once it has said hello."""
        assert self.place is not None
        return self.place

    def _keep(self, act: Callable[[], None]) -> None:
        """Do something once hello is said."""
        assert self._early is not None
        self._early.append(act)
        if len(self._early) > 2 * COUNT:
            self.end(Close.TOO_SLOW, "too many events at once")
            self._early.clear()

    def _stand(self, place: Place) -> None:
        self._lobbies, self._mark = place, place.name

    def _take_all(self, replay: Iterable[Told]) -> None:
        for one in replay:
            if isinstance(one, Remark) or one.id > self._at:
                self._take(one)

    def _take(self, one: Told) -> None:
        if isinstance(one, Remark):
            self._mark = one.mark
        else:
            self.place = one.id
        self._put(one.text)

    def _put(self, text: str) -> None:
        if self.place is not None and not self.ended:
            self.outbox.put(dialect.frame(text, self.place, self._mark))

    def _fitting(self, entries: tuple[Told, ...]) -> tuple[tuple[Told, ...], bool]:
        """The latest of these that the outbox has room for, and whether these are fewer."""
        count, size = max(1, self._limits.outbox_messages - SPARE), self._limits.outbox_bytes // 2
        fitting = entries[-count:]
        while sum(len(entry.text) for entry in fitting) > size:
            fitting = fitting[1:]
        return fitting, len(fitting) < len(entries)

    def _refuse(self, code: str, message: str) -> None:
        if self._strikes.take(self._strike_rate, self._clock.now()) > 0:
            self.end(Close.MALFORMED, "too many invalid messages")
        else:
            self._put(dialect.said("error", code=code, error=message))

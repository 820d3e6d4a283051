"""One chat socket: who it is, and what it asks for (wire.md 7); what it is sent is in chat_delivery.py.

Frames from the client gather in `_inbox`; `work` does one after the other, so that a sender's order is
kept. A socket without a credential has to bring its token as the first frame.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Protocol

import trio

from matchd.clock import Clock
from matchd.domain.chat import Verdict
from matchd.domain.ids import AccountId, Address, ChatId
from matchd.domain.limits import Bucket, Rate
from matchd.errors import InvalidRequest, Refusal, StoreUnavailable
from matchd.metrics import Metrics
from matchd.protocol import chat as dialect
from matchd.protocol.news import Close, Ended, News
from matchd.protocol.statuses import close_code
from matchd.services.chat_delivery import RETRY, Delivery, Place
from matchd.services.hub import Hub
from matchd.services.outbox import PacedOutbox
from matchd.services.settings import RelayLimits
from matchd.store.ports import ChatPage

FIRST_FRAME = 5.0
"""Seconds in which the token has to come, where the upgrade brought none."""

INBOX, INBOX_SIZE = 1024, 1_048_576
"""Frames of the client that wait at most, and their characters."""


class Owner(Protocol):
    """Who holds the session and does what it asks for."""

    async def prove(self, session: ChatSession, token: str) -> None:
        """Let a socket in by its first frame."""

    async def act(self, session: ChatSession, action: dialect.Action) -> None:
        """Do what the client asks for; a refusal is raised."""

    async def read(self, account: AccountId, place: Place, limit: int) -> ChatPage | Verdict:
        """What lies behind what was sent."""

    async def mark(self, session: ChatSession, marks: Mapping[ChatId, int]) -> None:
        """The client has read so far."""


class ChatSession:
    """A chat socket."""

    def __init__(
        self,
        outbox: PacedOutbox,
        owner: Owner,
        *,
        hub: Hub,
        clock: Clock,
        limits: RelayLimits,
        rate: Rate | None,
        metrics: Metrics,
    ) -> None:
        # Fixed after construction.
        self.outbox = outbox
        self.out = Delivery(outbox, owner)
        self._owner = owner
        self._clock = clock
        self._rate = rate
        self._metrics = metrics
        self._strike_rate = Rate(limits.malformed, limits.malformed / 60)
        self.address: Address = hub.register(self)
        # Changed only in sync functions.
        self.gone = False
        self._inbox: deque[str] = deque()
        self._waiting = 0
        self._inbox_wake = trio.Event()
        now = clock.now()
        self._messages = Bucket(0.0 if rate is None else float(rate.count), now)
        self._strikes = Bucket(float(limits.malformed), now)

    @property
    def account(self) -> AccountId | None:
        """Whose socket it is, once that is known."""
        return self.out.account

    def deliver(self, news: News) -> None:
        """Take news that is for this socket alone."""
        if isinstance(news, Ended):
            self.end(news.code, news.reason)

    def receive(self, text: str) -> None:
        """Take one text frame from the client."""
        if self.out.ended or self._is_receipt(text):
            return
        late = self._rate is not None and self._messages.take(self._rate, self._clock.now()) > 0
        self._waiting += len(text)
        if late or len(self._inbox) >= INBOX or self._waiting > INBOX_SIZE:
            self._metrics.limited.labels("messages").inc()
            self.end(Close.TOO_MANY, "too many messages")
            return
        self._inbox.append(text)
        self._inbox_wake.set()

    def refuse(self) -> None:
        """Answer a frame that is no text."""
        if self.out.person is None:
            self.end(Close.MALFORMED, "the first frame must be a token, as text")
        else:
            self._strike(InvalidRequest("Frames must be text."))

    def remind(self, deadline: int) -> None:
        """Ask for a new token."""
        self.out.put(dialect.frame("Reauth", {"deadline": deadline}))

    def go_away(self, deadline: int) -> None:
        """Tell that the server restarts."""
        if self.out.person is not None:
            self.out.put(dialect.frame("GoingAway", {"deadline": deadline}))

    def end(self, code: Close, reason: str) -> None:
        """Close the socket after what was put before."""
        self.out.end()
        self.outbox.close(code, reason)
        self._inbox_wake.set()

    async def work(self) -> None:
        """Do what the client asks for, in its order, until the socket is over."""
        if self.out.person is None:
            await self._prove()
        while not self.out.ended:
            await self._inbox_wake.wait()
            self._inbox_wake = trio.Event()
            while self._inbox and not self.out.ended:
                await self._do(self._next())

    async def mark(self) -> None:
        """Keep what the client has received, until cancelled."""
        while True:
            await self.out.marked.wait()
            self.out.marked = trio.Event()
            while marks := self.out.marks:
                try:
                    await self._owner.mark(self, marks)
                except StoreUnavailable:
                    await trio.sleep(RETRY)
                else:
                    self.out.forget(marks)

    def _is_receipt(self, text: str) -> bool:
        """Whether it acknowledges something new. There are no more of these than messages that were
        sent, so they are not limited, and `mark` stores many in one call: who catches up with a long
        backlog sends one for each.
        """
        if self.out.person is None or '"Ack"' not in text:
            return False
        try:
            action = dialect.decode(text)
        except InvalidRequest:
            return False
        return isinstance(action, dialect.Ack) and self.out.acknowledge(
            action.data.room, action.data.seq
        )

    async def _prove(self) -> None:
        with trio.move_on_after(FIRST_FRAME):
            while not self._inbox and not self.out.ended:
                await self._inbox_wake.wait()
                self._inbox_wake = trio.Event()
        if self.out.ended:
            return
        if not self._inbox:
            self.end(Close.TIMEOUT, "no token came")
            return
        try:
            await self._owner.prove(self, self._next().strip())
        except Refusal as refusal:
            self.end(close_code(refusal.code), refusal.message[:100])
        self._inbox_wake.set()

    def _next(self) -> str:
        text = self._inbox.popleft()
        self._waiting -= len(text)
        return text

    async def _do(self, text: str) -> None:
        try:
            action = dialect.decode(text)
        except InvalidRequest as refusal:
            self._strike(refusal)
            return
        try:
            await self._owner.act(self, action)
        except Refusal as refusal:
            name = action.data.id if isinstance(action, dialect.Say) else None
            self.out.put(dialect.error(refusal, name))

    def _strike(self, refusal: Refusal) -> None:
        if self._strikes.take(self._strike_rate, self._clock.now()) > 0:
            self.end(Close.MALFORMED, "too many invalid messages")
        else:
            self.out.put(dialect.error(refusal))

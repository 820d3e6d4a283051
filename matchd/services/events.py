"""Event sockets: letting them in, telling them, and finding out what they have missed (wire.md 8).

The store knows each socket, so presence and the limit of eight hold over all nodes. Whatever may
have been lost between nodes is read from the logs: at once where news shows it, and for all sockets
in the rounds of the node (services/nodes.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Protocol

import msgspec
import trio

from matchd.domain.callers import Caller
from matchd.domain.ids import AccountId
from matchd.domain.lobby_lists import Place
from matchd.errors import StoreUnavailable
from matchd.protocol import events as dialect
from matchd.protocol.events import Bookmark
from matchd.protocol.news import Close, News, Told
from matchd.services.admission import Admission, Presented
from matchd.services.closing import AWAY, drain, evict
from matchd.services.core import Core
from matchd.services.event_reading import EventReader
from matchd.services.event_session import EventSession, Missed
from matchd.services.limits import Limiter
from matchd.services.mending import Trusted
from matchd.services.outbox import Outbox
from matchd.services.presence import PresenceService
from matchd.services.settings import RelayLimits
from matchd.services.stays import Stay, Stays
from matchd.services.together import Pause, for_each

TICK = 1.0
"""Seconds between two sweeps: how late somebody may be found away."""


class Teller(Protocol):
    """Tells sockets of lobbies, which have a log of their own."""

    async def begin(self) -> None:
        """Be ready for `add`."""

    def add(self, session: EventSession) -> Place:
        """Tell a socket all that comes behind the place that is returned."""

    async def missed(self, account: AccountId, after: Place | None, until: Place) -> Missed:
        """What somebody was not told between two places."""

    def remove(self, session: EventSession) -> None:
        """It is gone."""


class EventRequest(msgspec.Struct, frozen=True):
    """What an event socket asks for; `answers`: it knows how to bring its next token (`?v=1`)."""

    presented: Presented
    after: Bookmark | None = None
    answers: bool = False


def event_request(presented: Presented, query: Mapping[str, str]) -> EventRequest:
    """What a query asks for; InvalidRequest when it makes no sense."""
    after = query.get("after")
    return EventRequest(
        presented,
        None if after is None else dialect.read_bookmark(after),
        answers=query.get("v") == "1",
    )


class EventService:
    """The event sockets of this node."""

    def __init__(
        self,
        core: Core,
        *,
        admission: Admission,
        stays: Stays,
        presence: PresenceService,
        limiter: Limiter,
        limits: RelayLimits,
    ) -> None:
        # Fixed after construction.
        self._core = core
        self._admission = admission
        self._stays = stays
        self._presence = presence
        self._limiter = limiter
        self._limits = limits
        self._teller: Teller
        self._reader = EventReader(core, presence, self._owe)
        core.hub.subscribe(Told, self)
        # Changed only in sync functions.
        self._sessions: dict[EventSession, Stay] = {}
        self._by_account: dict[str, dict[EventSession, None]] = {}
        self._owed: dict[EventSession, None] = {}

    def attach(self, teller: Teller) -> None:
        """It is told of every socket, so before anybody comes."""
        self._teller = teller

    def accounts(self) -> tuple[str, ...]:
        """Whose sockets these are."""
        return tuple({session.account for session in self._sessions})

    async def check(self, request: EventRequest) -> None:
        """Refuse exactly what `enter` would refuse now; changes and spends nothing."""
        caller = await self._admission.look(request.presented)
        self._limiter.peek(caller, "connects")

    async def enter(self, request: EventRequest, outbox: Outbox) -> EventSession:
        """Admit a socket, or refuse it; the session must be left again with `leave`."""
        caller = await self._admission.look(request.presented)
        self._limiter.check(caller, "connects")
        session = self._session(caller, outbox)
        try:
            stay = self._stays.hold(session, caller, answers=request.answers)
        except BaseException:
            self._core.hub.unregister(session.address)
            raise
        self._add(session, stay)
        try:
            await self._admission.spend(request.presented)
        except BaseException:
            self._remove(session)
            raise
        try:
            await self._begin(session, request.after)
        except BaseException as error:
            self._remove(session)
            if not isinstance(error, StoreUnavailable) or error.unsure:
                self._owe(session)  # the store may have let it in all the same
            raise
        return session

    async def leave(self, session: EventSession) -> None:
        """Take a socket out, of the store too once that is there."""
        self._remove(session)
        self._owe(session)
        await self._settle(session)

    def deliver(self, news: News) -> None:
        """Take news for this node from the hub, and hand it to whom it is for."""
        if isinstance(news, Told):
            for account, former in news.logs:
                for session in tuple(self._by_account.get(account, ())):
                    session.hear(news.id, former, news.text)

    def doubt(self, session: EventSession) -> None:
        """A session has missed something."""
        self._reader.doubt(session)

    def renew(self, session: EventSession, token: str) -> int:
        """Let a session stay by a new token."""
        return self._stays.renew(self._sessions[session], token)

    async def run(self) -> None:
        """Have sessions read on that have missed something, until cancelled."""
        await self._reader.run()

    async def tend(self) -> None:
        """Take out who left, and find who is away, until cancelled."""
        while True:
            await trio.sleep(TICK)
            with suppress(StoreUnavailable):  # the node says so already
                await self.sweep()

    async def sweep(self) -> None:
        """Do once what `tend` repeats."""
        await for_each(self._owed, self._settle)
        more = not self._core.current.draining
        while more:
            grace, now = self._core.current.settings.presence_grace, self._core.clock.now()
            gone = await self._core.store.events.sweep(grace=grace, now=now)
            self._presence.changed(*gone.accounts)
            more = gone.more

    async def mend(self, trusted: Trusted, pause: Pause) -> bool:  # noqa: ARG002  # nobody is parted
        """Say of all sessions that they are here, and have them read on; False when some could not."""
        return await self._reader.read(self._sessions, pause)

    def evict(self) -> None:
        """Close every socket: others have been told that this node is dead."""
        evict(self._sessions)

    async def drain(self, seconds: float) -> None:
        """Tell every socket, then close one after the other within so many seconds."""
        await drain(self._sessions, seconds, self._core.clock)

    def _session(self, caller: Caller, outbox: Outbox) -> EventSession:
        assert caller.account is not None
        exempt = self._limiter.is_exempt(caller.address)
        return EventSession(
            caller.account,
            outbox,
            self,
            hub=self._core.hub,
            clock=self._core.clock,
            limits=self._limits,
            rate=None if exempt else self._core.current.settings.message_rate,
            metrics=self._core.metrics,
        )

    async def _begin(self, session: EventSession, after: Bookmark | None) -> None:
        await self._teller.begin()
        here = self._teller.add(session)
        place, missed = None, Missed(here, here)
        if after is not None:
            account = AccountId(session.account)
            place, missed = after.place, await self._teller.missed(account, after.lobbies, here)
        entered = await self._reader.enter(session, place)
        if entered is None:
            raise StoreUnavailable("This node is registering with the store.", retry_after=1)
        session.begin(entered, place, missed)
        if session.address.node != self._core.hub.node:
            session.end(Close.RESTART, AWAY)

    async def _settle(self, session: EventSession) -> None:
        events, grace = self._core.store.events, self._core.current.settings.presence_grace
        with suppress(StoreUnavailable):
            await events.leave(
                session.account, session.address, grace=grace, now=self._core.clock.now()
            )
            self._owed.pop(session, None)

    def _owe(self, session: EventSession) -> None:
        """The store may know this socket, which is gone: `sweep` takes it out."""
        self._owed[session] = None

    def _add(self, session: EventSession, stay: Stay) -> None:
        self._sessions[session] = stay
        self._by_account.setdefault(session.account, {})[session] = None

    def _remove(self, session: EventSession) -> None:
        stay = self._sessions.pop(session, None)
        if stay is None:
            return
        session.gone = True
        self._teller.remove(session)
        self._stays.release(stay)
        self._core.hub.unregister(session.address)
        self._reader.forget(session)
        self._by_account[session.account].pop(session)
        if not self._by_account[session.account]:
            del self._by_account[session.account]

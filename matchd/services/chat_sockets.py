"""The chat sockets of this node: letting them in, doing what they ask for, telling them (wire.md 7).

The store knows each socket, so that eight per account holds over all nodes. Whatever may have been lost
between nodes is found by comparing with the store, in the rounds of the node (services/nodes.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

import msgspec
import trio

from matchd.domain.callers import Caller
from matchd.domain.chat import Verdict
from matchd.domain.ids import AccountId, ChatId
from matchd.errors import Draining, Outsider, StoreUnavailable
from matchd.log import get_logger
from matchd.protocol import chat as dialect
from matchd.protocol.news import Altered, Close, Ended, MembersMoved, Spoken, Typed
from matchd.services.admission import Admission, Presented
from matchd.services.chat import ChatService
from matchd.services.chat_actions import ChatActions
from matchd.services.chat_delivery import Place
from matchd.services.chat_floor import ChatFloor
from matchd.services.chat_session import ChatSession
from matchd.services.closing import AWAY, drain, evict
from matchd.services.core import Core
from matchd.services.directory import Directory
from matchd.services.limits import Limiter
from matchd.services.mending import Trusted
from matchd.services.outbox import PacedOutbox
from matchd.services.reports import ReportService
from matchd.services.settings import RelayLimits
from matchd.services.stays import Stay, Stays
from matchd.services.together import Pause, all_done
from matchd.store.ports import ChatEntered, ChatPage

_log = get_logger()

CLEAN_UP = 5.0
"""Seconds that leaving may take while everything is being cancelled."""


class ChatRequest(msgspec.Struct, frozen=True):
    """What a chat socket brings; `answers`: it knows how to bring its next token (`?v=1`)."""

    presented: Presented
    answers: bool = False

    @property
    def proves(self) -> bool:
        """Whether the upgrade itself says who comes."""
        return self.presented.token is not None or self.presented.ticket is not None


class ChatSockets:
    """The sockets of this node."""

    def __init__(
        self,
        core: Core,
        chat: ChatService,
        reports: ReportService,
        directory: Directory,
        *,
        admission: Admission,
        stays: Stays,
        limiter: Limiter,
        limits: RelayLimits,
    ) -> None:
        # Fixed after construction.
        self._core = core
        self._chat = chat
        self._directory = directory
        self._admission = admission
        self._stays = stays
        self._limiter = limiter
        self._limits = limits
        self._actions = ChatActions(chat, reports)
        self._floor = ChatFloor()
        for kind in (Spoken, Altered, MembersMoved, Typed):
            core.hub.subscribe(kind, self._floor)
        # Changed only in sync functions.
        self._sessions: dict[ChatSession, ChatRequest] = {}
        self._stayed: dict[ChatSession, Stay] = {}
        self._owed: dict[ChatSession, None] = {}

    async def check(self, request: ChatRequest) -> None:
        """Refuse exactly what `enter` would refuse now; changes and spends nothing."""
        self._limiter.peek(await self._look(request), "connects")

    async def enter(self, request: ChatRequest, outbox: PacedOutbox) -> ChatSession:
        """Admit a socket, or refuse it; the session must be left again with `leave`."""
        caller = await self._look(request)
        self._limiter.check(caller, "connects")
        session = self._session(request, outbox, caller)
        try:
            if request.proves:
                await self._begin(session, caller)
        except BaseException:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + CLEAN_UP):
                await self.leave(session)
            raise
        return session

    async def leave(self, session: ChatSession) -> None:
        """Take a socket out, of the store too once that is there."""
        session.gone = True
        self._sessions.pop(session, None)
        stay = self._stayed.pop(session, None)
        if stay is not None:
            self._stays.release(stay)
        self._core.hub.unregister(session.address)
        self._floor.remove(session)
        if session.account is not None:
            _log.info("chat.exited", account=session.account)
            self._owed[session] = None
            if marks := session.out.marks:
                with suppress(StoreUnavailable):  # then it is sent again what it has read
                    await self._chat.ack(session.account, marks)
            await self._settle(session)

    async def prove(self, session: ChatSession, token: str) -> None:
        """Let a socket in by its first frame; it is one of a client that reads binary frames."""
        request = self._sessions[session]
        presented = msgspec.structs.replace(request.presented, token=token)
        caller = await self._admission.look(presented)
        session.outbox.speak_binary()
        await self._begin(session, caller)

    async def read(self, account: AccountId, place: Place, limit: int) -> ChatPage | Verdict:
        """What lies behind what a socket was sent."""
        page = self._core.store.chat.page
        return await page(place.room, account, limit, after=place.sent)

    async def mark(self, session: ChatSession, marks: Mapping[ChatId, int]) -> None:
        """A client has read so far."""
        assert session.account is not None
        await self._chat.ack(session.account, marks)

    async def act(self, session: ChatSession, action: dialect.Action) -> None:
        """Do what a client asks for."""
        if isinstance(action, dialect.Reauth):
            self._stays.renew(self._stayed[session], action.data)
        else:
            await self._actions.act(session, action)

    async def settle(self) -> None:
        """Take out of the store who left while that was away."""
        for session in tuple(self._owed):
            await self._settle(session)

    async def mend(self, trusted: Trusted, pause: Pause) -> bool:  # noqa: ARG002  # nobody is parted
        """Compare all sockets with the store; False when some could not be."""
        await self.settle()
        return await all_done(self._sessions, self._compare, pause)

    def evict(self) -> None:
        """Close every socket: others have been told that this node is dead."""
        evict(self._sessions)

    async def drain(self, seconds: float) -> None:
        """Tell every socket, then close one after the other within so many seconds."""
        await drain(self._sessions, seconds, self._core.clock)

    async def _look(self, request: ChatRequest) -> Caller:
        if request.proves:
            return await self._admission.look(request.presented)
        if self._core.current.draining:
            raise Draining(retry_after=2)
        if self._core.current.outsider:
            raise Outsider(retry_after=5)
        return self._admission.guest(request.presented)

    def _session(self, request: ChatRequest, outbox: PacedOutbox, caller: Caller) -> ChatSession:
        exempt = self._limiter.is_exempt(caller.address)
        session = ChatSession(
            outbox,
            self,
            hub=self._core.hub,
            clock=self._core.clock,
            limits=self._limits,
            rate=None if exempt else self._core.current.settings.message_rate,
            metrics=self._core.metrics,
        )
        self._sessions[session] = request
        return session

    async def _begin(self, session: ChatSession, caller: Caller) -> None:
        """It is known who comes: he is sent his rooms, and what he has missed."""
        request = self._sessions[session]
        self._stayed[session] = self._stays.hold(session, caller, answers=request.answers)
        person = await self._directory.person(caller)
        session.out.person = person
        self._floor.add(session)
        await self._admission.spend(request.presented)
        await self._compare(session)
        _log.info("chat.entered", account=person.id, address=caller.address)
        if session.address.node != self._core.hub.node:
            session.end(Close.RESTART, AWAY)

    async def _compare(self, session: ChatSession) -> None:
        """Have a socket in the rooms that the store has its account in."""
        account = session.account
        while account is not None and not session.out.ended:
            changes = session.out.changes
            entered = await self._core.store.chat.enter(account, session.address)
            if _has_left(session):
                self._owed[session] = None
                return
            if entered is None:
                raise StoreUnavailable("This node is registering with the store.", retry_after=1)
            labels = await self._directory.labels(account, (seat.room for seat in entered.seats))
            if changes == session.out.changes:  # else there was news, newer than the answer
                self._take(session, entered, labels)
                return

    def _take(self, session: ChatSession, entered: ChatEntered, labels: dict[ChatId, str]) -> None:
        self._chat.know(entered.nodes)
        for address in entered.replaced:
            self._core.hub.post(address, Ended(Close.REPLACED, "replaced by a newer socket"))
        seats = {seat.room: seat for seat in entered.seats}
        for room in set(session.out.places) - set(seats):
            self._floor.drop(session, room)
        for room, seat in seats.items():
            self._floor.seat(session, seat, labels[room], None)

    async def _settle(self, session: ChatSession) -> None:
        assert session.account is not None
        with suppress(StoreUnavailable):
            await self._core.store.chat.exit(session.account, session.address)
            self._owed.pop(session, None)


def _has_left(session: ChatSession) -> bool:
    """Asked again after a wait."""
    return session.gone

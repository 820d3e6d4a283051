"""Signaling rooms: entering, leaving, fresh credentials for those inside (wire.md 2.5).

Who a socket is follows from what it presents: a grant makes a player, a host credential the host,
neither makes a candidate that a heartbeat from its address must vouch for (mode `open`: the first one
is the host, the next ones are players).
"""

from __future__ import annotations

import secrets

import msgspec
import trio

from matchd.domain import ids
from matchd.domain.bookings import State
from matchd.domain.callers import Caller
from matchd.domain.ids import AccountId, PeerId, RoomId
from matchd.errors import (
    BadGrant,
    BookingOver,
    Draining,
    Forbidden,
    Outsider,
    Refusal,
    StoreUnavailable,
)
from matchd.protocol import rooms as dialect
from matchd.protocol.news import Close
from matchd.protocol.pool_lists import RoomEntry, room_entry
from matchd.services.auth import Authenticator, network_of
from matchd.services.closing import AWAY, PACE, evict
from matchd.services.core import Core
from matchd.services.departures import Departures
from matchd.services.grants import grant_hash
from matchd.services.ice import IceService
from matchd.services.limits import Limiter
from matchd.services.mending import Mender, Trusted
from matchd.services.outbox import Outbox
from matchd.services.owners import Owners
from matchd.services.room_tale import tell_of_socket
from matchd.services.seating import Seating
from matchd.services.session import Session
from matchd.services.settings import RelayLimits
from matchd.services.together import Pause, in_turns
from matchd.store.ports import (
    BookingClosed,
    EnteredHost,
    EnteredPlayer,
    NotYours,
    UnknownNode,
    Waiting,
    WrongHost,
)

_Entered = (
    EnteredHost
    | EnteredPlayer
    | Waiting
    | NotYours
    | BookingClosed
    | WrongHost
    | UnknownNode
    | None
)


class SignalRequest(msgspec.Struct, frozen=True):
    """What a socket presents; `address` is its network address behind trusted proxies."""

    room_id: RoomId
    address: str
    grant: str | None = None
    bearer: str | None = None


class RoomService:
    """The sessions of this node."""

    def __init__(
        self,
        core: Core,
        *,
        auth: Authenticator,
        ice: IceService,
        limiter: Limiter,
        limits: RelayLimits,
        owners: Owners,
    ) -> None:
        self._core = core
        self._owners = owners
        self._auth = auth
        self._seating = Seating(core, ice)
        self._departures = Departures(core)
        self._mender = Mender(core, self._seating, self._departures)
        self._limiter = limiter
        self._limits = limits
        self._sessions: dict[Session, None] = {}
        self._supply = self._seating.supply  # one bound method for all sessions

    @property
    def open_sockets(self) -> int:
        """How many sockets are in rooms on this node."""
        return len(self._sessions)

    async def check(self, request: SignalRequest) -> None:
        """Refuse exactly what `enter` would refuse now; changes and spends nothing."""
        self._limiter.peek(self._auth.guest(request.address), "connects")
        await self._check(request)

    async def enter(self, request: SignalRequest, outbox: Outbox) -> Session:
        """Admit a socket, or refuse it; the session must be left again with `leave`."""
        caller = self._auth.guest(request.address)
        self._limiter.check(caller, "connects")
        await self._check(request)
        session = self._session(request, outbox)
        try:
            await self._seat(session, request)
        except BaseException as error:
            self._core.hub.unregister(session.address)
            session.gone = True
            if not isinstance(error, Refusal) or getattr(error, "unsure", False):
                self._departures.owe(session)  # the store may have let it in all the same
            raise
        self._sessions[session] = None
        if session.address.node != self._core.hub.node:
            session.end(Close.RESTART, AWAY)
        return session

    async def leave(self, session: Session) -> None:
        """Take a socket out of its room and tell those it leaves."""
        self._sessions.pop(session, None)
        session.gone = True
        self._core.hub.unregister(session.address)
        tell_of_socket(self._core.journal, "room.left", session)
        await self._departures.take_out(session)

    async def settle(self) -> None:
        """Take out sockets that left, or never came to be, while the store was away."""
        await self._departures.settle()

    async def mend(self, trusted: Trusted, pause: Pause) -> bool:
        """Compare all sessions with the store, with a pause between groups of them; False when some
        could not be.
        """
        return await self._mender.mend(self._sessions, trusted, pause)

    def evict(self) -> None:
        """Close every socket: others have been told that this node is dead."""
        evict(self._sessions)

    def holds(self, account: AccountId) -> bool:
        """Whether a player of this account is in a room here."""
        return any(session.owner == account for session in self._sessions)

    def end_account(self, account: AccountId, code: Close, reason: str) -> None:
        """Close the sockets of a player's bookings."""
        for session in tuple(self._sessions):
            if session.owner == account:
                session.end(code, reason)

    async def refresh(self) -> None:
        """Push ICE servers to every session whose last ones have aged or come from an old plan."""
        await in_turns(self._sessions, self._refresh)

    def _refresh(self, session: Session) -> None:
        if session in self._sessions:
            self._seating.supply(session)

    def renew(self) -> None:
        """Push ICE servers to everyone now: the TURN servers have changed."""
        for session in self._sessions:
            if session.identity is not None:
                session.identity.push_at = 0.0
                self._seating.supply(session)

    async def drain(self, seconds: float) -> None:
        """As `closing.drain` does; but what a player or host says until he has heard of the close is
        still passed on, or a match in the making would miss it.
        """
        sessions = list(self._sessions)
        deadline = self._core.clock.shown(self._core.clock.now() + seconds)
        for session in sessions:
            session.outbox.put(dialect.control("going-away", {"deadline": deadline}))
        pause = min(PACE, seconds / max(1, len(sessions)))
        for session in sessions:
            session.outbox.close(Close.RESTART, "the server restarts")
            await trio.sleep(pause)

    async def page(self, after: str | None, limit: int) -> tuple[RoomEntry, ...]:
        """Rooms as administrators see them, in order of their ids."""
        cursor = None if after is None else ids.room_id(after, "cursor")
        return tuple(map(room_entry, await self._core.store.rooms.page(cursor, limit)))

    async def _check(self, request: SignalRequest) -> None:
        if self._core.current.draining:
            raise Draining(retry_after=2)
        if self._core.current.outsider:
            raise Outsider(retry_after=5)
        if request.grant is not None:
            await self._check_grant(request.grant, request.room_id)
        elif request.bearer is not None:
            await self._check_host(request)
        elif not self._is_open() and not self._core.current.settings.recognise:
            raise Forbidden("A grant or a host credential is needed.")

    def _is_open(self) -> bool:
        return self._core.current.settings.host_auth == "open"

    async def _check_grant(self, grant: str, room_id: RoomId) -> None:
        now = self._core.clock.now()
        found = await self._core.store.bookings.by_grant(grant_hash(grant), now)
        if found is None:
            raise BadGrant
        if found.booking.state is State.WAITING:
            raise BadGrant("This booking still waits for a host: it has no room yet.")
        if not found.booking.state.live:
            raise BookingOver
        if found.booking.room_id != room_id:
            raise BadGrant
        await self._owners.admit(found.booking)

    async def _check_host(self, request: SignalRequest) -> Caller:
        caller = self._auth.host(request.bearer, request.address)
        room = await self._core.store.rooms.get(request.room_id)
        if room is not None and room.host_id is not None:
            self._auth.owns_host(caller, room.host_id)
        return caller

    def _session(self, request: SignalRequest, outbox: Outbox) -> Session:
        settings = self._core.current.settings
        exempt = self._limiter.is_exempt(request.address)
        return Session(
            request.room_id,
            outbox,
            hub=self._core.hub,
            clock=self._core.clock,
            limits=self._limits,
            rate=None if exempt else settings.message_rate,
            metrics=self._core.metrics,
            supply=self._supply,
        )

    async def _seat(self, session: Session, request: SignalRequest) -> None:
        rooms, now = self._core.store.rooms, self._core.clock.now()
        room_id, address = request.room_id, session.address
        if request.grant is not None:
            hashed = grant_hash(request.grant)
            player = await rooms.enter_player(room_id, hashed, _new_peer(), address, now)
            self._take_in(session, player)
        elif request.bearer is not None:
            await self._seat_caller(session, self._auth.host(request.bearer, request.address))
        elif self._is_open():
            self._take_in(session, await rooms.enter_anyone(room_id, _new_peer(), address, now))
        else:
            await self._wait_outside(session, self._auth.guest(request.address))
        tell_of_socket(self._core.journal, "room.entered", session)

    async def _seat_caller(self, session: Session, caller: Caller) -> None:
        """Seat a host with a credential. A token is good for its own host's room only, so before the
        first beat has said which that is, its socket waits outside like one without a credential.
        """
        rooms, now = self._core.store.rooms, self._core.clock.now()
        room_id, address, host_id = session.room_id, session.address, caller.host_id
        room = await rooms.get(room_id) if host_id is not None else None
        if host_id is not None and (room is None or room.host_id != host_id):
            await self._wait_outside(session, caller)
        else:
            self._take_in(session, await rooms.enter_host(room_id, host_id, address, now))

    async def _wait_outside(self, session: Session, caller: Caller) -> None:
        rooms, now = self._core.store.rooms, self._core.clock.now()
        session.network = network_of(caller)
        address = session.address
        waiting = await rooms.wait_outside(session.room_id, session.network, address, now)
        self._take_in(session, waiting)

    def _take_in(self, session: Session, entered: _Entered) -> None:
        match entered:
            case EnteredHost(happenings=happenings):
                self._seating.host(session, entered)
                self._core.announcer.tell(happenings)
            case EnteredPlayer(happenings=happenings):
                self._seating.player(session, entered)
                self._core.announcer.tell(happenings)
            case Waiting(replaced):
                self._seating.replace(replaced)
            case UnknownNode():
                raise StoreUnavailable("This node is registering with the store.", retry_after=1)
            case WrongHost():
                raise Forbidden("This room belongs to another host.")
            case BookingClosed():
                raise BookingOver
            case NotYours() | None:
                raise BadGrant


def _new_peer() -> PeerId:
    return PeerId(secrets.token_urlsafe(9))

"""Rooms for peer-to-peer games: entering, coming back, leaving (wire.md 3).

A caller of `admit` vouches for the key, the bounds and who comes: `group_door` for the rooms that
anybody may make up, and whoever else has peers that are to meet. A native peer whose socket is lost
keeps its place for `LINGER` seconds.
"""

from __future__ import annotations

import secrets
import uuid
from functools import partial
from typing import Protocol

import msgspec
import trio

from matchd.domain.callers import Caller
from matchd.domain.groups import LINGER, GroupKey, Member
from matchd.domain.ids import AccountId, GroupId, PeerId
from matchd.errors import Refusal, RoomFull, StoreUnavailable
from matchd.protocol import groups as dialects
from matchd.protocol.bookings import IceAnswer
from matchd.protocol.groups import Arrival
from matchd.protocol.news import Close, Ended
from matchd.services.closing import AWAY
from matchd.services.core import Core
from matchd.services.group_company import came
from matchd.services.group_proofs import place_in, proof_of
from matchd.services.group_session import GroupSession
from matchd.services.group_upkeep import GroupUpkeep
from matchd.services.ice import IceService
from matchd.services.limits import Limiter
from matchd.services.mending import Trusted
from matchd.services.outbox import Outbox
from matchd.services.settings import GroupLimits
from matchd.services.stays import Stay, Stays
from matchd.services.together import Pause, in_turns
from matchd.store.ports import Full, Joined, Joining, UnknownNode

TICK = 1.0
"""Seconds between two looks at who stays away and whose credentials have aged."""

CLEAN_UP = 5.0
"""Seconds leaving may take where nobody else sees to it."""

FORGET = LINGER + 5.0
"""Seconds after which a session that stays away is dropped; its place has ended before that."""


class Watcher(Protocol):
    """Who is told of a socket's coming and going, after the others were."""

    async def entered(self, session: GroupSession) -> None:
        """It has its place."""

    async def left(self, session: GroupSession) -> None:
        """Its socket is gone; its place may be kept (`session.away_since`)."""


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """A socket that may come in: where, and as whom.

    `limit` bounds a group without `next`; `name` and the caller's account are shown to the others, and
    the newest socket of an account wins; `turn` is for whom its TURN credentials are made (None: it
    gets STUN only).
    """

    key: GroupKey
    caller: Caller
    limit: int
    native: bool = False
    resume: str | None = None
    name: str | None = None
    turn: str | None = None

    @property
    def account(self) -> AccountId | None:
        """Whose socket it is, if not a guest's."""
        return None if self.caller.account is None else AccountId(self.caller.account)


class GroupService:
    """The sessions of this node."""

    def __init__(
        self,
        core: Core,
        *,
        ice: IceService,
        limiter: Limiter,
        stays: Stays,
        limits: GroupLimits,
    ) -> None:
        self._core = core
        self._ice = ice
        self._held = stays
        self._limiter = limiter
        self._limits = limits
        self._upkeep = GroupUpkeep(core)
        # Changed only in sync functions.
        self._sessions: dict[GroupSession, None] = {}
        self._stays: dict[GroupSession, Stay] = {}
        self._by_peer: dict[PeerId, GroupSession] = {}
        self._watchers: dict[GroupSession, Watcher] = {}

    @property
    def open_sockets(self) -> int:
        """How many sockets are in groups on this node."""
        return sum(session.outbox is not None for session in self._sessions)

    # Coming and going.

    async def look(self, key: GroupKey, limit: int) -> None:
        """Refuse exactly what `admit` would refuse now; changes nothing."""
        group = None if key.next else await self._core.store.groups.look(key)
        if group is not None and len(group.members) >= limit:
            raise RoomFull(retry_after=5)

    async def admit(
        self, visit: Visit, outbox: Outbox, watcher: Watcher | None = None
    ) -> GroupSession:
        """Let a socket in, or refuse it; the session must be left again with `leave`."""
        session = self._session(visit, outbox)
        try:
            self._hold(session, visit)
            joined = await self._place(session, visit)
        except BaseException as error:
            self._drop(session)
            self._lose_socket(session)
            if not isinstance(error, Refusal) or getattr(error, "unsure", False):
                self._upkeep.owe(session)  # the store may have let it in all the same
            raise
        self._take_in(session, visit, joined)
        if watcher is not None:
            await self._introduce(session, watcher)
        return session

    async def leave(self, session: GroupSession) -> None:
        """A socket is gone; after a goodbye it does not come back."""
        self._lose_socket(session)
        if session.successor is not None or (session.may_come_back):
            session.stay_away()
        else:
            self._drop(session)
        try:
            if session.successor is None:
                await self._upkeep.take_out(session)
        finally:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + CLEAN_UP):
                watcher = self._watchers.pop(session, None)
                if watcher is not None:
                    await watcher.left(session)

    # What this node sees to.

    async def settle(self) -> None:
        """Take out sockets that left, or never came to be, while the store was away."""
        await self._upkeep.settle()

    async def mend(self, trusted: Trusted, pause: Pause) -> bool:
        """Compare all groups with the store; False when some could not be."""
        return await self._upkeep.mend(self._sessions, trusted, pause)

    def evict(self) -> None:
        """Close every socket: others have been told that this node is dead."""
        self.close_all(Close.RESTART, AWAY)

    def close_all(self, code: Close, reason: str) -> None:
        """Close every socket."""
        for session in tuple(self._sessions):
            session.end(code, reason)

    def warn(self, seconds: float) -> None:
        """Tell native peers that the server goes away in so many seconds."""
        deadline = self._core.clock.shown(self._core.clock.now() + seconds)
        for session in self._sessions:
            if session.dialect.native and session.outbox is not None:
                session.outbox.put(dialects.going_away(deadline))

    async def run(self) -> None:
        """Look after those who are away or wait for something, until cancelled."""
        while True:
            await trio.sleep(TICK)
            await self.tick()

    async def tick(self) -> None:
        """Do once what `run` repeats."""
        await in_turns(self._sessions, self._tend)

    # Inside.

    def _tend(self, session: GroupSession) -> None:
        now, away = self._core.clock.now(), session.away_since
        if session.outbox is None and (away is None or now - away >= FORGET or session.lost):
            self._drop(session)
        elif session.is_here:
            session.tend(now)
            if session.dialect.native and session.identity is not None:
                self._supply(session, session.identity, self._core.clock.wall())

    async def _introduce(self, session: GroupSession, watcher: Watcher) -> None:
        self._watchers[session] = watcher
        try:
            await watcher.entered(session)
        except BaseException:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + CLEAN_UP):
                session.say_goodbye()
                await self.leave(session)
            raise

    def _session(self, visit: Visit, outbox: Outbox) -> GroupSession:
        settings = self._core.current.settings
        exempt = self._limiter.is_exempt(visit.caller.address)
        return GroupSession(
            visit.key,
            dialects.NATIVE if visit.native else dialects.MATCHBOX,
            outbox,
            hub=self._core.hub,
            clock=self._core.clock,
            limits=self._limits,
            rate=None if exempt else settings.signal_rate,
            metrics=self._core.metrics,
        )

    def _hold(self, session: GroupSession, visit: Visit) -> None:
        """A player's socket stays as long as his token allows, if its dialect can bring the next."""
        if visit.account is not None:
            native = visit.native
            stay = self._held.hold(session, visit.caller, answers=native, outlives=not native)
            session.renew = partial(self._held.renew, stay)
            self._stays[session] = stay

    def _lose_socket(self, session: GroupSession) -> None:
        session.lose_socket()
        stay = self._stays.pop(session, None)
        if stay is not None:
            self._held.release(stay)

    async def _place(self, session: GroupSession, visit: Visit) -> Joined:
        """A place of its own: the former one if it can still be had, else a new one."""
        groups, pepper = self._core.store.groups, self._core.current.settings.pepper
        place = place_in(pepper, visit.key, visit.resume or "", visit.account)
        joined: Joined | Full | UnknownNode | None = None
        if place is not None:
            joined = await groups.resume(*place, session.address)
        if joined is None:
            peer = PeerId(str(uuid.uuid4()))
            member = Member(peer, session.address, visit.native, visit.name, visit.account)
            fresh = GroupId(secrets.token_urlsafe(12))
            joined = await groups.join(Joining(visit.key, fresh, member, visit.limit))
        if isinstance(joined, Full):
            raise RoomFull(retry_after=5)
        if isinstance(joined, UnknownNode):
            raise StoreUnavailable("This node is registering with the store.", retry_after=1)
        return joined

    def _take_in(self, session: GroupSession, visit: Visit, joined: Joined) -> None:
        """Sync, so that nobody hears of a socket before its session knows whom it meets."""
        former = self._by_peer.get(joined.member.peer)
        if former is not None and former.address != joined.former:
            former = None
        session.begin(joined)
        session.identity = visit.turn
        self._sessions[session] = None
        self._by_peer[session.peer] = session
        ice = self._first_ice(session, visit) if visit.native else None
        session.greet(self._welcome(session, joined, ice), former, moved=joined.former is not None)
        self._core.announcer.tell(joined.departures)
        if joined.former is not None and former is None:
            elsewhere = Ended(Close.REPLACED, "replaced by a newer socket")
            self._core.hub.post(joined.former, elsewhere)
        news = came(joined.member)
        for other in joined.met:
            self._core.hub.post(other.address, news)
        if session.address.node != self._core.hub.node:
            session.end(Close.RESTART, AWAY)
        self._core.journal.happened(
            "group.entered" if joined.former is None else "group.resumed",
            group=joined.group,
            peer=joined.member.peer,
            account=visit.account,
            peers=len(joined.met) + 1,
        )

    def _welcome(self, session: GroupSession, joined: Joined, ice: IceAnswer | None) -> bytes:
        # Matchbox has no word for a roster, and many may be here.
        met = joined.met if session.dialect.native else ()
        roster = dialects.shown((one.peer, one.name, one.account) for one in met)
        member = session.member
        pepper, place = self._core.current.settings.pepper, (joined.group, member.peer)
        resume = proof_of(pepper, session.key, place, member.account)
        arrival = Arrival(session.peer, resume, joined.former is not None, roster)
        return session.dialect.welcome(arrival, ice)

    def _first_ice(self, session: GroupSession, visit: Visit) -> IceAnswer:
        if visit.turn is None:
            return self._ice.stun()
        ice = self._ice.fresh(visit.turn, None)
        session.push_at = self._push_at(ice)
        return ice

    def _supply(self, session: GroupSession, identity: str, wall: float) -> None:
        if wall >= session.push_at:
            ice = self._ice.fresh(identity, None)
            session.push_ice(ice, self._push_at(ice))

    def _push_at(self, ice: IceAnswer) -> float:
        settings = self._core.current.settings
        return ice.ice_expires_at - settings.turn.ttl * (1 - settings.refresh_after)

    def _drop(self, session: GroupSession) -> None:
        self._sessions.pop(session, None)
        self._core.hub.unregister(session.address)
        if self._by_peer.get(session.peer) is session:
            del self._by_peer[session.peer]

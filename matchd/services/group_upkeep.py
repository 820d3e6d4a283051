"""Places of groups, kept as the sockets are: left, kept for who may come back, compared with the store.

A socket may go while the store can't be reached, or before its answer is here; then its leaving is
owed, and settled once the store is back. Those it met are told then and not before: until the store
knows, whoever comes next would still be shown it. Where news or the store's memory may have been lost,
each group of this node is compared with what the store says; nobody leaves in the middle of that, or he
would be put back.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import trio

from matchd.domain.groups import Departure, Group
from matchd.domain.ids import GroupId
from matchd.errors import StoreUnavailable
from matchd.protocol.news import Close
from matchd.services.core import Core
from matchd.services.group_session import GroupSession
from matchd.services.mending import Trusted
from matchd.services.together import Pause, all_done, for_each
from matchd.store.ports import Affirmed, UnknownNode


class GroupUpkeep:
    """Keeps the store's groups and the sessions of this node together."""

    def __init__(self, core: Core) -> None:
        self._core = core
        # Changed only in sync functions.
        self._owed: dict[GroupSession, None] = {}
        self._affirming: dict[GroupId, trio.Event] = {}

    def owe(self, session: GroupSession) -> None:
        """The store may have given this socket a place, or not: `settle` takes it."""
        self._owed[session] = None

    async def take_out(self, session: GroupSession) -> None:
        """Give a place up, or keep it for who is away; the store hears of it later if it is away."""
        try:
            await self._take_out(session)
        except StoreUnavailable:
            self.owe(session)
        except BaseException:
            self.owe(session)
            raise

    async def settle(self) -> None:
        """Take out who is owed; whoever the store is away for is left for the next time."""
        await for_each(self._owed, self._settle)

    async def mend(self, sessions: Iterable[GroupSession], trusted: Trusted, pause: Pause) -> bool:
        """Compare each group, with a pause between some; False when some could not be."""
        by_group: dict[GroupId, list[GroupSession]] = {}
        for session in sessions:
            by_group.setdefault(session.group, []).append(session)

        async def one(mine: list[GroupSession]) -> bool:
            return await self._mend(mine, trusted)

        return await all_done(by_group.values(), one, pause)

    async def _settle(self, session: GroupSession) -> None:
        with suppress(StoreUnavailable):
            await self._take_out(session)
            self._owed.pop(session, None)

    async def _take_out(self, session: GroupSession) -> None:
        while (affirmed := self._affirming.get(session.group)) is not None:
            await affirmed.wait()
        groups, where = self._core.store.groups, session.address
        departure: Departure | None
        if not session.begun:
            departure = await groups.vacate(where)
        elif session.away_since is None:
            departure = await groups.leave(session.group, session.peer, where)
        else:
            departure = await self._keep(session)
        if departure is not None:
            self._core.announcer.tell((departure,))

    async def _keep(self, session: GroupSession) -> Departure | None:
        """Keep the place of who is away, unless he is told not to come back meanwhile."""
        groups, place = self._core.store.groups, (session.group, session.peer, session.address)
        if not await groups.linger(*place, self._core.clock.now()):
            session.end(Close.GONE, "its place is lost")
        elif session.lost:
            return await groups.leave(*place)
        return None

    async def _mend(self, sessions: list[GroupSession], trusted: Trusted) -> bool:
        mine = {one: one.changes for one in sessions if one.is_here}
        if not mine:
            return True
        affirmed = await self._affirm(list(mine), restore=not trusted())
        if not isinstance(affirmed, Affirmed):
            # Of a lease that ended, or one the store forgot: that is for the node to find out.
            return all(session.address.node != self._core.hub.node for session in mine)
        complete = True
        for session, changes in mine.items():
            if session.peer in affirmed.taken:
                session.end(Close.REPLACED, "replaced by a newer socket")
            elif session.peer not in affirmed.group.members:
                session.end(Close.RESTART, "its place is lost")
            elif session.changes == changes:
                session.compare(affirmed.group, trusted=trusted())
            else:
                complete = False  # news that came meanwhile is newer than the answer
        return complete

    async def _affirm(
        self, sessions: list[GroupSession], *, restore: bool
    ) -> Affirmed | UnknownNode:
        told = _told(sessions)
        done = self._affirming[told.id] = trio.Event()
        try:
            return await self._core.store.groups.affirm(told, restore=restore)
        finally:
            del self._affirming[told.id]
            done.set()


def _told(sessions: list[GroupSession]) -> Group:
    first = sessions[0]
    return Group(
        id=first.group,
        key=first.key.digest,
        next=first.key.next,
        topology=first.key.topology,
        closed=any(session.is_complete for session in sessions),
        seq=max(session.company.latest for session in sessions),
        members={one.peer: one.member for one in sorted(sessions, key=lambda s: s.member.seq)},
    )

"""The way into the rooms that anybody may make up, and to their ICE servers (wire.md 3).

Guests may come where the configuration allows them; a token or a ticket makes a player, whose newest
socket has the place. Only players get TURN, or everybody where guests may. A caller who comes too often
is refused before any store is asked.
"""

from __future__ import annotations

from matchd.domain.callers import Caller
from matchd.errors import Unauthorized
from matchd.protocol.bookings import IceAnswer
from matchd.protocol.group_requests import GroupTarget
from matchd.services.admission import Admission, Presented
from matchd.services.group_session import GroupSession
from matchd.services.groups import GroupService, Visit
from matchd.services.ice import IceService
from matchd.services.limits import Limiter
from matchd.services.outbox import Outbox
from matchd.services.settings import Current, GroupLimits


class GroupDoor:
    """Says who comes, and lets him in."""

    def __init__(
        self,
        current: Current,
        groups: GroupService,
        *,
        admission: Admission,
        ice: IceService,
        limiter: Limiter,
        limits: GroupLimits,
    ) -> None:
        self._current = current
        self._groups = groups
        self._admission = admission
        self._ice = ice
        self._limiter = limiter
        self._limits = limits

    async def check(self, target: GroupTarget, presented: Presented) -> None:
        """Refuse exactly what `enter` would refuse now; changes and spends nothing."""
        self._limiter.peek(self._admission.claimed(presented), "connects")
        await self._look(target, presented)

    async def enter(
        self, target: GroupTarget, presented: Presented, outbox: Outbox
    ) -> GroupSession:
        """Let a socket in, or refuse it."""
        self._limiter.check(self._admission.claimed(presented), "connects")
        caller = await self._look(target, presented)
        await self._admission.spend(presented)
        visit = Visit(
            key=target.key,
            caller=caller,
            limit=self._limits.peers,
            native=target.native,
            resume=target.resume,
            name=caller.name,
            turn=self._turn_name(caller),
        )
        return await self._groups.admit(visit, outbox)

    async def ice(self, presented: Presented) -> IceAnswer:
        """ICE servers in one entry, for a socket that takes exactly one."""
        if presented.ticket is not None:
            self._limiter.check(self._admission.claimed(presented), "connects")
        caller = await self._visitor(presented)
        await self._admission.spend(presented)
        name = self._turn_name(caller)
        self._limiter.check(caller, "credentials", name)
        return self._ice.merged(self._ice.stun() if name is None else self._ice.fresh(name, None))

    async def _look(self, target: GroupTarget, presented: Presented) -> Caller:
        caller = await self._visitor(presented)
        await self._groups.look(target.key, self._limits.peers)
        return caller

    async def _visitor(self, presented: Presented) -> Caller:
        caller = await self._admission.visitor(presented)
        if caller.is_guest and not self._current.settings.guests_rooms:
            raise Unauthorized("Guests can't join rooms here; log in first.")
        return caller

    def _turn_name(self, caller: Caller) -> str | None:
        """Whose TURN credentials the caller gets, if any."""
        if caller.is_guest and not self._current.settings.turn_guests:
            return None
        return caller.identity

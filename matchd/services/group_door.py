"""The way into the rooms that anybody may make up, and to their ICE servers (wire.md 3).

Guests may come where the configuration allows them; a token or a ticket makes a player, whose newest
socket has the place. Only players get TURN, or everybody where guests may. A caller who comes too often
is refused before any store is asked.
"""

from __future__ import annotations

from matchd.domain.callers import Caller
from matchd.domain.ids import AccountId
from matchd.errors import Draining, Outsider, Unauthorized
from matchd.protocol.bookings import IceAnswer
from matchd.protocol.group_requests import GroupTarget
from matchd.services.accounts import AccountService
from matchd.services.auth import Authenticator
from matchd.services.core import Core
from matchd.services.group_session import GroupSession
from matchd.services.groups import GroupService, Visit
from matchd.services.ice import IceService
from matchd.services.limits import Limiter
from matchd.services.outbox import Outbox
from matchd.services.settings import GroupLimits
from matchd.services.tickets import Tickets


class GroupDoor:
    """Says who comes, and lets him in."""

    def __init__(
        self,
        core: Core,
        groups: GroupService,
        *,
        auth: Authenticator,
        ice: IceService,
        limiter: Limiter,
        accounts: AccountService,
        tickets: Tickets,
        limits: GroupLimits,
    ) -> None:
        self._core = core
        self._groups = groups
        self._auth = auth
        self._ice = ice
        self._limiter = limiter
        self._accounts = accounts
        self._tickets = tickets
        self._limits = limits

    async def check(self, target: GroupTarget, address: str, bearer: str | None) -> None:
        """Refuse exactly what `enter` would refuse now; changes and spends nothing."""
        caller = self._by_token(target, address, bearer)
        self._limiter.peek(caller, "connects")
        await self._check(caller, target)

    async def enter(
        self, target: GroupTarget, address: str, bearer: str | None, outbox: Outbox
    ) -> GroupSession:
        """Let a socket in, or refuse it."""
        caller = self._by_token(target, address, bearer)
        self._limiter.check(caller, "connects")
        await self._check(caller, target)
        if target.ticket is not None:
            caller = await self._tickets.redeem(target.ticket, target.path, caller)
        visit = Visit(
            key=target.key,
            address=address,
            limit=self._limits.peers,
            native=target.native,
            resume=target.resume,
            name=caller.name,
            account=None if caller.account is None else AccountId(caller.account),
            turn=self._turn_name(caller),
        )
        return await self._groups.admit(visit, outbox)

    async def ice(
        self, token: str | None, ticket: str | None, path: str, address: str
    ) -> IceAnswer:
        """ICE servers in one entry, for a socket that takes exactly one."""
        caller = self._auth.player(token, address)
        if ticket is not None:
            self._limiter.check(caller, "connects")
            caller = await self._tickets.redeem(ticket, path, caller)
        await self._admit(caller)
        name = self._turn_name(caller)
        self._limiter.check(caller, "credentials", name)
        return self._ice.merged(self._ice.stun() if name is None else self._ice.fresh(name, None))

    def _by_token(self, target: GroupTarget, address: str, bearer: str | None) -> Caller:
        if self._core.current.draining:
            raise Draining(retry_after=2)
        if self._core.current.outsider:
            raise Outsider(retry_after=5)
        if target.ticket is not None:
            return self._auth.guest(address)
        return self._auth.player(target.token or bearer, address)

    async def _check(self, caller: Caller, target: GroupTarget) -> None:
        if target.ticket is not None:
            caller = await self._tickets.look(target.ticket, target.path, caller)
        await self._admit(caller)
        await self._groups.look(target.key, self._limits.peers)

    async def _admit(self, caller: Caller) -> None:
        if caller.is_guest and not self._core.current.settings.guests_rooms:
            raise Unauthorized("Guests can't join rooms here; log in first.")
        await self._accounts.admit(caller)

    def _turn_name(self, caller: Caller) -> str | None:
        """Whose TURN credentials the caller gets, if any."""
        if caller.is_guest and not self._core.current.settings.turn_guests:
            return None
        return caller.identity

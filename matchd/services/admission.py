"""Who opens a socket, by what its upgrade brings: a token in the header or the query, or a ticket
(wire.md 1.2). Every route whose sockets are a player's asks here, its plain-GET twin too.
"""

from __future__ import annotations

import msgspec

from matchd.domain.callers import Caller
from matchd.errors import BadToken, Draining, Outsider, Unauthorized
from matchd.services.accounts import AccountService
from matchd.services.auth import Authenticator
from matchd.services.limits import Limiter
from matchd.services.settings import Current
from matchd.services.tickets import Tickets


class Presented(msgspec.Struct, frozen=True):
    """What an upgrade brings. `path` is where it goes, since a ticket is good for one path; `address`
    is its network address behind trusted proxies.
    """

    path: str
    address: str
    token: str | None = None
    ticket: str | None = None


class Admission:
    """Lets players in."""

    def __init__(
        self,
        current: Current,
        auth: Authenticator,
        limiter: Limiter,
        tickets: Tickets,
        accounts: AccountService,
    ) -> None:
        self._current = current
        self._auth = auth
        self._limiter = limiter
        self._tickets = tickets
        self._accounts = accounts

    def claimed(self, presented: Presented) -> Caller:
        """Who it is by his token, or else a guest, before any store is asked."""
        if self._current.draining:
            raise Draining(retry_after=2)
        if self._current.outsider:
            raise Outsider(retry_after=5)
        if presented.token is not None:
            return self._auth.member(presented.token, presented.address)
        return self._auth.guest(presented.address)

    async def look(self, presented: Presented) -> Caller:
        """The player, or a refusal; spends nothing. A token counts before a ticket."""
        caller = await self.visitor(presented)
        if caller.is_guest:
            raise Unauthorized("A player's token or a ticket is needed.")
        return caller

    async def visitor(self, presented: Presented) -> Caller:
        """The same where guests may come too: whoever brings nothing is one."""
        caller = self.claimed(presented)
        if presented.token is None and presented.ticket is not None:
            caller = await self._by_ticket(presented.ticket, presented)
        await self._accounts.admit(caller)
        return caller

    def guest(self, presented: Presented) -> Caller:
        """Whoever comes, before he has said who he is."""
        return self._auth.guest(presented.address)

    async def spend(self, presented: Presented) -> None:
        """Use up the ticket, if one it is that lets this socket in; BadToken when another has."""
        if presented.token is None and presented.ticket is not None:
            guest = self._auth.guest(presented.address)
            await self._tickets.redeem(presented.ticket, presented.path, guest)

    async def _by_ticket(self, ticket: str, presented: Presented) -> Caller:
        guest = self._auth.guest(presented.address)
        try:
            return await self._tickets.look(ticket, presented.path, guest)
        except BadToken:
            self._limiter.check_address(guest.address, guest.address_key, "failures")
            raise

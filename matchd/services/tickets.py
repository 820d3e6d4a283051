"""Tickets: a stand-in for a token where only the URL can carry one (wire.md 1.2).

A ticket is sealed, for one account and one path, good for `LIFE` seconds, and spent by the upgrade that
accepts it; the plain-GET twin only looks at it. It is void as soon as the token that asked for it would
be.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets

import msgspec

from matchd.domain.callers import Caller, Role
from matchd.domain.ids import LoginId
from matchd.errors import BadToken, InvalidRequest
from matchd.protocol.accounts import TICKET_PATH
from matchd.services.people import People
from matchd.services.seals import Seals

LIFE = 30
"""Seconds that a ticket is good."""

_KIND = "ticket"
_USED = "This ticket was used already."
_PATH = re.compile(TICKET_PATH, re.ASCII)


class _Ticket(msgspec.Struct, frozen=True, array_like=True):
    """What is sealed; times in Unix seconds. `nonce` tells two tickets of one second apart;
    `expires_at` is when the token does that asked for it.
    """

    path: str
    account: str
    name: str | None
    login: str | None
    issued_at: int
    until: int
    nonce: str
    expires_at: int | None


class Tickets:
    """Issues tickets and takes them back."""

    def __init__(self, people: People, seals: Seals) -> None:
        self._people = people
        self._seals = seals

    def issue(self, caller: Caller, path: str) -> str:
        """A ticket of a player for one path; no store is asked."""
        self._people.limiter.check(caller, "tickets")
        if _PATH.fullmatch(path) is None:
            raise InvalidRequest("`for` must be a path: / and what follows it, without a query.")
        assert caller.account is not None
        now = int(self._people.clock.wall())
        ticket = _Ticket(
            path=_trimmed(path),
            account=caller.account,
            name=caller.name,
            login=caller.login,
            issued_at=max(now, self._people.revocations.first_valid(caller.account)),
            until=now + LIFE,
            nonce=secrets.token_urlsafe(9),
            expires_at=caller.expires_at,
        )
        sealed = self._seals.close(_KIND, msgspec.json.encode(ticket))
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode("ascii")

    async def look(self, text: str, path: str, guest: Caller) -> Caller:
        """The player whose ticket this is; BadToken when it is not (any more) good here."""
        ticket = self._read(text, path)
        if await self._people.store.spent.is_spent(_KIND, _digest(ticket)):
            raise BadToken(_USED)
        return self._caller(ticket, guest)

    async def redeem(self, text: str, path: str, guest: Caller) -> Caller:
        """The same, once: the ticket is spent by this."""
        ticket = self._read(text, path)
        now, spent = self._people.clock.wall(), self._people.store.spent
        if not await spent.spend(_KIND, _digest(ticket), ticket.until, now):
            raise BadToken(_USED)
        return self._caller(ticket, guest)

    def _read(self, text: str, path: str) -> _Ticket:
        payload = self._seals.open(_KIND, _decoded(text))
        if payload is None:
            raise BadToken
        ticket = msgspec.json.decode(payload, type=_Ticket)
        late = ticket.until <= self._people.clock.wall()
        revocations = self._people.revocations
        void = revocations.is_void(ticket.account, ticket.login, ticket.issued_at)
        if late or void or ticket.path != _trimmed(path):
            raise BadToken
        return ticket

    def _caller(self, ticket: _Ticket, guest: Caller) -> Caller:
        return Caller(
            Role.PLAYER,
            guest.address,
            guest.address_key,
            ticket.account,
            name=ticket.name,
            login=None if ticket.login is None else LoginId(ticket.login),
            issued_at=ticket.issued_at,
            expires_at=ticket.expires_at,
        )


def _digest(ticket: _Ticket) -> bytes:
    return hashlib.sha256(ticket.nonce.encode()).digest()


def _trimmed(path: str) -> str:
    return path.rstrip("/") or "/"


def _decoded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text.encode("ascii") + b"==")
    except (UnicodeEncodeError, binascii.Error):
        raise BadToken from None

"""Accounts for administrators: finding one, banning it, letting it in again (wire.md 9).

The command line does the same to the store beside a running daemon (`matchd user`). A ban is in the log
of revocations when its step returns, so tokens are void and sockets closed at once here, and on every
other node as soon as it reads on.
"""

from __future__ import annotations

from matchd.clock import Clock
from matchd.domain import ids
from matchd.domain.accounts import Account
from matchd.domain.friends import Standing
from matchd.domain.ids import AccountId, Handle
from matchd.errors import InvalidRequest, UnknownPlayer
from matchd.protocol.moderation import AccountDetails, AccountEntry, BanBody, details, entry
from matchd.services.revocations import Revocations
from matchd.services.searching import Page
from matchd.store.ports import Store


class Moderation:
    """The accounts of all people."""

    def __init__(self, store: Store, clock: Clock, revocations: Revocations) -> None:
        self._store = store
        self._clock = clock
        self._revocations = revocations

    async def page(self, text: str, after: str | None, limit: int) -> Page[AccountEntry]:
        """Accounts whose name begins so, in order of names; of an id the one that has it."""
        now = self._clock.wall()
        account_id = _as_id(text)
        account = None if account_id is None else await self._store.accounts.get(account_id)
        if account is not None:
            return Page((entry(account, now),), None)
        behind = None if after is None else ids.handle(after, "cursor")
        found = await self._store.accounts.page(text, behind, limit)
        cursor = found[-1].handle if len(found) == limit else None
        return Page(tuple(entry(account, now) for account in found), cursor)

    async def find(self, who: str) -> Account:
        """The account of this name, or id; UnknownPlayer when there is none."""
        account_id, handle = _as_id(who), _as_handle(who)
        found = None if account_id is None else await self._store.accounts.get(account_id)
        if found is None and handle is not None:
            found = await self._store.accounts.by_handle(handle)
        if found is None:
            raise UnknownPlayer
        return found

    async def show(self, who: str) -> AccountDetails:
        """One account."""
        account = await self.find(who)
        kept = await self._store.accounts.export(account.id)
        if kept is None:
            raise UnknownPlayer
        lobby = await self._store.lobbies.of(account.id)
        stand = await self._store.queue.stand(account.id, self._clock.now())
        return details(
            kept.account,
            self._clock.wall(),
            logins=kept.logins,
            friends=sum(line.standing is Standing.FRIEND for line in kept.friends),
            lobby=None if lobby is None else lobby.id,
            game=None if stand.game is None else stand.game.id,
        )

    async def ban(self, account_id: AccountId, body: BanBody) -> AccountEntry:
        """Shut an account out, in place of any former ban: its logins end and its sockets close."""
        now = self._clock.wall()
        banned = await self._store.accounts.ban(account_id, body.ban(now), now)
        if banned is None:
            raise UnknownPlayer
        await self._revocations.read()
        return entry(banned, now)

    async def unban(self, account_id: AccountId) -> AccountEntry:
        """Let an account in again."""
        account = await self._store.accounts.unban(account_id)
        if account is None:
            raise UnknownPlayer
        return entry(account, self._clock.wall())


def _as_id(text: str) -> AccountId | None:
    try:
        return ids.account_id(text, "id")
    except InvalidRequest:
        return None


def _as_handle(text: str) -> Handle | None:
    try:
        return ids.handle(text, "name")
    except InvalidRequest:
        return None

"""Accounts: signing up, looking at oneself, changing the password, leaving for good (wire.md 4).

What a caller does to his account he does to the one of his token; whether the password or the key is
still his is asked again before the account is erased.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Protocol

from matchd.domain import ids
from matchd.domain.accounts import (
    Account,
    Kind,
    fold,
    foreign_handle,
    key_account_id,
    new_name,
    tame,
)
from matchd.domain.callers import Caller
from matchd.domain.chat import other_of
from matchd.domain.ids import AccountId, ChatId
from matchd.domain.played import Played
from matchd.errors import AccountBanned, BadCredentials, BadToken, InvalidRequest, NameTaken
from matchd.protocol.accounts import (
    ChatEntry,
    ExportAnswer,
    FriendEntry,
    KeyProof,
    LoggedIn,
    Me,
    PasswordBody,
    PasswordProof,
    SignUpBody,
    exported,
    me,
)
from matchd.protocol.reports import own
from matchd.services.logins import LoginService, notice
from matchd.services.passwords import given_password, new_password
from matchd.services.people import People
from matchd.store.ports import Created, GamesPort

EXPORTED = 500
"""Messages, and games, that are read at once for an export."""


class Mourner(Protocol):
    """Somebody who tells others that an account is gone."""

    async def prepare(self, account: Account) -> Callable[[], None]:
        """Look up what goes with an account; what to call once it has gone."""


class AccountService:
    """The accounts of all people."""

    def __init__(self, people: People, logins: LoginService, games: GamesPort) -> None:
        # Fixed after construction.
        self._people = people
        self._logins = logins
        self._games = games
        # Changed only in sync functions.
        self._mourners: list[Mourner] = []

    def attach(self, mourner: Mourner) -> None:
        """Have somebody tell of deletions."""
        self._mourners.append(mourner)

    async def sign_up(self, caller: Caller, body: SignUpBody) -> LoggedIn:
        """A new password account, logged in at once; of two that want one name the first has it."""
        self._people.limiter.check_address(caller.address, caller.address_key, "signups")
        name, password = new_name(body.name, "name"), new_password(body.password, "password")
        accounts = self._people.store.accounts
        if await accounts.by_handle(name) is not None:
            raise NameTaken  # before the dear part; the store decides between two at once
        hashed, now = await self._people.passwords.hash(password), self._people.clock.wall()
        account = Account(
            id=AccountId(f"u_{secrets.token_urlsafe(16)}"),
            kind=Kind.PASSWORD,
            handle=name,
            created_at=now,
            seen_at=now,
            password_hash=hashed,
        )
        entered = await self._logins.found(account, body.device)
        self._people.journal.happened("audit.sign_up", account=account.id, address=caller.address)
        return entered

    async def is_known(self, caller: Caller, name: str) -> bool:
        """Whether somebody is called so."""
        self._people.limiter.check_address(caller.address, caller.address_key, "lookups")
        try:
            handle = ids.handle(name, "name")
        except InvalidRequest:
            return False
        return await self._people.store.accounts.by_handle(handle) is not None

    async def admit(self, caller: Caller) -> None:
        """Refuse a banned account whose token no login gave, so that no revocation voids it."""
        if caller.account is None or caller.login is not None:
            return
        _, ban = await self._people.bans.look(caller.account)
        if ban is not None:
            raise AccountBanned(notice(ban))

    async def mine(self, caller: Caller) -> Account:
        """The caller's account; that of a foreign issuer is there from the first time on."""
        await self.admit(caller)
        account_id = AccountId(caller.account or "")
        account = await self._people.store.accounts.get(account_id)
        if account is None and account_id.startswith("x_"):
            account = await self._welcome(account_id, caller.name or "")
        if account is None:
            raise BadToken
        return account

    async def me(self, caller: Caller) -> Me:
        """The caller's account and its logins."""
        account = await self.mine(caller)
        logins = await self._people.store.logins.of_account(account.id)
        return me(account, logins, caller.login)

    async def export(self, caller: Caller) -> ExportAnswer:
        """All that is kept of the caller."""
        account = await self.mine(caller)
        kept = await self._people.store.accounts.export(account.id)
        if kept is None:
            raise BadToken
        friends = tuple(
            FriendEntry(id=line.other, state=line.standing.value, since=int(line.since))
            for line in kept.friends
        )
        reports = await self._people.store.reports.of_account(account.id)
        return exported(
            kept.account,
            kept.logins,
            friends=friends,
            chat=await self._written(account.id),
            reports=tuple(own(report) for report in reports),
            games=await self._played(account.id),
            ratings=await self._games.rated(account.id),
        )

    async def _played(self, account: AccountId) -> list[Played]:
        """All games of an account that are kept, the latest first."""
        played: list[Played] = []
        after: str | None = None
        while found := await self._games.history(account, after, EXPORTED):
            played += [one for _, one in found]
            after = found[-1][0]
        return played

    async def _written(self, author: AccountId) -> tuple[ChatEntry, ...]:
        """All that an account has written in the chat."""
        entries: list[ChatEntry] = []
        after: tuple[ChatId, int] | None = None
        while found := await self._people.store.chat.written(author, after, EXPORTED):
            for message in found:
                other = other_of(message.room, author)
                entries.append(
                    ChatEntry(
                        room=message.room if other is None else f"@{other}",
                        seq=message.seq,
                        timestamp=int(message.at),
                        content=message.content,
                    )
                )
            after = found[-1].room, found[-1].seq
        return tuple(entries)

    async def change_password(self, caller: Caller, body: PasswordBody) -> None:
        """Put a new password in the place of the old one; all logins end but the caller's."""
        account = await self.mine(caller)
        self._people.limiter.check(caller, "logins")
        new, hashed = new_password(body.new, "new"), account.password_hash
        if hashed is None:
            raise InvalidRequest("This account has no password.")
        passwords = self._people.passwords
        if not await passwords.matches(hashed, given_password(body.old)):
            raise BadCredentials
        fresh, now = await passwords.hash(new), self._people.clock.wall()
        changed = await self._people.store.accounts.set_password(
            account.id, hashed, fresh, keep=caller.login, now=now
        )
        if not changed:
            raise BadCredentials
        self._people.journal.happened("audit.password", account=account.id, address=caller.address)
        await self._people.revocations.read()

    async def delete(self, caller: Caller, proof: PasswordProof | KeyProof | None) -> None:
        """Erase the caller's account, proved once more; a foreign one is proved by its token."""
        account = await self.mine(caller)
        if account.kind is not Kind.FOREIGN:
            if proof is None:
                raise InvalidRequest("`password` or `signature_b64` is missing.")
            if not _is_about(proof, account):
                raise BadCredentials
            await self._logins.prove(caller, proof)
        tell = [await mourner.prepare(account) for mourner in self._mourners]
        await self._people.store.accounts.delete(account.id, self._people.clock.wall())
        self._people.journal.happened("audit.delete", account=account.id, address=caller.address)
        for told in tell:
            told()
        await self._people.revocations.read()

    async def _welcome(self, account_id: AccountId, name: str) -> Account:
        """Make the account of somebody that a foreign issuer vouches for; his name, or if another of
        that issuer is called so, his name and a number, the longer the more are called so.
        """
        issuer, _, subject = account_id.removeprefix("x_").partition(":")
        now, digits = self._people.clock.wall(), ""
        for longer in range(8):
            account = Account(
                id=account_id,
                kind=Kind.FOREIGN,
                handle=foreign_handle(tame(name)[: 32 - len(digits)] + digits, issuer),
                created_at=now,
                seen_at=now,
                issuer=issuer,
                subject=subject,
            )
            created = await self._people.store.accounts.create(account)
            if isinstance(created, Created):
                return created.account
            digits = f"-{secrets.randbelow(10_000 * 10**longer)}"
        raise NameTaken


def _is_about(proof: PasswordProof | KeyProof, account: Account) -> bool:
    if isinstance(proof, PasswordProof):
        return fold(proof.name) == account.folded
    return key_account_id(proof.key) == account.id

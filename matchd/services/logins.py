"""Logins: from a proof to tokens, from a refresh token to the next, and out again (wire.md 4).

A refresh token is `<login id>.<secret>`; the store keeps its hash alone. Its successor follows from it
by a secret of the server, so whoever has lost an answer and asks again is given the same one
(domain/logins.py).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from contextlib import suppress
from datetime import UTC, datetime

from matchd.domain import ids
from matchd.domain.accounts import Account, Ban, Kind, fold, key_account_id, key_handle
from matchd.domain.callers import Caller, Role
from matchd.domain.ids import AccountId, LoginId
from matchd.domain.logins import Cause, Login
from matchd.errors import (
    AccountBanned,
    BadCredentials,
    BadToken,
    Forbidden,
    InvalidRequest,
    NameTaken,
    StoreUnavailable,
)
from matchd.log import get_logger
from matchd.protocol.accounts import AccountName, KeyProof, LoggedIn, PasswordProof
from matchd.services.people import People
from matchd.services.proofs import Proofs
from matchd.services.seals import Seals
from matchd.services.tokens import mint
from matchd.store.ports import Banned, Created, Opened, Reused

_log = get_logger()


class LoginService:
    """Lets people in and out."""

    def __init__(self, people: People, proofs: Proofs, seals: Seals) -> None:
        self._people = people
        self._proofs = proofs
        self._seals = seals
        self._happened = people.journal.happened

    async def enter(self, caller: Caller, proof: PasswordProof | KeyProof, device: str) -> LoggedIn:
        """Log in by whatever proves the account; the audit log has each attempt that was judged."""
        try:
            account = await self.prove(caller, proof)
            entered = await self.open(account, device)
        except (BadCredentials, AccountBanned) as error:
            refusal = error
        else:
            self._happened("audit.login", account=account.id, address=caller.address)
            return entered
        known, reason = await self._named(proof), refusal.code
        self._happened("audit.login_failed", why=reason, account=known, address=caller.address)
        raise refusal

    async def prove(self, caller: Caller, proof: PasswordProof | KeyProof) -> Account:
        """The account that a proof is good for; a key that is new here is an account from now on."""
        limiter = self._people.limiter
        if isinstance(proof, PasswordProof):
            limiter.check(caller, "logins", fold(proof.name)[:64])
            return await self._proofs.by_password(proof)
        limiter.check(caller, "logins", key_account_id(proof.key))
        await self._proofs.by_key(proof)
        return await self._key_account(proof)

    async def found(self, account: Account, device: str) -> LoggedIn:
        """A new account with its first login, in one step; NameTaken when its handle is not free."""
        login, refresh = self._made(account, device)
        if not isinstance(await self._people.store.accounts.create(account, login), Created):
            raise NameTaken
        return await self._answer(account, login.id, refresh)

    async def open(self, account: Account, device: str) -> LoggedIn:
        """A new login of an account that was proved."""
        logins, now = self._people.store.logins, self._people.clock.wall()
        login, refresh = self._made(account, device)
        match await logins.open(login, account.password_hash, now):
            case Opened():
                _log.info("login.opened", kind=account.kind.value)
                return await self._answer(account, login.id, refresh)
            case Banned(ban):
                raise AccountBanned(notice(ban))
        raise BadCredentials  # deleted, or its password changed, since it was proved

    async def refresh(self, caller: Caller, token: str) -> LoggedIn:
        """The next pair of tokens of a login; an old refresh token ends it."""
        self._people.limiter.check_address(caller.address, caller.address_key, "refreshes")
        login_id, now = _login_of(token), self._people.clock.wall()
        successor = f"{login_id}.{self._successor(token)}"
        rotated = await self._people.store.logins.rotate(
            login_id,
            _digest(token),
            _digest(successor),
            expires_at=now + self._people.current.settings.refresh_ttl,
            now=now,
        )
        if rotated is None:
            raise BadToken
        if isinstance(rotated, Reused):
            self._happened(
                "audit.reused",
                level="warning",
                account=rotated.login.account,
                login=login_id,
                address=caller.address,
            )
            await self._people.revocations.read()
            raise BadToken("This refresh token was used before; log in again.")
        account = await self._people.store.accounts.get(rotated.login.account)
        if account is None:
            raise BadToken
        return await self._answer(account, login_id, successor)

    async def leave(self, caller: Caller, *, everywhere: bool) -> None:
        """End the caller's login, or all of his account, with all that it has open."""
        logins, now = self._people.store.logins, self._people.clock.wall()
        if everywhere:
            await logins.close_all(_account_of(caller), Cause.LOGOUT, now)
        elif caller.login is None:
            raise Forbidden("This token was not given by a login, so there is none to end.")
        else:
            await logins.close(caller.login, Cause.LOGOUT, now)
        self._happened(
            "audit.logout",
            why="everywhere" if everywhere else None,
            account=caller.account,
            login=None if everywhere else caller.login,
        )
        await self._people.revocations.read()

    async def _named(self, proof: PasswordProof | KeyProof) -> AccountId | None:
        """The account that a proof is about, if there is one: a name that nobody has may be anything,
        a password too, and is not logged.
        """
        if isinstance(proof, KeyProof):
            return key_account_id(proof.key)
        try:
            handle = ids.handle(proof.name, "name")
        except InvalidRequest:
            return None
        with suppress(StoreUnavailable):
            account = await self._people.store.accounts.by_handle(handle)
            return None if account is None else account.id
        return None

    async def _key_account(self, proof: KeyProof) -> Account:
        now, accounts = self._people.clock.wall(), self._people.store.accounts
        made = Account(
            id=key_account_id(proof.key),
            kind=Kind.KEY,
            handle=key_handle(proof.username, proof.key),
            created_at=now,
            seen_at=now,
            public_key=proof.key,
            v2_only=proof.version == 2,
        )
        created = await accounts.create(made)
        if not isinstance(created, Created):
            raise NameTaken
        if created.account.v2_only and proof.version == 1:
            raise BadCredentials("This key has used version 2 of the login; use that.")
        if proof.version == 2 and not created.account.v2_only:
            await accounts.touch(made.id, now, v2=True)
        return created.account

    def _made(self, account: Account, device: str) -> tuple[Login, str]:
        """A login that is not kept yet, and its refresh token."""
        now, login_id = self._people.clock.wall(), LoginId(secrets.token_urlsafe(16))
        refresh = f"{login_id}.{secrets.token_urlsafe(32)}"
        login = Login(
            id=login_id,
            account=account.id,
            device=device,
            current=_digest(refresh),
            created_at=now,
            rotated_at=now,
            expires_at=now + self._people.current.settings.refresh_ttl,
        )
        return login, refresh

    async def _answer(self, account: Account, login_id: LoginId, refresh: str) -> LoggedIn:
        settings, revocations = self._people.current.settings, self._people.revocations
        await revocations.read()
        now = max(int(self._people.clock.wall()), revocations.first_valid(account.id))
        token = mint(
            settings.keyring,
            issuer=settings.issuer,
            role=Role.PLAYER,
            subject=account.id,
            name=account.handle,
            now=now,
            ttl=settings.token_ttl,
            login=login_id,
        )
        return LoggedIn(
            token=token,
            expires_in=settings.token_ttl,
            refresh_token=refresh,
            account=AccountName(id=account.id, name=account.handle),
        )

    def _successor(self, token: str) -> str:
        derived = self._seals.derive("refresh", token.encode())
        return base64.urlsafe_b64encode(derived).rstrip(b"=").decode("ascii")


def notice(ban: Ban) -> str:
    """What the player is told of a ban: until when, and why."""
    if ban.until is None:
        return f"This account is banned: {ban.reason}"
    end = datetime.fromtimestamp(ban.until, UTC)
    return f"This account is banned until {end:%Y-%m-%d %H:%M} UTC: {ban.reason}"


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _login_of(token: str) -> LoginId:
    try:
        return ids.login_id(token.partition(".")[0], "refreshToken")
    except InvalidRequest:
        raise BadToken from None


def _account_of(caller: Caller) -> ids.AccountId:
    return ids.account_id(caller.account or "", "sub")

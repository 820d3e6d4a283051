"""Accounts in Redis (wire.md 4). Backend-internal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import msgspec

from matchd.domain.accounts import Account, Ban, fold
from matchd.domain.ids import AccountId, Handle, LoginId
from matchd.domain.logins import Login
from matchd.store.ports import Created, Export, Friend, NameTaken
from matchd.store.redis.suites import SuiteCaller

CHUNK = 500
"""Accounts that one script looks up at most, so that it holds Redis for a few milliseconds only."""

ERASED = 250
"""Ties that one script takes out at most, likewise."""


class RedisAccounts:
    """The port of accounts over the scripts."""

    def __init__(self, caller: SuiteCaller) -> None:
        self._caller = caller

    async def create(self, account: Account, login: Login | None = None) -> Created | NameTaken:
        """Add an account with its first login, or return the one that is there."""
        raw = {**msgspec.to_builtins(account), "folded": account.folded}
        ask = {"account": raw, "login": msgspec.to_builtins(login)}
        answer = await self._caller.run("create", ask)
        while answer is not None and "erasing" in answer:
            await self._erase(account.id)
            answer = await self._caller.run("create", ask)
        if answer is None:
            return NameTaken()
        return Created(to_account(answer["account"]), answer["fresh"])

    async def get(self, account_id: AccountId) -> Account | None:
        """One account."""
        return _perhaps(await self._caller.run("account", {"id": account_id}))

    async def by_handle(self, handle: Handle) -> Account | None:
        """The account that is called so."""
        return _perhaps(await self._caller.run("account", {"folded": fold(handle)}))

    async def many(self, account_ids: Iterable[AccountId]) -> dict[AccountId, Account]:
        """Those that there are, one script for each group of them."""
        found: dict[AccountId, Account] = {}
        for chunk in chunks(account_ids):
            for raw in await self._caller.run("accounts", {"ids": chunk}):
                found[raw["id"]] = to_account(raw)
        return found

    async def page(self, prefix: str, after: Handle | None, limit: int) -> tuple[Account, ...]:
        """Accounts in order of their folded handles."""
        start, behind = fold(prefix), "" if after is None else fold(after)
        first = f"({behind}" if after is not None and behind >= start else f"[{start}"
        ask = {"first": first, "last": f"({start}\x7f", "limit": limit}
        return tuple(map(to_account, await self._caller.run("accounts_page", ask)))

    async def count(self) -> int:
        """How many there are."""
        return int(await self._caller.run("accounts_count", {}))

    async def touch(self, account_id: AccountId, now: float, *, v2: bool = False) -> Account | None:
        """Somebody was here."""
        return _perhaps(await self._caller.run("touch", {"id": account_id, "v2": v2}, now))

    async def show(self, account_id: AccountId, *, visible: bool) -> Account | None:
        """Say whether friends see the presence of an account."""
        return _perhaps(await self._caller.run("show", {"id": account_id, "visible": visible}))

    async def rehash(self, account_id: AccountId, old: str, new: str) -> bool:
        """Replace the hash of the same password."""
        ask = {"id": account_id, "old": old, "new": new, "ends": False}
        return bool(await self._caller.run("set_password", ask))

    async def set_password(
        self, account_id: AccountId, old: str | None, new: str, *, keep: LoginId | None, now: float
    ) -> bool:
        """Replace the password's hash and end logins."""
        ask = {"id": account_id, "old": old, "new": new, "ends": True, "keep": keep}
        return bool(await self._caller.run("set_password", ask, now))

    async def ban(self, account_id: AccountId, ban: Ban, now: float) -> Account | None:
        """Shut an account out."""
        ask = {"id": account_id, "ban": msgspec.to_builtins(ban)}
        return _perhaps(await self._caller.run("ban", ask, now))

    async def unban(self, account_id: AccountId) -> Account | None:
        """Let an account in again."""
        return _perhaps(await self._caller.run("ban", {"id": account_id}))

    async def delete(self, account_id: AccountId, now: float) -> Account | None:
        """Erase an account with what hangs on it; very many ties go in steps behind it."""
        answer = await self._caller.run("delete", {"id": account_id, "limit": ERASED}, now)
        if answer is None:
            return None
        if answer["more"]:
            await self._erase(account_id)
        return to_account(answer["account"])

    async def export(self, account_id: AccountId) -> Export | None:
        """All that is kept of an account."""
        raw = await self._caller.run("export", {"id": account_id})
        if raw is None:
            return None
        friends = tuple(msgspec.convert(line, Friend) for line in raw["friends"])
        logins = tuple(msgspec.convert(login, Login) for login in raw["logins"])
        return Export(to_account(raw["account"]), logins, friends)

    async def _erase(self, account_id: AccountId) -> None:
        while await self._caller.run("erase", {"id": account_id, "limit": ERASED}):
            pass


def to_account(raw: Any) -> Account:
    """An account as scripts answer it."""
    return msgspec.convert(raw, Account)


def chunks(account_ids: Iterable[AccountId]) -> Iterator[list[AccountId]]:
    """The ids in groups that one script looks up."""
    rest = iter(account_ids)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def _perhaps(raw: Any) -> Account | None:
    return None if raw is None else to_account(raw)

"""Logins in Redis, and the log of what was revoked (wire.md 4). Backend-internal."""

from __future__ import annotations

import base64

import msgspec

from matchd.domain.accounts import Ban
from matchd.domain.ids import AccountId, LoginId
from matchd.domain.logins import MOST, OVERLAP, Cause, Login
from matchd.store.ports import (
    Banned,
    Opened,
    Outdated,
    Reused,
    Revoked,
    Rotated,
    UnknownAccount,
)
from matchd.store.redis.suites import SuiteCaller

SWEEP_LIMIT = 500
"""Records of a kind that one script removes at most, so that it holds Redis for a few milliseconds."""


class RedisLogins:
    """The port of logins over the scripts."""

    def __init__(self, caller: SuiteCaller) -> None:
        self._caller = caller

    async def open(
        self, login: Login, verified: str | None, now: float
    ) -> Opened | UnknownAccount | Banned | Outdated:
        """Add a login."""
        ask = {"login": msgspec.to_builtins(login), "verified": verified, "most": MOST}
        out = await self._caller.run("open", ask, now)
        match out["kind"]:
            case "unknown":
                return UnknownAccount()
            case "banned":
                return Banned(msgspec.convert(out["ban"], Ban))
            case "outdated":
                return Outdated()
        return Opened(login, tuple(out["ended"]))

    async def rotate(
        self,
        login_id: LoginId,
        presented: bytes,
        successor: bytes,
        *,
        expires_at: float,
        now: float,
    ) -> Rotated | Reused | None:
        """Put a token's successor in its place."""
        ask = {
            "id": login_id,
            "presented": _text(presented),
            "successor": _text(successor),
            "expires_at": expires_at,
            "overlap": OVERLAP,
        }
        out = await self._caller.run("rotate", ask, now)
        if out is None:
            return None
        login = msgspec.convert(out["login"], Login)
        if out["kind"] == "reused":
            return Reused(login)
        return Rotated(login, repeated=out["kind"] == "repeated")

    async def get(self, login_id: LoginId) -> Login | None:
        """One login."""
        raw = await self._caller.run("login", {"id": login_id})
        return None if raw is None else msgspec.convert(raw, Login)

    async def of_account(self, account_id: AccountId) -> tuple[Login, ...]:
        """The logins of an account."""
        raws = await self._caller.run("logins", {"account": account_id})
        return tuple(msgspec.convert(raw, Login) for raw in raws)

    async def close(self, login_id: LoginId, cause: Cause, now: float) -> Login | None:
        """End one login."""
        raw = await self._caller.run("close", {"id": login_id, "cause": cause.value}, now)
        return None if raw is None else msgspec.convert(raw, Login)

    async def close_all(
        self, account_id: AccountId, cause: Cause, now: float, *, keep: LoginId | None = None
    ) -> tuple[LoginId, ...]:
        """End all logins of an account but `keep`."""
        ask = {"account": account_id, "cause": cause.value, "keep": keep}
        return tuple(await self._caller.run("close_all", ask, now))

    async def revoked_since(self, cursor: int, limit: int) -> Revoked:
        """Entries of the log after a cursor."""
        raw = await self._caller.run("revoked", {"cursor": cursor, "limit": limit})
        entries = [{"login": None, **entry} for entry in raw["entries"]]
        return msgspec.convert({**raw, "entries": entries}, Revoked)

    async def sweep(self, now: float, retention: float) -> int:
        """Remove what is due."""
        ask = {"retention": retention, "limit": SWEEP_LIMIT}
        return int(await self._caller.run("sweep_logins", ask, now))


def _text(value: bytes) -> str:
    """Bytes as they stand in records (records.py)."""
    return base64.b64encode(value).decode()

"""Accounts as administrators see them, and banning them (wire.md 9). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from matchd.domain.accounts import Account, Ban
from matchd.domain.logins import Login
from matchd.errors import InvalidRequest
from matchd.protocol.accounts import LoginView, login_view
from matchd.protocol.bodies import Answer, Body

LONGEST = 4_102_444_800
"""The latest end of a ban, in Unix seconds: what ends later is for good."""

Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Moment = Annotated[int, msgspec.Meta(ge=0, le=LONGEST)]


class BanBody(Body, frozen=True, kw_only=True):
    """`POST /api/admin/accounts/<who>/ban`: why, as the player is told it, and until when (absent: for
    good).
    """

    reason: Reason
    until: Moment | None = None

    def ban(self, now: float) -> Ban:
        """The checked ban."""
        if not self.reason.isprintable():
            raise InvalidRequest("`reason` must be printable, on one line.")
        if self.until is not None and self.until <= now:
            raise InvalidRequest("`until` must be in the future.")
        return Ban(self.reason, now, self.until)


class BanView(Answer, frozen=True, kw_only=True):
    """A ban; `holds` while it is in force."""

    reason: str
    since: int
    until: int | None = None
    holds: bool


class AccountEntry(Answer, frozen=True, kw_only=True):
    """An account in a list."""

    id: str
    name: str
    kind: str
    created_at: int
    seen_at: int
    ban: BanView | None = None


class AccountDetails(AccountEntry, frozen=True, kw_only=True):
    """One account, with its logins, how many friends it has, and where it is now."""

    logins: tuple[LoginView, ...]
    friends: int
    lobby: str | None = None
    game: str | None = None


def entry(account: Account, now: float) -> AccountEntry:
    """An account in a list."""
    return AccountEntry(
        id=account.id,
        name=account.handle,
        kind=account.kind.value,
        created_at=int(account.created_at),
        seen_at=int(account.seen_at),
        ban=_ban(account.ban, now),
    )


def details(
    account: Account,
    now: float,
    *,
    logins: Sequence[Login],
    friends: int,
    lobby: str | None,
    game: str | None,
) -> AccountDetails:
    """One account with what is known of it."""
    return AccountDetails(
        **msgspec.structs.asdict(entry(account, now)),
        logins=tuple(login_view(login, None) for login in logins),
        friends=friends,
        lobby=lobby,
        game=game,
    )


def _ban(ban: Ban | None, now: float) -> BanView | None:
    if ban is None:
        return None
    until = None if ban.until is None else int(ban.until)
    return BanView(reason=ban.reason, since=int(ban.since), until=until, holds=ban.holds(now))

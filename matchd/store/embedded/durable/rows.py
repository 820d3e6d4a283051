"""Rows of the database, turned into records of the domain and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from matchd.domain.accounts import Account, Ban, Kind
from matchd.domain.friends import Standing
from matchd.domain.ids import AccountId, Handle, LoginId
from matchd.domain.logins import Cause, Login, Revocation
from matchd.store.ports import Friend

Row = Sequence[Any]
_T = TypeVar("_T")


def to_account(row: Row) -> Account:
    """All columns of `accounts`, in the order of the table."""
    ban = None if row[12] is None else Ban(row[12], row[13], row[14])
    return Account(
        id=AccountId(row[0]),
        kind=Kind(row[1]),
        handle=Handle(row[2]),
        created_at=row[4],
        seen_at=row[5],
        password_hash=row[6],
        public_key=row[7],
        issuer=row[8],
        subject=row[9],
        v2_only=bool(row[10]),
        visible=bool(row[11]),
        ban=ban,
    )


def from_account(account: Account) -> Row:
    """The columns of an account."""
    ban = account.ban
    return (
        account.id,
        account.kind.value,
        account.handle,
        account.folded,
        account.created_at,
        account.seen_at,
        account.password_hash,
        account.public_key,
        account.issuer,
        account.subject,
        account.v2_only,
        account.visible,
        *((None, None, None) if ban is None else (ban.reason, ban.since, ban.until)),
    )


def to_login(row: Row) -> Login:
    """All columns of `logins`, in the order of the table."""
    return Login(
        id=LoginId(row[0]),
        account=AccountId(row[1]),
        device=row[2],
        current=row[3],
        previous=row[4],
        created_at=row[5],
        rotated_at=row[6],
        expires_at=row[7],
    )


def from_login(login: Login) -> Row:
    """The columns of a login."""
    return (
        login.id,
        login.account,
        login.device,
        login.current,
        login.previous,
        login.created_at,
        login.rotated_at,
        login.expires_at,
    )


def to_revocation(row: Row) -> Revocation:
    """All columns of `revocations`, in the order of the table."""
    login = None if row[3] is None else LoginId(row[3])
    return Revocation(row[0], row[1], AccountId(row[2]), login, Cause(row[4]))


def to_friend(row: Row) -> Friend:
    """The columns `other`, `standing`, `since` of `edges`."""
    return Friend(AccountId(row[0]), Standing(row[1]), row[2])


def chunks(items: Iterable[_T], size: int = 200) -> Iterator[tuple[_T, ...]]:
    """The items in tuples of at most `size`."""
    rest = iter(items)
    while chunk := tuple(islice(rest, size)):
        yield chunk


def marks(items: Sequence[object]) -> str:
    """As many question marks as there are items."""
    return ", ".join("?" * len(items))

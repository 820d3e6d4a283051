"""Accounts: who somebody is, what he is called, whether he is banned (wire.md 1.2, 4). Pure.

Rules: an id never changes and tells its kind: `u_` a password, `k_` a public key, `x_` a foreign
issuer. The two latter follow from what proves them, so the same key is the same account again after
a deletion.
A handle is unique over all accounts without regard to case and never changes.

Names are ASCII: letters that look alike but differ can't be told apart by a reader, so a name that
somebody chooses (`new_name`) is refused if it has any other, and one that a key or an issuer brings
along is normalised (`tame`): accents are taken off, what is left over is dropped.
"""

from __future__ import annotations

import base64
import enum
import hashlib
import re
import unicodedata

import msgspec

from matchd.domain.ids import AccountId, Handle
from matchd.errors import InvalidRequest

NAME = r"[A-Za-z0-9_.-]{2,32}"
"""What a name looks like that somebody chose."""

_NAME = re.compile(NAME, re.ASCII)
RESERVED = "server"
"""The folded name under which the server itself speaks in chat rooms."""
_UNNAMED = "player"
TAIL = 8
"""Characters of the key's hash behind the `~` of its handle."""


class Kind(enum.StrEnum):
    """What proves an account."""

    PASSWORD = "password"  # noqa: S105  # the name of a kind
    KEY = "key"
    FOREIGN = "foreign"

    @classmethod
    def of(cls, account_id: AccountId) -> Kind:
        """The kind that an id tells."""
        return {"u_": cls.PASSWORD, "k_": cls.KEY}.get(account_id[:2], cls.FOREIGN)


class Ban(msgspec.Struct, frozen=True):
    """An account is shut out since `since`, until `until` (None: for good)."""

    reason: str
    since: float
    until: float | None = None

    def holds(self, now: float) -> bool:
        """Whether it is in force."""
        return self.until is None or now < self.until


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One account. Times are wall-clock seconds.

    Of what proves it only its kind's fields are set. `v2_only`: its key has used the second version
    of the login, so the first one is refused. `visible`: whether friends see its presence.
    """

    id: AccountId
    kind: Kind
    handle: Handle
    created_at: float
    seen_at: float
    password_hash: str | None = None
    public_key: bytes | None = None
    issuer: str | None = None
    subject: str | None = None
    v2_only: bool = False
    visible: bool = True
    ban: Ban | None = None

    @property
    def folded(self) -> str:
        """The handle as uniqueness compares it."""
        return fold(self.handle)

    def banned(self, now: float) -> Ban | None:
        """The ban that is in force."""
        return self.ban if self.ban is not None and self.ban.holds(now) else None


def fold(handle: str) -> str:
    """A handle as uniqueness compares it."""
    return handle.casefold()


def new_name(text: str, field: str) -> Handle:
    """The name somebody chose for a password account."""
    if _NAME.fullmatch(text) is None:
        raise InvalidRequest(f"`{field}` must be 2 to 32 of A-Z a-z 0-9 _ . -")
    if fold(text) == RESERVED:
        raise InvalidRequest(f"`{field}` must not be {text}, which is what this server is called")
    return Handle(text)


def tame(text: str) -> str:
    """A name that a key or a foreign issuer brings along, made one of ours."""
    plain = unicodedata.normalize("NFKD", text[:256]).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9_.-]", "", plain)[:32]
    return name if _NAME.fullmatch(name) else _UNNAMED


def key_account_id(public_key: bytes) -> AccountId:
    """The id of the account that a public key is."""
    digest = hashlib.sha256(public_key).digest()
    return AccountId("k_" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode())


def key_handle(username: str, public_key: bytes) -> Handle:
    """The handle of a key account: its first name and a piece of the key's hash."""
    digest = hashlib.sha256(public_key).digest()
    return Handle(f"{tame(username)}~{base64.b32encode(digest).decode().lower()[:TAIL]}")


def foreign_account_id(issuer: str, subject: str) -> AccountId:
    """The id of an account of a foreign issuer."""
    return AccountId(f"x_{issuer}:{subject}")


def foreign_handle(username: str, issuer: str) -> Handle:
    """The handle of an account of a foreign issuer."""
    return Handle(f"{tame(username)}~{issuer}")


def comes_back(account_id: AccountId) -> bool:
    """Whether a deleted account may be there again under the same id."""
    return Kind.of(account_id) is not Kind.PASSWORD

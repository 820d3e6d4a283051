"""Who calls (wire.md 1.2), in which role, and by which identity he is counted. Pure."""

from __future__ import annotations

import enum

import msgspec

from matchd.domain.ids import AddressKey, HostId, LoginId


class Role(enum.StrEnum):
    """What a caller may do (wire.md 1.2). A viewer reads what an admin may change."""

    GUEST = "guest"
    PLAYER = "player"
    HOST = "host"
    ADMIN = "admin"
    VIEWER = "viewer"


class Caller(msgspec.Struct, frozen=True):
    """One request's or socket's author, after authentication.

    `account` is the token's `sub` (None for guests and for hosts with the shared secret); `host_id`
    is set when a host token binds the caller to one host; `login` is the login that made the token
    (None: the command line or a foreign issuer did), `issued_at` and `expires_at` are that token's
    (Unix seconds; None: there is none); `address` is his network address behind
    trusted proxies and `address_key` what limits count it by.
    """

    role: Role
    address: str
    address_key: AddressKey
    account: str | None = None
    host_id: HostId | None = None
    name: str | None = None
    login: LoginId | None = None
    issued_at: int = 0
    expires_at: int | None = None

    @property
    def identity(self) -> str:
        """The stable name that limits, bookings and TURN credentials are counted under."""
        if self.host_id is not None:
            return f"host:{self.host_id}"
        if self.account is not None:
            return self.account
        return f"{self.role}:{self.address_key}"

    @property
    def is_guest(self) -> bool:
        """True for a caller without any credential."""
        return self.role is Role.GUEST

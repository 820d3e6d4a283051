"""Bodies of accounts, logins and tokens (wire.md 1.2, 4). Pure.

The logins of both given protocols meet at one route: a body with `public_key_b64` is Allumette's, one
with `name` is melangerie's. Their fields keep their own spelling.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Annotated

import msgspec

from matchd.domain.accounts import NAME, Account
from matchd.domain.logins import Login
from matchd.domain.played import Played
from matchd.domain.ratings import Rating
from matchd.errors import BadCredentials, InvalidRequest
from matchd.protocol.bodies import Answer, Body
from matchd.protocol.games import PlayedView, played_view
from matchd.protocol.reports import OwnReport
from matchd.protocol.texts import Secret, shaped

TICKET_PATH = r"/[A-Za-z0-9_.~:/-]{0,255}"
"""What a ticket may be for."""

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
Label = Annotated[str, msgspec.Meta(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]
Username = Annotated[str, msgspec.Meta(max_length=256, pattern=r"^[^\x00-\x1f\x7f]*$")]

_SMALL_ORDER = {
    bytes.fromhex(text)
    for text in (
        "00" * 32,
        "01" + "00" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "ee" + "ff" * 30 + "7f",
    )
}
"""Public keys of Ed25519, less their sign, for which anybody can make signatures (RFC 8032, 8.9)."""


class PasswordProof(msgspec.Struct, frozen=True):
    """A name and its password, as they came."""

    name: str
    password: str


class KeyProof(msgspec.Struct, frozen=True):
    """A signature over a challenge, as it came; `key` are the 32 bytes of `public_key_b64`."""

    key: bytes
    public_key_b64: str
    username: str
    challenge: str
    signature: bytes
    version: int

    def message(self, origin: str) -> bytes:
        """What has to be signed: the challenge alone, or in version 2 all that it is for."""
        if self.version == 1:
            return self.challenge.encode()
        lines = ("matchd-login-v2", origin, self.public_key_b64, self.username, self.challenge)
        return "\n".join(lines).encode()


class SignUpBody(msgspec.Struct, frozen=True, kw_only=True):
    """`POST /auth/createuser`."""

    name: Annotated[Text, shaped(NAME, "2 to 32 of A-Z a-z 0-9 _ . -")]
    password: Secret
    device: Label = ""


class ProofBody(msgspec.Struct, frozen=True, kw_only=True):
    """Whatever proves an account: `POST /auth/login`, and again to delete it."""

    name: Text | None = None
    password: str | None = None
    public_key_b64: Annotated[Text, shaped(r"[A-Za-z0-9+/]{43}=")] | None = None
    username: Username = ""
    challenge: Text | None = None
    signature_b64: Text | None = None
    v: Annotated[int, msgspec.Meta(ge=1, le=2)] = 1
    device: Label = ""

    @property
    def proof(self) -> PasswordProof | KeyProof:
        """Which of the two it is; InvalidRequest names what is missing."""
        if self.public_key_b64 is not None:
            return self._key_proof(self.public_key_b64)
        return PasswordProof(_needed("name", self.name), _needed("password", self.password))

    def proof_of(self, name: str | None) -> PasswordProof | KeyProof | None:
        """The same, of somebody whose name is known; None when there is nothing in it."""
        if self.public_key_b64 is None and self.password is None:
            return None
        return msgspec.structs.replace(self, name=self.name or name).proof

    def _key_proof(self, public_key: str) -> KeyProof:
        challenge = _needed("challenge", self.challenge)
        signature = _needed("signature_b64", self.signature_b64)
        return KeyProof(
            public_key_bytes(public_key, "public_key_b64"),
            public_key,
            self.username,
            challenge,
            _decoded(signature, 64) or b"",
            self.v,
        )


class RefreshBody(Body, frozen=True, kw_only=True):
    """`POST /auth/refresh`."""

    refresh_token: Text


class LogoutBody(Body, frozen=True, kw_only=True):
    """`POST /auth/logout`: this login, or all of the account."""

    everywhere: bool = False


class PasswordBody(Body, frozen=True, kw_only=True):
    """`POST /auth/password`."""

    old: str
    new: Secret


class TicketBody(Body, frozen=True, kw_only=True):
    """`POST /auth/ticket`: the path it is for."""

    path: Annotated[Text, shaped(TICKET_PATH)] = msgspec.field(name="for")


class TicketAnswer(Answer, frozen=True, kw_only=True):
    """A ticket, and the seconds it is good."""

    ticket: str
    expires_in: int


class AccountName(Answer, frozen=True, kw_only=True):
    """An account as others see it."""

    id: str
    name: str


class LoggedIn(Answer, frozen=True, kw_only=True):
    """What a sign-up, a login and a refresh give."""

    token: str
    expires_in: int
    refresh_token: str
    account: AccountName


class LoginView(Answer, frozen=True, kw_only=True, omit_defaults=False):
    """One login of one's own account; `current` is the one that asks."""

    id: str
    device: str
    created_at: int
    refreshed_at: int
    expires_at: int
    current: bool


class Me(Answer, frozen=True, kw_only=True, omit_defaults=False):
    """`GET /auth/me`; `public_key` is a key account's."""

    id: str
    name: str
    kind: str
    public_key: str | None
    created_at: int
    visible: bool
    logins: tuple[LoginView, ...]


def me(account: Account, logins: tuple[Login, ...], current: str | None) -> Me:
    """An account as its owner sees it."""
    return Me(
        id=account.id,
        name=account.handle,
        kind=account.kind.value,
        public_key=_key_text(account),
        created_at=int(account.created_at),
        visible=account.visible,
        logins=tuple(login_view(login, current) for login in logins),
    )


class FriendEntry(Answer, frozen=True, kw_only=True):
    """One tie in an export."""

    id: str
    state: str
    since: int


class ChatEntry(Answer, frozen=True, kw_only=True):
    """One message in an export; a direct message's room is `@` and the other's id."""

    room: str
    seq: int
    timestamp: int
    content: str


class RatingEntry(Answer, frozen=True):
    """A guess at somebody's strength in one way to play, and how far it may be off."""

    mu: float
    sigma: float


class ExportAnswer(Answer, frozen=True, kw_only=True):
    """`GET /auth/me/export`: all that is kept of an account but what only proves it."""

    account: Me
    seen_at: int
    public_key: str | None
    friends: tuple[FriendEntry, ...]
    chat: tuple[ChatEntry, ...]
    reports: tuple[OwnReport, ...]
    games: tuple[PlayedView, ...]
    ratings: dict[str, RatingEntry]


def exported(
    account: Account,
    logins: tuple[Login, ...],
    *,
    friends: tuple[FriendEntry, ...],
    chat: tuple[ChatEntry, ...],
    reports: tuple[OwnReport, ...],
    games: Iterable[Played],
    ratings: Mapping[str, Rating],
) -> ExportAnswer:
    """An export in words of the wire."""
    return ExportAnswer(
        account=me(account, logins, None),
        seen_at=int(account.seen_at),
        public_key=_key_text(account),
        friends=friends,
        chat=chat,
        reports=reports,
        games=tuple(played_view(one, {}) for one in games),
        ratings={mode: RatingEntry(one.mu, one.sigma) for mode, one in ratings.items()},
    )


def public_key_bytes(text: str, field: str) -> bytes:
    """The key that a base64 text is."""
    key = _decoded(text, 32)
    if key is None:
        raise InvalidRequest(f"`{field}` must be the 32 bytes of an Ed25519 key in base64.")
    if key[:31] + bytes((key[31] & 0x7F,)) in _SMALL_ORDER:
        raise BadCredentials("This public key belongs to nobody.")
    return key


def _key_text(account: Account) -> str | None:
    key = account.public_key
    return None if key is None else base64.b64encode(key).decode("ascii")


def login_view(login: Login, current: str | None) -> LoginView:
    """A login; `current` is the id of the one that asks."""
    return LoginView(
        id=login.id,
        device=login.device,
        created_at=int(login.created_at),
        refreshed_at=int(login.rotated_at),
        expires_at=int(login.expires_at),
        current=login.id == current,
    )


def _needed(field: str, value: str | None) -> str:
    if value is None:
        raise InvalidRequest(f"`{field}` is missing.")
    return value


def _decoded(text: str, length: int) -> bytes | None:
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return None
    return raw if len(raw) == length else None

"""Bodies of friends, and the friend codes of Allumette's client (wire.md 4). Pure."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

import msgspec

from matchd.domain.accounts import key_account_id
from matchd.domain.events import Presence
from matchd.domain.friends import Standing
from matchd.domain.ids import AccountId
from matchd.errors import InvalidRequest
from matchd.protocol.accounts import public_key_bytes
from matchd.protocol.bodies import Answer, Body, decode

State = Standing
_CODE = "`code` must be a friend code: base64 of a JSON object with `name` and `publicKey`."


class FriendView(Answer, frozen=True, kw_only=True):
    """One line of one's list; without a name while nobody has logged in with that key. `presence` says
    where a friend is who is online.
    """

    id: str
    name: str | None = None
    state: str
    online: bool
    presence: Presence | None = None
    since: int


class Stands(Answer, frozen=True, kw_only=True):
    """How one stands with somebody after one has done something."""

    id: str
    name: str | None = None
    state: str


class VisibleBody(Body, frozen=True, kw_only=True):
    """`PUT /friends/presence`: whether friends see where one is."""

    visible: bool


class CodeBody(Body, frozen=True, kw_only=True):
    """`POST /friends`: ask by a friend code."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=2048)]

    def account(self) -> AccountId:
        """The account that the key in the code is, known here or not."""
        try:
            raw = base64.b64decode(self.code.encode("ascii"), validate=True)
            card = decode(raw, _Card)
        except (UnicodeEncodeError, binascii.Error, InvalidRequest):
            raise InvalidRequest(_CODE) from None
        return key_account_id(public_key_bytes(card.public_key, "publicKey"))


class _Card(Body, frozen=True, kw_only=True):
    """What a friend code holds; the name is for the eyes of whoever pastes it."""

    name: str
    public_key: str

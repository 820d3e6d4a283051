"""Grants: 128 pseudo-random bits that open one booking's room (wire.md 1.2).

A grant is the HMAC of the booking's unguessable id under the daemon's pepper, so a repeated find gets
the same one although the store holds only its hash, and a copy of the store opens nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from functools import lru_cache

from matchd.chance import drawn
from matchd.domain.ids import BookingId
from matchd.services.settings import Current

REMEMBERED = 100
"""Grants that are not made anew: one find asks for its own several times."""

_IDS = drawn(22, secrets.token_urlsafe)


class Grants:
    """Makes and hashes grants."""

    def __init__(self, current: Current) -> None:
        self._current = current

    def new_booking(self) -> BookingId:
        """A fresh booking id of 132 random bits."""
        return BookingId(next(_IDS))

    def of(self, booking_id: BookingId) -> str:
        """The grant of a booking: 22 URL-safe characters."""
        return _grant(self._current.settings.pepper, booking_id)


@lru_cache(REMEMBERED)
def _grant(pepper: bytes, booking_id: BookingId) -> str:
    mac = _peppered(pepper).copy()
    mac.update(booking_id.encode())
    return base64.urlsafe_b64encode(mac.digest()[:16]).rstrip(b"=").decode("ascii")


@lru_cache(maxsize=1)
def _peppered(pepper: bytes) -> hmac.HMAC:
    """What has taken in the pepper already, to be copied: that takes longer than the id."""
    return hmac.new(pepper, b"grant:", hashlib.sha256)


def grant_hash(grant: str) -> bytes:
    """What the store keeps of a grant."""
    return hashlib.sha256(grant.encode("utf-8", "replace")).digest()

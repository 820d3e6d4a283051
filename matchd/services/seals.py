"""Seals: short texts that we hand out and know again, so that a flood of them stores nothing.

What is sealed is readable and can't be changed: behind it stand 128 bits of HMAC-SHA256 under the
pepper, which all nodes share. The kind is part of what is signed, so a challenge is no ticket.
"""

from __future__ import annotations

import hashlib
import hmac

from matchd.services.settings import Current

MAC = 16
"""Bytes of a seal's signature."""


class Seals:
    """Makes and opens seals."""

    def __init__(self, current: Current) -> None:
        self._current = current

    def close(self, kind: str, payload: bytes) -> bytes:
        """The payload with its signature behind it."""
        return payload + self._mac(kind, payload)

    def open(self, kind: str, sealed: bytes) -> bytes | None:
        """The payload, if we have sealed it as this kind."""
        payload, mac = sealed[:-MAC], sealed[-MAC:]
        return payload if hmac.compare_digest(mac, self._mac(kind, payload)) else None

    def derive(self, kind: str, secret: bytes) -> bytes:
        """256 bits that follow from a secret, and only here."""
        return hmac.digest(self._current.settings.pepper, _labelled(kind, secret), hashlib.sha256)

    def _mac(self, kind: str, payload: bytes) -> bytes:
        return self.derive(kind, payload)[:MAC]


def _labelled(kind: str, payload: bytes) -> bytes:
    return b"matchd " + kind.encode() + b"\0" + payload

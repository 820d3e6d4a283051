"""Passwords: how they are hashed, compared, and kept from slowing anything else (wire.md 4).

Argon2id with 19 MiB, two passes and one lane, which OWASP's Password Storage Cheat Sheet recommends.
RFC 9106's own second choice (64 MiB, four lanes) is five times as dear and takes every core: this
daemon shares a small machine with its relay, and 23 ms a guess is dear enough for a guesser.

Hashing runs in a lane of its own (services/hashing.py), so a flood of logins slows logins and nothing
else. A name that is unknown costs one comparison with a hash that nothing matches.

A password is prepared as RFC 8265 (OpaqueString) says: NFC, odd spaces become spaces, nothing is
trimmed or folded, and control characters are refused. Its length counts characters, so eight emoji do.
"""

from __future__ import annotations

import base64
import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.low_level import ARGON2_VERSION

from matchd.errors import BadCredentials, InvalidRequest
from matchd.hasher import Task, recommended
from matchd.services.hashing import Lane

SHORTEST, LONGEST = 8, 256
"""Characters of a password."""


class Passwords:
    """Hashes and compares, in a lane."""

    def __init__(self, lane: Lane, hasher: PasswordHasher | None = None) -> None:
        self._lane = lane
        self._hasher = hasher or recommended()
        self._nobodys = _of_nobody(self._hasher)

    async def hash(self, password: str) -> str:
        """The hash to keep of a password that was prepared."""
        done = await self._lane.do(Task(password))
        assert done.hashed is not None
        return done.hashed

    async def matches(self, hashed: str | None, password: str) -> bool:
        """Whether it is the password of this hash; None, of nobody, costs the same and is not."""
        done = await self._lane.do(Task(password, hashed or self._nobodys))
        return done.matches and hashed is not None

    async def run(self) -> None:
        """Do what the lane does behind its callers, until cancelled."""
        await self._lane.run()

    def is_outdated(self, hashed: str) -> bool:
        """Whether the hash was made with other parameters than the present ones."""
        return self._hasher.check_needs_rehash(hashed)


def _of_nobody(hasher: PasswordHasher) -> str:
    """What reads as a hash of the present parameters, and was made of no password."""
    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    salt, digest = (
        base64.b64encode(secrets.token_bytes(length)).decode().rstrip("=")
        for length in (hasher.salt_len, hasher.hash_len)
    )
    return f"$argon2id$v={ARGON2_VERSION}${cost}${salt}${digest}"


def new_password(text: str, field: str) -> str:
    """A password somebody chose, prepared; InvalidRequest for one that can't be one."""
    prepared = _prepared(text)
    if prepared is None:
        raise InvalidRequest(
            f"`{field}` must be {SHORTEST} to {LONGEST} characters, and none a control character."
        )
    return prepared


def given_password(text: str) -> str:
    """A password somebody logs in with, prepared; one that nobody can have is a wrong one."""
    prepared = _prepared(text)
    if prepared is None:
        raise BadCredentials
    return prepared


def _prepared(text: str) -> str | None:
    if len(text) > 4 * LONGEST:  # before anything is done that takes time
        return None
    spaced = "".join(" " if unicodedata.category(char) == "Zs" else char for char in text)
    normal = unicodedata.normalize("NFC", spaced)
    odd = any(unicodedata.category(char) in ("Cc", "Cs") for char in normal)
    return normal if SHORTEST <= len(normal) <= LONGEST and not odd else None

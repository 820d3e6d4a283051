"""Passwords: how they are hashed, compared, and kept from slowing anything else (wire.md 4).

Argon2id with 19 MiB, two passes and one lane, which OWASP's Password Storage Cheat Sheet recommends.
RFC 9106's own second choice (64 MiB, four lanes) is five times as dear and takes every core: this
daemon shares a small machine with its relay, and 23 ms a guess is dear enough for a guesser.

Theory of operation: hashing runs in a lane of its own, `max(1, cores - 1)` threads wide, behind a
queue of `QUEUE` callers. One more is refused with 429, so a flood of logins slows logins and nothing
else. A name that is unknown costs one comparison with a hash that nothing matches.

A password is prepared as RFC 8265 (OpaqueString) says: NFC, odd spaces become spaces, nothing is
trimmed or folded, and control characters are refused. Its length counts characters, so eight emoji do.
"""

from __future__ import annotations

import os
import secrets
import unicodedata
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import trio
from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from matchd.errors import BadCredentials, InvalidRequest, RateLimited

SHORTEST, LONGEST = 8, 256
"""Characters of a password."""

QUEUE = 64
"""Callers that wait for the lane at most: a second and a half of work for one core."""

_T = TypeVar("_T")


def recommended() -> PasswordHasher:
    """The parameters above."""
    return PasswordHasher(
        time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
    )


class Lane:
    """A few threads of one kind of work, and a bounded queue before them."""

    def __init__(self, width: int, queue: int) -> None:
        self._limiter = trio.CapacityLimiter(width)
        self._most = width + queue
        self._inside = 0

    async def run(self, work: Callable[[], _T]) -> _T:
        """Do the work in a thread; RateLimited when too many wait already."""
        if self._inside >= self._most:
            raise RateLimited("Too many logins at once; try again in 2 s.", retry_after=2)
        self._inside += 1
        try:
            return await trio.to_thread.run_sync(work, limiter=self._limiter)
        finally:
            self._inside -= 1


class Passwords:
    """Hashes and compares."""

    def __init__(self, hasher: PasswordHasher | None = None, lane: Lane | None = None) -> None:
        self._hasher = hasher or recommended()
        self._lane = lane or Lane(max(1, len(os.sched_getaffinity(0)) - 1), QUEUE)
        self._nobodys = self._hasher.hash(secrets.token_urlsafe(16))

    async def hash(self, password: str) -> str:
        """The hash to keep of a password that was prepared."""
        return await self._lane.run(partial(self._hasher.hash, password))

    async def matches(self, hashed: str | None, password: str) -> bool:
        """Whether it is the password of this hash; None, of nobody, costs the same and is not."""
        known = hashed is not None
        return (
            await self._lane.run(partial(self._verify, hashed or self._nobodys, password)) and known
        )

    def is_outdated(self, hashed: str) -> bool:
        """Whether the hash was made with other parameters than the present ones."""
        return self._hasher.check_needs_rehash(hashed)

    def _verify(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False


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

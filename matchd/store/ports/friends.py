"""The port of friends: the ties between accounts (domain/friends.py), and who is kept apart."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import msgspec

from matchd.domain.friends import Standing, Verb
from matchd.domain.ids import AccountId
from matchd.store.ports.accounts import Friend, UnknownAccount


class Shift(msgspec.Struct, frozen=True):
    """What one of the two was shown and is shown now."""

    before: Standing
    after: Standing


class Changed(msgspec.Struct, frozen=True):
    """What the step means for both; neither has to be told what did not change for him."""

    mine: Shift
    theirs: Shift


class Oneself(msgspec.Struct, frozen=True):
    """Nobody is his own friend; nothing was changed."""


class Blocking(msgspec.Struct, frozen=True):
    """The caller blocks the one he asks; nothing was changed."""


class TooManyEdges(msgspec.Struct, frozen=True):
    """The caller holds as many edges as he may, or (`theirs`) as many requests wait for the other;
    nothing was changed.
    """

    theirs: bool


class FriendsPort(Protocol):
    """Friends: who may see and reach whom."""

    async def change(
        self, me: AccountId, other: AccountId, verb: Verb, now: float
    ) -> Changed | Oneself | Blocking | TooManyEdges | UnknownAccount:
        """Ask or accept, delete, block, unblock. The other need not be known yet if he is a key
        (a friend code may come before its owner).
        """

    async def standing(self, me: AccountId, other: AccountId) -> Standing:
        """How the two stand, as one is shown it."""

    async def page(
        self, me: AccountId, standing: Standing | None, after: Friend | None, limit: int
    ) -> tuple[Friend, ...]:
        """Up to `limit` lines of one's list or of one standing, by standing and id, after `after`."""

    async def blocked(self, me: AccountId, others: Iterable[AccountId]) -> frozenset[AccountId]:
        """Those of the others who are kept apart from one, whoever of the two blocks."""

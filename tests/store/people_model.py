"""An independent model of logins and ties, for the machine in test_people_machine.py.

It keeps what was said instead of what follows from it: for each family of tokens the list of all that
were made, for each pair of people every word in order.
"""

from __future__ import annotations

from matchd.domain.friends import Verb
from matchd.domain.logins import OVERLAP


class Family:
    """One login: tokens t0, t1, … of which the last is good, and when the last was made."""

    def __init__(self, made_at: float, expires_at: float) -> None:
        self.last = 0
        self.made_at = made_at
        self.expires_at = expires_at

    def present(self, number: int, now: float, expires_at: float) -> str:
        """What presenting token t<number> for t<number + 1> comes to."""
        if now >= self.expires_at:
            return "unknown"
        if number == self.last:
            self.last, self.made_at, self.expires_at = number + 1, now, expires_at
            return "rotated"
        if number == self.last - 1 and now <= self.made_at + OVERLAP:
            return "repeated"
        return "reused"


class Pair:
    """Two people and what they said: wishes and blocks by name, as everyday words would have it."""

    def __init__(self, one: str, two: str) -> None:
        self.names = (one, two)
        self.wishes: set[str] = set()
        self.blocks: set[str] = set()

    def say(self, who: str, verb: Verb) -> bool:
        """One says something; False when he is refused."""
        if verb is Verb.UNBLOCK:
            self.blocks.discard(who)
        elif verb is Verb.BLOCK:
            if who in self.wishes:
                self.wishes.clear()
            self.blocks.add(who)
        elif who in self.blocks:
            return verb is Verb.DELETE
        elif verb is Verb.ASK:
            self.wishes.add(who)
        else:
            self.wishes.clear()
        return True

    def shown(self, who: str) -> str:
        """What one of the two sees."""
        if who in self.blocks:
            return "blocked"
        if len(self.wishes) == 2:
            return "friend"
        if not self.wishes:
            return "none"
        return "outgoing" if who in self.wishes else "incoming"

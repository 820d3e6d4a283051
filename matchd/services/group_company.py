"""Whom a peer of a group has met, and in which order it is told of those who come.

Theory: the store's answer says whom a newcomer meets; from then on news does (`PeerCame`, `PeerWent`),
sent by the node of the peer it is about, in order. A peer that has gone never comes again, so older
news or answers that still name it are ignored. So nobody is announced twice, or gone before he came.

News of different nodes may overtake. The store numbers those who come to a group, so a newcomer is held
back while one before him is missing, for `PATIENCE` at most; what he says waits with him. Who is gone
and was never announced is one of those who were missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from matchd.domain.groups import Group, Member
from matchd.domain.ids import PeerId
from matchd.protocol.news import PeerCame, PeerSaid, PeerWent

MOST_GONE = 256
"""Peers that are remembered to have gone: the last so many, and at most twice as many."""

MOST_WORDS = 256
"""Signals of those who are held back that are kept at most."""

PATIENCE = 2.0
"""Seconds until newcomers are announced although somebody before them is missing."""


class Company:
    """Whom one peer has met. What it returns is to be told now, in order."""

    __slots__ = (
        *("_gone", "_held", "_held_since", "_me", "_next", "_seq", "_unknown", "_words"),
        *("changes", "met"),
    )

    def __init__(self) -> None:
        # Changed only in sync functions. `changes`: how often there was news of anybody.
        self.changes = 0
        self.met: dict[PeerId, PeerCame] = {}
        self._me = PeerId("")
        self._seq = self._next = 0
        self._gone: dict[PeerId, None] = {}
        self._unknown = 0
        self._held: dict[PeerId, PeerCame] = {}
        self._held_since = 0.0
        self._words: list[PeerSaid] = []

    def begin(self, me: Member, met: Iterable[Member], latest: int) -> None:
        """Who one is, whom one meets, and the number of the last who came."""
        self._me, self._seq, self._next = me.peer, me.seq, latest + 1
        for other in met:
            self.met[other.peer] = came(other)

    @property
    def waits(self) -> bool:
        """Whether somebody is held back."""
        return bool(self._held)

    @property
    def latest(self) -> int:
        """The highest place in the order that it knows of."""
        return max((one.seq for one in self.met.values()), default=self._seq)

    def come(self, news: PeerCame, now: float) -> list[PeerCame]:
        """Somebody has come, or is back at another address: who is announced."""
        peer, is_next = news.peer, news.seq == self._next and not self._held
        if is_next and peer not in self.met and peer not in self._gone:  # nearly always
            self._next += 1
            self._meet(news)
            return [news]
        self._note(news, now)
        return self._in_order()

    def go(self, news: PeerWent) -> tuple[bool, list[PeerCame]]:
        """Somebody is gone: whether that is told, and then who is announced."""
        self.changes += 1
        met = self.met.pop(news.peer, None)
        if met is None and news.peer not in self._held and news.peer not in self._gone:
            self._unknown += 1
        self._gone[news.peer] = None
        if len(self._gone) > 2 * MOST_GONE:  # one by one would cost more than all the rest of it
            self._gone = dict.fromkeys(islice(self._gone, MOST_GONE, None))
        return met is not None, self._in_order()

    def holds_back(self, news: PeerSaid) -> bool:
        """Whether these words wait for him who said them to be announced."""
        if news.peer not in self._held or len(self._words) >= MOST_WORDS:
            return False
        self._words.append(news)
        return True

    def words(self) -> list[PeerSaid]:
        """What those have said meanwhile who are not held back any more."""
        if not self._words:
            return []
        said = [one for one in self._words if one.peer not in self._held]
        self._words = [one for one in self._words if one.peer in self._held]
        return said

    def tend(self, now: float) -> list[PeerCame]:
        """Wait no longer than for so long."""
        if not self._held or now - self._held_since < PATIENCE:
            return []
        self._next = max(one.seq for one in self._held.values())
        return self._in_order()

    def compare(self, group: Group, now: float) -> list[PeerCame]:
        """Meet whom the store knows of, all of them by now."""
        self._next = max(self._next, group.seq + 1)
        for other in group.met_by(self._me):
            self._note(came(other), now)
        return self._in_order()

    def strangers(self, group: Group) -> list[PeerId]:
        """Those it has met and who are not there, as the store says."""
        names = {other.peer for other in group.met_by(self._me)}
        return [one for one in self.met if one not in names]

    def take_over(self, former: Company) -> list[PeerSaid]:
        """What the former socket of this peer knew of those who are gone, or are not there any more;
        and what others have said to it that it still held back.
        """
        self._gone.update(former._gone)
        # Whom the store did not name any more: what was said of him before still comes to the former.
        known = former.met.keys() | former._held.keys()
        self._gone.update(dict.fromkeys(known - self.met.keys()))
        return former._words

    def _note(self, news: PeerCame, now: float) -> None:
        known = self.met.get(news.peer)
        if news.peer in self._gone or news.peer == self._me:
            return
        if known is not None or news.seq <= self._seq:
            # Who was here first is told in the roster, and makes the offer itself.
            if known is None or news.turn > known.turn:
                self._meet(news)
            return
        held = self._held.get(news.peer)
        if held is None or news.turn > held.turn:
            self._held_since = self._held_since if self._held else now
            self._held[news.peer] = news

    def _meet(self, news: PeerCame) -> None:
        self.changes += 1
        self.met[news.peer] = news

    def _in_order(self) -> list[PeerCame]:
        """Those whom nobody has to come before any more."""
        told: list[PeerCame] = []
        if not self._held:
            return told
        for one in sorted(self._held.values(), key=lambda news: news.seq):
            missing = one.seq - self._next
            if missing > self._unknown:
                break
            self._unknown -= max(0, missing)
            self._next = max(self._next, one.seq + 1)
            del self._held[one.peer]
            if one.peer not in self._gone:
                self._meet(one)
                told.append(one)
        return told


def came(member: Member) -> PeerCame:
    """A member as those it meets are told of it."""
    return PeerCame(
        member.peer, member.address, member.seq, member.turn, member.name, member.account
    )

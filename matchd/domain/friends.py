"""Friendship and blocking between two accounts: one machine (wire.md 4). Pure.

Theory of operation: each of the two has an edge to the other that only says what he himself holds:
nothing, that he wants to be friends, or that he blocks. Friends are two who want. `standing` is what
one of them is shown, and it never tells him that he is blocked: his request, if he made one, stays.

    verb      my edge becomes          the other's edge becomes
    ASK       wants (if I block: refused)  stays
    DELETE    nothing (if I block: stays)  nothing if he wants
    BLOCK     blocks                   nothing if we were friends, so he sees what a deletion shows
    UNBLOCK   nothing                  stays: a request made meanwhile is there now

So crossing requests become friends, declining is deleting, and nine pairs of edges are all there is.
"""

from __future__ import annotations

import enum

import msgspec

MOST = 10_000
"""Edges that one account holds itself, and requests that wait for it."""


class Edge(enum.StrEnum):
    """What one of the two holds."""

    NOTHING = "nothing"
    WANTS = "wants"
    BLOCKS = "blocks"


class Standing(enum.StrEnum):
    """What one of the two is shown."""

    NONE = "none"
    FRIEND = "friend"
    INCOMING = "incoming"
    OUTGOING = "outgoing"
    BLOCKED = "blocked"


class Verb(enum.StrEnum):
    """What one of the two does."""

    ASK = "ask"
    DELETE = "delete"
    BLOCK = "block"
    UNBLOCK = "unblock"


class Tie(msgspec.Struct, frozen=True):
    """Both edges, as one of the two looks at them."""

    mine: Edge = Edge.NOTHING
    theirs: Edge = Edge.NOTHING

    @property
    def turned(self) -> Tie:
        """The same as the other looks at it."""
        return Tie(self.theirs, self.mine)

    @property
    def standing(self) -> Standing:
        """What I am shown."""
        match self.mine, self.theirs:
            case Edge.BLOCKS, _:
                return Standing.BLOCKED
            case Edge.WANTS, Edge.WANTS:
                return Standing.FRIEND
            case Edge.WANTS, _:
                return Standing.OUTGOING
            case _, Edge.WANTS:
                return Standing.INCOMING
        return Standing.NONE

    @property
    def empty(self) -> bool:
        """Whether there is nothing to remember."""
        return self.mine is Edge.NOTHING and self.theirs is Edge.NOTHING


def blocks(tie: Tie) -> bool:
    """Whether these two are kept apart: the one rule that requests, direct messages, invites, lobby
    lists and pairing ask.
    """
    return Edge.BLOCKS in (tie.mine, tie.theirs)


def change(tie: Tie, verb: Verb) -> Tie | None:
    """The tie after I did something; None when it is refused because I block the other."""
    after: Tie | None = tie
    match verb, tie.mine:
        case Verb.ASK, Edge.BLOCKS:
            after = None
        case Verb.ASK, _:
            after = Tie(Edge.WANTS, tie.theirs)
        case Verb.DELETE, Edge.NOTHING | Edge.WANTS:
            after = Tie(Edge.NOTHING, _without_wish(tie.theirs))
        case Verb.BLOCK, Edge.WANTS:
            after = Tie(Edge.BLOCKS, _without_wish(tie.theirs))
        case Verb.BLOCK, _:
            after = Tie(Edge.BLOCKS, tie.theirs)
        case Verb.UNBLOCK, Edge.BLOCKS:
            after = Tie(Edge.NOTHING, tie.theirs)
    return after


def _without_wish(edge: Edge) -> Edge:
    return Edge.NOTHING if edge is Edge.WANTS else edge

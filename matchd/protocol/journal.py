"""What administrators read of the journal and the audit log (wire.md 9). Pure."""

from __future__ import annotations

import msgspec

from matchd.domain.journal import Leaf, Line


class LineView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line; `seq` is its number in its book, which traces do not say."""

    at: float
    event: str
    ids: dict[str, str]
    why: str | None = None
    by: str | None = None
    way: str | None = None
    outcome: str | None = None
    node: str | None = None
    seq: int | None = None


class TraceAnswer(msgspec.Struct, frozen=True):
    """What happened to something, oldest first."""

    id: str
    events: tuple[LineView, ...]


class LeafAnswer(msgspec.Struct, frozen=True):
    """A part of a book, oldest first; `after=<cursor>` goes on."""

    events: tuple[LineView, ...]
    cursor: int


def view(line: Line, seq: int | None = None) -> LineView:
    """A line as it is shown."""
    return LineView(
        at=line.at,
        event=line.event,
        ids=line.ids,
        why=line.why,
        by=line.by,
        way=line.way,
        outcome=line.outcome,
        node=line.node,
        seq=seq,
    )


def leaf(found: Leaf) -> LeafAnswer:
    """A page as it is shown."""
    return LeafAnswer(tuple(view(kept.line, kept.seq) for kept in found.lines), found.cursor)

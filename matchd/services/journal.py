"""What happens, told once: to the log, and to the journal or the audit log (domain/journal.py).

`happened` and `audited` are sync and never wait, so nothing that players do is slower for them. One
task writes what has gathered in groups, with a pause between two, so a flood costs no more than that.
While the store is away lines wait, `QUEUE` of each book at most; then the oldest go, and are counted. A
group whose answer was lost is sent again under its number, so nothing is written twice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

import trio

from matchd.clock import Clock
from matchd.domain.journal import GROUP, KINDS, LONGEST, Book, Bounds, Line
from matchd.errors import StoreUnavailable
from matchd.log import Sampler, get_logger
from matchd.metrics import Metrics
from matchd.services.hub import Hub
from matchd.services.settings import Current
from matchd.store.ports import JournalPort

_log = get_logger()

QUEUE = 10_000
"""Lines of a book that wait at most."""

PAUSE = 0.05
"""Seconds between two groups of lines."""

RETRY = 1.0
"""Seconds until the store is tried again."""

_KINDS = frozenset(KINDS)


class _Told(NamedTuple):
    """What is to be a line once it is written, since in a flood many never are."""

    at: float
    node: str
    event: str
    about: Mapping[str, object]
    why: str | None
    done: Mapping[str, object] | None = None


class Journal:
    """The two books, as this node writes them."""

    def __init__(
        self, port: JournalPort, hub: Hub, current: Current, clock: Clock, metrics: Metrics
    ) -> None:
        # Fixed after construction.
        self._port = port
        self._hub = hub
        self._current = current
        self._clock = clock
        self._unwritten = {book: metrics.unwritten.labels(book.value) for book in Book}
        self._writer = str(hub.node)
        self._sampler = Sampler()
        # Changed only in sync functions.
        self._waiting: dict[Book, deque[_Told]] = {book: deque() for book in Book}
        self._number = 0
        self._pause = PAUSE
        self._wake = trio.Event()
        self._idle = trio.Event()
        self._idle.set()
        self._complained = False

    def happened(
        self,
        event: str,
        *,
        why: str | None = None,
        level: str = "info",
        **about: object,
    ) -> None:
        """Log an event (as `info`, and then not each of many, or `warning`), and have the journal keep
        it with the ids in `about` (domain KINDS) and who did it (`by`); the rest is for the log alone.
        """
        at = self._clock.wall()
        left_out = self._sampler.admits(event, at) if level == "info" else 0
        if left_out is not None:
            told = {**about, "why": why, "left_out": left_out or None}
            log = _log.info if level == "info" else _log.warning
            log(event, **{name: value for name, value in told.items() if value is not None})
        self._put(Book.JOURNAL, _Told(at, self._hub.node, event, about, why))

    def audited(
        self, event: str, *, by: str, way: str, outcome: str, why: str | None, ids: dict[str, str]
    ) -> None:
        """Log what an administrator did, and keep it: by which way, and what came of it."""
        cause = {} if why is None else {"why": why}
        _log.info(event, admin=by, action=way, outcome=outcome, **ids, **cause)
        done = {"by": by, "way": way, "outcome": outcome}
        self._put(Book.AUDIT, _Told(self._clock.wall(), self._hub.node, event, ids, why, done))

    async def written(self) -> None:
        """Write without pauses from now on; return when nothing waits to be written any more."""
        self._pause = 0.0
        await self._idle.wait()

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self._wake.wait()
            self._wake = trio.Event()
            while any(self._waiting.values()):
                await self.write()
                await trio.sleep(self._pause)
            self._idle.set()
            self._complained = False

    async def write(self) -> None:
        """Write one group of each book; while the store is away, try again and again."""
        for book, lines in self._waiting.items():
            if lines:
                group = tuple(self._line(lines.popleft()) for _ in range(min(GROUP, len(lines))))
                self._number += 1
                await self._append(book, group, f"{self._writer}:{self._number}")

    def bounds(self, book: Book) -> Bounds:
        """What is kept of a book."""
        settings = self._current.settings
        return settings.journal_keep if book is Book.JOURNAL else settings.audit_keep

    async def _append(self, book: Book, group: tuple[Line, ...], batch: str) -> None:
        while True:
            bounds, now = self.bounds(book), self._clock.wall()
            try:
                await self._port.append(book, group, bounds, now, batch=batch)
            except StoreUnavailable:
                await trio.sleep(RETRY)
            else:
                return

    def _line(self, told: _Told) -> Line:
        ids = told.about.items()
        done = told.done or {"by": told.about.get("by")}
        return Line(
            at=told.at,
            event=told.event,
            ids={k: _plain(str(v)) for k, v in ids if k in _KINDS and v is not None},
            why=None if told.why is None else _plain(told.why[:LONGEST]),
            node=told.node,
            **{name: str(value) for name, value in done.items() if value is not None},
        )

    def _put(self, book: Book, told: _Told) -> None:
        lines = self._waiting[book]
        if len(lines) >= QUEUE:
            lines.popleft()
            self._unwritten[book].inc()
            if not self._complained:
                self._complained = True
                _log.warning("journal.full", effect="the oldest lines that wait are not kept")
        lines.append(told)
        if self._idle.is_set():
            self._idle = trio.Event()
        self._wake.set()


def _plain(text: str) -> str:
    """Text that every store can hold: no half of a character, and no tab, which stands between the two
    ids by which a direct message is known.
    """
    whole = text if text.isascii() else text.encode("utf-8", "replace").decode()
    return whole.replace("\t", " ")

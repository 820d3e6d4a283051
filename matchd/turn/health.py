"""Which TURN servers are well, as a probe has seen them: its report, and what follows from several.

Theory: a server is given up after STREAK reports in a row that it is not well, and believed again after
STREAK that it is, so one that comes and goes stays as it was. A report counts once, by its time. What
nobody has probed for a while, or at all, counts as well: players are better off with a server that may
work. Pure; `matchd.doctor` writes reports, services and the daemon read them.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

STREAK = 2
"""Reports in a row that it takes to change one's mind."""


class Probed(msgspec.Struct, frozen=True):
    """How one server did; `rtt` is seconds for an answer (None: there was none), `cause` what is wrong,
    also of a server that is well by another way.
    """

    name: str
    ok: bool
    rtt: float | None
    cause: str


class ProbeReport(msgspec.Struct, frozen=True):
    """What `matchd probe` says: Unix seconds, and each server that could be tried from there."""

    at: int
    servers: tuple[Probed, ...]

    def encode(self) -> bytes:
        """As JSON, with a line break behind it."""
        return msgspec.json.encode(self) + b"\n"

    @staticmethod
    def decode(data: bytes) -> ProbeReport:
        """Read it; ValueError when it is none."""
        return msgspec.json.decode(data, type=ProbeReport)


class Health:
    """What is believed of the servers. Changed by `take` and `forget` only."""

    def __init__(self) -> None:
        self._streaks: dict[str, int] = {}  # reports in a row: bad ones are counted downwards
        self.down: frozenset[str] = frozenset()
        self.report: ProbeReport | None = None

    def take(self, report: ProbeReport, names: Iterable[str]) -> frozenset[str]:
        """Take a report in, for servers of these names; the names whose health it has changed."""
        before = self.down
        if self.report is None or report.at > self.report.at:
            self.report = report
            probed = {one.name: one.ok for one in report.servers if one.name in set(names)}
            self._streaks = {name: self._streak(name, ok) for name, ok in probed.items()}
            bad = {name for name, streak in self._streaks.items() if streak <= -STREAK}
            kept = {name for name in before & probed.keys() if self._streaks[name] < STREAK}
            self.down = frozenset(bad | kept)
        return before ^ self.down

    def forget(self) -> frozenset[str]:
        """Believe all well again, since nobody has looked for long; those for which that is news."""
        before, self.down = self.down, frozenset()
        self._streaks.clear()
        self.report = None
        return before

    def causes(self) -> dict[str, str]:
        """What is wrong with those that are given up."""
        servers = self.report.servers if self.report else ()
        return {one.name: one.cause for one in servers if one.name in self.down}

    def _streak(self, name: str, ok: bool) -> int:
        former = self._streaks.get(name, 0)
        return max(former, 0) + 1 if ok else min(former, 0) - 1

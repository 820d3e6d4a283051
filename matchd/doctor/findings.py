"""What a check says: one finding, its severity, and the line to change. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec


class Severity(StrEnum):
    """How bad it is, the least first."""

    OK = "ok"
    INFO = "info"
    WARN = "warn"
    FAIL = "fail"


class Finding(msgspec.Struct, frozen=True):
    """`id` is stable (the README lists all), `about` is a TURN server's name, a file, a unit or an
    address; `cause` is what was seen, `change` the line to change or the command to run.
    """

    id: str
    severity: Severity
    about: str
    cause: str
    change: str = ""


_ORDER = list(Severity)


def worst(findings: Iterable[Finding]) -> Severity:
    """The worst severity of all; OK for none."""
    return max((one.severity for one in findings), key=_ORDER.index, default=Severity.OK)


def status(findings: Iterable[Finding]) -> int:
    """The exit status that says the same: 0 fine, 1 warnings, 2 failures."""
    return {Severity.WARN: 1, Severity.FAIL: 2}.get(worst(findings), 0)

"""V1: what the server says it is, and what is known of that version. Pure but for its patient."""

from __future__ import annotations

import re

from matchd.doctor.findings import Finding, Severity
from matchd.doctor.patient import Patient

_COTURN = re.compile(r"Coturn-(\d+)\.(\d+)\.(\d+)")
_HOLES = (
    ((4, 9, 0), "P2", "lets IPv6 addresses that hold private IPv4 ones pass (CVE-2026-27624)"),
    ((4, 13, 1), "P1", "relays to 169.254.169.254, the metadata of clouds, unless told not to"),
)


def check_version(patient: Patient, findings: list[Finding]) -> list[Finding]:
    """Name the holes of an old coturn; those that its configuration closes, as P1 and P2 have just
    seen, are only told.
    """
    known = _COTURN.match(patient.software)
    if known is None:
        said = patient.software[:60] or "nothing of itself"
        return [patient.ok("V1", f"it says {said}")] if patient.server.kind == "coturn" else []
    version = tuple(int(part) for part in known.groups())
    name = f"coturn {'.'.join(known.groups())}"
    found = []
    for fixed, check, hole in _HOLES:
        if version >= fixed:
            continue
        seen = [one.severity for one in findings if one.id == check]
        closed = seen == [Severity.OK]
        cause = f"{name} {hole}{'; here nothing gets through' if closed else ''}"
        change = f"upgrade to {'.'.join(map(str, fixed))}, or see {check}"
        tell = patient.info if closed or not seen else patient.warn
        found.append(tell("V1", cause, "" if closed else change))
    return found or [patient.ok("V1", name)]

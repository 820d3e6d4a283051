"""All checks of one TURN server, in the order in which one explains the next."""

from __future__ import annotations

from matchd.doctor.access import check_access
from matchd.doctor.findings import Finding, Severity
from matchd.doctor.patient import Patient
from matchd.doctor.peers import check_peers
from matchd.doctor.reach import check_reach
from matchd.doctor.relay import check_relay
from matchd.doctor.version import check_version
from matchd.doctor.ways import check_ways


async def examine(patient: Patient) -> list[Finding]:
    """Look at one server; takes some seconds, and never raises for what a server does."""
    findings = await check_reach(patient)
    if patient.place is not None:
        findings += await check_access(patient)
        refused = any(one.id in ("A1", "A3", "A4") and _bad(one) for one in findings)
        if patient.open or not refused:
            findings += await check_relay(patient)
            findings += await check_peers(patient)
        findings += check_version(patient, findings)
    findings += await check_ways(patient)
    return findings


def _bad(finding: Finding) -> bool:
    return finding.severity is Severity.FAIL

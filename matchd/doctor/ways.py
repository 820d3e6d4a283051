"""T1 and T2: the other ways in, for players whose network lets no UDP out."""

from __future__ import annotations

import ssl
import time
import warnings
from contextlib import suppress

import trio

from matchd.doctor.client import Refused
from matchd.doctor.findings import Finding
from matchd.doctor.link import NoNetwork, NoTls, Place, ProbeError, open_link
from matchd.doctor.patient import Patient

DAY = 86_400
SOON, NOW = 14, 3
OLD_PATIENCE = 1.0
"""Seconds for a handshake with old TLS: coturn does not refuse it, it falls silent."""


async def check_ways(patient: Patient) -> list[Finding]:
    """TCP, then TLS, where players are told of them."""
    address = patient.place.address if patient.place else next(iter(patient.addresses), None)
    if address is None:
        return []
    findings = []
    for way, port in patient.ways():
        place = patient.at(address, way, port)
        if way == "tcp":
            findings.append(await _check_tcp(patient, place))
        if way == "tls":
            findings += await _check_tls(patient, place)
    if not patient.server.tls_port:
        line = patient.ours("tls_port = 443, or 5349, once it has a certificate")
        cause = "players are told of no TLS; strict firewalls let nothing else out"
        findings.append(patient.info("T2", cause, line))
    return findings


async def _check_tcp(patient: Patient, place: Place) -> Finding:
    try:
        async with patient.session(patient.credential(), place=place) as session:
            await session.allocate()
    except NoNetwork as error:
        return patient.info("T1", f"{place}: not tried, since this machine can't ({error})")
    except Refused as error:
        return patient.ok("T1", f"{place}: answers by TCP ({error})")
    except ProbeError as error:
        cure = f"let {place.port}/tcp in at the firewall there, or {patient.ours('tcp_port = 0')}"
        return patient.warn("T1", f"{place}: {error}", cure)
    return patient.ok("T1", f"{place}: a relay by TCP")


async def _check_tls(patient: Patient, place: Place) -> list[Finding]:
    findings = []
    try:
        async with patient.session(patient.credential(), place=place) as session:
            assert session.tls is not None
            ends = session.tls.getpeercert()["notAfter"]
            findings.append(_judge_expiry(patient, place, ends))
            with suppress(Refused):  # A3 has said so
                await session.allocate()
                findings.append(patient.ok("T2", f"{place}: a relay by {session.tls.version()}"))
    except NoNetwork as error:
        return [patient.info("T2", f"{place}: not tried, since this machine can't ({error})")]
    except NoTls as error:
        return [_no_tls(patient, place, error)]
    except ProbeError as error:
        cure = f"let {place.port}/tcp in at the firewall there, or {patient.ours('tls_port = 0')}"
        return [*findings, patient.fail("T2", f"{place}: {error}", cure)]
    if await _speaks_old(place):
        line = patient.theirs("no-tlsv1 and no-tlsv1_1")
        cause = f"{place}: takes TLS 1.1 and older too, which are broken"
        findings.append(patient.warn("T2", cause, line))
    return findings


def _no_tls(patient: Patient, place: Place, error: NoTls) -> Finding:
    if error.unverified:
        return patient.fail(
            "T2",
            f"{place}: browsers refuse its certificate: {error}",
            patient.theirs(f"cert= and pkey= of a public CA for {place.host}")
            + ", the chain included; after a renewal send it SIGUSR2",
        )
    return patient.fail(
        "T2",
        f"{place}: no TLS there: {error}",
        patient.theirs("tls-listening-port=, cert= and pkey=")
        + " (the user turnserver must be able to read both; its log says so)",
    )


def _judge_expiry(patient: Patient, place: Place, ends: str) -> Finding:
    days = (ssl.cert_time_to_seconds(ends) - time.time()) / DAY
    cause = f"{place}: its certificate is good for {days:.0f} days"
    change = "renew it, and send coturn SIGUSR2 in the renewal's hook, or it keeps the old one"
    if days < NOW:
        return patient.fail("T2", cause, change)
    if days < SOON:
        return patient.warn("T2", cause, change)
    return patient.ok("T2", cause)


async def _speaks_old(place: Place) -> bool:
    """Whether a handshake with TLS 1.1 at most succeeds."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # nothing is trusted to it: it is closed at once
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it is what is asked about
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with trio.move_on_after(OLD_PATIENCE), suppress(ProbeError):
        async with open_link(place, context):
            return True
    return False

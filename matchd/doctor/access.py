"""A1 to A4, A6, A7: who gets in, and who doesn't."""

from __future__ import annotations

from matchd.doctor.client import Credential, Refused
from matchd.doctor.clock import check_clock
from matchd.doctor.findings import Finding
from matchd.doctor.link import ProbeError
from matchd.doctor.patient import Patient
from matchd.turn import SharedSecretServer

FAR = 30 * 86_400
HOUR = 3600

PORTS = 3
"""Ports that are tried where a former relay is still there."""

_CODES = {
    400: "it calls the request malformed (400)",
    403: "it takes no new relays: it drains, or forbids them (403)",
    437: "a relay of the same address is still there (437)",
    441: "somebody else's relay has the same address (441)",
    442: "it relays no UDP (442)",
    486: "the quota is used up (486)",
    500: "it failed (500)",
    508: "it has no relay port left (508)",
}
_CURES = {
    403: "restart it, if it was told to drain",
    486: "total-quota= (all relays) and user-quota= (12 or more), 0 is no limit",
    508: "min-port= and max-port= further apart",
}


async def check_access(patient: Patient) -> list[Finding]:
    """Everything about credentials."""
    findings = [await check_open(patient)]
    if patient.open:
        return findings
    findings += _check_realm(patient)
    code = await attempt(patient, patient.credential(ttl=FAR))
    findings.append(_judge_secret(patient, code))
    if code == 0 and isinstance(patient.server, SharedSecretServer):
        findings += await _check_times(patient, patient.server.previous)
    if code == 0:
        findings.append(await _check_garbled(patient))
    return findings


async def _check_times(patient: Patient, previous: tuple[str, ...]) -> list[Finding]:
    """What only minted credentials have: an end, and older secrets."""
    code = await attempt(patient, patient.credential())
    skew, clock = await check_clock(patient)
    return [
        _judge_ttl(patient, code, skew),
        clock,
        await _check_expired(patient, skew),
        *[await _check_older(patient, line, one) for line, one in enumerate(previous, 2)],
    ]


async def attempt(patient: Patient, credential: Credential | None) -> int | str:
    """Allocate and give it back: 0, the error code, or what else went wrong. Where a former relay
    is still there (437), from a few other ports.
    """
    for _ in range(PORTS):
        outcome = await _allocate(patient, credential)
        if outcome != 437:
            break
    return outcome


async def _allocate(patient: Patient, credential: Credential | None) -> int | str:
    try:
        async with patient.session(credential) as session:
            await session.allocate()
    except Refused as error:
        return error.code
    except ProbeError as error:
        return str(error)
    return 0


def explain(code: int | str) -> str:
    """What an outcome of `attempt` says."""
    if isinstance(code, str):
        return code
    return _CODES.get(code, f"it refuses ({code})")


async def check_open(patient: Patient) -> Finding:
    """A1; sets the patient's realm, and whether it is open."""
    try:
        async with patient.session() as session:
            try:
                await session.allocate()
                patient.open = True
            finally:
                patient.realm = session.realm
                patient.software = session.software or patient.software
    except Refused as error:
        if error.code != 401:
            return patient.info("A1", f"without a credential: {explain(error.code)}")
    except ProbeError as error:
        return patient.fail("A1", f"a request for a relay: {error}")
    if patient.open:
        return patient.fail(
            "A1",
            "an open relay: it relays for anybody, without a credential",
            patient.theirs("use-auth-secret, realm=… and static-auth-secret=…")
            + " (`matchd turn config` prints the whole file)",
        )
    return patient.ok("A1", "nobody gets a relay without a credential")


def _check_realm(patient: Patient) -> list[Finding]:
    """A2."""
    wanted = getattr(patient.server, "realm", "")
    if patient.realm is None:
        return []
    if not patient.realm:
        example = wanted or patient.server.host
        return [
            patient.fail(
                "A2", "its realm is empty: browsers time out", patient.theirs(f"realm={example}")
            )
        ]
    if wanted and wanted != patient.realm:
        line = patient.ours(f'realm = "{patient.realm}"')
        return [patient.warn("A2", f'its realm is "{patient.realm}", not "{wanted}"', line)]
    return [patient.ok("A2", f'its realm is "{patient.realm}"')]


def _judge_secret(patient: Patient, code: int | str) -> Finding:
    """A3."""
    shared = isinstance(patient.server, SharedSecretServer)
    if code == 0:
        return patient.ok("A3", f"our {'secret' if shared else 'credential'} is taken")
    if code != 401:
        line = patient.theirs(_CURES[code]) if code in _CURES else ""
        return patient.fail("A3", explain(code), line)
    if not shared:
        line = patient.ours("username and credential_file")
        return patient.fail("A3", "our credential is refused (401)", line)
    file = (
        "static-auth-secret= must be the first line of our secret_file; no quotes, no # behind it"
    )
    return patient.fail(
        "A3",
        "our secret is refused (401), and the clocks are not why: another secret there, another "
        "realm of its database, or a database that fails",
        patient.theirs(f"{file}; restart it after a change"),
    )


def _judge_ttl(patient: Patient, code: int | str, skew: float | None) -> Finding:
    """A4."""
    if code == 0:
        return patient.ok("A4", f"what players are given for {patient.ttl} s is taken")
    if code == 401:
        ahead = "" if skew is None else f" ({skew:.0f} s ahead of ours)"
        cause = f"what players are given for {patient.ttl} s has run out there: its clock{ahead}"
        return patient.fail("A4", cause, "see A5")
    return patient.fail("A4", explain(code))


async def _check_expired(patient: Patient, skew: float | None) -> Finding:
    """A6, the credential that has run out."""
    code = await attempt(patient, patient.credential(ttl=-HOUR))
    if code == 401:
        return patient.ok("A6", "a credential that ran out an hour ago is refused")
    if code == 0 and skew is not None and skew < -HOUR:
        return patient.info("A6", "a credential that ran out an hour ago is taken: see A5")
    if code == 0:
        cause = "a credential that ran out an hour ago is taken: it checks no times"
        return patient.fail("A6", cause, patient.theirs("use-auth-secret, and no user="))
    return patient.fail("A6", f"with a credential that ran out: {explain(code)}")


async def _check_garbled(patient: Patient) -> Finding:
    """A6, the wrong password."""
    credential = patient.credential(ttl=FAR)
    assert credential is not None
    code = await attempt(patient, (credential[0], credential[1][::-1] + "x"))
    if code == 401:
        return patient.ok("A6", "a wrong password is refused")
    if code == 0:
        return patient.fail("A6", "a wrong password is taken")
    return patient.fail("A6", f"with a wrong password: {explain(code)}")


async def _check_older(patient: Patient, line: int, secret: str) -> Finding:
    """A7."""
    code = await attempt(patient, patient.credential(ttl=FAR, secret=secret))
    taken = "taken too" if code == 0 else f"not taken ({explain(code)})"
    return patient.info("A7", f"line {line} of secret_file, an older or newer secret, is {taken}")

"""P1 and P2: addresses that a relay must never reach. Permissions are asked for, nothing is sent."""

from __future__ import annotations

import ipaddress

from matchd.doctor.client import Refused, Turn
from matchd.doctor.findings import Finding
from matchd.doctor.link import ProbeError
from matchd.doctor.patient import Patient

PRIVATE = (
    "127.0.0.1",
    "169.254.169.254",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "100.64.0.1",
    "224.0.0.1",
)
PRIVATE_6 = (
    "::1",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "::ffff:10.0.0.1",
    "fd00::1",
    "fe80::1",
)
WORST = frozenset({"127.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"})
"""Services of the machine itself, and the metadata of clouds."""
_OTHERS = "denied-peer-ip=FIRST-LAST for each network (ranges: coturn knows no CIDR)"


async def check_peers(patient: Patient) -> list[Finding]:
    """P1, then P2 where there are relays of IPv6."""
    return [await _check(patient, "P1", PRIVATE), await _check(patient, "P2", PRIVATE_6)]


async def _check(patient: Patient, name: str, peers: tuple[str, ...]) -> Finding:
    v6 = name == "P2"
    try:
        async with patient.session(patient.credential()) as session:
            own = (await session.allocate(v6=v6))[0]
            asked = [*peers, *(() if v6 else _own(patient, own))]
            found = await permitted(session, asked, own)
    except Refused as error:
        if v6 and error.code in (440, 442):
            return patient.ok(name, "it relays no IPv6")
        return patient.info(name, f"not looked at: no relay ({error})")
    except ProbeError as error:
        return patient.info(name, f"not looked at: {error}")
    return _judge(patient, name, found)


def _own(patient: Patient, relay: str) -> list[str]:
    """The server's private address, where it is reached by one and relays at another."""
    assert patient.place is not None
    base = ipaddress.ip_address(patient.place.address)
    return [str(base)] if base.version == 4 and base.is_private and str(base) != relay else []


async def permitted(session: Turn, peers: list[str], own: str) -> list[str]:
    """Those that may be reached, but for the relay's own address, which other relays need."""
    found = []
    for peer in dict.fromkeys(peers):
        if peer == own:
            continue
        try:
            await session.permit(peer)
            found.append(peer)
        except Refused:
            continue
    return found


def _judge(patient: Patient, name: str, found: list[str]) -> Finding:
    family = "IPv6 " if name == "P2" else ""
    if not found:
        return patient.ok(name, f"no private {family}network can be reached through it")
    cause = f"who has a credential reaches {', '.join(found)} through it"
    line = "no allow-loopback-peers; " if {"127.0.0.1", "::1"} & set(found) else ""
    change = patient.theirs(f"{line}{_OTHERS}; `matchd turn config` prints them all")
    if WORST & set(found):
        return patient.fail(name, cause, change)
    return patient.warn(name, cause, change)

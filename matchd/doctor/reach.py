"""N1 and S1: the server's name, and whether it answers at each of its addresses."""

from __future__ import annotations

import ipaddress
from socket import EAI_AGAIN, gaierror

import trio

from matchd.doctor.client import Seen
from matchd.doctor.findings import Finding
from matchd.doctor.link import PATIENCE, NoNetwork, ProbeError
from matchd.doctor.patient import Patient

HERE = "is this machine online, and is nothing here in the way?"


async def check_reach(patient: Patient) -> list[Finding]:
    """Resolve the name, ask at every address; sets where the other checks ask."""
    host = patient.server.host
    try:
        patient.addresses = await resolve(host)
    except ProbeError as error:
        line = f"{patient.ours('host =')} a name that exists, if this machine is online"
        return [patient.fail("N1", f"{host}: {error}", line)]
    seen: dict[str, Seen | ProbeError] = {}
    # Side by side, since each dead address takes its time.
    async with trio.open_nursery() as nursery:
        for address in patient.addresses:
            nursery.start_soon(_ask, patient, address, seen)
    way, port = patient.ways()[0]
    answered = [a for a in patient.addresses if isinstance(seen[a], Seen)]
    if answered:
        patient.place = patient.at(answered[0], way, port)
    return [
        patient.ok("N1", f"{host} is {_named(host, patient.addresses)}"),
        *(_judge(patient, one, seen[one], alone=not answered) for one in patient.addresses),
    ]


def _named(host: str, addresses: tuple[str, ...]) -> str:
    return "an address" if addresses == (host,) else ", ".join(addresses)


async def resolve(host: str) -> tuple[str, ...]:
    """All addresses of a name, IPv4 first. ProbeError says why there is none."""
    try:
        return (str(ipaddress.ip_address(host)),)
    except ValueError:
        pass
    found = []
    with trio.move_on_after(PATIENCE) as scope:
        try:
            found = await trio.socket.getaddrinfo(host, None, type=trio.socket.SOCK_DGRAM)
        except gaierror as error:
            # Name servers that are away say nothing of the name.
            kind = NoNetwork if error.errno == EAI_AGAIN else ProbeError
            raise kind(f"no address ({(error.strerror or str(error)).lower()})") from None
        except UnicodeError:
            raise ProbeError("not a name that can be looked up") from None
    if scope.cancelled_caught:
        raise NoNetwork(f"the name servers of this machine give no answer within {PATIENCE:g} s")
    addresses = dict.fromkeys(str(row[4][0]) for row in found)
    return tuple(sorted(addresses, key=lambda address: ":" in address))


async def _ask(patient: Patient, address: str, seen: dict[str, Seen | ProbeError]) -> None:
    way, port = patient.ways()[0]
    try:
        async with patient.session(place=patient.at(address, way, port)) as session:
            seen[address] = await session.bind()
            patient.software = session.software or patient.software
    except ProbeError as error:
        seen[address] = error


def _judge(patient: Patient, address: str, seen: Seen | ProbeError, *, alone: bool) -> Finding:
    way, port = patient.ways()[0]
    place = patient.at(address, way, port)
    if isinstance(seen, Seen):
        return patient.ok(
            "S1", f"{place}: STUN in {1000 * seen.rtt:.0f} ms; it sees us as {seen.mapped[0]}"
        )
    if isinstance(seen, NoNetwork):
        if alone:
            return patient.fail("S1", f"{place}: can't be reached from here: {seen}", HERE)
        return patient.info("S1", f"{place}: not tried, since this machine can't ({seen})")
    cure = f"is the server running, and does the firewall there let {port}/{_layer(way)} in?"
    if alone:
        return patient.fail("S1", f"{place}: {seen}", cure)
    record = "AAAA" if ":" in address else "A"
    return patient.warn("S1", f"{place}: {seen}", f"{cure} Else remove that {record} record.")


def _layer(way: str) -> str:
    return "udp" if way == "udp" else "tcp"

"""The light version of the doctor: whether each TURN server gives a player a relay, here and now.

One allocation per server where all is well, given back at once. A server is well when one of the ways
that players are told of works; the cause names those that don't. A server that this machine can't reach
for want of a network is left out of the report, since nothing is known of it.
"""

from __future__ import annotations

import time

import trio

from matchd.doctor.access import explain
from matchd.doctor.client import Refused
from matchd.doctor.link import NoNetwork, Place, ProbeError
from matchd.doctor.patient import Patient
from matchd.doctor.reach import resolve
from matchd.turn import TurnServer
from matchd.turn.health import Probed, ProbeReport


async def probe(servers: tuple[TurnServer, ...], ttl: int) -> ProbeReport:
    """Try all servers at once."""
    found: dict[str, Probed | None] = {}

    async def one(patient: Patient) -> None:
        found[patient.name] = await try_server(patient)

    # Side by side, since a dead one takes its seconds.
    async with trio.open_nursery() as nursery:
        for server in servers:
            nursery.start_soon(one, Patient(server, ttl=ttl))
    ordered = (found[server.name] for server in servers)
    return ProbeReport(int(time.time()), tuple(one for one in ordered if one is not None))


async def try_server(patient: Patient) -> Probed | None:
    """Try its ways until one works, then no more; None when there is no network to try with."""
    try:
        addresses = await resolve(patient.server.host)
    except NoNetwork:
        return None
    except ProbeError as error:
        return Probed(patient.name, False, None, f"{patient.server.host}: {error}")
    causes: list[str] = []
    known = False
    for way, port in patient.ways():
        for address in addresses:
            place = patient.at(address, way, port)
            try:
                return Probed(patient.name, True, await _relay(patient, place), "; ".join(causes))
            except NoNetwork:
                continue
            except Refused as error:
                causes.append(f"{place}: {explain(error.code)}")
            except ProbeError as error:
                causes.append(f"{place}: {error}")
            known = True
    return Probed(patient.name, False, None, "; ".join(causes)) if known else None


async def _relay(patient: Patient, place: Place) -> float:
    """Get a relay and give it back; seconds for one answer."""
    async with patient.session(patient.credential(), place=place) as session:
        rtt = (await session.bind()).rtt
        await session.allocate()
    return round(rtt, 4)

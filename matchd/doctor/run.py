"""The whole examination: every TURN server side by side, then this machine and our own front door."""

from __future__ import annotations

from pathlib import Path

import msgspec
import trio

from matchd.config import Loaded
from matchd.doctor.client import GAP, Pace
from matchd.doctor.examine import examine
from matchd.doctor.findings import Finding, Severity
from matchd.doctor.front import Front
from matchd.doctor.machine import check_clock_here, check_data, check_unit, is_here
from matchd.doctor.patient import Patient
from matchd.doctor.turnserver import check_file, is_anonymous, read
from matchd.turn import SharedSecretServer, TurnServer

COTURN = Path("/etc/turnserver.conf")


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked at: this machine too (`local`), and coturn's file there (None: the usual one, if
    one of the servers is here); `gap` are seconds between two allocations.
    """

    local: bool = True
    coturn: Path | None = None
    gap: float = GAP


class Result(msgspec.Struct, frozen=True):
    """What was found of each server, in order, what of the rest, and whether a server is here."""

    servers: tuple[tuple[TurnServer, tuple[Finding, ...]], ...]
    rest: tuple[Finding, ...]
    beside: bool


def look(loaded: Loaded, servers: tuple[TurnServer, ...], options: Options) -> Result:
    """Look at these servers and, where `options` say so, at the rest."""
    return trio.run(_look, loaded, servers, options)


async def _look(loaded: Loaded, servers: tuple[TurnServer, ...], options: Options) -> Result:
    ttl = loaded.config.turn.ttl
    patients = [Patient(server, ttl=ttl, pace=Pace(options.gap)) for server in servers]
    found: dict[str, list[Finding]] = {}
    rest: list[Finding] = []

    async def one(patient: Patient) -> None:
        found[patient.name] = await examine(patient)

    # Each server has its own pace, and a dead one takes seconds.
    async with trio.open_nursery() as nursery:
        for patient in patients:
            nursery.start_soon(one, patient)
        nursery.start_soon(_look_around, loaded, options, rest)
    answered = [patient for patient in patients if patient.place is not None]
    here = [patient for patient in answered if any(is_here(one) for one in patient.addresses)]
    if options.local and options.coturn is not None:
        rest += _read_coturn(loaded, patients, options.coturn)
    elif options.local and here:
        rest += _read_coturn(loaded, here, None)
    return Result(
        tuple((patient.server, tuple(found[patient.name])) for patient in patients),
        tuple(rest),
        beside=bool(here),
    )


async def _look_around(loaded: Loaded, options: Options, rest: list[Finding]) -> None:
    rest += await Front(loaded.config).check()
    if options.local:
        rest += check_clock_here() + check_data(loaded.config)
        rest += await check_unit(loaded.config)


def _read_coturn(loaded: Loaded, patients: list[Patient], named: Path | None) -> list[Finding]:
    """L1: the file that was named, or the usual one if it is there."""
    path = named or COTURN
    if named is None and not path.exists():
        return []
    try:
        file = read(str(path), path.read_text(encoding="utf-8", errors="replace"))
    except FileNotFoundError as error:
        cause = error.strerror or "can't be read"
        return [Finding("L1", Severity.WARN, str(path), cause, "--coturn-config FILE")]
    except OSError as error:
        cause = f"can't be read: {error.strerror}"
        return [Finding("L1", Severity.INFO, str(path), cause, "run this as root")]
    servers = [one.server for one in patients if isinstance(one.server, SharedSecretServer)]
    if named is None and is_anonymous(file) and not any(one.open for one in patients):
        cause = "this is not the file of the coturn that runs, which asks for credentials"
        return [Finding("L1", Severity.INFO, str(path), cause, "--coturn-config FILE")]
    return check_file(file, servers, loaded.config.store.url)

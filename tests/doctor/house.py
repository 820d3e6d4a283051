"""TURN servers to be looked at: real coturns of many kinds, and what was found of them.

Only tests import this module.
"""

import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from matchd.doctor.client import Pace
from matchd.doctor.examine import examine
from matchd.doctor.findings import Finding, Severity
from matchd.doctor.patient import Patient
from matchd.turn import SharedSecretServer, TurnServer, coturn_config
from tests.daemon.coturn import (
    HOST,
    REALM,
    RELAY_PORTS,
    Pair,
    free_ports,
    loopback_lines,
    running,
    self_signed,
    workdir,
)

SECRET = "uXn0Z-4p_9Qm7rTtY2vK8bLw"
NOTHING: Mapping[str, str] = {}
BAD = (Severity.WARN, Severity.FAIL)


class Found:
    """What was found, by the ids of the checks."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = findings

    @property
    def bad(self) -> set[str]:
        """The ids with a warning or a failure."""
        return {one.id for one in self.findings if one.severity in BAD}

    def __repr__(self) -> str:
        return "\n".join(f"{one.id} {one.severity}: {one.cause}" for one in self.findings)

    def said(self, name: str) -> str:
        """Everything that a check said, with its severities."""
        said = [one for one in self.findings if one.id == name]
        return "\n".join(f"{one.severity}: {one.cause} -> {one.change}" for one in said)


@asynccontextmanager
async def written(
    changed: Mapping[str, str] = NOTHING,
    *,
    days: float = 90,
    before: Sequence[str] = (),
    extra: Sequence[str] = (),
) -> AsyncIterator[tuple[SharedSecretServer, ssl.SSLContext]]:
    """A coturn with the file that `matchd turn config` writes, relaying between loopback addresses,
    and what it takes to believe its certificate. `changed` replaces lines by their key, with nothing if
    the value is empty; `extra` lines stand behind.
    """
    ports = free_ports()
    with workdir() as directory:
        pair = self_signed(directory, days)
        lines = [line for line in _lines(ports, pair) if line.partition("=")[0] not in changed]
        lines += [f"{key}={value}" for key, value in changed.items() if value]
        config = "\n".join([*lines, *loopback_lines(), *extra])
        async with running(config, directory, ports[0], before=before):
            yield (
                server(ports[0], tls_port=ports[1]),
                ssl.create_default_context(cafile=str(pair.cert)),
            )


def at_another_time(offset: str) -> list[str]:
    """What to run a program by whose clock is off. Not `faketime`, which runs it as a child that
    outlives it; its timers go by the true time, or they fire at odd moments.
    """
    libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    assert libraries, "libfaketime is missing: install the Debian package faketime"
    return ["env", f"LD_PRELOAD={libraries[0]}", f"FAKETIME={offset}", "DONT_FAKE_MONOTONIC=1"]


def _lines(ports: tuple[int, int, int], pair: Pair) -> list[str]:
    """The file, which would speak to the machine's journal if it were let."""
    text = coturn_config(
        realm=REALM,
        secret=SECRET,
        listening_ips=(HOST,),
        relay_ips=(HOST, "::1"),
        port=ports[0],
        tls_port=ports[1],
        cert=str(pair.cert),
        key=str(pair.key),
        min_port=ports[2],
        max_port=ports[2] + RELAY_PORTS - 1,
        lan=True,
    )
    return [line for line in text.splitlines() if line != "syslog"]


def server(port: int, *, tls_port: int = 0, secret: str = SECRET) -> SharedSecretServer:
    """How our configuration names a server on this machine."""
    return SharedSecretServer(
        name="eu-1",
        host="localhost",
        udp_port=port,
        tcp_port=port,
        tls_port=tls_port,
        realm=REALM,
        secret=secret,
    )


async def look(one: TurnServer, trust: ssl.SSLContext | None = None, *, ttl: int = 3600) -> Found:
    """Examine a server, without waiting between allocations."""
    return Found(await examine(Patient(one, ttl=ttl, pace=Pace(0), trust=trust)))

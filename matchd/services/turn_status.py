"""The TURN servers that are configured, and what the last look at each of them found (wire.md 9).

Whoever looks is another process (the daemon itself needs no network of its own) and leaves a file in
the runtime directory; where there is none, or none that can be read, nothing is known.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import trio

from matchd.protocol.live import Probe, Probes, ProbeView, TurnEntry
from matchd.services.settings import Current
from matchd.turn import TurnServer

_decode = msgspec.json.Decoder(Probes).decode


class TurnStatus:
    """What is known of each server; `file` is where the probe writes."""

    def __init__(self, current: Current, file: Path | None) -> None:
        self._current = current
        self._file = file

    async def servers(self) -> tuple[TurnEntry, ...]:
        """The servers, as they are configured."""
        probes = await self._probes()
        known = {} if probes is None else {one.name: one for one in probes.servers}
        at = 0.0 if probes is None else probes.at
        servers = self._current.settings.turn.servers
        return tuple(_entry(server, known.get(server.name), at) for server in servers)

    async def _probes(self) -> Probes | None:
        if self._file is None:
            return None
        try:
            return _decode(await trio.Path(self._file).read_bytes())
        except (OSError, msgspec.DecodeError):
            return None  # not there, or of another version: nothing is known


def _entry(server: TurnServer, probe: Probe | None, at: float) -> TurnEntry:
    view = None
    if probe is not None:
        rtt = None if probe.rtt is None else round(probe.rtt * 1000, 1)
        view = ProbeView(at=int(at), ok=probe.ok, rtt_ms=rtt, cause=probe.cause)
    return TurnEntry(
        name=server.name,
        urls=server.urls,
        regions=server.regions,
        weight=server.weight,
        probe=view,
    )

"""The given specification's own way to find a host in Redis, on the records that matchd mirrors there.

Every record is read, those that would do are kept, one is picked and written back as `allocated`, and
a release writes it back as `idle`. Nothing of it is atomic: two finds at once may get one host.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator

import msgspec
import redis

from bench.calls import HERE

_PAGE = 1000
"""Records that one MGET reads."""


class _Record(msgspec.Struct):
    """The fields that the specification looks at, and those it has to keep."""

    hostId: str  # noqa: N815  # as given
    roomId: str  # noqa: N815
    status: str
    region: str
    lastHeartbeat: int  # noqa: N815


_decode = msgspec.json.Decoder(_Record).decode


class Scanning:
    """A client as the specification has it; `scan` asks for records one by one as SCAN finds them,
    else KEYS names all of them and MGET reads many at once.
    """

    def __init__(self, path: str, rng: random.Random, *, scan: bool) -> None:
        self._client = redis.Redis(unix_socket_path=path, protocol=2)
        self._rng = rng
        self._scan = scan

    def claim(self) -> None:
        """One claim with its release."""
        idle = [
            record
            for record in map(_decode, self._records())
            if record.status == "idle" and record.region == HERE and record.lastHeartbeat > 0
        ]
        chosen = self._rng.choice(idle)
        for status in ("allocated", "idle"):
            chosen.status = status
            self._client.set(f"host:{chosen.hostId}", msgspec.json.encode(chosen), ex=3600)

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def _records(self) -> Iterator[bytes]:
        found: Iterable[bytes | str | None]
        if self._scan:
            found = map(self._client.get, self._client.scan_iter("host:*"))
        else:
            keys = iter(self._client.keys("host:*"))
            pages = iter(lambda: list(itertools.islice(keys, _PAGE)), [])
            found = itertools.chain.from_iterable(map(self._client.mget, pages))
        return (record for record in found if isinstance(record, bytes))

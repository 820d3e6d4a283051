"""What was used once, in Redis. Backend-internal."""

from __future__ import annotations

import base64

from matchd.store.redis.suites import SuiteCaller

SWEEP_LIMIT = 500
"""Names that one script removes at most."""


class RedisSpent:
    """The port of what may be used once over the scripts."""

    def __init__(self, caller: SuiteCaller) -> None:
        self._caller = caller

    async def spend(self, kind: str, digest: bytes, until: float, now: float) -> bool:
        """Whether this is the first use; how long it lasts counts, not whose clock is right."""
        ask = {**_named(kind, digest), "lasts": until - now}
        return bool(await self._caller.run("spend", ask, now))

    async def is_spent(self, kind: str, digest: bytes) -> bool:
        """Whether it was used."""
        return bool(await self._caller.run("spent", _named(kind, digest)))

    async def sweep(self, now: float) -> int:
        """Forget what is due."""
        return int(await self._caller.run("sweep_spent", {"limit": SWEEP_LIMIT}, now))


def _named(kind: str, digest: bytes) -> dict[str, object]:
    return {"kind": kind, "digest": base64.b64encode(digest).decode()}

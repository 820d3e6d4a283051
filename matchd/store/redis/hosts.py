"""Hosts in Redis: beats, status words, goodbye (wire.md 2.1, 2.2). Backend-internal."""

from __future__ import annotations

import msgspec

from matchd.domain.hosts import Beat, Status
from matchd.domain.ids import BookingId, HostId, Region
from matchd.store.ports import Beaten, Counts, HostView, Moved, RoomConflict
from matchd.store.redis.caller import Answer, Caller
from matchd.store.redis.records import to_raw


class RedisHosts:
    """The port of hosts over the scripts."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def beat(self, beat: Beat, now: float) -> Beaten | RoomConflict:
        """Register or refresh a host."""
        answer = await self._caller.run("beat", to_raw(beat), now)
        if answer.out["kind"] == "conflict":
            return RoomConflict()
        return Beaten(answer.view(answer.out["view"]), answer.happenings())

    async def say(
        self, host_id: HostId, status: Status, booking_id: BookingId | None, now: float
    ) -> Moved | None:
        """Take a status word."""
        ask = {"host_id": host_id, "status": status, "booking_id": booking_id}
        return _moved(await self._caller.run("say", ask, now))

    async def goodbye(self, host_id: HostId, now: float) -> Moved | None:
        """Take a host out at once."""
        return _moved(await self._caller.run("goodbye", {"host_id": host_id}, now))

    async def get(self, host_id: HostId, now: float) -> HostView | None:
        """One host."""
        answer = await self._caller.run("get_host", {"host_id": host_id}, now)
        return None if answer.out is None else answer.view(answer.out)

    async def page(self, after: HostId | None, limit: int, now: float) -> tuple[HostView, ...]:
        """Hosts in order of their ids."""
        answer = await self._caller.run("page_hosts", {"after": after, "limit": limit}, now)
        return tuple(map(answer.view, answer.out))

    async def counts(self, regions: tuple[Region, ...] = ()) -> Counts:
        """The counters."""
        answer = await self._caller.run("counts", {"regions": regions}, None)
        return msgspec.convert(answer.out, Counts)


def _moved(answer: Answer) -> Moved | None:
    if answer.out is None:
        return None
    return Moved(Status(answer.out["status"]), answer.happenings())

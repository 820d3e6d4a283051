"""Signaling rooms in Redis (wire.md 2.5). Backend-internal."""

from __future__ import annotations

from collections.abc import Mapping

from matchd.domain.ids import Address, HostId, PeerId, RoomId
from matchd.domain.rooms import Room, Side
from matchd.store.ports import (
    BookingClosed,
    EnteredHost,
    EnteredPlayer,
    Left,
    NotYours,
    Waiting,
    WrongHost,
)
from matchd.store.redis.caller import Answer, Caller
from matchd.store.redis.records import (
    to_address,
    to_booking,
    to_place,
    to_places,
    to_raw,
    to_room,
)


class RedisRooms:
    """The port of rooms over the scripts."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def enter_host(
        self, room_id: RoomId, host_id: HostId | None, address: Address, now: float
    ) -> EnteredHost | WrongHost:
        """Take the host's seat."""
        ask = {"room_id": room_id, "host_id": host_id, "address": address}
        answer = await self._caller.run("enter_host", ask, now)
        return WrongHost() if answer.out["kind"] == "wrong_host" else _seated(answer)

    async def enter_player(
        self, room_id: RoomId, grant_hash: bytes, peer: PeerId, address: Address, now: float
    ) -> EnteredPlayer | NotYours | BookingClosed | None:
        """Take the place of a booking."""
        ask = _entering(room_id, peer, address) | {"grant_hash": to_raw(grant_hash)}
        answer = await self._caller.run("enter_player", ask, now)
        if answer.out is None:
            return None
        match answer.out["kind"]:
            case "closed":
                return BookingClosed()
            case "not_yours":
                return NotYours()
            case _:
                return _placed(answer)

    async def enter_anyone(
        self, room_id: RoomId, peer: PeerId, address: Address, now: float
    ) -> EnteredHost | EnteredPlayer:
        """The first socket is the host, the next ones are players."""
        ask = _entering(room_id, peer, address)
        answer = await self._caller.run("enter_anyone", ask, now)
        return _seated(answer) if answer.out["kind"] == "host" else _placed(answer)

    async def wait_outside(
        self, room_id: RoomId, network: str, address: Address, now: float
    ) -> Waiting:
        """Keep a socket until a beat from its network names the room."""
        ask = {"room_id": room_id, "network": network, "address": address}
        answer = await self._caller.run("wait_outside", ask, now)
        return Waiting(to_address(answer.out["replaced"]))

    async def leave(self, room_id: RoomId, address: Address, now: float) -> Left | None:
        """Leave the room."""
        answer = await self._caller.run("leave", {"room_id": room_id, "address": address}, now)
        if answer.out is None:
            return None
        return Left(
            Side(answer.out["side"]),
            answer.out.get("peer"),
            to_address(answer.out.get("host")),
            to_places(answer.out["players"]),
            answer.happenings(),
        )

    async def get(self, room_id: RoomId) -> Room | None:
        """Who is in a room."""
        answer = await self._caller.run("get_room", {"room_id": room_id}, None)
        return None if answer.out is None else _room(answer, answer.out)

    async def page(self, after: RoomId | None, limit: int) -> tuple[Room, ...]:
        """Rooms in order of their ids."""
        answer = await self._caller.run("page_rooms", {"after": after, "limit": limit}, None)
        return tuple(_room(answer, item) for item in answer.out)


def _entering(room_id: RoomId, peer: PeerId, address: Address) -> dict[str, object]:
    return {"room_id": room_id, "peer": peer, "address": address}


def _room(answer: Answer, item: Mapping[str, object]) -> Room:
    raw, host_id = item["room"], item["host_id"]
    assert isinstance(raw, dict)
    return to_room(raw, HostId(str(host_id)) if host_id is not None else None, answer.shift)


def _seated(answer: Answer) -> EnteredHost:
    out = answer.out
    return EnteredHost(
        None if out["host"] is None else answer.host(out["host"]),
        to_places(out["players"]),
        to_address(out["replaced"]),
        answer.happenings(),
    )


def _placed(answer: Answer) -> EnteredPlayer:
    out = answer.out
    return EnteredPlayer(
        to_place(out["place"]),
        None if out["booking"] is None else to_booking(out["booking"], answer.shift),
        to_address(out["host"]),
        None if out["replaced"] is None else to_place(out["replaced"]),
        answer.happenings(),
    )

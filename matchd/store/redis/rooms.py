"""Signaling rooms in Redis (wire.md 2.5). Backend-internal."""

from __future__ import annotations

from collections.abc import Mapping

from matchd.domain.bookings import Booking
from matchd.domain.ids import Address, HostId, PeerId, RoomId
from matchd.domain.rooms import Candidate, Place, Room, Side
from matchd.store.ports import (
    BookingClosed,
    EnteredHost,
    EnteredPlayer,
    Left,
    NotYours,
    Taken,
    UnknownNode,
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
    ) -> EnteredHost | WrongHost | UnknownNode:
        """Take the host's seat."""
        ask = {"room_id": room_id, "host_id": host_id, "address": address}
        entered = _entered(await self._caller.run("enter_host", ask, now))
        assert isinstance(entered, EnteredHost | WrongHost | UnknownNode)
        return entered

    async def enter_player(
        self, room_id: RoomId, grant_hash: bytes, peer: PeerId, address: Address, now: float
    ) -> EnteredPlayer | NotYours | BookingClosed | UnknownNode | None:
        """Take the place of a booking."""
        ask = _entering(room_id, peer, address) | {"grant_hash": to_raw(grant_hash)}
        answer = await self._caller.run("enter_player", ask, now)
        entered = None if answer.out is None else _entered(answer)
        assert isinstance(entered, EnteredPlayer | NotYours | BookingClosed | UnknownNode | None)
        return entered

    async def enter_anyone(
        self, room_id: RoomId, peer: PeerId, address: Address, now: float
    ) -> EnteredHost | EnteredPlayer | UnknownNode:
        """The first socket is the host, the next ones are players."""
        ask = _entering(room_id, peer, address)
        entered = _entered(await self._caller.run("enter_anyone", ask, now))
        assert isinstance(entered, EnteredHost | EnteredPlayer | UnknownNode)
        return entered

    async def wait_outside(
        self, room_id: RoomId, network: str, address: Address, now: float
    ) -> Waiting | UnknownNode:
        """Keep a socket until a beat from its network names the room."""
        ask = {"room_id": room_id, "network": network, "address": address}
        entered = _entered(await self._caller.run("wait_outside", ask, now))
        assert isinstance(entered, Waiting | UnknownNode)
        return entered

    async def affirm_host(
        self, room_id: RoomId, host_id: HostId | None, address: Address, now: float
    ) -> EnteredHost | Taken | WrongHost | UnknownNode:
        """Say that this socket is the host here."""
        ask = {"room_id": room_id, "host_id": host_id, "address": address}
        entered = _entered(await self._caller.run("affirm_host", ask, now))
        assert isinstance(entered, EnteredHost | Taken | WrongHost | UnknownNode)
        return entered

    async def affirm_player(
        self, room_id: RoomId, place: Place, booking: Booking | None, now: float
    ) -> EnteredPlayer | Taken | BookingClosed | UnknownNode:
        """Say that this player is here."""
        ask = {"room_id": room_id, "place": place, "booking": to_raw(booking), "now": now}
        entered = _entered(await self._caller.run("affirm_player", ask, now))
        assert isinstance(entered, EnteredPlayer | Taken | BookingClosed | UnknownNode)
        return entered

    async def affirm_candidate(
        self, room_id: RoomId, candidate: Candidate, now: float
    ) -> Waiting | EnteredHost | Taken | UnknownNode:
        """Say that this socket waits outside."""
        network, address = candidate.network, candidate.address
        ask = {"room_id": room_id, "network": network, "address": address}
        entered = _entered(await self._caller.run("affirm_candidate", ask, now))
        assert isinstance(entered, Waiting | EnteredHost | Taken | UnknownNode)
        return entered

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


_Entered = (
    EnteredHost
    | EnteredPlayer
    | Waiting
    | NotYours
    | BookingClosed
    | Taken
    | WrongHost
    | UnknownNode
)

_REFUSALS: dict[str, type[NotYours | BookingClosed | Taken | WrongHost | UnknownNode]] = {
    "closed": BookingClosed,
    "not_yours": NotYours,
    "taken": Taken,
    "unknown_node": UnknownNode,
    "wrong_host": WrongHost,
}


def _entered(answer: Answer) -> _Entered:
    """What a script that lets a socket in says, whichever it is."""
    match answer.out["kind"]:
        case "host":
            return _seated(answer)
        case "player":
            return _placed(answer)
        case "waiting":
            return Waiting(to_address(answer.out["replaced"]))
        case kind:
            return _REFUSALS[kind]()


def _seated(answer: Answer) -> EnteredHost:
    out = answer.out
    return EnteredHost(
        None if out["host"] is None else answer.host(out["host"]),
        out["turn"],
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
        out["turn"],
        None if out["replaced"] is None else to_place(out["replaced"]),
        answer.happenings(),
    )

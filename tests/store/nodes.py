"""A store under test whose nodes come and go, and bookings that it has forgotten.

Owns `NodesHouse`: sockets are named by their number and node, time passes in steps short enough that
those who renew are never late, and every step leaves the invariants standing.
"""

from __future__ import annotations

from collections.abc import Iterable

from matchd.domain.bookings import Booking, State
from matchd.domain.happenings import Happening, NodeGone
from matchd.domain.hosts import Leases
from matchd.domain.ids import AddressKey, BookingId, HostId, NodeId, PeerId, Region, RoomId
from matchd.domain.rooms import Candidate, Place
from matchd.store.ports import (
    BookingClosed,
    EnteredHost,
    EnteredPlayer,
    Left,
    NotYours,
    Stranger,
    Taken,
    UnknownNode,
    Waiting,
    WrongHost,
)
from tests.store.house import EPOCH, House, grant_of, socket, wish

LEASES = Leases(recovery=3.0)
"""As shipped: a node unheard of for 10 s is dead, 3 s without any node are an outage, and as long does
a store that forgot everything give no host away.
"""


def forgotten(name: str = "b1", who: str = "ann", **told: object) -> Booking:
    """A booking of room r1 as a node remembers it; the store has never heard of it."""
    booking = Booking(
        id=BookingId(name),
        principal=who,
        owner=who,
        address_key=AddressKey("10.0.0.1"),
        guest=False,
        grant_hash=grant_of(name),
        wanted=wish(),
        state=State.CONNECTED,
        created_at=EPOCH - 100,
        host_id=HostId("h1"),
        room_id=RoomId("r1"),
        region=Region("eu"),
        claimed_at=EPOCH - 100,
        connected_at=EPOCH - 90,
        player_here=True,
        vouched=True,
    )
    for field, value in told.items():
        setattr(booking, field, value)
    return booking


def dead(happenings: Iterable[Happening]) -> list[str]:
    """The nodes that were declared dead, in order."""
    return [item.node for item in happenings if isinstance(item, NodeGone)]


class NodesHouse(House):
    """A store, its time, and its nodes."""

    async def goes_on(self, seconds: float, *nodes: str) -> list[Happening]:
        """Let time pass while these nodes, and no others, renew and sweep twice a second."""
        seen: list[Happening] = []
        for _ in range(round(seconds * 2)):
            self.now += 0.5
            for node in nodes:
                await self.store.nodes.renew(NodeId(node), self.now)
            seen += await self.sound(await self.store.sweep(self.now))
        return seen

    async def joins(self, *nodes: str) -> None:
        """Nodes of one family join."""
        for node in nodes:
            await self.join(node)

    async def parts(self, node: str) -> None:
        """A node leaves in good order."""
        await self.store.nodes.part(NodeId(node), self.now)
        await self.sound(None)

    async def stranger(self, node: str, family: str) -> bool:
        """Whether a node of this family is refused."""
        joined = await self.store.nodes.join(NodeId(node), family, self.now)
        return isinstance(await self.sound(joined), Stranger)

    async def host_at(
        self, node: str, number: int = 100, room: str = "r1"
    ) -> EnteredHost | WrongHost | UnknownNode:
        """A host's socket of this node asks for the seat."""
        where = socket(number, node)
        return await self.sound(
            await self.store.rooms.enter_host(RoomId(room), None, where, self.now)
        )

    async def player_at(
        self, node: str, booking: str, number: int = 200, room: str = "r1"
    ) -> EnteredPlayer | NotYours | BookingClosed | UnknownNode | None:
        """A player's socket of this node asks for his place."""
        entered = await self.store.rooms.enter_player(
            RoomId(room), grant_of(booking), peer(number), socket(number, node), self.now
        )
        return await self.sound(entered)

    async def candidate_at(
        self, node: str, number: int = 300, network: str = "net", room: str = "r1"
    ) -> Waiting | UnknownNode:
        """A socket of this node without credentials."""
        where = socket(number, node)
        return await self.sound(
            await self.store.rooms.wait_outside(RoomId(room), network, where, self.now)
        )

    async def leaves_from(self, node: str, number: int, room: str = "r1") -> Left | None:
        """A socket of this node leaves."""
        return await self.sound(
            await self.store.rooms.leave(RoomId(room), socket(number, node), self.now)
        )

    async def affirm_host(
        self, node: str = "n1", number: int = 100, host: str | None = None, room: str = "r1"
    ) -> EnteredHost | Taken | WrongHost | UnknownNode:
        """A host's socket says that it is there."""
        name, where = None if host is None else HostId(host), socket(number, node)
        return await self.sound(
            await self.store.rooms.affirm_host(RoomId(room), name, where, self.now)
        )

    async def affirm_player(
        self, booking: Booking | None, number: int = 200, node: str = "n1", room: str = "r1"
    ) -> EnteredPlayer | Taken | BookingClosed | UnknownNode:
        """A player's socket says that it is there."""
        name = None if booking is None else booking.id
        place = Place(peer(number), socket(number, node), name)
        return await self.sound(
            await self.store.rooms.affirm_player(RoomId(room), place, booking, self.now)
        )

    async def affirm_candidate(
        self, number: int = 300, node: str = "n1", network: str = "net", room: str = "r1"
    ) -> Waiting | EnteredHost | Taken | UnknownNode:
        """A socket without credentials says that it waits."""
        candidate = Candidate(socket(number, node), network, self.now)
        return await self.sound(
            await self.store.rooms.affirm_candidate(RoomId(room), candidate, self.now)
        )

    async def restored(self, booking: Booking, number: int = 200) -> Booking:
        """A forgotten booking that is taken back."""
        affirmed = await self.affirm_player(booking, number)
        assert isinstance(affirmed, EnteredPlayer)
        assert affirmed.booking is not None
        return affirmed.booking


def peer(number: int) -> PeerId:
    """The place of a player's socket."""
    return PeerId(f"peer{number}")

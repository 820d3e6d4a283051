"""A store under test, with a time that tests move and short words for what they do.

Owns the rule that after every step the store's invariants hold. Times are lease seconds like those
of a running daemon (large, with a fraction), so that rounding shows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TypeVar

from matchd.domain.bookings import Booking, Cause, State, Wanted
from matchd.domain.happenings import Booked, Happening, Over
from matchd.domain.hosts import Beat, Leases, Status
from matchd.domain.ids import (
    Address,
    AddressKey,
    BookingId,
    Game,
    HostId,
    NodeId,
    PeerId,
    Region,
    RoomId,
)
from matchd.store.ports import (
    Beaten,
    BookingClosed,
    Claim,
    Claimed,
    EnteredHost,
    EnteredPlayer,
    Found,
    HostView,
    KeyTaken,
    Leased,
    Left,
    Moved,
    Nobody,
    NotYours,
    RoomConflict,
    Store,
    TooMany,
    UnknownNode,
)

EPOCH = 1_715_620_000.7
LEASES = Leases(node=1e9, outage=1e9)
"""The defaults, but the nodes of most tests need not renew: those about nodes use others."""

IDLE, BUSY = Status.IDLE, Status.BUSY
_T = TypeVar("_T")


def grant_of(booking_id: str) -> bytes:
    """The hash of a booking's grant, as tests make it."""
    return hashlib.sha256(booking_id.encode()).digest()


def socket(number: int, node: str = "n1") -> Address:
    """One socket's address."""
    return Address(NodeId(node), number)


def wish(
    region: str | None = None,
    *classes: tuple[str, ...],
    host: str | None = None,
    game: str | None = None,
    anywhere: bool | None = None,
) -> Wanted:
    """A wish for one region (None: any), or for classes of regions."""
    groups = classes or (((region,),) if region is not None else ())
    return Wanted(
        host_id=None if host is None else HostId(host),
        classes=tuple(tuple(map(Region, group)) for group in groups),
        anywhere=not groups if anywhere is None else anywhere,
        game=None if game is None else Game(game),
    )


def booked(happenings: Iterable[Happening]) -> list[str]:
    """The ids of the bookings that were given a slot, in order."""
    return [item.booking.id for item in happenings if isinstance(item, Booked)]


def over(happenings: Iterable[Happening]) -> list[tuple[str, State, Cause]]:
    """What ended, how and why, in order."""
    return [(i.booking_id, i.state, i.cause) for i in happenings if isinstance(i, Over)]


class House:
    """A store and its time."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = EPOCH
        self.every = 1
        self._made = self._steps = 0
        self._joined: set[str] = set()

    async def sound(self, answer: _T) -> _T:
        """Pass an answer on after the invariants were found to hold.

        A test of very many steps may set `every`, to look at every n-th step only.
        """
        self._steps += 1
        if self._steps % self.every == 0:
            assert await self.store.violations() == ()
        return answer

    # Time.

    async def after(self, seconds: float) -> tuple[Happening, ...]:
        """Let time pass, then sweep once."""
        self.now += seconds
        return await self.sound(await self.store.sweep(self.now))

    async def alive(self, seconds: float, *hosts: str) -> list[Happening]:
        """Let time pass with a sweep and a plain idle beat of each host every 5 seconds."""
        seen: list[Happening] = []
        for _ in range(int(seconds // 5)):
            seen += await self.after(5)
            for host in hosts:
                seen += (await self.beaten(host)).happenings
        return seen

    # Nodes.

    async def join(self, node: str = "n1", family: str = "family") -> None:
        """A node joins, unless it has; sockets of n1 do so by themselves."""
        if node not in self._joined:
            self._joined.add(node)
            assert isinstance(await self.store.nodes.join(NodeId(node), family, self.now), Leased)

    async def renew(self, node: str = "n1") -> Leased:
        """A node renews its lease."""
        return await self.sound(await self.store.nodes.renew(NodeId(node), self.now))

    # Hosts.

    async def beat(
        self,
        host: str = "h1",
        status: Status | None = None,
        *,
        room: str | None = None,
        region: str = "eu",
        capacity: int = 1,
        slots: int | None = None,
        booking: str | None = None,
        game: str | None = None,
        network: str = "",
    ) -> Beaten | RoomConflict:
        """One heartbeat; the room of h1 is r1 unless told."""
        beat = Beat(
            host_id=HostId(host),
            room_id=RoomId(room or host.replace("h", "r")),
            region=Region(region),
            status=status,
            capacity=capacity,
            available_slots=slots,
            booking_id=None if booking is None else BookingId(booking),
            game=None if game is None else Game(game),
            address=network,
        )
        return await self.sound(await self.store.hosts.beat(beat, self.now))

    async def beaten(
        self, host: str = "h1", status: Status | None = None, **said: object
    ) -> Beaten:
        """A heartbeat that is taken in."""
        answer = await self.beat(host, status, **said)  # type: ignore[arg-type]  # passed on as named
        assert isinstance(answer, Beaten)
        return answer

    async def say(
        self, status: Status, booking: str | None = None, host: str = "h1"
    ) -> Moved | None:
        """A status word."""
        named = None if booking is None else BookingId(booking)
        return await self.sound(await self.store.hosts.say(HostId(host), status, named, self.now))

    async def goodbye(self, host: str = "h1") -> Moved | None:
        """A host's goodbye."""
        return await self.sound(await self.store.hosts.goodbye(HostId(host), self.now))

    async def host(self, host: str = "h1") -> HostView:
        """A host that is known."""
        view = await self.store.hosts.get(HostId(host), self.now)
        assert view is not None
        return view

    async def free(self, host: str = "h1") -> int:
        """How many slots a host has free."""
        return (await self.host(host)).free

    # Bookings.

    async def find(
        self,
        wanted: Wanted | None = None,
        *,
        who: str | None = None,
        guest: str | None = None,
        exempt: bool = False,
        waits: bool = False,
        key: str | None = None,
        body: str = "",
        waiter: int | None = None,
    ) -> Claimed | Nobody | KeyTaken | TooMany:
        """One find: of player `who` (a new one unless told), or of a guest of address `guest`."""
        self._made += 1
        principal = who or f"p{self._made}"
        claim = Claim(
            id=BookingId(f"b{self._made}"),
            principal=principal,
            owner=principal,
            address_key=AddressKey(guest or "10.0.0.1"),
            guest=guest is not None,
            exempt=exempt,
            grant_hash=grant_of(f"b{self._made}"),
            wanted=wanted or wish(),
            waits=waits,
            key_hash=None if key is None else key.encode(),
            body_hash=body.encode(),
            waiter=None if waiter is None else socket(waiter),
        )
        return await self.sound(await self.store.bookings.claim(claim, self.now))

    async def book(self, wanted: Wanted | None = None, **told: object) -> Booking:
        """A find that gets a slot at once."""
        answer = await self.find(wanted, **told)  # type: ignore[arg-type]  # passed on as named
        assert isinstance(answer, Claimed)
        assert answer.found.booking.state is State.HELD
        return answer.found.booking

    async def queue(self, wanted: Wanted | None = None, **told: object) -> Found:
        """A find that gets a place in the line."""
        answer = await self.find(wanted, waits=True, **told)  # type: ignore[arg-type]  # as named
        assert isinstance(answer, Claimed)
        assert answer.found.booking.state is State.WAITING
        return answer.found

    async def look(self, booking: str) -> Found | None:
        """A booking, nothing changed."""
        return await self.store.bookings.look(BookingId(booking), self.now)

    async def state(self, booking: str) -> tuple[State, Cause | None]:
        """Where a booking that is known stands, and why it is over."""
        found = await self.look(booking)
        assert found is not None
        return found.booking.state, found.booking.cause

    async def poll(self, booking: str, waiter: int | None = None) -> Found | None:
        """A poll of the line."""
        at = None if waiter is None else socket(waiter)
        return await self.sound(await self.store.bookings.poll(BookingId(booking), at, self.now))

    async def release(self, booking: str) -> tuple[Happening, ...] | None:
        """A release by the player."""
        freed = await self.store.bookings.release(BookingId(booking), Cause.RELEASED, self.now)
        return await self.sound(freed)

    async def leave_line(self, booking: str) -> tuple[Found, tuple[Happening, ...]] | None:
        """A waiting call gives up."""
        left = await self.store.bookings.leave_line(BookingId(booking), Cause.WAIT_OVER, self.now)
        return await self.sound(left)

    # Rooms.

    async def host_enters(self, number: int = 100, room: str = "r1") -> EnteredHost:
        """A host's socket with the shared secret takes its seat."""
        await self.join()
        entered = await self.store.rooms.enter_host(RoomId(room), None, socket(number), self.now)
        assert isinstance(entered, EnteredHost)
        return await self.sound(entered)

    async def try_to_enter(
        self, booking: str, number: int = 200, room: str = "r1"
    ) -> EnteredPlayer | NotYours | BookingClosed | UnknownNode | None:
        """A player's socket asks for the place of its booking."""
        await self.join()
        entered = await self.store.rooms.enter_player(
            RoomId(room), grant_of(booking), PeerId(f"peer{number}"), socket(number), self.now
        )
        return await self.sound(entered)

    async def player_enters(
        self, booking: str, number: int = 200, room: str = "r1"
    ) -> EnteredPlayer:
        """A player's socket takes the place of its booking."""
        entered = await self.try_to_enter(booking, number, room)
        assert isinstance(entered, EnteredPlayer)
        return entered

    async def leaves(self, number: int, room: str = "r1") -> Left | None:
        """A socket leaves its room."""
        left = await self.store.rooms.leave(RoomId(room), socket(number), self.now)
        return await self.sound(left)

    async def meet(self, booking: str, host: int = 100, player: int = 200) -> None:
        """Host and player are both in room r1."""
        await self.host_enters(host)
        await self.player_enters(booking, player)

"""A booking: one slot of one host, promised to one player. Pure; stores keep it, services move it.

Theory of operation (wire.md 2.3)::

    waiting --grant--> held --connect--> connected --end--> ended
       |                | \\                  |
       |                |  `--end--> ended    `--release--> released
       `--lapse/release-'--lapse--> lapsed, --release--> released

`waiting` is a place in the line and holds no slot. `held` and `connected` are *live*: they hold one.
Every live state has a deadline or a reason to have none:

* held: `hold` seconds after the claim; while the player waits in the room, `hold_max` after it.
* connected: none while the player is in the room or the host vouches for it (it said busy since the
  connection and has not said idle); otherwise `grace` seconds after the last of these ended.
"""

from __future__ import annotations

import enum

import msgspec

from matchd.domain.ids import Address, AddressKey, BookingId, Game, HostId, Region, RoomId


class State(enum.StrEnum):
    """Where a booking stands."""

    WAITING = "waiting"
    HELD = "held"
    CONNECTED = "connected"
    ENDED = "ended"
    LAPSED = "lapsed"
    RELEASED = "released"

    @property
    def live(self) -> bool:
        """True while the booking holds a slot."""
        return self in (State.HELD, State.CONNECTED)


class Step(enum.StrEnum):
    """What can happen to a booking."""

    GRANT = "grant"
    CONNECT = "connect"
    END = "end"
    LAPSE = "lapse"
    RELEASE = "release"


_NEXT = {
    (State.WAITING, Step.GRANT): State.HELD,
    (State.WAITING, Step.LAPSE): State.LAPSED,
    (State.WAITING, Step.RELEASE): State.RELEASED,
    (State.HELD, Step.CONNECT): State.CONNECTED,
    (State.HELD, Step.END): State.ENDED,
    (State.HELD, Step.LAPSE): State.LAPSED,
    (State.HELD, Step.RELEASE): State.RELEASED,
    (State.CONNECTED, Step.END): State.ENDED,
    (State.CONNECTED, Step.RELEASE): State.RELEASED,
}


class Cause(enum.StrEnum):
    """Why a booking is over."""

    HOLD_EXPIRED = "hold_expired"
    NOT_POLLED = "not_polled"
    WAIT_OVER = "wait_over"
    CALLER_LEFT = "caller_left"
    RELEASED = "released"
    REPLACED = "replaced"
    HOST_IDLE = "host_idle"
    HOST_LEFT = "host_left"
    HOST_LOST = "host_lost"
    ROOM_CHANGED = "room_changed"
    PLAYER_LEFT = "player_left"


class IllegalStep(Exception):
    """The booking can't take this step from where it stands; nothing was changed."""


def after(state: State, step: Step) -> State:
    """The state that `step` leads to; IllegalStep when the table has no such row."""
    try:
        return _NEXT[state, step]
    except KeyError:
        raise IllegalStep(f"a booking that is {state} can't {step}") from None


class Wanted(msgspec.Struct, frozen=True):
    """What a find asks for.

    `classes` are groups of regions in order of preference, equal within a group; when none has a
    free host, `anywhere` admits every region. No classes at all means anywhere.
    """

    host_id: HostId | None = None
    classes: tuple[tuple[Region, ...], ...] = ()
    anywhere: bool = True
    game: Game | None = None

    @property
    def regions(self) -> tuple[Region, ...]:
        """All regions named, best first."""
        return tuple(region for group in self.classes for region in group)

    def fits(self, host_id: HostId, region: Region, game: Game | None) -> bool:
        """Whether a host of that id, region and game would do."""
        if self.host_id is not None and self.host_id != host_id:
            return False
        if not self.anywhere and region not in self.regions:
            return False
        return self.game is None or game is None or self.game == game


SAME_CLASS_MS = 20
"""Regions this near to the best of their group are as good as it (wire.md 2.3)."""


def region_classes(measured: list[tuple[Region, float]]) -> tuple[tuple[Region, ...], ...]:
    """Group regions by round-trip time (ms): best first, within 20 ms of a group's best as one.

    A region that is named twice counts once, by its better time.
    """
    classes: list[list[Region]] = []
    seen: set[Region] = set()
    best = 0.0
    for region, rtt in sorted(measured, key=lambda pair: pair[1]):
        if region in seen:
            continue
        seen.add(region)
        if classes and rtt - best <= SAME_CLASS_MS:
            classes[-1].append(region)
        else:
            classes.append([region])
            best = rtt
    return tuple(map(tuple, classes))


class Terms(msgspec.Struct, frozen=True):
    """How long things hold, in seconds (config `[bookings]`)."""

    hold: float = 20.0
    hold_max: float = 60.0
    grace: float = 30.0
    line_lease: float = 15.0
    remember: float = 300.0
    per_address: int = 4


class Booking(msgspec.Struct, kw_only=True):
    """One find and what became of it. Times are lease seconds.

    `principal` owns it (an account, or a guest's key or address), `owner` is who TURN credentials are
    counted for, `guest` whether it counts against its address. `grant_hash` opens the room;
    `key_hash` and `body_hash` belong to the idempotency key. `waiter` is where a blocking or polling
    call listens. `host_id` is empty until a slot is granted. `kept_until` is how long a hold stands at
    least, where a restart took the socket that prolonged it.
    """

    id: BookingId
    principal: str
    owner: str
    address_key: AddressKey
    guest: bool
    grant_hash: bytes
    wanted: Wanted
    state: State
    created_at: float
    key_hash: bytes | None = None
    body_hash: bytes = b""
    seq: int = 0
    polled_at: float = 0.0
    waiter: Address | None = None
    host_id: HostId | None = None
    room_id: RoomId | None = None
    region: Region | None = None
    claimed_at: float = 0.0
    kept_until: float = 0.0
    connected_at: float = 0.0
    player_here: bool = False
    vouched: bool = False
    alone_since: float = 0.0
    ended_at: float = 0.0
    cause: Cause | None = None

    def deadline(self, terms: Terms) -> float | None:
        """When this booking ends by itself, or None while something keeps it."""
        match self.state:
            case State.WAITING:
                return self.polled_at + terms.line_lease
            case State.HELD:
                limit = terms.hold_max if self.player_here else terms.hold
                return max(self.claimed_at + limit, self.kept_until)
            case State.CONNECTED:
                kept = self.player_here or self.vouched
                return None if kept else self.alone_since + terms.grace
            case _:
                return self.ended_at + terms.remember

    def step(self, step: Step, now: float, cause: Cause | None = None) -> None:
        """Move along the table; IllegalStep leaves everything as it was."""
        self.state = after(self.state, step)
        match self.state:
            case State.HELD:
                self.claimed_at = now
            case State.CONNECTED:
                self.connected_at = now
                self.alone_since = now
            case _:
                self.ended_at = now
                self.cause = cause
                self.player_here = False

    def player_entered(self) -> None:
        """The player's socket is in the room."""
        self.player_here = True

    def player_gone(self, now: float) -> None:
        """The player's socket has left the room."""
        self.player_here = False
        self.alone_since = now

    def vouch(self) -> None:
        """The host said busy: it stays connected until the host says otherwise."""
        self.vouched = self.state is State.CONNECTED

    def withdraw_vouch(self, now: float) -> None:
        """The host's beat said idle again: the room decides from here, after a new grace."""
        if self.vouched:
            self.vouched = False
            self.alone_since = max(self.alone_since, now)

"""What travels through the hub to one socket or waiting call. Frozen and serialisable, so that the
same values can cross between nodes. Imported by services and the edges that deliver them.
"""

from __future__ import annotations

import enum

import msgspec

from matchd.domain.chat import Message
from matchd.domain.games import Game
from matchd.domain.ids import AccountId, Address, BookingId, ChatId, HostId, PeerId, Region


class Close(enum.IntEnum):
    """The close codes of wire.md 1.3."""

    NORMAL = 1000
    GOING_AWAY = 1001
    TOO_LARGE = 1009
    INTERNAL = 1011
    RESTART = 1012
    MALFORMED = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    NOT_FOUND = 4404
    TIMEOUT = 4408
    REPLACED = 4409
    GONE = 4410
    LOCKED = 4423
    TOO_MANY = 4429
    TOO_SLOW = 4431


class _News(msgspec.Struct, frozen=True, tag=True):
    pass


class Frame(_News, frozen=True, gc=False):
    """A text frame to be written as it is; `sender` is the socket it comes from, None: the server."""

    text: bytes
    sender: Address | None = None


class Ended(_News, frozen=True):
    """Close the socket; frames posted before are written first, and `last_word` after them: as one
    piece of news with the end, so that nothing another node says can come between.
    """

    code: Close
    reason: str
    last_word: bytes | None = None


class Seat(msgspec.Struct, frozen=True):
    """A player's place as his host knows it."""

    peer: PeerId
    player: Address
    booking_id: BookingId | None


class HostHere(_News, frozen=True):
    """To a player: the host is in the room, at this address; send what was kept. The greater `turn`
    is the later host.
    """

    host: Address
    turn: int


class HostAway(_News, frozen=True):
    """To a player: this socket of the host has left the room; `returning` when only its node stops."""

    host: Address
    returning: bool = False


class PlayerHere(_News, frozen=True):
    """To a host: a player has taken this place. `host_id` and `region` tell a host's socket that
    came before its first beat who it is.
    """

    seat: Seat
    host_id: HostId | None
    region: Region | None


class PlayerAway(_News, frozen=True):
    """To a host: this place is empty, or (without `peer`) every place of this booking is;
    `returning` when only the player's node stops.
    """

    peer: PeerId | None
    booking_id: BookingId | None = None
    returning: bool = False


class Promoted(_News, frozen=True):
    """To a candidate: a beat vouched for you; you are the host, by this turn, and these players are
    here, who are yours to tell.
    """

    host_id: HostId
    region: Region
    seats: tuple[Seat, ...]
    turn: int


class BookingMoved(_News, frozen=True):
    """To a waiting call: look at your booking again."""

    booking_id: BookingId


class PeerCame(_News, frozen=True, gc=False):
    """To a peer of a group: this one is here, or (`turn` above 0) back at another address; `seq` tells
    who came first of the two.
    """

    peer: PeerId
    address: Address
    seq: int
    turn: int = 0
    name: str | None = None
    account: str | None = None


class PeerMet(_News, frozen=True, gc=False):
    """To a peer that is back: from here on I talk to where you are now."""

    peer: PeerId


class PeerWent(_News, frozen=True, gc=False):
    """To a peer of a group: this one has lost its place, for good."""

    peer: PeerId
    reason: str


class PeerSaid(_News, frozen=True, gc=False):
    """To a peer of a group: a signal, its data as the bytes of its JSON, said by the sender's socket of
    this `turn`.
    """

    peer: PeerId
    turn: int
    data: bytes


class Told(_News, frozen=True):
    """To a node: an event, and in which logs it is, each with the id of the entry before it."""

    id: int
    logs: tuple[tuple[str, int], ...]
    text: str


class GameMoved(_News, frozen=True):
    """To a player's socket: the game as it is now, and his position in the queue he is back in."""

    game: Game
    position: int | None = None


class Moved(_News, frozen=True):
    """To a player's socket: what another player does, by the game as his side knew it."""

    text: bytes
    sender: Address
    version: int


class QueueMoved(_News, frozen=True):
    """To a waiting call: look at the queue again."""


class Spoken(_News, frozen=True):
    """To a node: a message of a chat room. `joined` are in it from this message on, and `names` the
    handles of those a direct message is between.
    """

    message: Message
    joined: tuple[AccountId, ...] = ()
    names: dict[AccountId, str] = {}


class Altered(_News, frozen=True):
    """To a node: a message of a chat room was edited or deleted."""

    message: Message


class MembersMoved(_News, frozen=True):
    """To a node: these (by account and handle) have come into a chat room or left it; `by` says who
    did that, `notice` is the server's word on it.
    """

    room: ChatId
    names: dict[AccountId, str]
    by: str | None
    arrived: bool
    notice: Message | None


class Typed(_News, frozen=True):
    """To a node: somebody in a chat room is writing."""

    room: ChatId
    account: AccountId
    name: str


ChatNews = Spoken | Altered | MembersMoved | Typed

News = (
    Frame
    | Ended
    | HostHere
    | HostAway
    | PlayerHere
    | PlayerAway
    | Promoted
    | BookingMoved
    | PeerCame
    | PeerMet
    | PeerWent
    | PeerSaid
    | Told
    | GameMoved
    | Moved
    | QueueMoved
    | Spoken
    | Altered
    | MembersMoved
    | Typed
)

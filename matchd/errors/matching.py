"""The refusals of hosts, bookings and rooms."""

from __future__ import annotations

from matchd.errors.general import Forbidden, NotFound, RateLimited, Refusal


class WrongSecret(Forbidden):
    """The shared host secret is wrong."""

    code = "wrong_secret"
    text = "The host secret is wrong."


class BadGrant(Forbidden):
    """The grant does not belong to this booking or room."""

    code = "bad_grant"
    text = "The grant does not open this room or booking."


class UnknownHost(NotFound):
    """No host of that id is registered."""

    code = "unknown_host"
    text = "No such host is registered; send a heartbeat first."


class UnknownBooking(NotFound):
    """No booking of that id is known."""

    code = "unknown_booking"
    text = "No such booking is known."


class UnknownRoom(NotFound):
    """No room of that id is known."""

    code = "unknown_room"
    text = "No such room is known."


class NoHost(NotFound):
    """No host fits now. `counters` says what there is (wire.md 2.3)."""

    code = "no_host"
    text = "No available hosts."

    def __init__(self, message: str, counters: object) -> None:
        super().__init__(message)
        self.counters = counters


class RoomTaken(Refusal):
    """A live host already has that room id."""

    code = "room_taken"
    text = "Another live host has this roomId."


class RoomFull(Refusal):
    """The room has as many peers as it may."""

    code = "room_full"
    text = "This room is full."


class BookingOver(Refusal):
    """The booking has ended, lapsed or was released."""

    code = "booking_over"
    text = "This booking is over."


class TooManyBookings(RateLimited):
    """The guests of this address hold as many bookings as they may."""

    code = "too_many_bookings"
    text = "Too many guests of this address hold a booking; release one or log in."

"""What a hot route is, and the services that their handlers call. Made by `routes`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from matchd.http.answer import Answer
from matchd.http.ask import Ask
from matchd.http.desk import Desk
from matchd.services.accounts import AccountService
from matchd.services.auth import Authenticator
from matchd.services.bookings import BookingService
from matchd.services.hosts import HostService
from matchd.services.queue import QueueService
from matchd.services.settings import Current


@dataclass(frozen=True, slots=True)
class HotServices:
    """The services that hot routes call."""

    desk: Desk
    current: Current
    auth: Authenticator
    hosts: HostService
    bookings: BookingService
    accounts: AccountService
    queue: QueueService


def never(_ask: Ask) -> bool:
    """No request of this route waits for anything but the store."""
    return False


@dataclass(frozen=True, slots=True)
class Route:
    """A hot route.

    `pattern` is written as quart writes rules, and counted and logged under; it has at most one open
    part, which the handler finds in `Ask.named`. `patient` says whether a request may have to wait for
    something to happen: then its caller is watched, and it ends when he hangs up.
    """

    method: str
    pattern: str
    handler: Callable[[Ask], Awaitable[Answer]]
    patient: Callable[[Ask], bool] = never

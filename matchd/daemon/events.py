"""The services of events and presence, wired, and the tasks behind them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from matchd.services.admission import Admission
from matchd.services.auth import Authenticator
from matchd.services.core import Core
from matchd.services.events import EventService
from matchd.services.people import People
from matchd.services.presence import PresenceService
from matchd.services.publisher import Publisher
from matchd.services.settings import RelayLimits
from matchd.services.stays import Stays
from matchd.web.context import PeopleServices


@dataclass(frozen=True, slots=True)
class EventHouse:
    """What tells players: `publisher` and `presence` are for whoever has news of them, `admission` and
    `stays` for every socket that a player's token opens.
    """

    publisher: Publisher
    presence: PresenceService
    admission: Admission
    stays: Stays
    events: EventService

    @property
    def tasks(self) -> tuple[Callable[[], Awaitable[None]], ...]:
        """What has to run behind them."""
        return (
            self.publisher.run,
            self.presence.run,
            self.stays.run,
            self.events.run,
            self.events.tend,
        )


def event_house(
    core: Core,
    people: People,
    doors: PeopleServices,
    *,
    auth: Authenticator,
    presence: PresenceService,
    publisher: Publisher,
    limits: RelayLimits,
) -> EventHouse:
    """The services around a publisher and the presence that it tells of."""
    limiter, revocations = people.limiter, people.revocations
    admission = Admission(core.current, auth, limiter, doors.tickets, doors.accounts)
    stays = Stays(core.current, core.clock, auth.tokens, revocations)
    revocations.listen(stays.take)
    events = EventService(
        core,
        admission=admission,
        stays=stays,
        presence=presence,
        limiter=limiter,
        limits=limits,
    )
    return EventHouse(publisher, presence, admission, stays, events)

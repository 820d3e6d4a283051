"""The services of chat and reports, wired, and the tasks behind them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from matchd.daemon.events import EventHouse
from matchd.services.chat import ChatService
from matchd.services.chat_erasure import ChatErasure
from matchd.services.chat_sockets import ChatSockets
from matchd.services.core import Core
from matchd.services.directory import Directory
from matchd.services.people import People
from matchd.services.reports import ReportService
from matchd.services.settings import RelayLimits
from matchd.web.context import ChatServices, PeopleServices


@dataclass(frozen=True, slots=True)
class ChatHouse:
    """What the routes of chat call, and the sockets, which are residents of the node."""

    services: ChatServices
    sockets: ChatSockets
    reports: ReportService

    @property
    def tasks(self) -> tuple[Callable[[], Awaitable[None]], ...]:
        """What has to run behind them."""
        return (self.reports.run,)


def chat_house(
    core: Core, people: People, doors: PeopleServices, told: EventHouse, limits: RelayLimits
) -> ChatHouse:
    """The services of chat, which tell players over the event sockets too."""
    directory = Directory(people, doors.accounts)
    doors.accounts.attach(ChatErasure(core))
    chat = ChatService(core, people, directory, told.publisher)
    reports = ReportService(core, people, directory, told.publisher)
    sockets = ChatSockets(
        core,
        chat,
        reports,
        directory,
        admission=told.admission,
        stays=told.stays,
        limiter=people.limiter,
        limits=limits,
    )
    return ChatHouse(ChatServices(chat, reports, directory, sockets), sockets, reports)

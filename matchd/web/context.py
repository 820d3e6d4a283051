"""The services the routes call, as one frozen bundle that `daemon` makes."""

from __future__ import annotations

from dataclasses import dataclass

from matchd.http.desk import Desk
from matchd.http.route import HotServices
from matchd.metrics import Metrics
from matchd.services.accounts import AccountService
from matchd.services.audit import Audit
from matchd.services.auth import Authenticator
from matchd.services.bookings import BookingService
from matchd.services.chat import ChatService
from matchd.services.chat_sockets import ChatSockets
from matchd.services.directory import Directory
from matchd.services.draining import DrainService
from matchd.services.events import EventService
from matchd.services.friends import FriendService
from matchd.services.games import GameService
from matchd.services.group_door import GroupDoor
from matchd.services.hosts import HostService
from matchd.services.limits import Limiter
from matchd.services.live import LiveService
from matchd.services.lobbies import LobbyService
from matchd.services.lobby_door import LobbyDoor
from matchd.services.lobby_feed import LobbyFeed
from matchd.services.lobby_keeper import LobbyKeeper
from matchd.services.lobby_listening import LobbyListening
from matchd.services.lobby_seats import LobbySeats
from matchd.services.lobby_sockets import LobbySockets
from matchd.services.lobby_teller import LobbyTeller
from matchd.services.lobby_views import LobbyViews
from matchd.services.logins import LoginService
from matchd.services.moderation import Moderation
from matchd.services.nodes import NodeService
from matchd.services.play_lists import PlayLists
from matchd.services.proofs import Proofs
from matchd.services.queue import QueueService
from matchd.services.reports import ReportService
from matchd.services.rooms import RoomService
from matchd.services.settings import Current
from matchd.services.tickets import Tickets
from matchd.services.tracing import Tracer
from matchd.store.ports import Store


@dataclass(frozen=True, slots=True)
class PeopleServices:
    """Those of accounts, logins and friends."""

    accounts: AccountService
    logins: LoginService
    proofs: Proofs
    tickets: Tickets
    friends: FriendService


@dataclass(frozen=True, slots=True)
class LobbyServices:
    """Those of lobbies; `feed`, `keeper` and `teller` have to run, the node mends `sockets`."""

    lobbies: LobbyService
    views: LobbyViews
    seats: LobbySeats
    sockets: LobbySockets
    door: LobbyDoor
    listening: LobbyListening
    feed: LobbyFeed
    keeper: LobbyKeeper
    teller: LobbyTeller


@dataclass(frozen=True, slots=True)
class PlayServices:
    """Those of the queue and games."""

    queue: QueueService
    games: GameService
    lists: PlayLists


@dataclass(frozen=True, slots=True)
class ChatServices:
    """Those of chat and reports."""

    rooms: ChatService
    reports: ReportService
    directory: Directory
    sockets: ChatSockets


@dataclass(frozen=True, slots=True)
class AdminServices:
    """Those of administrators alone."""

    moderation: Moderation
    draining: DrainService
    live: LiveService


@dataclass(frozen=True, slots=True)
class Services:
    """One service per noun, and what every route needs."""

    current: Current
    auth: Authenticator
    limiter: Limiter
    hosts: HostService
    bookings: BookingService
    rooms: RoomService
    groups: GroupDoor
    nodes: NodeService
    people: PeopleServices
    events: EventService
    lobbies: LobbyServices
    play: PlayServices
    chat: ChatServices
    admin: AdminServices
    store: Store
    metrics: Metrics
    audit: Audit
    tracer: Tracer
    desk: Desk

    @property
    def hot(self) -> HotServices:
        """Those of the hot routes."""
        return HotServices(
            *(self.desk, self.current, self.auth, self.hosts, self.bookings),
            *(self.people.accounts, self.play.queue),
        )

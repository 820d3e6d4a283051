"""A wired house in memory: the real store and services, both edges, a fixed wall clock, no listener.

Owns `House` and what its callers say: secrets, tokens, beats. The wiring mirrors
`matchd/daemon/wiring.py`; only the front door is missing, and every frame that a socket is sent is held
against the AsyncAPI document. Used by tests/services, tests/web, tests/ws.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from contextlib import suppress
from functools import cached_property

import msgspec
import trio
from argon2 import PasswordHasher
from quart_trio import QuartTrio

from matchd.clock import Clock
from matchd.config.schema import AddressRates, Chat, IdentityRates, SocketRates
from matchd.config.schema import Journal as JournalTable
from matchd.daemon.admin import admin_services
from matchd.daemon.chat import chat_house
from matchd.daemon.events import event_house
from matchd.daemon.lobbies import lobby_services
from matchd.daemon.people import Upkeep, people_services
from matchd.daemon.play import play_house
from matchd.domain import ids
from matchd.domain.addresses import Networks
from matchd.domain.bookings import Terms
from matchd.domain.callers import Caller, Role
from matchd.domain.hosts import Leases
from matchd.domain.ids import NodeId, Region
from matchd.domain.limits import Rate
from matchd.express.lane import ExpressLane
from matchd.express.rest import Patience
from matchd.hasher import Done, Task, work
from matchd.http.desk import Desk
from matchd.http.routes import hot_routes
from matchd.keys import Keyring, generate_keyring
from matchd.metrics import Metrics
from matchd.protocol.bodies import decode, encode
from matchd.protocol.bookings import FindBody, InLine, MatchFound
from matchd.protocol.hosts import HeartbeatAnswer, HeartbeatBody
from matchd.protocol.news import Close
from matchd.services.announcer import Announcer
from matchd.services.audit import Audit
from matchd.services.auth import Authenticator
from matchd.services.bans import Bans
from matchd.services.bookings import BookingService
from matchd.services.core import Core
from matchd.services.grants import Grants
from matchd.services.group_door import GroupDoor
from matchd.services.groups import GroupService
from matchd.services.hosts import HostService
from matchd.services.hub import Hub
from matchd.services.ice import IceService
from matchd.services.journal import Journal
from matchd.services.limits import Limiter
from matchd.services.nodes import NodeService
from matchd.services.owners import Owners
from matchd.services.passwords import Passwords
from matchd.services.people import People
from matchd.services.presence import PresenceService
from matchd.services.publisher import Publisher
from matchd.services.revocations import Revocations
from matchd.services.rooms import RoomService, SignalRequest
from matchd.services.session import Session
from matchd.services.settings import Current, GroupLimits, RelayLimits, Settings
from matchd.services.tokens import Tokens, mint
from matchd.services.tracing import Tracer
from matchd.store.embedded import EmbeddedStore
from matchd.store.ports import Store
from matchd.turn import SharedSecretServer, TurnPlan
from matchd.web.app import create_app
from matchd.web.context import Services
from matchd.web.serve import HttpServer
from matchd.ws.doors import ChatDoor, Doors, EventsDoor, GameDoor, SignalingDoor
from matchd.ws.edge import WebSocketEdge
from matchd.ws.keeper import Keeper
from matchd.ws.lane import Lane
from matchd.ws.matchbox import LobbyPlayDoor, MatchboxDoor, group_relay
from tests.overheard import Overheard
from tests.play import DUEL, RATED, TEAMS

EPOCH = 1_700_000_000
SECRET = "the-host-secret-in-force"
FORMER_SECRET = "the-host-secret-before"
METRICS_TOKEN = "the-metrics-token-of-tests"
TURN_SECRET = "the-turn-secret-of-tests"
PEPPER = b"a pepper of at least 16 bytes"
KEYRING = generate_keyring()
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
HOST_ADDRESS = "192.0.2.1"
PLAYER_ADDRESS = "198.51.100.7"


class AtOnce:
    """A lane of passwords without a process, since its hashes cost little; it keeps what was done."""

    def __init__(self) -> None:
        self.done: list[Done] = []

    async def do(self, task: Task) -> Done:
        """Do a task."""
        await trio.lowlevel.checkpoint()
        self.done.append(work(CHEAP, task))
        return self.done[-1]

    async def run(self) -> None:
        """There is nothing behind it."""


def settings(**changes: object) -> Settings:
    """The settings as shipped, with one TURN server and the secrets above, and `changes`."""
    server = SharedSecretServer(name="relay", host="turn.example.net", secret=TURN_SECRET)
    base = Settings(
        dev=False,
        host_auth="secret",
        host_secrets=(SECRET, FORMER_SECRET),
        keyring=KEYRING,
        pepper=PEPPER,
        issuer="matchd",
        issuers=(),
        token_ttl=3600,
        refresh_ttl=2_592_000,
        key_login_v1=True,
        move_rate=Rate.parse("120/s"),
        modes={mode.name: mode for mode in (DUEL, RATED, TEAMS)},
        socket_grace=3600,
        presence_grace=10,
        public_url="https://play.example.net",
        guests_find=True,
        guests_read_lobbies=True,
        guests_rooms=True,
        guests_report=True,
        chat_keep=Chat().retention,
        reports_keep=Chat().reports_retention,
        journal_keep=JournalTable().bounds,
        audit_keep=JournalTable().audit_bounds,
        default_region=Region("local"),
        recognise=True,
        ttl=30,
        interval=10,
        max_wait=60,
        turn=TurnPlan(stun=("stun:turn.example.net:3478",), servers=(server,)),
        turn_guests=False,
        refresh_after=0.5,
        address_rates=AddressRates().rates(),
        identity_rates=IdentityRates().rates(),
        message_rate=SocketRates().rates()["messages"],
        signal_rate=SocketRates().rates()["signals"],
        exempt=Networks(()),
        trusted=Networks(("unix:",)),
        cors_origins=("*",),
        metrics_allow=Networks(("127.0.0.1", "::1")),
        metrics_token=None,
    )
    return msgspec.structs.replace(base, **changes)


class Outbox:
    """A recording outbox: what a socket would have been sent, and how it was closed."""

    def __init__(self) -> None:
        self.frames: list[dict[str, object]] = []
        self.closed: tuple[Close, str] | None = None

    def put(self, text: bytes) -> None:
        """Record a frame."""
        self.frames.append(msgspec.json.decode(text))

    def close(self, code: Close, reason: str) -> None:
        """Record the first close."""
        self.closed = self.closed or (code, reason)

    @property
    def code(self) -> Close | None:
        """The close code."""
        return None if self.closed is None else self.closed[0]

    @property
    def said(self) -> list[str]:
        """Each frame's type, or its action where it is a control message."""
        return [str(frame.get("action", frame["type"])) for frame in self.frames]


class House:
    """Everything `wire` makes but the listener. To be made inside a Trio run.

    With a `store` of its own it is one of several nodes, whose maker sees to it that it joins; `people`
    are those of another store.
    """

    laned = False
    """Whether sockets that only relay go to the lane; `tests/ws` turns it on and off."""

    def __init__(
        self,
        relay: RelayLimits | None = None,
        *,
        store: Store | None = None,
        node: str = "n1",
        people: EmbeddedStore | None = None,
        **changes: object,
    ) -> None:
        self.has_lane = False  # whether the clients of tests/web go through it
        self.limits = relay or RelayLimits()
        self.wall_offset = EPOCH - trio.current_time()
        self.clock = Clock(lambda: trio.current_time() + self.wall_offset)
        self.metrics = Metrics()
        self.current = Current(settings(**changes))
        self.store = people or EmbeddedStore(
            Leases(node=1e9, outage=1e9), Terms(), random.Random(7)
        )
        served: Store = store or self.store
        self.hub = Hub(NodeId(node), served.bus, self.metrics)
        self.journal = Journal(served.journal, self.hub, self.current, self.clock, self.metrics)
        announcer = Announcer(self.hub, self.clock, self.metrics, self.journal)
        self.core = Core(
            *(served, self.hub, announcer, self.current, self.clock, self.metrics, self.journal)
        )
        self.limiter = Limiter(self.current, self.clock, self.metrics)
        self.revocations = Revocations(self.store.logins, self.current, self.clock)
        self.tokens = Tokens(self.current, self.clock, self.revocations)
        self.auth = Authenticator(self.current, self.tokens, self.limiter)
        self._wire_services()
        if store is None:
            with suppress(StopIteration):
                self.nodes.tick().send(None)  # it joins; the embedded store never waits
        self.keeper = Keeper()
        self.services = Services(
            self.current,
            self.auth,
            self.limiter,
            self.hosts,
            self.bookings,
            self.rooms,
            self.room_door,
            self.nodes,
            self.people,
            self.events,
            self.lobbies,
            self.play.doors,
            self.chat.services,
            admin_services(self.core, self.revocations),
            served,
            self.metrics,
            Audit(self.journal, self.clock),
            Tracer(served, self.hub),
            Desk(self.current, self.auth, self.limiter, self.metrics),
        )
        current, relay = self.current, group_relay(self.limits, self.bounds)
        relays = (
            Overheard(SignalingDoor(self.rooms, current)),
            Overheard(MatchboxDoor(self.room_door, self.groups, current, relay)),
            Overheard(LobbyPlayDoor(self.lobbies.door, self.groups, current, relay)),
            Overheard(GameDoor(self.games, current)),
        )
        others = (
            Overheard(EventsDoor(self.events, current)),
            Overheard(ChatDoor(self.chat.sockets, current)),
        )
        self.doors = Doors(relays, others)
        self.faults: list[BaseException] = []
        self.lane = Lane(self.metrics, self.keeper, lambda error, _peer: self.faults.append(error))
        self.edge = WebSocketEdge(
            *(self.doors, current, self.limits, self.keeper, self.metrics),
            lane=self.lane if self.laned else None,
        )

    @cached_property
    def app(self) -> QuartTrio:
        """The application: made when somebody asks something, since its routes take long to compile."""
        return create_app(self.services)

    @cached_property
    def express(self) -> ExpressLane:
        """The express lane, which nobody sweeps."""
        return ExpressLane(self.services.desk, hot_routes(self.services.hot), Patience())

    @cached_property
    def http(self) -> HttpServer:
        """What serves it."""
        return HttpServer(self.app)

    def _wire_services(self) -> None:
        core, auth, limiter = self.core, self.auth, self.limiter
        self.ice = IceService(self.current, self.clock, limiter, self.metrics)
        self.grants = Grants(self.current)
        bans = Bans(self.store.accounts, self.revocations, self.clock)
        owners = Owners(bans, self.revocations)
        self.rooms = RoomService(
            core, auth=auth, ice=self.ice, limiter=limiter, limits=self.limits, owners=owners
        )
        self.bookings = BookingService(
            core, ice=self.ice, limiter=limiter, grants=self.grants, owners=owners
        )
        self.hosts = HostService(core, auth=auth, ice=self.ice, limiter=limiter)
        self.bounds = GroupLimits(malformed=self.limits.malformed)
        self.hashing = AtOnce()
        self.keeps = People(
            self.store,
            self.current,
            self.clock,
            limiter,
            Passwords(self.hashing, CHEAP),
            self.revocations,
            bans,
            self.journal,
        )
        self.publisher = Publisher(core)
        self.presence = PresenceService(self.store, core.store.events, self.publisher)
        self.people = people_services(self.keeps, core.store.games, self.presence, self.publisher)
        self.told = event_house(
            core,
            self.keeps,
            self.people,
            auth=auth,
            presence=self.presence,
            publisher=self.publisher,
            limits=self.limits,
        )
        self.events, self.stays = self.told.events, self.told.stays
        self.groups = GroupService(
            core, ice=self.ice, limiter=limiter, stays=self.stays, limits=self.bounds
        )
        self.lobbies = lobby_services(
            core, self.keeps, self.people, ice=self.ice, told=self.told, groups=self.groups
        )
        self.play = play_house(
            core,
            self.told,
            accounts=self.people.accounts,
            revocations=self.revocations,
            limiter=limiter,
            limits=self.limits,
        )
        self.queue, self.games = self.play.doors.queue, self.play.doors.games
        self.chat = chat_house(core, self.keeps, self.people, self.told, self.limits)
        debtors = (self.rooms, self.groups, self.lobbies.sockets)
        others = (self.events, self.games, self.chat.sockets)
        self.nodes = NodeService(core, self.bookings, 10.0, *debtors, others=others)
        self.room_door = GroupDoor(
            self.current,
            self.groups,
            admission=self.told.admission,
            ice=self.ice,
            limiter=limiter,
            limits=self.bounds,
        )
        self.upkeep = Upkeep(self.keeps, self.rooms, self.lobbies.feed, self.lobbies.keeper)

    def change(self, **changes: object) -> None:
        """Replace settings in force, as a reload does."""
        self.current.settings = msgspec.structs.replace(self.current.settings, **changes)

    def token(
        self,
        role: str = "player",
        subject: str = "u_ann",
        *,
        keyring: Keyring = KEYRING,
        ttl: int = 3600,
    ) -> str:
        """A token of this house."""
        now = int(self.clock.wall())
        return mint(
            keyring, issuer="matchd", role=Role(role), subject=subject, name=None, now=now, ttl=ttl
        )

    def player(self, account: str = "u_ann", address: str = PLAYER_ADDRESS) -> Caller:
        """A player as the edge would make him."""
        return self.auth.player(self.token(subject=account), address)

    async def beat(
        self, host: str = "h1", *, address: str = HOST_ADDRESS, **fields: object
    ) -> HeartbeatAnswer:
        """One heartbeat with the shared secret; `fields` as on the wire, room `r-<host>`."""
        raw = {"hostId": host, "roomId": f"r-{host}"} | fields
        caller = self.auth.host(SECRET, address)
        return await self.hosts.beat(caller, decode(encode(raw), HeartbeatBody))

    async def find(
        self, caller: Caller | None = None, key: str | None = None, **fields: object
    ) -> MatchFound:
        """A find that must be given a slot; `fields` as on the wire."""
        body = msgspec.convert(fields, FindBody)
        found = await self.bookings.find(caller or self.player(), body, key)
        assert isinstance(found, MatchFound)
        return found

    async def get_in_line(self, caller: Caller | None = None) -> InLine:
        """An `async` find that must have to wait."""
        body = FindBody(async_=True)
        line = await self.bookings.find(caller or self.player(), body, None)
        assert isinstance(line, InLine)
        return line

    def request(
        self, room: str = "r-h1", *, address: str = HOST_ADDRESS, **presented: str
    ) -> SignalRequest:
        """What a socket asks for, with `grant` or `bearer`, or neither."""
        return SignalRequest(ids.room_id(room, "roomId"), address, **presented)

    async def enter(
        self, room: str = "r-h1", *, address: str = HOST_ADDRESS, **presented: str
    ) -> tuple[Session, Outbox]:
        """A socket enters a room; see `request`."""
        outbox = Outbox()
        request = self.request(room, address=address, **presented)
        return await self.rooms.enter(request, outbox), outbox

    async def enter_host(self, room: str = "r-h1") -> tuple[Session, Outbox]:
        """The host enters with the shared secret."""
        return await self.enter(room, bearer=SECRET)

    async def enter_player(self, found: MatchFound) -> tuple[Session, Outbox]:
        """The player of a match enters."""
        return await self.enter(found.room_id, address=PLAYER_ADDRESS, grant=found.grant)

    async def sweep(self) -> None:
        """What the daemon does at each tick."""
        await self.nodes.tick()


def secrets_in(text: str, words: Iterable[str]) -> list[str]:
    """Those of `words` that the text holds; empty words count as a mistake of the test."""
    wanted = list(words)
    assert all(wanted)
    return [word for word in wanted if word in text]

"""From settings to a connected house: the only wiring there is. No task is started here."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, replace

import msgspec

from matchd.clock import Clock
from matchd.config import Config, Loaded
from matchd.daemon.admin import admin_services
from matchd.daemon.chat import ChatHouse, chat_house
from matchd.daemon.events import EventHouse, event_house
from matchd.daemon.lobbies import lobby_services
from matchd.daemon.people import Upkeep, people_services
from matchd.daemon.play import PlayHouse, play_house
from matchd.daemon.settings import group_limits, settings_from
from matchd.daemon.tls import tls_context
from matchd.express.lane import ExpressLane
from matchd.express.rest import Patience
from matchd.http.desk import Desk
from matchd.http.routes import hot_routes
from matchd.listener.caps import Caps
from matchd.listener.connection import Connection, Deadlines
from matchd.listener.front import Edges, Front, Rules, Watch
from matchd.listener.heads import RequestHead
from matchd.listener.http_stream import HttpStream
from matchd.listener.peer import Peer
from matchd.listener.replay import ReplayStream
from matchd.log import get_logger
from matchd.metrics import Metrics
from matchd.services.announcer import Announcer
from matchd.services.audit import Audit
from matchd.services.auth import Authenticator
from matchd.services.bans import Bans
from matchd.services.bookings import BookingService
from matchd.services.core import Core
from matchd.services.grants import Grants
from matchd.services.group_door import GroupDoor
from matchd.services.groups import GroupService
from matchd.services.hashing import HashingLane, usual_width
from matchd.services.hosts import HostService
from matchd.services.hub import Hub
from matchd.services.ice import IceService
from matchd.services.journal import Journal
from matchd.services.limits import Limiter
from matchd.services.nodes import NodeService, new_node
from matchd.services.owners import Owners
from matchd.services.passwords import Passwords
from matchd.services.people import People
from matchd.services.presence import PresenceService
from matchd.services.publisher import Publisher
from matchd.services.revocations import Revocations
from matchd.services.rooms import RoomService
from matchd.services.settings import Current, GroupLimits, RelayLimits
from matchd.services.tokens import Tokens
from matchd.services.tracing import Tracer
from matchd.store.ports import Store
from matchd.web.app import create_app
from matchd.web.context import LobbyServices, Services
from matchd.web.serve import HttpServer
from matchd.ws.doors import ChatDoor, Doors, EventsDoor, GameDoor, SignalingDoor
from matchd.ws.edge import WebSocketEdge
from matchd.ws.keeper import Keeper
from matchd.ws.lane import Lane
from matchd.ws.matchbox import LobbyPlayDoor, MatchboxDoor, group_relay

_log = get_logger()


@dataclass(frozen=True, slots=True)
class Daemon:
    """Everything that `lifecycle` runs."""

    core: Core
    nodes: NodeService
    bookings: BookingService
    rooms: RoomService
    groups: GroupService
    people: Upkeep
    events: EventHouse
    lobbies: LobbyServices
    play: PlayHouse
    chat: ChatHouse
    keeper: Keeper
    lane: Lane
    front: Front
    express: ExpressLane | None
    watch: Watch
    tls: ssl.SSLContext | None


def wire(loaded: Loaded, public_url: str, store: Store, clock: Clock) -> Daemon:
    """Make the house around a store."""
    config = loaded.config
    core = _core(Current(settings_from(loaded, public_url)), store, clock)
    current, metrics = core.current, core.metrics
    limiter = Limiter(current, clock, metrics)
    people = _people(core, store, limiter)
    revocations = people.revocations
    auth = Authenticator(current, Tokens(current, clock, revocations), limiter)
    ice = IceService(current, clock, limiter, metrics)
    relay = msgspec.convert(msgspec.to_builtins(config.signaling), RelayLimits)
    owners = Owners(people.bans, revocations)
    rooms = RoomService(core, auth=auth, ice=ice, limiter=limiter, limits=relay, owners=owners)
    bookings = BookingService(core, ice=ice, limiter=limiter, grants=Grants(current), owners=owners)
    hosts = HostService(core, auth=auth, ice=ice, limiter=limiter)
    bounds = group_limits(config)
    publisher = Publisher(core)
    presence = PresenceService(store, store.events, publisher)
    doors = people_services(people, store.games, presence, publisher)
    told = event_house(
        core, people, doors, auth=auth, presence=presence, publisher=publisher, limits=relay
    )
    groups = GroupService(core, ice=ice, limiter=limiter, stays=told.stays, limits=bounds)
    lobbies = lobby_services(core, people, doors, ice=ice, told=told, groups=groups)
    play = play_house(
        core, told, accounts=doors.accounts, revocations=revocations, limiter=limiter, limits=relay
    )
    chat = chat_house(core, people, doors, told, relay)
    debtors, others = (
        (rooms, groups, lobbies.sockets),
        (told.events, play.doors.games, chat.sockets),
    )
    nodes = NodeService(core, bookings, config.store.node_lease, *debtors, others=others)
    room_door = GroupDoor(
        current, groups, admission=told.admission, ice=ice, limiter=limiter, limits=bounds
    )
    services = Services(
        *(current, auth, limiter, hosts, bookings, rooms, room_door, nodes, doors),
        *(told.events, lobbies, play.doors, chat.services),
        *(admin_services(core, revocations), store, metrics, Audit(core.journal, clock)),
        *(Tracer(store, core.hub), Desk(current, auth, limiter, metrics)),
    )
    keeper, watch, tls = Keeper(), _watch(metrics), tls_context(config)
    lane = Lane(metrics, keeper, watch.report, write_deadline=config.server.write_timeout)
    sockets = WebSocketEdge(
        _doors(services, groups, relay, bounds),
        *(current, relay, keeper, metrics),
        lane=lane if config.server.socket_lane else None,
    )
    express = _express(config, services)
    edges = replace(_edges(services, sockets), express=express)
    rules = Rules(deadlines=_deadlines(config), tls=tls)
    front = Front(edges, _caps(config, current), watch, rules)
    upkeep = Upkeep(people, rooms, lobbies.feed, lobbies.keeper)
    return Daemon(
        *(core, nodes, bookings, rooms, groups, upkeep, told, lobbies, play, chat),
        *(keeper, lane, front, express, watch, tls),
    )


def _core(current: Current, store: Store, clock: Clock) -> Core:
    metrics = Metrics()
    hub = Hub(new_node(), store.bus, metrics)
    journal = Journal(store.journal, hub, current, clock, metrics)
    announcer = Announcer(hub, clock, metrics, journal)
    return Core(store, hub, announcer, current, clock, metrics, journal)


def _people(core: Core, store: Store, limiter: Limiter) -> People:
    current, clock = core.current, core.clock
    revocations = Revocations(store.logins, current, clock)
    bans = Bans(store.accounts, revocations, clock)
    passwords = Passwords(HashingLane(usual_width()))
    return People(store, current, clock, limiter, passwords, revocations, bans, core.journal)


def _doors(
    services: Services, groups: GroupService, relay: RelayLimits, bounds: GroupLimits
) -> Doors:
    current = services.current
    relays = (
        SignalingDoor(services.rooms, current),
        MatchboxDoor(services.groups, groups, current, group_relay(relay, bounds)),
        LobbyPlayDoor(services.lobbies.door, groups, current, group_relay(relay, bounds)),
        GameDoor(services.play.games, current),
    )
    others = (EventsDoor(services.events, current), ChatDoor(services.chat.sockets, current))
    return Doors(relays, others)


def _edges(services: Services, sockets: WebSocketEdge) -> Edges:
    http = HttpServer(create_app(services))

    async def serve_http(stream: HttpStream, connection: Connection) -> None:
        await http.serve(stream, connection)

    async def serve_websocket(stream: ReplayStream, head: RequestHead, peer: Peer) -> None:
        await sockets.serve(stream, stream, head, peer)

    return Edges(serve_http=serve_http, serve_websocket=serve_websocket)


def _express(config: Config, services: Services) -> ExpressLane | None:
    server = config.server
    if not server.http_lane:
        return None
    patience = Patience(server.head_timeout, server.body_timeout, server.idle_timeout)
    return ExpressLane(services.desk, hot_routes(services.hot), patience)


def _watch(metrics: Metrics) -> Watch:
    def on_fault(error: BaseException, peer: Peer) -> None:
        metrics.faults.labels("connection").inc()
        _log.error("connection.fault", peer=str(peer), exc_info=error)

    def on_event(name: str) -> None:
        metrics.refused.labels(name).inc()

    return Watch(on_fault=on_fault, on_event=on_event)


def _caps(config: Config, current: Current) -> Caps:
    def is_exempt(host: str) -> bool:
        return host in current.settings.trusted or host in current.settings.exempt

    server = config.server
    return Caps(server.max_connections, server.max_connections_per_address, exempt=is_exempt)


def _deadlines(config: Config) -> Deadlines:
    server = config.server
    return Deadlines(
        head=server.head_timeout,
        body=server.body_timeout,
        keep_alive=server.idle_timeout,
        write=server.write_timeout,
    )

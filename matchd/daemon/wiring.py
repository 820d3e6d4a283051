"""From settings to a connected house: the only wiring there is. No task is started here."""

from __future__ import annotations

import random
import ssl
from dataclasses import dataclass
from pathlib import Path

import msgspec

from matchd.clock import Clock
from matchd.config import Config, Loaded
from matchd.daemon.admin import admin_services
from matchd.daemon.chat import ChatHouse, chat_house
from matchd.daemon.events import EventHouse, event_house
from matchd.daemon.lobbies import lobby_services
from matchd.daemon.people import Upkeep, people_services
from matchd.daemon.play import PlayHouse, play_house
from matchd.domain import ids
from matchd.domain.addresses import Networks
from matchd.domain.bookings import Terms
from matchd.domain.hosts import Leases
from matchd.domain.journal import Bounds
from matchd.errors import ConfigError
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
from matchd.services.nodes import NodeService, new_node
from matchd.services.owners import Owners
from matchd.services.passwords import Passwords
from matchd.services.people import People
from matchd.services.presence import PresenceService
from matchd.services.publisher import Publisher
from matchd.services.revocations import Revocations
from matchd.services.rooms import RoomService
from matchd.services.settings import Current, GroupLimits, RelayLimits, Settings
from matchd.services.tokens import Tokens
from matchd.services.tracing import Tracer
from matchd.store.embedded import DATABASE, EmbeddedStore
from matchd.store.ports import Store
from matchd.store.redis import Limits, Options, RedisStore, Target
from matchd.turn import TurnPlan
from matchd.web.app import create_app
from matchd.web.context import LobbyServices, Services
from matchd.web.serve import HttpServer
from matchd.ws.doors import ChatDoor, EventsDoor, GameDoor, SignalingDoor
from matchd.ws.edge import WebSocketEdge
from matchd.ws.keeper import Keeper
from matchd.ws.matchbox import LobbyPlayDoor, MatchboxDoor, group_relay

_log = get_logger()

RECOVERY = 3.0
"""Seconds in which nodes that a Redis has forgotten are back, with the players they have."""

IN_MEMORY = 10_000
"""Lines of the journal at most where there is no data directory."""


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
    front: Front
    watch: Watch
    tls: ssl.SSLContext | None


def settings_from(loaded: Loaded, public_url: str) -> Settings:
    """What services act by; `public_url` replaces an empty one (`--dev`)."""
    config, secrets = loaded.config, loaded.secrets
    return Settings(
        dev=loaded.dev,
        host_auth=config.hosts.auth,
        host_secrets=secrets.hosts,
        keyring=secrets.keys,
        pepper=secrets.pepper,
        issuer=config.auth.token_issuer,
        issuers=secrets.issuers,
        token_ttl=config.auth.token_ttl,
        refresh_ttl=config.auth.refresh_ttl,
        key_login_v1=config.auth.key_login_v1,
        socket_grace=config.auth.socket_grace,
        presence_grace=config.events.presence_grace,
        public_url=config.server.public_url or public_url,
        guests_find="find" in config.auth.guests,
        guests_read_lobbies="lobbies" in config.auth.guests,
        guests_rooms="rooms" in config.auth.guests,
        guests_report="report" in config.auth.guests,
        chat_keep=config.chat.retention,
        reports_keep=config.chat.reports_retention,
        journal_keep=_journal_bounds(config),
        audit_keep=config.journal.audit_bounds,
        default_region=ids.region(config.hosts.default_region, "hosts.default_region"),
        recognise=config.hosts.recognise_by_address,
        ttl=config.hosts.ttl,
        interval=config.hosts.interval,
        max_wait=config.bookings.max_wait,
        turn=TurnPlan(ttl=config.turn.ttl, stun=config.turn.stun, servers=secrets.turn),
        turn_guests=config.turn.guests,
        turn_probe=config.turn.probe,
        refresh_after=config.turn.refresh_before,
        address_rates=config.limits.address.rates(),
        identity_rates=config.limits.identity.rates(),
        message_rate=config.limits.socket.rates()["messages"],
        signal_rate=config.limits.socket.rates()["signals"],
        move_rate=config.limits.socket.rates()["moves"],
        modes=config.games.read(),
        exempt=Networks(config.limits.exempt),
        trusted=Networks(config.server.trusted_proxies),
        cors_origins=config.server.cors_origins,
        metrics_allow=Networks(config.metrics.allow),
        metrics_token=secrets.metrics_token,
    )


def _journal_bounds(config: Config) -> Bounds:
    """What is kept of the journal; where nothing is kept it is in memory, and short."""
    bounds = config.journal.bounds
    in_memory = config.store.backend == "embedded" and not config.server.data_dir
    return Bounds(min(bounds.count, IN_MEMORY), bounds.age) if in_memory else bounds


def reloaded(old: Settings, new: Settings) -> Settings:
    """The old settings with what a reload may change: secrets, TURN, limits (issue 2).

    The pepper stays: live grants and the names in TURN credentials are made with it.
    """
    return msgspec.structs.replace(
        old,
        host_secrets=new.host_secrets,
        keyring=new.keyring,
        issuers=new.issuers,
        turn=old.turn if new.turn == old.turn else new.turn,
        address_rates=new.address_rates,
        identity_rates=new.identity_rates,
        message_rate=new.message_rate,
        signal_rate=new.signal_rate,
        move_rate=new.move_rate,
        turn_guests=new.turn_guests,
        turn_probe=new.turn_probe,
        exempt=new.exempt,
        metrics_token=new.metrics_token,
    )


def open_store(loaded: Loaded, rng: random.Random) -> EmbeddedStore | RedisStore:
    """The store of the configuration, connected to nothing yet; `rng` chooses among free hosts."""
    config, secrets = loaded.config, loaded.secrets
    rules = leases(config), terms(config)
    if config.store.backend == "embedded":
        directory = config.server.data_dir
        return EmbeddedStore(*rules, rng, Path(directory) / DATABASE if directory else None)
    target = Target(
        config.store.url,
        password=secrets.store_password,
        sentinel_password=secrets.sentinel_password,
        ca=config.store.ca,
        certificate=config.store.certificate,
        key=config.store.key,
        wait={"auto": None, "always": True, "never": False}[config.store.replica],
    )
    limits = Limits(deadline=config.store.timeout)
    return RedisStore(Options(target, config.store.prefix, limits=limits), *rules, rng)


def wire(loaded: Loaded, public_url: str, store: Store, clock: Clock) -> Daemon:
    """Make the house around a store."""
    config = loaded.config
    metrics = Metrics()
    current = Current(settings_from(loaded, public_url))
    hub = Hub(new_node(), store.bus, metrics)
    journal = Journal(store.journal, hub, current, clock, metrics)
    announcer = Announcer(hub, clock, metrics, journal)
    core = Core(store, hub, announcer, current, clock, metrics, journal)
    limiter = Limiter(current, clock, metrics)
    revocations = Revocations(store.logins, current, clock)
    auth = Authenticator(current, Tokens(current, clock, revocations), limiter)
    ice = IceService(current, clock, limiter, metrics)
    relay = msgspec.convert(msgspec.to_builtins(config.signaling), RelayLimits)
    owners = Owners(store.accounts, revocations, clock)
    rooms = RoomService(core, auth=auth, ice=ice, limiter=limiter, limits=relay, owners=owners)
    bookings = BookingService(core, ice=ice, limiter=limiter, grants=Grants(current), owners=owners)
    hosts = HostService(core, auth=auth, ice=ice, limiter=limiter)
    bounds = group_limits(config)
    people = People(store, current, clock, limiter, Passwords(), revocations, journal)
    publisher = Publisher(core)
    presence = PresenceService(store, store.events, publisher)
    doors = people_services(people, store.games, presence, publisher)
    told = event_house(
        core, people, doors, auth=auth, presence=presence, publisher=publisher, limits=relay
    )
    groups = GroupService(core, ice=ice, limiter=limiter, stays=told.stays, limits=bounds)
    lobbies = lobby_services(core, people, doors, ice=ice, told=told, groups=groups)
    play = play_house(
        core,
        told,
        accounts=doors.accounts,
        revocations=revocations,
        limiter=limiter,
        limits=relay,
    )
    chat = chat_house(core, people, doors, told, relay)
    debtors, others = (
        (rooms, groups, lobbies.sockets),
        (told.events, play.doors.games, chat.sockets),
    )
    nodes = NodeService(core, bookings, config.store.node_lease, *debtors, others=others)
    room_door = GroupDoor(
        current,
        groups,
        admission=told.admission,
        ice=ice,
        limiter=limiter,
        limits=bounds,
    )
    services = Services(
        *(current, auth, limiter, hosts, bookings, rooms, room_door, nodes, doors),
        *(told.events, lobbies, play.doors, chat.services),
        *(admin_services(core, revocations), store, metrics),
        *(Audit(journal, clock), Tracer(store, hub)),
    )
    keeper, watch, tls = Keeper(), _watch(metrics), tls_context(config)
    edges = _edges(services, groups, keeper, relay, bounds)
    rules = Rules(deadlines=_deadlines(config), tls=tls)
    front = Front(edges, _caps(config, current), watch, rules)
    upkeep = Upkeep(people, rooms, lobbies.feed, lobbies.keeper)
    return Daemon(
        *(core, nodes, bookings, rooms, groups, upkeep, told, lobbies, play, chat),
        *(keeper, front, watch, tls),
    )


def leases(config: Config) -> Leases:
    """How long hosts and nodes are believed."""
    hosts, node = config.hosts, config.store.node_lease
    return Leases(
        ttl=hosts.ttl,
        lost_after=hosts.lost_after,
        room_grace=hosts.room_grace,
        recognise_for=hosts.recognise_for,
        node=node,
        outage=0.3 * node,
        recovery=RECOVERY if config.store.backend == "redis" else 0.0,
    )


def terms(config: Config) -> Terms:
    """How long bookings hold."""
    bookings = config.bookings
    return Terms(
        hold=bookings.hold,
        hold_max=bookings.hold_max,
        grace=bookings.grace,
        line_lease=bookings.line_lease,
        remember=bookings.remember,
        per_address=bookings.guests_per_address,
    )


def group_limits(config: Config) -> GroupLimits:
    """The bounds of rooms for peer-to-peer games."""
    named = msgspec.to_builtins(config.matchbox)
    return GroupLimits(**named, malformed=config.signaling.malformed)


def tls_context(config: Config) -> ssl.SSLContext | None:
    """Our own TLS, if it is configured; ConfigError when the files can't be used."""
    server = config.server
    if not server.tls_certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    load_certificate(context, config)
    return context


def load_certificate(context: ssl.SSLContext, config: Config) -> None:
    """Read the certificate (again); connections that are open keep theirs."""
    server = config.server
    try:
        context.load_cert_chain(server.tls_certificate, server.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f'server.tls_certificate = "{server.tls_certificate}", server.tls_key = '
            f'"{server.tls_key}": {error}'
        ) from None


def _edges(
    services: Services,
    groups: GroupService,
    keeper: Keeper,
    relay: RelayLimits,
    bounds: GroupLimits,
) -> Edges:
    http = HttpServer(create_app(services))
    current = services.current
    doors = (
        SignalingDoor(services.rooms, current),
        EventsDoor(services.events, current),
        MatchboxDoor(services.groups, groups, current, group_relay(relay, bounds)),
        LobbyPlayDoor(services.lobbies.door, groups, current, group_relay(relay, bounds)),
        GameDoor(services.play.games, current),
        ChatDoor(services.chat.sockets, current),
    )
    sockets = WebSocketEdge(doors, current, relay, keeper, services.metrics)

    async def serve_http(stream: HttpStream, connection: Connection) -> None:
        await http.serve(stream, connection)

    async def serve_websocket(stream: ReplayStream, head: RequestHead, peer: Peer) -> None:
        await sockets.serve(stream, stream, head, peer)

    return Edges(serve_http=serve_http, serve_websocket=serve_websocket)


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

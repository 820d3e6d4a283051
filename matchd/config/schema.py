"""Every key of the configuration with its type, bounds and default.

`config/matchd.toml` shows the same keys at the same defaults, one line each; a test compares. Times
are seconds, sizes bytes. Unknown keys and wrong types are refused by the decoder.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from matchd.domain.chat import Retention
from matchd.domain.journal import MOST_AUDITED, Bounds
from matchd.domain.limits import Rate
from matchd.domain.queue import Mode

Seconds = Annotated[float, msgspec.Meta(gt=0, le=86400)]
Count = Annotated[int, msgspec.Meta(ge=1, le=10_000_000)]
DAY = 86_400.0
Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file: frozen, every key named, unknown keys refused."""


class Server(Section, frozen=True, kw_only=True):
    """Where the daemon listens and what it tells others about itself."""

    listen: tuple[str, ...] = ("127.0.0.1:8080",)
    public_url: str = ""
    trusted_proxies: tuple[str, ...] = ("unix:",)
    cors_origins: tuple[str, ...] = ("*",)
    tls_certificate: str = ""
    tls_key: str = ""
    reuse_port: bool = False
    socket_lane: bool = True
    data_dir: str = "/var/lib/matchd"
    drain: Seconds = 5.0
    max_connections: Count = 50_000
    max_connections_per_address: Count = 512
    head_timeout: Seconds = 5.0
    body_timeout: Seconds = 10.0
    idle_timeout: Seconds = 75.0
    write_timeout: Seconds = 10.0
    http_lane: bool = True


class Store(Section, frozen=True, kw_only=True):
    """What is kept, and where: in this process, or in a Redis that several share."""

    backend: Literal["embedded", "redis"] = "embedded"
    url: str = ""
    prefix: str = "matchd"
    password_file: str = ""
    sentinel_password_file: str = ""
    ca: str = ""
    certificate: str = ""
    key: str = ""
    replica: Literal["auto", "always", "never"] = "auto"
    timeout: Annotated[float, msgspec.Meta(ge=0.1, le=30)] = 3.0
    node_lease: Annotated[float, msgspec.Meta(ge=2, le=60)] = 10.0


class AuthIssuer(Section, frozen=True, kw_only=True):
    """Somebody else whose tokens are believed; one of the two files holds his keys."""

    name: str
    issuer: Annotated[str, msgspec.Meta(min_length=1)]
    audience: Annotated[str, msgspec.Meta(min_length=1)]
    algorithm: Literal["HS256", "RS256", "ES256", "EdDSA"]
    key_file: str = ""
    jwks_file: str = ""


class Auth(Section, frozen=True, kw_only=True):
    """Tokens, accounts, and what callers without one may do."""

    guests: tuple[Literal["find", "rooms", "lobbies", "report"], ...] = (
        *("find", "rooms", "lobbies", "report"),
    )
    token_issuer: Annotated[str, msgspec.Meta(min_length=1)] = "matchd"
    signing_keys_file: str = "signing_keys.json"
    pepper_file: str = "pepper"
    token_ttl: Annotated[int, msgspec.Meta(ge=60, le=31_536_000)] = 3600
    refresh_ttl: Annotated[int, msgspec.Meta(ge=3600, le=31_536_000)] = 2_592_000
    key_login_v1: bool = True
    socket_grace: Annotated[float, msgspec.Meta(ge=0, le=86400)] = 3600.0
    issuer: tuple[AuthIssuer, ...] = ()


class Events(Section, frozen=True, kw_only=True):
    """The event sockets of players, and who counts as there."""

    presence_grace: Annotated[float, msgspec.Meta(ge=0, le=300)] = 10.0


class Hosts(Section, frozen=True, kw_only=True):
    """How hosts prove themselves and how long they are believed."""

    auth: Literal["secret", "token", "open"] = "secret"
    secret_file: str = "host_secret"
    default_region: str = "local"
    recognise_by_address: bool = True
    ttl: Annotated[int, msgspec.Meta(ge=5, le=3600)] = 30
    interval: Annotated[int, msgspec.Meta(ge=1, le=3600)] = 10
    lost_after: Seconds = 90.0
    room_grace: Seconds = 30.0
    recognise_for: Seconds = 60.0


class Bookings(Section, frozen=True, kw_only=True):
    """How long a match is held for its player."""

    hold: Seconds = 20.0
    hold_max: Seconds = 60.0
    grace: Seconds = 30.0
    line_lease: Annotated[float, msgspec.Meta(ge=10, le=3600)] = 15.0
    remember: Seconds = 300.0
    guests_per_address: Count = 4
    max_wait: Annotated[int, msgspec.Meta(ge=0, le=60)] = 60


class Signaling(Section, frozen=True, kw_only=True):
    """The WebSocket relay between a player and his host."""

    ping_interval: Seconds = 15.0
    silence: Seconds = 30.0
    late_messages: Count = 64
    late_bytes: Count = 262_144
    late_seconds: Seconds = 30.0
    outbox_messages: Count = 256
    outbox_bytes: Count = 1_048_576
    malformed: Count = 10


class Matchbox(Section, frozen=True, kw_only=True):
    """Rooms for peer-to-peer games."""

    peers: Annotated[int, msgspec.Meta(ge=2, le=1000)] = 64
    missed: Count = 64
    outbox_messages: Count = 1024


class GameMode(Section, frozen=True, kw_only=True):
    """One way to play."""

    players: Annotated[int, msgspec.Meta(ge=2, le=64)] = 2
    sides: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=64)] = ("left", "right")
    join_timeout: Seconds = 30.0
    ready_timeout: Seconds = 30.0
    grace: Seconds = 30.0
    rating: bool = False
    window: Annotated[float, msgspec.Meta(gt=0, le=1000)] = 3.0
    widening: Annotated[float, msgspec.Meta(ge=0, le=1000)] = 0.2


class Games(Section, frozen=True, kw_only=True):
    """The queue and its games."""

    modes: dict[Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{1,64}$")], GameMode] = (
        msgspec.field(default_factory=lambda: {"default": GameMode()})
    )

    def read(self) -> dict[str, Mode]:
        """The modes, as the queue knows them."""
        return {
            name: Mode(name=name, **msgspec.structs.asdict(mode))
            for name, mode in self.modes.items()
        }


class Chat(Section, frozen=True, kw_only=True):
    """How long chat rooms keep what was said, and how long closed reports are kept."""

    keep_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 90
    keep_messages: Annotated[int, msgspec.Meta(ge=10, le=1_000_000)] = 20_000
    keep_reports_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 180

    @property
    def retention(self) -> Retention:
        """How long messages are kept."""
        return Retention(self.keep_days * DAY, self.keep_messages)

    @property
    def reports_retention(self) -> float:
        """How long closed reports are kept, in seconds."""
        return self.keep_reports_days * DAY


class Journal(Section, frozen=True, kw_only=True):
    """How much is kept of what happened, and of what administrators did."""

    keep_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 30
    keep_lines: Annotated[int, msgspec.Meta(ge=1000, le=10_000_000)] = 200_000
    keep_audit_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 365

    @property
    def bounds(self) -> Bounds:
        """Of the journal."""
        return Bounds(self.keep_lines, self.keep_days * DAY)

    @property
    def audit_bounds(self) -> Bounds:
        """Of the audit log, which nobody but administrators can fill."""
        return Bounds(MOST_AUDITED, self.keep_audit_days * DAY)


class TurnServer(Section, frozen=True, kw_only=True):
    """One TURN server: a shared-secret one, or (`kind = "static"`) one with fixed credentials."""

    name: str
    host: str
    kind: Literal["coturn", "eturnal", "pion", "static"] = "coturn"
    udp_port: Port = 3478
    tcp_port: Port = 3478
    tls_port: Port = 0
    realm: str = ""
    regions: tuple[str, ...] = ()
    weight: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 1
    secret_file: str = ""
    username: str = ""
    credential_file: str = ""


class Turn(Section, frozen=True, kw_only=True):
    """The credentials we hand out, and the servers they are for."""

    ttl: Annotated[int, msgspec.Meta(ge=60, le=86400)] = 3600
    refresh_before: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.5
    guests: bool = False
    stun: Annotated[tuple[str, ...], msgspec.Meta(max_length=2)] = ()
    probe: Annotated[float, msgspec.Meta(ge=0, le=3600)] = 60.0
    server: tuple[TurnServer, ...] = ()


class Rates(Section, frozen=True, kw_only=True):
    """One row per thing that is limited; each is `count/unit`."""

    def rates(self) -> dict[str, Rate]:
        """The rows, read."""
        return {name: Rate.parse(getattr(self, name)) for name in self.__struct_fields__}


class AddressRates(Rates, frozen=True, kw_only=True):
    """Limits per network address (IPv6 by /64)."""

    requests: str = "1200/min"
    finds: str = "60/min"
    heartbeats: str = "1200/min"
    connects: str = "120/min"
    credentials: str = "120/min"
    failures: str = "60/min"
    logins: str = "30/min"
    signups: str = "10/min"
    lookups: str = "10/min"
    refreshes: str = "120/min"
    tickets: str = "120/min"
    friends: str = "120/min"
    lobbies: str = "240/min"
    queue: str = "240/min"
    chat: str = "600/min"
    reports: str = "20/h"


class IdentityRates(Rates, frozen=True, kw_only=True):
    """Limits per account, host or guest address."""

    finds: str = "30/min"
    heartbeats: str = "60/min"
    connects: str = "60/min"
    credentials: str = "30/min"
    logins: str = "30/min"
    tickets: str = "60/min"
    friends: str = "60/min"
    lobbies: str = "120/min"
    queue: str = "60/min"
    chat: str = "120/min"
    reports: str = "10/h"


class SocketRates(Rates, frozen=True, kw_only=True):
    """Limits per WebSocket."""

    messages: str = "600/min"
    signals: str = "3000/min"
    moves: str = "120/s"


class Limits(Section, frozen=True, kw_only=True):
    """How often who may do what; addresses in `exempt` are free of it."""

    exempt: tuple[str, ...] = ()
    address: AddressRates = AddressRates()
    identity: IdentityRates = IdentityRates()
    socket: SocketRates = SocketRates()


class Log(Section, frozen=True, kw_only=True):
    """What is logged, and how it looks."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "text", "json"] = "auto"


class Metrics(Section, frozen=True, kw_only=True):
    """Who may read /metrics: these addresses, or anyone with the token."""

    allow: tuple[str, ...] = ("127.0.0.1", "::1")
    token_file: str = ""


class Config(Section, frozen=True, kw_only=True):
    """The whole file."""

    server: Server = Server()
    store: Store = Store()
    auth: Auth = Auth()
    events: Events = Events()
    hosts: Hosts = Hosts()
    bookings: Bookings = Bookings()
    signaling: Signaling = Signaling()
    matchbox: Matchbox = Matchbox()
    games: Games = Games()
    chat: Chat = Chat()
    journal: Journal = Journal()
    turn: Turn = Turn()
    limits: Limits = Limits()
    log: Log = Log()
    metrics: Metrics = Metrics()

"""The part of the configuration that services act by, and the one place where it is replaced.

`Current` holds the settings in force; a reload puts a new value there between two requests, so each
request sees one consistent set. Built by `daemon`.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from matchd.domain.addresses import Networks
from matchd.domain.chat import Retention
from matchd.domain.ids import Region
from matchd.domain.journal import Bounds
from matchd.domain.limits import Rate
from matchd.domain.queue import Mode
from matchd.errors import Draining
from matchd.keys import Keyring
from matchd.services.foreign import Issuer
from matchd.turn import TurnPlan
from matchd.turn.health import ProbeReport


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What services act by. Its repr shows nothing: it holds secrets."""

    dev: bool
    host_auth: Literal["secret", "token", "open"]
    host_secrets: tuple[str, ...]
    keyring: Keyring
    pepper: bytes
    issuer: str
    issuers: tuple[Issuer, ...]
    token_ttl: int
    refresh_ttl: int
    key_login_v1: bool
    socket_grace: float
    presence_grace: float
    public_url: str
    guests_find: bool
    guests_read_lobbies: bool
    guests_rooms: bool
    guests_report: bool
    chat_keep: Retention
    reports_keep: float
    journal_keep: Bounds
    audit_keep: Bounds
    default_region: Region
    recognise: bool
    ttl: int
    interval: int
    max_wait: int
    turn: TurnPlan
    turn_guests: bool
    turn_probe: float = 0.0
    refresh_after: float
    address_rates: dict[str, Rate]
    identity_rates: dict[str, Rate]
    message_rate: Rate
    signal_rate: Rate
    move_rate: Rate
    modes: dict[str, Mode]
    exempt: Networks
    trusted: Networks
    cors_origins: tuple[str, ...]
    metrics_allow: Networks
    metrics_token: str | None

    @property
    def socket_url(self) -> str:
        """Where our WebSockets are: the public address with `ws` or `wss`."""
        return self.public_url.replace("http", "ws", 1)

    def admits_origin(self, origin: str | None) -> bool:
        """Whether pages of this origin may open sockets: our own, and those configured (None: no
        browser).
        """
        own = "/".join(self.public_url.split("/")[:3])
        return origin is None or "*" in self.cors_origins or origin in (own, *self.cors_origins)

    def __repr__(self) -> str:
        return "Settings(...)"


class RelayLimits(msgspec.Struct, frozen=True):
    """Bounds of the signaling relay; counts, bytes and seconds (config `[signaling]`)."""

    ping_interval: float = 15.0
    silence: float = 30.0
    late_messages: int = 64
    late_bytes: int = 262_144
    late_seconds: float = 30.0
    outbox_messages: int = 256
    outbox_bytes: int = 1_048_576
    malformed: int = 10


class GroupLimits(msgspec.Struct, frozen=True):
    """Bounds of rooms for peer-to-peer games (config `[matchbox]`, `malformed` of `[signaling]`)."""

    peers: int = 64
    missed: int = 64
    outbox_messages: int = 1024
    malformed: int = 10


class Current:
    """The settings in force, whether the daemon drains because it stops, whether an administrator has
    it take no new matches (`drained`), whether the other nodes have other secrets (then it serves
    nobody), and what its administrator should change.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.draining = False
        self.drained = False
        self.outsider = False
        self.advice: tuple[str, ...] = ()
        self.turn_down: frozenset[str] = frozenset()
        """TURN servers that do not answer, by name; `turn_advice` says so in sentences."""
        self.turn_advice: tuple[str, ...] = ()
        self.turn_report: ProbeReport | None = None
        """What `matchd probe` has said of the TURN servers last; None when that is too long ago."""
        self._told = settings.turn, self.turn_down, settings.turn

    @property
    def turn(self) -> TurnPlan:
        """The plan that players are told of: the configured one, less the servers that do not answer.
        It is the same object for as long as it is the same plan.
        """
        plan, down, told = self._told
        if plan is not self.settings.turn or down != self.turn_down:
            plan = self.settings.turn
            told = plan.without(self.turn_down)
            self._told = plan, self.turn_down, told
        return told

    def admit_match(self) -> None:
        """Draining, where no new matches are taken."""
        if self.drained:
            raise Draining("This server takes no new matches now.", retry_after=30)

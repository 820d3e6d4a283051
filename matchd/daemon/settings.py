"""From the configuration to what services act by, at the start and at a reload."""

from __future__ import annotations

import msgspec

from matchd.config import Config, Loaded
from matchd.domain import ids
from matchd.domain.addresses import Networks
from matchd.domain.journal import Bounds
from matchd.services.settings import GroupLimits, Settings
from matchd.turn import TurnPlan

IN_MEMORY = 10_000
"""Lines of the journal at most where there is no data directory."""


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


def unchangeable(old: Loaded, new: Loaded) -> list[str]:
    """The sections that differ and that a reload does not take over."""
    files = {
        "auth.pepper_file": "pepper",
        "store.password_file": "store_password",
        "store.sentinel_password_file": "sentinel_password",
    }
    sections = (
        *("server", "store", "auth", "events", "hosts", "bookings"),
        *("signaling", "games", "chat", "journal", "metrics"),
    )
    changed = [name for name in sections if getattr(old.config, name) != getattr(new.config, name)]
    former, fresh = old.secrets, new.secrets
    return changed + [
        k for k, name in files.items() if getattr(former, name) != getattr(fresh, name)
    ]


def group_limits(config: Config) -> GroupLimits:
    """The bounds of rooms for peer-to-peer games."""
    named = msgspec.to_builtins(config.matchbox)
    return GroupLimits(**named, malformed=config.signaling.malformed)

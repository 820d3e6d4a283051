"""From the configuration to its store, connected to nothing yet."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

from matchd.config import Config, Loaded
from matchd.domain.bookings import Terms
from matchd.domain.hosts import Leases
from matchd.store.embedded import DATABASE, EmbeddedStore

if TYPE_CHECKING:
    from matchd.store.redis import RedisStore

RECOVERY = 3.0
"""Seconds in which nodes that a Redis has forgotten are back, with the players they have."""


def open_store(loaded: Loaded, rng: random.Random) -> EmbeddedStore | RedisStore:
    """The store of the configuration, connected to nothing yet; `rng` chooses among free hosts."""
    config, secrets = loaded.config, loaded.secrets
    rules = leases(config), terms(config)
    if config.store.backend == "embedded":
        directory = config.server.data_dir
        return EmbeddedStore(*rules, rng, Path(directory) / DATABASE if directory else None)
    # Here, since those without Redis would pay a tenth of a second and 7 MB for it.
    from matchd.store.redis import Limits, Options, RedisStore, Target  # noqa: PLC0415

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

"""A look at the store before the daemon runs, or while it does: what `matchd check` says of Redis.

It joins nothing, so nodes that run do not notice. Redis itself is asked what a node asks it, writing
included, and each thing that is wrong comes with the line to change.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import msgspec
import trio

from matchd.config import Loaded
from matchd.daemon.store import open_store
from matchd.errors import StoreUnavailable
from matchd.log import silenced
from matchd.services.nodes import family_of
from matchd.store.embedded import EmbeddedStore

if TYPE_CHECKING:
    from matchd.store.redis import RedisStore

PATIENCE = 5.0
"""Seconds until Redis counts as one that does not answer."""


class Glance(msgspec.Struct, frozen=True):
    """What was seen of Redis: `said` is where it is and what, or why it can't be used; `hints` is what
    deserves a look all the same.
    """

    usable: bool
    said: str
    hints: tuple[str, ...] = ()


def look_at_redis(loaded: Loaded) -> Glance:
    """Look at the Redis of a configuration that has one. ConfigError when there can't be one there."""
    from matchd.store.redis import shown  # noqa: PLC0415  # as in `store`

    store = open_store(loaded, random.SystemRandom())
    assert not isinstance(store, EmbeddedStore)
    with silenced():
        return trio.run(_look, store, loaded, shown(loaded.config.store.url))


async def _look(store: RedisStore, loaded: Loaded, where: str) -> Glance:
    seen: Glance | str = f"Redis does not answer within {PATIENCE:g} s"
    with trio.move_on_after(PATIENCE):
        # Ended as soon as everything is seen: it is there for the connection.
        async with trio.open_nursery() as nursery:
            await nursery.start(store.run)
            try:
                seen = await store.ready() or await _glance(store, loaded, where)
            except StoreUnavailable as error:
                seen = str(error.__cause__ or error)
            nursery.cancel_scope.cancel()
    if isinstance(seen, Glance):
        return seen
    said = f"{where}: {seen}{cure(seen)}"
    return Glance(usable=False, said=said)


async def _glance(store: RedisStore, loaded: Loaded, where: str) -> Glance:
    survey, hints = await store.survey(), await store.advice()
    if set(survey.families) - {family_of(loaded.secrets.pepper)}:
        hints = (_STRANGERS, *hints)
    count, url = len(survey.families), loaded.config.store.url
    product = f"{survey.product} {survey.version}".strip()
    nodes = f"{count} node{'' if count == 1 else 's'}"
    said = f"{where} ({_kind(url)}, {product}, {nodes})"
    return Glance(usable=True, said=said, hints=hints)


_STRANGERS = (
    "auth.pepper_file: the nodes that are running have another pepper, and this one could not join "
    "them; copy secrets/ from one of them (pepper, host secret and signing keys must be equal)"
)


def _kind(url: str) -> str:
    scheme = url.partition("://")[0]
    return "Sentinel" if "+sentinel" in scheme else "Cluster" if "+cluster" in scheme else "single"


_CURES = {
    "refused the user name": "the password is that of store.password_file, the user is written "
    "before the host in store.url (redis://user@host)",
    "refused the password": "it is that of store.password_file",
    "asks for a password": "write it into a file in secrets/ and set store.password_file",
    "has no password": 'set store.password_file = "", or requirepass in redis.conf',
    "certificate": "set store.ca to the CA that has signed it, and use the name that it is for",
    "can't be reached": "is Redis running, and is store.url right?",
    "does not answer": "is Redis running, and is store.url right?",
    "No sentinel names": "are the sentinels running, and are store.url and its service right?",
    "read-only replica": "store.url must name the primary, or the sentinels (redis+sentinel://)",
    "ACL": "the README has the ACL SETUSER line for matchd",
    "out of memory": "raise maxmemory in redis.conf",
    "can't save its data": "look at Redis' own log; its disk may be full",
    "too few replicas": "are the replicas running? (min-replicas-to-write in redis.conf)",
    "maxclients": "raise maxclients in redis.conf",
    "foreign data": "set store.prefix to one that nobody else uses",
}


def cure(fault: str) -> str:
    """What to do about a fault, to stand behind it; empty when it says so itself."""
    return next((f"; {text}" for sign, text in _CURES.items() if sign in fault), "")

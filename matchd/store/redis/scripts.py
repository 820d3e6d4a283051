"""The Lua scripts and the keys they work on. Backend-internal.

One file per operation under `lua/`, each behind what it needs of one prelude (`lua/prelude/*.lua`, in
order of their names; what begins at the margin after a blank line is kept or left out whole). Every
script declares every key; all keys share one hash tag, so that a Cluster keeps them on one shard.
"""

from __future__ import annotations

import hashlib
import re
from collections import deque
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec

from matchd.errors import ConfigError

_PARAGRAPHS = re.compile(r"\n{2,}(?=\S)")
_FUNCTION = re.compile(r"^local function (\w+)", re.MULTILINE)
_COMMENT = re.compile(r"^ *--.*$", re.MULTILINE)
_WORD = re.compile(r"\w+", re.ASCII)
_PREFIX = re.compile(r"[A-Za-z0-9_.:-]{1,64}", re.ASCII)

KEY_NAMES = (
    "schema",
    "hosts",
    "bookings",
    "rooms",
    "room_hosts",
    "grants",
    "keys",
    "unconnected",
    "counts",
    "free",
    "line",
    "agenda",
    "paces",
    "paced",
    "order",
    "nodes",
    "sockets",
    "pulse",
)
"""In the order of KEYS (lua/prelude/01_base.lua)."""

OPERATIONS = (
    "affirm_candidate",
    "affirm_host",
    "affirm_player",
    "beat",
    "claim",
    "counts",
    "drain",
    "dump",
    "enter_anyone",
    "enter_host",
    "enter_player",
    "get_host",
    "get_room",
    "goodbye",
    "hello",
    "join",
    "leave",
    "leave_line",
    "living",
    "look",
    "page_bookings",
    "page_hosts",
    "page_rooms",
    "part",
    "poll",
    "release",
    "renew",
    "say",
    "survey",
    "sweep",
    "wait_outside",
)

READING = frozenset(
    (
        "counts",
        "dump",
        "get_host",
        "get_room",
        "living",
        "look",
        "page_bookings",
        "page_hosts",
        "page_rooms",
        "survey",
    )
)
"""Operations that change nothing, so that no replica has to confirm them."""


class Script(msgspec.Struct, frozen=True):
    """A script's text, the SHA-1 by which Redis knows it, and whether it may change anything."""

    text: str
    sha: str
    writes: bool


@cache
def load() -> Mapping[str, Script]:
    """All scripts by the name of their operation, read once."""
    folder = files(__package__) / "lua"
    parts = sorted((folder / "prelude").iterdir(), key=lambda part: part.name)
    prelude = "\n".join(part.read_text("utf-8") for part in parts if part.name.endswith(".lua"))
    return {
        name: _script(name, prelude, (folder / f"{name}.lua").read_text("utf-8"))
        for name in OPERATIONS
    }


def _script(name: str, prelude: str, text: str) -> Script:
    whole = f"{needed(prelude, text)}\n\n{text}"
    sha = hashlib.sha1(whole.encode(), usedforsecurity=False).hexdigest()
    return Script(whole, sha, name not in READING)


def needed(prelude: str, text: str) -> str:
    """The prelude without the functions that nobody mentions: each costs Redis time in every run.

    Lua knows only what stands before, so one look from the end to the beginning finds them all.
    """
    words, kept = _words(text), deque[str]()
    for paragraph in reversed(_PARAGRAPHS.split(prelude)):
        names = _FUNCTION.findall(paragraph)
        if not names or words.intersection(names):
            words |= _words(paragraph)
            kept.appendleft(paragraph)
    return "\n\n".join(kept)


def _words(text: str) -> set[str]:
    return set(_WORD.findall(_COMMENT.sub("", text)))


def keys_under(prefix: str) -> tuple[str, ...]:
    """The keys for KEYS; the prefix is their hash tag. ConfigError when it can't be one."""
    if _PREFIX.fullmatch(prefix) is None:
        raise ConfigError(f'store.prefix = "{prefix}": 1 to 64 of A-Z a-z 0-9 _ . : -')
    return tuple(f"{{{prefix}}}:{name}" for name in KEY_NAMES)

"""The scripts about people: which there are, their keys, and who runs them. Backend-internal.

They have a prelude and keys of their own (`lua/people`), under the prefix and hash tag of all others,
and share only the schema with them. What is kept has no time to live.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files
from typing import Any

import msgspec

from matchd.errors import StoreUnavailable
from matchd.store.redis.batcher import Batcher
from matchd.store.redis.scripts import Script

PEOPLE_KEY_NAMES = (
    "schema",
    "accounts",
    "handles",
    "names",
    "logins",
    "logins_of",
    "logins_due",
    "revocations",
    "edges",
    "lists",
    "tallies",
    "spent",
    "totals",
    "erasing",
)
"""In the order of KEYS; scripts know them as fields of `K`."""

PEOPLE_OPERATIONS = (
    "account",
    "accounts",
    "accounts_count",
    "accounts_page",
    "ban",
    "change",
    "close",
    "close_all",
    "create",
    "delete",
    "erase",
    "export",
    "friends_page",
    "login",
    "logins",
    "open",
    "revoked",
    "rotate",
    "set_password",
    "show",
    "spend",
    "spent",
    "sweep_logins",
    "sweep_spent",
    "ties",
    "touch",
)

PEOPLE_READING = frozenset(
    (
        "account",
        "accounts",
        "accounts_count",
        "accounts_page",
        "export",
        "friends_page",
        "login",
        "logins",
        "revoked",
        "spent",
        "ties",
    )
)
"""Operations that change nothing, so that no replica has to confirm them."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


def load_people() -> dict[str, Script]:
    """All scripts about people by the name of their operation."""
    folder = files(__package__) / "lua" / "people"
    fields = (f"{name} = KEYS[{at}]" for at, name in enumerate(PEOPLE_KEY_NAMES, 1))
    parts = sorted((folder / "prelude").iterdir(), key=lambda part: part.name)
    texts = [part.read_text("utf-8") for part in parts if part.name.endswith(".lua")]
    prelude = "\n".join((f"local K = {{{', '.join(fields)}}}", *texts))
    loaded = {}
    for name in PEOPLE_OPERATIONS:
        whole = f"{prelude}\n{(folder / f'{name}.lua').read_text('utf-8')}"
        sha = hashlib.sha1(whole.encode(), usedforsecurity=False).hexdigest()
        loaded[name] = Script(whole, sha, name not in PEOPLE_READING)
    return loaded


def people_keys_under(prefix: str) -> tuple[str, ...]:
    """The keys for KEYS; the prefix, which was checked, is their hash tag."""
    return tuple(f"{{{prefix}}}:{name}" for name in PEOPLE_KEY_NAMES)


class PeopleCaller:
    """Runs the scripts about people over one batcher.

    Only what is due is told by Redis' own clock; tests, which move time, have theirs believed.
    """

    def __init__(
        self, batcher: Batcher, loaded: dict[str, Script], prefix: str, *, trust_caller_clock: bool
    ) -> None:
        self._batcher = batcher
        self._loaded = loaded
        self._keys = people_keys_under(prefix)
        self._trusts = trust_caller_clock

    async def run(self, operation: str, ask: dict[str, Any], at: float = 0.0) -> Any:
        """Run a script in one round trip; `at` is the caller's time."""
        moment = repr(at) if self._trusts else ""
        script = self._loaded[operation]
        asked = _encode({**ask, "at": at})
        reply = await self._batcher.call(
            ("EVALSHA", script.sha, len(self._keys), *self._keys, asked, moment)
        )
        if not isinstance(reply, bytes):
            raise StoreUnavailable("Redis answered something that no script of matchd says.")
        return _decode(reply)

"""The scripts about groups: which there are, their keys, and who runs them. Backend-internal.

They have a prelude and keys of their own (`lua/groups`), under the prefix and hash tag of all others,
and read the schema, the nodes and the pulse that the others keep.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files
from typing import Any

import msgspec
import trio

from matchd.errors import StoreUnavailable
from matchd.store.redis.batcher import Batcher
from matchd.store.redis.scripts import Script

GROUP_KEY_NAMES = {
    "schema": "schema",
    "nodes": "nodes",
    "pulse": "pulse",
    "groups": "groups",
    "open": "groups_open",
    "sockets": "groups_sockets",
    "due": "groups_due",
}
"""In the order of KEYS, by the names that scripts know them by as fields of `K`."""

GROUP_OPERATIONS = (
    "affirm",
    "dump",
    "join",
    "leave",
    "linger",
    "look",
    "resume",
    "sweep",
    "vacate",
)

GROUP_READING = frozenset(("dump", "look"))
"""Operations that change nothing, so that no replica has to confirm them."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


def load_groups() -> dict[str, Script]:
    """All scripts about groups by the name of their operation."""
    folder = files(__package__) / "lua" / "groups"
    fields = (f"{name} = KEYS[{at}]" for at, name in enumerate(GROUP_KEY_NAMES, 1))
    parts = sorted((folder / "prelude").iterdir(), key=lambda part: part.name)
    texts = [part.read_text("utf-8") for part in parts if part.name.endswith(".lua")]
    prelude = "\n".join((f"local K = {{{', '.join(fields)}}}", *texts))
    loaded = {}
    for name in GROUP_OPERATIONS:
        whole = f"{prelude}\n{(folder / f'{name}.lua').read_text('utf-8')}"
        sha = hashlib.sha1(whole.encode(), usedforsecurity=False).hexdigest()
        loaded[name] = Script(whole, sha, name not in GROUP_READING)
    return loaded


def group_keys_under(prefix: str) -> tuple[str, ...]:
    """The keys for KEYS; the prefix, which was checked, is their hash tag."""
    return tuple(f"{{{prefix}}}:{name}" for name in GROUP_KEY_NAMES.values())


class GroupCaller:
    """Runs the scripts about groups over one batcher, by Redis' clock or, in tests, the caller's."""

    def __init__(
        self, batcher: Batcher, loaded: dict[str, Script], prefix: str, *, trust_caller_clock: bool
    ) -> None:
        self._batcher = batcher
        self._loaded = loaded
        self._keys = group_keys_under(prefix)
        self._trusts = trust_caller_clock

    async def run(self, operation: str, ask: object, now: float = 0.0) -> Any:
        """Run a script in one round trip.

        A caller who is cancelled still gets the answer, at most the batcher's deadline later: who
        has lost his place is told by whoever asked, and nobody else would.
        """
        moment = repr(now) if self._trusts else ""
        sha, asked = self._loaded[operation].sha, _encode(ask)
        await trio.lowlevel.checkpoint_if_cancelled()
        with trio.CancelScope(shield=True):
            reply = await self._batcher.call(
                ("EVALSHA", sha, len(self._keys), *self._keys, asked, moment)
            )
        if not isinstance(reply, bytes):
            raise StoreUnavailable("Redis answered something that no script of matchd says.")
        return _decode(reply)

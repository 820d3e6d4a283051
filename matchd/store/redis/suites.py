"""Suites of scripts with a prelude and keys of their own, beside those of the pool. Backend-internal.

A suite is a folder under `lua/`; its keys stand under the prefix and hash tag of all others, and its
scripts know them as fields of `K`.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files
from typing import Any

import msgspec

from matchd.errors import StoreUnavailable
from matchd.store.redis.batcher import Batcher
from matchd.store.redis.scripts import Script

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


class Suite(msgspec.Struct, frozen=True):
    """What a suite is: its folder, its keys in the order of KEYS, its operations, and those of them
    that change nothing, so that no replica has to confirm them.
    """

    folder: str
    keys: tuple[str, ...]
    operations: tuple[str, ...]
    reading: frozenset[str]

    def load(self) -> dict[str, Script]:
        """All its scripts by the name of their operation."""
        folder = files(__package__) / "lua" / self.folder
        fields = (f"{name} = KEYS[{at}]" for at, name in enumerate(self.keys, 1))
        parts = sorted((folder / "prelude").iterdir(), key=lambda part: part.name)
        texts = [part.read_text("utf-8") for part in parts if part.name.endswith(".lua")]
        prelude = "\n".join((f"local K = {{{', '.join(fields)}}}", *texts))
        loaded = {}
        for name in self.operations:
            whole = f"{prelude}\n{(folder / f'{name}.lua').read_text('utf-8')}"
            sha = hashlib.sha1(whole.encode(), usedforsecurity=False).hexdigest()
            loaded[name] = Script(whole, sha, name not in self.reading)
        return loaded

    def keys_under(self, prefix: str) -> tuple[str, ...]:
        """The keys for KEYS; the prefix, which was checked, is their hash tag."""
        return tuple(f"{{{prefix}}}:{name}" for name in self.keys)


class SuiteCaller:
    """Runs the scripts of a suite over one batcher.

    Only what is due is told by Redis' own clock; tests, which move time, have theirs believed.
    """

    def __init__(
        self, batcher: Batcher, loaded: dict[str, Script], keys: tuple[str, ...], *, trusts: bool
    ) -> None:
        self._batcher = batcher
        self._loaded = loaded
        self._keys = keys
        self._trusts = trusts

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

"""Suites of scripts with a prelude and keys of their own, beside those of the pool. Backend-internal.

A suite is a folder under `lua/`; its keys stand under the prefix and hash tag of all others, and its
scripts know them as fields of `K`. What all suites begin with is `lua/suite.lua`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
import trio

from matchd.errors import StoreUnavailable
from matchd.store.redis.batcher import Batcher
from matchd.store.redis.link import Command
from matchd.store.redis.scripts import Script, needed

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

    def load(self) -> Mapping[str, Script]:
        """All its scripts by the name of their operation, read once."""
        return _load(self)

    def keys_under(self, prefix: str) -> tuple[str, ...]:
        """The keys for KEYS; the prefix, which was checked, is their hash tag."""
        return tuple(f"{{{prefix}}}:{name}" for name in self.keys)


@cache
def _load(suite: Suite) -> Mapping[str, Script]:
    lua = files(__package__) / "lua"
    folder = lua / suite.folder
    fields = (f"{name} = KEYS[{at}]" for at, name in enumerate(suite.keys, 1))
    parts = sorted((folder / "prelude").iterdir(), key=lambda part: part.name)
    texts = [part.read_text("utf-8") for part in parts if part.name.endswith(".lua")]
    head = (lua / "suite.lua").read_text("utf-8")
    prelude = "\n".join((f"local K = {{{', '.join(fields)}}}\n", head, *texts))
    loaded = {}
    for name in suite.operations:
        text = (folder / f"{name}.lua").read_text("utf-8")
        whole = f"{needed(prelude, text)}\n\n{text}"
        sha = hashlib.sha1(whole.encode(), usedforsecurity=False).hexdigest()
        loaded[name] = Script(whole, sha, name not in suite.reading)
    return loaded


class SuiteCaller:
    """Runs the scripts of a suite over one batcher, by Redis' own clock; tests, which move time, have
    theirs believed. `finishes`: a caller who is cancelled still gets the answer, at most the batcher's
    deadline later, where nobody else would tell what was done.
    """

    def __init__(
        self,
        batcher: Batcher,
        loaded: Mapping[str, Script],
        keys: tuple[str, ...],
        *,
        trusts: bool,
        finishes: bool = False,
    ) -> None:
        self._batcher = batcher
        self._loaded = loaded
        self._keys = keys
        self._trusts = trusts
        self._finishes = finishes

    async def run(self, operation: str, ask: dict[str, Any], at: float = 0.0, *more: str) -> Any:
        """Run a script in one round trip; `at` is the caller's time, `more` further keys."""
        moment = repr(at) if self._trusts else ""
        script, keys = self._loaded[operation], (*self._keys, *more)
        asked = _encode({**ask, "at": at})
        await trio.lowlevel.checkpoint_if_cancelled()
        command: Command = ("EVALSHA", script.sha, len(keys), *keys, asked, moment)
        reply = await self._batcher.call(command, to_the_end=self._finishes)
        if not isinstance(reply, bytes):
            raise StoreUnavailable("Redis answered something that no script of matchd says.")
        return _decode(reply)

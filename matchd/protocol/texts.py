"""Texts of bodies and queries whose form a parser of ours checks, in words of its own.

Decoding leaves them to that parser; the schema of a body shows the form all the same, by the pattern
that the parser has. Pure.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from matchd.domain import ids


def shaped(pattern: str, text: str | None = None) -> msgspec.Meta:
    """What a schema says of such a text: the whole of it is as `pattern` says."""
    return msgspec.Meta(description=text, extra_json_schema={"pattern": f"^{pattern}$"})


_NAME = "1 to 128 of A-Z a-z 0-9 _ . : -"
_LABEL = "1 to 64 printable characters."

HostText = Annotated[str, shaped(ids.NAME, _NAME)]
RoomText = Annotated[str, shaped(ids.NAME, _NAME)]
RegionText = Annotated[str, shaped(ids.LABEL, _LABEL)]
GameText = Annotated[str, shaped(ids.LABEL, _LABEL)]
HandleText = Annotated[str, shaped(ids.HANDLE, "The name of a player, with what follows its ~.")]
MessageText = Annotated[str, shaped(ids.NAME, _NAME)]
IdText = Annotated[str, shaped(ids.OURS)]
ChatText = Annotated[
    str, shaped(ids.CHAT, "1 to 64 printable characters, no / in them, no @ or . first.")
]
ChatLabel = Annotated[str, shaped(f"(@.{{2,330}}|{ids.CHAT})", "A room, or @ and a name.")]
"""What a room is called by a member: a direct message is `@` and the other's name."""

Secret = Annotated[str, shaped(r"[^\x00-\x1f\x7f-\x9f]{8,256}", "8 to 256 characters.")]
"""A password that somebody chooses."""

JsonObject = Annotated[msgspec.Raw, msgspec.Meta(extra_json_schema={"type": "object"})]
"""An object that is kept as it came."""

MaybeObject = Annotated[msgspec.Raw, msgspec.Meta(extra_json_schema={"type": ["object", "null"]})]
"""The same, where null stands for none."""

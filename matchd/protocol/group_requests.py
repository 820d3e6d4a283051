"""What a room's URL asks for (wire.md 3): `/matchbox/<room>?next=N&topology=…&v=1&resume=…`. Pure.

Both edges read the same raw target, so that a socket and its plain-GET twin never disagree.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qs, unquote

import msgspec

from matchd.domain.groups import MOST_NEXT, GroupKey, Topology
from matchd.errors import InvalidRequest, NotFound

PREFIX = "/matchbox"
SCOPE = "matchbox"
MOST_NAME = 4096
"""Bytes of a room's name, decoded."""

_NEXT = re.compile(r"[1-9][0-9]?", re.ASCII)


class GroupTarget(msgspec.Struct, frozen=True):
    """A room and how it is to be entered."""

    key: GroupKey
    native: bool = False
    resume: str | None = None


def is_group(target: str) -> bool:
    """Whether this request target is a room's."""
    path = target.partition("?")[0]
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def group_target(target: str) -> GroupTarget:
    """Read a request target; a name may be any text, percent-encoded, but one path segment."""
    path, _, text = target.partition("?")
    # One slash at the end belongs to the route, as everywhere (wire.md 1.1).
    rest = path.removeprefix(PREFIX).removeprefix("/").removesuffix("/")
    if "/" in rest:
        raise NotFound("A room is one path segment: write a slash in its name as %2F.")
    name = unquote(rest)
    if len(name.encode("utf-8", "surrogatepass")) > MOST_NAME:
        raise InvalidRequest(f"The name of a room is at most {MOST_NAME} bytes.")
    query = {key: values[0] for key, values in parse_qs(text, keep_blank_values=True).items()}
    return GroupTarget(
        GroupKey(SCOPE, name, _next(query.get("next")), _topology(query.get("topology"))),
        native=is_native(query),
        resume=query.get("resume"),
    )


def _next(text: str | None) -> int:
    if text is None:
        return 0
    if _NEXT.fullmatch(text) is None or int(text) > MOST_NEXT:
        raise InvalidRequest(f"`next` must be 1 to {MOST_NEXT}.")
    return int(text)


def _topology(text: str | None) -> Topology:
    try:
        return Topology.MESH if text is None else Topology(text)
    except ValueError:
        raise InvalidRequest(f"`topology` must be {' or '.join(Topology)}.") from None


def is_native(query: Mapping[str, str]) -> bool:
    """Whether our own dialect is asked for."""
    if query.get("v", "1") != "1":
        raise InvalidRequest("`v` must be 1.")
    if "resume" in query and "v" not in query:
        raise InvalidRequest("`resume` needs `v=1`.")
    return "v" in query

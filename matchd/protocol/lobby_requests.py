"""What the URL of a lobby's socket asks for (wire.md 5): `/lobby/<id>?v=1&resume=…`, or `/<token>` as
Allumette's clients have it. Pure.

Both edges read the same raw target, so that a socket and its plain-GET twin never disagree. `next` and
`topology` mean nothing here: a lobby is one mesh of its connected members.
"""

from __future__ import annotations

from urllib.parse import parse_qs, unquote

import msgspec

from matchd.domain import ids
from matchd.domain.groups import GroupKey
from matchd.domain.ids import LobbyId
from matchd.errors import InvalidRequest, UnknownLobby
from matchd.protocol.group_requests import is_native

PREFIX = "/lobby/"
SCOPE = "lobby"


class LobbyTarget(msgspec.Struct, frozen=True):
    """A lobby (None: the one the player is in) and how it is to be entered; `token` is one that the
    path itself is.
    """

    lobby: LobbyId | None = None
    token: str | None = None
    native: bool = False
    resume: str | None = None


def is_lobby(path: str) -> bool:
    """Whether this path is that of a lobby."""
    return path.startswith(PREFIX)


def is_token(path: str) -> bool:
    """Whether this path is one segment that may be a token: it has exactly two dots."""
    return path.startswith("/") and path.count("/") == 1 and path.count(".") == 2


def lobby_target(target: str) -> LobbyTarget:
    """Read a request target of either kind; what can't be an id is that of no lobby."""
    path, _, text = target.partition("?")
    path = path.rstrip("/")
    query = {key: values[0] for key, values in parse_qs(text, keep_blank_values=True).items()}
    native, resume = is_native(query), query.get("resume")
    if not is_lobby(path):
        return LobbyTarget(token=path.removeprefix("/"), native=native, resume=resume)
    try:
        lobby = ids.lobby_id(unquote(path.removeprefix(PREFIX)), "lobby")
    except InvalidRequest:
        raise UnknownLobby from None
    return LobbyTarget(lobby, native=native, resume=resume)


def key_of(lobby: LobbyId) -> GroupKey:
    """The group of a lobby's sockets."""
    return GroupKey(SCOPE, lobby)

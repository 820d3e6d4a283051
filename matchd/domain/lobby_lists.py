"""How lobbies are found and told: the lists each one stands on, and the log of what changed. Pure.

Both backends keep one ordered set of names. A name is a list, then the lobby's key, so that a list is a
range and a page of it a few names; keys sort the newest lobby first. The names of a lobby follow from
the lobby alone, so that a change takes out and adds exactly what differs.

    e                        every lobby
    s Status                 those in a state
    p [game] [Status]        public ones, by game and state, each of which may be left open
    a account                those that concern somebody: his own, and where he is listed or invited
    n node                   those with a socket of a node
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import product

import msgspec

from matchd.domain.ids import AccountId, Game, LobbyId, NodeId
from matchd.domain.lobbies import Lobby, Status

KEPT = 300.0
"""Seconds that a change can be told again."""

KEPT_BYTES = 16 * 1024 * 1024
"""And how much of them at most; beyond it the oldest go."""

SEPARATOR = "\0"
_LAST = 10**16
_PLACE = re.compile(
    r"(?P<epoch>[0-9a-z.]{0,48})-(?P<seq>[0-9]{1,15})(\.(?P<part>[1-9]))?", re.ASCII
)


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """Which lobbies: public ones of a game and a state, and those that concern the viewer whatever
    game and state they have; or (`every`) all.
    """

    game_id: Game | None = None
    status: Status | None = None
    viewer: AccountId | None = None
    every: bool = False


class Change(msgspec.Struct, frozen=True):
    """One step of one lobby as it is told: what it was (None: made) and what it is (None: ended)."""

    before: Lobby | None
    after: Lobby | None

    @property
    def lobby_id(self) -> LobbyId:
        """Whose."""
        lobby = self.after or self.before
        assert lobby is not None
        return lobby.id


class Place(msgspec.Struct, frozen=True):
    """Where somebody stands in the log of changes: he was told all up to `seq`, and of the change
    behind it the first `part` events. `name` is what clients are given.
    """

    epoch: str
    seq: int
    part: int = 0

    @property
    def name(self) -> str:
        """The id of an event."""
        return f"{self.epoch}-{self.seq}" + (f".{self.part}" if self.part else "")

    def behind(self, seq: int) -> Place:
        """Behind the whole of a change."""
        return Place(self.epoch, seq)

    def inside(self, count: int) -> tuple[Place, ...]:
        """Behind each of the events of the change at this place, of which there are so many."""
        parts = (Place(self.epoch, self.seq - 1, part) for part in range(1, count))
        return (*parts, self) if count else ()

    @classmethod
    def parse(cls, name: str) -> Place | None:
        """The place that a client was given; None when it can't be one."""
        found = _PLACE.fullmatch(name)
        if found is None:
            return None
        return cls(found["epoch"], int(found["seq"]), int(found["part"] or 0))


_encode = msgspec.json.Encoder().encode
_decode_lobby = msgspec.json.Decoder(Lobby).decode
_decode_change = msgspec.json.Decoder(Change).decode


def key_of(lobby: Lobby) -> str:
    """Where it stands on each list."""
    return f"{_LAST - int(lobby.created_at * 1e6):016d}.{lobby.id}"


def id_in(name: str) -> LobbyId:
    """The lobby that a key, or a name on a list, is of."""
    return LobbyId(name.rpartition(SEPARATOR)[2].partition(".")[2])


def lists_of(sought: Sought) -> tuple[str, ...]:
    """The lists whose lobbies are sought; each ends with the separator."""
    if sought.every:
        return (_list("e"),)
    lists = [_list("p", sought.game_id or "", sought.status or "")]
    if sought.viewer is not None:
        lists.append(_list("a", sought.viewer))
    return tuple(lists)


def list_of_status(status: Status) -> str:
    """All lobbies in a state."""
    return _list("s", status)


def list_of_node(node: NodeId | str = "") -> str:
    """The lobbies with a socket of a node; without one the beginning of all these lists."""
    return _list("n", node) if node else _list("n")


def names_of(lobby: Lobby | None) -> frozenset[str]:
    """All names of a lobby; none of one that is not there."""
    if lobby is None:
        return frozenset()
    key = key_of(lobby)
    concerned = {one.account for one in lobby.members} | set(lobby.invited)
    lists = [_list("e"), _list("s", lobby.status)]
    lists += [_list("a", account) for account in concerned | (lobby.whitelist or frozenset())]
    lists += [_list("n", one.here.address.node) for one in lobby.members if one.here is not None]
    if not lobby.is_private:
        games, states = ("", lobby.game_id), ("", lobby.status)
        lists += [_list("p", game, state) for game, state in product(games, states)]
    return frozenset(one + key for one in lists)


def pack(value: Lobby | Change) -> str:
    """A record as text, for stores."""
    return _encode(value).decode()


def unpack_lobby(text: str | bytes) -> Lobby:
    """A lobby from its text."""
    return _decode_lobby(text)


def unpack_change(text: str | bytes) -> Change:
    """A change from its text."""
    return _decode_change(text)


def violations(
    lobbies: Iterable[Lobby],
    homes: Iterable[tuple[str, str]],
    codes: Iterable[tuple[str, str]],
    names: Iterable[str],
) -> list[str]:
    """What does not hold among the records, the homes of players, the codes and the lists."""
    records, wrong = list(lobbies), []
    inside = [(one.account, lobby.id) for lobby in records for one in lobby.members]
    if len({account for account, _ in inside}) != len(inside):
        wrong.append("a player is in two lobbies")
    if set(inside) != set(homes):
        wrong.append("the homes of players and the members of lobbies differ")
    if {(lobby.code, lobby.id) for lobby in records} != set(codes):
        wrong.append("the codes and the lobbies differ")
    if {name for lobby in records for name in names_of(lobby)} != set(names):
        wrong.append("the lists and the lobbies differ")
    for lobby in records:
        if lobby.member(lobby.owner) is None:
            wrong.append(f"lobby {lobby.id}: its owner is not in it")
        if len(lobby.members) > lobby.max_players:
            wrong.append(f"lobby {lobby.id}: more players than it takes")
    return wrong


def _list(*words: str) -> str:
    return SEPARATOR.join(words) + SEPARATOR

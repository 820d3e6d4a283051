"""Lobbies for tests of every ring: short words for members and records. For tests only."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from matchd.domain.ids import AccountId, Address, Game, Handle, LobbyId, NodeId, PeerId
from matchd.domain.lobbies import Lobby, Member, Presence

NOW = 1_715_620_000.25


def who(name: str) -> AccountId:
    """Somebody's account."""
    return AccountId(f"u_{name}")


def member(name: str, **changes: Any) -> Member:
    """Somebody in a lobby."""
    return replace(Member(account=who(name), handle=Handle(name)), **changes)


def here(number: int, node: str = "n1") -> Presence:
    """A socket."""
    return Presence(PeerId(f"peer-{number}"), Address(NodeId(node), number))


def lobby(name: str = "l1", owner: str = "ann", *others: str, **changes: Any) -> Lobby:
    """A public lobby that waits, with its owner and others in it."""
    made = Lobby(
        id=LobbyId(name),
        game_id=Game("chess"),
        name=name,
        code=f"CODE{name}".upper(),
        owner=who(owner),
        members=tuple(member(one) for one in (owner, *others)),
        max_players=8,
        is_private=False,
        created_at=NOW,
        active_at=NOW,
    )
    return replace(made, **changes)

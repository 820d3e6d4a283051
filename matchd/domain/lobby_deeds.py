"""What becomes of a lobby: its machine (wire.md 5). Pure.

Theory of operation: a lobby is replaced as a whole. Each function makes the next one of the present
one, or refuses by one exception and has changed nothing; one that finds nothing to do returns the very
lobby it was given. Whether somebody may do it is asked before (`lobbies.permit`).

                    owner connects, or starts
        Waiting ───────────────────────────────► InProgress
           │    ◄───────────────────────────────     │
           │       nobody connected for 30 s         │
           ├── nothing done and nobody               │
           │   connected for 15 min                  │
           ▼                                         ▼
        ended ◄── the last one left, or the owner ended it

Nobody's going takes the lobby from its members: when the owner leaves, is erased or banned, the oldest
member owns it. An invitation opens the door to one player and closes it to nobody.
"""

from __future__ import annotations

import hmac

from msgspec.structs import replace

from matchd.domain.ids import AccountId, Address, NodeId
from matchd.domain.lobbies import MOST_LISTED, Lobby, Member, Presence, Status, admits
from matchd.errors import (
    GameStarted,
    InvalidRequest,
    Kicked,
    LobbyFull,
    NotWhitelisted,
    UnknownLobby,
    UnknownPlayer,
    WrongPassword,
)


def join(
    lobby: Lobby | None,
    member: Member,
    now: float,
    *,
    proof: bytes | None = None,
    apart: frozenset[AccountId] = frozenset(),
) -> Lobby:
    """Come in. `proof` follows from the password that was given; `apart` are those whom a block keeps
    from the newcomer. What an outsider may not know decides first.
    """
    if lobby is None:
        raise UnknownLobby
    if lobby.member(member.account) is not None:
        return lobby
    if not admits(lobby, member.account):
        raise NotWhitelisted
    if lobby.owner in apart:
        raise UnknownLobby
    if member.account in lobby.kicked:
        raise Kicked
    if lobby.password is not None and not hmac.compare_digest(lobby.password, proof or b""):
        raise WrongPassword
    if lobby.status is Status.IN_PROGRESS:
        raise GameStarted
    if len(lobby.members) >= lobby.max_players:
        raise LobbyFull
    return replace(lobby, members=(*lobby.members, member), active_at=now)


def set_ready(lobby: Lobby, account: AccountId, now: float, *, ready: bool) -> Lobby:
    """Say whether one is ready for the game."""
    return _with_member(lobby, account, now, ready=ready)


def leave(lobby: Lobby, account: AccountId, now: float) -> Lobby | None:
    """Go; the oldest member owns it after its owner, and the last one ends it."""
    rest = tuple(one for one in lobby.members if one.account != account)
    if len(rest) == len(lobby.members):
        return lobby
    if not rest:
        return None
    owner = rest[0].account if lobby.owner == account else lobby.owner
    return _settled(replace(lobby, members=rest, owner=owner, active_at=now), now)


def kick(lobby: Lobby, account: AccountId, now: float) -> Lobby:
    """Put somebody out, who comes in again only when he is invited."""
    if account == lobby.owner:
        raise InvalidRequest("`player`: this is you yourself; leave instead.")
    if lobby.member(account) is None:
        raise UnknownPlayer("This player is not in the lobby.")
    invited = {one: at for one, at in lobby.invited.items() if one != account}
    kicked = (*(one for one in lobby.kicked if one != account), account)[-MOST_LISTED:]
    left = leave(lobby, account, now)
    assert left is not None  # the owner is still in it
    return replace(left, invited=invited, kicked=kicked)


def start(lobby: Lobby, now: float) -> Lobby:
    """Begin the game, if it has not begun."""
    if lobby.status is Status.IN_PROGRESS:
        return lobby
    return _settled(replace(lobby, status=Status.IN_PROGRESS, active_at=now), now)


def invite(lobby: Lobby, accounts: frozenset[AccountId], now: float) -> Lobby:
    """Open the door to players who are not in it."""
    fresh = {one: now for one in sorted(accounts) if lobby.member(one) is None}
    if not fresh:
        return lobby
    invited = {**lobby.invited, **fresh}
    if len(invited) > MOST_LISTED:
        raise InvalidRequest(f"`player_public_keys`: a lobby has at most {MOST_LISTED} invited.")
    kicked = tuple(one for one in lobby.kicked if one not in fresh)
    return replace(lobby, invited=invited, kicked=kicked, active_at=now)


def newly_invited(before: Lobby | None, after: Lobby | None) -> frozenset[AccountId]:
    """Who was invited by the step from one to the other."""
    if before is None or after is None:
        return frozenset()
    known = before.invited
    return frozenset(one for one, at in after.invited.items() if known.get(one) != at)


def hand_over(lobby: Lobby, account: AccountId, now: float) -> Lobby:
    """Make another member the owner."""
    if lobby.member(account) is None:
        raise UnknownPlayer("This player is not in the lobby.")
    return lobby if account == lobby.owner else replace(lobby, owner=account, active_at=now)


def resize(lobby: Lobby, max_players: int) -> Lobby:
    """Let in more or fewer, but not fewer than are there."""
    if max_players < len(lobby.members):
        raise InvalidRequest(f"`max_players`: {len(lobby.members)} players are in the lobby.")
    return replace(lobby, max_players=max_players)


def connect(lobby: Lobby, account: AccountId, here: Presence, now: float) -> Lobby:
    """A member's socket is there, in the place of any former one; the owner's begins the game."""
    connected = _with_member(lobby, account, now, here=here)
    begins = account == lobby.owner and lobby.status is Status.WAITING
    return _settled(start(connected, now) if begins else connected, now)


def disconnect(lobby: Lobby, account: AccountId, address: Address, now: float) -> Lobby:
    """A socket ended; if the member has a newer one, nothing has."""
    member = lobby.member(account)
    if member is None or member.here is None or member.here.address != address:
        return lobby
    return _settled(_with_member(lobby, account, now, here=None), now)


def lose_node(lobby: Lobby, now: float, node: NodeId) -> Lobby:
    """All sockets of a node that died ended."""
    for member in lobby.members:
        if member.here is not None and member.here.address.node == node:
            lobby = disconnect(lobby, member.account, member.here.address, now)
    return lobby


def expire(lobby: Lobby, now: float) -> Lobby | None:
    """What the time makes of it: waiting again, or ended (None)."""
    due = lobby.deadline
    if due is None or now < due:
        return lobby
    if lobby.status is Status.WAITING:
        return None
    again = tuple(replace(one, ready=False) for one in lobby.members)
    return _settled(replace(lobby, status=Status.WAITING, members=again, active_at=now), now)


def restored(lobby: Lobby, shift: float, now: float) -> Lobby:
    """After a restart, from which times go on by `shift`: nobody is connected, and the graces begin."""
    members = tuple(replace(one, here=None) for one in lobby.members)
    moved = replace(
        lobby,
        members=members,
        created_at=lobby.created_at + shift,
        active_at=now if lobby.busy else lobby.active_at + shift,
        invited={one: at + shift for one, at in lobby.invited.items()},
        empty_since=None,
    )
    return _settled(moved, now)


def _with_member(lobby: Lobby, account: AccountId, now: float, **changes: object) -> Lobby:
    members = tuple(
        replace(one, **changes) if one.account == account else one for one in lobby.members
    )
    return lobby if members == lobby.members else replace(lobby, members=members, active_at=now)


def _settled(lobby: Lobby, now: float) -> Lobby:
    """With the time since which it is in progress for nobody."""
    if lobby.status is Status.WAITING or lobby.busy:
        return lobby if lobby.empty_since is None else replace(lobby, empty_since=None)
    return lobby if lobby.empty_since is not None else replace(lobby, empty_since=now)

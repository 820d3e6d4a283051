"""The `iceServers` answer: which STUN and TURN servers one player or host is told of.

Theory: each server gets a number from a hash of (user part, server name), an exponential with
the server's weight as its rate; the smallest numbers win (weighted rendezvous hashing). So a
player keeps his servers from answer to answer and on every node, load follows the weights, and
adding a server moves only the players it wins. No randomness and no state is involved.

Bounds: at most two TURN servers and eight URLs in one answer; browsers gather from every URL
and warn above five. An entry never has empty URLs, and TURN never lacks a credential: either
makes `new RTCPeerConnection` throw. Services import this module.
"""

from __future__ import annotations

import hashlib
import math
from typing import ClassVar

import msgspec

from matchd.turn.credentials import check_user, mint
from matchd.turn.hidden import Hidden
from matchd.turn.servers import SharedSecretServer, TurnServer, check_stun_url

MAX_TURN_SERVERS = 2  # of three URLs each
MAX_STUN_URLS = 2
MIN_TTL, MAX_TTL = 60, 86400


class IceServer(Hidden, frozen=True, kw_only=True, omit_defaults=True):
    """One entry of `iceServers` (RTCIceServer); absent fields are left out of the JSON."""

    _hidden: ClassVar[frozenset[str]] = frozenset({"credential"})

    urls: tuple[str, ...]
    username: str | None = None
    credential: str | None = None


class IceAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The entries, STUN first; good for `ttl` seconds, until `expires_at` (Unix seconds)."""

    servers: tuple[IceServer, ...]
    ttl: int
    expires_at: int


class TurnPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What the configuration says: `ttl` in seconds (60 to 86400), STUN URLs, TURN servers."""

    ttl: int = 3600
    stun: tuple[str, ...] = ()
    servers: tuple[TurnServer, ...] = ()

    def __post_init__(self) -> None:
        if not MIN_TTL <= self.ttl <= MAX_TTL:
            raise ValueError(f"The ttl of {self.ttl} s is outside {MIN_TTL} to {MAX_TTL}.")
        if len(self.stun) > MAX_STUN_URLS:
            raise ValueError(f"There are {len(self.stun)} STUN URLs: give at most {MAX_STUN_URLS}.")
        for url in self.stun:
            check_stun_url(url)
        names = [server.name for server in self.servers]
        if len(set(names)) < len(names):
            raise ValueError("Two TURN servers have the same name.")

    def without(self, down: frozenset[str]) -> TurnPlan:
        """The plan less the servers of these names; itself where no server that is told of is left."""
        left = tuple(server for server in self.servers if server.name not in down)
        if len(left) == len(self.servers) or not any(server.weight for server in left):
            return self
        return msgspec.structs.replace(self, servers=left)


def ice_servers(plan: TurnPlan, *, user: str | None, region: str | None, now: float) -> IceAnswer:
    """Answer for the user part `user` at `now` (Unix seconds); without a user, STUN only.

    TURN comes from the servers of `region`; where it has none, or without a region, from all.
    Raises ValueError where `mint` would: a user part that is not allowed, a clock past 2038.
    """
    entries = [IceServer(urls=plan.stun)] if plan.stun else []
    expires_at = int(now + plan.ttl)
    if user is not None:
        check_user(user)
        for server in _choose(plan.servers, user, region):
            entry, until = _entry(server, user, ttl=plan.ttl, now=now)
            entries.append(entry)
            expires_at = min(expires_at, until)
    return IceAnswer(servers=tuple(entries), ttl=expires_at - int(now), expires_at=expires_at)


def merged(answer: IceAnswer) -> IceServer | None:
    """Fold an answer into one entry: STUN and the first TURN server; None if there is neither.

    For sockets that take exactly one entry (matchbox); Chromium accepts the mixture.
    """
    turn = next((entry for entry in answer.servers if entry.username is not None), None)
    stun = next((entry for entry in answer.servers if entry.username is None), None)
    if turn is None or stun is None:
        return turn or stun
    return IceServer(urls=stun.urls + turn.urls, username=turn.username, credential=turn.credential)


def _choose(servers: tuple[TurnServer, ...], user: str, region: str | None) -> list[TurnServer]:
    active = [server for server in servers if server.weight > 0]
    near = [server for server in active if not server.regions or region in server.regions]
    candidates = near if near and region is not None else active
    if len(candidates) == 1:
        return candidates
    return sorted(candidates, key=lambda server: _rank(server, user))[:MAX_TURN_SERVERS]


def _rank(server: TurnServer, user: str) -> float:
    """Draw the server's number for this user: exponential with rate `weight`, smaller is nearer."""
    digest = hashlib.blake2b(f"{user}:{server.name}".encode(), digest_size=8).digest()
    # 53 bits, so that the share is exact as a float; in (0, 1], so that its logarithm is finite.
    share = ((int.from_bytes(digest, "big") >> 11) + 1) / 2**53
    return -math.log(share) / server.weight


def _entry(server: TurnServer, user: str, *, ttl: int, now: float) -> tuple[IceServer, int]:
    """Make the entry of one server, and say until when (Unix seconds) it is good."""
    if isinstance(server, SharedSecretServer):
        minted = mint(server.secret, user, ttl=ttl, now=now)
        entry = IceServer(urls=server.urls, username=minted.username, credential=minted.password)
        return entry, minted.expires_at
    entry = IceServer(urls=server.urls, username=server.username, credential=server.credential)
    return entry, int(now + ttl)

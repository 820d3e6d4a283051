"""What a peer of a room may hear, in order (wire.md 3): no announcement twice, no farewell before it.

Owns `Ear`, the history of one peer across its sockets, and the rule over many of them. A matchbox peer
is told nothing of those who were there before it, so it may hear them speak and leave without an
announcement; a native one is told them as a roster. A peer without a history was let in, but never
heard so: only the order of what is heard of it counts. Imported by whoever drives peers, in memory or
against running daemons.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Ear:
    """One peer: its room, when it set out and when it was let in (seconds), and what it heard."""

    id: str
    room: str
    began: float
    assigned: float
    heard: list[Mapping[str, Any]] = field(default_factory=list)


@dataclass
class _State:
    """Whom a peer has met so far: those announced, those gone, and the last number of each sender."""

    here: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    last: dict[str, int] = field(default_factory=dict)


def disorders(ears: Iterable[Ear]) -> list[str]:
    """Everything that a peer should not have heard where it did, as sentences."""
    known = {ear.id: ear for ear in ears}
    return [sentence for ear in known.values() for sentence in _of(ear, known)]


def present(ear: Ear, known: Mapping[str, Ear]) -> set[str]:
    """Who is in the room, as this peer was told: those before it who did not leave, and later ones."""
    state = _State()
    for event in ear.heard:
        for _ in _hear(ear, state, event, known):
            pass
    older = {one.id for one in known.values() if one.room == ear.room and one.began <= ear.assigned}
    return (state.here | older) - state.gone - {ear.id}


def overtakings(ears: Iterable[Ear]) -> list[str]:
    """Who was announced behind somebody who set out when he was in already, as sentences. Only where
    nothing is lost: newcomers are not waited for without end.
    """
    known = {ear.id: ear for ear in ears}
    found: list[str] = []
    for ear in known.values():
        latest = 0.0
        for event in ear.heard:
            kind, peer, _ = _read(event)
            if kind == "new" and peer in known:
                if known[peer].assigned < latest:
                    found.append(f"{ear.id}: {peer} was announced too late")
                latest = max(latest, known[peer].began)
    return found


def _of(ear: Ear, known: Mapping[str, Ear]) -> Iterator[str]:
    state = _State()
    for at, event in enumerate(ear.heard):
        for sentence in _hear(ear, state, event, known):
            yield f"{ear.id}, message {at}: {sentence}"


def _hear(
    ear: Ear, state: _State, event: Mapping[str, Any], known: Mapping[str, Ear]
) -> Iterator[str]:
    kind, peer, number = _read(event)
    if kind == "roster":
        state.gone |= state.here - peer
        state.here = set(peer)
        return
    if kind not in ("new", "left", "said"):
        return
    other = known.get(peer)
    if other is not None and other.room != ear.room:
        yield f"{kind} {peer} crosses the border of the room"
        return
    if peer in state.gone:
        yield f"{kind} {peer} after it left"
    if kind == "new":
        if peer in state.here:
            yield f"new {peer} twice"
        state.here.add(peer)
        return
    if peer not in state.here and other is not None and other.began > ear.assigned:
        yield f"{kind} {peer} before it was announced"
    if kind == "left":
        state.here.discard(peer)
        state.gone.add(peer)
    elif number <= state.last.get(peer, -1):
        yield f"{peer} said {number} after {state.last[peer]}"
    else:
        state.last[peer] = number


def _read(event: Mapping[str, Any]) -> tuple[str, Any, int]:
    """An event of either dialect: its kind, whom it is about, and the number that was said."""
    match event:
        case {"NewPeer": peer} | {"type": "peer-joined", "peerId": peer}:
            return "new", peer, 0
        case {"PeerLeft": peer} | {"type": "peer-left", "peerId": peer}:
            return "left", peer, 0
        case {"Signal": {"sender": peer, "data": number}} | {
            "type": "signal",
            "from": peer,
            "data": number,
        }:
            return "said", peer, number
        case {"type": "welcome", "roster": roster}:
            return "roster", {one["peerId"] for one in roster}, 0
    return "other", "", 0

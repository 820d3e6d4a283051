"""The ephemeral state on disk: written at an orderly stop, read at start. Backend-internal.

Sockets do not survive, so rooms are not kept, and in lobbies nobody is connected: hosts, players and
native peers of groups have their usual graces to come back, counted from the restart. The file is
replaced atomically and readable by the service alone.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from matchd.domain.bookings import Booking, State, Terms
from matchd.domain.games import Game
from matchd.domain.games import restored as restored_game
from matchd.domain.groups import Group
from matchd.domain.hosts import Host
from matchd.domain.ids import AccountId
from matchd.domain.lobbies import Lobby
from matchd.domain.lobby_deeds import restored
from matchd.domain.played import violations
from matchd.domain.queue import Ticket
from matchd.errors import MatchdError
from matchd.store.embedded.play_book import shifted
from matchd.store.embedded.pool import Pool

VERSION = 1


class SnapshotError(MatchdError):
    """The snapshot can't be read; it is left where it is."""


class Snapshot(msgspec.Struct, frozen=True):
    """Everything that outlives a restart. `at` is the lease time it was taken."""

    version: int
    at: float
    hosts: list[Host]
    bookings: list[Booking]
    lobbies: list[Lobby] = []
    tickets: list[Ticket] = []
    games: list[Game] = []
    broken: dict[AccountId, tuple[int, float]] = {}
    groups: list[Group] = []


def save_snapshot(pool: Pool, path: Path, now: float) -> int:
    """Write the state; returns the number of live bookings in it. OSError when it can't be written."""
    snapshot = Snapshot(
        VERSION,
        now,
        list(pool.hosts.values()),
        list(pool.bookings.values()),
        list(pool.lobbies.records.values()),
        list(pool.play.tickets.values()),
        list(pool.play.games.values()),
        pool.play.broken,
        list(pool.groups.records.values()),
    )
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(snapshot))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    return sum(booking.state.live for booking in snapshot.bookings)


def load_snapshot(pool: Pool, path: Path, now: float) -> int:
    """Fill an empty pool; returns the number of live bookings, 0 without a file.

    SnapshotError when the file is damaged or of another version.
    """
    snapshot = _read(path)
    if snapshot is None:
        return 0
    # Lease time goes on where it stopped, so a long downtime expires nothing by itself.
    shift = now - snapshot.at
    for host in snapshot.hosts:
        _restore_host(pool, host, shift, now)
    for booking in sorted(snapshot.bookings, key=lambda item: item.seq):
        _restore_booking(pool, booking, shift, now)
    for lobby in snapshot.lobbies:
        pool.lobbies.restore(restored(lobby, shift, now))
    _restore_play(pool, snapshot, shift, now)
    for group in snapshot.groups:
        pool.groups.restore(group, now)
    for host in snapshot.hosts:
        pool.settle(host, now)
    return sum(booking.state.live for booking in snapshot.bookings)


def _read(path: Path) -> Snapshot | None:
    """What is in the file; None without one."""
    try:
        snapshot = msgspec.json.decode(path.read_bytes(), type=Snapshot)
    except FileNotFoundError:
        return None
    except (msgspec.DecodeError, UnicodeError, RecursionError, OSError) as error:
        raise SnapshotError(f"{path}: {error}") from None
    if snapshot.version != VERSION:
        raise SnapshotError(f"{path}: version {snapshot.version} is not {VERSION}")
    for what, sound in (
        ("hosts and bookings", _holds_together(snapshot)),
        ("lobbies", _apart(snapshot.lobbies)),
        ("groups", _distinct(snapshot.groups)),
        ("queue and games", _seats_once(snapshot)),
    ):
        if not sound:
            raise SnapshotError(f"{path}: its {what} contradict each other")
    return snapshot


def _holds_together(snapshot: Snapshot) -> bool:
    """Whether every live booking stands on the host it names and nowhere else."""
    promised = {b.id: b.host_id for b in snapshot.bookings if b.state.live}
    carried = {booking_id: host.id for host in snapshot.hosts for booking_id in host.bookings}
    apart = (
        len({booking.id for booking in snapshot.bookings}) == len(snapshot.bookings)
        and len({booking.grant_hash for booking in snapshot.bookings}) == len(snapshot.bookings)
        and len({host.id for host in snapshot.hosts}) == len(snapshot.hosts)
        and len({host.room_id for host in snapshot.hosts}) == len(snapshot.hosts)
        and sum(len(host.bookings) for host in snapshot.hosts) == len(carried)
    )
    return apart and promised == carried


def _apart(lobbies: list[Lobby]) -> bool:
    """Whether each lobby, code and player is there once, and every owner in his lobby."""
    players = [member.account for lobby in lobbies for member in lobby.members]
    unique = ([one.id for one in lobbies], [one.code for one in lobbies], players)
    owned = all(one.member(one.owner) is not None for one in lobbies)
    return owned and all(len(set(names)) == len(names) for names in unique)


def _seats_once(snapshot: Snapshot) -> bool:
    """Whether each player is in the queue or in one game, once."""
    queued = {account: one.id for one in snapshot.tickets for account in one.accounts}
    unfinished = [game for game in snapshot.games if game.outcome is None]
    playing = {one.account: game.id for game in unfinished for one in game.players}
    lines = ((one.line, one.id) for one in snapshot.tickets)
    ids = {one.id for one in snapshot.games}
    wrong = violations(snapshot.tickets, snapshot.games, queued, playing, lines)
    return not wrong and len(ids) == len(snapshot.games)


def _restore_play(pool: Pool, snapshot: Snapshot, shift: float, now: float) -> None:
    for ticket in snapshot.tickets:
        pool.play.put(shifted(ticket, shift), now)
    for game in snapshot.games:
        pool.play.replace(None, restored_game(game, shift, now))
    for account, (count, at) in snapshot.broken.items():
        pool.play.broken[account] = (count, at + shift)


def _distinct(groups: list[Group]) -> bool:
    """Whether each group is there once, each peer in one of them, and one of each key takes others."""
    keys = [one.key for one in groups if one.takes]
    peers = [(peer, member.peer) for one in groups for peer, member in one.members.items()]
    unique = ([one.id for one in groups], keys, [peer for peer, _ in peers])
    named = all(peer == name for peer, name in peers)
    return named and all(len(set(names)) == len(names) for names in unique)


def _restore_host(pool: Pool, host: Host, shift: float, now: float) -> None:
    host.seen_at += shift
    host.slots_at += shift
    host.first_seen += shift
    host.withheld_until = 0.0
    if host.in_room or host.left_room_at is not None:
        host.in_room, host.left_room_at = False, now
    pool.hosts[host.id] = host
    pool.room_hosts[host.room_id] = host.id
    pool.mark_alive(host)
    if now >= host.seen_at + pool.leases.ttl:
        pool.mark_quiet(host)


def _restore_booking(pool: Pool, booking: Booking, shift: float, now: float) -> None:
    booking.created_at += shift
    booking.claimed_at += shift
    booking.connected_at += shift
    booking.ended_at += shift
    booking.polled_at = booking.alone_since = now
    booking.kept_until = _kept_until(booking, pool.terms, now)
    booking.player_here, booking.waiter = False, None
    if booking.state is not State.WAITING and not booking.state.live:
        booking.key_hash = None
    pool.add(booking)
    if booking.state is State.WAITING:
        pool.line.add(booking)
    pool.watch(booking)


def _kept_until(booking: Booking, terms: Terms, now: float) -> float:
    """The player may just be coming back: half a hold at least is his, and a whole one, within the
    usual limit, if the restart took a socket that prolonged it. `claimed_at` stays what it was: it
    tells which bookings a host's last report knew.
    """
    whole = min(now + terms.hold, booking.claimed_at + terms.hold_max)
    half = now + terms.hold / 2
    return max(half, whole) if booking.player_here else half

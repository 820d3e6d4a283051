"""What the journal tells of lobbies: one line for each thing that a step of a lobby changed."""

from __future__ import annotations

from matchd.domain.lobbies import Lobby, Status
from matchd.domain.lobby_lists import Change
from matchd.services.journal import Journal


def tell_of_lobby(journal: Journal, change: Change) -> None:
    """A lobby was made, moved on, or ended."""
    before, after = change.before, change.after
    if before is None:
        journal.happened("lobby.created", lobby=change.lobby_id)
    _tell_of_members(journal, change)
    if before is not None and after is not None and before.owner != after.owner:
        journal.happened("lobby.handed_over", lobby=change.lobby_id, account=after.owner)
    if before is not None and (event := event_of(change)) is not None:
        journal.happened(f"lobby.{event}", lobby=change.lobby_id)


def event_of(change: Change) -> str | None:
    """What became of the lobby as a whole."""
    before, after = change.before, change.after
    if before is None or after is None:
        return "created" if before is None else "ended"
    if before.status is after.status:
        return None
    return "started" if after.status is Status.IN_PROGRESS else "waits_again"


def _tell_of_members(journal: Journal, change: Change) -> None:
    were, are = _accounts(change.before), _accounts(change.after)
    kicked = () if change.after is None else change.after.kicked
    for account in are.keys() - were.keys():
        journal.happened("lobby.joined", lobby=change.lobby_id, account=account)
    for account in were.keys() - are.keys():
        event = "kicked" if account in kicked else "left"
        journal.happened(f"lobby.{event}", lobby=change.lobby_id, account=account)
    for account in were.keys() & are.keys():
        if were[account] is not are[account]:
            event = "connected" if are[account] else "disconnected"
            journal.happened(f"lobby.{event}", lobby=change.lobby_id, account=account)


def _accounts(lobby: Lobby | None) -> dict[str, bool]:
    """Who is in it, and whether with a socket."""
    return {} if lobby is None else {one.account: one.here is not None for one in lobby.members}

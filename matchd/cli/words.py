"""Events and causes as a tired person reads them. Imported by `trace` and `top`.

An event that is not in the table is shown by its name, so nothing is hidden.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

EVENTS = {
    "audit.ban": "banned",
    "audit.close": "the report was closed",
    "audit.drain": "new matches were turned off or on",
    "audit.delete": "the account was deleted",
    "audit.login": "logged in",
    "audit.login_failed": "a login failed",
    "audit.logout": "logged out",
    "audit.password": "the password was changed",
    "audit.read": "looked at",
    "audit.reused": "an old refresh token was used: it may be stolen",
    "audit.sign_up": "signed up",
    "audit.triage": "the report is looked into",
    "audit.unban": "not banned any more",
    "booking.connected": "the match is connected",
    "booking.ended": "the match is over",
    "booking.held": "a slot was given to a player",
    "booking.lapsed": "the slot is free again: the match did not come about",
    "booking.released": "given back",
    "booking.waiting": "stands in line for a host",
    "chat.added": "added to a chat room",
    "chat.created": "a chat room was made",
    "chat.ended": "the chat room is gone",
    "chat.kicked": "put out of a chat room",
    "chat.left": "left a chat room",
    "chat.muted": "may say nothing in a chat room",
    "chat.unmuted": "may speak again in a chat room",
    "game.broken": "broke the match, and waits for the next",
    "game.connected": "came to the game",
    "game.disconnected": "lost the connection to the game",
    "game.forfeited": "lost the game by staying away",
    "game.over": "the game is over",
    "game.ready": "is ready",
    "game.reconnected": "came back to the game",
    "game.seated": "has a seat in a game",
    "game.started": "the game began",
    "group.entered": "a peer came to a room",
    "group.left": "a peer left its room",
    "group.resumed": "a peer came back to its place",
    "host.appeared": "the host registered",
    "host.gone": "the host is gone",
    "host.quiet": "the host is not offered to players now",
    "lobby.connected": "connected to the lobby",
    "lobby.created": "a lobby was made",
    "lobby.disconnected": "lost the connection to the lobby",
    "lobby.ended": "the lobby is gone",
    "lobby.handed_over": "owns the lobby now",
    "lobby.joined": "joined the lobby",
    "lobby.kicked": "put out of the lobby",
    "lobby.left": "left the lobby",
    "lobby.started": "the lobby plays",
    "lobby.waits_again": "the lobby waits for players again",
    "node.drained": "takes no new matches",
    "node.gone": "a process is gone",
    "node.joined": "a process began",
    "node.undrained": "takes new matches again",
    "queue.entered": "stands in the queue",
    "queue.left": "is not in the queue any more",
    "queue.matched": "the queue made a game",
    "queue.returned": "went back to the queue",
    "report.filed": "reported something",
    "report.moved": "the report was seen to",
    "report.told": "the reporter was told the outcome",
    "room.entered": "a socket came to the room",
    "room.host_recognised": "the host was recognised in its room",
    "room.left": "a socket left the room",
}

CAUSES = {
    "bad_credentials": "wrong password, key or name",
    "caller_left": "the player hung up while he waited",
    "hold_expired": "the player never came to the room",
    "host_idle": "the host said that it is idle",
    "host_left": "the host said goodbye",
    "host_lost": "the host was not heard of any more",
    "not_joined": "a player did not come in time",
    "not_polled": "the player stopped asking",
    "not_ready": "a player did not get ready in time",
    "player_disconnected": "the others stayed away",
    "player_left": "the player left and did not come back",
    "released": "the player gave it back",
    "replaced": "the player asked for another match",
    "room_changed": "the host changed its room",
    "wait_over": "no host became free in time",
}


def moment(at: float, *, day: bool = True) -> str:
    """A time of this machine's zone."""
    text = datetime.fromtimestamp(at).astimezone()
    return f"{text:%Y-%m-%d %H:%M:%S}" if day else f"{text:%H:%M:%S}"


def told(event: dict[str, Any], *, but: str = "") -> str:
    """A line of the journal, without the id that it is asked for."""
    name = str(event.get("event", "?"))
    parts = [EVENTS.get(name, name)]
    why = event.get("why")
    if why:
        parts.append(f"({CAUSES.get(str(why), why)})")
    if event.get("by"):
        way = f", {event['way']}" if event.get("way") else ""
        parts.append(f"by {event['by']}{way}{_outcome(event)}")
    ids = event.get("ids") or {}
    named = [f"{kind} {value}" for kind, value in ids.items() if value != but]
    return printable(" ".join(parts) + (f" [{', '.join(named)}]" if named else ""))


def printable(text: str) -> str:
    """Text on one line, with whatever could steer a terminal as escapes."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def span(seconds: float) -> str:
    """How long something lasts, in its two largest units."""
    rest, parts = max(0, int(seconds)), list[str]()
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        if rest >= size or (unit == "s" and not parts):
            parts.append(f"{rest // size} {unit}")
            rest %= size
    return " ".join(parts[:2])


def _outcome(event: dict[str, Any]) -> str:
    outcome = str(event.get("outcome") or "")
    return "" if outcome in ("", "done") or outcome.startswith("2") else f", refused: {outcome}"

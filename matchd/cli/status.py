"""`matchd status`: one screen that says whether all is well; exit status 0 if it is, 1 if not."""

from __future__ import annotations

import argparse
import time
from typing import Any

import msgspec

from matchd.cli.desk import Desk, add_server, at_desk
from matchd.cli.options import AddParser
from matchd.cli.output import emit, say
from matchd.cli.words import moment, printable, span

SHOWN = 5
"""Troubles on the screen; `--json` has them all."""


def register(add: AddParser) -> None:
    """Add the verb."""
    parser = add(
        "status",
        help="whether the daemon serves, what there is, and its last troubles",
        description="Exit status: 0 it serves, 1 it does not, or nobody answers.",
    )
    parser.add_argument("--json", action="store_true", help="for programs")
    add_server(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show it."""
    found = at_desk(arguments, look)
    if arguments.json:
        emit(msgspec.json.encode(found).decode() + "\n")
    else:
        for label, text, style in lines(found):
            say(f"{label:<10}{printable(text)}", style)
    return 0 if found["ready"] else 1


async def look(desk: Desk) -> dict[str, Any]:
    """All that one screen shows; `counts` is None while the store is away."""
    from matchd.client import Refused  # noqa: PLC0415

    here = await desk.read("/api/admin/status")
    ready, notes = await desk.ready()
    try:
        counts: dict[str, Any] | None = await desk.read("/api/admin/counters")
    except Refused:
        counts = None
    servers = await desk.entries("/api/admin/turn")
    found = {"url": desk.url, "ready": ready, "notes": notes, "counts": counts}
    return {**here, **found, "turn": servers}


def lines(found: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The screen: what each line is about, its text, and its style."""
    shown = [
        ("server", f"{found['url']}, matchd {found['version']}, node {found['node']}", ""),
        ("up", f"{span(found['uptime'])}, since {moment(found['started'])}", ""),
        ("ready", "yes", "green") if found["ready"] else ("ready", "NO", "bold red"),
        *((" ", text, "yellow" if found["ready"] else "bold red") for text in found["notes"]),
        *_counted(found["counts"]),
    ]
    shown += _relays(found["turn"])
    troubles = [("", _trouble(one), "yellow") for one in found["troubles"][-SHOWN:]]
    (_, first, style), *rest = troubles or [("", "none since the start", "")]
    return [*shown, ("troubles", first, style), *rest]


def _relays(servers: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Each TURN server with what the last probe found."""
    if not servers:
        return [("turn", "none: direct connections only", "yellow")]
    shown = []
    for server in servers:
        probe = server["probe"]
        if probe is None:
            said, style = "nobody has probed it yet (`matchd doctor`)", ""
        elif probe["ok"]:
            said, style = f"well, seen {span(time.time() - probe['at'])} ago", ""
        else:
            said, style = str(probe.get("cause") or "it can't be used"), "bold red"
        left_out = "" if server["offered"] else "; players are not told of it"
        shown.append(("turn", f"{server['name']}: {said}{left_out}", style))
    return shown


def _counted(counts: dict[str, Any] | None) -> list[tuple[str, str, str]]:
    if counts is None:
        return [("store", "it can't be asked what there is", "bold red")]
    hosts, bookings, lobbies = counts["hosts"], counts["bookings"], counts["lobbies"]
    free = f"{hosts['free']} slots free, {counts['waiting']} players in line"
    return [
        ("hosts", f"{hosts['alive']} alive, {free}", ""),
        ("matches", f"{bookings['connected']} connected, {bookings['held']} being made", ""),
        ("lobbies", f"{lobbies['waiting']} waiting, {lobbies['inProgress']} playing", ""),
        ("games", f"{counts['games']} on, {counts['queued']} places in the queue", ""),
        ("sockets", f"{counts['sockets']} in signaling rooms of this node", ""),
    ]


def _trouble(trouble: dict[str, Any]) -> str:
    about = " ".join(
        f"{name}={value}" for name, value in trouble.items() if name not in ("at", "level", "event")
    )
    return f"{moment(trouble['at'])}  {trouble['event']}  {about}".rstrip()

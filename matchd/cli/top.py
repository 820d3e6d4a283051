"""`matchd top`: what goes on, live; without a terminal one frame of it.

It asks the admin API every two seconds and leaves nothing behind on the screen. `q` ends it.
"""

from __future__ import annotations

import argparse
import os
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from matchd.cli import status
from matchd.cli.desk import Desk, add_server, at_desk
from matchd.cli.options import AddParser
from matchd.cli.output import say
from matchd.cli.words import moment, printable, told

PERIOD = 2.0
LATEST = 100
_QUIT = (b"q", b"Q", b"\x03", b"\x04", b"\x1b", b"")


def register(add: AddParser) -> None:
    """Add the verb."""
    parser = add(
        "top",
        help="watch hosts, matches, lobbies, games and what happens, live",
        description="Watch what goes on; q ends it. Without a terminal it prints one frame.",
    )
    add_server(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Watch."""
    if sys.stdin.isatty() and sys.stdout.isatty():
        at_desk(arguments, _watch)
    else:
        for text, style in frame(*at_desk(arguments, _look), width=100, height=40):
            say(text, style)
    return 0


def frame(
    found: dict[str, Any], events: list[dict[str, Any]], *, width: int, height: int
) -> list[tuple[str, str]]:
    """One frame of so many columns and lines: how things stand, then what happened last."""
    # The last trouble is enough here; `matchd status` has the rest.
    screen = status.lines({**found, "troubles": found["troubles"][-1:]})
    shown = [(f"{label:<10}{text}", style) for label, text, style in screen]
    room = max(0, height - len(shown) - 2)
    shown.append(("", ""))
    latest = events[-room:] if room else []
    shown += [(f"{moment(one['at'], day=False)}  {told(one)}", "dim") for one in reversed(latest)]
    return [(_cut(printable(text), width), style) for text, style in shown][: height - 1]


async def _look(desk: Desk) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    from matchd.client import Refused  # noqa: PLC0415

    found = await status.look(desk)
    try:
        journal = await desk.read(f"/api/admin/journal?limit={LATEST}")
    except Refused:
        return found, []
    return found, journal["events"]


async def _watch(desk: Desk) -> None:
    """Draw until somebody presses q; a server that is away is said, and asked again."""
    import trio  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415
    from rich.live import Live  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console(highlight=False, markup=False, emoji=False)
    with _keys(), Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            try:
                drawn = frame(*await _look(desk), width=console.width, height=console.height)
            except OSError as error:
                drawn = [(_cut(str(error), console.width), "bold red")]
            body = Text("\n").join(Text(text, style) for text, style in drawn)
            keys = Text("\nq: quit", "dim")
            live.update(Text.assemble(body, keys), refresh=True)
            with trio.move_on_after(PERIOD):
                await trio.lowlevel.wait_readable(sys.stdin.fileno())
                if os.read(sys.stdin.fileno(), 16)[:1] in _QUIT:
                    return


@contextmanager
def _keys() -> Iterator[None]:
    """Read keys one by one, unseen."""
    former = termios.tcgetattr(sys.stdin.fileno())
    tty.setcbreak(sys.stdin.fileno())
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, former)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"

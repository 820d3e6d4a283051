"""`matchd trace`: what happened to something, when and why, in words."""

from __future__ import annotations

import argparse
from typing import Any
from urllib.parse import quote

import msgspec

from matchd.cli.desk import Desk, add_server, at_desk
from matchd.cli.options import AddParser
from matchd.cli.output import emit, note, say
from matchd.cli.words import moment, printable, told
from matchd.errors import ConfigError


def register(add: AddParser) -> None:
    """Add the verb."""
    parser = add(
        "trace",
        help="what happened to a booking, game, lobby, account, host, room, report, and why",
        description="What happened to something, oldest first, in this machine's time. Ids stand in "
        "the log, in the answers of the API and in what `matchd trace` shows of others.",
    )
    parser.add_argument("id", metavar="ID", help="any id, or the name of a player")
    parser.add_argument("--json", action="store_true", help="as the API answers it")
    add_server(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show it."""

    async def work(desk: Desk) -> dict[str, Any]:
        from matchd.client import Refused  # noqa: PLC0415

        try:
            return await desk.read(f"/api/admin/trace/{quote(arguments.id, safe='')}")
        except Refused as error:
            raise ConfigError(f"{arguments.id}: {error}") from None

    answer = at_desk(arguments, work)
    if arguments.json:
        emit(msgspec.json.encode(answer).decode() + "\n")
        return 0
    name = str(answer["id"])
    if name != arguments.id:
        note(f"{arguments.id} is {printable(name)}")
    for event in answer["events"]:
        say(f"{moment(event['at'])}  {told(event, but=name)}")
    return 0

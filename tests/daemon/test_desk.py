"""`matchd trace`, `status` and `top` beside a running daemon, as its administrator runs them."""

from __future__ import annotations

import json
import os
import pty
import sqlite3
import sys
from contextlib import closing

import msgspec
import trio

from tests.daemon.clients import PATIENCE
from tests.daemon.people import command, sign_up
from tests.daemon.process import Site, environment

MATCHD = (sys.executable, "-m", "matchd")


async def test_a_match_is_traced(site: Site) -> None:
    """In words, by booking or by the name of a player; what is unknown is said. An orderly stop loses
    no line.
    """
    async with site.daemon() as daemon:
        token = (await sign_up(daemon, "ann"))["token"]
        await daemon.beat()
        found = (await daemon.ask("POST", "/api/match/find", {}, bearer=token)).json()
        await command(site, "user", "ban", "ann", "--reason", "spam")
        said = await command(site, "trace", found["bookingId"])
        assert "a slot was given to a player [host pc-1, room room-1, account u_" in said
        said = await command(site, "trace", "ann")
        order = [said.index(words) for words in ("signed up", "a slot was", "banned (spam (for")]
        assert order == sorted(order)
        assert "Nothing is known" in await command(site, "trace", "nobody", status=2)
        await daemon.beat("pc-2", "room-2")
    with closing(sqlite3.connect(site.directory / "data" / "matchd.db")) as database:
        lines = [json.loads(row[0]) for row in database.execute("SELECT line FROM lines")]
    assert [line["event"] for line in lines if line.get("ids", {}).get("host") == "pc-2"] == [
        "host.appeared"
    ]


async def test_status_says_how_it_is(site: Site) -> None:
    """Well, without TURN, away; a token that is no administrator's is refused."""
    site.config["turn"] = {"server": []}
    async with site.daemon():
        said = await command(site, "status", status=1)
        assert "NO" in said
        assert "no [[turn.server]] is configured" in said
        assert "turn.none" in said
        found = msgspec.json.decode(await command(site, "status", "--json", status=1))
        assert (found["ready"], found["counts"]["hosts"]) == (False, {"alive": 0, "free": 0})
        assert "a process began" in await command(site, "top")
        words = ("status", "--url", site.url)
        refused = await command(site, *words, status=2, MATCHD_ADMIN_TOKEN="nonsense")
        assert "--token-file" in refused
    assert "does it run?" in await command(site, "status", status=1)


async def test_top_lives_on_a_terminal(site: Site) -> None:
    """It draws, and q ends it."""
    async with site.daemon():
        ours, theirs = pty.openpty()
        process = await trio.lowlevel.open_process(
            [*MATCHD, "top", "--config", str(site.path)],
            stdin=theirs,
            stdout=theirs,
            env=environment({"TERM": "xterm", "COLUMNS": "80", "LINES": "24"}),
        )
        os.close(theirs)
        try:
            drawn = b""
            with trio.fail_after(PATIENCE):
                while b"q: quit" not in drawn:
                    await trio.lowlevel.wait_readable(ours)
                    drawn += os.read(ours, 4096)
                os.write(ours, b"q")
                assert await process.wait() == 0
            assert b"a process began" in drawn
        finally:
            process.kill()
            os.close(ours)

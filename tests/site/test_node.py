"""client.js in Node, where there is one: what needs no peers, a restart, and an expired login."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import trio

import matchd
from tests.daemon.process import Site
from tests.site.restart import Running

MODULE = Path(matchd.__file__).with_name("site") / "client.js"
PLAYERS = Path(__file__).with_name("node.mjs")
NODE = shutil.which("node") or shutil.which("nodejs")

SEEN = {
    "accounts": ["ann", "bob", "key"],
    "again": True,
    "refusals": [
        ["name_taken", 409],
        ["bad_credentials", 401],
        ["unauthorized", 401],
        ["no_webrtc", 0],
        ["network", 0],
        "AbortError",
    ],
    "tab": "ann",
    "blocked": ["websocket_blocked", 0],
    "refused": ["unauthorized", 401],
    "request": "ann",
    "friends": ["bob"],
    "game": [True, {"y": 3}, 1, "finished", True, "gone"],
    "history": ["finished"],
    "queue": ["AbortError", ["unknown_mode", 400], ["unknown_game", 404]],
    "chat": [
        [["tea", "ann created the room", 1], ["tea", "hello", 2], ["tea", "again", 3]],
        3,
        ["unknown_room", 0],
    ],
    "unread": [3],
    "later": "none",
    "said": 4,
    "joined": 2,
    "twice": ["in_lobby", 409],
    "ready": [False, True],
    "list": [["Saturday", 2]],
    "token": "none",
    "expired": "bad_token",
    "nobody": [None, 0, ["unauthorized", 401]],
}


def flags(version: str) -> list[str]:
    """What Node has to be told, for it to have what later versions have by themselves."""
    major = int(version.removeprefix("v").partition(".")[0])
    if major < 20:
        return ["--experimental-global-webcrypto"]
    return ["--experimental-websocket"] if major < 22 else []


@pytest.mark.skipif(NODE is None, reason="Node is not installed (Debian packages nodejs, node-ws)")
async def test_players_in_node(site: Site) -> None:
    """What works in a page works in Node, but for connections of peers."""
    assert NODE is not None
    version = (await trio.run_process([NODE, "--version"], capture_stdout=True)).stdout.decode()
    command = [NODE, *flags(version), "--no-warnings", str(PLAYERS), str(MODULE), site.url]
    running, said = Running(), b""

    async def play() -> None:
        nonlocal said
        process = await trio.lowlevel.open_process(command, stdout=subprocess.PIPE)
        assert process.stdout is not None
        try:
            async for chunk in process.stdout:
                said += chunk
                if said == b"restart\n":
                    await running.restart()
            assert await process.wait() == 0
        finally:
            process.kill()

    # Old enough to be asked for another token within seconds.
    site.config["auth"] = {"token_ttl": 62}
    await running.beside(site, play)
    seen = json.loads(said.splitlines()[-1])
    assert seen == SEEN

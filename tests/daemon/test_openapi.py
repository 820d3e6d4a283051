"""A daemon is asked whatever its OpenAPI document allows, and what it does not, and answers as it says.

Schemathesis makes the requests: the examples, the borders of every schema, and others at random. With
MATCHD_SCHEMATHESIS set to a number of minutes it goes on for that long.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
import trio

from matchd.domain.callers import Role
from tests.daemon.people import sign_up
from tests.daemon.process import Daemon, Site, environment

HERE = Path(__file__).with_name("openapi")
CONFIG = HERE / "schemathesis.toml"
MINUTES = float(os.environ.get("MATCHD_SCHEMATHESIS", "0"))
BRIEF = ("--seed=1", "--max-examples=1", "--phases=examples,coverage,fuzzing", "--no-shrink")
LONG = (f"--max-time={round(60 * MINUTES)}", "--max-examples=200", "--phases=fuzzing")
HOT = ("--include-path-regex", "^/(healthz$|game/join|api/host/(heartbeat|status)|api/match/)")
LOBBY = {"is_private": False, "game_id": "chess"}


async def world(site: Site, daemon: Daemon) -> dict[str, str]:
    """Somebody of each kind, and something for them to meet: a host, a lobby, a chat room.

    The document's examples have a password in them, which must not be the one that ends all logins.
    """
    player = (await sign_up(daemon, "ann", secrets.token_urlsafe()))["token"]
    await sign_up(daemon, "bob", secrets.token_urlsafe())
    await daemon.beat(capacity=1000)
    made = await daemon.ask("POST", "/lobbies", LOBBY, bearer=player)
    assert (await daemon.ask("POST", "/chat/create/tea/bob", bearer=player)).status == 200
    return {
        "LOBBY": made.json()["id"],
        "BOOKING": (await daemon.find())["bookingId"],
        "PLAYER": player,
        "HOST": site.secret("host_secret"),
        "ADMIN": site.token(Role.ADMIN, "root"),
        "METRICS": site.secret("metrics_token"),
    }


async def schemathesis(
    url: str, folder: Path, met: dict[str, str], asked: tuple[str, ...]
) -> tuple[int, str]:
    """Run it to its end in a folder; the status it exits with, and what it says."""
    options = (*(LONG if MINUTES else BRIEF), *asked)
    done = await trio.run_process(
        [
            *(sys.executable, "-m", "schemathesis.cli"),
            *("--config-file", str(CONFIG), "--no-color", "run", f"{url}/openapi.json", *options),
        ],
        capture_stdout=True,
        stderr=subprocess.STDOUT,
        check=False,
        cwd=folder,
        env=environment(met | {"HOOKS": str(HERE / "hooks.py"), "PYTHONWARNINGS": "ignore"}),
    )
    return done.returncode, done.stdout.decode()


@pytest.mark.parametrize(
    ("site", "asked"),
    [("lanes", ()), ("libraries", HOT)],
    indirect=["site"],
    ids=["lanes", "libraries"],
)
async def test_it_answers_as_it_says(site: Site, asked: tuple[str, ...]) -> None:
    """No fault, nothing that is not described, and what is not valid is refused; so it is of hot routes
    without a lane.
    """
    site.put_secret("metrics_token", secrets.token_urlsafe(32))
    site.put_secret("turn_secret", secrets.token_urlsafe(32))
    site.config["metrics"] = {"token_file": "metrics_token"}
    site.config["turn"] = {
        "server": [{"name": "relay", "host": "turn.example.net", "secret_file": "turn_secret"}]
    }
    async with site.daemon() as daemon:
        met = await world(site, daemon)
        status, said = await schemathesis(site.url, site.directory, met, asked)
    assert status == 0, said

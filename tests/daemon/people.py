"""Short words for people at a running daemon, and for the command line beside it. For tests only."""

from __future__ import annotations

import subprocess
import sys

import trio

from tests.daemon.clients import PATIENCE, Answer, Json
from tests.daemon.process import Daemon, Site, environment

PASSWORD = "correct horse"


async def enter(daemon: Daemon, verb: str, name: str, password: str = PASSWORD) -> Answer:
    """Sign up (`createuser`) or log in (`login`), answered in JSON."""
    body = {"name": name, "password": password}
    headers = {"Accept": "application/json"}
    return await daemon.ask("POST", f"/auth/{verb}", body, headers=headers)


async def sign_up(daemon: Daemon, name: str, password: str = PASSWORD) -> Json:
    """A new account's tokens."""
    answer = await enter(daemon, "createuser", name, password)
    assert answer.status == 200, answer
    made: Json = answer.json()
    return made


async def log_in(daemon: Daemon, name: str, password: str = PASSWORD) -> int:
    """How a login is answered."""
    return (await enter(daemon, "login", name, password)).status


async def me(daemon: Daemon, token: str) -> int:
    """How a token is answered."""
    return (await daemon.ask("GET", "/auth/me", bearer=token)).status


async def until(daemon: Daemon, token: str, status: int) -> None:
    """Poll until a token is answered so."""
    with trio.fail_after(PATIENCE):
        while await me(daemon, token) != status:  # noqa: ASYNC110  # it changes in another process
            await trio.sleep(0.05)


async def command(site: Site, *words: str, stdin: bytes = b"", status: int = 0, **env: str) -> str:
    """Run a command of matchd's that must end so, and return what it said."""
    with trio.fail_after(PATIENCE):
        done = await trio.run_process(
            [sys.executable, "-m", "matchd", *words, "--config", str(site.path)],
            capture_stdout=True,
            stderr=subprocess.STDOUT,
            stdin=stdin,
            check=False,
            env=environment(env),
        )
    said = done.stdout.decode()
    assert status == done.returncode, said
    return said

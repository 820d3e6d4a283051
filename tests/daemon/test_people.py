"""People and the process: what is acknowledged outlives it, and the command line works beside it."""

import subprocess
import sys

import h11
import trio

from tests.daemon.clients import PATIENCE, Json
from tests.daemon.process import Daemon, Site, environment
from tests.daemon.scenes import room_of

ASK_JSON = {"Accept": "application/json"}
PASSWORD = "correct horse"


async def sign_up(daemon: Daemon, name: str) -> Json:
    """A new account's tokens."""
    body = {"name": name, "password": PASSWORD}
    answer = await daemon.ask("POST", "/auth/createuser", body, headers=ASK_JSON)
    assert answer.status == 200, answer
    made: Json = answer.json()
    return made


async def log_in(daemon: Daemon, name: str, password: str = PASSWORD) -> int:
    """How a login is answered."""
    body = {"name": name, "password": password}
    answer = await daemon.ask("POST", "/auth/login", body, headers=ASK_JSON)
    return answer.status


async def me(daemon: Daemon, token: str) -> int:
    """How a token is answered."""
    return (await daemon.ask("GET", "/auth/me", bearer=token)).status


async def until(daemon: Daemon, token: str, status: int) -> None:
    """Poll until a token is answered so."""
    with trio.fail_after(PATIENCE):
        while await me(daemon, token) != status:  # noqa: ASYNC110  # it changes in another process
            await trio.sleep(0.05)


async def command(site: Site, *words: str, stdin: bytes = b"", status: int = 0) -> str:
    """Run a command of matchd's that must end so, and return what it said."""
    with trio.fail_after(PATIENCE):
        done = await trio.run_process(
            [sys.executable, "-m", "matchd", *words, "--config", str(site.path)],
            capture_stdout=True,
            stderr=subprocess.STDOUT,
            stdin=stdin,
            check=False,
            env=environment({}),
        )
    said = done.stdout.decode()
    assert status == done.returncode, said
    return said


async def test_an_account_outlives_a_kill(site: Site) -> None:
    """After kill -9 the password opens, the tokens hold, and the name is taken."""
    async with site.daemon() as daemon:
        made = await sign_up(daemon, "ann")
        daemon.process.kill()
        await daemon.stopped()
    async with site.daemon() as daemon:
        assert await me(daemon, made["token"]) == 200
        assert await log_in(daemon, "ann") == 200
        body = {"refreshToken": made["refreshToken"]}
        assert (await daemon.ask("POST", "/auth/refresh", body)).status == 200
        body = {"name": "ANN", "password": PASSWORD}
        assert (await daemon.ask("POST", "/auth/createuser", body)).status == 409


async def test_a_kill_among_sign_ups_loses_none_that_was_acknowledged(site: Site) -> None:
    """Whoever was told that he has an account has one; of the others none is half there."""
    told: list[str] = []

    async def attempt(daemon: Daemon, name: str) -> None:
        try:
            await sign_up(daemon, name)
        except (OSError, trio.BrokenResourceError, h11.RemoteProtocolError):
            return
        told.append(name)
        if len(told) == 20:
            daemon.process.kill()

    async with site.daemon() as daemon:
        async with trio.open_nursery() as nursery:
            for number in range(60):
                nursery.start_soon(attempt, daemon, f"player{number}")
        await daemon.stopped()
    async with site.daemon() as daemon:
        assert [await log_in(daemon, name) for name in told] == [200] * len(told)
        for number in range(60):
            if f"player{number}" not in told:
                assert await log_in(daemon, f"player{number}") in (200, 401)


async def test_a_ban_reaches_a_running_daemon(site: Site) -> None:
    """Tokens are void and sockets closed with 4403, while the command line has long ended."""
    async with site.daemon() as daemon:
        made = await sign_up(daemon, "ann")
        await daemon.beat()
        found = (await daemon.ask("POST", "/api/match/find", {}, bearer=made["token"])).json()
        async with daemon.signaling(room_of(found)) as player:
            await command(site, "user", "ban", "ann", "--reason", "spam", "--for", "30d")
            await until(daemon, made["token"], 401)
            assert await player.ended() == 4403
        assert await log_in(daemon, "ann") == 403
        await command(site, "user", "unban", "ann")
        assert await log_in(daemon, "ann") == 200


async def test_a_password_is_set_for_somebody(site: Site) -> None:
    """It is read from a pipe; the old one is wrong from there on, and all logins have ended."""
    async with site.daemon() as daemon:
        made = await sign_up(daemon, "ann")
        said = await command(site, "user", "set-password", "ann", stdin=b"battery staple\n")
        assert "battery" not in said
        await until(daemon, made["token"], 401)
        assert await log_in(daemon, "ann") == 401
        assert await log_in(daemon, "ann", "battery staple") == 200


async def test_a_backup_of_a_running_daemon_is_restored(site: Site) -> None:
    """What was there at the backup is there again, what came later is not; a daemon forbids it."""
    file = str(site.directory / "backup.db")
    async with site.daemon() as daemon:
        await sign_up(daemon, "ann")
        await command(site, "backup", file)
        await sign_up(daemon, "bob")
        said = await command(site, "restore", file, status=2)
        assert "another matchd runs on it" in said
    await command(site, "restore", file)
    async with site.daemon() as daemon:
        assert [await log_in(daemon, name) for name in ("ann", "bob")] == [200, 401]

"""People and the process: what is acknowledged outlives it, and the command line works beside it."""

from __future__ import annotations

import h11
import trio

from tests.daemon.coturn import free_ports
from tests.daemon.people import command, enter, log_in, me, sign_up, until
from tests.daemon.process import Daemon, Site
from tests.daemon.scenes import room_of
from tests.store.redis_server import fresh_prefix, shared
from tests.web.people import Key


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
        assert (await enter(daemon, "createuser", "ANN")).status == 409


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


async def test_two_nodes_are_one_server(site: Site) -> None:
    """What one has spent or ended, the other refuses: challenges, refresh tokens, logins, bans."""
    site.config["store"] = {"backend": "redis", "url": shared().url, "prefix": fresh_prefix()}
    second = f"127.0.0.1:{free_ports()[0]}"
    async with site.daemon() as one, site.daemon("--listen", second) as two:
        ann, bob = await sign_up(one, "ann"), await sign_up(two, "bob")
        assert [await me(two, ann["token"]), await me(one, bob["token"])] == [200, 200]
        body = Key().v1((await one.ask("POST", "/auth/challenge")).json()["challenge"])
        logins = [await node.ask("POST", "/auth/login", body) for node in (two, one)]
        assert [login.status for login in logins] == [200, 401]
        trade = {"refreshToken": ann["refreshToken"]}
        pairs = [(await node.ask("POST", "/auth/refresh", trade)).json() for node in (one, two)]
        assert pairs[0]["refreshToken"] == pairs[1]["refreshToken"]
        await two.ask("POST", "/auth/logout", bearer=ann["token"])
        await until(one, ann["token"], 401)
        await command(site, "user", "ban", "bob", "--reason", "spam")
        for node in (one, two):
            await until(node, bob["token"], 401)

"""`matchd host` and `matchd.client` against the running daemon, both as installed."""

import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from matchd.client import (
    AnswerMessage,
    Client,
    Event,
    HostDetails,
    Match,
    Offer,
    Pace,
    PeerJoined,
    SocketLost,
    Wish,
    find_match,
    host_session,
)
from tests.daemon.clients import PATIENCE
from tests.daemon.process import Daemon, Log, Site, environment

QUICK = Pace(first=0.2, longest=0.5, spacing=0.1)
HOOK = """#!/bin/sh
exec 2> /dev/null
env | grep ^MATCHD_ | sort > "$0.$MATCHD_BOOKING_ID"
trap 'echo over >> "$0.$MATCHD_BOOKING_ID"; exit 0' TERM
while :; do sleep 0.05; done
"""


class Agent:
    """One running agent."""

    def __init__(self, process: trio.Process, log: Log) -> None:
        self.process = process
        self.log = log

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, and return the exit status."""
        self.process.send_signal(number)
        return await self.stopped()

    async def stopped(self) -> int:
        """Wait for the end."""
        with trio.fail_after(PATIENCE):
            return await self.process.wait()


@asynccontextmanager
async def agent(
    site: Site, *options: str, secret: str | None = None, **env: str
) -> AsyncIterator[Agent]:
    """Run `matchd host` with the secret in its environment; it is killed in the end."""
    process = await trio.lowlevel.open_process(
        [sys.executable, "-m", "matchd", "host", "--url", site.url, "--host-id", "pc-1", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment({"MATCHD_HOST_SECRET": secret or site.secret("host_secret")} | env),
    )
    assert process.stdout is not None
    log = Log()
    site.logs.append(log)
    try:
        # The log is followed by a task beside the test's own.
        async with trio.open_nursery() as nursery:
            nursery.start_soon(log.read, process.stdout)
            yield Agent(process, log)
            if process.poll() is None:
                process.kill()
    finally:
        process.kill()
        with trio.CancelScope(shield=True):
            await process.wait()


def client(site: Site, credential: str | None = None) -> Client:
    """A client that is quick to try again."""
    return Client(site.url, credential=credential, pace=QUICK)


async def test_an_agent_runs_its_command_for_each_match(site: Site, tmp_path: Path) -> None:
    """Once for each, with the match in its environment and no secret, until the match is over."""
    hook = tmp_path / "hook"
    hook.write_text(HOOK)
    hook.chmod(0o755)
    async with (
        site.daemon() as daemon,
        agent(site, "--exec", str(hook), "--region", "eu") as host,
    ):
        await host.log.until("room.entered")
        for number in (1, 2):
            async with find_match(client(site)) as match:
                site.learn({"grant": match.found.grant})
                await host.log.until("hook.started", number)
                report = tmp_path / f"hook.{match.found.booking_id}"
            await host.log.until("hook.ended", number)
            await host.log.until("match.ended", number)
            lines = (await trio.Path(report).read_text()).splitlines()
            assert f"MATCHD_BOOKING_ID={match.found.booking_id}" in lines
            assert "MATCHD_ROOM_ID=pc-1" in lines
            assert "MATCHD_REGION=eu" in lines
            assert lines[-1] == "over"
            assert not [line for line in lines if "SECRET" in line]
        assert await host.stop() == 0
        assert (await daemon.log.until("host.gone"))["why"] == "host_left"


async def test_a_command_that_fails_ends_nothing(site: Site, tmp_path: Path) -> None:
    """It is logged, and the match goes on. systemd is told that we are ready; SIGINT says goodbye."""
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        async with (
            site.daemon() as daemon,
            agent(site, "--exec", "false", NOTIFY_SOCKET=path) as host,
        ):
            await host.log.until("room.entered")
            assert manager.recv(100, socket.MSG_DONTWAIT).startswith(b"READY=1")
            await fails(site, daemon, host)


async def fails(site: Site, daemon: Daemon, host: Agent) -> None:
    """A match whose command fails, and the end of its host."""
    async with find_match(client(site)) as match:
        assert (await host.log.until("hook.failed"))["status"] == 1
        assert (await match.look()).state == "connected"
        assert await host.stop(signal.SIGINT) == 0
    await daemon.log.until("host.gone")


async def test_an_agent_outlives_its_server(site: Site) -> None:
    """It waits for a server that is away at its start, and comes back after a restart; killed, its
    lease lapses."""
    site.config["hosts"] = {"ttl": 5, "interval": 1}
    async with agent(site) as host:
        await host.log.until("server.away")
        async with site.daemon():
            await host.log.until("room.entered")
        await host.log.until("room.left")
        async with site.daemon() as daemon:
            await host.log.until("room.entered", 2)
            host.process.kill()
            await host.stopped()
            assert (await daemon.log.until("host.gone"))["why"] == "host_lost"


async def test_an_agent_with_a_wrong_secret(site: Site) -> None:
    """It says what the server says, once, and ends with status 1."""
    async with site.daemon(), agent(site, secret="not-the-secret-of-this-site") as host:
        assert await host.stopped() == 1
        refused = await host.log.until("host.refused")
    assert refused["code"] == "wrong_secret"
    assert "not-the-secret" not in host.log.text


async def test_an_agent_by_tls(secure: Site) -> None:
    """It believes a private authority when it is told to, and says so when it does not."""
    certificate = secure.config["server"]["tls_certificate"]
    async with secure.daemon():
        async with agent(secure) as host:
            assert "certificate" in (await host.log.until("server.away"))["reason"].lower()
        async with agent(secure, "--ca-file", certificate) as host:
            await host.log.until("room.entered")
            assert await host.stop() == 0


async def restarted(site: Site, restart: trio.Event) -> None:
    """A daemon that is restarted once, when it is time."""
    async with site.daemon():
        await restart.wait()
    async with site.daemon():
        await trio.sleep_forever()


async def hear(match: Match, kind: type[Event]) -> Event:
    """The next event of this kind."""
    while not isinstance(event := await anext(match), kind):
        pass
    return event


async def test_host_and_player_across_a_restart(site: Site) -> None:
    """Both come back to their match by themselves, and go on talking."""
    details = HostDetails(host_id="pc-1", room_id="room-1")
    async with trio.open_nursery() as nursery:

        async def be_the_host() -> None:
            async with host_session(client(site, site.secret("host_secret")), details) as host:
                async for event in host:
                    if isinstance(event, Offer):
                        answer = AnswerMessage(sdp=f"answer to {event.sdp}")
                        await host.send(answer, event.peer)

        nursery.start_soon(be_the_host)
        restart = trio.Event()
        nursery.start_soon(restarted, site, restart)

        async with find_match(client(site), Wish(wait=10)) as match:
            with trio.fail_after(2 * PATIENCE):
                await hear(match, PeerJoined)
                restart.set()
                await hear(match, SocketLost)
                await match.send(Offer(sdp="again"))
                assert await hear(match, AnswerMessage) == AnswerMessage(sdp="answer to again")
                assert (await match.look()).state == "connected"
        nursery.cancel_scope.cancel()

"""Chat at running daemons: alone, killed in the middle, and two of them over one Redis (wire.md 7)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from tests.daemon.clients import PATIENCE, Json, Signaling
from tests.daemon.nodes import pair, redis, share
from tests.daemon.people import command, sign_up
from tests.daemon.process import Daemon, Site

MESSAGES = 300


class Listener:
    """One member's socket: what he has been sent, over all his connections."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.seqs: list[int] = []
        self.texts: list[str] = []

    @asynccontextmanager
    async def connected(self, daemon: Daemon) -> AsyncIterator[Signaling]:
        """A socket, open."""
        async with daemon.signaling("/chat/connect", bearer=self.token) as socket:
            yield socket

    async def hear(self, socket: Signaling, last: int) -> None:
        """Take messages up to a number, and acknowledge each."""
        with trio.fail_after(2 * PATIENCE):
            while not self.seqs or self.seqs[-1] < last:
                self.take(json.loads(await socket.receive()))
                if self.seqs:
                    await socket.send(ack(self.seqs[-1]))

    def take(self, frame: Json) -> None:
        """Note a message."""
        if frame["action"] == "Message":
            self.seqs.append(frame["data"]["seq"])
            self.texts.append(frame["data"]["content"])


def ack(seq: int) -> Json:
    """Everything up to this was read."""
    return {"action": "Ack", "data": {"room": "tea", "seq": seq}}


async def say(daemon: Daemon, token: str, text: str) -> int:
    """Say something over HTTP; its number."""
    body = {"room": "tea", "content": text}
    answer = await daemon.ask("POST", "/chat/chatroom", body, bearer=token)
    assert answer.status == 200, answer
    seq: int = answer.json()["seq"]
    return seq


async def until_read(daemon: Daemon, token: str, last: int) -> None:
    """Poll until the server knows that everything was read."""
    with trio.fail_after(PATIENCE):
        while True:
            answer = await daemon.ask("GET", "/chat/unread", bearer=token)
            if answer.json()[0]["cursor"] == last:
                return
            await trio.sleep(0.05)


async def meet(daemon: Daemon) -> tuple[str, Listener]:
    """Ann and bob are in a room; ann's token, and bob."""
    ann = await sign_up(daemon, "ann")
    bob = await sign_up(daemon, "bob")
    made = await daemon.ask("POST", "/chat/create/tea/bob", bearer=ann["token"])
    assert made.status == 200, made
    return ann["token"], Listener(bob["token"])


async def test_a_report_closed_on_the_command_line(site: Site) -> None:
    """Its author is told on his event socket, though the daemon did not do it."""
    async with site.daemon() as daemon:
        ann = (await sign_up(daemon, "ann"))["token"]
        report = (await daemon.ask("POST", "/report", {"issue": "rude"}, bearer=ann)).json()["id"]
        assert report.startswith("r_")  # "-x" would be taken for an option
        async with daemon.signaling("/events", bearer=ann) as socket:
            await socket.until("hello")
            said = await command(site, "report", "close", report, "--outcome", "warned")
            assert "closed" in said
            assert (await socket.until("report.closed"))["outcome"] == "warned"


async def test_a_kill(site: Site) -> None:
    """What was acknowledged is there after a kill -9, once and in order, for who was there and who was
    away.
    """
    async with site.daemon() as daemon:
        ann, bob = await meet(daemon)
        async with bob.connected(daemon) as socket:
            for number in range(5):
                last = await say(daemon, ann, str(number))
            await bob.hear(socket, last)
            await until_read(daemon, bob.token, last)
        acked = await storm(daemon, ann)
        assert await daemon.process.wait() == -9
    async with site.daemon() as daemon, bob.connected(daemon) as socket:
        last = await say(daemon, ann, "last")
        await bob.hear(socket, last)
    assert sorted(set(bob.seqs)) == bob.seqs == list(range(1, last + 1))
    said = bob.texts
    assert [text for text in said if text in acked] == acked
    assert len(said) - len(acked) <= 5 + 1 + 1 + 1  # before, created, last, and one nobody knows of


async def test_two_nodes(site: Site) -> None:
    """Members at two nodes hear each other at once, and the death of one costs nobody a message."""
    with redis(appendonly="yes", appendfsync="always") as server:
        share(site, server)
        async with pair(site) as (one, two):
            ann, bob = await meet(one)
            async with bob.connected(two) as socket:
                for number in range(10):
                    last = await say(one if number % 2 else two, ann, str(number))
                await bob.hear(socket, last)
                await until_read(two, bob.token, last)
            two.process.kill()
            await two.process.wait()
            for number in range(10, 20):
                last = await say(one, ann, str(number))
            async with bob.connected(one) as socket:
                await bob.hear(socket, last)
        assert bob.seqs == list(range(1, last + 1))
        assert bob.texts[1:] == [str(number) for number in range(20)]


async def storm(daemon: Daemon, token: str) -> list[str]:
    """Say much until the daemon is killed; what was acknowledged, in order."""
    acked: list[str] = []
    async with daemon.http() as http:
        for number in range(MESSAGES):
            body = {"room": "tea", "content": f"storm {number}"}
            if number == 60:
                daemon.process.kill()
            try:
                answer = await http.ask("POST", "/chat/chatroom", body, bearer=token)
            except Exception:
                break
            assert answer.status == 200, answer
            acked.append(f"storm {number}")
    return acked

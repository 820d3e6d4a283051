"""What people do at a running daemon, each from beginning to end, and nothing of it stays.

Owns `Crew`: two players and a host PC with names of their own, who do one thing after another. Only
tests import this module.
"""

from __future__ import annotations

import json
import random
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

import trio
from trio_websocket import ConnectionClosed, HandshakeError

from tests.daemon.clients import Json, Signaling
from tests.daemon.games import GameClient, start
from tests.daemon.lobbies import do, make
from tests.daemon.people import enter
from tests.daemon.process import Daemon
from tests.daemon.scenes import OFFER, room_of

Visit = Callable[[], Awaitable[None]]


class Crew:
    """Ann, bob and a host, who meet nobody else: only one crew at a time is in the queue."""

    def __init__(self, daemon: Daemon, number: int, queue: trio.Lock) -> None:
        self.daemon = daemon
        self.names = (f"ann{number}", f"bob{number}")
        self.people: list[Json] = []
        self._host = f"pc-{number}"
        self._room = f"tea{number}"
        self._rng = random.Random(number)
        self._queue = queue

    @property
    def visits(self) -> tuple[Visit, ...]:
        """Everything that they do."""
        return (
            *(self.find_a_match, self.meet_in_a_lobby, self.meet_in_a_room),
            *(self.play, self.chat, self.misbehave),
        )

    async def sign_up(self) -> None:
        """Two accounts, and a room to chat in."""
        self.people = [await self._enter("createuser", name) for name in self.names]
        await self._ask(0, f"/chat/create/{self._room}")
        await self._ask(0, f"/chat/adduser/{self._room}/{self.names[1]}")

    async def come_back(self) -> None:
        """Both log out and in again."""
        for number in (0, 1):
            await self._ask(number, "/auth/logout")
        self.people = [await self._enter("login", name) for name in self.names]

    async def find_a_match(self) -> None:
        """A host beats, a player comes, they signal, he goes, the host says goodbye."""
        daemon, secret = self.daemon, self.daemon.site.secret("host_secret")
        await daemon.beat(self._host, self._host, region=self._host)
        async with daemon.signaling(f"/?roomId={self._host}", bearer=secret) as host:
            found = await daemon.find({"region": self._host})
            async with daemon.signaling(room_of(found)) as player:
                joined = await host.until("control", "peer-joined")
                await player.until("control", "peer-joined")
                for _ in range(3):
                    await host.send(OFFER | {"peer": joined["peer"]})
                    await player.until("offer")
            path = f"/api/match/{found['bookingId']}/release"
            released = await daemon.ask("POST", path, bearer=found["grant"])
            assert released.status == 200, released
        gone = await daemon.ask("DELETE", f"/api/host/{self._host}", bearer=secret)
        assert gone.status == 200, gone

    async def meet_in_a_lobby(self) -> None:
        """One opens it and listens, the other comes in, both connect, both leave."""
        ann, bob = self._tokens
        async with self.daemon.signaling("/events", bearer=ann) as events:
            await events.until("hello")
            lobby = await make(self.daemon, ann)
            assert await do(self.daemon, bob, lobby, "join") == 200
            async with self._lobby(lobby, ann) as first, self._lobby(lobby, bob):
                await first.until("peer-joined")
            for token in (bob, ann):
                assert await do(self.daemon, token, lobby, "leave") == 200

    async def meet_in_a_room(self) -> None:
        """Two peers of a room that was never there before."""
        path = f"/matchbox/{self._rng.randrange(1 << 60)}?next=2"
        async with self.daemon.signaling(path) as one, self.daemon.signaling(path) as two:
            me = (await one.next())["IdAssigned"]
            other = (await one.next())["NewPeer"]
            assert (await two.next())["IdAssigned"] == other
            for number in range(5):
                await one.send({"Signal": {"receiver": other, "data": number}})
                said = {"Signal": {"sender": me, "data": number}}
                assert await two.next() == said

    async def play(self) -> None:
        """A whole game."""
        ann, bob = [GameClient(self.daemon, one) for one in self.people]
        async with self._queue:
            await ann.join_queue()
            game = str((await bob.join_queue())["game_id"])
        # Their sockets are followed by tasks.
        async with trio.open_nursery() as nursery:
            await start(nursery, game, ann, bob)
            for y in range(5):
                await ann.send("player_move", movement={"y": y})
            await bob.until("player_move", times=5)
            for player in (ann, bob):
                scores = {"scores": {ann.id: 3, bob.id: 1}}
                await player.send("game_action", action="finish", data=scores)
            assert [await ann.until_closed(), await bob.until_closed()] == [4410, 4410]

    async def chat(self) -> None:
        """One says something, both are sent it, both acknowledge it."""
        ann, bob = self._tokens
        daemon = self.daemon
        async with (
            daemon.signaling("/chat/connect", bearer=ann) as one,
            daemon.signaling("/chat/connect", bearer=bob) as two,
        ):
            text = f"hello {self._rng.random()}"
            data = {"room": self._room, "content": text}
            await one.send({"action": "Message", "data": data})
            with trio.fail_after(60):
                for socket in (one, two):
                    while True:
                        frame = json.loads(await socket.receive())
                        if frame["action"] == "Message":
                            read = {"room": self._room, "seq": frame["data"]["seq"]}
                            await socket.send({"action": "Ack", "data": read})
                            if frame["data"]["content"] == text:
                                break

    async def misbehave(self) -> None:
        """Half a request, garbage, refused upgrades, a wrong token."""
        for raw in (b"GET / HTTP/1.1\r\nHo", b"\0\1\2\r\n\r\n", b"POST / HTTP/1.1\r\n\r\n"):
            stream = await self.daemon.connect()
            await stream.send_all(raw)
            await trio.aclose_forcefully(stream)
        for path in ("/events", "/ws/game/none", "/nowhere", "/signal/none?roomId=none"):
            try:
                async with self.daemon.signaling(path, bearer="a.b.c"):
                    raise AssertionError(path)
            except* (HandshakeError, ConnectionClosed):
                pass
        assert (await self.daemon.ask("GET", "/auth/me", bearer="a.b.c")).status == 401

    @property
    def _tokens(self) -> tuple[str, str]:
        one, two = self.people
        return str(one["token"]), str(two["token"])

    async def _enter(self, verb: str, name: str) -> Json:
        answer = await enter(self.daemon, verb, name)
        assert answer.status == 200, answer
        entered: Json = answer.json()
        return entered

    async def _ask(self, number: int, path: str) -> None:
        answer = await self.daemon.ask("POST", path, {}, bearer=self._tokens[number])
        assert answer.status == 200, answer

    def _lobby(self, lobby: Json, token: str) -> AbstractAsyncContextManager[Signaling]:
        return self.daemon.signaling(f"/lobby/{lobby['id']}?v=1", bearer=token)

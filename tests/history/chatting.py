"""Members of one chat room who come and go, speak, leave and are taken in again; all recorded.

Owns `Room`. Whatever a member asks for is asked again until it is answered, a message under the same
id; a socket that breaks is opened again, at any node. Each message is acknowledged when it comes, but
for one member in three, who never sends `Ack`. Only tests import this module.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Sequence
from contextlib import suppress

import h11
import msgspec
import trio
import trio_websocket

from tests.daemon.clients import Answer, Http, Json, Learn
from tests.history.record import History, Listening, Posted, Received, Stay
from tests.web.people import Key

ROOM = "tea"
PAUSE = 0.05
PATIENCE = 5.0
SIT = 6.0
"""Seconds that a socket stays open at most, unless its member waits for the end."""

BROKEN = (
    *(OSError, trio.BrokenResourceError, trio.ClosedResourceError, trio.TooSlowError),
    *(h11.ProtocolError, trio_websocket.ConnectionClosed),
    *(trio_websocket.ConnectionRejected, trio_websocket.HandshakeError),
)

_decode = msgspec.json.Decoder().decode


class Member:
    """One account, and what it has been sent."""

    def __init__(self, room: Room, name: str, token: str, *, acks: bool) -> None:
        self.name = name
        self.last = 0
        self._room = room
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._acks = acks

    async def ask(self, method: str, target: str, body: object = None) -> Answer:
        """Ask any node, until one answers."""
        while True:
            with suppress(*BROKEN), trio.move_on_after(PATIENCE):
                stream = await self._room.dial()
                try:
                    http = Http(stream, self._room.learn)
                    answer = await http.ask(method, target, body, headers=self._headers)
                finally:
                    await trio.aclose_forcefully(stream)
                if answer.status < 500:
                    return answer
            await trio.sleep(PAUSE)

    async def say(self, text: str) -> None:
        """Say something until it is acknowledged, each attempt recorded."""
        history, body = self._room.history, {"room": ROOM, "content": text, "id": text}
        while True:
            seq = None
            with suppress(*BROKEN), trio.move_on_after(PATIENCE):
                answer = await (await self._room.line(self)).ask(
                    "POST", "/chat/chatroom", body, headers=self._headers
                )
                assert answer.status in {200, 503}, answer
                seq = answer.json().get("seq")
            history.add(Posted(member=self.name, text=text, at=history.clock(), seq=seq))
            if seq is not None:
                return
            await self._room.hang_up(self)
            await trio.sleep(PAUSE)

    async def listen(self, until: int | None = None) -> None:
        """Open sockets, one after the other: some for a while, or up to a number."""
        while until is None or self.last < until:
            cursor = (await self.ask("GET", "/chat/unread")).json()
            with suppress(*BROKEN):
                await self._sit(cursor[0]["cursor"] if cursor else 0, until)
            await trio.sleep(self._room.dice.uniform(0, 10 * PAUSE) if until is None else PAUSE)

    async def _sit(self, cursor: int, until: int | None) -> None:
        stream = await self._room.dial()
        try:
            # The library's reader is a task; this is its home.
            async with trio.open_nursery() as nursery:
                connection = await self._upgrade(nursery, stream)
                ear = self._room.listening(self.name, cursor)
                seconds = self._room.dice.uniform(0, SIT) if until is None else 2 * SIT
                with trio.move_on_after(seconds):
                    await self._take(connection, ear, until)
                # The library has answered pings for what it took; nothing of that may be dropped.
                with suppress(trio.WouldBlock, trio.EndOfChannel):
                    while True:
                        self._hear(connection._recv_channel.receive_nowait(), ear)
                nursery.cancel_scope.cancel()
        except* BROKEN:
            pass
        finally:
            await trio.aclose_forcefully(stream)

    async def _upgrade(
        self, nursery: trio.Nursery, stream: trio.SocketStream
    ) -> trio_websocket.WebSocketConnection:
        token = self._headers["Authorization"].encode()
        with trio.fail_after(PATIENCE):
            return await trio_websocket.wrap_client_stream(
                nursery,
                stream,
                "matchd.test",
                "/chat/connect",
                extra_headers=[(b"authorization", token)],
            )

    async def _take(
        self, connection: trio_websocket.WebSocketConnection, ear: str, until: int | None
    ) -> None:
        while until is None or self.last < until:
            seq = self._hear(await connection.get_message(), ear)
            if self._acks and seq is not None:
                mark = {"action": "Ack", "data": {"room": ROOM, "seq": seq}}
                await connection.send_message(json.dumps(mark))

    def _hear(self, frame: str | bytes, ear: str) -> int | None:
        """Note a message; its number, None when the frame is none."""
        said: Json = _decode(frame)
        if said["action"] != "Message":
            return None
        data, history = said["data"], self._room.history
        history.add(
            Received(
                socket=ear,
                at=history.clock(),
                seq=data["seq"],
                text=data["content"],
                by_server=data["sender"] == "Server",
            )
        )
        seq: int = data["seq"]
        self.last = max(self.last, seq)
        return seq


class Room:
    """A room, its members, and the way to the nodes (`host:port` each)."""

    def __init__(self, addresses: Sequence[str], learn: Learn, seed: int) -> None:
        self.history = History()
        self.learn = learn
        self.dice = random.Random(seed)
        self._numbers = itertools.count(1)
        self.members: list[Member] = []
        self.acknowledged = 0
        self._addresses = addresses
        self._turns = itertools.cycle(addresses)
        self._lines: dict[Member, Http] = {}

    async def fill(self, count: int) -> None:
        """So many accounts, which cost nothing to make since they are keys, and one room for all."""
        for number in range(count):
            key, asker = Key(name=f"m{number}"), Member(self, "", "", acks=False)
            login: Json = {}
            while "account" not in login:  # asked again, a challenge may be spent already
                challenge = (await asker.ask("POST", "/auth/challenge")).json()["challenge"]
                login = (await asker.ask("POST", "/auth/login", key.v1(challenge))).json()
            name, token = login["account"]["name"], login["token"]
            self.members.append(Member(self, name, token, acks=number % 3 != 0))
        others = "/".join(member.name for member in self.members[1:])
        made = await self.members[0].ask("POST", f"/chat/create/{ROOM}/{others}")
        assert made.status in {200, 409}, made  # 409: asked again, since the answer took its time

    async def speak(self, speakers: int, count: int) -> None:
        """Some of the members say so many messages between them, each one after the other."""
        share = count // speakers

        async def one(number: int) -> None:
            for turn in range(share):
                await self.members[number].say(f"{number}.{turn}")
                self.acknowledged += 1

        # All speak at once.
        async with trio.open_nursery() as nursery:
            for number in range(speakers):
                nursery.start_soon(one, number)

    async def wander(self, movers: int) -> None:
        """The last so many members leave the room and are taken in again, until cancelled."""
        while True:
            mover = self.dice.choice(self.members[-movers:])
            await trio.sleep(self.dice.uniform(0, 1))
            await mover.ask("DELETE", f"/chat/leave/{ROOM}")
            await self.members[0].ask("POST", f"/chat/adduser/{ROOM}/{mover.name}")

    async def settle(self) -> None:
        """Have every member in the room hear all, and note who was in it when."""
        first = self.members[0]
        for member in self.members[1:]:
            await first.ask("POST", f"/chat/adduser/{ROOM}/{member.name}")
        await first.say("end")
        (place,) = (await first.ask("GET", "/chat/unread")).json()
        # All at once.
        async with trio.open_nursery() as nursery:
            for member in self.members:
                nursery.start_soon(member.listen, place["last"])
        await self._note_stays()

    @property
    def places(self) -> dict[str, int]:
        """How far each member has heard."""
        return {member.name: member.last for member in self.members}

    def listening(self, member: str, cursor: int) -> str:
        """Note a socket; its name."""
        name = f"{member} {next(self._numbers)}"
        at = self.history.clock()
        self.history.add(Listening(member=member, socket=name, at=at, cursor=cursor))
        return name

    async def dial(self) -> trio.SocketStream:
        """A connection to any node."""
        return await _dial(self.dice.choice(self._addresses))

    async def line(self, member: Member) -> Http:
        """The connection that a member speaks over; each node has its share of them."""
        if member not in self._lines:
            self._lines[member] = Http(await _dial(next(self._turns)), self.learn)
        return self._lines[member]

    async def close(self) -> None:
        """Nobody speaks any more."""
        for member in self.members:
            await self.hang_up(member)

    async def hang_up(self, member: Member) -> None:
        """It is of no use any more."""
        line = self._lines.pop(member, None)
        if line is not None:
            await trio.aclose_forcefully(line.stream)

    async def _note_stays(self) -> None:
        """Who was in the room when, by the server's words in it, which the first member reads."""
        since = {member.name: 0 for member in self.members}
        after, at = 0, self.history.clock()
        while page := await self._page(after):
            for message in page:
                name, seq = _mover(message["content"]), message["seq"]
                after = seq
                if message["sender"] != "Server" or name is None:
                    continue
                if message["content"].endswith("left the room"):
                    self.history.add(Stay(member=name, at=at, after=since.pop(name), until=seq))
                else:
                    since[name] = seq - 1
        for name, seq in since.items():
            self.history.add(Stay(member=name, at=at, after=seq))

    async def _page(self, after: int) -> list[Json]:
        target = f"/chat/history/{ROOM}?limit=200&after={after}"
        page: list[Json] = (await self.members[0].ask("GET", target)).json()["messages"]
        return page


async def _dial(address: str) -> trio.SocketStream:
    host, _, port = address.rpartition(":")
    return await trio.open_tcp_stream(host, int(port))


def _mover(text: str) -> str | None:
    """Whom a word of the server is about: `x left the room`, `y added x to the room`."""
    words = text.split()
    if words[1:] == ["left", "the", "room"]:
        return words[0]
    return words[2] if words[1:2] == ["added"] else None

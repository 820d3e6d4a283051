"""Chat sockets at a house, without an edge: what they are sent, and what they say. For tests only."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import trio

from matchd.domain.limits import Rate
from matchd.services.admission import Presented
from matchd.services.chat_session import ChatSession
from matchd.services.chat_sockets import ChatRequest
from matchd.services.directory import Person
from tests.house import PLAYER_ADDRESS, House, Outbox
from tests.store.people import account


class ChatOutbox(Outbox):
    """A recording outbox of a peer that reads at once, unless it is stalled."""

    def __init__(self) -> None:
        super().__init__()
        self.binary = False
        self.roomy = True
        self.proved: Callable[[int], None] = lambda _: None
        self._read = trio.Event()
        self._read.set()

    async def written(self) -> None:
        """Wait while the peer does not read."""
        await self._read.wait()
        self.roomy = True

    def stall(self) -> None:
        """The peer stops reading."""
        self.roomy, self._read = False, trio.Event()

    def resume(self) -> None:
        """It reads on."""
        self._read.set()

    def speak_binary(self) -> None:
        """Remember it."""
        self.binary = True

    def on_pong(self, proved: Callable[[int], None]) -> None:
        """Remember whom to tell."""
        self.proved = proved

    def pong(self) -> None:
        """The peer answers a ping that was sent after all this."""
        self.proved(len(self.frames))


class Device:
    """One chat socket."""

    def __init__(self, house: House, session: ChatSession, outbox: ChatOutbox) -> None:
        self.house = house
        self.session = session
        self.outbox = outbox
        self.scope = trio.CancelScope()

    @property
    def heard(self) -> list[tuple[str, Any]]:
        """All frames: action and data."""
        return [(str(frame["action"]), frame.get("data")) for frame in self.outbox.frames]

    @property
    def texts(self) -> list[str]:
        """What people said, in order, with what the server said."""
        return [data["content"] for action, data in self.heard if action == "Message"]

    @property
    def seqs(self) -> list[int]:
        """The numbers of messages, in order."""
        return [data["seq"] for action, data in self.heard if action == "Message"]

    @property
    def actions(self) -> list[str]:
        """What kinds of frames there were."""
        return [action for action, _ in self.heard]

    def last(self, action: str) -> Any:
        """The data of the last frame of a kind."""
        return [data for found, data in self.heard if found == action][-1]

    async def do(self, action: str, data: object = None) -> None:
        """Say something, and let it be done."""
        said = {"action": action} | ({} if data is None else {"data": data})
        self.session.receive(json.dumps(said))
        await soon()

    async def say(self, room: str, content: str, **more: object) -> None:
        """Send a message."""
        await self.do("Message", {"room": room, "content": content, **more})

    async def run(self) -> None:
        """What the edge runs beside the socket."""
        session = self.session
        with self.scope:
            # The tasks of one socket, as at the edge.
            async with trio.open_nursery() as nursery:
                for task in (session.work, session.out.feed, session.mark):
                    nursery.start_soon(task)

    async def leave(self) -> None:
        """The socket closes."""
        self.scope.cancel()
        await self.house.chat.sockets.leave(self.session)


async def soon() -> None:
    """Let what was begun be done."""
    await trio.sleep(0.05)


class Talk:
    """A house with ann, bob and cleo, and their devices."""

    def __init__(self, house: House, nursery: trio.Nursery) -> None:
        self.house = house
        self._nursery = nursery

    async def device(self, name: str, *, v: int = 0) -> Device:
        """A socket of somebody, with a token in its header."""
        token = self.house.token(subject=f"u_{name}")
        return await self.open(token, answers=v == 1)

    async def open(self, token: str | None, *, answers: bool = False) -> Device:
        """A socket with a token, or without one."""
        outbox = ChatOutbox()
        presented = Presented(path="/chat/connect", address=PLAYER_ADDRESS, token=token)
        request = ChatRequest(presented, answers)
        session = await self.house.chat.sockets.enter(request, outbox)
        device = Device(self.house, session, outbox)
        self._nursery.start_soon(device.run)
        await soon()
        return device

    async def person(self, name: str) -> Person:
        """Somebody as a caller over HTTP."""
        return await self.house.chat.services.directory.person(self.house.player(f"u_{name}"))

    async def room(self, name: str, *members: str) -> None:
        """The first of these makes a room with the others."""
        creator, *others = members
        await self.house.chat.services.rooms.create(await self.person(creator), name, others)
        await soon()


@asynccontextmanager
async def talk(house: House) -> AsyncIterator[Talk]:
    """Ann, bob and cleo are signed up and may say much; in the end all sockets close."""
    rates = house.current.settings.identity_rates
    house.change(identity_rates=rates | {"chat": Rate(10_000, 1.0)})
    for name in ("ann", "bob", "cleo"):
        await house.store.accounts.create(account(name))
    # The home of the sockets' tasks.
    async with trio.open_nursery() as nursery:
        yield Talk(house, nursery)
        nursery.cancel_scope.cancel()

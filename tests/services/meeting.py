"""Peers of rooms on several nodes in memory: they come, talk, lose their sockets, come back.

Owns `Meeting`, a `World` whose sockets are peers. Each keeps what it heard as the history checker
reads it (tests/history/peers.py).
"""

from __future__ import annotations

from typing import Any

import msgspec
import trio

from matchd.domain.groups import GroupKey, Topology
from matchd.errors import Refusal
from matchd.protocol.news import Close
from matchd.services.group_session import GroupSession
from matchd.services.groups import Visit
from tests.history.peers import Ear
from tests.services.several import Node, World


class Socket:
    """A peer's socket at a node; a close is answered by leaving, as the edge sees to it."""

    def __init__(self, meeting: Meeting, node: Node) -> None:
        self.node = node
        self.heard: list[dict[str, Any]] = []
        self.code: Close | None = None
        self.ear: Ear | None = None
        self.session: GroupSession | None = None
        self._meeting = meeting

    def put(self, text: bytes) -> None:
        """Record a frame."""
        frame = msgspec.json.decode(text)
        self.heard.append(frame)
        if self.ear is not None:
            self.ear.heard.append(frame)

    def close(self, code: Close, reason: str) -> None:  # noqa: ARG002  # as outboxes do
        """Record the first close, and leave."""
        if self.code is None:
            self.code = code
            self._meeting.nursery.start_soon(self._meeting.lose, self)

    @property
    def peer(self) -> str:
        """The id it was assigned."""
        first = self.heard[0]
        name: str = first.get("IdAssigned") or first["peerId"]
        return name

    @property
    def resume(self) -> str:
        """How to come back."""
        text: str = self.heard[0]["resume"]
        return text

    @property
    def news(self) -> list[dict[str, Any]]:
        """What it heard after the first word."""
        return self.heard[1:]

    def say(self, to: str, data: object) -> None:
        """Send a signal."""
        assert self.session is not None
        words: object = {"Signal": {"receiver": to, "data": data}}
        if self.session.dialect.native:
            words = {"type": "signal", "to": to, "data": data}
        self.session.receive(msgspec.json.encode(words).decode())


class Meeting(World):
    """Nodes, their store, and peers."""

    def __init__(self, nursery: trio.Nursery, seed: int = 0, *, slow: float = 0.0) -> None:
        super().__init__(nursery, seed, slow=slow)
        self.open: list[Socket] = []
        self.histories: dict[str, Ear] = {}

    async def come(
        self,
        node: Node,
        room: str = "r",
        *,
        next: int = 0,  # noqa: A002  # the wire's name
        native: bool = False,
        resume: str | None = None,
        account: str | None = None,
    ) -> Socket:
        """A peer comes to a room by a node."""
        began = trio.current_time()
        socket = Socket(self, node)
        key = GroupKey("test", room, next, Topology.MESH)
        visit = Visit(
            key=key,
            caller=msgspec.structs.replace(node.house.auth.guest("192.0.2.9"), account=account),
            limit=64,
            native=native,
            resume=resume,
        )
        socket.session = await node.house.groups.admit(visit, socket)
        self._note(socket, room, began)
        if not node.alive:
            raise Refusal
        self.open.append(socket)
        if socket.code is not None:
            self.nursery.start_soon(self.lose, socket)
        return socket

    async def lose(self, socket: Socket, *, clean: bool = False) -> None:
        """A socket's end has come; on a node that is dead nobody sees to it."""
        if socket in self.open:
            self.open.remove(socket)
            await socket.node.awake.wait()
            if socket.node.alive and socket.session is not None:
                if clean:
                    socket.session.say_goodbye()
                await socket.node.house.groups.leave(socket.session)

    def kill(self, node: Node) -> None:
        """A node and its sockets are gone."""
        super().kill(node)
        self.open = [socket for socket in self.open if socket.node is not node]

    async def ghosts(self) -> set[str]:  # type: ignore[override]  # peers here, not addresses
        """Places the store has of peers who are not there, and peers without a place."""
        groups = self.store.pool.groups.records.values()
        placed = {peer for group in groups for peer in group.members}
        return placed ^ {socket.peer for socket in self.open}

    def _note(self, socket: Socket, room: str, began: float) -> None:
        name = socket.peer
        ear = self.histories.get(name)
        if ear is None:
            ear = self.histories[name] = Ear(name, room, began, trio.current_time())
        ear.heard += socket.heard
        socket.ear = ear

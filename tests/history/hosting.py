"""A load's host: beats to any node, keeps a socket open at one of them, answers who speaks to it.

Its manners are a part of its number: some say busy and idle, some report their slots, some say idle in
every beat as the specification's do, some say goodbye at times. Only tests import this module.
"""

from __future__ import annotations

import random

import trio

from tests.daemon.clients import Json
from tests.history.nodes import Nodes
from tests.history.record import Asked, Heard, Kind, Operation, Told
from tests.history.talk import Talk

CAPACITIES = (1, 2, 1, 4)


class Host:
    """One host PC. `stopped` is set when the load ends."""

    def __init__(
        self, nodes: Nodes, number: int, seed: int, *, secret: str, interval: float
    ) -> None:
        self.id = f"host-{seed}-{number}"
        self.room = f"room-{seed}-{number}"
        self.capacity = CAPACITIES[number % len(CAPACITIES)]
        self.stopped = False
        self._nodes = nodes
        self._rng = random.Random(f"{seed} host {number}")
        self._headers = {"Authorization": f"Bearer {secret}"}
        self._interval = interval
        self._says_idle = number % 4 == 0
        self._vouches = number % 4 in (1, 2)
        self._reports_slots = number % 4 == 3
        self._says_goodbye = number % 6 == 5
        self._players: dict[str, str] = {}
        self._words: list[tuple[str, str]] = []

    async def beat(self) -> None:
        """Beat until the load ends, and say between beats what is to be said."""
        while not self.stopped:
            await self._beat_once()
            while self._words:
                await self._say(*self._words.pop(0))
            await trio.sleep(self._interval * self._rng.uniform(0.5, 1.5))
            if self._says_goodbye and self._rng.random() < 0.05:
                await self._say_goodbye()

    async def attend(self) -> None:
        """Keep a socket open until the load ends; go elsewhere when it drops."""
        pause, node = 0.05, ""
        while not self.stopped:
            node = self._nodes.pick(self._rng, node)
            asked = Asked(host=self.id, room=self.room)
            target = f"/?roomId={self.room}"
            socket = await self._nodes.open(self.id, node, asked, target, self._headers)
            if socket is None:
                await trio.sleep(pause * self._rng.uniform(0.5, 1))
                pause = min(pause * 2, 1.0)
                continue
            pause = 0.05
            self._players.clear()
            await self._nodes.close(socket, await self._answer(Talk(self._nodes, socket)))

    async def _answer(self, talk: Talk) -> int:
        """Answer whoever speaks until the socket ends; its close code."""
        while not isinstance(heard := await talk.hear(), int):
            if heard.kind is Kind.JOINED:
                self._players[heard.peer] = heard.booking
                if self._vouches and self._rng.random() < 0.5:
                    self._words.append(("busy", heard.booking))
            elif heard.kind is Kind.LEFT:
                booking = self._players.pop(heard.peer, "")
                if self._vouches and booking:
                    self._words.append(("idle", booking))
            elif heard.kind is Kind.SIGNAL:
                await self._reply(talk, heard)
        return heard

    async def _reply(self, talk: Talk, heard: Heard) -> None:
        booking = self._players.get(heard.peer, "")
        kind = "answer" if self._rng.random() < 0.5 else "candidate"
        for _ in range(self._rng.randrange(1, 3)):
            await talk.say(kind, booking, heard.peer)

    async def _beat_once(self) -> None:
        asked = Asked(
            host=self.id,
            room=self.room,
            capacity=self.capacity,
            word="idle" if self._says_idle else "",
        )
        body: Json = {"hostId": self.id, "roomId": self.room, "capacity": self.capacity}
        if self._says_idle:
            body["status"] = "idle"
        if self._reports_slots:
            body["availableSlots"] = max(0, self.capacity - len(self._players))
        await self._ask(Operation.BEAT, asked, ("POST", "/api/host/heartbeat", body))

    async def _say(self, word: str, booking: str) -> None:
        body = {"hostId": self.id, "status": word, "bookingId": booking}
        asked = Asked(host=self.id, word=word, booking=booking)
        await self._ask(Operation.STATUS, asked, ("POST", "/api/host/status", body))

    async def _say_goodbye(self) -> None:
        request = ("DELETE", f"/api/host/{self.id}", None)
        await self._ask(Operation.GOODBYE, Asked(host=self.id), request)

    async def _ask(
        self, operation: Operation, asked: Asked, request: tuple[str, str, Json | None]
    ) -> None:
        await self._nodes.ask(
            self.id,
            self._nodes.pick(self._rng),
            operation,
            asked,
            request=request,
            headers=self._headers,
            read=_read,
        )


def _read(status: int, body: Json) -> Told:
    live = tuple(booking["id"] for booking in body.get("bookings", ()))
    return Told(status=status, code=body.get("code", ""), live=live)

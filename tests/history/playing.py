"""A load's players and lookers: who finds matches, plays them or not, and asks where they stand.

A player makes one match after the other, each by its seed: with a key or without, waiting or not, given
back, played, left in order or without a word. An unknown answer is asked for again by the same key at
another node. Only tests import this module.
"""

from __future__ import annotations

import json
import random

import msgspec
import trio

from tests.daemon.clients import Json
from tests.history.nodes import Nodes
from tests.history.record import Asked, Operation, Told
from tests.history.talk import Talk

WISHES: tuple[Json, ...] = ({}, {}, {"wait": 1}, {"async": True}, {"region": "local"})


class Match(msgspec.Struct, frozen=True):
    """A booking that a player was given, and what opens it."""

    booking: str
    grant: str
    host: str
    room: str
    path: str


class Book:
    """The matches that all players were given, for lookers."""

    def __init__(self) -> None:
        self.matches: list[Match] = []


class Caller:
    """What players and lookers ask."""

    def __init__(self, name: str, nodes: Nodes, book: Book, rng: random.Random) -> None:
        self.name = name
        self.stopped = False
        self.nodes = nodes
        self.book = book
        self.rng = rng

    async def look(self, booking: str, grant: str, wait: int = 0) -> tuple[Told | None, Json]:
        """Ask where a booking stands."""
        target = f"/api/match/{booking}" + (f"?wait={wait}" if wait else "")
        return await self.nodes.ask(
            self.name,
            self.nodes.pick(self.rng),
            Operation.LOOK,
            Asked(booking=booking),
            request=("GET", target, None),
            headers={"Authorization": f"Bearer {grant}"},
            read=read_booking,
            longer=wait,
        )

    async def release(self, match: Match) -> None:
        """Give a booking back."""
        await self.nodes.ask(
            self.name,
            self.nodes.pick(self.rng),
            Operation.RELEASE,
            Asked(booking=match.booking),
            request=("POST", f"/api/match/{match.booking}/release", None),
            headers={"Authorization": f"Bearer {match.grant}"},
            read=read_booking,
        )

    async def find(self, key: str, wish: Json, node: str) -> tuple[Told | None, Json]:
        """Ask for a match."""
        return await self.nodes.ask(
            self.name,
            node,
            Operation.FIND,
            Asked(key=key, body=json.dumps(wish)),
            request=("POST", "/api/match/find", wish),
            headers={"Idempotency-Key": key} if key else {},
            read=read_booking,
            longer=wish.get("wait", 0),
        )


class Looker(Caller):
    """Asks again and again where the newest bookings stand."""

    async def run(self, pace: float) -> None:
        """Look until the load ends, then once more at everything."""
        while not self.stopped:
            recent = self.book.matches[-20:]
            if recent:
                match = self.rng.choice(recent)
                await self.look(match.booking, match.grant)
            await trio.sleep(pace * self.rng.uniform(0.5, 1.5))

    async def look_at_all(self) -> None:
        """Ask once for every booking of the load."""
        for match in list(self.book.matches):
            await self.look(match.booking, match.grant)


class Player(Caller):
    """Finds and plays one match after the other."""

    async def run(self, pace: float) -> None:
        """Play until the load ends."""
        turn = 0
        while not self.stopped:
            turn += 1
            key = f"{self.name}-turn-{turn}-of-the-load" if self.rng.random() < 0.8 else ""
            wish = self.rng.choice(WISHES)
            match = await self._find(key, wish)
            if match is not None:
                self.book.matches.append(match)
                await self._use(match, key, wish)
            await trio.sleep(pace * self.rng.uniform(0.5, 1.5))

    async def _find(self, key: str, wish: Json) -> Match | None:
        node = self.nodes.pick(self.rng)
        told, body = await self.find(key, wish, node)
        for _ in range(5):
            if told is not None and told.status < 500:
                break
            if not key or self.stopped:
                return None
            await trio.sleep(0.2)
            node = self.nodes.pick(self.rng, node)
            told, body = await self.find(key, wish, node)
        if told is None or told.status >= 400:
            return None
        return await self._wait(body) if told.state == "waiting" else _match(body, body["grant"])

    async def _wait(self, place: Json) -> Match | None:
        """Follow a place in the line for a while; who gives up leaves it in order, or just goes."""
        booking, grant = place["bookingId"], place["grant"]
        for _ in range(4):
            told, body = await self.look(booking, grant, wait=1)
            if told is not None and told.state in ("held", "connected"):
                return _match(body, grant)
        if self.rng.random() < 0.7:
            await self.release(Match(booking, grant, "", "", ""))
        return None

    async def _use(self, match: Match, key: str, wish: Json) -> None:
        chance = self.rng.random()
        if key and chance < 0.3:
            await self.find(key, wish, self.nodes.pick(self.rng))
        if chance < 0.15:
            await self.release(match)
        elif chance < 0.9:
            await self._play(match)

    async def _play(self, match: Match) -> None:
        """Talk to the host over one socket after the other, then leave."""
        node = ""
        for _ in range(4):
            node = self.nodes.pick(self.rng, node)
            asked = Asked(booking=match.booking, room=match.room)
            target = f"{match.path}?roomId={match.room}"
            socket = await self.nodes.open(self.name, node, asked, target, {})
            if socket is not None:
                code = await self._talk(Talk(self.nodes, socket), match)
                vanishes = code == 1000 and self.rng.random() < 0.3
                await self.nodes.close(socket, -1 if vanishes else code)
                if code in (1000, 4410, 4409):
                    break
            if self.stopped:
                break
            await trio.sleep(0.2 * self.rng.uniform(0.5, 1.5))
        if self.rng.random() < 0.6:
            await self.release(match)

    async def _talk(self, talk: Talk, match: Match) -> int:
        """Say some things and hear what comes; the close code, 1000 when the player has had enough."""
        codes: list[int] = []

        async def hear() -> None:
            while not isinstance(heard := await talk.hear(), int):
                pass
            codes.append(heard)
            nursery.cancel_scope.cancel()

        # One task hears while the other speaks, as in any client.
        async with trio.open_nursery() as nursery:
            nursery.start_soon(hear)
            for _ in range(self.rng.randrange(1, 12)):
                await talk.say(self.rng.choice(("offer", "candidate")), match.host)
                await trio.sleep(0.1 * self.rng.random())
                if self.stopped:
                    break
            nursery.cancel_scope.cancel()
        return codes[0] if codes else 1000


def read_booking(status: int, body: Json) -> Told:
    """What the history keeps of an answer about a booking."""
    return Told(
        status=status,
        code=body.get("code", ""),
        booking=body.get("bookingId", ""),
        host=body.get("hostId") or "",
        room=body.get("roomId") or "",
        state="waiting" if status == 202 else body.get("state", ""),
        cause=body.get("cause") or "",
    )


def _match(body: Json, grant: str) -> Match:
    path = "/" + body["signalingUrl"].split("/", 3)[3]
    return Match(body["bookingId"], grant, body["hostId"], body["roomId"], path)

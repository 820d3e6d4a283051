"""Sockets of every dialect that were let in: who they are, what may be said there, and about what."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import trio

from matchd.protocol import chat, events, games, groups, rooms
from tests.house import PLAYER_ADDRESS, SECRET, House
from tests.web.client import Client
from tests.web.people import Key, enter

Json = dict[str, Any]
KEYS = (Key("ann"), Key("bob"))


class Seat(msgspec.Struct, frozen=True):
    """Where a socket goes, what it may say (a type), and words that mean something there."""

    target: str
    kind: object
    words: tuple[str, ...]
    headers: tuple[str, ...] = ()


class Table:
    """Two players of a house, known by their keys, and what they need to meet."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._client = Client(house, PLAYER_ADDRESS)
        self.people: list[Json] = []
        self.lobby = self.chat = ""

    async def sit(self, *keys: Key) -> None:
        """Two log in, for the first time or again: tokens end."""
        self.people = [(await enter(self._client, key)).json for key in keys]

    def token(self, number: int) -> str:
        """A player's token."""
        return str(self.people[number]["token"])

    def names(self) -> tuple[str, ...]:
        """How the two are called."""
        accounts = [one["account"] for one in self.people]
        return tuple(str(one[key]) for one in accounts for key in ("id", "name"))

    async def leave_lobby(self) -> None:
        """Both leave the lobby of the last time, if they still are in it."""
        for one in (0, 1):
            path = f"/lobbies/{self.lobby}/leave"
            await self._client.ask("POST", path, bearer=self.token(one))

    async def leave_chat(self) -> None:
        """Both leave the room of the last time: nobody may be in ever more of them."""
        for one in (0, 1):
            await self._client.ask("DELETE", f"/chat/leave/{self.chat}", bearer=self.token(one))

    async def ask(self, number: int, path: str, body: object = None) -> Json:
        """A request of a player, made again until what he did before is over."""
        for _ in range(20):
            answer = await self._client.ask("POST", path, body, bearer=self.token(number))
            if answer.status not in (409, 429):
                break
            await trio.sleep(answer.json.get("retryAfter", 30))
        assert answer.status < 300, answer.body
        return dict(answer.json or {})


async def signaling(table: Table, rng: random.Random) -> list[Seat]:
    """A host and his player."""
    house, name = table.house, f"h{rng.randrange(1 << 60)}"
    await house.beat(name, region=name)
    found = await house.find(house.player(table.people[0]["account"]["id"]), region=name)
    words = ("offer", "peer-joined", "schema-error", "bye", found.booking_id, "p1")
    credential = f"Authorization: Bearer {SECRET}"
    host = Seat(f"/?roomId={found.room_id}", rooms.Signal, words, (credential,))
    return [host, Seat(f"/signal/{found.grant}?roomId={found.room_id}", rooms.Signal, words)]


async def event_sockets(table: Table, _rng: random.Random) -> list[Seat]:
    """Two players who hear what happens."""
    words = (table.token(0), table.token(1), "a.b.c")
    return [Seat(f"/events?token={table.token(one)}", events.Reauth, words) for one in (0, 1)]


async def chats(table: Table, rng: random.Random) -> list[Seat]:
    """Two members of a chat room."""
    await table.leave_chat()
    room = table.chat = f"room{rng.randrange(1 << 60)}"
    await table.ask(0, f"/chat/create/{room}", {})
    await table.ask(0, f"/chat/adduser/{room}/{table.people[1]['account']['name']}", {})
    words = (room, "no-such-room", "hello", *table.names(), table.token(0), f"@{table.names()[3]}")
    return [Seat(f"/chat/connect?token={table.token(one)}", chat.Action, words) for one in (0, 1)]


async def peers(table: Table, rng: random.Random) -> list[Seat]:
    """Peers of a room in both dialects."""
    native, old = groups.NativeSignal, groups.MatchboxRequest
    words = ("00000000-0000-0000-0000-000000000000", "p1", table.token(0))
    room = f"/matchbox/r{rng.randrange(1 << 60)}"
    return [Seat(room, old, words), Seat(room, old, words), Seat(f"{room}?v=1", native, words)]


async def lobbies(table: Table, _rng: random.Random) -> list[Seat]:
    """Two members of a lobby, one in each dialect."""
    await table.leave_lobby()
    made = await table.ask(0, "/lobbies", {"is_private": False, "game_id": "chess"})
    table.lobby = made["id"]
    await table.ask(1, f"/lobbies/{made['id']}/join", {})
    words = ("00000000-0000-0000-0000-000000000000", *table.names())
    places = ((groups.MatchboxRequest, ""), (groups.NativeSignal, "&v=1"))
    return [
        Seat(f"/lobby/{made['id']}?token={table.token(one)}{more}", kind, words)
        for one, (kind, more) in enumerate(places)
    ]


async def matches(table: Table, _rng: random.Random) -> list[Seat]:
    """The two players of a game: new ones, since those who left one have to wait. Whoever was put back
    into the queue by the end of a former game may come between them.
    """
    for _ in range(5):
        await table.sit(Key("ann"), Key("bob"))
        await table.ask(0, "/game/join/")
        joined = await table.ask(1, "/game/join/")
        if "game_id" in joined:
            break
        await table.ask(1, "/game/leave/")
    words = ("finish", "left", "right", *table.names(), table.token(0))
    return [
        Seat(f"/ws/game/{joined['game_id']}?token={table.token(one)}", games.Said, words)
        for one in (0, 1)
    ]


Scene = Callable[[Table, random.Random], Awaitable[list[Seat]]]
SCENES: dict[str, Scene] = {
    "signaling": signaling,
    "events": event_sockets,
    "chat": chats,
    "matchbox": peers,
    "lobby": lobbies,
    "game": matches,
}

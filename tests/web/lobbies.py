"""Players in lobbies at the HTTP edge, and who listens there. For tests only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import msgspec
import trio

from matchd.domain.addresses import Networks
from matchd.domain.ids import AccountId
from tests.house import HOST_ADDRESS, House
from tests.web.client import Answer, Client, scope_of
from tests.web.people import Key, enter, sign_up

FREE = Networks((HOST_ADDRESS,))
Json = dict[str, Any]


class Hall:
    """Some players, each with his token, whom no limit stops unless `free` is false."""

    def __init__(self, house: House, *, free: bool = True) -> None:
        if free:
            house.change(exempt=FREE)
        self.house = house
        self.client = Client(house)
        self.tokens: dict[str, str] = {}
        self.ids: dict[str, AccountId] = {}
        self.keys: dict[str, Key] = {}

    async def add(self, *names: str) -> None:
        """Sign players up."""
        for name in names:
            made = await sign_up(self.client, name)
            self.tokens[name], self.ids[name] = made["token"], AccountId(made["account"]["id"])

    async def add_keys(self, *names: str) -> None:
        """Players who are a key."""
        for name in names:
            key = self.keys[name] = Key(name)
            made = (await enter(self.client, key)).json
            self.tokens[name], self.ids[name] = made["token"], AccountId(made["account"]["id"])

    async def say(
        self, who: str | None, method: str, path: str, body: object = None, **headers: str
    ) -> Answer:
        """One request of a player's, or of a guest's."""
        bearer = None if who is None else self.tokens[who]
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.ask(method, path, body, bearer=bearer, headers=named)

    async def make(self, who: str, **fields: object) -> Json:
        """A new lobby, public if nothing else is said."""
        answer = await self.try_to_make(who, **fields)
        assert answer.status == 200, answer.body
        return answer.json

    async def try_to_make(self, who: str, **fields: object) -> Answer:
        """The same, which may be refused."""
        body = {"is_private": False, "game_id": "chess"} | fields
        return await self.say(who, "POST", "/lobbies", body)

    async def do(
        self, who: str | None, lobby: Json, verb: str, body: object = None, method: str = "POST"
    ) -> Answer:
        """A verb of a lobby; an empty one is the lobby itself."""
        return await self.say(who, method, f"/lobbies/{lobby['id']}/{verb}".rstrip("/"), body)

    async def join(self, who: str, lobby: Json, password: str | None = None) -> tuple[int, str]:
        """Come in: how it is answered."""
        body = None if password is None else {"password": password}
        return told(await self.do(who, lobby, "join", body))

    async def look(self, who: str | None, lobby: Json) -> Json | None:
        """What somebody is shown of a lobby; None when it is not there for him."""
        answer = await self.do(who, lobby, "", method="GET")
        if answer.status == 404:
            assert answer.code == "unknown_lobby"
            return None
        assert answer.status == 200
        return answer.json

    async def listed(self, who: str | None, query: str = "") -> list[str]:
        """The names of the lobbies that somebody is listed."""
        answer = await self.say(who, "GET", f"/lobbies{query}")
        assert answer.status == 200, answer.body
        return [line["name"] for line in answer.lines]


def told(answer: Answer) -> tuple[int, str]:
    """The status, and the code of an error."""
    return answer.status, answer.code if answer.status >= 400 else ""


def names(lobby: Json | None) -> list[str]:
    """Who is in a lobby, as its viewer is told."""
    assert lobby is not None
    return [player["name"] for player in lobby["players"]]


class Ear:
    """One end of a stream of events."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.text = ""
        self.events: list[Json] = []
        self.ended = False
        self.hang_up = trio.Event()
        self._changed = trio.Event()
        self._asked = False
        self._rest = ""

    @property
    def last(self) -> str:
        """The id of the last event."""
        return str(self.events[-1]["id"])

    def said(self) -> list[tuple[str, str]]:
        """Each event's type, and the lobby that it is about."""
        return [(one["type"].partition(".")[2], about(one)) for one in self.events]

    async def receive(self) -> Json:
        """The request's empty body, then the end when the client hangs up."""
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.hang_up.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Json) -> None:
        """Take in what is answered."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {n.decode().lower(): v.decode() for n, v in message["headers"]}
        else:
            text = message.get("body", b"").decode()
            self.text += text
            *whole, self._rest = (self._rest + text).split("\n\n")
            self.events += [event for event in map(parsed, whole) if event is not None]
            self.ended = not message.get("more_body", False)
        self._changed.set()
        self._changed = trio.Event()
        await trio.lowlevel.checkpoint()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something to be heard."""
        with trio.fail_after(20):
            while not condition():
                await self._changed.wait()

    async def heard(self, kind: str, lobby: str) -> Json:
        """Wait for an event about a lobby, and return it."""
        await self.until(lambda: (kind, lobby) in self.said())
        return self.events[self.said().index((kind, lobby))]


def parsed(text: str) -> Json | None:
    """An event of a stream; its data says the same of it as its lines do."""
    fields = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
    if "data" not in fields:
        return None
    event: Json = msgspec.json.decode(fields["data"])
    assert (event["id"], event["type"]) == (fields["id"], fields["event"])
    return event


def about(event: Json) -> str:
    """The lobby's id; of a snapshot how many there are."""
    if "lobbies" in event:
        return str(len(event["lobbies"]))
    return str(event["lobby"]["id"] if "lobby" in event else event["lobbyId"])


@asynccontextmanager
async def listening(
    hall: Hall, who: str | None, query: str = "", last: str | None = None
) -> AsyncIterator[Ear]:
    """Somebody listens, while the feed of the house runs."""
    ear = Ear()
    sent = {} if who is None else {"authorization": f"Bearer {hall.tokens[who]}"}
    if last is not None:
        sent["last-event-id"] = last
    scope = scope_of("GET", f"/lobbies/stream{query}", sent, HOST_ADDRESS)
    run = cast("Callable[..., Awaitable[None]]", hall.house.http._run)
    # The stream and what feeds it are tasks beside the test's own.
    async with trio.open_nursery() as nursery:
        nursery.start_soon(hall.house.lobbies.feed.run)
        nursery.start_soon(run, scope, ear.receive, ear.send, None, None)
        await ear.until(lambda: bool(ear.events) or ear.ended or last is not None)
        yield ear
        nursery.cancel_scope.cancel()

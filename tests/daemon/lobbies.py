"""Lobbies at a running daemon: short words, and a stream over a real connection. For tests only."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import h11
import trio

from tests.daemon.clients import PATIENCE, Http, Json
from tests.daemon.people import sign_up
from tests.daemon.process import Daemon
from tests.web.lobbies import about, parsed


async def make(daemon: Daemon, token: str, **fields: Any) -> Json:
    """A new lobby, public if nothing else is said."""
    body = {"is_private": False, "game_id": "chess"} | fields
    answer = await daemon.ask("POST", "/lobbies", body, bearer=token)
    assert answer.status == 200, answer
    made: Json = answer.json()
    return made


async def do(
    daemon: Daemon,
    token: str,
    lobby: Json,
    verb: str,
    body: object = None,
    *,
    method: str = "POST",
) -> int:
    """A verb of a lobby: how it is answered."""
    path = f"/lobbies/{lobby['id']}/{verb}".rstrip("/")
    return (await daemon.ask(method, path, body, bearer=token)).status


async def lobby_of(daemon: Daemon, *names: str) -> tuple[Json, list[str]]:
    """The first one's lobby with all in it, and their tokens."""
    tokens = [(await sign_up(daemon, name))["token"] for name in names]
    made = await make(daemon, tokens[0])
    for token in tokens[1:]:
        assert await do(daemon, token, made, "join") == 200
    return made, tokens


async def look(daemon: Daemon, token: str, lobby: Json) -> Json | None:
    """What somebody is shown of a lobby; None when there is none for him."""
    answer = await daemon.ask("GET", f"/lobbies/{lobby['id']}", bearer=token)
    found: Json = answer.json()
    return found if answer.status == 200 else None


class Stream:
    """Events as they come; `ended` once the server has ended the answer in good order."""

    def __init__(self, http: Http) -> None:
        self.events: list[Json] = []
        self.ended = False
        self._http = http
        self._rest = ""

    @property
    def last(self) -> str:
        """The id of the last event."""
        return str(self.events[-1]["id"])

    def said(self) -> list[tuple[str, str]]:
        """Each event's type, and the lobby that it is about."""
        return [(one["type"].partition(".")[2], about(one)) for one in self.events]

    async def heard(self, kind: str, lobby: str) -> Json:
        """Wait for an event about a lobby, and return it."""
        with trio.fail_after(PATIENCE):
            while (kind, lobby) not in self.said():
                await self.read()
        return self.events[self.said().index((kind, lobby))]

    async def read(self) -> None:
        """Take in what comes next."""
        event = await self._http._next()
        if not isinstance(event, h11.Data):
            self.ended = True
            assert isinstance(event, h11.EndOfMessage), "the stream was cut off"
            return
        *whole, self._rest = (self._rest + bytes(event.data).decode()).split("\n\n")
        self.events += [found for found in map(parsed, whole) if found is not None]

    async def until_ended(self) -> None:
        """Wait for the end."""
        with trio.fail_after(PATIENCE):
            while not self.ended:
                await self.read()


@asynccontextmanager
async def listening(
    daemon: Daemon, token: str | None = None, last: str | None = None
) -> AsyncIterator[Stream]:
    """Somebody listens; without `last` he has heard the snapshot."""
    headers = {"Accept": "text/event-stream"} | ({} if last is None else {"Last-Event-ID": last})
    async with daemon.http() as http:
        await http.send("GET", "/lobbies/stream", bearer=token, headers=headers)
        with trio.fail_after(PATIENCE):
            head = await http._next()
            assert isinstance(head, h11.Response)
            assert head.status_code == 200, json.dumps(head.status_code)
            stream = Stream(http)
            while last is None and not stream.events:
                await stream.read()
        yield stream

"""Players at running daemons: what the given document's client does, in Python. For tests only."""

from __future__ import annotations

import json
from typing import Any

import trio
from trio_websocket import ConnectionClosed

from tests.daemon.clients import PATIENCE, Signaling
from tests.daemon.people import sign_up
from tests.daemon.process import Daemon


class GameClient:
    """What the given document's client does: join, open the socket, get ready, move; it reads flat
    messages by their `type`, and knows no others than those three.
    """

    def __init__(self, daemon: Daemon, tokens: dict[str, Any]) -> None:
        self.daemon = daemon
        self.id = str(tokens["account"]["id"])
        self.token = str(tokens["token"])
        self.heard: list[dict[str, Any]] = []
        self.closed: int | None = None
        self.socket: Signaling | None = None
        self._changed = trio.Event()

    async def join_queue(self) -> dict[str, Any]:
        """A POST without a body."""
        answer = await self.daemon.ask("POST", "/game/join/", bearer=self.token)
        assert answer.status == 200, answer
        told: dict[str, Any] = answer.json()
        return told

    async def connect_to_game(
        self, game: str, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Listen until the socket is closed."""
        self.closed = None
        path = f"/ws/game/{game}/?token={self.token}"
        async with self.daemon.signaling(path) as self.socket:
            task_status.started()
            try:
                while True:
                    self.heard.append(json.loads(await self.socket.receive()))
                    self._wake()
            except ConnectionClosed as end:
                self.closed = end.reason.code if end.reason is not None else 0
                self._wake()

    async def send(self, kind: str, **fields: object) -> None:
        """Say something."""
        assert self.socket is not None
        await self.socket.send({"type": kind, **fields})

    async def until(self, kind: str, times: int = 1) -> dict[str, Any]:
        """Wait for the message of a type."""
        with trio.fail_after(PATIENCE):
            while len(found := [one for one in self.heard if one["type"] == kind]) < times:
                await self._changed.wait()
        return found[times - 1]

    async def until_closed(self) -> int:
        """Wait for the end of the socket."""
        with trio.fail_after(PATIENCE):
            while self.closed is None:
                await self._changed.wait()
        return self.closed

    def _wake(self) -> None:
        self._changed.set()
        self._changed = trio.Event()


async def two(daemon: Daemon) -> tuple[GameClient, GameClient, str]:
    """Ann and bob, matched."""
    ann, bob = [GameClient(daemon, await sign_up(daemon, name)) for name in ("ann", "bob")]
    assert (await ann.join_queue())["queued"] is True
    game = (await bob.join_queue())["game_id"]
    assert (await ann.join_queue())["game_id"] == game
    return ann, bob, str(game)


async def start(nursery: trio.Nursery, game: str, *players: GameClient) -> None:
    """They connect and get ready."""
    for player in players:
        await nursery.start(player.connect_to_game, game)
    for player in players:
        await player.send("player_ready")
    for player in players:
        await player.until("game_start")

"""Programs that behave exactly like the specification's own clients, values included.

`FirstHost` is its real host (era A), `SecondHost` the heartbeat client of the host that followed
(era B), `Browser` its web client; what they do and don't is written in reference/backends.md 3.3 and
3.6. They know nothing of matchd's additions: unknown fields and control actions are ignored.
Timers are left out: the test says when a beat is due. Only tests import this module.
"""

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import trio
import trio_websocket

from tests.daemon.clients import PATIENCE, Answer, Json, Signaling
from tests.daemon.process import Daemon

ORIGIN = "https://games.example"
_SAFE_METHODS = ("GET", "HEAD", "POST")


class FirstHost:
    """Opens its socket first, without credentials, then beats; never reconnects, never says bye."""

    def __init__(self, daemon: Daemon, room: str) -> None:
        self.id = str(uuid.uuid4())
        self.room = room
        self.heard: list[Json] = []
        self.in_room = trio.Event()
        self.hang_up = trio.Event()
        self._daemon = daemon
        self._changed = trio.Event()

    async def beat(self) -> bool:
        """Send the constant heartbeat; only the status of the answer is looked at."""
        body = {
            "hostId": self.id,
            "roomId": self.room,
            "status": "idle",
            "region": "local",
            "capacity": 1,
            "availableSlots": 1,
        }
        secret = self._daemon.site.secret("host_secret")
        answer = await self._daemon.ask("POST", "/api/host/heartbeat", body, bearer=secret)
        return answer.status == 200

    async def run(self) -> None:
        """Answer offers until the socket closes; the host only logs that."""
        url = f"{self._daemon.site.ws_url}/?roomId={self.room}"
        async with self._daemon.signaling(url) as socket:
            self.in_room.set()
            try:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._converse, socket)
                    await self.hang_up.wait()
                    nursery.cancel_scope.cancel()
            except* trio_websocket.ConnectionClosed:
                pass

    async def until(self, kind: str) -> Json:
        """Wait for a message of this type and return the first."""
        with trio.fail_after(PATIENCE):
            await trio.lowlevel.checkpoint()
            while not (found := [m for m in self.heard if m["type"] == kind]):
                await self._changed.wait()
        return found[0]

    async def _converse(self, socket: Signaling) -> None:
        while True:
            message = json.loads(await socket.receive())
            self.heard.append(message)
            if message["type"] == "offer":
                await socket.send({"type": "answer", "sdp": f"answer to {message['sdp']}"})
                for number in range(2):
                    await socket.send(candidate(f"host {number}"))
            self._changed.set()
            self._changed = trio.Event()


@asynccontextmanager
async def first_host(daemon: Daemon, room: str = "aB3dE5gH") -> AsyncIterator[FirstHost]:
    """Start a host of era A: in its room, and not yet registered."""
    host = FirstHost(daemon, room)
    # The host runs beside the test.
    async with trio.open_nursery() as nursery:
        nursery.start_soon(host.run)
        with trio.fail_after(PATIENCE):
            await host.in_room.wait()
        yield host
        host.hang_up.set()


class SecondHost:
    """The heartbeat client of era B: `state` is the number of its peer's connection state."""

    CONNECTING, CONNECTED = 1, 3

    def __init__(self, daemon: Daemon) -> None:
        self.id = str(uuid.uuid4())
        self.room = uuid.uuid4().hex
        self.state = 0
        self._code = uuid.uuid4().hex
        self._daemon = daemon

    async def beat(self) -> bool:
        """Beat once and check the answer as that client does."""
        busy = self.state in (self.CONNECTING, self.CONNECTED)
        body = {
            "hostId": self.id,
            "roomId": self.room,
            "pairingCode": self._code,
            "status": "busy" if busy else "idle",
            "region": "local",
            "capacity": 1,
            "availableSlots": 0 if busy else 1,
        }
        secret = self._daemon.site.secret("host_secret")
        answer = await self._daemon.ask("POST", "/api/host/heartbeat", body, bearer=secret)
        # Its next call; a 404 there is a failed measurement and no failed beat.
        await self._daemon.ask("POST", "/api/v1/host/presence", {"hostId": self.id}, bearer=secret)
        return _is_second_hosts_success(answer)


def _is_second_hosts_success(answer: Answer) -> bool:
    if answer.status != 200 or len(answer.body) > 4096:
        return False
    body = answer.json()
    rotate = body.get("rotatePairingCode", False) if isinstance(body, dict) else None
    return isinstance(rotate, bool) and body.get("success") is True


class Browser:
    """The web client on a page of another origin."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    async def find(self) -> Any:
        """Ask for a match as fetch() does; the JSON is read whatever the status."""
        await self._preflight("POST", "/api/match/find", "content-type")
        headers = {"Origin": ORIGIN}
        answer = await self._daemon.ask("POST", "/api/match/find", {}, headers=headers)
        assert answer.headers["access-control-allow-origin"] in ("*", ORIGIN)
        return answer.json()

    @asynccontextmanager
    async def signaling(self, found: Json) -> AsyncIterator[Signaling]:
        """Open the socket at the plain concatenation, the room unencoded."""
        url = found["signalingUrl"] + "?roomId=" + found["roomId"]
        async with self._daemon.signaling(url, origin=ORIGIN) as socket:
            yield socket

    async def _preflight(self, method: str, target: str, *names: str) -> None:
        """Ask for leave, and look at the answer as browsers do (Fetch, 4.8)."""
        wanted = {
            "Origin": ORIGIN,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": ",".join(names),
        }
        answer = await self._daemon.ask("OPTIONS", target, headers=wanted)
        assert 200 <= answer.status < 300
        assert answer.headers["access-control-allow-origin"] in ("*", ORIGIN)
        methods = answer.headers["access-control-allow-methods"].replace(" ", "").split(",")
        assert method in (*_SAFE_METHODS, *methods)
        allowed = answer.headers["access-control-allow-headers"].lower().replace(" ", "")
        assert set(names) <= set(allowed.split(","))


def candidate(text: str) -> Json:
    """Make a candidate message."""
    return {"type": "candidate", "candidate": text, "sdpMid": "0", "sdpMLineIndex": 0}

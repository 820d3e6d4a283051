"""A house that a client calls in memory: every request and upgrade on a pair of memory streams.

HTTP goes through the ASGI client of `tests/web`, upgrades through the lines of `tests/ws`, so both
edges, the services and the store are the real ones. `Town` can be shut, as a server that is away, or
lose its next answers.
"""

from __future__ import annotations

import random
import ssl
from typing import Any

import h11
import trio
import trio.testing

from matchd.client import Client, HostDetails, Pace
from matchd.client.origin import Origin
from matchd.listener.peer import Peer
from tests.house import HOST_ADDRESS, SECRET, House
from tests.web.client import Client as Asgi
from tests.ws.client import Line, MemoryStream, read_head
from tests.ws.wires import Wire

URL = "https://play.example.net"
PC = HostDetails(host_id="h1", room_id="r-h1")


class Town:
    """A house, and the way to it. `lines` are its sockets, the latest last."""

    def __init__(self, nursery: trio.Nursery, house: House | None = None) -> None:
        self.house = house or House()
        self.shut = False
        self.asked: list[str] = []
        self.refusal: bytes | None = None
        self.lost, self.slow = 0, False
        self.lines: list[Line] = []
        self._nursery = nursery

    def client(self, credential: str | None = SECRET, **pace: float) -> Client:
        """A client of this house."""
        return Client(
            URL, credential=credential, pace=Pace(**pace), dice=random.Random(5), dial=self.dial
        )

    async def dial(self, _origin: Origin, _tls: ssl.SSLContext | None) -> trio.abc.Stream:
        """Connect."""
        await trio.lowlevel.checkpoint()
        if self.shut:
            raise ConnectionRefusedError("Connection refused")
        client, server = trio.testing.memory_stream_pair()
        self._nursery.start_soon(self._serve, server)
        return client

    async def offered(self) -> list[str]:
        """The hosts that the house knows."""
        return [record.host_id for record in await self.house.hosts.page(None, 10)]

    def cut(self) -> None:
        """Every socket breaks."""
        for line in self.lines:
            line.held.abort()

    async def _serve(self, server: MemoryStream) -> None:
        head, raw = await read_head(server)
        self.asked.append(head.target)
        if self.refusal is not None:
            await server.send_all(self.refusal)
        elif head.get(b"upgrade") is not None:
            await self._upgrade(server, head, raw)
            return
        else:
            await self._answer(server, raw)
        await server.aclose()

    async def _upgrade(self, server: MemoryStream, head: Any, raw: bytes) -> None:
        line = Line(server, Wire(server, raw))
        self.lines.append(line)
        try:
            peer = Peer(HOST_ADDRESS, 50000, False, "192.0.2.254:443")
            await self.house.edge.serve(line.held, line.held, head, peer)
        except trio.BrokenResourceError:
            pass
        finally:
            line.held.abort()
            line.gone.set()

    async def _answer(self, server: MemoryStream, raw: bytes) -> None:
        state = h11.Connection(h11.SERVER)
        state.receive_data(raw)
        request = state.next_event()
        assert isinstance(request, h11.Request)
        body = b""
        while not isinstance(event := state.next_event(), h11.EndOfMessage):
            if isinstance(event, h11.Data):
                body += event.data
            else:
                state.receive_data(bytes(await server.receive_some()))
        headers = {name.decode(): value.decode() for name, value in request.headers}
        answer = await Asgi(self.house).ask(
            request.method.decode(), request.target.decode(), raw=body, headers=headers
        )
        if self.lost:
            self.lost -= 1
            await trio.sleep(3600 if self.slow else 0)
            return
        fields = [(name, value) for name, value in answer.headers if name != "content-length"]
        fields.append(("Content-Length", str(len(answer.body))))
        out = state.send(h11.Response(status_code=answer.status, headers=fields)) or b""
        await server.send_all(out + (state.send(h11.Data(data=answer.body)) or b""))

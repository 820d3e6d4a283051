"""One accepted connection, from its first byte to its last: who may come in, and who serves it.

Owns `Front`. Theory of operation: admit or turn away; guard; TLS; read until the first request is
whole; hand over to `serve_http` or `serve_websocket`, to the second also after the first; close, unless
the second has taken the connection over, and with it its place in the count. The express lane, if there
is one, has the connection before anyone reads, and leaves what is not for it; an upgrade that has come
with the connection is seen without it.
All of it happens behind a barrier: an exception ends its own connection, is reported once, and
never reaches the accept loop. A cancellation passes, and aborts the connection.

The edges are injected by `daemon.py`. Events counted through `Watch.on_event`: "turned_away",
"tls_handshake", "refused", "head_deadline", "body_deadline", "keep_alive_deadline",
"write_deadline", "peer_gone", "handover", "fault".
"""

import secrets
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

import trio

from matchd.listener.caps import Caps, Place
from matchd.listener.connection import Connection, Deadlines, Rest, ignore_answers
from matchd.listener.farewell import refuse, turn_away
from matchd.listener.guard import GuardedStream, ignore
from matchd.listener.heads import Limits, RequestHead
from matchd.listener.http_stream import HttpStream
from matchd.listener.peer import Peer, peer_of
from matchd.listener.refusal import Refusal
from matchd.listener.replay import ReplayStream
from matchd.listener.scanner import HeadScanner, whole_upgrade


class Express(Protocol):
    """The express lane, which serves every connection first."""

    async def serve(
        self, stream: trio.abc.Stream, guard: GuardedStream | None, peer: str
    ) -> Rest | None:
        """Serve it; None when it is over. `guard` is the stream itself where there is no TLS.

        Raises trio.BrokenResourceError or trio.ClosedResourceError when the peer is gone.
        """

    def drain(self) -> None:
        """Leave connections that are idle, and the others after their answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """The servers behind the door. All return when they are done with the stream."""

    serve_http: Callable[[HttpStream, Connection], Awaitable[None]]
    serve_websocket: Callable[[ReplayStream, RequestHead, Peer], Awaitable[None]]
    express: Express | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Where the listener reports: faults with their peer, and names of things that are counted."""

    on_fault: Callable[[BaseException, Peer], None]
    on_event: Callable[[str], None] = ignore

    def report(self, error: BaseException, peer: Peer) -> None:
        """A fault of ours has ended somebody's connection."""
        self.on_event("fault")
        self.on_fault(error, peer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules of the door: its limits, its deadlines, its TLS, its names for requests."""

    limits: Limits = field(default_factory=Limits)
    deadlines: Deadlines = field(default_factory=Deadlines)
    tls: ssl.SSLContext | None = None
    new_request_id: Callable[[], str] = lambda: secrets.token_hex(8)


class Front:
    """Serves connections; one for the whole daemon."""

    def __init__(self, edges: Edges, caps: Caps, watch: Watch, rules: Rules) -> None:
        """Take both edges and the rules. The TLS context is told to offer HTTP/1.1 only."""
        # fixed after construction
        self._edges = edges
        self._caps = caps
        self._watch = watch
        self._rules = rules
        # changed only in sync functions
        self._streams: set[HttpStream] = set()
        self._draining = False
        if rules.tls is not None:
            rules.tls.set_alpn_protocols(["http/1.1"])

    def drain(self) -> None:
        """End HTTP connections: idle ones now, the others after their answers."""
        self._draining = True
        if self._edges.express is not None:
            self._edges.express.drain()
        for stream in self._streams:
            stream.drain()

    async def handle(self, sock: socket.socket, *, tls: bool) -> None:
        """Serve one accepted, non-blocking socket to its end. Raises nothing but cancellation."""
        try:
            peer = peer_of(sock, tls=tls)
        except OSError:
            self._watch.on_event("peer_gone")
            sock.close()
            await trio.lowlevel.checkpoint()
            return
        place = self._caps.admit(peer)
        if isinstance(place, Refusal):
            self._watch.on_event("turned_away")
            turn_away(sock, None if tls else place.to_bytes(self._rules.new_request_id()))
            await trio.lowlevel.checkpoint()
            return
        try:
            await self._behind_barrier(sock, place)
        finally:
            if not place.taken:
                place.leave()

    async def _behind_barrier(self, sock: socket.socket, place: Place) -> None:
        # The guard's flusher lives beside us, and our abort ends it: a nursery for each connection is
        # a tenth of what an upgrade costs.
        nursery = trio.lowlevel.current_task().parent_nursery
        assert nursery is not None
        guard = GuardedStream(
            sock,
            nursery,
            write_deadline=self._rules.deadlines.write,
            on_event=self._watch.on_event,
        )
        try:
            await self._converse(guard, place)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            self._watch.on_event("peer_gone")
        except Exception as exc:
            self._watch.report(exc, place.peer)
        except BaseExceptionGroup as group:
            faults, others = group.split(Exception)
            if faults is not None:
                self._watch.report(faults, place.peer)
            if others is not None:
                raise others from None
        finally:
            guard.abort()
            guard.watch(ignore_answers)

    async def _converse(self, guard: GuardedStream, place: Place) -> None:
        peer = place.peer
        stream = await self._secure(guard) if peer.tls else guard
        if stream is not None:
            express, rest = self._edges.express, None
            if express is not None:
                upgrade = None if peer.tls or self._draining else self._first(guard.socket)
                if upgrade is None:
                    rest = await express.serve(stream, None if peer.tls else guard, peer.host)
                    if rest is None:
                        await guard.aclose()
                        return
                    upgrade = whole_upgrade(rest.unread, self._rules.limits)
                if upgrade is not None:  # nobody has to watch what comes in on it
                    await self._hand_over(stream, guard, place, *upgrade)
                    return
            http = await self._serve_http(stream, guard, peer, rest)
            match http.ending:
                case RequestHead() as head:
                    await self._hand_over(stream, guard, place, head, http.take_rest())
                    return
                case Refusal() as refusal:
                    answer = refusal.to_bytes(self._rules.new_request_id())
                    await refuse(stream, guard, answer, linger=self._rules.deadlines.linger)
                case None:
                    pass
        await guard.aclose()

    def _first(self, sock: socket.socket) -> tuple[RequestHead, bytes] | None:
        """The upgrade that a connection begins with if all of it is here, and what is here behind it;
        whatever else is here is left to be read.
        """
        try:
            data = sock.recv(self._rules.limits.head, socket.MSG_PEEK)
            upgrade = whole_upgrade(data, self._rules.limits)
            if upgrade is not None:
                sock.recv(len(data))
        except OSError:
            return None
        return upgrade

    async def _hand_over(
        self,
        stream: trio.abc.Stream,
        guard: GuardedStream,
        place: Place,
        head: RequestHead,
        rest: bytes,
    ) -> None:
        """Give a connection to the WebSocket edge, which may take it over; close what it leaves."""
        self._watch.on_event("handover")
        replay = ReplayStream(stream, guard, place, head=head.raw, rest=rest)
        await self._edges.serve_websocket(replay, head, place.peer)
        if not place.taken:
            await guard.aclose()

    async def _secure(self, guard: GuardedStream) -> trio.abc.Stream | None:
        """Shake hands; None if that failed."""
        assert self._rules.tls is not None
        stream = trio.SSLStream(guard, self._rules.tls, server_side=True, https_compatible=True)
        with (
            suppress(trio.BrokenResourceError, trio.ClosedResourceError),
            trio.move_on_after(self._rules.deadlines.handshake),
        ):
            await stream.do_handshake()
            return stream
        self._watch.on_event("tls_handshake")
        await trio.lowlevel.checkpoint()
        return None

    async def _serve_http(
        self, stream: trio.abc.Stream, guard: GuardedStream, peer: Peer, rest: Rest | None
    ) -> HttpStream:
        """Serve requests until there are none for the HTTP edge; its `ending` says what follows."""
        connection = Connection(peer)
        http = HttpStream(
            stream,
            guard,
            connection,
            HeadScanner(self._rules.limits),
            self._rules.deadlines,
            on_event=self._watch.on_event,
        )
        if rest is not None:
            http.resume(rest)
        self._streams.add(http)
        if self._draining:
            http.drain()
        try:
            await http.open()
            if http.has_request:
                with http.life:
                    await self._edges.serve_http(http, connection)
        finally:
            self._streams.discard(http)
            connection.watch(ignore_answers)  # no cycle is left for the collector
        return http

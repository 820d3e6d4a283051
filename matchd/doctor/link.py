"""One fresh socket to a TURN server: whole frames in and out, by UDP, TCP or TLS.

Every fault of the network, and bytes that are no frames, become a ProbeError whose text is the cause
for the administrator. Waits are bounded here, by PATIENCE. Imported by `client`.
"""

from __future__ import annotations

import errno
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Literal

import msgspec
import trio

from matchd.turn.stun import ChannelData, Message, StunError, decode_frame, frame_size

PATIENCE = 3.0
"""Seconds that a server has for an answer, and for taking a connection."""

Way = Literal["udp", "tcp", "tls"]

_OURS = frozenset(
    {errno.ENETUNREACH, errno.EAFNOSUPPORT, errno.EPERM, errno.EADDRNOTAVAIL, errno.EACCES}
)
"""What the network of this machine fails with, whatever the server does."""


class ProbeError(Exception):
    """A probe got no answer of use; the text says why, to stand behind "host:port/way: "."""


class NoNetwork(ProbeError):
    """This machine can't send there at all: nothing is known of the server."""


class Silence(ProbeError):
    """Nothing came back in time."""


class NoTls(ProbeError):
    """The TLS handshake failed; `unverified` when the certificate is why."""

    def __init__(self, cause: str, *, unverified: bool = False) -> None:
        super().__init__(cause)
        self.unverified = unverified


class Place(msgspec.Struct, frozen=True):
    """Where to: an address of the server, a port and a way, and the name its certificate must have."""

    address: str
    port: int
    way: Way
    host: str = ""

    def __str__(self) -> str:
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f"{address}:{self.port}/{self.way}"


class Link:
    """A socket that is open. Frames that are no STUN end a stream, and are passed over by UDP."""

    def __init__(self, end: trio.socket.SocketType | trio.abc.Stream) -> None:
        self._end = end
        self._buffer = bytearray()
        self.reliable = isinstance(end, trio.abc.Stream)
        self.tls = end if isinstance(end, trio.SSLStream) else None

    async def send(self, frame: bytes) -> None:
        """Send one frame; padded on a stream (RFC 8656, section 12.5)."""
        with faults():
            if isinstance(self._end, trio.abc.Stream):
                await self._end.send_all(frame + bytes(-len(frame) % 4))
            else:
                await self._end.send(frame)

    async def receive(self) -> tuple[Message | ChannelData, bytes]:
        """Wait for the next frame; as read, and as it came."""
        with faults():
            while True:
                data = await self._next()
                try:
                    return decode_frame(data), data
                except StunError as error:
                    if self.reliable:
                        raise ProbeError(f"what answers there speaks no STUN: {error}") from None

    async def _next(self) -> bytes:
        if not isinstance(self._end, trio.abc.Stream):
            return await self._end.recv(65536)
        await self._fill(self._end, 4)
        try:
            size = frame_size(bytes(self._buffer[:4]))
        except StunError as error:
            raise ProbeError(f"what answers there speaks no STUN: {error}") from None
        await self._fill(self._end, size)
        frame = bytes(self._buffer[:size])
        del self._buffer[:size]
        return frame

    async def _fill(self, stream: trio.abc.Stream, size: int) -> None:
        await trio.lowlevel.checkpoint()
        while len(self._buffer) < size:
            data = await stream.receive_some()
            if not data:
                raise ProbeError("the connection was closed instead of an answer")
            self._buffer += data


@asynccontextmanager
async def open_link(
    place: Place, trust: ssl.SSLContext | None = None, spent: set[int] | None = None
) -> AsyncIterator[Link]:
    """Connect from a fresh port. ProbeError, NoTls where TLS fails; `trust` are the roots believed,
    `spent` the UDP ports that were used before and are not used again: a server knows a relay that was
    given back for another second, by its port.
    """
    if place.way == "udp":
        with await _datagrams(place, set() if spent is None else spent) as sock:
            yield Link(sock)
        return
    stream = await _stream(place, trust)
    try:
        yield Link(stream)
    finally:
        await trio.aclose_forcefully(stream)


async def _datagrams(place: Place, spent: set[int]) -> trio.socket.SocketType:
    family = trio.socket.AF_INET6 if ":" in place.address else trio.socket.AF_INET
    while True:
        with faults():
            sock = trio.socket.socket(family, trio.socket.SOCK_DGRAM)
            try:
                await sock.connect((place.address, place.port))
            except BaseException:
                sock.close()
                raise
        port = sock.getsockname()[1]
        if port not in spent:
            spent.add(port)
            return sock
        sock.close()


async def _stream(place: Place, trust: ssl.SSLContext | None) -> trio.abc.Stream:
    family = trio.socket.AF_INET6 if ":" in place.address else trio.socket.AF_INET
    with faults():
        sock = trio.socket.socket(family, trio.socket.SOCK_STREAM)
    try:
        with bounded(f"no connection within {PATIENCE:g} s"), faults():
            await sock.connect((place.address, place.port))
        stream = trio.SocketStream(sock)
        return stream if place.way == "tcp" else await _secure(stream, place, trust)
    except BaseException:
        sock.close()
        raise


async def _secure(
    stream: trio.SocketStream, place: Place, trust: ssl.SSLContext | None
) -> trio.abc.Stream:
    context = ssl.create_default_context() if trust is None else trust
    # coturn ends TLS as HTTPS servers do, without waiting for our good-bye.
    secure = trio.SSLStream(stream, context, server_hostname=place.host, https_compatible=True)
    try:
        with bounded(f"TCP connects, and no TLS handshake within {PATIENCE:g} s"):
            await secure.do_handshake()
    except trio.BrokenResourceError as error:
        raise _no_tls(error.__cause__) from None
    return secure


def _no_tls(error: BaseException | None) -> NoTls:
    if isinstance(error, ssl.SSLCertVerificationError):
        return NoTls(error.verify_message, unverified=True)
    reason = getattr(error, "reason", None) or "the connection was closed"
    return NoTls(str(reason).replace("_", " ").lower())


@contextmanager
def bounded(text: str) -> Iterator[None]:
    """PATIENCE for what is inside; then Silence with this text."""
    try:
        with trio.fail_after(PATIENCE):
            yield
    except trio.TooSlowError:
        raise Silence(text) from None


@contextmanager
def faults() -> Iterator[None]:
    """Faults of sockets as causes."""
    try:
        yield
    except ConnectionRefusedError:
        raise ProbeError("nothing listens there (connection refused)") from None
    except OSError as error:
        kind = NoNetwork if error.errno in _OURS else ProbeError
        raise kind(error.strerror or str(error)) from None
    except trio.BrokenResourceError:
        raise ProbeError("the connection broke") from None

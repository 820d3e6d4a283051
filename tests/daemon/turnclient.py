"""A small TURN client on Trio for tests: allocate, permit, bind and relay by UDP, TCP and TLS.

RFC 8489 (STUN) and RFC 8656 (TURN) as far as coturn needs them. One task at a time may use a
client; data that arrives while an answer is awaited is kept for `receive`. There is no
retransmission (loopback loses nothing), and waits are the caller's to bound. Only tests import
this module.
"""

import hashlib
import hmac
import ipaddress
import os
import ssl
import struct
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import trio

from matchd.turn import Credential
from tests.daemon.coturn import Coturn

COOKIE = struct.pack("!I", 0x2112A442)
ALLOCATE, REFRESH, PERMIT, BIND, SEND, DATA = 0x003, 0x004, 0x008, 0x009, 0x016, 0x017
USERNAME, INTEGRITY, ERROR, CHANNEL, LIFETIME, PEER = 0x06, 0x08, 0x09, 0x0C, 0x0D, 0x12
PAYLOAD, REALM, NONCE, RELAYED, FAMILY, TRANSPORT = 0x13, 0x14, 0x15, 0x16, 0x17, 0x19

Way = Literal["udp", "tcp", "tls"]
Address = tuple[str, int]
Attributes = dict[int, bytes]


class TurnError(Exception):
    """The server refused; only `code` counts, for the text differs by coturn's version."""

    def __init__(self, code: int) -> None:
        super().__init__(f"TURN error {code}")
        self.code = code


def attribute(kind: int, value: bytes) -> bytes:
    """Encode one attribute, padded to four bytes."""
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def parse(frame: bytes) -> tuple[int, Attributes]:
    """Decode a STUN message to its type and its attributes by number."""
    attributes, at = {}, 20
    while at < len(frame):
        kind, size = struct.unpack_from("!HH", frame, at)
        attributes[kind] = frame[at + 4 : at + 4 + size]
        at += 4 + size + -size % 4
    return struct.unpack_from("!H", frame)[0], attributes


def code_of(answer: Attributes) -> int:
    """Read the error code of an answer; 0 is success."""
    return answer[ERROR][2] * 100 + answer[ERROR][3] if ERROR in answer else 0


def mask(packed: bytes, transaction: bytes) -> bytes:
    """Put the XOR of RFC 8489, section 14.2 on a family, port and address, or take it off."""
    key = COOKIE[:2] + COOKIE + transaction
    return packed[:2] + bytes(a ^ b for a, b in zip(packed[2:], key, strict=False))


def pack(address: Address, transaction: bytes) -> bytes:
    """Encode the value of an XOR address."""
    ip = ipaddress.ip_address(address[0])
    head = struct.pack("!HH", 1 if ip.version == 4 else 2, address[1])
    return mask(head + ip.packed, transaction)


def unpack(value: bytes, transaction: bytes) -> Address:
    """Decode the value of an XOR address."""
    plain = mask(value, transaction)
    return str(ipaddress.ip_address(plain[4:])), struct.unpack_from("!H", plain, 2)[0]


class Wire:
    """Whole frames to and from the server: a datagram each, or cut from a TCP or TLS stream."""

    def __init__(self, end: trio.socket.SocketType | trio.abc.Stream) -> None:
        self._end = end
        self._buffer = bytearray()

    async def write(self, frame: bytes) -> None:
        """Send one frame; on a stream padded to four bytes (RFC 8656, section 12.5)."""
        if isinstance(self._end, trio.abc.Stream):
            await self._end.send_all(frame + bytes(-len(frame) % 4))
        else:
            await self._end.send(frame)

    async def read(self) -> bytes:
        """Wait for the next frame."""
        if not isinstance(self._end, trio.abc.Stream):
            return await self._end.recv(65536)
        await self._fill(self._end, 4)
        kind, length = struct.unpack_from("!HH", self._buffer)
        size = length + (20 if kind < 0x4000 else 4)
        padded = size + -size % 4
        await self._fill(self._end, padded)
        frame = bytes(self._buffer[:size])
        del self._buffer[:padded]
        return frame

    async def _fill(self, stream: trio.abc.Stream, size: int) -> None:
        await trio.lowlevel.checkpoint()
        while len(self._buffer) < size:
            data = await stream.receive_some()
            if not data:
                raise trio.BrokenResourceError("the server closed the connection")
            self._buffer += data


class TurnClient:
    """One allocation at a time over one wire, with one long-term credential."""

    def __init__(self, wire: Wire, username: str, password: str) -> None:
        self._wire = wire
        self._username, self._password = username, password
        self._realm = self._nonce = b""
        self._arrived: deque[bytes] = deque()

    async def allocate(self, *, v6: bool = False) -> Address:
        """Allocate a UDP relay; returns its address, raises TurnError."""
        wanted = {TRANSPORT: bytes([17, 0, 0, 0])}
        if v6:
            wanted[FAMILY] = bytes([2, 0, 0, 0])
        answer, transaction = await self._request(ALLOCATE, wanted)
        return unpack(answer[RELAYED], transaction)

    async def refresh(self, lifetime: int) -> None:
        """Refresh the allocation for `lifetime` seconds; 0 releases it."""
        await self._request(REFRESH, {LIFETIME: struct.pack("!I", lifetime)})

    async def permit(self, host: str) -> None:
        """Permit a peer's address to exchange data with the relay."""
        await self._request(PERMIT, {}, (host, 0))

    async def bind(self, channel: int, peer: Address) -> None:
        """Bind a channel number (0x4000 to 0x4FFF) to a peer; implies the permission."""
        await self._request(BIND, {CHANNEL: struct.pack("!HH", channel, 0)}, peer)

    async def send(self, peer: Address, data: bytes) -> None:
        """Send data to a permitted peer by a Send indication."""
        transaction = os.urandom(12)
        body = attribute(PEER, pack(peer, transaction)) + attribute(PAYLOAD, data)
        head = struct.pack("!HH", SEND, len(body)) + COOKIE + transaction
        await self._wire.write(head + body)

    async def send_channel(self, channel: int, data: bytes) -> None:
        """Send data to the peer of a bound channel."""
        await self._wire.write(struct.pack("!HH", channel, len(data)) + data)

    async def receive(self) -> tuple[Address | int, bytes]:
        """Wait for data; returns the peer, or the channel bound to it, and the bytes."""
        await trio.lowlevel.checkpoint()
        frame = self._arrived.popleft() if self._arrived else await self._wire.read()
        kind, size = struct.unpack_from("!HH", frame)
        if kind >= 0x4000:
            return kind, frame[4 : 4 + size]
        attributes = parse(frame)[1]
        return unpack(attributes[PEER], frame[8:20]), attributes[PAYLOAD]

    async def _request(
        self, kind: int, body: Attributes, peer: Address | None = None
    ) -> tuple[Attributes, bytes]:
        """Ask, and once more with the realm and nonce of a first 401 or a 438 (stale nonce)."""
        challenge = 438 if self._nonce else 401
        answer, transaction = await self._exchange(kind, body, peer)
        if challenge == code_of(answer):
            self._realm, self._nonce = answer[REALM], answer[NONCE]
            answer, transaction = await self._exchange(kind, body, peer)
        if ERROR in answer:
            raise TurnError(code_of(answer))
        return answer, transaction

    async def _exchange(
        self, kind: int, body: Attributes, peer: Address | None
    ) -> tuple[Attributes, bytes]:
        transaction = os.urandom(12)
        whole = body if peer is None else {**body, PEER: pack(peer, transaction)}
        await self._wire.write(self._signed(kind, transaction, whole))
        while True:
            frame = await self._wire.read()
            if frame[8:20] == transaction:
                return parse(frame)[1], transaction
            self._arrived.append(frame)

    def _signed(self, kind: int, transaction: bytes, attributes: Attributes) -> bytes:
        body = b"".join(attribute(number, value) for number, value in attributes.items())
        if not self._nonce:
            return struct.pack("!HH", kind, len(body)) + COOKIE + transaction + body
        body += attribute(USERNAME, self._username.encode())
        body += attribute(REALM, self._realm) + attribute(NONCE, self._nonce)
        # The length that is signed already counts the 24 bytes of MESSAGE-INTEGRITY.
        head = struct.pack("!HH", kind, len(body) + 24) + COOKIE + transaction
        text = f"{self._username}:{self._realm.decode()}:{self._password}"
        key = hashlib.md5(text.encode(), usedforsecurity=False).digest()
        return head + body + attribute(INTEGRITY, hmac.digest(key, head + body, "sha1"))


@asynccontextmanager
async def turn_client(
    server: Coturn, credential: Credential | tuple[str, str], way: Way = "udp"
) -> AsyncIterator[TurnClient]:
    """Connect to a test server by UDP, TCP or verified TLS, from a fresh port each time."""
    if isinstance(credential, Credential):
        credential = (credential.username, credential.password)
    if way == "udp":
        with trio.socket.socket(trio.socket.AF_INET, trio.socket.SOCK_DGRAM) as sock:
            await sock.connect((server.host, server.port))
            yield TurnClient(Wire(sock), *credential)
    else:
        async with await _stream(server, way) as stream:
            yield TurnClient(Wire(stream), *credential)


async def _stream(server: Coturn, way: Way) -> trio.abc.Stream:
    if way == "tcp":
        return await trio.open_tcp_stream(server.host, server.port)
    context = ssl.create_default_context(cafile=server.cert)
    # coturn ends TLS like HTTPS servers do: without waiting for our good-bye.
    return await trio.open_ssl_over_tcp_stream(
        server.host, server.tls_port, ssl_context=context, https_compatible=True
    )


async def exchange(left: TurnClient, right: TurnClient) -> None:
    """Relay data between two fresh allocations, by indications and then by a channel."""
    here, there = await left.allocate(), await right.allocate()
    await left.permit(there[0])
    await right.permit(here[0])
    await left.send(there, b"offer")
    assert (here, b"offer") == await right.receive()
    await right.bind(0x4000, here)
    await right.send_channel(0x4000, b"answer!")
    assert (there, b"answer!") == await left.receive()
    await left.send(there, b"via channel")
    assert await right.receive() == (0x4000, b"via channel")


async def refusal(server: Coturn, credential: Credential | tuple[str, str]) -> int:
    """Return the code with which an Allocate is refused, 0 if it is not."""
    code = 0
    async with turn_client(server, credential) as client:
        try:
            await client.allocate()
        except TurnError as error:
            code = error.code
    return code

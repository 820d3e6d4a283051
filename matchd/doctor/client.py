"""A STUN and TURN client over one fresh socket: ask, prove who one is, relay, give back.

An answer counts only if it is to our question, by its transaction; a yes to a signed question only if
it is signed with the same key, so that nobody who does not know the secret can pass for the server.
Imported by the checks.
"""

from __future__ import annotations

import os
import ssl
import struct
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import msgspec
import trio

from matchd.doctor.link import PATIENCE, Link, Place, ProbeError, Silence, open_link
from matchd.turn.stun import (
    Attr,
    ChannelData,
    Kind,
    Message,
    Method,
    StunError,
    encode,
    encode_channel,
    long_term_key,
    signed_by,
)
from matchd.turn.stun_values import V6, Address, address_of, code_of, pack_address, text_of

AGAIN = (0.5, 1.0)
"""Seconds after which a datagram is sent again, each counted from the one before."""
GAP = 0.1
"""Seconds between two allocations at one server."""
PARTING = 1.0
CHALLENGES = 3
"""Times that one thing is asked: as nobody, with the nonce, and with another when that was stale."""

_UDP = bytes([17, 0, 0, 0])

Credential = tuple[str, str]
"""A username and its password."""


class Refused(ProbeError):
    """The server said no; `code` is all that tells why."""

    def __init__(self, code: int) -> None:
        super().__init__(f"error {code}")
        self.code = code


class Liar(ProbeError):
    """The server said something that no honest server says."""


class Seen(msgspec.Struct, frozen=True):
    """A Binding answer: what the server sees us as, what it is, and seconds for the round trip."""

    mapped: Address
    software: str
    rtt: float


class Pace:
    """When the next allocation may be asked for, and which of our ports the server has seen."""

    def __init__(self, gap: float = GAP) -> None:
        self._gap = gap
        self._next = 0.0
        self.spent: set[int] = set()

    async def turn(self) -> None:
        """Wait for one's turn."""
        at = max(trio.current_time(), self._next)
        self._next = at + self._gap
        await trio.sleep_until(at)


class Turn:
    """One session: a socket, a credential or none, and at most one allocation."""

    def __init__(self, link: Link, credential: Credential | None, pace: Pace) -> None:
        self._link = link
        self._credential = credential
        self._pace = pace
        self._key: bytes | None = None
        self._realm = self._nonce = b""
        self._heard: deque[ChannelData] = deque()
        self._allocated = False
        self.realm: str | None = None
        """The realm that the server has named, None before it has."""
        self.software = ""
        self.tls = link.tls

    async def bind(self) -> Seen:
        """Ask what we look like from there."""
        started = trio.current_time()
        answer, _ = await self._exchange(Method.BINDING, ())
        if code := _code(answer):
            raise Refused(code)
        mapped = _address(answer, Attr.XOR_MAPPED_ADDRESS)
        return Seen(mapped, self.software, trio.current_time() - started)

    async def allocate(self, *, v6: bool = False) -> Address:
        """Get a relay for UDP; its address."""
        await self._pace.turn()
        wanted = [(int(Attr.REQUESTED_TRANSPORT), _UDP)]
        if v6:
            wanted.append((Attr.REQUESTED_ADDRESS_FAMILY, bytes([V6, 0, 0, 0])))
        answer = await self._ask(Method.ALLOCATE, tuple(wanted))
        self._allocated = True
        return _address(answer, Attr.XOR_RELAYED_ADDRESS)

    async def permit(self, host: str) -> None:
        """Ask that this peer may be reached. Nothing is sent to it."""
        await self._ask(Method.CREATE_PERMISSION, (), (host, 0))

    async def channel(self, number: int, peer: Address) -> None:
        """Bind a channel to a peer; that permits it too."""
        value = struct.pack("!HH", number, 0)
        await self._ask(Method.CHANNEL_BIND, ((Attr.CHANNEL_NUMBER, value),), peer)

    async def send(self, number: int, data: bytes) -> None:
        """Send to the peer of a channel."""
        await self._link.send(encode_channel(ChannelData(number, data)))

    async def receive(self) -> bytes:
        """Wait for data of a channel, whichever."""
        await trio.lowlevel.checkpoint()
        while not self._heard:
            frame, _ = await self._link.receive()
            if isinstance(frame, ChannelData):
                self._heard.append(frame)
        return self._heard.popleft().data

    async def refresh(self, lifetime: int = 600) -> None:
        """Keep the relay for that long; 0 gives it back."""
        await self._ask(Method.REFRESH, ((Attr.LIFETIME, struct.pack("!I", lifetime)),))
        self._allocated = lifetime > 0

    async def leave(self) -> None:
        """Give back what one has, as far as the server answers."""
        if self._allocated:
            with suppress(ProbeError):
                await self.refresh(0)

    async def _ask(
        self, method: Method, attributes: tuple[tuple[int, bytes], ...], peer: Address | None = None
    ) -> Message:
        """Ask, and again with what a challenge (401) and a stale nonce (438) say. Refused."""
        for _ in range(CHALLENGES):
            answer, data = await self._exchange(method, attributes, peer)
            code = _code(answer)
            if self._credential is None or code != (438 if self._nonce else 401):
                break
            self._learn(answer)
        if code in (401, 438):
            self.realm = text_of(answer, Attr.REALM)
        if answer.kind is Kind.ERROR:
            raise Refused(code)
        if self._key is not None and not signed_by(data, self._key):
            raise Liar("it says yes, but its answer is not signed with the secret")
        return answer

    def _learn(self, answer: Message) -> None:
        assert self._credential is not None
        self._realm, self._nonce = answer.get(Attr.REALM) or b"", answer.get(Attr.NONCE) or b""
        if not self._nonce:
            raise Liar("it asks for a credential, and sends no nonce for one")
        self.realm = text_of(answer, Attr.REALM)
        username, password = self._credential
        self._key = long_term_key(username, self._realm, password)

    async def _exchange(
        self, method: Method, attributes: tuple[tuple[int, bytes], ...], peer: Address | None = None
    ) -> tuple[Message, bytes]:
        transaction = os.urandom(12)
        if peer is not None:
            attributes += ((Attr.XOR_PEER_ADDRESS, pack_address(peer, transaction)),)
        if self._key is not None and self._credential is not None:
            username = self._credential[0].encode()
            attributes += ((Attr.USERNAME, username), (Attr.REALM, self._realm))
            attributes += ((Attr.NONCE, self._nonce),)
        question = Message(method, Kind.REQUEST, transaction, attributes)
        answer, data = await self._answered(encode(question, self._key), question)
        self.software = text_of(answer, Attr.SOFTWARE) or self.software
        return answer, data

    async def _answered(self, frame: bytes, question: Message) -> tuple[Message, bytes]:
        """Send until there is an answer."""
        started = trio.current_time()
        await self._link.send(frame)
        for pause in () if self._link.reliable else AGAIN:
            with trio.move_on_after(pause):
                return await self._hear(question)
            await self._link.send(frame)
        with trio.move_on_at(started + PATIENCE):
            return await self._hear(question)
        raise Silence(f"no answer within {PATIENCE:g} s")

    async def _hear(self, question: Message) -> tuple[Message, bytes]:
        while True:
            frame, data = await self._link.receive()
            if isinstance(frame, ChannelData):
                self._heard.append(frame)
            elif frame.transaction == question.transaction:
                if frame.method == question.method and frame.kind in (Kind.SUCCESS, Kind.ERROR):
                    return frame, data
                raise Liar("its answer is not to what was asked")


@asynccontextmanager
async def turn(
    place: Place,
    credential: Credential | None = None,
    *,
    pace: Pace,
    trust: ssl.SSLContext | None = None,
) -> AsyncIterator[Turn]:
    """A session over a fresh socket; what it has allocated is given back at its end."""
    async with open_link(place, trust, pace.spent) as link:
        session = Turn(link, credential, pace)
        try:
            yield session
        finally:
            with trio.move_on_after(PARTING, shield=True):
                await session.leave()


def _code(answer: Message) -> int:
    try:
        code = code_of(answer)
    except StunError as error:
        raise Liar(f"its answer makes no sense: {error}") from None
    if answer.kind is Kind.ERROR and not code:
        raise Liar("its answer is an error without a code")
    return code


def _address(answer: Message, number: Attr) -> Address:
    try:
        return address_of(answer, number)
    except StunError as error:
        raise Liar(f"its answer makes no sense: {error}") from None

"""Servers that are away, mute, or lie: what they do to a probe is a finding, and never a crash."""

import errno
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import msgspec
import pytest
import trio

from matchd.doctor import reach
from matchd.turn import SharedSecretServer
from matchd.turn.stun import Attr, Kind, Message, Method, decode, encode
from matchd.turn.stun_values import pack_address
from tests.daemon.coturn import HOST, free_ports
from tests.doctor.house import look, server

pytestmark = pytest.mark.usefixtures("impatient", "hasty")

Answer = Callable[[Message], bytes]


def answered(kind: Kind, *attributes: tuple[int, bytes]) -> Answer:
    """A server that says this to everything."""
    return lambda asked: encode(Message(asked.method, kind, asked.transaction, attributes))


def error(code: int) -> tuple[int, bytes]:
    """An ERROR-CODE."""
    return Attr.ERROR_CODE, bytes((0, 0, code // 100, code % 100))


def honest_until_asked(reply: Answer) -> Answer:
    """Binding and the challenge as they should be; `reply` to whoever then proves himself."""
    challenge = answered(Kind.ERROR, error(401), (Attr.REALM, b"matchd.test"), (Attr.NONCE, b"n"))

    def answer(asked: Message) -> bytes:
        if asked.method == Method.BINDING:
            mapped = pack_address((HOST, 9), asked.transaction)
            return answered(Kind.SUCCESS, (Attr.XOR_MAPPED_ADDRESS, mapped))(asked)
        return reply(asked) if asked.has(Attr.USERNAME) else challenge(asked)

    return answer


def relayed(asked: Message) -> bytes:
    """Yes, with an address, and without a signature."""
    where = pack_address((HOST, 9), asked.transaction)
    return answered(Kind.SUCCESS, (Attr.XOR_RELAYED_ADDRESS, where))(asked)


@asynccontextmanager
async def lying(answer: Answer) -> AsyncIterator[SharedSecretServer]:
    """A server by UDP that answers like this."""

    async def serve(task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        task_status.started()
        while True:
            data, sender = await sock.recvfrom(4096)
            await sock.sendto(answer(decode(data)), sender)

    with trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        await sock.bind((HOST, 0))
        # The fake server runs beside the doctor.
        async with trio.open_nursery() as nursery:
            await nursery.start(serve)
            one = server(sock.getsockname()[1])
            yield msgspec.structs.replace(one, tcp_port=0)
            nursery.cancel_scope.cancel()


async def test_closed_port() -> None:
    """A port at which nothing listens is refused at once, by every way."""
    port, tls_port, _ = free_ports()
    found = await look(server(port, tls_port=tls_port))
    assert found.bad == {"S1", "T1", "T2"}
    assert "nothing listens there (connection refused)" in found.said("S1")
    assert f"let {port}/udp in" in found.said("S1")
    assert "tcp_port = 0" in found.said("T1")


async def test_mute_by_tcp() -> None:
    """A server that takes connections and says nothing is given up after its seconds."""
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
        mute = msgspec.structs.replace(server(port, tls_port=port), udp_port=0)
        found = await look(mute)
    assert found.bad == {"S1", "T1", "T2"}
    assert "no answer within" in found.said("S1")
    assert "TCP connects, and no TLS handshake within" in found.said("T2")


async def test_mute_by_udp() -> None:
    """A server that hears and says nothing is asked three times."""
    heard = 0

    def count(asked: Message) -> bytes:
        nonlocal heard
        heard += 1
        return b""

    async with lying(count) as one:
        found = await look(one)
    assert found.bad == {"S1"}
    assert heard == 3


async def test_another_protocol() -> None:
    """What speaks SSH at the port is named as no TURN server."""

    async def greet(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        await stream.send_all(b"SSH-2.0-OpenSSH_9.2\r\n")

    # The fake server runs beside the doctor.
    async with trio.open_nursery() as nursery:
        [listener] = await nursery.start(partial(trio.serve_tcp, host=HOST), greet, 0)
        port = listener.socket.getsockname()[1]
        found = await look(msgspec.structs.replace(server(port), udp_port=0))
        nursery.cancel_scope.cancel()
    assert "what answers there speaks no STUN" in found.said("S1")


@pytest.mark.parametrize(
    ("reply", "check", "cause"),
    [
        (relayed, "A3", "its answer is not signed with the secret"),
        (answered(Kind.SUCCESS), "A3", "its answer is not signed with the secret"),
        (answered(Kind.ERROR), "A3", "its answer is an error without a code"),
        (answered(Kind.ERROR, (Attr.ERROR_CODE, b"x")), "A3", "its answer makes no sense"),
        (answered(Kind.ERROR, error(699)), "A3", "it refuses (699)"),
        (answered(Kind.REQUEST), "A3", "its answer is not to what was asked"),
        (lambda _: b"\0\1\0\0 not STUN at all", "A3", "no answer within"),
        (lambda _: relayed(Message(3, Kind.REQUEST, b"another one!")), "A3", "no answer"),
    ],
)
async def test_liars(reply: Answer, check: str, cause: str) -> None:
    """A server that does not know the secret can't pass for one that does, whatever it answers."""
    async with lying(honest_until_asked(reply)) as one:
        found = await look(one)
    assert check in found.bad
    assert cause in found.said(check)


async def test_always_yes() -> None:
    """A server that says yes to everything is an open relay, and relays nothing."""
    async with lying(relayed) as one:
        found = await look(one)
    assert "S1" in found.bad  # its Binding answer has no address
    assert "its answer makes no sense: no XOR_MAPPED_ADDRESS" in found.said("S1")


async def test_stale_nonce() -> None:
    """A nonce that has grown stale at once is replaced by the one that the server then gives."""
    stale = answered(Kind.ERROR, error(438), (Attr.REALM, b"matchd.test"), (Attr.NONCE, b"new"))
    full = answered(Kind.ERROR, error(486))
    honest = honest_until_asked(lambda a: full(a) if a.get(Attr.NONCE) == b"new" else stale(a))
    async with lying(honest) as one:
        found = await look(one)
    assert "the quota is used up" in found.said("A3")


async def test_no_nonce() -> None:
    """A challenge without a nonce can't be met, and is named."""
    honest = honest_until_asked(relayed)
    bare = answered(Kind.ERROR, error(401), (Attr.REALM, b"r"))
    async with lying(lambda a: honest(a) if a.method == Method.BINDING else bare(a)) as one:
        found = await look(one)
    assert "sends no nonce" in found.said("A3")


def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every connection fail as on a machine without a network."""

    async def unreachable(self: object, address: object) -> None:
        await trio.lowlevel.checkpoint()
        raise OSError(errno.ENETUNREACH, "Network is unreachable")

    with trio.socket.socket() as any_socket:
        monkeypatch.setattr(type(any_socket), "connect", unreachable)


async def test_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a network says so, instead of blaming the server."""
    no_network(monkeypatch)
    found = await look(server(3478, tls_port=5349))
    assert found.bad == {"S1"}
    assert "can't be reached from here: Network is unreachable" in found.said("S1")
    assert reach.HERE in found.said("S1")


class NoNames(trio.abc.HostnameResolver):
    """Name servers that are away, or know no such name."""

    def __init__(self, code: int = socket.EAI_AGAIN, text: str = "Temporary failure") -> None:
        self._error = socket.gaierror(code, text)

    async def getaddrinfo(self, *_: Any, **__: Any) -> Any:
        await trio.lowlevel.checkpoint()
        raise self._error

    async def getnameinfo(self, *_: object) -> tuple[str, str]:
        raise NotImplementedError


async def test_no_names() -> None:
    """A name that can't be looked up is the one finding, and nothing else is tried."""
    trio.socket.set_custom_hostname_resolver(NoNames())
    one = msgspec.structs.replace(server(3478), host="turn.example.net")
    found = await look(one)
    assert [finding.id for finding in found.findings] == ["N1"]
    assert "no address (temporary failure)" in found.said("N1")

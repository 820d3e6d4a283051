"""A real coturn on 127.0.0.1 for tests: `async with coturn(secret=...) as server`.

Owns the process, its directory, its ports and its certificate. Ready means that it answered a
STUN Binding and accepts TCP. The server's log is part of the error when it does not start.
Needs the Debian package `coturn` (4.6.1 or later); without it the test fails and says so.
Only tests import this module.
"""

import datetime as dt
import ipaddress
import random
import shutil
import socket
import struct
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import NamedTuple

import trio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
REALM = "matchd.test"
RELAY_PORTS = 100
LONGEST_TEST = 60  # seconds of real time

_BINDING = struct.pack("!HHI12s", 0x0001, 0, 0x2112A442, b"matchd-ready")
_dice = random.SystemRandom()  # the shared one is seeded alike in every process by hypothesis


class Coturn(NamedTuple):
    """A running server; `cert` is the PEM file that a client has to trust, None without TLS.

    `log` is the file of what it said so far.
    """

    host: str
    port: int
    tls_port: int
    min_port: int
    max_port: int
    realm: str
    secret: str
    cert: Path | None
    log: Path


class Pair(NamedTuple):
    """A self-signed certificate and its key, as PEM files."""

    cert: Path
    key: Path


def free_ports() -> tuple[int, int, int]:
    """Pick free ports: plain, TLS, and the first of a block of RELAY_PORTS.

    They lie below the range from which the kernel serves outgoing connections, so nothing takes
    one between this look and coturn's bind.
    """
    while True:
        port = _dice.randrange(12_000, 32_000 - RELAY_PORTS - 2)
        if _is_free(port) and _is_free(port + 1):
            return port, port + 1, port + 2


def _is_free(port: int) -> bool:
    try:
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            with socket.socket(socket.AF_INET, kind) as probe:
                probe.bind((HOST, port))
    except OSError:
        return False
    return True


def self_signed(directory: Path, days: float = 1) -> Pair:
    """Write a certificate for 127.0.0.1 and localhost, good for some days."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address(HOST))]
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - dt.timedelta(hours=1))
    builder = builder.not_valid_after(now + dt.timedelta(days=days))
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    pair = Pair(directory / "cert.pem", directory / "key.pem")
    signed = builder.sign(key, hashes.SHA256())
    pair.cert.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    pair.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return pair


@asynccontextmanager
async def coturn(
    *,
    secret: str,
    tls: bool = False,
    realm: str = REALM,
    extra: Sequence[str] = (),
    longest: float = LONGEST_TEST,
) -> AsyncIterator[Coturn]:
    """Run a permissive server that relays between loopback addresses; `extra` are config lines."""
    port, tls_port, min_port = free_ports()
    max_port = min_port + RELAY_PORTS - 1
    with workdir() as directory:
        pair = self_signed(directory) if tls else None
        lines = [
            "use-auth-secret",
            f"realm={realm}",
            f"static-auth-secret={secret}",
            f"listening-ip={HOST}",
            f"relay-ip={HOST}",
            f"listening-port={port}",
            f"min-port={min_port}",
            f"max-port={max_port}",
            "fingerprint",
            *loopback_lines(),
            *_tls_lines(pair, tls_port),
            *extra,
        ]
        cert = pair.cert if pair is not None else None
        async with running("\n".join(lines), directory, port, longest) as log:
            yield Coturn(HOST, port, tls_port, min_port, max_port, realm, secret, cert, log)


def _tls_lines(pair: Pair | None, tls_port: int) -> list[str]:
    if pair is None:
        return ["no-tls", "no-dtls"]
    return ["no-dtls", f"tls-listening-port={tls_port}", f"cert={pair.cert}", f"pkey={pair.key}"]


def loopback_lines() -> list[str]:
    """List what a test adds to any configuration: loopback peers, and nothing outside its files.

    The private `userdb` is essential: a database that fails makes every credential fail.
    """
    return [
        "allow-loopback-peers",
        "no-cli",
        "log-file=stdout",
        "simple-log",
        "pidfile=./turn.pid",
        "userdb=./turn.db",
        "relay-threads=1",
    ]


@contextmanager
def workdir() -> Iterator[Path]:
    """Make a directory for one server, and remove it afterwards."""
    with tempfile.TemporaryDirectory(prefix="coturn-") as name:
        yield Path(name)


@asynccontextmanager
async def running(
    config: str,
    directory: Path,
    port: int,
    longest: float = LONGEST_TEST,
    before: Sequence[str] = (),
) -> AsyncIterator[Path]:
    """Run turnserver with `config` in `directory` until the body ends; yields its log. `before` is
    what it is run by; it must become that process, not its parent.

    The body is bound to `longest` seconds, so a lost packet is a TooSlowError and not a hang.
    """
    binary = shutil.which("turnserver")
    if binary is None:
        raise RuntimeError("turnserver is missing: install the Debian package coturn.")
    await trio.Path(directory / "turn.conf").write_text(config + "\n")
    log = directory / "turn.log"
    with log.open("wb") as output:
        process = await trio.lowlevel.open_process(
            [*before, binary, "-c", "turn.conf"],
            cwd=directory,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        with trio.fail_after(longest):
            await _until_ready(process, log, port)
            yield log
    finally:
        process.kill()  # it keeps nothing worth an orderly end, which takes coturn seconds
        with trio.CancelScope(shield=True, deadline=trio.current_time() + 5):
            await process.wait()


async def _until_ready(process: trio.Process, log: Path, port: int) -> None:
    """Wait until the server answers; raise RuntimeError with its log if it ends or stays mute."""
    with trio.move_on_after(15):
        while not await _answers(port):
            if process.poll() is not None:
                break
        else:
            return
    text = await trio.Path(log).read_text(errors="replace")
    raise RuntimeError(f"turnserver did not start (exit {process.returncode}):\n{text[-4000:]}")


async def _answers(port: int) -> bool:
    """Ask once by UDP; the wait for an answer paces the caller, for a closed port is silent."""
    with trio.socket.socket(trio.socket.AF_INET, trio.socket.SOCK_DGRAM) as udp:
        await udp.sendto(_BINDING, (HOST, port))
        with trio.move_on_after(0.05) as scope:
            await udp.recvfrom(2048)
    if scope.cancelled_caught:
        return False
    try:
        stream = await trio.open_tcp_stream(HOST, port)
    except OSError:
        return False
    await stream.aclose()
    return True

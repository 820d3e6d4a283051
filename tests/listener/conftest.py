"""Fixtures of the front door's tests."""

import datetime as dt
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import trio
import trio.testing
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from matchd.listener.caps import Caps
from matchd.listener.front import Rules
from tests.listener.house import House


@pytest.fixture
def clock() -> trio.testing.MockClock:
    """A clock that jumps once nothing has happened for 50 ms, sockets of the loopback included.

    pytest-trio only finds a clock among the arguments of the test itself.
    """
    return trio.testing.MockClock(autojump_threshold=0.05)


@pytest.fixture
async def make_house(nursery: trio.Nursery) -> AsyncIterator[Callable[..., House]]:
    """Build houses; all of them are torn down after the test."""
    houses = []

    def make(rules: Rules | None = None, caps: Caps | None = None) -> House:
        houses.append(House(nursery, rules or Rules(), caps or Caps(1000, 1000)))
        return houses[-1]

    yield make
    for house in houses:
        await house.close()


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    """One house with the rules as shipped."""
    return make_house()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for `localhost`, with its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    start, end = (dt.datetime(year, 1, 1, tzinfo=dt.UTC) for year in (2020, 2120))
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
    builder = builder.public_key(key.public_key()).not_valid_before(start).not_valid_after(end)
    made = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    path = tmp_path_factory.mktemp("tls") / "cert.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def server_tls(certificate: Path) -> ssl.SSLContext:
    """The server's side of TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def client_tls(certificate: Path) -> ssl.SSLContext:
    """The client's side of TLS, offering HTTP/2 first, as browsers do."""
    context = ssl.create_default_context(cafile=str(certificate))
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context

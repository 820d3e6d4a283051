"""`matchd check` on the certificate: there, a pair, and not about to expire."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.cli.commands import Run
from tests.config.house import MINIMAL, furnish

NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "play.example.net")])
PEM, PKCS8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8


def write_pair(base: Path, days: float, password: bytes | None = None) -> None:
    """Write `cert.pem` that is good for so many days (negative: was), and `key.pem`."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    builder = x509.CertificateBuilder(NAME, NAME, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=30))
    cert = builder.not_valid_after(now + timedelta(days=days)).sign(key, hashes.SHA256())
    lock: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password:
        lock = serialization.BestAvailableEncryption(password)
    (base / "cert.pem").write_bytes(cert.public_bytes(PEM))
    (base / "key.pem").write_bytes(key.private_bytes(PEM, PKCS8, lock))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A configuration that names both files, which are good for a year."""
    write_pair(tmp_path, days=365)
    names = f"tls_certificate = '{tmp_path}/cert.pem'\ntls_key = '{tmp_path}/key.pem'\n"
    return furnish(tmp_path, MINIMAL + names)


def test_a_good_pair(run: Run, path: Path) -> None:
    """A pair that belongs together and lasts is nothing to talk about."""
    result = run("check", "--config", path)
    assert (result.status, result.err) == (0, "")
    assert "tls_certificate" not in result.out


@pytest.mark.parametrize("name", ["cert", "key"])
def test_a_missing_file(run: Run, path: Path, name: str) -> None:
    """A file that is not there is named with its key."""
    file = path.parent / f"{name}.pem"
    file.unlink()
    key = "server.tls_certificate" if name == "cert" else "server.tls_key"
    result = run("check", "--config", path)
    assert result.status == 2
    assert result.err == f'matchd: {path}: {key} = "{file}": No such file or directory\n'


def test_a_foreign_key(run: Run, path: Path) -> None:
    """A key of another certificate is refused as such."""
    certificate = (path.parent / "cert.pem").read_bytes()
    write_pair(path.parent, days=365)
    (path.parent / "cert.pem").write_bytes(certificate)
    result = run("check", "--config", path)
    assert result.status == 2
    assert result.err.endswith(": the key does not belong to the certificate\n")


def test_a_key_with_a_password(run: Run, path: Path) -> None:
    """An encrypted key is refused, and nobody is asked for its password."""
    write_pair(path.parent, days=365, password=b"north-sea")
    result = run("check", "--config", path)
    assert result.status == 2
    assert result.err.endswith("and its PEM key, which must have no password\n")


def test_rubbish(run: Run, path: Path) -> None:
    """A file that is no certificate is refused."""
    (path.parent / "cert.pem").write_text("hello")
    result = run("check", "--config", path)
    assert result.status == 2
    assert ": not a PEM certificate chain and its PEM key" in result.err


@pytest.mark.parametrize(("days", "expected"), [(-1, "has expired on "), (3, "expires on ")])
def test_expiry(run: Run, path: Path, days: float, expected: str) -> None:
    """A certificate that has expired, or will within two weeks, is a warning."""
    write_pair(path.parent, days=days)
    result = run("check", "--config", path)
    assert result.status == 0
    assert f'server.tls_certificate = "{path.parent}/cert.pem": {expected}' in result.out

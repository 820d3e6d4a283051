"""The text of coturn's configuration; tests/daemon starts the real server with it."""

import ipaddress
from typing import Any

import pytest

from matchd.turn import coturn_config

SECRET = "north-sea-north-sea"


def settings(**changed: Any) -> list[str]:
    """Return the lines that are no comment."""
    text = coturn_config(**{"realm": "example.net", "secret": SECRET, **changed})
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def values(key: str, lines: list[str]) -> list[str]:
    """Return the values of one key, in order."""
    return [line.partition("=")[2] for line in lines if line.partition("=")[0] == key]


def test_defaults() -> None:
    """Without options the file has authentication, quotas, no TLS, and opens no peer."""
    expected = {
        *("use-auth-secret", "realm=example.net", f"static-auth-secret={SECRET}"),
        *("listening-port=3478", "min-port=49152", "max-port=65535", "no-tls", "no-dtls"),
        *("user-quota=12", "total-quota=1200", "max-bps=12500000", "stale-nonce=600"),
        *("fingerprint", "no-cli", "no-tcp-relay", "no-multicast-peers", "no-rfc5780", "syslog"),
    }
    lines = settings()
    assert expected == {line for line in lines if not line.startswith("denied-peer-ip=")}
    assert len(lines) == len(set(lines))


def test_tls_needs_a_certificate() -> None:
    """With certificate and key TLS is on, from version 1.2."""
    lines = settings(cert="/etc/t/cert.pem", key="/etc/t/key.pem", tls_port=443)
    tls = {"tls-listening-port=443", "cert=/etc/t/cert.pem", "pkey=/etc/t/key.pem"}
    assert tls | {"no-tlsv1", "no-tlsv1_1", "no-dtls"} <= set(lines)
    assert "no-tls" not in lines


def test_addresses() -> None:
    """Listening, relay and public addresses are written as they were given."""
    lines = settings(
        listening_ips=("192.0.2.1", "2001:db8::1"),
        relay_ips=("10.0.0.5",),
        external_ip="203.0.113.4/10.0.0.5",
    )
    assert values("listening-ip", lines) == ["192.0.2.1", "2001:db8::1"]
    assert values("relay-ip", lines) == ["10.0.0.5"]
    assert values("external-ip", lines) == ["203.0.113.4/10.0.0.5"]
    assert values("allowed-peer-ip", lines) == []


def test_lan_opens_the_relay_addresses_alone() -> None:
    """In a LAN relays may reach each other, and nothing else that is denied."""
    lines = settings(relay_ips=("10.0.0.5", "10.0.0.6"), lan=True)
    assert values("allowed-peer-ip", lines) == ["10.0.0.5", "10.0.0.6"]
    assert values("denied-peer-ip", lines) == values("denied-peer-ip", settings())


def test_rotation_lists_every_secret() -> None:
    """The current secret and the previous ones are all accepted."""
    assert values("static-auth-secret", settings(previous=("x" * 16,))) == [SECRET, "x" * 16]


def test_denied_ranges_are_what_old_coturns_compare() -> None:
    """Ranges, never CIDR; of IPv6 none starts at :: and each is a box, byte by byte."""
    for span in values("denied-peer-ip", settings()):
        low, high = map(ipaddress.ip_address, span.split("-"))
        assert int(low) < int(high)
        if low.version == 6:
            assert int(low) > 0
            assert all(a <= b for a, b in zip(low.packed, high.packed, strict=True))


def test_every_comment_stands_on_its_own_line() -> None:
    """coturn reads an inline comment as part of the value, and lines of 1024 bytes at most."""
    text = coturn_config(realm="r", secret="x" * 255, cert="/" + "c" * 500, key="/k")
    for line in text.splitlines():
        assert "#" not in line[1:]
        assert len(line) < 1024
        assert line == line.strip()


@pytest.mark.parametrize(
    "changed",
    [
        *({"realm": realm} for realm in ("", "a b", "a\nno-auth", "r" * 128)),
        *({"secret": secret} for secret in ("short", SECRET + "\nno-auth", SECRET + "#")),
        {"previous": ("short",)},
        {"listening_ips": ("10.0.0.0/8",)},
        {"relay_ips": ("fe80::1%eth0",)},
        *({"external_ip": ip} for ip in ("", "host", "1.2.3.4/", "1.2.3.4/10.0.0.1/10.0.0.2")),
        *({"port": port} for port in (0, 65536)),
        {"cert": "/c", "key": "/k", "tls_port": 0},
        {"cert": "/c"},
        {"key": "/k"},
        *({"cert": path, "key": "/k"} for path in ("c.pem", "/a b", "/a\nno-auth", "")),
        *(
            {"min_port": low, "max_port": high}
            for low, high in ((1023, 2000), (3, 2), (1024, 65536))
        ),
        *({"user_quota": user, "total_quota": 10} for user in (0, 11)),
        {"max_bps": -1},
        {"lan": True},
    ],
)
def test_refused_settings(changed: dict[str, Any]) -> None:
    """A value that coturn would misread, or that smuggles in a line, is refused with a sentence."""
    with pytest.raises(ValueError, match=r"\.$|^max_bps|^'.*\)\.$"):
        settings(**changed)

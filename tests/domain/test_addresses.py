"""Who calls: addresses behind proxies, and the keys that limits count by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchd.domain.addresses import UNKNOWN, Networks, address_key, caller

PROXIES = Networks(["127.0.0.1", "10.0.0.0/8", "2001:db8::/32", "unix:"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", "1.2.3.4", "203.0.113.9"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "6.6.6.6,203.0.113.9 , 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "6.6.6.6, junk", UNKNOWN),
        ("10.0.0.1", "6.6.6.6, junk, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "", UNKNOWN),
        ("10.0.0.1", ",,", UNKNOWN),
        ("10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        ("10.0.0.1", "[2a00::5]:4711", "2a00::5"),
        ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8::1", "2a00::5", "2a00::5"),
        ("10.0.0.1", "[2a00::5]", "2a00::5"),
        ("fe80::1%eth0", "1.2.3.4", "fe80::1%eth0"),
        ("unix:", "203.0.113.9", "203.0.113.9"),
        ("unix:", None, "unix:"),
        ("10.0.0.1", "unix:", UNKNOWN),
    ],
)
def test_caller(peer: str, forwarded: str | None, address: str) -> None:
    """The caller is the first address from the right that is no trusted proxy."""
    assert caller(peer, forwarded, PROXIES) == address


def test_unix_peer_is_trusted_only_when_named() -> None:
    """A unix-domain peer may speak for others only where `unix:` is configured."""
    assert caller("unix:", "203.0.113.9", Networks(["127.0.0.1"])) == "unix:"


@given(st.text())
def test_spoofing_from_outside(forwarded: str) -> None:
    """Whatever an untrusted peer claims, it is counted by its own address."""
    assert caller("203.0.113.9", forwarded, PROXIES) == "203.0.113.9"


@given(st.text())
def test_spoofing_through_a_proxy(forwarded: str) -> None:
    """Whatever a client sends ahead, the address its proxy appends is the caller."""
    assert caller("10.0.0.1", f"{forwarded}, 203.0.113.9", PROXIES) == "203.0.113.9"


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2a00:1:2:3:4:5:6:7", "2a00:1:2:3::/64"),
        ("2a00:1:2:3::", "2a00:1:2:3::/64"),
        ("2A00:1:2:3::9", "2a00:1:2:3::/64"),
        ("[2a00:1:2:3::9]", "2a00:1:2:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("unix:", "unix:"),
        ("nonsense", "nonsense"),
    ],
)
def test_address_key(host: str, key: str) -> None:
    """IPv4 counts whole, IPv6 by its /64, what is no address as it stands."""
    assert address_key(host) == key


@pytest.mark.parametrize(
    ("host", "inside"),
    [
        ("10.255.0.1", True),
        ("11.0.0.1", False),
        ("::ffff:10.1.1.1", True),
        ("2001:db8:ffff::1", True),
        ("2001:db9::1", False),
        ("unix:", True),
        ("", False),
        ("10.0.0.0/8", False),
    ],
)
def test_networks(host: str, *, inside: bool) -> None:
    """A set of networks holds the addresses of its ranges, and nothing that is no address."""
    assert (host in PROXIES) is inside


def test_host_bits_are_ignored() -> None:
    """A range may be written with host bits, as administrators do."""
    assert "10.0.0.200" in Networks(["10.0.0.1/24"])


@pytest.mark.parametrize("entry", ["", "localhost", "10.0.0.0/33", "10.0.0", "unix"])
def test_bad_networks(entry: str) -> None:
    """An entry that is no address or range is a ValueError that names it."""
    with pytest.raises(ValueError, match=repr(entry)):
        Networks([entry])

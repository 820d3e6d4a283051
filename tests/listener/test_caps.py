"""Counting connections."""

from matchd.listener.caps import Caps
from matchd.listener.peer import Peer


def peer(host: str) -> Peer:
    """A peer at an address."""
    return Peer(host, 1, False, "")


def status(caps: Caps, host: str) -> int | None:
    """Ask for admission; None if it was granted."""
    refusal = caps.admit(peer(host))
    return refusal.status if refusal else None


def test_total() -> None:
    """A full house says 503, and lets the next one in when somebody leaves."""
    caps = Caps(2, 9)
    assert [status(caps, f"192.0.2.{i}") for i in range(3)] == [None, None, 503]
    caps.release(peer("192.0.2.0"))
    assert status(caps, "192.0.2.9") is None


def test_per_address() -> None:
    """One address too often says 429; others come in; who left is forgotten."""
    caps = Caps(9, 1)
    assert [status(caps, host) for host in ("1.1.1.1", "1.1.1.1", "2.2.2.2")] == [None, 429, None]
    caps.release(peer("1.1.1.1"))
    assert status(caps, "1.1.1.1") is None


def test_ipv6_counts_by_network() -> None:
    """All addresses of one /64 are one."""
    caps = Caps(9, 1)
    hosts = ("2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1", "fe80::1%eth0")
    assert [status(caps, host) for host in hosts] == [None, 429, None, None]


def test_exempt() -> None:
    """A trusted proxy and a unix socket are bounded by the total only."""
    caps = Caps(4, 1, exempt=lambda host: host == "10.0.0.1")
    hosts = ("10.0.0.1", "10.0.0.1", "unix:", "unix:", "unix:")
    assert [status(caps, host) for host in hosts] == [None, None, None, None, 503]
    caps.release(peer("unix:"))
    assert status(caps, "10.0.0.1") is None

"""Counting connections."""

from matchd.listener.caps import Caps, Place
from matchd.listener.peer import Peer
from matchd.listener.refusal import Refusal


def peer(host: str) -> Peer:
    """A peer at an address."""
    return Peer(host, 1, False, "")


def status(caps: Caps, host: str) -> int | None:
    """Ask for admission; None if it was granted."""
    answer = caps.admit(peer(host))
    return answer.status if isinstance(answer, Refusal) else None


def placed(caps: Caps, host: str) -> Place:
    """Somebody who is let in."""
    place = caps.admit(peer(host))
    assert isinstance(place, Place)
    return place


def test_total() -> None:
    """A full house says 503, and lets the next one in when somebody leaves."""
    caps = Caps(2, 9)
    first = placed(caps, "192.0.2.0")
    assert [status(caps, f"192.0.2.{i}") for i in (1, 2)] == [None, 503]
    first.leave()
    assert status(caps, "192.0.2.9") is None


def test_per_address() -> None:
    """One address too often says 429; others come in; who left is forgotten."""
    caps = Caps(9, 1)
    first = placed(caps, "1.1.1.1")
    assert [status(caps, host) for host in ("1.1.1.1", "2.2.2.2")] == [429, None]
    first.leave()
    assert status(caps, "1.1.1.1") is None


def test_ipv6_counts_by_network() -> None:
    """All addresses of one /64 are one."""
    caps = Caps(9, 1)
    hosts = ("2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1", "fe80::1%eth0")
    assert [status(caps, host) for host in hosts] == [None, 429, None, None]


def test_exempt() -> None:
    """A trusted proxy and a unix socket are bounded by the total only."""
    caps = Caps(4, 1, exempt=lambda host: host == "10.0.0.1")
    local = placed(caps, "unix:")
    hosts = ("10.0.0.1", "10.0.0.1", "unix:", "unix:")
    assert [status(caps, host) for host in hosts] == [None, None, None, 503]
    local.leave()
    assert status(caps, "10.0.0.1") is None


def test_a_reload_changes_who_is_exempt() -> None:
    """Who was counted when he came is not any more when he leaves, and nobody else is forgotten."""
    exempt: set[str] = set()
    caps = Caps(9, 1, exempt=exempt.__contains__)
    counted = placed(caps, "1.1.1.1")
    exempt.add("1.1.1.1")
    free = placed(caps, "1.1.1.1")
    counted.leave()
    exempt.clear()
    assert status(caps, "1.1.1.1") is None
    free.leave()
    assert status(caps, "1.1.1.1") == 429

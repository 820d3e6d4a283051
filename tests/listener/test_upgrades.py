"""A first request that is a whole WebSocket upgrade, which needs nobody to watch what comes in."""

import pytest

from matchd.listener.heads import Limits
from matchd.listener.scanner import HeadScanner, whole_upgrade
from tests.listener.house import UPGRADE


@pytest.mark.parametrize(
    ("data", "rest"),
    [
        (UPGRADE, b""),
        (UPGRADE + b"\x81\x80", b"\x81\x80"),
        (UPGRADE[:-1], None),
        (UPGRADE.replace(b"\r\n", b"\n", 1), None),
        (UPGRADE.replace(b"GET", b"POST"), None),
        (UPGRADE.replace(b"Host: x\r\n", b""), None),
        (b"GET / HTTP/1.1\r\nHost: websocket\r\n\r\n" + UPGRADE, None),
        (b"", None),
    ],
)
def test_a_whole_upgrade_is_seen_at_once(data: bytes, rest: bytes | None) -> None:
    """With what comes behind it; everything else is left to the scanner."""
    found = whole_upgrade(data, Limits())
    assert rest == (None if found is None else found[1])
    if found is not None:
        scanner = HeadScanner()
        scanner.feed(data)
        assert scanner.next_item() == found[0]

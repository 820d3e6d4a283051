"""The guard that reads the daemon's log after every test."""

import pytest

from tests.daemon.process import Log, Site


def guard(site: Site, text: str) -> None:
    """Check a site whose daemon has said this."""
    log = Log()
    log.take(text)
    site.logs = [log]
    try:
        site.check()
    finally:
        site.logs = []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"event": "daemon.ready"}\n{"event": "http.fault", "why": "boom"}\n', "boom"),
        ("Traceback (most recent call last):\n", "Traceback"),
        ('{"event": "found", "url": "/signal/a-grant"}\n', "a-grant"),
    ],
)
def test_guard_refuses(site: Site, text: str, complaint: str) -> None:
    """A fault, a line that is no event, or something secret in the log fails the test."""
    site.learn({"found": True, "ice": [{"grant": "a-grant"}]})
    with pytest.raises(AssertionError, match=complaint):
        guard(site, text)


def test_guard_accepts(site: Site) -> None:
    """Events without secrets are fine."""
    guard(site, '{"event": "daemon.ready"}\n{"event": "host.appeared", "host": "pc-1"}\n')

"""Fixtures of the tests that run the daemon as a process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.daemon.coturn import self_signed
from tests.daemon.process import Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A fresh site; after the test its logs must hold no fault and no secret."""
    site = Site(tmp_path)
    yield site
    site.check()


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[Site]:
    """The same with TLS of our own."""
    site = Site(tmp_path, "https")
    pair = self_signed(tmp_path)
    site.config["server"] |= {"tls_certificate": str(pair.cert), "tls_key": str(pair.key)}
    yield site
    site.check()

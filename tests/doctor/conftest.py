"""Fixtures of the doctor's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from matchd.doctor import client, link, ways
from tests.daemon.conftest import site

__all__ = ["site"]


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Don't wait for a handshake with old TLS: coturn never answers one."""
    monkeypatch.setattr(ways, "OLD_PATIENCE", 0.1)


@pytest.fixture
def tidy_clocks() -> Iterator[None]:
    """Remove the shared memory of processes that libfaketime had and that were killed."""
    yield
    for name in Path("/dev/shm").glob("faketime_shm_*"):
        number = name.name.rpartition("_")[2]
        if not Path(f"/proc/{number}").exists():
            name.unlink(missing_ok=True)
            name.with_name(f"sem.faketime_sem_{number}").unlink(missing_ok=True)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a server 0.4 s instead of 3, for those that never answer."""
    for module in (client, link):
        monkeypatch.setattr(module, "PATIENCE", 0.4)
    monkeypatch.setattr(client, "AGAIN", (0.1, 0.1))

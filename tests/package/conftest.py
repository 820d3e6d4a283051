"""The package, built once for all tests of it, in whichever process they run."""

import fcntl
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.package.house import Machine, booted, built, why_not


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The built package, or the one that $MATCHD_PACKAGE names."""
    if "MATCHD_PACKAGE" in os.environ:
        return Path(os.environ["MATCHD_PACKAGE"])
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    into = shared / "package"
    with (shared / "package.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "package.built").exists():
            shutil.rmtree(into, ignore_errors=True)
            into.mkdir()
            built(into)
            (shared / "package.built").touch()
    (found,) = into.glob("matchd_*.deb")
    return found


@pytest.fixture
async def machine(tmp_path: Path, package: Path) -> AsyncIterator[Machine]:
    """A machine with the package in its shared directory, not yet installed."""
    reason = why_not()
    if reason is not None:
        pytest.skip(f"not installed, started, upgraded, removed or purged: {reason}")
    async with booted(tmp_path) as made:
        shutil.copy(package, made.shared / "matchd.deb")
        yield made

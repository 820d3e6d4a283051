"""A disk that is full or may not be written: said, survived, and nothing is half done.

Each daemon has its data directory on a small file system of its own, which only root can give it.
"""

import subprocess
from pathlib import Path

import pytest

from tests.daemon.people import sign_up
from tests.daemon.process import COMMAND, Daemon, Site

_MOUNT = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]


@pytest.fixture(autouse=True, scope="module")
def _may_mount() -> None:
    done = subprocess.run(_MOUNT, capture_output=True, timeout=60, check=False)
    if done.returncode:
        pytest.skip(f"no full and no read-only disk can be made: {done.stderr.decode().strip()}")


def on_disk(site: Site, options: str) -> tuple[str, ...]:
    """The command that starts the daemon with its data on a file system with these options."""
    data = site.directory / "data"
    data.mkdir(exist_ok=True)
    script = 'mount -t tmpfs -o "$0" tmpfs "$1" && shift && exec "$@"'
    return ("unshare", "--mount", "sh", "-c", script, options, str(data), *COMMAND)


def seen_by(daemon: Daemon, name: str) -> Path:
    """A file in the data directory as the daemon sees it."""
    data = daemon.site.directory / "data"
    return Path(f"/proc/{daemon.process.pid}/root{data}/{name}")


def fill(file: Path) -> None:
    """Take all the room there is."""
    with file.open("wb", buffering=0) as filler:
        try:
            while filler.write(b"x" * 4096) == 4096:
                pass
        except OSError:
            return


async def test_a_full_disk(site: Site) -> None:
    """Sign-ups get 503 with the reason, matches go on, /readyz says so, and all is well when there is
    room again. A restart on a full disk says so, and keeps the match in the runtime directory.
    """
    runtime = site.directory / "run"
    runtime.mkdir()
    command, env = on_disk(site, "size=1m"), {"RUNTIME_DIRECTORY": str(runtime)}
    async with site.daemon(command=command, env=env) as daemon:
        await sign_up(daemon, "ann")
        fill(seen_by(daemon, "filler"))
        refused = await daemon.ask(
            "POST", "/auth/createuser", {"name": "bob", "password": "long enough"}
        )
        assert (refused.status, refused.json()["code"]) == (503, "store_unavailable")
        assert "disk of the database is full" in refused.json()["error"]
        assert "full" in str((await daemon.ask("GET", "/readyz")).json()["reasons"])
        await daemon.beat()
        found = await daemon.find()
        seen_by(daemon, "filler").unlink()
        await sign_up(daemon, "bob")
        assert "full" not in str((await daemon.ask("GET", "/readyz")).json()["reasons"])
        fill(seen_by(daemon, "filler"))
    assert daemon.log.named("snapshot.failed")[0]["level"] == "error"
    async with site.daemon(command=command, env=env) as daemon:
        path = f"/api/match/{found['bookingId']}"
        assert (await daemon.ask("GET", path, bearer=found["grant"])).json()["state"] == "held"
    assert not list(runtime.iterdir())


async def test_a_disk_that_may_not_be_written(site: Site) -> None:
    """The daemon does not start, ends with 2, and names the directory and the reason."""
    site.write()
    (site.directory / "data").mkdir()
    status, said = await site.refused(command=on_disk(site, "ro"))
    assert (status, said) == (
        2,
        f'matchd: server.data_dir = "{site.directory}/data": Read-only file system\n',
    )

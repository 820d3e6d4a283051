"""What is kept, damaged: nothing starts on it unasked, and nothing of it is ever deleted."""

from pathlib import Path

import pytest

from tests.daemon.people import sign_up
from tests.daemon.process import Site


def shorten(file: Path) -> None:
    """Cut a file off in its middle, as a bad disk does."""
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])


@pytest.mark.parametrize(
    ("name", "event", "found"),
    [("state.json", "snapshot.set_aside", 404), ("matchd.db", "database.set_aside", 200)],
)
async def test_a_damaged_file_stops_the_start(
    site: Site, name: str, event: str, found: int
) -> None:
    """Exit status 2, the file as it was, and the ways on named; --accept-loss begins without it, says
    so as an error, keeps the file under another name, and the rest is there.
    """
    file, aside = site.directory / "data" / name, site.directory / "data" / f"{name}.damaged"
    async with site.daemon() as daemon:
        await daemon.beat()
        await sign_up(daemon, "ann")
    shorten(file)
    damaged = file.read_bytes()
    status, said = await site.refused()
    assert (status, file.read_bytes()) == (2, damaged)
    assert f"matchd: {file}: " in said
    assert "--accept-loss" in said
    async with site.daemon("--accept-loss") as daemon:
        (told,) = daemon.log.named(event)
        assert (told["level"], told["kept_as"]) == ("error", str(aside))
        assert (await daemon.ask("POST", "/api/match/find", {})).status == found
        known = await daemon.ask("GET", "/auth/checkuser/ann")
        assert known.body == (b"not found" if name == "matchd.db" else b"found")
    assert aside.read_bytes() == damaged
    async with site.daemon():
        pass


async def test_what_a_backup_mends(site: Site) -> None:
    """A damaged database is replaced by its backup, as the refusal says, and nobody is missing."""
    from matchd.cli import main

    async with site.daemon() as daemon:
        await sign_up(daemon, "ann")
        assert main(["backup", "--config", str(site.path), str(site.directory / "b")]) == 0
    shorten(site.directory / "data/matchd.db")
    assert "matchd restore" in (await site.refused())[1]
    assert main(["restore", "--config", str(site.path), str(site.directory / "b")]) == 0
    async with site.daemon() as daemon:
        assert (await daemon.ask("GET", "/auth/checkuser/ann")).body == b"found"

"""The database as a file: its mode, its schema, backups and what is refused (issue 4, item 6)."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
import trio

from matchd.domain.bookings import Terms
from matchd.domain.friends import Verb
from matchd.domain.ids import AccountId
from matchd.errors import ConfigError
from matchd.store.embedded import EmbeddedStore
from matchd.store.embedded.durable import (
    Database,
    back_up,
    migrate,
    open_read_only,
    restore_backup,
    schema,
)
from tests.store.house import LEASES
from tests.store.people import People, account, crowd, kept, key_account


async def fill(path: Path, *names: str) -> None:
    """Sign people up in a database and close it."""
    async with kept(path) as store:
        await People(store).add(*names)


def names_in(path: Path) -> list[str]:
    """Who is in a database."""
    with closing(open_read_only(path)) as connection:
        return [row[0] for row in connection.execute("SELECT handle FROM accounts ORDER BY folded")]


def modes(directory: Path) -> dict[str, int]:
    """The permissions of the files in a directory."""
    return {file.name: file.stat().st_mode & 0o777 for file in directory.iterdir()}


async def test_for_its_owner_alone(tmp_path: Path) -> None:
    """The database and what SQLite puts beside it are readable by their owner alone."""
    (tmp_path / "matchd.db").touch(mode=0o644)
    async with kept(tmp_path / "matchd.db") as store:
        await People(store).add("ann")
        assert modes(tmp_path) == {
            "matchd.db": 0o600,
            "matchd.db-shm": 0o600,
            "matchd.db-wal": 0o600,
        }


async def test_all_outlives_a_restart(tmp_path: Path) -> None:
    """What was kept is there when the daemon starts again."""
    await fill(tmp_path / "matchd.db", "ann")
    async with kept(tmp_path / "matchd.db") as store:
        assert await People(store).get("ann") == account("ann")


async def test_tallies(tmp_path: Path) -> None:
    """Whatever was asked, blocked, taken back and deleted, all numbers are those of the ties."""
    path, script = tmp_path / "matchd.db", random.Random(3)
    names = [f"{kind}_p{number}" for kind in "uk" for number in range(4)]
    async with kept(path) as store:
        people = People(store)
        for step in range(600):
            me, other = (AccountId(name) for name in script.sample(names, 2))
            number = me.partition("p")[2]
            made = account if me.startswith("u") else key_account
            await people.create(made(f"p{number}"))
            await people.change(me, other, script.choice(list(Verb)))
            if step % 10 == 9:
                await store.accounts.delete(other, people.now)
    with closing(open_read_only(path)) as connection:
        told = connection.execute("SELECT * FROM tallies WHERE held OR waiting").fetchall()
        ties = connection.execute(
            """SELECT me, sum(edge <> 'nothing') AS held, sum(standing = 'incoming') AS waiting
            FROM edges GROUP BY me HAVING held OR waiting ORDER BY me"""
        ).fetchall()
    assert told == ties != []


async def test_nothing_is_kept_in_memory(tmp_path: Path) -> None:
    """Without a file every store is new."""
    await People(EmbeddedStore(LEASES, Terms(), random.Random(1))).add("ann")
    fresh = EmbeddedStore(LEASES, Terms(), random.Random(1))
    assert await People(fresh).get("ann") is None
    assert await fresh.ready() is None


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("PRAGMA user_version = 99", "schema 99 and this matchd knows schema"),
        ("PRAGMA application_id = 7", "not matchd's"),
    ],
)
async def test_refused_files(tmp_path: Path, words: str, sentence: str) -> None:
    """A database of a newer schema or of somebody else is refused with a sentence and not changed."""
    path = tmp_path / "matchd.db"
    await fill(path, "ann")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(words)
        connection.execute("PRAGMA journal_mode = DELETE")
    before = path.read_bytes()
    for use in (Database, open_read_only, migrate):
        with pytest.raises(ConfigError, match=sentence):
            use(path)
    assert path.read_bytes() == before


async def test_somebody_elses_database(tmp_path: Path) -> None:
    """A database without our mark but with tables is not ours."""
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        connection.execute("CREATE TABLE accounts (id)")
    with pytest.raises(ConfigError, match="not matchd's"):
        Database(tmp_path / "x.db")


@pytest.mark.parametrize("start", [0, 4096 * 3])
async def test_damage(tmp_path: Path, start: int) -> None:
    """A damaged file is refused with a sentence, wherever the damage is."""
    path = tmp_path / "matchd.db"
    await fill(path, "ann", "bob")
    data = bytearray(path.read_bytes())
    data[start : start + 4096] = b"\xa5" * 4096
    path.write_bytes(data)
    with pytest.raises(ConfigError, match="damaged"):
        Database(path)


def test_places_that_cannot_be_used(tmp_path: Path) -> None:
    """A directory that is not there, or a database that is one, is a sentence with the path."""
    with pytest.raises(ConfigError, match=r"none/matchd.db: No such file"):
        Database(tmp_path / "none" / "matchd.db")
    with pytest.raises(ConfigError, match="Is a directory"):
        Database(tmp_path)
    with pytest.raises(ConfigError, match="there is no database"):
        open_read_only(tmp_path / "matchd.db")


READ_ONLY = """
import os, sys
from pathlib import Path
from matchd.errors import ConfigError
from matchd.store.embedded.durable import Database
if os.geteuid() == 0:
    os.setuid(65534)
try:
    Database(Path(sys.argv[1]))
except ConfigError as error:
    print(error)
"""


def test_a_directory_that_may_not_be_written(tmp_path: Path) -> None:
    """Whoever may not write the directory is told so, by name of the file."""
    tmp_path.chmod(0o500)
    command = [sys.executable, "-c", READ_ONLY, str(tmp_path / "matchd.db")]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    tmp_path.chmod(0o700)
    assert said == f"{tmp_path}/matchd.db: Permission denied\n"


def test_migrations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing migrations are made in order, each whole or not at all, and once."""
    path, one = tmp_path / "matchd.db", schema.MIGRATIONS
    assert migrate(path) == (0, len(one))
    second, third = ("CREATE TABLE second (a)",), ("CREATE TABLE third (a)", "CREATE nonsense")
    monkeypatch.setattr(schema, "MIGRATIONS", (*one, second, third))
    with pytest.raises(ConfigError, match="older schema"):
        open_read_only(path)
    with pytest.raises(ConfigError, match="failed"):
        migrate(path)
    monkeypatch.setattr(schema, "MIGRATIONS", (*one, second, third[:1]))
    assert migrate(path) == (len(one) + 1, len(one) + 2)
    assert migrate(path) == (len(one) + 2, len(one) + 2)


async def test_many_open_a_new_file(tmp_path: Path) -> None:
    """Processes that start together on a new file make it once."""
    opened: list[Database] = []

    async def open_one() -> None:
        opened.append(await trio.to_thread.run_sync(Database, tmp_path / "matchd.db"))

    async with trio.open_nursery() as nursery:
        for _ in range(4):
            nursery.start_soon(open_one)
    for database in opened:
        database.close()
    assert len(opened) == 4


async def test_backup_while_writing(tmp_path: Path) -> None:
    """A backup of a busy database is of one moment, one whole file, for its owner alone."""
    path, copy = tmp_path / "matchd.db", tmp_path / "out" / "copy.db"
    copy.parent.mkdir()
    async with kept(path) as store:
        people = People(store)
        await people.add(*(f"before{number}" for number in range(10)))
        async with trio.open_nursery() as nursery:
            names = [f"p{number}" for number in range(2000)]
            nursery.start_soon(crowd, (partial(people.add, name) for name in names), 50)
            size = await trio.to_thread.run_sync(back_up, path, copy)
    assert (size, modes(copy.parent)) == (copy.stat().st_size, {"copy.db": 0o600})
    found = names_in(copy)
    assert len([name for name in found if name.startswith("before")]) == 10
    assert [f"p{number}" in found for number in range(2000)].count(True) == len(found) - 10


async def test_backup_refusals(tmp_path: Path) -> None:
    """A backup never overwrites the database itself, needs one, and leaves nothing where it fails."""
    path = tmp_path / "matchd.db"
    with pytest.raises(ConfigError, match="there is no database"):
        back_up(path, tmp_path / "copy.db")
    await fill(path, "ann")
    os.link(path, tmp_path / "same.db")
    for target in (path, tmp_path / "same.db"):
        with pytest.raises(ConfigError, match="the database itself"):
            back_up(path, target)
    with pytest.raises(ConfigError, match="No such file"):
        back_up(path, tmp_path / "none" / "copy.db")
    assert names_in(path) == ["ann"]
    assert not path.with_name("copy.db.new").exists()


async def test_restore(tmp_path: Path) -> None:
    """A backup takes the place of the database, and what was there is kept beside it."""
    path, copy = tmp_path / "matchd.db", tmp_path / "copy.db"
    assert await trio.to_thread.run_sync(migrate, path) is not None
    await fill(path, "ann")
    back_up(path, copy)
    await fill(path, "bob")
    aside = restore_backup(copy, path)
    assert aside == tmp_path / "matchd.db.replaced"
    assert (names_in(path), names_in(aside)) == (["ann"], ["ann", "bob"])
    assert path.stat().st_mode & 0o777 == 0o600
    await fill(path, "cleo")
    assert names_in(copy) == ["ann"]


async def test_restore_twice(tmp_path: Path) -> None:
    """Each database that was replaced is kept, the first one above all."""
    path, copy = tmp_path / "matchd.db", tmp_path / "copy.db"
    await fill(path, "ann")
    back_up(path, copy)
    await fill(path, "bob")
    asides = [restore_backup(copy, path) for _ in range(3)]
    named = ["matchd.db.replaced", "matchd.db.replaced.2", "matchd.db.replaced.3"]
    assert [aside.name for aside in asides if aside is not None] == named
    assert names_in(tmp_path / named[0]) == ["ann", "bob"]


async def test_restore_over_nothing_and_over_damage(tmp_path: Path) -> None:
    """A backup is restored where no database is, and where one is of no use any more."""
    path, copy = tmp_path / "matchd.db", tmp_path / "copy.db"
    await fill(path, "ann")
    back_up(path, copy)
    path.write_bytes(b"noise" * 5000)
    path.with_name("matchd.db-wal").write_bytes(b"stale")
    restore_backup(copy, path)
    assert names_in(path) == ["ann"]
    path.unlink()
    assert restore_backup(copy, path) is None
    assert names_in(path) == ["ann"]


@pytest.mark.parametrize("wrong", ["missing", "noise", "stranger", "newer", "damaged"])
async def test_a_bad_backup(tmp_path: Path, wrong: str) -> None:
    """A backup that is not whole, not ours or newer is refused, and the database stays as it is."""
    path, copy = tmp_path / "matchd.db", tmp_path / "copy.db"
    await fill(path, *(f"p{number}" for number in range(100)))
    back_up(path, copy)
    if wrong == "missing":
        copy.unlink()
    elif wrong == "noise":
        copy.write_bytes(b"noise" * 1000)
    elif wrong == "damaged":
        copy.write_bytes(copy.read_bytes()[:-8192] + b"\xa5" * 8192)
    else:
        words = "application_id = 7" if wrong == "stranger" else "user_version = 99"
        with closing(sqlite3.connect(copy)) as connection:
            connection.execute(f"PRAGMA {words}")
    before = path.read_bytes()
    with pytest.raises(ConfigError, match=str(copy)):
        restore_backup(copy, path)
    assert path.read_bytes() == before
    assert not path.with_name("matchd.db.replaced").exists()

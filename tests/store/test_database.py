"""The writer of the embedded store's database: group commit, and what happens when the disk fails."""

from __future__ import annotations

import resource
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest
import trio

from matchd.errors import StoreUnavailable
from matchd.store.embedded.durable import Database, DatabaseLimits, checkpoints
from matchd.store.embedded.durable.checkpoints import EVERY, checkpoint
from tests.store.people import People, account, crowd, kept

ROW = "INSERT INTO totals VALUES (?, 0)"


class Held:
    """A database whose writer waits in a step until it is let go."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.commits = 0
        self.errors: list[BaseException] = []
        self._begun, self._go = threading.Event(), threading.Event()
        database._writer.set_trace_callback(self._traced)

    def add(self, name: str, connection: sqlite3.Connection) -> None:
        """A step: one row."""
        connection.execute(ROW, (name,))

    async def write(self, name: str) -> None:
        """One row, or an error that is noted."""
        try:
            await self.database.write(partial(self.add, name))
        except StoreUnavailable as error:
            self.errors.append(error)

    async def hold(self, nursery: trio.Nursery) -> None:
        """Have the writer busy with a step."""
        nursery.start_soon(self.database.write, lambda _: self._stand())
        await trio.to_thread.run_sync(self._begun.wait)

    def release(self) -> None:
        """Let the step end."""
        self._go.set()

    async def release_soon(self) -> None:
        """Let it end once two calls are in the queue."""
        await queued(self, 2)
        self.release()

    def names(self) -> list[str]:
        """The rows there are."""
        query = "SELECT name FROM totals ORDER BY name"
        return self.database.read(lambda connection: [r[0] for r in connection.execute(query)])

    def _stand(self) -> None:
        self._begun.set()
        self._go.wait(10)

    def _traced(self, statement: str) -> None:
        self.commits += statement == "COMMIT"


@pytest.fixture
async def held(tmp_path: Path) -> AsyncIterator[Held]:
    """A running database with a short queue and deadline."""
    database = Database(tmp_path / "db", DatabaseLimits(queue=100, deadline=5.0, busy=0.05))
    async with trio.open_nursery() as nursery:
        await nursery.start(database.run)
        yield Held(database)
        nursery.cancel_scope.cancel()


async def queued(held: Held, count: int) -> None:
    """Wait until so many calls are in the queue."""
    with trio.fail_after(5):
        while len(held.database._queue) != count:  # noqa: ASYNC110  # other tasks bring it about
            await trio.lowlevel.checkpoint()


async def test_group_commit(held: Held) -> None:
    """All that wait while the writer is busy are made durable by one commit."""
    async with trio.open_nursery() as nursery:
        await held.hold(nursery)
        for number in range(100):
            nursery.start_soon(held.write, f"{number:02}")
        await queued(held, 100)
        held.release()
    assert held.commits == 2
    assert held.names() == [f"{number:02}" for number in range(100)]


async def test_one_step_fails(held: Held) -> None:
    """A step that raises takes back its own work, and those beside it are kept."""

    async def fail() -> None:
        def step(connection: sqlite3.Connection) -> None:
            held.add("half", connection)
            raise LookupError

        with pytest.raises(LookupError):
            await held.database.write(step)

    async with trio.open_nursery() as nursery:
        await held.hold(nursery)
        nursery.start_soon(held.write, "a")
        nursery.start_soon(fail)
        nursery.start_soon(held.write, "b")
        await queued(held, 3)
        held.release()
    assert held.names() == ["a", "b"]


async def test_the_storage_fails_in_a_step(held: Held) -> None:
    """When the disk fails under one step nothing of its group is kept; the next one starts afresh."""

    def fail(connection: sqlite3.Connection) -> None:
        held.add("half", connection)
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode, error.sqlite_errorname = sqlite3.SQLITE_IOERR, "SQLITE_IOERR"
        raise error

    async with trio.open_nursery() as nursery:
        await held.hold(nursery)
        nursery.start_soon(held.write, "beside")
        nursery.start_soon(held.release_soon)
        with pytest.raises(StoreUnavailable, match=r"read or written .*; nothing was changed"):
            await held.database.write(fail)
    assert "IOERR" in str(held.database.fault)
    await held.write("after")
    assert held.names() == ["after"]


async def test_cancelled_callers(held: Held) -> None:
    """Who gives up in the queue changes nothing; who gives up later hurts nobody, and it is done."""
    async with trio.open_nursery() as nursery, trio.open_nursery() as leaving:
        await held.hold(leaving)
        leaving.start_soon(held.write, "gone")
        nursery.start_soon(held.write, "stays")
        await queued(held, 2)
        leaving.cancel_scope.cancel()
        held.release()
    assert held.names() == ["stays"]


async def test_a_full_queue(held: Held) -> None:
    """One caller more than the queue takes is refused at once."""
    async with trio.open_nursery() as nursery:
        await held.hold(nursery)
        for number in range(100):
            nursery.start_soon(held.write, str(number))
        await queued(held, 100)
        await held.write("over")
        held.release()
    assert [str(error) for error in held.errors] == [
        "Too many calls wait for the database; nothing was changed."
    ]
    assert "over" not in held.names()


async def test_a_disk_that_hangs(tmp_path: Path) -> None:
    """Callers are answered at the deadline, and told whether their step may have been done."""
    database = Database(tmp_path / "db", DatabaseLimits(deadline=0.05))
    held = Held(database)
    async with trio.open_nursery() as nursery:
        await nursery.start(database.run)
        with pytest.raises(StoreUnavailable, match="whether it was done is not known"):
            await database.write(lambda _: held._stand())
        await held.write("late")
        assert "in time; nothing was changed" in str(held.errors)
        held.release()
        nursery.cancel_scope.cancel()


async def test_closed(tmp_path: Path) -> None:
    """After its end the database refuses, and who still waited was refused too."""
    database = Database(tmp_path / "db")
    held = Held(database)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(held.write, "waits")
        await queued(held, 1)
        database.close()
    await held.write("late")
    assert len(held.errors) == 2
    with pytest.raises(StoreUnavailable, match="closed"):
        held.names()
    database.close()


async def test_a_reader_never_writes(held: Held) -> None:
    """The connection of the loop can't change anything."""
    with pytest.raises(StoreUnavailable, match="may not be written"):
        held.database.read(lambda connection: connection.execute(ROW, ("x",)))
    assert held.names() == []


async def test_locked_by_another(held: Held, tmp_path: Path) -> None:
    """While another process holds the file writes are refused and reads go on; then all is well."""
    other = sqlite3.connect(tmp_path / "db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    await held.write("a")
    assert "locked by another process" in str(held.errors)
    assert held.names() == []
    other.execute("ROLLBACK")
    other.close()
    await held.write("a")
    assert held.names() == ["a"]
    assert held.database.fault is None


@contextmanager
def small_disk(path: Path) -> Iterator[None]:
    """No file of this process may grow beyond what the database's log is now and a bit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    most = max(file.stat().st_size for file in path.parent.iterdir()) + 20_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def few_pages(people: People) -> Iterator[None]:
    """The database may not have more pages than now and a few, as if its disk were full."""
    writer = people.store.database._writer  # type: ignore[attr-defined]  # the embedded one
    writer.execute(f"PRAGMA max_page_count = {writer.execute('PRAGMA page_count').fetchone()[0]}")
    try:
        yield
    finally:
        writer.execute("PRAGMA max_page_count = 1000000")


@pytest.mark.parametrize("how", ["pages", "size"])
async def test_a_full_disk(tmp_path: Path, how: str) -> None:
    """On a full disk sign-ups are refused, each whole; what was acknowledged is there, and when there
    is room again so is everything else.
    """
    path, done, refused = tmp_path / "matchd.db", set(), set()
    async with kept(path) as store:
        people = People(store)

        async def sign_up(name: str) -> None:
            try:
                await people.create(account(name))
                done.add(name)
            except StoreUnavailable:
                refused.add(name)

        with few_pages(people) if how == "pages" else small_disk(path):
            await crowd((partial(sign_up, f"p{number}") for number in range(500)), 10)
        assert refused
        found = {one.handle for one in await store.accounts.page("", None, 999)}
        assert (found, await store.accounts.count()) == (done, len(done))
        assert await store.ready() is None
        await crowd((partial(sign_up, name) for name in sorted(refused)), 10)
        assert await store.accounts.count() == 500


def beginnings(log: Path) -> int:
    """How often the log has begun anew, which its head says."""
    with log.open("rb") as file:
        return int.from_bytes(file.read(16)[12:], "big")


async def test_the_log_begins_anew_though_others_write_on(
    held: Held, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is committed while the log is moved is moved after that, so it does not grow for ever."""
    moved = threading.Event()

    def beside_a_commit(connection: sqlite3.Connection) -> None:
        with closing(sqlite3.connect(tmp_path / "db", isolation_level=None)) as other:
            other.execute("BEGIN")
            other.execute("SELECT * FROM totals").fetchone()
            with closing(sqlite3.connect(tmp_path / "db", isolation_level=None)) as writer:
                writer.execute(ROW, ("meanwhile",))
            checkpoint(connection)  # up to what `other` sees
        moved.set()

    monkeypatch.setattr(checkpoints, "checkpoint", beside_a_commit)
    log = tmp_path / "db-wal"
    for number in range(EVERY):
        await held.write(str(number))
    before = beginnings(log)
    await trio.to_thread.run_sync(moved.wait)
    for number in range(EVERY - 10):  # too few for another round
        await held.write(f"after {number}")
        if beginnings(log) > before:
            break
        await trio.sleep(0.05)  # until the writer's thread has done its part
    assert beginnings(log) == before + 1
    assert {"meanwhile", "0", "after 0"} <= set(held.names())

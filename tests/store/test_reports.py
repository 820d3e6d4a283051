"""Reports as they are kept, found, closed and removed (wire.md 7)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from matchd.domain.ids import AccountId, ReportId
from matchd.domain.reports import Quote, Report, State
from matchd.store.ports import ReportsPort, Store
from tests.store.people import DAY, EPOCH, KEEPERS, account, opened

ANN, BOB = AccountId("u_ann"), AccountId("u_bob")
OPEN, TRIAGED, CLOSED = State.OPEN, State.TRIAGED, State.CLOSED


@pytest.fixture(params=KEEPERS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """A store of each backend, where ann is."""
    async with opened(request.param, tmp_path) as store:
        await store.accounts.create(account("ann"))
        yield store


@pytest.fixture
def reports(store: Store) -> ReportsPort:
    """The reports of an empty store of each backend."""
    return store.reports


def report(name: str, reporter: AccountId | None = ANN, at: float = 0.0) -> Report:
    """A report with all that may be in one."""
    return Report(
        id=ReportId(name),
        reporter=reporter,
        name="ann",
        issue="spam",
        created_at=EPOCH + at,
        target="bob",
        room="tea",
        quotes=(Quote(seq=4, sender="bob", author=None, content="buy", at=EPOCH - 1),),
    )


async def test_one(reports: ReportsPort) -> None:
    """A report is kept as it was made, also a guest's that names nothing."""
    guest = Report(id=ReportId("g"), reporter=None, name="", issue="lag", created_at=EPOCH)
    for made in (report("a"), guest):
        await reports.file(made)
        assert await reports.get(made.id) == made
    assert await reports.get(ReportId("b")) is None


async def test_pages(reports: ReportsPort) -> None:
    """Reports are listed oldest first, all or of one state, a page at a time."""
    made = [report(name, at=at) for at, name in enumerate("dcba")]
    for one in reversed(made):
        await reports.file(one)
    await reports.move(ReportId("c"), TRIAGED, None, EPOCH)
    assert [one.id for one in await reports.page(None, None, 9)] == ["d", "c", "b", "a"]
    assert [one.id for one in await reports.page(OPEN, None, 2)] == ["d", "b"]
    assert [one.id for one in await reports.page(OPEN, made[0], 9)] == ["b", "a"]
    assert [one.id for one in await reports.page(None, made[1], 1)] == ["b"]
    assert [one.id for one in await reports.page(TRIAGED, None, 9)] == ["c"]
    assert await reports.page(CLOSED, None, 9) == ()


async def test_moves(reports: ReportsPort) -> None:
    """A report goes from open to triaged to closed, or at once, and never back."""
    await reports.file(report("a"))
    triaged = await reports.move(ReportId("a"), TRIAGED, None, EPOCH + 1)
    assert triaged is not None
    assert (triaged.state, triaged.changed_at) == (TRIAGED, EPOCH + 1)
    closed = await reports.move(ReportId("a"), CLOSED, "warned", EPOCH + 2)
    assert closed is not None
    assert (closed.state, closed.outcome) == (CLOSED, "warned")
    assert await reports.get(ReportId("a")) == closed
    assert await reports.move(ReportId("a"), TRIAGED, None, EPOCH + 3) is None
    assert await reports.move(ReportId("a"), CLOSED, "again", EPOCH + 3) is None
    assert await reports.move(ReportId("b"), CLOSED, None, EPOCH) is None


async def test_telling(reports: ReportsPort) -> None:
    """Each report that was closed is told once, to whoever has a name."""
    for name, reporter in (("a", ANN), ("b", None), ("c", ANN)):
        await reports.file(report(name, reporter))
    assert await reports.tell(9) == ()
    for name in "ab":
        await reports.move(ReportId(name), CLOSED, "done", EPOCH)
    assert [one.id for one in await reports.tell(9)] == ["a"]
    assert await reports.tell(9) == ()
    await reports.move(ReportId("c"), CLOSED, "done", EPOCH)
    assert [(one.id, one.outcome) for one in await reports.tell(1)] == [("c", "done")]


async def test_retention(reports: ReportsPort) -> None:
    """What was closed long ago is removed, whatever its age; what is open stays."""
    for at, name in enumerate("abc"):
        await reports.file(report(name, at=at))
    await reports.move(ReportId("a"), CLOSED, None, EPOCH + DAY)
    await reports.move(ReportId("b"), CLOSED, None, EPOCH + 9)
    assert await reports.sweep(EPOCH + DAY, DAY) == 0
    assert await reports.sweep(EPOCH + DAY + 10, DAY) == 1
    assert [one.id for one in await reports.page(None, None, 9)] == ["a", "c"]
    assert await reports.sweep(EPOCH + 2 * DAY + 1, DAY) == 1
    assert await reports.page(CLOSED, None, 9) == ()
    assert await reports.tell(9) == ()


async def test_a_deleted_reporter(store: Store) -> None:
    """A reporter who deletes his account leaves his reports without his name."""
    await store.reports.file(report("a"))
    await store.reports.file(report("b", BOB))
    assert [one.id for one in await store.reports.of_account(ANN)] == ["a"]
    await store.accounts.delete(ANN, EPOCH)
    nameless = msgspec.structs.replace(report("a"), reporter=None, name="")
    assert await store.reports.get(ReportId("a")) == nameless
    assert await store.reports.get(ReportId("b")) == report("b", BOB)
    assert await store.reports.of_account(ANN) == ()

"""The journal and the audit log, on every backend: written, traced, read on, bounded."""

from __future__ import annotations

import msgspec

from matchd.domain.journal import SCAN, Book, Bounds, Line
from tests.store.people import EPOCH, People

WIDE = Bounds(1_000_000, 1e9)
HELD = Line(at=EPOCH, event="booking.held", ids={"booking": "b1", "host": "h1"}, node="n1")
LAPSED = Line(at=EPOCH + 9, event="booking.lapsed", ids={"booking": "b1"}, why="hold_expired")
BAN = Line(
    at=EPOCH + 5,
    event="audit.ban",
    ids={"account": "u_ann"},
    why="spam \N{SNOWMAN}",
    by="root",
    way="cli",
    outcome="done",
)


async def write(people: People, *lines: Line, book: Book = Book.JOURNAL, **more: object) -> None:
    """Append lines, at the time of the tests."""
    bounds, batch = more.get("bounds", WIDE), more.get("batch")
    assert isinstance(bounds, Bounds)
    assert batch is None or isinstance(batch, str)
    await people.store.journal.append(book, lines, bounds, people.now, batch=batch)


def numbered(count: int, event: str = "host.quiet") -> tuple[Line, ...]:
    """Lines about hosts h0, h1, …, one each second."""
    return tuple(Line(at=EPOCH + n, event=event, ids={"host": f"h{n}"}) for n in range(count))


async def read(people: People, after: int | None, limit: int = 9, **more: str) -> list[str]:
    """The hosts that a page of the journal names, and its cursor."""
    leaf = await people.store.journal.page(Book.JOURNAL, after, limit, more.get("event"))
    return [*(kept.line.ids["host"] for kept in leaf.lines), str(leaf.cursor)]


async def test_a_trace_is_what_names_an_id(people: People) -> None:
    """Each line is found by every id it names, whole, in both books, as it happened."""
    await write(people, LAPSED, HELD)
    await write(people, BAN, book=Book.AUDIT)
    seized = msgspec.structs.replace(HELD, at=EPOCH + 1, ids={"account": "u_ann", "host": "u_ann"})
    await write(people, seized)
    trace = people.store.journal.trace
    assert await trace("b1", 9) == (HELD, LAPSED)
    assert await trace("b1", 1) == (HELD,)  # the one that was written last
    assert await trace("h1", 9) == (HELD,)
    assert await trace("u_ann", 9) == (seized, BAN)
    assert await trace("b", 9) == await trace("b1\N{SNOWMAN}", 9) == ()


async def test_a_book_is_read_on(people: People) -> None:
    """From the end, or behind a number; the cursor goes on where a page ended."""
    assert await read(people, None) == ["0"]
    await write(people, *numbered(5))
    assert await read(people, None, 2) == ["h3", "h4", "5"]
    assert await read(people, 0, 2) == ["h0", "h1", "2"]
    assert await read(people, 4) == ["h4", "5"]
    assert await read(people, 5) == ["5"]
    assert (await people.store.journal.page(Book.AUDIT, None, 9, None)).lines == ()


async def test_a_look_for_an_event_is_bounded(people: People) -> None:
    """It finds an event or all of a noun, and goes through SCAN lines at most, then on."""
    await write(people, *numbered(2, "host.gone"), *numbered(1, "hostile.thing"))
    for start in range(0, SCAN, 250):
        await write(people, *numbered(SCAN)[start : start + 250])
    assert await read(people, 0, event="host.gone") == ["h0", "h1", str(SCAN)]
    assert await read(people, 0, 1, event="host") == ["h0", "1"]
    assert await read(people, 1, 2, event="host") == ["h1", "h0", "4"]
    assert await read(people, None, event="host.gone") == [str(SCAN + 3)]
    assert (await read(people, None, 2, event="host"))[0] == f"h{SCAN - 2}"


async def test_books_keep_within_their_bounds(people: People) -> None:
    """By number at once, by age as time goes by; the index goes with the lines."""
    await write(people, *numbered(10), bounds=Bounds(4, 1e9))
    await write(people, BAN, book=Book.AUDIT)
    journal = people.store.journal
    assert await read(people, 0) == ["h6", "h7", "h8", "h9", "10"]
    assert await journal.trace("h5", 9) == ()
    people.now += 108
    assert await journal.prune(Book.JOURNAL, Bounds(4, 100.0), people.now) == 2
    assert await read(people, 0) == ["h8", "h9", "10"]
    assert await journal.prune(Book.JOURNAL, Bounds(4, 100.0), people.now) == 0
    assert [await journal.trace(name, 9) for name in ("h7", "u_ann")] == [(), (BAN,)]


async def test_a_batch_is_written_once(people: People) -> None:
    """Also when its writer asks again because the answer was lost."""
    for batch in ("n1:1", "n1:1", "n1:2", None, None):
        await write(people, HELD, batch=batch)
    assert len(await people.store.journal.trace("b1", 9)) == 4


async def test_an_empty_batch_only_prunes(people: People) -> None:
    """Nothing is written by it."""
    await write(people, *numbered(3))
    await write(people, bounds=Bounds(1, 1e9))
    assert await read(people, 0) == ["h2", "3"]

"""The journal: what it tells of each noun, what it never holds, and what a store that is away means."""

from __future__ import annotations

import pytest
import trio
from structlog.testing import capture_logs

from matchd.domain.groups import GroupKey
from matchd.domain.ids import BookingId
from matchd.domain.journal import Book, Bounds, Line
from matchd.errors import NotFound, StoreUnavailable
from matchd.services import journal as journals
from matchd.services.groups import Visit
from matchd.services.journal import Journal
from matchd.services.tidying import Tidier
from matchd.services.tracing import Tracer
from matchd.store.embedded.durable.database import Database
from matchd.store.embedded.durable.journal import EmbeddedJournal
from tests.house import PLAYER_ADDRESS, SECRET, House, Outbox, secrets_in
from tests.play import who
from tests.services.chatting import Talk
from tests.services.listening import sign_up
from tests.services.playing import hall


async def traced(house: House, name: str) -> list[str]:
    """What happened to something."""
    while any(house.journal._waiting.values()):
        await house.journal.write()
    _, lines = await Tracer(house.store, house.hub).trace(name)
    return [line.event for line in lines]


async def test_a_match_is_told_of_whole(house: House) -> None:
    """By its booking, its host, its room and its player; and nothing in it is a secret."""
    await house.beat()
    found = await house.find()
    session, _ = await house.enter_player(found)
    await house.rooms.leave(session)
    await house.bookings.release(house.player(), None, BookingId(found.booking_id))
    whole = ["booking.held", "room.entered", "room.left", "booking.released"]
    assert await traced(house, found.booking_id) == whole
    assert await traced(house, "h1") == ["host.appeared", "booking.held", "booking.released"]
    assert await traced(house, "r-h1") == ["host.appeared", *whole[:3]]
    assert await traced(house, "u_ann") == whole[:3]
    leaf = await house.store.journal.page(Book.JOURNAL, 0, 99, None)
    assert not secrets_in(str(leaf), (SECRET, found.grant, PLAYER_ADDRESS))
    assert [kept.line.why for kept in leaf.lines if kept.line.why] == [
        *("as player", "as player", "released")
    ]


async def test_a_place_in_the_line_is_told_of(house: House) -> None:
    """From the wait on; a guest's address is not in it."""
    guest = house.auth.guest(PLAYER_ADDRESS)
    line = await house.get_in_line(guest)
    assert await traced(house, line.booking_id) == ["booking.waiting"]
    with pytest.raises(NotFound):
        await traced(house, guest.identity)


async def test_a_game_is_told_of(house: House, autojump_clock: trio.abc.Clock) -> None:
    """From the queue to its end, by game, ticket and player."""
    async with hall(house, "ann", "bob") as room:
        seats = await room.play("ann", "bob")
        game = seats[0].held.game_id
        await seats[1].leave()
        for seat in seats:
            seat.finish(ann=1, bob=0)
        await trio.sleep(60)
        assert await traced(house, game) == [
            *("queue.matched", "game.seated", "game.seated"),
            *("game.connected", "game.connected", "game.ready", "game.ready", "game.started"),
            *("game.disconnected", "game.forfeited", "game.over"),
        ]
        told = await traced(house, who("bob"))
        assert told[:2] == ["queue.entered", "game.seated"]
        assert told[-2:] == ["game.disconnected", "game.forfeited"]


async def test_leaving_the_queue_is_told_of(house: House, autojump_clock: trio.abc.Clock) -> None:
    """Why, too."""
    async with hall(house, "ann", "bob") as room:
        await room.join("ann")
        await house.queue.leave(house.player(who("ann")))
        await room.join("bob")
        await trio.sleep(70)
        for name in ("ann", "bob"):
            assert await traced(house, who(name)) == ["queue.entered", "queue.left"]
        leaf = await house.store.journal.page(Book.JOURNAL, 0, 99, "queue.left")
        assert [kept.line.why for kept in leaf.lines] == [
            *("a player gave it up", "its players were not heard of")
        ]


async def test_peers_are_told_of(house: House) -> None:
    """By their group and their account; the name of the room, which lets anybody in, is not there."""
    visit = Visit(key=GroupKey("rooms", "our secret room"), caller=house.player(), limit=8)
    session = await house.groups.admit(visit, Outbox())
    await house.groups.leave(session)
    assert await traced(house, session.group) == ["group.entered", "group.left"]
    assert await traced(house, "u_ann") == ["group.entered"]
    leaf = await house.store.journal.page(Book.JOURNAL, 0, 99, None)
    assert "secret" not in str(leaf)


async def test_accounts_are_told_of(house: House) -> None:
    """By id or by name, also what failed."""
    made = await sign_up(house)
    caller = house.auth.player(made.token, PLAYER_ADDRESS)
    await house.people.logins.leave(caller, everywhere=False)
    assert await traced(house, made.account.id) == ["audit.sign_up", "audit.logout"]
    assert await traced(house, "ann") == ["audit.sign_up", "audit.logout"]


async def test_chat_is_told_of_without_its_words(chat: Talk, house: House) -> None:
    """Rooms come and go; what is said in them is nowhere."""
    ann = await chat.device("ann")
    await ann.say("tea", "a secret")
    told = await traced(house, "tea")
    assert told[0] == "chat.created"
    leaf = await house.store.journal.page(Book.JOURNAL, 0, 99, None)
    assert "a secret" not in str(leaf)


async def test_the_level_of_the_log_does_not_matter(house: House) -> None:
    """Whatever is logged, the journal has it; each event is in the log once, with its cause."""
    with capture_logs() as logs:
        house.journal.happened("host.quiet", why="no heartbeat", level="warning", host="h1", n=1)
    line = {"event": "host.quiet", "log_level": "warning", "why": "no heartbeat"}
    assert logs == [{**line, "host": "h1", "n": 1}]
    assert await traced(house, "h1") == ["host.quiet"]


class Absent(EmbeddedJournal):
    """A store that does the first calls and loses their answers."""

    def __init__(self, lost: int) -> None:
        super().__init__(Database(None))
        self.lost = lost
        self.batches: list[str | None] = []

    async def append(
        self,
        book: Book,
        lines: tuple[Line, ...],
        bounds: Bounds,
        now: float,
        *,
        batch: str | None = None,
    ) -> None:
        """Write, and maybe lose the answer."""
        await super().append(book, lines, bounds, now, batch=batch)
        self.batches.append(batch)
        if len(self.batches) <= self.lost:
            raise StoreUnavailable(unsure=True)

    async def names(self, book: Book = Book.JOURNAL) -> list[str | None]:
        """Whom its lines name, or who did what they tell."""
        leaf = await self.page(book, 0, 1000, None)
        return [kept.line.ids.get("host", kept.line.by) for kept in leaf.lines]


def journal_over(house: House, port: Absent) -> Journal:
    """A journal of its own."""
    return Journal(port, house.hub, house.current, house.clock, house.metrics)


async def test_lines_wait_for_the_store(
    house: House, nursery: trio.Nursery, autojump_clock: trio.abc.Clock
) -> None:
    """A group is sent again under its number, and those behind it follow; nothing is lost."""
    port = Absent(3)
    journal = journal_over(house, port)
    nursery.start_soon(journal.run)
    for n in range(600):
        journal.happened("host.quiet", host=f"h{n}")
        await trio.lowlevel.checkpoint()
    await journal.written()
    assert await port.names() == [f"h{n}" for n in range(600)]
    assert len(set(port.batches)) == len(port.batches) - 3
    nursery.cancel_scope.cancel()


async def test_what_waits_is_bounded(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest lines of that book go, are counted, and said once."""
    monkeypatch.setattr(journals, "QUEUE", 3)
    port = Absent(0)
    journal = journal_over(house, port)
    with capture_logs() as logs:
        for n in range(5):
            journal.happened("host.quiet", host=f"h{n}")
        journal.audited("audit.ban", by="root", way="cli", outcome="done", why=None, ids={})
    await journal.write()
    assert await port.names() == ["h2", "h3", "h4"]
    assert await port.names(Book.AUDIT) == ["root"]
    assert b'matchd_journal_dropped_total{book="journal"} 2.0' in house.metrics.render()
    assert [log["event"] for log in logs].count("journal.full") == 1


async def test_a_stop_waits_for_no_pauses(
    house: House, nursery: trio.Nursery, autojump_clock: trio.abc.Clock
) -> None:
    """A flood is written slowly, but what is left of it at the end all at once."""
    journal = journal_over(house, Absent(0))
    for n in range(5000):
        journal.happened("host.quiet", level="info", host=f"h{n}")
    nursery.start_soon(journal.run)
    await trio.sleep(1)
    assert len(journal._waiting[Book.JOURNAL]) > 3000
    start = trio.current_time()
    await journal.written()
    assert not journal._waiting[Book.JOURNAL]
    assert trio.current_time() - start <= journals.PAUSE
    nursery.cancel_scope.cancel()


async def test_what_is_old_goes(house: House, autojump_clock: trio.abc.Clock) -> None:
    """Also where nothing happens any more; the audit log has its own time."""
    day = 86_400.0
    house.change(journal_keep=Bounds(100, day), audit_keep=Bounds(100, 3 * day))
    for n in range(3):
        house.journal.happened("host.quiet", host=f"h{n}")
        house.journal.audited(
            "audit.ban", by="root", way="cli", outcome="done", why=None, ids={"host": f"h{n}"}
        )
        await house.journal.write()
        await trio.sleep(day / 2)
    await trio.sleep(day / 4)
    tidier = Tidier(house.store, house.current, house.revocations, house.clock)
    assert await tidier.tidy() == 3  # with that of the node
    assert await traced(house, "h0") == await traced(house, "h1") == ["audit.ban"]
    assert await traced(house, "h2") == ["host.quiet", "audit.ban"]


async def test_whatever_is_told_can_be_kept(house: House) -> None:
    """Half a character, as JSON can hold it, ends no daemon; a direct message is found by its ids."""
    house.journal.happened("chat.created", why="\ud800", chat="@u_ann\tu_bob")
    house.journal.happened("chat.created", chat="\ud800")
    assert await traced(house, "@u_ann u_bob") == ["chat.created"]
    assert await traced(house, "?") == ["chat.created"]


async def test_a_cause_is_cut(house: House) -> None:
    """However long it is."""
    port = Absent(0)
    journal = journal_over(house, port)
    journal.happened("host.quiet", why="x" * 5000, host="h1")
    await journal.write()
    (line,) = await port.trace("h1", 9)
    assert line.why == "x" * 500

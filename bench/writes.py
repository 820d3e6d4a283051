"""Durable writes to the file, many at a time: in groups that share a commit, as matchd does, beside one
commit for each call.

Both are matchd's own database with its own statements, WAL and `synchronous = FULL`; the other one may
take one step into a transaction. They run in this process, in turn, each on a file of its own.
"""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import trio

from bench.calls import quiet
from bench.load.gauge import quantile
from bench.report import Goal, Table, middle, most, number, times
from bench.sizes import Sizes
from matchd.domain.accounts import Account, Kind
from matchd.domain.chat import Retention
from matchd.domain.ids import AccountId, ChatId, Handle, MessageId
from matchd.store.embedded.durable import Database, DatabaseLimits
from matchd.store.embedded.durable.accounts import EmbeddedAccounts
from matchd.store.embedded.durable.chat import EmbeddedChat
from matchd.store.ports import ChatDraft, ChatMoved, Created, Said

GROUPS, SINGLY = "groups", "one commit per call"
EPOCH = 1_715_620_000.0
ROOM = ChatId("bench")
KEPT = Retention(365 * 86_400.0, 1_000_000)


class Written(msgspec.Struct, frozen=True):
    """One window: calls a second, and milliseconds."""

    rate: float
    p50: float
    p99: float


class Book:
    """A database, and what is written to it."""

    def __init__(self, database: Database) -> None:
        self._accounts = EmbeddedAccounts(database)
        self._chat = EmbeddedChat(database, tuple)
        self._numbers = itertools.count()

    async def sign_up(self) -> AccountId:
        """Make an account."""
        name = f"player{next(self._numbers)}"
        account = Account(
            id=AccountId(f"u_{name}"),
            kind=Kind.PASSWORD,
            handle=Handle(name),
            created_at=EPOCH,
            seen_at=EPOCH,
            password_hash="$argon2id$v=19$m=19456,t=2,p=1$" + "h" * 64,
        )
        assert isinstance(await self._accounts.create(account), Created)
        return account.id

    async def meet(self) -> AccountId:
        """Make a room of two; its creator."""
        creator, other = await self.sign_up(), await self.sign_up()
        notice = self._draft(None, "so it is")
        assert isinstance(await self._chat.create(notice, creator, (other,), EPOCH), ChatMoved)
        return creator

    async def say(self, author: AccountId) -> None:
        """Say something in the room."""
        said = await self._chat.say(self._draft(author, "v" * 120), EPOCH, KEPT)
        assert isinstance(said, Said)

    def _draft(self, author: AccountId | None, content: str) -> ChatDraft:
        made = MessageId(f"m{next(self._numbers)}")
        return ChatDraft(room=ROOM, id=made, author=author, sender="bench", content=content)


Results = dict[str, dict[str, list[Written]]]


def run(sizes: Sizes) -> Table:
    """Measure both nouns both ways."""
    with quiet():
        results = trio.run(_measure_all, sizes)
    rows = [
        (
            f"{noun}: {way}",
            number(_rate(samples)),
            times(_rate(samples), _rate(ways[SINGLY])),
            number(middle(sample.p50 for sample in samples)),
            number(middle(sample.p99 for sample in samples)),
        )
        for noun, ways in results.items()
        for way, samples in ways.items()
    ]
    return Table(
        title=f"writes: {sizes.writers} at a time into a file in {tempfile.gettempdir()}, fully "
        f"synchronous, medians of {sizes.rounds} rounds of {sizes.seconds:g} s",
        columns=("what: how", "per second", "to single", "p50 ms", "p99 ms"),
        rows=tuple(rows),
        goals=tuple(goal for noun in results for goal in _goals(noun, results[noun], sizes)),
    )


async def _measure_all(sizes: Sizes) -> Results:
    results: Results = {noun: {GROUPS: [], SINGLY: []} for noun in ("chat messages", "accounts")}
    async with _book(None) as groups, _book(DatabaseLimits(batch=1)) as singly:
        authors = {GROUPS: await groups.meet(), SINGLY: await singly.meet()}
        for _ in range(sizes.rounds):
            for way, book in ((GROUPS, groups), (SINGLY, singly)):
                said = await _write(lambda: book.say(authors[way]), sizes)  # noqa: B023  # at once
                results["chat messages"][way].append(said)
                results["accounts"][way].append(await _write(book.sign_up, sizes))
    return results


async def _write(call: Callable[[], Awaitable[object]], sizes: Sizes) -> Written:
    latencies: list[float] = []
    began = time.perf_counter()
    until = began + sizes.seconds

    async def repeat() -> None:
        while (asked := time.perf_counter()) < until:
            await call()
            latencies.append(time.perf_counter() - asked)

    async with trio.open_nursery() as nursery:
        for _ in range(sizes.writers):
            nursery.start_soon(repeat)
    seconds, ordered = time.perf_counter() - began, sorted(latencies)
    p50, p99 = (quantile(ordered, share) * 1000 for share in (0.5, 0.99))
    return Written(len(ordered) / seconds, p50, p99)


@asynccontextmanager
async def _book(limits: DatabaseLimits | None) -> AsyncIterator[Book]:
    with tempfile.TemporaryDirectory(prefix="matchd-bench-") as directory:
        database = Database(Path(directory) / "bench.db", limits)
        async with trio.open_nursery() as nursery:
            await nursery.start(database.run)
            yield Book(database)
            nursery.cancel_scope.cancel()


def _rate(samples: list[Written]) -> float:
    return middle(sample.rate for sample in samples)


def _goals(noun: str, ways: dict[str, list[Written]], sizes: Sizes) -> tuple[Goal, ...]:
    ours, theirs = _rate(ways[GROUPS]), _rate(ways[SINGLY])
    work = f"durable writes, {sizes.writers} at a time: {noun}"
    return (
        Goal(
            work=work,
            ours=f"{number(ours)}/s",
            theirs=f"{SINGLY}: {number(theirs)}/s",
            better=times(ours, theirs),
            wanted="12x",
            reached=ours >= 12 * theirs,
        ),
        most(f"{work}, p99", middle(sample.p99 for sample in ways[GROUPS]), 10.0, "ms"),
    )

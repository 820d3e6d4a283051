"""What may be used once (wire.md 1.2, 4)."""

from __future__ import annotations

import trio

from tests.store.people import People, digest


async def test_once(people: People) -> None:
    """A thing is spent once, whoever comes at the same time; another kind is another thing."""
    answers: list[bool] = []

    async def spend() -> None:
        answers.append(
            await people.store.spent.spend("ticket", digest("a"), people.now + 30, people.now)
        )

    async with trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(spend)
    assert sorted(answers) == [False] * 19 + [True]
    assert await people.store.spent.spend("challenge", digest("a"), people.now + 30, people.now)


async def test_looking(people: People) -> None:
    """Whoever only looks, spends nothing."""
    spent, until = people.store.spent, people.now + 30
    assert not await spent.is_spent("ticket", digest("a"))
    assert await spent.spend("ticket", digest("a"), until, people.now)
    assert await spent.is_spent("ticket", digest("a"))
    assert not await spent.is_spent("challenge", digest("a"))


async def test_forgetting(people: People) -> None:
    """What was spent is remembered until it is due, and then forgotten."""
    spent = people.store.spent
    for seconds in (30, 60):
        await spent.spend("ticket", digest(str(seconds)), people.now + seconds, people.now)
    people.now += 29.5
    assert await spent.sweep(people.now) == 0
    assert not await spent.spend("ticket", digest("30"), people.now + 1, people.now)
    people.now += 0.5
    assert await spent.sweep(people.now) == 1
    assert not await spent.spend("ticket", digest("60"), people.now + 1, people.now)

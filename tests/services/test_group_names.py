"""Names of rooms are made up by anybody, so what is kept of them is not."""

from __future__ import annotations

from matchd.domain.groups import GroupKey
from matchd.services.groups import Visit
from tests.house import House, Outbox


async def test_many_names() -> None:
    """10,000 rooms, entered and left, leave nothing in the store or the service."""
    house = House()
    for number in range(10_000):
        visit = Visit(
            key=GroupKey("matchbox", f"room {number}"),
            caller=house.auth.guest("192.0.2.9"),
            limit=64,
        )
        await house.groups.leave(await house.groups.admit(visit, Outbox()))
    book = house.store.pool.groups
    assert (book.records, book._open, book.sockets, book._lingering) == ({}, {}, {}, {})
    assert (house.groups._sessions, house.groups._by_peer, house.hub._mailboxes) == ({}, {}, {})

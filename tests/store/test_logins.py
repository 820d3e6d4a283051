"""Logins (wire.md 4): rotation, reuse, ending, and the log of what was revoked."""

from __future__ import annotations

import msgspec

from matchd.domain.accounts import Ban
from matchd.domain.ids import AccountId, LoginId
from matchd.domain.logins import MOST, OVERLAP, Cause
from matchd.store.ports import Banned, Outdated, Reused, Rotated, UnknownAccount
from tests.store.people import DAY, EPOCH, People, account, digest

ANN = AccountId("u_ann")


async def test_login(people: People) -> None:
    """A login is kept whole and listed with its account, the oldest first."""
    await people.add("ann")
    new = (await people.log_in("ann", "new")).login
    old = (await people.log_in("ann", "old", age=10)).login
    assert await people.store.logins.get(new.id) == new
    assert await people.store.logins.of_account(ANN) == (old, new)
    assert await people.store.logins.get(LoginId("nobody")) is None


async def test_a_login_is_noted(people: People) -> None:
    """An account says when it was last logged in to, never backwards; nothing else of it changes."""
    await people.add("ann")
    await people.log_in("ann", "early")
    for later, device in ((9.5, "late"), (-5.0, "slow")):
        people.now = EPOCH + later
        await people.log_in("ann", device)
        assert await people.get("ann") == account("ann", seen_at=EPOCH + 9.5)
    await people.store.logins.open(people.login("ann"), "old hash", EPOCH + 20)
    assert await people.get("ann") == account("ann", seen_at=EPOCH + 9.5)


async def test_who_may_not_log_in(people: People) -> None:
    """A deleted or banned account, or one whose password changed meanwhile, gets no login."""
    await people.add("ann")
    login, logins = people.login("ann"), people.store.logins
    assert await logins.open(people.login("bob"), None, people.now) == UnknownAccount()
    assert await logins.open(login, "old hash", people.now) == Outdated()
    await people.ban("ann", people.now + 60)
    banned = await logins.open(login, "hash of ann", people.now)
    assert banned == Banned(Ban("spam", people.now, people.now + 60))
    assert await people.devices("ann") == []
    people.now += 60
    await people.log_in("ann")


async def test_too_many_logins(people: People) -> None:
    """One login more than an account may have ends the one that was idle the longest."""
    await people.add("ann")
    for number in range(MOST):
        await people.log_in("ann", f"d{number}", age=MOST - number)
    await people.rotate("ann", 0, device="d0")
    assert (await people.log_in("ann", "late")).ended == ("ann-d1",)
    assert len(await people.devices("ann")) == MOST
    assert await people.revoked() == [("u_ann", "ann-d1", "replaced")]


async def test_rotation(people: People) -> None:
    """A token is good for one rotation, which moves the login's end."""
    await people.add("ann")
    login = (await people.log_in("ann")).login
    people.now += 10
    rotated = await people.rotate("ann", 0)
    assert rotated == Rotated(
        msgspec.structs.replace(
            login,
            current=digest("t1"),
            previous=digest("t0"),
            rotated_at=people.now,
            expires_at=people.now + DAY,
        ),
        repeated=False,
    )
    assert await people.rotate("ann", 1) != rotated
    assert await people.revoked() == []


async def test_a_lost_answer(people: People) -> None:
    """Who asks for the same rotation again within the overlap gets the same answer."""
    await people.add("ann")
    await people.log_in("ann")
    first = await people.rotate("ann", 0)
    assert isinstance(first, Rotated)
    people.now += OVERLAP
    assert await people.rotate("ann", 0) == Rotated(first.login, repeated=True)
    assert isinstance(await people.rotate("ann", 1), Rotated)


async def test_reuse(people: People) -> None:
    """An old token after the overlap, or of two rotations ago, ends the login for both who hold it."""
    await people.add("ann")
    for device in ("late", "far"):
        await people.log_in("ann", device)
        await people.rotate("ann", 0, device=device)
    await people.rotate("ann", 1, device="far")
    assert isinstance(await people.rotate("ann", 0, device="far"), Reused)
    people.now += OVERLAP + 1
    assert isinstance(await people.rotate("ann", 0, device="late"), Reused)
    assert await people.rotate("ann", 1, device="late") is None
    assert await people.rotate("ann", 2, device="far") is None
    assert await people.revoked() == [
        ("u_ann", "ann-far", "reused"),
        ("u_ann", "ann-late", "reused"),
    ]


async def test_another_successor(people: People) -> None:
    """A token that comes again for another successor is no repetition."""
    await people.add("ann")
    await people.log_in("ann")
    await people.rotate("ann", 0)
    assert isinstance(await people.rotate("ann", 0, "mine"), Reused)


async def test_a_token_of_nobody(people: People) -> None:
    """A token that was never made ends the family whose name it carries; an unknown family is none."""
    await people.add("ann")
    await people.log_in("ann")
    assert await people.rotate("bob", 0) is None
    assert isinstance(await people.rotate("ann", 77), Reused)


async def test_logout(people: People) -> None:
    """One login ends or all but one, and each is in the log."""
    await people.add("ann", "bob")
    for device in ("a", "b", "c"):
        await people.log_in("ann", device)
    await people.log_in("bob")
    logins = people.store.logins
    closed = await logins.close(LoginId("ann-a"), Cause.LOGOUT, people.now)
    assert closed == people.login("ann", "a")
    assert await logins.close(LoginId("ann-a"), Cause.LOGOUT, people.now) is None
    keep = LoginId("ann-c")
    assert await logins.close_all(ANN, Cause.LOGOUT, people.now, keep=keep) == ("ann-b",)
    assert await people.devices("ann") == ["c"]
    assert await logins.close_all(ANN, Cause.LOGOUT, people.now) == ("ann-c",)
    assert await people.devices("bob") == ["d"]
    assert [login for _, login, _ in await people.revoked()] == ["ann-a", "ann-b", "ann-c"]


async def test_expiry(people: People) -> None:
    """An expired login can't be rotated, is swept, and revokes nothing: its tokens are older."""
    await people.add("ann")
    await people.log_in("ann", "old")
    people.now += DAY / 2
    await people.log_in("ann", "new")
    people.now += DAY / 2
    assert await people.rotate("ann", 0, device="old") is None
    assert await people.store.logins.sweep(people.now, 3600) == 1
    assert await people.store.logins.sweep(people.now, 3600) == 0
    assert (await people.devices("ann"), await people.revoked()) == (["new"], [])


async def test_reading_on(people: People) -> None:
    """The log is read on from a cursor, in pages, each entry once."""
    await people.add("ann")
    logins = people.store.logins
    for device in ("a", "b", "c"):
        await people.log_in("ann", device)
    await logins.close_all(ANN, Cause.LOGOUT, people.now)
    first = await logins.revoked_since(0, 2)
    assert ([one.login for one in first.entries], first.more) == (["ann-a", "ann-b"], True)
    second = await logins.revoked_since(first.cursor, 2)
    assert ([one.login for one in second.entries], second.more) == (["ann-c"], False)
    assert (first.gap, second.gap) == (False, False)
    assert second.entries[0].seq == second.cursor
    assert (await logins.revoked_since(second.cursor, 2)).entries == ()


async def test_pruning(people: People) -> None:
    """Entries older than the longest token are removed; who had not read them is told of the gap."""
    await people.add("ann")
    logins = people.store.logins
    start = (await logins.revoked_since(0, 9)).cursor
    for device in ("a", "b", "c"):
        await people.log_in("ann", device)
        await logins.close(LoginId(f"ann-{device}"), Cause.LOGOUT, people.now)
        people.now += 100
    cursors = [one.seq for one in (await logins.revoked_since(start, 9)).entries]
    assert await logins.sweep(people.now, 150) == 2
    gaps = [(await logins.revoked_since(cursor, 9)).gap for cursor in cursors]
    assert gaps == [True, False, False]
    behind = await logins.revoked_since(cursors[0], 9)
    assert [one.login for one in behind.entries] == ["ann-c"]
    assert not (await logins.revoked_since(0, 9)).gap


async def test_a_log_that_is_all_pruned(people: People) -> None:
    """A cursor at the end of a log that was pruned whole has missed nothing; one ahead of it has."""
    await people.add("ann")
    await people.log_in("ann")
    await people.store.logins.close_all(ANN, Cause.LOGOUT, people.now)
    end = (await people.store.logins.revoked_since(0, 9)).cursor
    await people.store.logins.sweep(people.now + 200, 100)
    at_end = await people.store.logins.revoked_since(end, 9)
    assert (at_end.entries, at_end.gap, at_end.cursor) == ((), False, end)
    ahead = await people.store.logins.revoked_since(end + 5, 9)
    assert (ahead.entries, ahead.gap, ahead.cursor) == ((), True, end)

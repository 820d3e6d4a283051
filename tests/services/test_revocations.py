"""Revocations: read by each node, asked for each token, and what they close (wire.md 1.3)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import pytest
import trio
import trio.testing

from matchd.domain.accounts import Ban
from matchd.domain.ids import AccountId, LoginId
from matchd.domain.logins import Cause, Revocation
from matchd.errors import BadToken, StoreUnavailable
from matchd.protocol.accounts import LoggedIn, SignUpBody
from matchd.protocol.news import Close
from matchd.services.revocations import Revocations
from matchd.services.tidying import Tidier
from matchd.store.ports import Revoked
from tests.house import PLAYER_ADDRESS, House, Outbox

Clock = trio.testing.MockClock


async def signed_up(house: House) -> LoggedIn:
    """Ann's first login."""
    body = SignUpBody(name="ann", password="correct horse")
    return await house.people.accounts.sign_up(house.auth.guest(PLAYER_ADDRESS), body)


@asynccontextmanager
async def kept(house: House) -> AsyncIterator[None]:
    """The house with its upkeep running."""
    async with trio.open_nursery() as nursery:
        for task in house.upkeep.tasks:
            nursery.start_soon(task)
        yield
        nursery.cancel_scope.cancel()


async def in_a_room(house: House, made: LoggedIn) -> Outbox:
    """A socket of ann's, in the room of her match."""
    await house.beat()
    found = await house.find(house.auth.player(made.token, PLAYER_ADDRESS))
    _, outbox = await house.enter_player(found)
    return outbox


async def test_another_nodes_revocation_is_known_within_two_seconds(
    house: House, autojump_clock: Clock
) -> None:
    """No news is needed: the log is read."""
    made = await signed_up(house)
    login = (await house.store.logins.of_account(AccountId(made.account.id)))[0]
    async with kept(house):
        await trio.sleep(10)
        house.tokens.verify(made.token)
        await house.store.logins.close(login.id, Cause.LOGOUT, house.clock.wall())
        await trio.sleep(2)
        with pytest.raises(BadToken):
            house.tokens.verify(made.token)


async def test_a_node_reads_it_all_before_it_serves(house: House) -> None:
    """What was revoked before the start is void after it."""
    made = await signed_up(house)
    account = AccountId(made.account.id)
    for number in range(5):
        now = house.clock.wall()
        await house.store.accounts.ban(account, Ban(f"reason {number}", now), now)
    fresh = Revocations(house.store.logins, house.current, house.clock)
    assert not fresh.is_void(account, None, int(house.clock.wall()))
    await fresh.read()
    assert fresh.is_void(account, None, int(house.clock.wall()))
    assert fresh.first_valid(account) == int(house.clock.wall()) + 1


async def test_entries_are_forgotten_when_no_token_can_be_so_old(
    house: House, autojump_clock: Clock
) -> None:
    """Here and in the store, after the life of a token and a little more."""
    made = await signed_up(house)
    caller = house.auth.player(made.token, PLAYER_ADDRESS)
    await house.people.logins.leave(caller, everywhere=False)
    tidier = Tidier(house.store, house.current, house.revocations, house.clock)
    assert await tidier.tidy() == 0
    await trio.sleep(house.revocations.retention + 1)
    await house.revocations.read()
    assert (await tidier.tidy(), await tidier.tidy()) == (1, 0)
    assert not house.revocations.is_void("", caller.login, 0)


class Pages:
    """A log in pages, of a store that may be away, or lose what it knew."""

    def __init__(self, *pages: Revoked | StoreUnavailable) -> None:
        self.pages = list(pages)
        self.asked: list[int] = []

    async def revoked_since(self, cursor: int, limit: int) -> Revoked:  # noqa: ARG002  # the port's
        """The next page."""
        self.asked.append(cursor)
        await trio.lowlevel.checkpoint()
        page = self.pages.pop(0) if self.pages else Revoked((), cursor, more=False, gap=False)
        if isinstance(page, StoreUnavailable):
            raise page
        return page


def entry(seq: int, login: str | None = None) -> Revocation:
    """One entry of the log, of now."""
    named = None if login is None else LoginId(login)
    return Revocation(seq, 1_700_000_000.0, AccountId("u_ann"), named, Cause.LOGOUT)


def reader(house: House, pages: Pages) -> Revocations:
    """A reader of these pages."""
    return Revocations(pages, house.current, house.clock)  # type: ignore[arg-type]  # it reads, nothing else


async def test_long_logs_are_read_page_by_page(house: House) -> None:
    """Until there is no more."""
    pages = Pages(
        Revoked((entry(1, "a"),), 1, more=True, gap=False),
        Revoked((entry(2, "b"),), 2, more=False, gap=False),
    )
    read = reader(house, pages)
    await read.read()
    assert pages.asked == [0, 1]
    assert all(read.is_void("", login, 0) for login in "ab")


async def test_a_gap_forgets_nothing_that_is_known(house: House) -> None:
    """A store that lost its log begins anew; what was void stays void."""
    pages = Pages(
        Revoked((entry(7, "a"),), 7, more=False, gap=False),
        Revoked((entry(1, "b"),), 1, more=False, gap=True),
    )
    read = reader(house, pages)
    await read.read()
    await read.read()
    assert all(read.is_void("", login, 0) for login in "ab")
    await read.read()
    assert pages.asked == [0, 7, 1]


async def test_two_readers_at_once_take_each_entry_once(house: House) -> None:
    """Who comes second goes on from where the first has got to."""
    page = Revoked((entry(1, "a"),), 1, more=False, gap=False)
    pages, heard = Pages(page, page), []
    read = reader(house, pages)
    read.listen(lambda one: heard.append(one.seq))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(read.read)
        nursery.start_soon(read.read)
    assert heard == [1]


async def test_a_store_that_is_away_is_asked_again(house: House, autojump_clock: Clock) -> None:
    """The reader goes on where it was."""
    pages = Pages(
        StoreUnavailable(), StoreUnavailable(), Revoked((entry(1, "a"),), 1, False, False)
    )
    read = reader(house, pages)
    with trio.move_on_after(2.5):
        await read.run()
    assert read.is_void("", "a", 0)


async def ban(house: House, account: AccountId) -> None:
    """Shut an account out."""
    now = house.clock.wall()
    await house.store.accounts.ban(account, Ban("spam", now), now)


async def delete(house: House, account: AccountId) -> None:
    """Erase an account."""
    await house.store.accounts.delete(account, house.clock.wall())


async def log_out(house: House, account: AccountId) -> None:
    """End all logins."""
    await house.store.logins.close_all(account, Cause.LOGOUT, house.clock.wall())


@pytest.mark.parametrize(
    ("deed", "code"),
    [(ban, Close.FORBIDDEN), (delete, Close.GONE), (log_out, Close.UNAUTHORIZED)],
)
async def test_sockets_of_the_account_are_closed(
    house: House,
    autojump_clock: Clock,
    deed: Callable[[House, AccountId], Awaitable[None]],
    code: Close,
) -> None:
    """Within two seconds, with the code that says why; the host's socket stays."""
    async with kept(house):
        made = await signed_up(house)
        outbox = await in_a_room(house, made)
        _, host = await house.enter_host()
        await deed(house, AccountId(made.account.id))
        await trio.sleep(2)
        assert (outbox.code, host.code) == (code, None)


async def test_a_login_of_several_closes_no_room(house: House, autojump_clock: Clock) -> None:
    """A match belongs to the account: it is left when the last login has ended."""
    async with kept(house):
        made = await signed_up(house)
        account = await house.store.accounts.get(AccountId(made.account.id))
        assert account is not None
        other = await house.people.logins.open(account, "phone")
        outbox = await in_a_room(house, made)
        leave = partial(house.people.logins.leave, everywhere=False)
        await leave(house.auth.player(other.token, PLAYER_ADDRESS))
        await trio.sleep(2)
        assert outbox.code is None
        await leave(house.auth.player(made.token, PLAYER_ADDRESS))
        await trio.sleep(2)
        assert outbox.code is Close.UNAUTHORIZED

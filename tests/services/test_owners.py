"""Grants of accounts that are shut out, gone, or logged out (wire.md 1.2, 1.3)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
import trio
import trio.testing

from matchd.domain.accounts import Ban
from matchd.domain.ids import AccountId, BookingId
from matchd.errors import AccountBanned, AccountGone, Refusal
from matchd.protocol.bookings import MatchFound
from tests.house import PLAYER_ADDRESS, House
from tests.services.listening import sign_up

Deed = Callable[[House, AccountId], Awaitable[object]]


async def ban(house: House, account: AccountId) -> None:
    """Shut an account out."""
    now = house.clock.wall()
    await house.store.accounts.ban(account, Ban("spam", now), now)


async def delete(house: House, account: AccountId) -> None:
    """Erase an account."""
    await house.store.accounts.delete(account, house.clock.wall())


async def matched(house: House) -> tuple[AccountId, MatchFound]:
    """Ann's match."""
    await house.beat()
    made = await sign_up(house)
    found = await house.find(house.auth.player(made.token, PLAYER_ADDRESS))
    return AccountId(made.account.id), found


async def uses(house: House, found: MatchFound) -> list[type[Refusal] | None]:
    """What becomes of each use of a grant: the room and its twin, ICE servers, the booking."""
    guest = house.auth.guest(PLAYER_ADDRESS)
    request = house.request(found.room_id, address=PLAYER_ADDRESS, grant=found.grant)
    ends: list[type[Refusal] | None] = []
    for use in (
        house.rooms.check(request),
        house.enter_player(found),
        house.bookings.ice(guest, found.grant),
        house.bookings.follow(guest, found.grant, BookingId(found.booking_id), 0),
    ):
        try:
            await use
        except Refusal as refusal:
            ends.append(type(refusal))
        else:
            ends.append(None)
    return ends


@pytest.mark.parametrize(("deed", "refusal"), [(ban, AccountBanned), (delete, AccountGone)])
async def test_the_grant_of_a_lost_account_opens_nothing(
    house: House,
    autojump_clock: trio.testing.MockClock,
    deed: Deed,
    refusal: type[Refusal],
) -> None:
    """It could be given back, no more."""
    account, found = await matched(house)
    assert await uses(house, found) == [None] * 4
    await deed(house, account)
    await house.revocations.read()
    assert await uses(house, found) == [refusal] * 4
    guest = house.auth.guest(PLAYER_ADDRESS)
    await house.bookings.release(guest, found.grant, BookingId(found.booking_id))


async def test_a_ban_that_is_over_hinders_nobody(house: House) -> None:
    """The booking is what it was."""
    account, found = await matched(house)
    await ban(house, account)
    await house.store.accounts.unban(account)
    await house.revocations.read()
    assert await uses(house, found) == [None] * 4


async def test_a_logout_voids_no_grant(house: House) -> None:
    """It ends a login; the booking is the account's."""
    account, found = await matched(house)
    login = (await house.store.logins.of_account(account))[0]
    caller = house.auth.player(house.token(subject=account), PLAYER_ADDRESS)
    await house.people.logins.leave(caller, everywhere=True)
    assert await house.store.logins.get(login.id) is None
    assert await uses(house, found) == [None] * 4


async def test_guests_and_strangers_keep_theirs(house: House) -> None:
    """A guest has no account, and that of a token from the command line was never here."""
    await house.beat(capacity=2)
    for caller in (house.auth.guest(PLAYER_ADDRESS), house.player("u_nobody")):
        found = await house.find(caller, "a key of more than 22 characters"[:30].replace(" ", "_"))
        assert await uses(house, found) == [None] * 4

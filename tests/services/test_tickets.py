"""Tickets: one path, one account, half a minute, once (wire.md 1.2)."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from matchd.domain.accounts import Ban
from matchd.domain.callers import Caller, Role
from matchd.domain.ids import AccountId, LoginId
from matchd.domain.logins import Cause
from matchd.errors import BadToken, InvalidRequest
from matchd.services.revocations import farewell
from tests.house import EPOCH, PLAYER_ADDRESS, House
from tests.store.people import account

PATH = "/events"


@pytest.fixture
def ann(house: House) -> Caller:
    """A player with a login."""
    guest = house.auth.guest(PLAYER_ADDRESS)
    return Caller(
        Role.PLAYER,
        guest.address,
        guest.address_key,
        "u_ann",
        name="ann",
        login=LoginId("l1"),
        issued_at=EPOCH,
        expires_at=EPOCH + 3600,
    )


async def redeem(house: House, ticket: str, path: str = PATH) -> Caller:
    """Present a ticket at an upgrade."""
    return await house.people.tickets.redeem(ticket, path, house.auth.guest(PLAYER_ADDRESS))


async def test_a_ticket_stands_for_its_player(house: House, ann: Caller) -> None:
    """Account, name, login and end are those of the token that asked for it."""
    assert ann == await redeem(house, house.people.tickets.issue(ann, PATH))


async def test_a_ticket_is_spent_by_the_upgrade_alone(house: House, ann: Caller) -> None:
    """A twin may look as often as it likes; the second upgrade is refused."""
    ticket, guest = house.people.tickets.issue(ann, PATH), house.auth.guest(PLAYER_ADDRESS)
    for _ in range(2):
        assert ann == await house.people.tickets.look(ticket, PATH, guest)
    await redeem(house, ticket)
    with pytest.raises(BadToken):
        await redeem(house, ticket)
    with pytest.raises(BadToken):
        await house.people.tickets.look(ticket, PATH, guest)


async def test_two_tickets_of_one_second_are_two(house: House, ann: Caller) -> None:
    """Spending one leaves the other."""
    first, second = (house.people.tickets.issue(ann, PATH) for _ in range(2))
    assert first != second
    for ticket in (first, second):
        await redeem(house, ticket)


@pytest.mark.parametrize("path", ["/", "/events2", "/Events", "/event", "/lobby/events"])
async def test_a_ticket_is_for_one_path(house: House, ann: Caller, path: str) -> None:
    """Nothing near it will do, and trying spends nothing; a trailing slash is no other path."""
    ticket = house.people.tickets.issue(ann, PATH)
    with pytest.raises(BadToken):
        await redeem(house, ticket, path)
    await redeem(house, ticket, PATH + "/")


async def test_a_ticket_is_good_for_half_a_minute(
    house: House, ann: Caller, autojump_clock: trio.testing.MockClock
) -> None:
    """At 29 s it is, at 30 s no more."""
    early, late = (house.people.tickets.issue(ann, PATH) for _ in range(2))
    await trio.sleep(29)
    await redeem(house, early)
    await trio.sleep(1)
    with pytest.raises(BadToken):
        await redeem(house, late)


@pytest.mark.parametrize("path", ["", "events", "/a?b", "/a#b", "/a b", "/é", "/" + "x" * 256])
async def test_what_is_no_path(house: House, ann: Caller, path: str) -> None:
    """A path begins with a slash and has no query."""
    with pytest.raises(InvalidRequest, match="`for`"):
        house.people.tickets.issue(ann, path)


@pytest.mark.parametrize("text", ["", "x", "é", "A" * 100, "a.b.c", "=" * 10])
async def test_a_ticket_of_ones_own(house: House, text: str) -> None:
    """What we have not sealed is none."""
    with pytest.raises(BadToken):
        await redeem(house, text)


async def test_a_challenge_is_no_ticket(house: House) -> None:
    """Seals know what they were made for."""
    with pytest.raises(BadToken):
        await redeem(house, house.people.proofs.challenge())


async def test_a_changed_ticket_is_none(house: House, ann: Caller) -> None:
    """Not one character may differ."""
    ticket = house.people.tickets.issue(ann, PATH)
    for at in range(0, len(ticket) - 1, 7):
        other = "A" if ticket[at] != "A" else "B"
        with pytest.raises(BadToken):
            await redeem(house, ticket[:at] + other + ticket[at + 1 :])


async def test_a_ticket_ends_with_its_login(house: House, ann: Caller) -> None:
    """What voids the token voids the ticket."""
    await house.store.accounts.create(account("ann"))
    ticket, now = house.people.tickets.issue(ann, PATH), house.clock.wall()
    await house.store.accounts.ban(AccountId("u_ann"), Ban("spam", now), now)
    await house.revocations.read()
    with pytest.raises(BadToken):
        await redeem(house, ticket)


def test_every_cause_has_its_close() -> None:
    """Logouts close 4401, a ban 4403, a deletion 4410."""
    codes = {cause: int(farewell(cause)[0]) for cause in Cause}
    special = {Cause.BANNED: 4403, Cause.DELETED: 4410}
    assert codes == {cause: special.get(cause, 4401) for cause in Cause}

"""Who may open an event socket: tokens, tickets, bans, limits (wire.md 1.2, 1.4)."""

from __future__ import annotations

import pytest

from matchd.domain.accounts import Ban
from matchd.domain.ids import AccountId
from matchd.errors import (
    AccountBanned,
    BadToken,
    Draining,
    Forbidden,
    RateLimited,
    Refusal,
    Unauthorized,
)
from matchd.services.events import EventRequest
from tests.house import House
from tests.services.listening import listen, presented
from tests.store.people import account

ANN = "u_ann"


async def test_guests_hosts_and_strangers_stay_outside(house: House) -> None:
    """A player's token or a ticket is needed."""
    for token, refusal in (
        (None, Unauthorized),
        ("x", BadToken),
        (house.token("host", "h1"), Forbidden),
        (house.token("admin", "root"), Forbidden),
        (house.token(ttl=-1), BadToken),
    ):
        request = EventRequest(presented(token))
        for ask in (house.events.check(request), house.events.enter(request, None)):  # type: ignore[arg-type]
            with pytest.raises(refusal):
                await ask
    assert await house.store.events.present([ANN]) == {}


async def test_a_ticket_opens_once(house: House) -> None:
    """Looking spends nothing; a second socket is refused, and so is a ticket of another path."""
    caller = house.player()
    ticket = house.people.tickets.issue(caller, "/events")
    for _ in range(3):
        await house.events.check(EventRequest(presented(None, ticket)))
    await listen(house, ticket=ticket)
    other = house.people.tickets.issue(caller, "/chat/connect")
    for wrong in (ticket, other, "x"):
        with pytest.raises(BadToken):
            await house.events.check(EventRequest(presented(None, wrong)))
        with pytest.raises(BadToken):
            await listen(house, ticket=wrong)
    assert len(house.events._sessions) == 1


async def test_a_token_spends_no_ticket(house: House) -> None:
    """It counts before a ticket that comes with it."""
    ticket = house.people.tickets.issue(house.player(), "/events")
    await listen(house, token=house.token(), ticket=ticket)
    await listen(house, ticket=ticket)


async def test_a_banned_account_stays_outside(house: House) -> None:
    """Also by a token that no login gave and that was made after the ban."""
    await house.store.accounts.create(account("ann"))
    now = house.clock.wall()
    await house.store.accounts.ban(AccountId(ANN), Ban("spam", now), now)
    with pytest.raises(AccountBanned):
        await listen(house)


async def test_bad_tickets_are_counted(house: House) -> None:
    """Whoever guesses is slowed down, as with tokens."""
    guessed: Refusal | None = None
    for _ in range(100):
        try:
            await listen(house, ticket="x")
        except Refusal as refusal:
            guessed = refusal
    assert isinstance(guessed, RateLimited)


async def test_connects_are_limited(house: House) -> None:
    """The twin says so too, without counting."""
    refused = False
    for _ in range(80):
        try:
            await (await listen(house)).leave()
        except RateLimited:
            refused = True
    assert refused
    with pytest.raises(RateLimited):
        await house.events.check(EventRequest(presented(house.token())))


async def test_a_draining_node_lets_nobody_in(house: House) -> None:
    """Clients go elsewhere."""
    house.current.draining = True
    with pytest.raises(Draining):
        await listen(house)

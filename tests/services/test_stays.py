"""How long a socket may stay: reminders, new tokens in band, expiry, revocation (wire.md 1.3)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
import pytest
import trio
import trio.testing

from matchd.domain.accounts import Ban
from matchd.domain.callers import Caller
from matchd.domain.ids import AccountId
from matchd.domain.logins import Cause
from matchd.errors import BadToken
from matchd.protocol.news import Close
from tests.house import EPOCH, PLAYER_ADDRESS, House
from tests.services.listening import Listener, listen, sign_up, telling

Clock = trio.testing.MockClock


def reauth(listener: Listener, token: str) -> dict[str, object]:
    """Send a new token, and return what is answered."""
    listener.held.receive(msgspec.json.encode({"type": "reauth", "token": token}).decode())
    return listener.frames[-1]


async def test_a_native_client_is_asked_a_minute_before(
    house: House, autojump_clock: Clock
) -> None:
    """Once; one that says nothing is closed at the deadline."""
    async with telling(house):
        ann = await listen(house, answers=True)
        await trio.sleep(3538)
        assert ann.said == ["hello"]
        await trio.sleep(10)
        assert ann.said == ["hello", "reauth"]
        assert ann.frames[-1]["deadline"] == EPOCH + 3600
        await trio.sleep(50)
        assert ann.closed is None
        await trio.sleep(4)
        assert (ann.code, len(ann.frames)) == (Close.UNAUTHORIZED, 2)


async def test_a_new_token_goes_on(house: House, autojump_clock: Clock) -> None:
    """Until that one expires, as often as it is brought; also before it is asked for."""
    async with telling(house):
        ann = await listen(house, answers=True)
        for round_ in range(1, 4):
            await trio.sleep(3590 if round_ > 1 else 100)
            answer = reauth(ann, house.token())
            assert answer["type"] == "reauthed"
            assert answer["expiresAt"] == int(house.clock.wall()) + 3600
        await trio.sleep(3590)
        assert ann.code is None
        await trio.sleep(20)
        assert ann.code is Close.UNAUTHORIZED


async def test_a_wrong_token_changes_nothing(house: House, autojump_clock: Clock) -> None:
    """Of another account, of a host, of an administrator, expired, or none: the old deadline holds."""
    async with telling(house):
        ann = await listen(house, answers=True)
        await trio.sleep(3570)
        for token, code in (
            (house.token(subject="u_bob"), "forbidden"),
            (house.token("host", "h1"), "forbidden"),
            (house.token("admin", "u_ann"), "forbidden"),
            (house.token(ttl=-1), "bad_token"),
            ("x", "bad_token"),
        ):
            assert reauth(ann, token)["code"] == code
        await trio.sleep(35)
        assert ann.code is Close.UNAUTHORIZED


async def test_a_token_about_to_expire_is_asked_for_at_once(
    house: House, autojump_clock: Clock
) -> None:
    """Behind the hello."""
    async with telling(house):
        ann = await listen(house, token=house.token(ttl=20), answers=True)
        await trio.sleep(2)
        assert ann.said == ["hello", "reauth"]


async def test_an_older_client_stays_an_hour_longer(house: House, autojump_clock: Clock) -> None:
    """It is asked nothing, since it could not answer."""
    async with telling(house):
        ann = await listen(house)
        await trio.sleep(7190)
        assert (ann.said, ann.code) == (["hello"], None)
        await trio.sleep(15)
        assert (ann.said, ann.code) == (["hello"], Close.UNAUTHORIZED)


async def test_the_grace_is_a_setting(autojump_clock: Clock) -> None:
    """`auth.socket_grace`."""
    house = House(socket_grace=0)
    async with telling(house):
        ann = await listen(house, token=house.token(ttl=100))
        await trio.sleep(99)
        assert ann.code is None
        await trio.sleep(3)
        assert ann.code is Close.UNAUTHORIZED


async def test_a_ticket_hands_its_tokens_end_on(house: House, autojump_clock: Clock) -> None:
    """A socket by ticket stays as long as one by the token would."""
    async with telling(house):
        caller = house.auth.player(house.token(ttl=200), PLAYER_ADDRESS)
        ticket = house.people.tickets.issue(caller, "/events")
        ann = await listen(house, ticket=ticket, answers=True)
        await trio.sleep(145)
        assert ann.frames[-1]["deadline"] == EPOCH + 200
        await trio.sleep(60)
        assert ann.code is Close.UNAUTHORIZED


async def test_a_new_token_brings_its_login(house: House, autojump_clock: Clock) -> None:
    """From there on that login's end closes the socket, and the former one's no more."""
    async with telling(house):
        made = await sign_up(house)
        kept = await house.store.accounts.get(AccountId(made.account.id))
        assert kept is not None
        other = await house.people.logins.open(kept, "phone")
        ann = await listen(house, token=made.token, answers=True)
        reauth(ann, other.token)
        for token, code in ((made.token, None), (other.token, Close.UNAUTHORIZED)):
            caller = house.auth.player(token, PLAYER_ADDRESS)
            await house.people.logins.leave(caller, everywhere=False)
            assert ann.code is code


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
async def test_a_revocation_closes_sockets(
    house: House,
    autojump_clock: Clock,
    deed: Callable[[House, AccountId], Awaitable[None]],
    code: Close,
) -> None:
    """Within two seconds, those of that account alone."""
    async with telling(house):
        made, others = await sign_up(house), await sign_up(house, "bob")
        ann, bob = await listen(house, token=made.token), await listen(house, token=others.token)
        await deed(house, AccountId(made.account.id))
        await trio.sleep(2)
        assert (ann.code, bob.code) == (code, None)


async def test_a_revocation_on_the_way_in_is_not_missed(
    house: House, autojump_clock: Clock
) -> None:
    """Whether it is read before the socket is held or after."""
    made = await sign_up(house)
    caller: Caller = house.auth.player(made.token, PLAYER_ADDRESS)
    await log_out(house, AccountId(made.account.id))
    await house.revocations.read()
    with pytest.raises(BadToken):
        house.stays.hold(Listener(house), caller, answers=True)  # type: ignore[arg-type]


async def test_a_dialect_may_outlive_its_tokens(house: House, autojump_clock: Clock) -> None:
    """Its sockets end with the login or the account, never by themselves."""
    async with telling(house):
        made = await sign_up(house)
        ann = await listen(house, token=made.token)
        caller = house.auth.player(made.token, PLAYER_ADDRESS)
        house.stays.hold(ann.held, caller, answers=False, outlives=True)
        house.stays.release(house.events._sessions[ann.held])
        await trio.sleep(8000)
        assert ann.closed is None
        await delete(house, AccountId(made.account.id))
        await trio.sleep(2)
        assert ann.code is Close.GONE


async def test_a_socket_that_left_is_let_go(house: House, autojump_clock: Clock) -> None:
    """Nothing is kept of it."""
    async with telling(house):
        ann = await listen(house)
        await ann.leave()
        assert not house.stays._stays
        await trio.sleep(8000)
        assert ann.code is None

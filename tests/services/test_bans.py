"""Looking up whether somebody is banned: once, and again when the log of revocations names him."""

from __future__ import annotations

import pytest
import trio

from matchd.domain.accounts import Account, Ban
from matchd.domain.ids import AccountId
from matchd.services import bans as limits
from matchd.services.bans import Bans
from matchd.store.ports import AccountsPort, Revoked
from tests.house import House
from tests.services.listening import sign_up
from tests.services.test_revocations import Pages, entry, reader


class Counted:
    """The accounts of a house, with how often one was looked up, and what happens meanwhile."""

    def __init__(self, house: House) -> None:
        self._accounts: AccountsPort = house.store.accounts
        self.times = 0
        self.meanwhile = trio.lowlevel.checkpoint

    async def get(self, account_id: AccountId) -> Account | None:
        """One account, as it was when this was asked."""
        self.times += 1
        found = await self._accounts.get(account_id)
        await self.meanwhile()
        return found


async def ban(house: House, account: AccountId) -> None:
    """Shut an account out, as this node does: it reads the log at once."""
    now = house.clock.wall()
    await house.store.accounts.ban(account, Ban("spam", now), now)
    await house.revocations.read()


@pytest.fixture
def accounts(house: House) -> Counted:
    """What is asked."""
    return Counted(house)


@pytest.fixture
def bans(house: House, accounts: Counted) -> Bans:
    """What asks it."""
    return Bans(accounts, house.revocations, house.clock)  # type: ignore[arg-type]  # it gets, no more


async def test_who_is_not_banned_is_looked_up_once(
    house: House, bans: Bans, accounts: Counted
) -> None:
    """Whether he has an account or not; who is banned is looked up until the ban is over."""
    ann = AccountId((await sign_up(house)).account.id)
    for _ in range(3):
        assert await bans.look(ann) == (True, None)
        assert await bans.look("u_cli") == (False, None)
    assert accounts.times == 2
    await ban(house, ann)
    for _ in range(2):
        there, found = await bans.look(ann)
        assert there
        assert found is not None
    assert accounts.times == 4
    await house.store.accounts.unban(ann)
    for _ in range(2):
        assert await bans.look(ann) == (True, None)
    assert accounts.times == 5


async def test_a_ban_while_somebody_is_looked_up_is_not_missed(
    house: House, bans: Bans, accounts: Counted
) -> None:
    """What was read before it is not remembered after it."""
    ann = AccountId((await sign_up(house)).account.id)

    async def banned() -> None:
        accounts.meanwhile = trio.lowlevel.checkpoint
        await ban(house, ann)

    accounts.meanwhile = banned
    assert await bans.look(ann) == (True, None)
    assert (await bans.look(ann))[1] is not None


async def test_who_was_deleted_may_come_again(house: House, bans: Bans) -> None:
    """That there is no such account holds no longer than the next look."""
    ann = AccountId((await sign_up(house)).account.id)
    account = await house.store.accounts.get(ann)
    assert account is not None
    await house.store.accounts.delete(ann, house.clock.wall())
    await house.revocations.read()
    assert await bans.look(ann) == (False, None)
    await house.store.accounts.create(account)
    assert await bans.look(ann) == (True, None)


async def test_a_gap_in_the_log_lets_everybody_be_looked_up(
    house: House, accounts: Counted
) -> None:
    """Nobody knows who was named there."""
    lost = Revoked((entry(1, "b"),), 1, more=False, gap=True)
    revocations = reader(house, Pages(lost))
    bans = Bans(accounts, revocations, house.clock)  # type: ignore[arg-type]  # it gets, no more
    await bans.look("u_cli")
    await revocations.read()
    await bans.look("u_cli")
    await bans.look("u_cli")
    assert accounts.times == 2


async def test_memory_is_bounded(
    bans: Bans, accounts: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ever new names push out the oldest."""
    monkeypatch.setattr(limits, "REMEMBERED", 3)
    for name in ("a", "b", "c", "d", "d", "c", "b", "a"):
        await bans.look(name)
    assert accounts.times == 5

"""Closing what was revoked while the store is away, and starting without one (wire.md 1.3)."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from matchd.daemon.people import Upkeep
from matchd.domain.ids import AccountId, LoginId
from matchd.domain.logins import Cause, Login, Revocation
from matchd.errors import StoreUnavailable
from matchd.protocol.news import Close
from matchd.services.endings import Endings
from tests.house import House

ANN, BOB = AccountId("u_ann"), AccountId("u_bob")


class Logins:
    """A store that is away for so many calls, and then knows no login."""

    def __init__(self, away: int) -> None:
        self.away = away
        self.asked: list[AccountId] = []

    async def of_account(self, account: AccountId) -> tuple[Login, ...]:
        """The logins of an account: none."""
        await trio.lowlevel.checkpoint()
        self.asked.append(account)
        if len(self.asked) <= self.away:
            raise StoreUnavailable
        return ()


class Sockets:
    """Sockets of ann's, as far as anybody is told."""

    def __init__(self) -> None:
        self.closed: list[tuple[AccountId, Close]] = []

    def holds(self, account: AccountId) -> bool:
        """Ann's alone."""
        return account == ANN

    def end_account(self, account: AccountId, code: Close, reason: str) -> None:  # noqa: ARG002  # the port's
        """Record it."""
        self.closed.append((account, code))


def entry(account: AccountId, cause: Cause, login: str | None = None) -> Revocation:
    """One entry of the log."""
    return Revocation(1, 0.0, account, None if login is None else LoginId(login), cause)


async def test_who_has_nothing_open_is_not_asked_about(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """A logout of somebody else costs the store nothing."""
    logins, sockets = Logins(away=0), Sockets()
    endings = Endings(logins, sockets)  # type: ignore[arg-type]  # all that is asked of the port
    endings.take(entry(BOB, Cause.LOGOUT, "l1"))
    endings.take(entry(ANN, Cause.LOGOUT, "l2"))
    with trio.move_on_after(1):
        await endings.run()
    assert (logins.asked, sockets.closed) == ([ANN], [(ANN, Close.UNAUTHORIZED)])


async def test_a_store_that_is_away_is_asked_again(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """The socket is closed once the store has said that no login is left."""
    logins, sockets = Logins(away=2), Sockets()
    endings = Endings(logins, sockets)  # type: ignore[arg-type]  # all that is asked of the port
    endings.take(entry(ANN, Cause.PASSWORD, "l1"))
    with trio.move_on_after(1.5):
        await endings.run()
    assert sockets.closed == []
    with trio.move_on_after(5):
        await endings.run()
    assert sockets.closed == [(ANN, Close.UNAUTHORIZED)]


async def test_a_ban_asks_nobody() -> None:
    """It is certain, so the sockets are closed as it is read."""
    logins, sockets = Logins(away=99), Sockets()
    endings = Endings(logins, sockets)  # type: ignore[arg-type]  # all that is asked of the port
    endings.take(entry(ANN, Cause.BANNED))
    assert (logins.asked, sockets.closed) == ([], [(ANN, Close.FORBIDDEN)])


async def test_a_node_starts_without_its_store(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not ready then, and reads on when the store is there."""

    async def away(*_: object) -> None:
        raise StoreUnavailable

    monkeypatch.setattr(house.store.logins, "revoked_since", away)
    await Upkeep(house.keeps, house.rooms).begin()

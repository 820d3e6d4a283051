"""Presence and friends: who is told what, and who learns nothing (wire.md 4)."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from matchd.domain.events import Presence
from matchd.domain.friends import Verb
from matchd.domain.ids import AccountId
from matchd.errors import StoreUnavailable
from matchd.protocol.accounts import LoggedIn
from tests.house import PLAYER_ADDRESS, House
from tests.services.listening import Listener, befriend, do, listen, sign_up, telling
from tests.store.people import key_account

Clock = trio.testing.MockClock


def states(listener: Listener) -> list[object]:
    """What was told of friends, in order."""
    return [event["state"] for event in listener.events if event["type"] == "friend.presence"]


async def shown(house: House, me: LoggedIn) -> dict[str | None, tuple[bool, str | None]]:
    """One's list: who is online, and where."""
    page = await house.people.friends.page(
        house.auth.player(me.token, PLAYER_ADDRESS), None, None, 100
    )
    return {line.name: (line.online, line.presence) for line in page.lines}


async def pair(house: House) -> tuple[LoggedIn, LoggedIn]:
    """Ann and Bob, friends."""
    ann, bob = await sign_up(house), await sign_up(house, "bob")
    await befriend(house, ann, bob)
    await trio.sleep(1)
    return ann, bob


async def test_requests_and_acceptance_are_told(house: House, autojump_clock: Clock) -> None:
    """The one who is asked is told who asks; once both want it both are told, on all devices."""
    async with telling(house):
        ann, bob = await sign_up(house), await sign_up(house, "bob")
        anns, bobs = await listen(house, token=ann.token), await listen(house, token=bob.token)
        await do(house, ann, Verb.ASK, bob)
        await do(house, ann, Verb.ASK, bob)
        await trio.sleep(1)
        player = {"id": ann.account.id, "name": "ann"}
        assert bobs.events == [{"type": "friend.request", "player": player}]
        assert anns.events == []
        await do(house, bob, Verb.ASK, ann)
        await trio.sleep(1)
        assert bobs.events[1] == {
            "type": "friend.accepted",
            "player": {"id": ann.account.id, "name": "ann"},
        }
        assert anns.events[0] == {
            "type": "friend.accepted",
            "player": {"id": bob.account.id, "name": "bob"},
        }
        assert (states(anns), states(bobs)) == (["online"], ["online"])


async def test_the_first_device_is_told_and_the_last(house: House, autojump_clock: Clock) -> None:
    """What lies between is no news, and a reconnect is no flicker."""
    async with telling(house):
        ann, bob = await pair(house)
        bobs = await listen(house, token=bob.token)
        await trio.sleep(1)
        assert states(bobs) == []
        phone = await listen(house, token=ann.token)
        desk = await listen(house, token=ann.token)
        await phone.leave()
        await trio.sleep(30)
        await desk.leave()
        await trio.sleep(5)
        desk = await listen(house, token=ann.token)
        await trio.sleep(30)
        assert states(bobs) == ["online"]
        await desk.leave()
        await trio.sleep(8)
        assert (states(bobs), (await shown(house, bob))["ann"]) == (["online"], (True, "online"))
        await trio.sleep(4)
        assert states(bobs) == ["online", "offline"]
        assert (await shown(house, bob))["ann"] == (False, None)


async def test_where_a_friend_is(house: House, autojump_clock: Clock) -> None:
    """Lobbies and games say so; it is seen in the list too."""
    async with telling(house):
        ann, bob = await pair(house)
        bobs = await listen(house, token=bob.token)
        anns = AccountId(ann.account.id)
        house.presence.place(anns, Presence.LOBBY)
        await trio.sleep(1)
        await listen(house, token=ann.token)
        await trio.sleep(1)
        for presence in (Presence.GAME, Presence.GAME, Presence.ONLINE):
            house.presence.place(anns, presence)
            await trio.sleep(1)
            assert (await shown(house, bob))["ann"] == (True, presence)
        assert states(bobs) == ["lobby", "game", "online"]


async def test_where_a_friend_is_holds_once_the_store_is_back(
    house: House, autojump_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last word counts."""
    async with telling(house):
        ann, bob = await pair(house)
        await listen(house, token=ann.token)
        with monkeypatch.context() as patch:

            async def away(*_: object) -> None:
                raise StoreUnavailable

            patch.setattr(house.store.events, "place", away)
            house.presence.place(AccountId(ann.account.id), Presence.LOBBY)
            await trio.sleep(3)
            house.presence.place(AccountId(ann.account.id), Presence.GAME)
        await trio.sleep(2)
        assert (await shown(house, bob))["ann"] == (True, "game")


async def test_who_wants_to_be_unseen_is(house: House, autojump_clock: Clock) -> None:
    """He appears offline at once, comes and goes unseen, and is there again when he says so."""
    async with telling(house):
        ann, bob = await pair(house)
        bobs, phone = await listen(house, token=bob.token), await listen(house, token=ann.token)
        caller = house.auth.player(ann.token, PLAYER_ADDRESS)
        await trio.sleep(1)
        await house.people.friends.show(caller, visible=False)
        await trio.sleep(1)
        assert states(bobs) == ["online", "offline"]
        assert (await shown(house, bob))["ann"] == (False, None)
        assert (await shown(house, ann))["bob"] == (True, "online")
        await phone.leave()
        await trio.sleep(15)
        await listen(house, token=ann.token)
        await trio.sleep(1)
        await house.people.friends.show(caller, visible=False)
        await trio.sleep(1)
        assert states(bobs) == ["online", "offline"]
        await house.people.friends.show(caller, visible=True)
        await trio.sleep(1)
        assert states(bobs) == ["online", "offline", "online"]


async def test_who_hides_while_he_is_away_comes_unseen(house: House, autojump_clock: Clock) -> None:
    """Friends are told nothing, now or then."""
    async with telling(house):
        ann, bob = await pair(house)
        bobs = await listen(house, token=bob.token)
        caller = house.auth.player(ann.token, PLAYER_ADDRESS)
        await house.people.friends.show(caller, visible=False)
        await trio.sleep(1)
        await listen(house, token=ann.token)
        await trio.sleep(1)
        assert states(bobs) == []


async def test_a_blocked_one_learns_nothing(house: House, autojump_clock: Clock) -> None:
    """Neither that he is blocked, nor who is there; nor does he who blocks, of him."""
    async with telling(house):
        ann, bob = await pair(house)
        bobs = await listen(house, token=bob.token)
        await do(house, ann, Verb.BLOCK, bob)
        phone = await listen(house, token=ann.token)
        await do(house, bob, Verb.ASK, ann)
        await trio.sleep(1)
        await phone.leave()
        await bobs.leave()
        await trio.sleep(15)
        assert (phone.events, bobs.events) == ([], [])
        assert [line[0] for line in (await shown(house, bob)).values()] == [False]
        assert [line[0] for line in (await shown(house, ann)).values()] == [False]


async def test_one_who_only_asks_sees_nothing(house: House, autojump_clock: Clock) -> None:
    """A request is no friendship."""
    async with telling(house):
        ann, bob = await sign_up(house), await sign_up(house, "bob")
        bobs = await listen(house, token=bob.token)
        await do(house, bob, Verb.ASK, ann)
        await listen(house, token=ann.token)
        await trio.sleep(1)
        assert (states(bobs), (await shown(house, bob))["ann"]) == ([], (False, None))


async def test_a_friend_who_was_away_for_a_moment_is_told_later(
    house: House, autojump_clock: Clock
) -> None:
    """Presence is replayed like any event."""
    async with telling(house):
        ann, bob = await pair(house)
        bobs = await listen(house, token=bob.token)
        mark = bobs.mark
        await bobs.leave()
        await trio.sleep(60)
        await listen(house, token=ann.token)
        await trio.sleep(1)
        assert states(await listen(house, token=bob.token, after=mark)) == ["online"]


async def test_the_last_word_is_how_it_is(
    house: House, autojump_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When somebody leaves while his friends are told that he came, they are told that too."""
    async with telling(house):
        ann, bob = await pair(house)
        bobs, page = await listen(house, token=bob.token), house.store.friends.page

        async def slow(*given: object) -> object:
            await trio.sleep(20)
            return await page(*given)  # type: ignore[arg-type]

        monkeypatch.setattr(house.store.friends, "page", slow)
        await (await listen(house, token=ann.token)).leave()
        await trio.sleep(200)
        assert states(bobs)[-1] == "offline"


async def test_a_store_that_is_away_delays_it(
    house: House, autojump_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Friends are told once it is back."""
    async with telling(house):
        ann, bob = await pair(house)
        bobs = await listen(house, token=bob.token)
        with monkeypatch.context() as patch:

            async def away(*_: object) -> None:
                raise StoreUnavailable

            patch.setattr(house.store.friends, "page", away)
            await listen(house, token=ann.token)
            await trio.sleep(5)
            assert states(bobs) == []
        await trio.sleep(2)
        assert states(bobs) == ["online"]


async def test_many_friends_are_all_told(house: House, autojump_clock: Clock) -> None:
    """Page by page; those who are away cost nothing."""
    async with telling(house):
        ann = await sign_up(house)
        ids = [AccountId(f"k_{number}") for number in range(1200)]
        me, now = AccountId(ann.account.id), house.clock.wall()
        for other in ids:
            await house.store.friends.change(me, other, Verb.ASK, now)
        for other in (ids[0], ids[700], ids[1199]):
            await house.store.accounts.create(key_account(other[2:]))
            await house.store.friends.change(other, me, Verb.ASK, now)
        bobs = [await listen(house, other) for other in (ids[0], ids[700], ids[1199])]
        await listen(house, token=ann.token)
        await trio.sleep(1)
        assert [states(bob) for bob in bobs] == [["online"]] * 3

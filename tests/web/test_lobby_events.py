"""Changes of lobbies on event sockets (wire.md 5, 8): to whom, in what order, and what is not told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing

from matchd.domain.events import COUNT
from matchd.domain.lobby_lists import KEPT
from matchd.errors import StoreUnavailable
from tests.house import House
from tests.services.listening import Listener, listen
from tests.web.lobbies import Hall

Clock = trio.testing.MockClock


@pytest.fixture
async def hall(house: House) -> Hall:
    """Three players who are keys."""
    made = Hall(house)
    await made.add_keys("ann", "bob", "cid")
    return made


@asynccontextmanager
async def telling(hall: Hall) -> AsyncIterator[None]:
    """What tells of lobbies runs."""
    lobbies = hall.house.lobbies
    # The tasks are beside the test's own.
    async with trio.open_nursery() as nursery:
        for task in (lobbies.feed.run, lobbies.teller.run, *hall.house.told.tasks):
            nursery.start_soon(task)
        yield
        nursery.cancel_scope.cancel()


async def ear(hall: Hall, who: str) -> Listener:
    """A player's event socket."""
    return await listen(hall.house, token=hall.tokens[who])


async def heard(listener: Listener) -> list[str]:
    """What a socket is told of lobbies, after a while."""
    await trio.sleep(1)
    told = [str(event["type"]) for event in listener.events]
    return [kind.partition(".")[2] for kind in told if kind.startswith("lobby.")]


async def test_who_sees_it_is_told(hall: Hall, autojump_clock: Clock) -> None:
    """Of a public lobby everybody, each in his own view, with an id on each frame."""
    async with telling(hall):
        ann, bob = await ear(hall, "ann"), await ear(hall, "bob")
        made = await hall.make("ann")
        await hall.join("bob", made)
        await hall.do("ann", made, "", method="DELETE")
        assert await heard(ann) == await heard(bob) == ["created", "changed", "removed"]
        first, second, last = bob.events
        assert (first["lobby"]["players"], len(second["lobby"]["players"])) == ([], 2)  # type: ignore[index]  # JSON
        assert ann.events[0]["lobby"]["is_owner"]  # type: ignore[index]  # JSON
        assert last == {"type": "lobby.removed", "lobbyId": made["id"]}
        assert all(frame["id"] for frame in bob.frames)


async def test_a_private_one_is_told_to_whom_it_concerns(hall: Hall, autojump_clock: Clock) -> None:
    """Its members, and whoever is invited, from then on."""
    async with telling(hall):
        ann, bob, cid = [await ear(hall, who) for who in ("ann", "bob", "cid")]
        made = await hall.make("ann", is_private=True)
        await hall.do("ann", made, "invite", {"player_public_keys": [hall.ids["bob"]]})
        assert await heard(bob) == ["created", "invited"]
        assert str(bob.events[1]["from"]).startswith("ann~")
        assert (await heard(ann), await heard(cid)) == (["created"], [])


async def test_a_block_holds_here_too(hall: Hall, autojump_clock: Clock) -> None:
    """Whoever of the two blocks; others are told."""
    assert (await hall.say("ann", "PUT", f"/friends/{hall.ids['bob']}/block")).status == 200
    async with telling(hall):
        ears = [await ear(hall, who) for who in ("ann", "bob", "cid")]
        await hall.make("ann")
        await hall.make("bob")
        assert [len(await heard(one)) for one in ears] == [1, 1, 2]


async def test_who_has_left_is_told_nothing(hall: Hall, autojump_clock: Clock) -> None:
    """And who comes later only what comes after him."""
    async with telling(hall):
        early = await ear(hall, "bob")
        await early.leave()
        await hall.make("ann")
        await trio.sleep(1)
        late = await ear(hall, "bob")
        await hall.make("cid")
        assert (await heard(early), await heard(late)) == ([], ["created"])
    assert hall.house.lobbies.teller._hearers == {late.held: None}


async def test_a_store_that_is_away(
    hall: Hall, autojump_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each change is told once it is back, once."""

    async def away(*_: object) -> frozenset[str]:
        raise StoreUnavailable(retry_after=1)

    async with telling(hall):
        bob = await ear(hall, "bob")
        with monkeypatch.context() as broken:
            broken.setattr(type(hall.house.store.friends), "blocked", away)
            made = await hall.make("ann")
            assert await heard(bob) == []
        await hall.do("ann", made, "start")
        await trio.sleep(2)
        assert await heard(bob) == ["created", "changed"]


async def test_what_is_lost_is_told_as_a_gap(hall: Hall, autojump_clock: Clock) -> None:
    """Another memory of the store: read again how things stand; then it goes on."""
    async with telling(hall):
        bob = await ear(hall, "bob")
        teller = hall.house.lobbies.teller
        assert teller._place is not None
        await trio.sleep(1)
        hall.house.store.lobbies._book._epoch = "another"
        await trio.sleep(1)
        await hall.make("ann")
        assert await heard(bob) == ["created"]
        assert "gap" in bob.said


async def back(hall: Hall, who: str, mark: object) -> Listener:
    """A socket that comes back with an id."""
    return await listen(hall.house, token=hall.tokens[who], after=str(mark))


async def test_who_comes_back_has_missed_nothing(hall: Hall, autojump_clock: Clock) -> None:
    """Whatever was the last frame that arrived, the rest follows, once; so do words of his account."""
    async with telling(hall):
        bob = await ear(hall, "bob")
        made = await hall.make("ann", is_private=True)
        await hall.make("cid", is_private=True)
        await hall.do("ann", made, "invite", {"player_public_keys": [hall.ids["bob"]]})
        hall.house.publisher.publish([hall.ids["bob"]], "test.said", {})
        await hall.do("ann", made, "start")
        hall.house.publisher.publish([hall.ids["bob"]], "test.said", {})
        assert await heard(bob) == ["created", "invited", "changed"]
        for place, frame in enumerate(bob.frames):
            again = await back(hall, "bob", frame["id"])
            assert "gap" not in again.said
            assert sorted(map(str, again.events)) == sorted(map(str, bob.events[place:]))
            assert again.said[-1] == "live"
            await again.leave()
        await bob.leave()
        await hall.do("ann", made, "", method="DELETE")
        last = await back(hall, "bob", bob.mark)
        assert await heard(last) == ["removed"]
        assert (await back(hall, "bob", last.mark)).said == ["hello", "live"]


async def test_a_replay_shows_what_may_be_seen(hall: Hall, autojump_clock: Clock) -> None:
    """Nothing of a private lobby, and nothing past a block that came meanwhile."""
    async with telling(hall):
        marks = {who: (await ear(hall, who)).mark for who in ("bob", "cid")}
        await hall.make("ann")
        made = await hall.make("bob", is_private=True)
        await hall.say("ann", "PUT", f"/friends/{hall.ids['bob']}/block")
        bob, cid = [await back(hall, who, mark) for who, mark in marks.items()]
        assert [event["lobby"]["id"] for event in bob.events] == [made["id"]]  # type: ignore[index]  # JSON
        assert await heard(cid) == ["created"]


async def test_what_happens_while_somebody_comes_back(hall: Hall, autojump_clock: Clock) -> None:
    """Is told once, however the two cross."""
    async with telling(hall):
        mark, made = (await ear(hall, "bob")).mark, await hall.make("ann")
        for number in range(20):
            await hall.do("ann", made, "", {"name": f"n{number}"}, "PATCH")
            again = await back(hall, "bob", mark)
            await hall.do("ann", made, "", {"name": f"m{number}"}, "PATCH")
            told = await heard(again)
            assert told == ["created"] + ["changed"] * (2 * number + 2)
            await again.leave()


async def test_a_long_replay_is_cut(hall: Hall, autojump_clock: Clock) -> None:
    """The latest are told, behind a gap, also to who comes with a mark of before a restart; and nothing
    but that to who is ahead, or says nothing of lobbies.
    """
    async with telling(hall):
        mark, made = (await ear(hall, "bob")).mark, await hall.make("ann")
        for number in range(COUNT + 5):
            await hall.do("ann", made, "", {"name": f"n{number}"}, "PATCH")
        await trio.sleep(1)
        place, _, seq = mark.rpartition("-")
        for known in (mark, f"{place[:-1]}z-{seq}"):
            again = await back(hall, "bob", known)
            assert again.said[:2] == ["hello", "gap"]
            assert len(await heard(again)) == COUNT
        place, _, seq = again.mark.rpartition("-")
        for wrong in (f"{place}-{int(seq) + 1}", place.partition(".")[0]):
            late = await back(hall, "bob", wrong)
            assert late.said == ["hello", "gap", "live"]
            await hall.do("ann", made, "", {"name": wrong[:9]}, "PATCH")
            assert await heard(late) == ["changed"]
            await late.leave()
            await hall.do("ann", made, "", {"name": "x"}, "PATCH")
            await trio.sleep(1)


async def test_five_minutes_are_kept(hall: Hall, autojump_clock: Clock) -> None:
    """Who was away for longer is told so."""
    async with telling(hall):
        bob = await ear(hall, "bob")
        made = await hall.make("ann")
        await trio.sleep(KEPT + 1)
        await hall.do("ann", made, "start")
        again = await back(hall, "bob", bob.frames[0]["id"])
        assert (again.said[:2], await heard(again)) == (["hello", "gap"], ["changed"])

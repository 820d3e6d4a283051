"""Listening to lobbies by server-sent events (wire.md 5): a snapshot, then what one may see."""

from __future__ import annotations

import pytest
import trio

from matchd.domain.accounts import Ban
from matchd.domain.lobby_lists import Place
from matchd.errors import StoreUnavailable
from matchd.services import lobby_feed
from tests.house import House
from tests.web.lobbies import Hall, Json, listening


@pytest.fixture
async def hall(house: House) -> Hall:
    """Ann, Bob and Cid, whom no limit stops."""
    made = Hall(house)
    await made.add("ann", "bob", "cid")
    return made


async def settle(hall: Hall, ear_of: str | None = None) -> Json:
    """A change that everybody hears, so that what came before it has been heard."""
    name = f"p{len(hall.tokens)}"
    await hall.add(name)
    return await hall.make(name)


async def test_a_snapshot_first(hall: Hall) -> None:
    """What there is, as the list would show it, whatever state it is in."""
    one = await hall.make("ann", name="one")
    await hall.do("ann", one, "start")
    await hall.make("bob", name="two", is_private=True)
    async with listening(hall, None) as ear:
        assert ear.headers["content-type"] == "text/event-stream"
        assert ear.headers["cache-control"] == "no-store"
        [snapshot] = ear.events
        assert snapshot["complete"] is True
        assert [(one["name"], one["status"]) for one in snapshot["lobbies"]] == [
            ("one", "InProgress")
        ]
        assert snapshot["lobbies"][0]["players"] == []


async def test_then_what_changes(hall: Hall) -> None:
    """Made, joined, started, ended: each once, in order, with the lobby as it is then."""
    async with listening(hall, None) as ear:
        made = await hall.make("ann")
        await hall.join("bob", made)
        await hall.do("ann", made, "start")
        await hall.do("ann", made, "", method="DELETE")
        await ear.heard("removed", made["id"])
        kinds = [kind for kind, lobby in ear.said()]
        assert kinds == ["snapshot", "created", "changed", "changed", "removed"]
        assert [one["lobby"]["player_count"] for one in ear.events[1:4]] == [1, 2, 2]
        assert ear.events[3]["lobby"]["status"] == "InProgress"
        assert "lobby" not in ear.events[4]


async def test_metadata_with_lines(hall: Hall) -> None:
    """However it was written, an event is whole: what it says stands on one line."""
    raw = b'{"is_private": false, "game_id": "chess", "metadata": {\r\n\n"a":\n\n1.50}}'
    headers = {"content-type": "application/json"}
    async with listening(hall, None) as ear:
        answer = await hall.client.ask(
            "POST", "/lobbies", raw=raw, bearer=hall.tokens["ann"], headers=headers
        )
        created = await ear.heard("created", answer.json["id"])
        assert created["lobby"]["metadata"] == {"a": 1.5}
        assert b'"metadata":{"a":1.50}' in answer.body


async def test_what_nobody_outside_can_see(hall: Hall) -> None:
    """Readiness, codes and passwords: a change that looks alike is not told to outsiders."""
    made = await hall.make("ann")
    await hall.join("bob", made)
    async with listening(hall, "cid") as outside, listening(hall, "bob") as inside:
        await hall.do("bob", made, "ready", {"ready": True})
        later = await settle(hall)
        for ear in (outside, inside):
            await ear.heard("created", later["id"])
        assert ("changed", made["id"]) not in outside.said()
        assert ("changed", made["id"]) in inside.said()


async def test_private_lobbies(hall: Hall) -> None:
    """Are told to those whom they concern, from the moment and to the moment that they do."""
    async with listening(hall, "bob") as bob, listening(hall, "cid") as cid:
        made = await hall.make("ann", is_private=True)
        await hall.do("ann", made, "invite", {"player_public_keys": ["bob"]})
        invited = await bob.heard("invited", made["id"])
        assert invited["from"] == "ann"
        await hall.join("bob", made)
        await hall.do("ann", made, "kick", {"player": "bob"})
        await bob.heard("removed", made["id"])
        later = await settle(hall)
        for ear in (bob, cid):
            await ear.heard("created", later["id"])
        assert [kind for kind, lobby in bob.said() if lobby == made["id"]] == [
            "created",
            "invited",
            "changed",
            "removed",
        ]
        assert [lobby for _, lobby in cid.said()] == ["0", later["id"]]
        assert made["id"] not in cid.text


async def test_a_lobby_that_becomes_private(hall: Hall) -> None:
    """Is gone for outsiders, and there again when it is public again."""
    made = await hall.make("ann")
    async with listening(hall, None) as ear:
        await hall.do("ann", made, "", {"is_private": True}, "PATCH")
        await ear.heard("removed", made["id"])
        await hall.do("ann", made, "", {"name": "hidden"}, "PATCH")
        await hall.do("ann", made, "", {"is_private": False}, "PATCH")
        await ear.heard("created", made["id"])
        assert [kind for kind, _ in ear.said()] == ["snapshot", "removed", "created"]


async def test_blocks(hall: Hall) -> None:
    """Whoever is blocked hears nothing of it, invitations included; a block counts at once."""
    await hall.say("bob", "PUT", "/friends/ann/block")
    async with listening(hall, "bob") as bob, listening(hall, "cid") as cid:
        made = await hall.make("ann")
        await hall.do("ann", made, "invite", {"player_public_keys": ["bob", "cid"]})
        await cid.heard("invited", made["id"])
        await hall.say("cid", "PUT", "/friends/ann/block")
        await hall.do("ann", made, "", {"name": "other"}, "PATCH")
        later = await settle(hall)
        for ear in (bob, cid):
            await ear.heard("created", later["id"])
        assert made["id"] not in bob.text
        assert [kind for kind, lobby in cid.said() if lobby == made["id"]] == ["created", "invited"]


async def test_one_game(hall: Hall) -> None:
    """Who asks for one hears of no other."""
    await hall.make("ann", game_id="go")
    async with listening(hall, None, "?game_id=chess") as ear:
        other = await hall.make("bob", game_id="go")
        made = await hall.make("cid")
        await ear.heard("created", made["id"])
        assert [lobby for _, lobby in ear.said()] == ["0", made["id"]]
        assert other["id"] not in ear.text


async def test_going_on(hall: Hall) -> None:
    """Who names the last thing he heard hears what he missed, in order, and no snapshot."""
    async with listening(hall, None) as ear:
        made = await hall.make("ann")
        await ear.heard("created", made["id"])
        last = ear.last
    await hall.join("bob", made)
    await hall.do("ann", made, "start")
    async with listening(hall, None, last=last) as ear:
        await ear.until(lambda: len(ear.events) == 2)
        assert [one["lobby"]["player_count"] for one in ear.events] == [2, 2]
        await hall.do("ann", made, "", method="DELETE")
        await ear.heard("removed", made["id"])


@pytest.mark.parametrize("last", ["", "x", "-1", "other-1", "{epoch}-99", "{epoch}-x", "{epoch}-"])
async def test_beginning_anew(hall: Hall, last: str) -> None:
    """Who names what can't be known here is told everything."""
    await hall.make("ann")
    epoch = (await hall.house.lobbies.feed.here()).epoch
    async with listening(hall, None, last=last.format(epoch=epoch)) as ear:
        await ear.until(lambda: bool(ear.events))
        assert ear.said() == [("snapshot", "1")]


async def test_what_is_not_kept_any_more(hall: Hall, autojump_clock: object) -> None:
    """Six minutes later a snapshot tells how things stand."""
    async with listening(hall, None) as ear:
        last = ear.last
    made = await hall.make("ann")
    await trio.sleep(360)
    await hall.do("ann", made, "", {"name": "later"}, "PATCH")
    async with listening(hall, None, last=last) as ear:
        await ear.until(lambda: bool(ear.events))
        assert ear.said() == [("snapshot", "1")]


async def test_a_slow_reader_misses_nothing(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is further behind than a node keeps reads on in the store's log, in order."""
    monkeypatch.setattr(lobby_feed, "RECENT", 10)
    place = await hall.house.lobbies.feed.here()
    made = await hall.make("ann")
    follower = hall.house.lobbies.feed.follow(None, place)
    async with listening(hall, None) as ear:
        for number in range(50):
            await hall.do("ann", made, "", {"name": f"n{number}"}, "PATCH")
        await ear.until(lambda: len(ear.events) > 50)
        read: list[int] = []
        while len(read) < 51:
            found = await follower.next()
            assert found
            read += [entry.seq for entry in found]
            follower.place = Place(place.epoch, read[-1])
        assert read == list(range(1, 52))


async def test_the_store_goes_away(hall: Hall) -> None:
    """The stream ends in good order, and nothing is lost to who comes back."""
    async with listening(hall, "bob") as ear:
        last = ear.last
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(hall.house.store.friends, "blocked", _away)
            made = await hall.make("ann")
            await ear.until(lambda: ear.ended)
    async with listening(hall, "bob", last=last) as ear:
        await ear.heard("created", made["id"])


async def _away(me: object, others: object) -> frozenset[object]:
    raise StoreUnavailable


async def test_quiet(hall: Hall, autojump_clock: object) -> None:
    """Nothing for a while is a comment, and after the life of a token the stream ends."""
    async with listening(hall, "ann") as ear:
        await trio.sleep(46)
        assert ear.text.count("\n\n:\n\n") + ear.text.count(":\n\n:") >= 1
        assert not ear.ended
        await trio.sleep(3600)
        assert ear.ended


async def test_revoked(hall: Hall) -> None:
    """A ban ends the streams of its account, and no other."""
    async with listening(hall, "ann") as ann, listening(hall, "bob") as bob:
        now = hall.house.clock.wall()
        await hall.house.store.accounts.ban(hall.ids["ann"], Ban("spam", now), now)
        await hall.house.revocations.read()
        await ann.until(lambda: ann.ended)
        assert not bob.ended
        assert (await hall.say("ann", "GET", "/lobbies/stream")).status == 401


async def test_stopping(hall: Hall) -> None:
    """A daemon that drains ends all streams in good order, and begins none."""
    async with listening(hall, "ann") as ann, listening(hall, None) as guest:
        hall.house.lobbies.feed.close()
        for ear in (ann, guest):
            await ear.until(lambda ear=ear: ear.ended)  # type: ignore[misc]  # bound now
    async with listening(hall, None, last="x") as late:
        await late.until(lambda: late.ended)


async def test_hanging_up(hall: Hall) -> None:
    """Whoever hangs up is followed by nothing."""
    async with listening(hall, "ann") as ear:
        assert hall.house.lobbies.feed.holds(hall.ids["ann"])
        ear.hang_up.set()
        with trio.fail_after(5):
            while hall.house.lobbies.feed.holds(hall.ids["ann"]):  # noqa: ASYNC110  # another task
                await trio.sleep(0.01)


async def test_a_ticket(hall: Hall) -> None:
    """Opens it where only the URL can carry anything, once."""
    made = await hall.make("ann", is_private=True)
    body = {"for": "/lobbies/stream"}
    ticket = (await hall.say("ann", "POST", "/auth/ticket", body)).json["ticket"]
    async with listening(hall, None, f"?ticket={ticket}") as ear:
        assert ear.events[0]["lobbies"][0]["id"] == made["id"]
    again = await hall.say(None, "GET", f"/lobbies/stream?ticket={ticket}")
    assert (again.status, again.code) == (401, "bad_token")


async def test_guests_who_may_not(hall: Hall) -> None:
    """Hear nothing where guests may not read lobbies; a bad token is told so."""
    hall.house.change(guests_read_lobbies=False)
    assert (await hall.say(None, "GET", "/lobbies/stream")).status == 401
    answer = await hall.client.ask("GET", "/lobbies/stream", bearer="a.b.c")
    assert (answer.status, answer.code) == (401, "bad_token")


async def test_between_two_events_of_one_change(hall: Hall) -> None:
    """Who has heard the first goes on with the second."""
    made = await hall.make("ann", is_private=True)
    async with listening(hall, "bob") as ear:
        await hall.do("ann", made, "invite", {"player_public_keys": ["bob"]})
        await ear.until(lambda: len(ear.events) == 3)
        assert ear.said()[1:] == [("created", made["id"]), ("invited", made["id"])]
        last = ear.events[1]["id"]
    async with listening(hall, "bob", last=last) as ear:
        await ear.until(lambda: bool(ear.events))
        assert ear.said() == [("invited", made["id"])]

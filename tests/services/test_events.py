"""Event sockets at one node: who is let in, what he is told, and what he may say (wire.md 8)."""

from __future__ import annotations

from typing import Any

import pytest
import trio
import trio.testing

from matchd.domain.accounts import Ban
from matchd.domain.events import COUNT, SOCKETS
from matchd.domain.ids import AccountId
from matchd.errors import (
    InvalidRequest,
    StoreUnavailable,
)
from matchd.protocol.news import Close
from matchd.services import publisher as publishing
from matchd.services.events import event_request
from matchd.services.settings import RelayLimits
from tests.house import PLAYER_ADDRESS, House
from tests.services.listening import Listener, listen, presented, sign_up, telling

Clock = trio.testing.MockClock
ANN, BOB = "u_ann", "u_bob"


def say(house: House, number: int, *accounts: str) -> None:
    """Publish a numbered event."""
    house.publisher.publish(accounts or (ANN,), "test.said", {"n": number})


async def soon() -> None:
    """Let what was published arrive."""
    await trio.sleep(0.01)


async def test_hello_comes_first(house: House, autojump_clock: Clock) -> None:
    """It names what this server can do, how often it pings, and where the stream begins."""
    async with telling(house):
        ann = await listen(house)
        assert ann.said == ["hello"]
        assert ann.frames[0]["heartbeat"] == 15
        assert "friends" in str(ann.frames[0]["features"])


async def test_every_device_is_told_the_same(house: House, autojump_clock: Clock) -> None:
    """In order; others are told nothing of it."""
    async with telling(house):
        phone, desk, bob = await listen(house), await listen(house), await listen(house, BOB)
        for number in range(5):
            say(house, number)
        say(house, 7, BOB, ANN)
        await soon()
        assert phone.events == desk.events
        assert phone.events[0] == {"type": "test.said", "n": 0}
        assert (phone.numbers, bob.numbers) == ([0, 1, 2, 3, 4, 7], [7])


async def test_a_socket_that_comes_back_missed_nothing(house: House, autojump_clock: Clock) -> None:
    """It is replayed what came after its last id, then goes on live; no event comes twice."""
    async with telling(house):
        phone = await listen(house)
        say(house, 1)
        await soon()
        mark = phone.mark
        await phone.leave()
        say(house, 2)
        say(house, 3)
        await soon()
        again = await listen(house, after=mark)
        say(house, 4)
        await soon()
        assert again.numbers == [2, 3, 4]
        assert again.said == ["hello", "test.said", "test.said", "live", "test.said"]
        assert (await listen(house, after=again.mark)).said == ["hello", "live"]


async def test_every_frame_is_a_place_to_come_back_to(house: House, autojump_clock: Clock) -> None:
    """Whichever was the last that arrived, the rest follows."""
    async with telling(house):
        phone = await listen(house)
        for number in range(4):
            say(house, number)
        await soon()
        for place, frame in enumerate(phone.frames):
            again = await listen(house, after=str(frame["id"]))
            assert phone.numbers[place:] == again.numbers
            await again.leave()


async def test_what_is_published_while_it_enters_comes_once(
    house: House, autojump_clock: Clock
) -> None:
    """However the two cross."""
    async with telling(house):
        phone = await listen(house)
        marks = [phone.mark]
        for number in range(30):
            say(house, number)
            again = await listen(house, after=marks[0])
            await soon()
            assert again.numbers == list(range(number + 1))
            await again.leave()


@pytest.mark.parametrize("after", ["0", "1.2", "9" * 16, "1." + "9" * 16])
async def test_what_is_not_kept_is_a_gap(house: House, autojump_clock: Clock, after: str) -> None:
    """The client is told, so that it reads again how things stand."""
    async with telling(house):
        await listen(house)
        say(house, 1)
        await soon()
        again = await listen(house, after=after)
        assert again.said[:2] == ["hello", "gap"]
        assert again.said[-1] == "live"
        assert (await listen(house, after=again.mark)).said == ["hello", "live"]


@pytest.mark.parametrize("after", ["", "x", "-1", "1.", ".1", "1..2", "é", "1e3", "1" * 17, " 1"])
async def test_what_is_no_id(house: House, after: str) -> None:
    """It is refused by name."""
    with pytest.raises(InvalidRequest, match="`after`"):
        event_request(presented("t"), {"after": after})


async def test_a_long_replay_fits_the_outbox(autojump_clock: Clock) -> None:
    """With a small outbox the latest are replayed, behind a gap, instead of ending the socket."""
    house = House(RelayLimits(outbox_messages=30))
    async with telling(house):
        phone = await listen(house)
        mark = phone.mark
        for number in range(COUNT):
            say(house, number)
            await soon()
        again = await listen(house, after=mark)
        assert again.said[:2] == ["hello", "gap"]
        assert again.numbers == list(range(COUNT - 14, COUNT))


async def test_the_ninth_device_ends_the_oldest(house: House, autojump_clock: Clock) -> None:
    """With 4409; the others stay, and another account's do."""
    async with telling(house):
        bob = await listen(house, BOB)
        devices = [await listen(house) for _ in range(SOCKETS + 1)]
        codes = [device.code for device in devices]
        assert codes == [Close.REPLACED] + [None] * SOCKETS
        assert bob.code is None


async def test_a_drain_may_meet_a_socket_on_its_way_in(
    house: House, autojump_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is closed as soon as it is there, and told nothing."""
    enter = house.store.events.enter

    async def slow(*given: Any, **named: Any) -> object:
        await trio.sleep(1)
        return await enter(*given, **named)

    monkeypatch.setattr(house.store.events, "enter", slow)
    devices: list[Listener] = []

    async def come() -> None:
        devices.append(await listen(house))

    async with telling(house), trio.open_nursery() as nursery:
        nursery.start_soon(come)
        await trio.sleep(0.5)
        await house.events.drain(2)
    assert [(device.code, device.frames) for device in devices] == [(Close.RESTART, [])]


async def test_a_drain_says_when_and_closes(house: House, autojump_clock: Clock) -> None:
    """With 1012, which means to come back."""
    async with telling(house):
        ann = await listen(house)
        await house.events.drain(2)
        assert (ann.said[-1], ann.code) == ("going_away", Close.RESTART)


async def test_what_a_client_may_not_say(house: House, autojump_clock: Clock) -> None:
    """It is told what was wrong, and a flood of it ends the socket with 4400."""
    async with telling(house):
        ann = await listen(house)
        wrong = ('{"type":"hello"}', "{", "[]", '{"type":"reauth"}', '{"type":"reauth","token":7}')
        for text in wrong:
            ann.held.receive(text)
        ann.held.refuse()
        assert ann.said[1:] == ["error"] * 6
        assert {frame["code"] for frame in ann.frames[1:]} == {"invalid_request"}
        for _ in range(10):
            ann.held.receive("?")
        assert ann.code is Close.MALFORMED


async def test_too_many_messages_end_the_socket(autojump_clock: Clock) -> None:
    """With 4429, like any other socket."""
    house = House(RelayLimits(malformed=10_000))
    ann = await listen(house)
    for _ in range(700):
        ann.held.receive("{}")
    assert ann.code is Close.TOO_MANY


async def test_a_logout_closes_its_own_socket(house: House, autojump_clock: Clock) -> None:
    """The other devices of the account stay; a ban closes them all with 4403."""
    async with telling(house):
        made = await sign_up(house)
        kept = await house.store.accounts.get(AccountId(made.account.id))
        assert kept is not None
        other = await house.people.logins.open(kept, "phone")
        desk, phone = await listen(house, token=made.token), await listen(house, token=other.token)
        caller = house.auth.player(other.token, PLAYER_ADDRESS)
        await house.people.logins.leave(caller, everywhere=False)
        assert (desk.code, phone.code) == (None, Close.UNAUTHORIZED)
        now = house.clock.wall()
        await house.store.accounts.ban(kept.id, Ban("spam", now), now)
        await trio.sleep(2)
        assert desk.code is Close.FORBIDDEN


async def test_publishing_waits_for_nobody(
    house: House, autojump_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the store is away events wait in order, so many of them, and are told once it is back."""
    away, append = True, house.store.events.append

    async def unsure(*given: object) -> object:
        done = await append(*given)  # type: ignore[arg-type]
        if away:
            raise StoreUnavailable(unsure=True)
        return done

    monkeypatch.setattr(publishing, "QUEUE", 5)
    async with telling(house):
        ann = await listen(house)
        monkeypatch.setattr(house.store.events, "append", unsure)
        say(house, 0)
        await trio.sleep(3)
        for number in range(1, 10):
            say(house, number)
        await trio.sleep(3)
        assert ann.numbers == []
        away = False
        await trio.sleep(2)
        assert ann.numbers == [0, 1, 2, 3, 4, 5]
        assert house.metrics.dropped.labels("events_full")._value.get() == 4
        await house.publisher.written()


async def test_an_event_of_any_size_is_no_way_to_harm(house: House) -> None:
    """One larger than a log is a mistake of whoever publishes it."""
    with pytest.raises(ValueError, match="larger"):
        house.publisher.publish([ANN], "test.said", {"n": "x" * 70_000})


async def test_very_many_are_told_by_several_batches(house: House, autojump_clock: Clock) -> None:
    """Each once."""
    async with telling(house):
        accounts = [f"u_{number}" for number in range(1200)]
        ann = await listen(house, "u_1100")
        house.publisher.publish([*accounts, *accounts], "test.said", {"n": 1})
        await soon()
        assert ann.numbers == [1]

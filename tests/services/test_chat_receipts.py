"""Acknowledging what one was sent: cheap, however much it is, and kept when the socket goes at once."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
import trio
import trio.testing

from matchd.domain.ids import AccountId, ChatId
from matchd.errors import StoreUnavailable
from matchd.protocol.chat import MessageBody
from matchd.protocol.news import Close
from tests.services.chatting import Device, Talk, soon

Clock = trio.testing.MockClock
BACKLOG = 3000


async def cursor(chat: Talk) -> int:
    """How far bob has read, as the store has it."""
    return (await chat.house.chat.services.rooms.unread(await chat.person("bob")))[0].cursor


async def backlog(chat: Talk, count: int) -> Device:
    """Bob's socket, which was sent so many messages that he had missed."""
    ann, rooms = await chat.person("ann"), chat.house.chat.services.rooms
    for number in range(count - 1):  # the server's own word is the first
        await rooms.say(ann, MessageBody(room="tea", content=str(number)))
        if number % 500 == 499:
            await trio.sleep(60)  # as much as her address may say in a minute
    bob = await chat.device("bob")
    with trio.fail_after(60):
        while len(bob.seqs) < count:
            await soon()
    return bob


def acknowledge(device: Device, seq: int) -> None:
    """Send an `Ack`, and let nothing be done yet."""
    device.session.receive(json.dumps({"action": "Ack", "data": {"room": "tea", "seq": seq}}))


async def test_an_ack_for_each_of_a_long_backlog(
    chat: Talk, autojump_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is closed for it, and the store is asked a few times, not once for each."""
    bob = await backlog(chat, BACKLOG)
    calls: list[Mapping[ChatId, int]] = []
    ack = chat.house.store.chat.ack

    async def counted(account: AccountId, marks: Mapping[ChatId, int]) -> dict[ChatId, int]:
        calls.append(marks)
        return await ack(account, marks)

    monkeypatch.setattr(chat.house.store.chat, "ack", counted)
    for seq in bob.seqs:
        acknowledge(bob, seq)
    await soon()
    assert bob.outbox.code is None
    assert await cursor(chat) == BACKLOG
    assert len(calls) <= 2


async def test_the_same_again_is_limited(chat: Talk, autojump_clock: Clock) -> None:
    """An `Ack` of what was read already is a message like any other."""
    bob = await backlog(chat, 2)
    for _ in range(2000):
        acknowledge(bob, 1)
    await soon()
    assert bob.outbox.code is Close.TOO_MANY


async def test_what_was_read_before_the_end(chat: Talk, autojump_clock: Clock) -> None:
    """It is kept, though the socket closes before anything was done about it."""
    bob = await backlog(chat, 5)
    acknowledge(bob, 4)
    await bob.leave()
    assert await cursor(chat) == 4


async def test_a_store_that_is_away(
    chat: Talk, autojump_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read meanwhile is kept once it is back."""
    bob = await backlog(chat, 5)

    async def away(account: AccountId, marks: Mapping[ChatId, int]) -> dict[ChatId, int]:
        raise StoreUnavailable

    with monkeypatch.context() as outage:
        outage.setattr(chat.house.store.chat, "ack", away)
        acknowledge(bob, 3)
        await trio.sleep(3)
        acknowledge(bob, 5)
        await trio.sleep(3)
    await trio.sleep(3)
    assert await cursor(chat) == 5
    assert "Error" not in bob.actions

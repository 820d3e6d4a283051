"""News between nodes over a real Redis: order, and that no loss goes unnoticed."""

from __future__ import annotations

import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest
import trio
from structlog.testing import capture_logs

from matchd.domain.ids import Address, NodeId
from matchd.protocol.news import Frame, News
from matchd.store.redis import Limits, RedisStore
from matchd.store.redis.bus import SILENCE, RedisBus
from tests.redis.house import away, events, opened, ready, until
from tests.store.redis_server import RedisServer, fresh_prefix

N1, N2 = NodeId("n1"), NodeId("n2")


class Ear:
    """What one node was told."""

    def __init__(self) -> None:
        self.heard: list[tuple[NodeId, int, bytes]] = []
        self.gaps = 0

    def hear(self, sender: NodeId, address: Address, news: News) -> None:
        """Keep it."""
        assert isinstance(news, Frame)
        self.heard.append((sender, address.connection, news.text))

    def missed(self) -> None:
        """Count it."""
        self.gaps += 1

    @property
    def words(self) -> list[bytes]:
        """What was said, in order."""
        return [text for _, _, text in self.heard]


def say(store: RedisStore, *words: str, sender: NodeId = N2, number: int = 1) -> None:
    """A node says words to socket `number` of n1."""
    for word in words:
        store.bus.send(sender, Address(N1, number), Frame(word.encode()))


@asynccontextmanager
async def listening(store: RedisStore, node: NodeId = N1) -> AsyncIterator[Ear]:
    """A node that listens, subscribed."""
    ear = Ear()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(store.bus.listen, node, ear)
        await until(lambda: store.bus.fault is None)
        yield ear
        nursery.cancel_scope.cancel()


def letter(sender: str, number: int, text: bytes = b"") -> bytes:
    """A letter as it stands on the channel."""
    return msgspec.msgpack.encode(
        [sender, number, 1, {"type": "Frame", "text": text, "sender": None}]
    )


async def test_two_nodes_talk(server: RedisServer) -> None:
    """10,000 letters arrive once each, in order, with the socket they are for; nothing is missed."""
    prefix, limits = fresh_prefix(), Limits(queue=20_000, deadline=30.0)
    words = [f"w{number}" for number in range(10_000)]
    async with (
        opened(server.url, prefix, limits) as one,
        opened(server.url, prefix, limits) as two,
        listening(one) as ear,
    ):
        say(two, *words, number=7)
        await until(lambda: len(ear.heard) == 10_000)
    assert ear.words == [word.encode() for word in words]
    assert {item[:2] for item in ear.heard} == {(N2, 7)}
    assert ear.gaps == 1


async def test_subscribing_is_a_gap(server: RedisServer) -> None:
    """What was said before may be lost, so each subscription says so, once; what was said just now
    is said again.
    """
    async with opened(server.url, fresh_prefix()) as store:
        say(store, "nobody hears it")
        async with listening(store) as ear:
            say(store, "heard")
            await until(lambda: len(ear.heard) == 2)
    assert (ear.words, ear.gaps) == ([b"nobody hears it", b"heard"], 1)


async def test_a_skipped_number_is_a_gap(server: RedisServer) -> None:
    """Of each sender by itself; the letter after the gap is heard."""
    prefix = fresh_prefix()
    channel = f"{{{prefix}}}:node:n1"
    async with opened(server.url, prefix) as store, listening(store) as ear:
        for sender, number in (("n2", 1), ("n3", 1), ("n2", 2), ("n2", 4), ("n3", 2)):
            server.command("PUBLISH", channel, letter(sender, number, b"%d" % number))
        await until(lambda: len(ear.heard) == 5)
    assert (ear.words, ear.gaps) == ([b"1", b"1", b"2", b"4", b"2"], 2)


async def test_a_new_id_is_counted_anew(server: RedisServer) -> None:
    """A gap right at the start of a node's new id is seen, however much was heard before."""
    prefix = fresh_prefix()
    async with opened(server.url, prefix) as store:
        async with listening(store) as ear:
            say(store, *"abcdef")
            await until(lambda: len(ear.heard) == 6)
        async with listening(store, NodeId("n9")) as ear:
            await until(lambda: ear.gaps == 1)
            server.command("PUBLISH", f"{{{prefix}}}:node:n9", letter("n2", 3, b"late"))
            await until(lambda: bool(ear.heard))
    assert ear.gaps == 2


async def test_a_killed_subscription(own_server: RedisServer) -> None:
    """CLIENT KILL is noticed: subscribed anew, and told that there was a gap."""
    with capture_logs() as logs:
        async with opened(own_server.url) as store, listening(store) as ear:
            own_server.command("CLIENT", "KILL", "TYPE", "pubsub")
            await until(lambda: ear.gaps == 2)
            say(store, "again")
            await until(lambda: bool(ear.heard))
    assert events(logs) == ["bus.away", "bus.back"]


async def test_redis_restarts(own_server: RedisServer) -> None:
    """The bus says why nothing arrives, and goes on by itself; what was said meanwhile comes late."""
    async with opened(own_server.url) as store, listening(store) as ear:
        say(store, "before")
        await until(lambda: bool(ear.heard))
        own_server.kill()
        await away(store)
        await until(lambda: store.bus.fault is not None)
        say(store, "late")
        own_server.start()
        await ready(store)
        await until(lambda: ear.gaps >= 2)
        say(store, "after")
        await until(lambda: len(ear.heard) == 3)
        assert store.bus.fault is None
    assert ear.words == [b"before", b"late", b"after"]


async def test_what_is_said_in_a_gap_is_said_again(own_server: RedisServer) -> None:
    """However often the subscription breaks, each word arrives once, in order."""
    words = [f"w{number}" for number in range(200)]
    async with (
        opened(own_server.url) as one,
        opened(own_server.url) as two,
        listening(one) as ear,
        listening(two, N2),
    ):
        for number, word in enumerate(words):
            if number % 50 == 25:
                own_server.command("CLIENT", "KILL", "TYPE", "pubsub")
            say(two, word)
            await until(lambda n=number: len(ear.heard) > n)  # type: ignore[misc]  # n is bound
    assert ear.words == [word.encode() for word in words]


async def test_a_number_heard_is_not_heard_again(server: RedisServer) -> None:
    """A letter that was sent twice, since its answer was lost, is told once."""
    prefix = fresh_prefix()
    channel = f"{{{prefix}}}:node:n1"
    async with opened(server.url, prefix) as store, listening(store) as ear:
        for number in (1, 2, 2, 1, 3):
            server.command("PUBLISH", channel, letter("n2", number, b"%d" % number))
        await until(lambda: len(ear.heard) == 3)
    assert (ear.words, ear.gaps) == ([b"1", b"2", b"3"], 1)


async def test_a_dead_subscription_is_found(own_server: RedisServer) -> None:
    """A Redis that stands still without a word is away after a few seconds, and then back."""
    patient = Limits(deadline=30.0)
    async with opened(own_server.url, limits=patient) as store, listening(store) as ear:
        own_server.signal(signal.SIGSTOP)
        start = trio.current_time()
        try:
            await until(lambda: store.bus.fault is not None)
            assert trio.current_time() - start < SILENCE + 2
        finally:
            own_server.signal(signal.SIGCONT)
        await until(lambda: store.bus.fault is None)
        assert ear.gaps == 2


@pytest.mark.parametrize(
    "payload", [b"", b"hello", b"\xc1", b"\x93\x01\x02\x03", b"{}", b"\xff" * 99]
)
async def test_foreign_messages(server: RedisServer, payload: bytes) -> None:
    """What somebody else writes to our channel is said once and ignored."""
    prefix = fresh_prefix()
    with capture_logs() as logs:
        async with opened(server.url, prefix) as store, listening(store) as ear:
            for _ in range(3):
                server.command("PUBLISH", f"{{{prefix}}}:node:n1", payload)
            say(store, "ours")
            await until(lambda: bool(ear.heard))
    assert (ear.words, ear.gaps) == ([b"ours"], 1)
    assert events(logs) == ["bus.foreign_message"]


async def test_no_thread_stays_behind(server: RedisServer) -> None:
    """However often a node stops listening, in the middle of a wait, its thread ends with it."""
    async with opened(server.url, fresh_prefix()) as store:
        before = threading.active_count()
        for _ in range(30):
            async with listening(store):
                pass
        bus = store.bus
        assert isinstance(bus, RedisBus)
        await until(lambda: not bus._thread.borrowed_tokens)
        assert threading.active_count() <= before + 3
        assert server.command("PUBSUB", "NUMSUB", "{x}:node:n1").endswith(b":0\r\n")


async def test_the_dead_are_forgotten(server: RedisServer) -> None:
    """Nothing is kept about a node that is gone."""
    async with opened(server.url, fresh_prefix()) as store, listening(store) as ear:
        say(store, "last words")
        await until(lambda: bool(ear.heard))
        assert N2 in store.bus._heard
        store.bus.forget(N2)
        assert N2 not in store.bus._heard

"""A subscription in a thread of its own: order, gaps that are told, and who ends it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest
from redis.crc import key_slot

from matchd.store.redis import Target
from matchd.store.redis.faults import Fault
from matchd.store.redis.link import Subscription, subscriber
from tests.store.redis_cluster import shared_cluster, waited
from tests.store.redis_server import RedisServer

CHANNEL = "{t}:node:n1"


def subscription(where: Target, timeout: float = 2.0) -> Subscription:
    """One that is not open yet."""
    return subscriber(where, home="{t}:schema", timeout=timeout)()


@pytest.fixture
def listening(own_server: RedisServer) -> Iterator[Subscription]:
    """One that is open, with little patience."""
    listens = subscription(Target(own_server.url), 0.1)
    listens.open(CHANNEL)
    yield listens
    listens.close()


def gathered(listens: Subscription, count: int) -> list[bytes]:
    """So many payloads, in whatever portions they come; fewer when they don't come."""
    got: list[bytes] = []
    for _ in range(count):
        if len(got) < count:
            got += listens.receive(5)
    return got


def receive_in_thread(listens: Subscription) -> tuple[threading.Thread, list[object]]:
    """Receive for long; the list gets what came of it."""
    got: list[object] = []

    def receive() -> None:
        try:
            got.append(listens.receive(60))
        except Fault as fault:
            got.append(fault)

    thread = threading.Thread(target=receive)
    thread.start()
    return thread, got


def test_order(listening: Subscription, own_server: RedisServer) -> None:
    """What is published after `open` arrives, in order, byte for byte, in one go."""
    sent = [b"", b"\r\n\0\xff", b"x" * 70_000, *(b"%d" % number for number in range(500))]
    for payload in sent:
        own_server.command("PUBLISH", CHANNEL, payload)
    own_server.command("PUBLISH", "{t}:node:n2", "another's")
    assert gathered(listening, len(sent)) == sent


def test_nothing_to_receive(listening: Subscription) -> None:
    """Without payloads `receive` returns after its time, having asked for signs of life meanwhile."""
    assert (listening.receive(0), listening.receive(0.5)) == ([], [])


def test_bounded(listening: Subscription, own_server: RedisServer) -> None:
    """A flood is handed over in bounded portions."""
    script = f"for i = 1, 3000 do redis.call('PUBLISH', '{CHANNEL}', i) end"
    own_server.command("EVAL", script, "0")
    portions = [listening.receive(5) for _ in range(3)]
    assert max(map(len, portions)) <= 1024
    left = 3000 - sum(map(len, portions))
    assert gathered(listening, left)[-1:] == [b"3000"][:left]


def test_cut(listening: Subscription, own_server: RedisServer) -> None:
    """A connection that is lost is told, and never replaced in silence."""
    own_server.kill()
    with pytest.raises(Fault, match="Redis can't be reached"):
        listening.receive(5)
    own_server.start()
    with pytest.raises(Fault, match="closed"):
        listening.receive(5)


def test_silence(listening: Subscription, own_server: RedisServer) -> None:
    """A Redis that hangs is noticed by its missing sign of life."""
    own_server.signal(signal.SIGSTOP)
    with pytest.raises(Fault, match="Redis does not answer"):
        listening.receive(5)


def test_closed_from_another_thread(listening: Subscription) -> None:
    """`close` ends a `receive` that waits in another thread at once."""
    thread, got = receive_in_thread(listening)
    waited(listening._in_use.locked)
    listening.close()
    thread.join(5)
    assert [str(fault) for fault in got] == ["The connection to the store is closed"]


def test_closed_for_good(own_server: RedisServer) -> None:
    """What was closed before it was opened stays closed."""
    listens = subscription(Target(own_server.url))
    listens.close()
    with pytest.raises(Fault, match="closed"):
        listens.open(CHANNEL)


def test_nobody_there() -> None:
    """Without a server `open` says so."""
    with pytest.raises(Fault, match="Redis can't be reached"):
        subscription(Target("redis://127.0.0.1:1")).open(CHANNEL)


def test_channel_is_forbidden(own_server: RedisServer) -> None:
    """A user without the channel is told which right is missing."""
    rights = ("on", "nopass", "~*", "resetchannels", "+@all")
    own_server.command("ACL", "SETUSER", "matchd", *rights)
    target = Target(own_server.tcp_url.replace("//", "//matchd@"))
    with pytest.raises(Fault, match=r"subscribe to \{t\}:node:n1.*&\{t\}:node:\*"):
        subscription(target).open(CHANNEL)


def test_cluster() -> None:
    """In a Cluster what the primary of our slot publishes arrives, in order."""
    cluster = shared_cluster()
    listens = subscription(cluster.target)
    listens.open(CHANNEL)
    primary = cluster.primary_of(key_slot(b"t"))
    for number in range(100):
        primary.command("PUBLISH", CHANNEL, str(number))
    assert gathered(listens, 100) == [b"%d" % number for number in range(100)]
    listens.close()

"""Chat: messages stored and delivered a second by the size of the room, and a connect with much unread.

Every run has a process and a store of its own; the embedded one writes to a file on this disk.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import TypeVar

from bench.load.jobs import ChatJob, ChatSample, UnreadJob, UnreadSample, Watched
from bench.processes import Server, python, running
from bench.redis_server import redis_server
from bench.report import Table, middle, number
from bench.rounds import load
from bench.sizes import Sizes

_T = TypeVar("_T")
Measure = Callable[[Server, Watched], _T]


def run(sizes: Sizes) -> Table:
    """Measure rooms of each size."""
    rows: list[tuple[str, ...]] = []
    for members in sizes.fans:
        for name, place, accounts in (
            ("matchd, file", _alone, True),
            ("matchd, Redis", _over_redis, True),
            ("trio-websocket, bare, nothing stored", _bare, False),
        ):

            def measure(server: Server, watched: Watched) -> ChatSample:
                job = ChatJob(
                    port=server.port,
                    watched=watched,
                    members=members,  # noqa: B023  # done within this turn
                    accounts=accounts,  # noqa: B023
                    seconds=sizes.seconds,
                )
                return load(job, ChatSample)

            samples = [place(measure) for _ in range(sizes.rounds)]
            rows.append(_row(f"to {members}: {name}", samples))
    return Table(
        title=f"chat: messages of 120 characters in one room, medians of {sizes.rounds} rounds of "
        f"{sizes.seconds:g} s",
        columns=(
            *("room", "stored/s", "delivered/s", "CPU µs per delivery"),
            *("p50 ms", "p99 ms", "generator"),
        ),
        rows=tuple(rows),
        notes=(
            "Up to 8 members speak, each when his last message was acknowledged; latency until then.",
        ),
    )


def run_unread(sizes: Sizes) -> Table:
    """Measure a connect with much unread."""

    def measure(server: Server, watched: Watched) -> UnreadSample:
        job = UnreadJob(port=server.port, watched=watched, messages=sizes.unread)
        return load(job, UnreadSample)

    places = (("matchd, file", _alone), ("matchd, Redis", _over_redis))
    measured = {name: [place(measure) for _ in range(sizes.rounds)] for name, place in places}
    return Table(
        title=f"unread: a connect with {sizes.unread:,} unread messages, "
        f"medians of {sizes.rounds} rounds",
        columns=("server", "first after ms", "all after ms", "messages/s", "CPU µs each"),
        rows=tuple(
            (
                name,
                number(middle(s.first for s in samples)),
                number(middle(s.caught.seconds * 1000 for s in samples)),
                number(middle(s.caught.rate for s in samples)),
                number(middle(s.caught.microseconds for s in samples)),
            )
            for name, samples in measured.items()
        ),
        notes=("From before the handshake on; the reader takes them as fast as they come.",),
    )


def _alone(measure: Measure[_T]) -> _T:
    with tempfile.TemporaryDirectory(prefix="matchd-bench-") as directory:
        return _with(("bench.servers.daemon", directory), None, measure)


def _over_redis(measure: Measure[_T]) -> _T:
    with redis_server() as redis:
        return _with(("bench.servers.daemon", redis.url), redis.pid, measure)


def _bare(measure: Measure[_T]) -> _T:
    return _with(("bench.servers.chat",), None, measure)


def _with(command: tuple[str, ...], redis: int | None, measure: Measure[_T]) -> _T:
    with running([python("chat", *command)]) as servers:
        return measure(servers[0], Watched((servers[0].pid,), redis))


def _row(name: str, samples: list[ChatSample]) -> tuple[str, ...]:
    return (
        name,
        number(middle(s.stored.rate for s in samples)),
        number(middle(s.delivered / s.stored.seconds for s in samples)),
        number(middle(s.stored.server_cpu / max(1, s.delivered) * 1e6 for s in samples)),
        number(middle(s.stored.p50 for s in samples)),
        number(middle(s.stored.p99 for s in samples)),
        f"{middle(s.stored.own_share for s in samples):.0f} %",
    )

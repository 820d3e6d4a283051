"""Whether finds keep their latency while logins flood in: Argon2 has a lane of its own."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection

from bench.finds import DAEMON
from bench.load.jobs import Sample, Watched
from bench.players import token_file
from bench.processes import Server, python, running
from bench.report import Goal, Table, apart, middle, number
from bench.samples import p99
from bench.sizes import Sizes
from bench.visits import register, visit

FINDERS = 4
"""Connections that find meanwhile."""

_BODY = json.dumps({"name": "ann", "password": "wrong password"})
_JSON = {"Content-Type": "application/json"}


def run(sizes: Sizes) -> Table:
    """Measure finds alone and beside the flood, in turn."""
    ways = {"alone": 0, f"{sizes.flooders} logins at once": sizes.flooders}
    samples: dict[str, list[Sample]] = {way: [] for way in ways}
    answers = {way: Counter[int]() for way in ways}
    seconds = dict.fromkeys(ways, 0.0)
    daemon = python(DAEMON, "bench.servers.daemon")
    with running([daemon]) as servers, token_file(FINDERS) as tokens:
        register((servers[0].port,), Watched((servers[0].pid,)), sizes.hosts, sizes)
        for _ in range(sizes.rounds):
            for way, flooders in ways.items():
                began = time.perf_counter()
                with _flood(servers[0], flooders, answers[way]):
                    samples[way].append(_finds(servers[0], sizes, tokens))
                seconds[way] += time.perf_counter() - began
    return Table(
        title=f"logins: finds on {FINDERS} connections beside a flood of logins, "
        f"medians of {sizes.rounds} rounds of {sizes.seconds:g} s",
        columns=("finds", "per second", "p50 ms", "p99 ms", "compared/s", "told to wait/s"),
        rows=tuple(_row(way, samples[way], answers[way], seconds[way]) for way in ways),
        notes=("Daemon and its lane share one core: where there are more, finds lose less.",),
        goals=(_goal(*(p99(some) for some in samples.values())),),
    )


def _goal(alone: float, flooded: float) -> Goal:
    return apart("finds' p99 during a flood of logins", alone, flooded, 2.0, "ms")


def _finds(server: Server, sizes: Sizes, tokens: str) -> Sample:
    return visit(
        "finds",
        (server.port,),
        Watched((server.pid,)),
        connections=FINDERS,
        hosts=sizes.hosts,
        seconds=sizes.seconds,
        tokens=tokens,
    )


@contextmanager
def _flood(server: Server, flooders: int, answers: Counter[int]) -> Iterator[None]:
    over = threading.Event()
    threads = [
        threading.Thread(target=_log_in, args=(server.port, over, answers)) for _ in range(flooders)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _log_in(port: int, over: threading.Event, answers: Counter[int]) -> None:
    connection = HTTPConnection("127.0.0.1", port)
    while not over.is_set():
        connection.request("POST", "/auth/login", _BODY, _JSON)
        answer = connection.getresponse()
        answer.read()
        answers[answer.status] += 1
        if answer.status == 429:
            time.sleep(0.2)
    connection.close()


def _row(
    name: str, samples: list[Sample], answers: Counter[int], seconds: float
) -> tuple[str, ...]:
    return (
        name,
        number(middle(sample.rate for sample in samples)),
        number(middle(sample.p50 for sample in samples)),
        number(middle(sample.p99 for sample in samples)),
        number(answers[401] / seconds),
        number(answers[429] / seconds),
    )

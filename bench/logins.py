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
from bench.load.jobs import HttpJob, Sample, Watched
from bench.processes import Server, python, running
from bench.report import Table, middle, number
from bench.rounds import load
from bench.sizes import Sizes

FLOODERS = 80
"""Connections that log in at once: more than the lane and its queue take."""

_BODY = json.dumps({"name": "ann", "password": "wrong password"})
_JSON = {"Content-Type": "application/json"}


def run(sizes: Sizes) -> Table:
    """Measure finds alone and beside the flood."""
    rows: list[tuple[str, ...]] = []
    with running([python(DAEMON, "bench.servers.daemon")]) as servers:
        for name, flooders in (("alone", 0), (f"{FLOODERS} logins at once", FLOODERS)):
            answers, began = Counter[int](), time.perf_counter()
            with _flood(servers[0], flooders, answers):
                samples = [_finds(servers[0], sizes) for _ in range(sizes.rounds)]
            rows.append(_row(name, samples, answers, time.perf_counter() - began))
    return Table(
        title=f"logins: finds on 4 connections beside a flood of logins, "
        f"medians of {sizes.rounds} rounds of {sizes.seconds:g} s",
        columns=("finds", "per second", "p50 ms", "p99 ms", "compared/s", "told to wait/s"),
        rows=tuple(rows),
        notes=("Daemon and its lane share one core: where there are more, finds lose less.",),
    )


def _finds(server: Server, sizes: Sizes) -> Sample:
    job = HttpJob(
        ports=(server.port,),
        watched=Watched((server.pid,)),
        script="finds",
        connections=4,
        hosts=sizes.hosts,
        seconds=sizes.seconds,
    )
    return load(job, Sample)


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

"""Pairs of host and player that send each other offers through the relay; and sockets at rest."""

from __future__ import annotations

import time

from bench.load.gauge import kilobytes
from bench.load.jobs import IdleJob, IdleSample, RelayJob, RelaySample
from bench.load.pairs import Pairs
from bench.load.sockets import open_all

_OFFER = b'{"type":"offer"'


def offer() -> bytes:
    """An offer of 200 bytes."""
    head, tail = _OFFER + b',"sdp":"', b'"}'
    return head + b"v" * (200 - len(head) - len(tail)) + tail


def run(job: RelayJob) -> RelaySample:
    """Open the pairs, then both loops on the same sockets."""
    relay = _opened(job.host_port, job.player_port, job.pairs)
    closed = relay.closed_loop(job.watched, job.seconds)
    return RelaySample(closed=closed, open=relay.open_loop(job.watched, job.seconds, job.rate))


def rest(job: IdleJob) -> IdleSample:
    """Memory per socket in rooms of two, after a first few have loaded what is loaded late."""
    _opened(job.port, job.port, 10, "first").close()
    time.sleep(job.settle)
    before = kilobytes(job.pid)
    began = time.perf_counter()
    relay = _opened(job.port, job.port, job.sockets // 2)
    seconds = time.perf_counter() - began
    relay.pump(job.settle)
    grown = kilobytes(job.pid) - before
    sockets = job.sockets // 2 * 2
    return IdleSample(kilobytes=grown / sockets, opens=sockets / seconds)


def _opened(host_port: int, player_port: int, count: int, name: str = "room") -> Pairs:
    """So many rooms of two; the first socket of a room is its host."""
    pairs = Pairs(offer(), _OFFER)
    paths = [b"/?roomId=%b-%d" % (name.encode(), number) for number in range(count)]
    hosts = open_all(host_port, paths)
    pairs.add(hosts, open_all(player_port, paths))
    return pairs

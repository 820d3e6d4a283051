"""Measures servers in alternation and hands jobs to the load generator, a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import msgspec

from bench.load.jobs import Job
from bench.processes import ROOT, cores

_T = TypeVar("_T")

JOB_DEADLINE = 120.0


class Named(Protocol):
    """Something to measure."""

    @property
    def name(self) -> str:
        """What tables call it."""


_Peer = TypeVar("_Peer", bound=Named)


def alternate(
    servers: Sequence[_Peer], rounds: int, measure: Callable[[_Peer], _T]
) -> dict[str, list[_T]]:
    """A B A B ...: what each server did in every round, so that all see the same disturbances."""
    results: dict[str, list[_T]] = {server.name: [] for server in servers}
    for _ in range(rounds):
        for server in servers:
            results[server.name].append(measure(server))
    return results


def load(job: Job, kind: type[_T]) -> _T:
    """Have a job done by a fresh generator on its own core; CalledProcessError when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load", str(cores()[1])],
        cwd=ROOT,
        input=msgspec.json.encode(job),
        stdout=subprocess.PIPE,
        timeout=JOB_DEADLINE,
        check=True,
    )
    return msgspec.json.decode(done.stdout, type=kind)

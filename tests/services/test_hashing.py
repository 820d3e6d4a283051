"""The lane of passwords and its processes: what a flood of logins slows, and what ends with whom."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import structlog
import trio

from matchd.errors import RateLimited, Unavailable
from matchd.hasher import LOWEST, Done, Task
from matchd.services.hashing import COMMAND, PATIENCE, HashingLane, usual_width

GUESS = Task("a guess")
ENDS = (sys.executable, "-S", "-c", "pass")
CHATTERS = (sys.executable, "-S", "-c", "print('what?', flush=True); input()")


@asynccontextmanager
async def running(
    width: int = 1, command: Sequence[str] = COMMAND, note: Path | None = None
) -> AsyncIterator[HashingLane]:
    """A lane and what is behind it; each process notes its id, as a line of the file."""
    noted = () if note is None else ("sh", "-c", 'echo $$ >> "$0"; exec "$@"', str(note))
    lane = HashingLane(width, command=(*noted, *command))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(lane.run)
        await trio.testing.wait_all_tasks_blocked()
        yield lane
        nursery.cancel_scope.cancel()


def started(note: Path) -> list[int]:
    """The processes that were started."""
    return [int(line) for line in note.read_text().split()]


def lives(process: int) -> bool:
    """Whether there is such a process, waited for or not."""
    return Path(f"/proc/{process}").exists()


async def hashed(lane: HashingLane, password: str) -> str:
    """The hash that the lane makes of a password."""
    done = await lane.do(Task(password))
    assert done.hashed is not None
    return done.hashed


async def test_a_process_hashes_at_the_lowest_priority_and_ends_with_the_lane(
    tmp_path: Path,
) -> None:
    """One process for all tasks of a caller after another; none is left, not even a dead one."""
    note = tmp_path / "started"
    async with running(width=2, note=note) as lane:
        kept = await hashed(lane, "correct horse\n\u2028")
        assert await lane.do(Task("correct horse\n\u2028", kept)) == Done(matches=True)
        assert await lane.do(Task("another one", kept)) == Done()
        assert await lane.do(Task("correct horse", "no hash at all")) == Done()
        (process,) = started(note)
        assert os.getpriority(os.PRIO_PROCESS, process) == LOWEST
    assert not lives(process)


async def test_a_lost_process_is_replaced_unnoticed(tmp_path: Path) -> None:
    """Killed while it waits or while it works: its task is done by the next one."""
    note = tmp_path / "started"
    async with running(note=note) as lane:
        kept = await hashed(lane, "correct horse")
        os.kill(started(note)[-1], signal.SIGKILL)
        assert await lane.do(Task("correct horse", kept)) == Done(matches=True)
        os.kill(started(note)[-1], signal.SIGSTOP)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(hashed, lane, "another one")
            await trio.testing.wait_all_tasks_blocked()
            os.kill(started(note)[-1], signal.SIGKILL)
        assert len(started(note)) == 3
        assert [process for process in started(note) if lives(process)] == started(note)[-1:]


@pytest.mark.parametrize("command", [ENDS, CHATTERS, ("/nowhere/python",)])
async def test_without_a_process_nobody_is_let_in(command: Sequence[str]) -> None:
    """One that can't be started, ends at once or talks nonsense: 503, and said once in the log."""
    with structlog.testing.capture_logs() as logs:
        async with running(command=command) as lane:
            for _ in range(2):
                with pytest.raises(Unavailable, match=r"^Passwords can't be checked now\.$"):
                    await lane.do(GUESS)
    assert [entry["event"] for entry in logs] == ["passwords.failing"]


async def test_it_ends_when_the_daemon_is_killed_and_not_at_its_ctrl_c() -> None:
    """The terminal's signal goes to both: logins that are on their way are finished."""
    child = await trio.lowlevel.open_process(
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    for _ in range(2):
        await child.stdin.send_all(b'{"password":"correct horse"}\n')
        assert b"$argon2id$" in await child.stdout.receive_some()
        child.send_signal(signal.SIGINT)
    await child.stdout.aclose()
    await child.stdin.send_all(b'{"password":"another one"}\n')
    await child.stdin.aclose()
    assert await child.wait() == 0
    assert await child.stderr.receive_some() == b""
    await child.stderr.aclose()


async def test_a_full_lane_refuses_at_once() -> None:
    """So many wait, one more is told to come back; who gives up makes room for another."""
    lane = HashingLane(1, queue=2)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(lane.do, GUESS)
        await trio.testing.wait_all_tasks_blocked()
        with trio.CancelScope() as scope:
            scope.cancel()
            await lane.do(GUESS)
        nursery.start_soon(lane.do, GUESS)
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(RateLimited) as refused:
            await lane.do(GUESS)
        assert refused.value.retry_after == 2
        nursery.cancel_scope.cancel()


async def test_nobody_waits_for_ever(autojump_clock: trio.testing.MockClock) -> None:
    """Where there is no time for logins at all, they are told to come back."""
    began, lane = trio.current_time(), HashingLane(1)
    with pytest.raises(RateLimited):
        await lane.do(GUESS)
    assert trio.current_time() - began == PATIENCE


@pytest.mark.parametrize(("cores", "width"), [(1, 1), (2, 1), (4, 3), (64, 4)])
def test_a_core_is_left_for_everything_else(
    monkeypatch: pytest.MonkeyPatch, cores: int, width: int
) -> None:
    """If there are several; and no more processes than logins need."""
    usable: Callable[[int], set[int]] = lambda _process: set(range(cores))  # noqa: E731
    monkeypatch.setattr(os, "sched_getaffinity", usable)
    assert usual_width() == width


async def test_what_lies_where_it_is_started_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory that others write to may hold a module of any name."""
    for name in ("argon2", "msgspec", "matchd"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('somebody else was here')")
    monkeypatch.chdir(tmp_path)
    async with running() as lane:
        kept = await hashed(lane, "correct horse")
        assert await lane.do(Task("correct horse", kept)) == Done(matches=True)

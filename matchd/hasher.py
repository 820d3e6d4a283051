"""The program of the processes that hash passwords, which services/hashing.py starts.

Argon2 takes a whole core for 20 ms, and the system gives a thread that computes several of them at a
time. So this runs at the lowest priority: where there is one core, who plays goes before who logs in.
It is a process and no thread, since one that the system starves while it holds Python's lock would
stop the whole daemon.

Rules: it imports nothing of ours; a line is a task, and is answered by a line; it ends with its input,
so never later than the daemon does. Passwords come over the pipe alone, and nothing of a task is
written anywhere.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress

import msgspec
from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

LOWEST = 19
"""Of the priorities that need no privilege."""


class Task(msgspec.Struct, frozen=True):
    """A password to compare with a hash, or to be hashed when there is none."""

    password: str
    hashed: str | None = None


class Done(msgspec.Struct, frozen=True):
    """What came of a task: whether they belong together, or the new hash."""

    matches: bool = False
    hashed: str | None = None


def recommended() -> PasswordHasher:
    """The parameters that services/passwords.py gives the reasons for."""
    return PasswordHasher(
        time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
    )


def work(hasher: PasswordHasher, task: Task) -> Done:
    """Do a task."""
    if task.hashed is None:
        return Done(hashed=hasher.hash(task.password))
    try:
        return Done(matches=hasher.verify(task.hashed, task.password))
    except (VerificationError, InvalidHashError):
        return Done()


def main() -> None:
    """Work until there is no more input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the daemon, which finishes logins
    hasher, read = recommended(), msgspec.json.Decoder(Task).decode
    with suppress(OSError):  # a unit of an earlier release forbids it
        os.setpriority(os.PRIO_PROCESS, 0, LOWEST)
    with suppress(BrokenPipeError):  # the daemon was killed while this one worked
        for line in sys.stdin.buffer:
            os.write(1, msgspec.json.encode(work(hasher, read(line))) + b"\n")


if __name__ == "__main__":
    main()

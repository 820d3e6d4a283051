"""`python -m bench.load CORE`: one job from standard input, what was measured to standard output."""

from __future__ import annotations

import gc
import os
import sys

import msgspec

from bench.load import chat, games
from bench.load.jobs import ChatJob, GamesJob, Job, UnreadJob


def main() -> None:
    """Do the job on the given core."""
    os.sched_setaffinity(0, {int(sys.argv[1])})
    # A few seconds of objects without cycles: collecting would only add pauses to what we measure.
    gc.disable()
    job: Job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    sample: object
    match job:
        case GamesJob():
            sample = games.bare(job) if job.bare else games.run(job)
        case ChatJob():
            sample = chat.run(job)
        case UnreadJob():
            sample = chat.catch_up(job)
    sys.stdout.buffer.write(msgspec.json.encode(sample))


if __name__ == "__main__":
    main()

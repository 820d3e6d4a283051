"""kill -9 in the middle of sign-ups: every acknowledged one is there, and no half one (issue 4)."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from matchd.domain.friends import Standing
from matchd.domain.ids import AccountId
from tests.store.people import kept

SIGN_UPS = 1000

CHILD = """
import sys
from functools import partial
from pathlib import Path
import trio
from matchd.domain.friends import Verb
from tests.store.people import People, crowd, kept

async def sign_up(people, number):
    await people.add(f"p{number}")
    await people.log_in(f"p{number}")
    await people.change(f"u_p{number}", "k_kim", Verb.ASK)
    print(number, flush=True)

async def main(path):
    async with kept(path) as store:
        people = People(store)
        numbers = range(100_000)
        await crowd((partial(sign_up, people, number) for number in numbers), 64)

trio.run(main, Path(sys.argv[1]))
"""
"""It signs up until it is killed, and says each that was acknowledged."""


def killed(path: Path, after: int) -> set[int]:
    """Run the child and kill it once so many were acknowledged; all that it said."""
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, text=True, cwd=root
    ) as child:
        assert child.stdout is not None
        said = [child.stdout.readline() for _ in range(after)]
        child.kill()
        said += child.stdout.readlines()
    return {int(line) for line in said if line.endswith("\n")}


@pytest.mark.parametrize("after", [1, SIGN_UPS // 2, SIGN_UPS])
async def test_kill(tmp_path: Path, after: int) -> None:
    """Whatever the moment, the log that the dead process left is taken in, and nothing is half done."""
    path = tmp_path / "matchd.db"
    said = killed(path, after)
    assert path.with_name("matchd.db-wal").stat().st_size > 0
    async with kept(path) as store:
        found = {int(one.handle[1:]) for one in await store.accounts.page("", None, 10**6)}
        assert said <= found
        assert await store.accounts.count() == len(found)
        for number in said:
            account = AccountId(f"u_p{number}")
            assert len(await store.logins.of_account(account)) == 1
            standing = await store.friends.standing(account, AccountId("k_kim"))
            assert standing is Standing.OUTGOING
        sides = await store.friends.page(AccountId("k_kim"), None, None, 10**6)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        held, waiting = connection.execute("SELECT sum(held), sum(waiting) FROM tallies").fetchone()
    assert held == waiting == len(sides)

"""What is done for many keeps nobody waiting for long."""

from __future__ import annotations

import pytest
import trio

from matchd.services.together import TURN, in_turns


@pytest.mark.parametrize("size", [0, 1, TURN, 3 * TURN + 1])
async def test_others_have_their_turns(size: int) -> None:
    """Before many more are done; and who goes meanwhile changes nothing for the rest."""
    done: list[int] = []
    heard: list[int] = []
    items = dict.fromkeys(range(size))

    async def hear() -> None:
        heard.append(len(done))
        items.clear()
        await trio.lowlevel.checkpoint()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(hear)
        await in_turns(items, done.append)
    assert list(range(size)) == done
    assert heard[0] <= 2 * TURN

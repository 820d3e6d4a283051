"""Letters that nobody has heard: kept in order, for a while, and within bounds."""

from __future__ import annotations

import msgspec
import pytest
import trio

from matchd.domain.ids import Address, NodeId
from matchd.protocol.news import Frame
from matchd.store.redis.batcher import Told
from matchd.store.redis.faults import CLOSED
from matchd.store.redis.letters import MOST_KEPT, PATIENCE, Letter, Letters
from matchd.store.redis.link import Command, Reply

OURS, THEIRS = NodeId("n1"), NodeId("n2")


class Post:
    """Letters, what was sent since the last look, and how many hear it (or a fault)."""

    def __init__(self) -> None:
        self.letters = Letters(self._post, "t")
        self.heard: Reply = 1
        self._sent: list[tuple[Letter, Told | None]] = []

    def say(self, *words: str) -> None:
        """Post words to a socket of the other node."""
        for word in words:
            self.letters.post(OURS, Address(THEIRS, 7), Frame(word.encode()))

    def answer(self) -> list[tuple[int, str]]:
        """Answer all that was sent: its numbers and words, "" for an empty letter."""
        sent, self._sent = self._sent, []
        for _, told in sent:
            if told is not None:
                told(self.heard)
        return [(one.number, _word(one)) for one, _ in sent]

    def _post(self, command: Command, told: Told | None) -> None:
        assert command[:2] == ("PUBLISH", "{t}:node:n2")
        assert isinstance(command[2], bytes)
        self._sent.append((msgspec.msgpack.decode(command[2], type=Letter), told))


def _word(letter: Letter) -> str:
    return letter.news.text.decode() if isinstance(letter.news, Frame) else ""


async def test_what_is_heard_is_said_once() -> None:
    """In order, with numbers that follow each other."""
    post = Post()
    post.say("a", "b")
    assert post.answer() == [(1, "a"), (2, "b")]
    post.letters.flush()
    assert post.answer() == []


@pytest.mark.parametrize("nobody", [0, CLOSED])
async def test_what_nobody_heard_is_said_again(nobody: Reply) -> None:
    """Together with what came later, in order, until somebody hears it."""
    post = Post()
    post.heard = nobody
    post.say("a", "b")
    assert post.answer() == [(1, "a"), (2, "b")]
    post.say("c")
    assert post.answer() == []
    for post.heard in (nobody, 1):
        post.letters.flush()
        assert post.answer() == [(1, "a"), (2, "b"), (3, "c")]
    post.say("d")
    assert post.answer() == [(4, "d")]


async def test_what_is_old_is_dropped(autojump_clock: trio.testing.MockClock) -> None:
    """After a while nobody wants it; an empty letter then shows the gap, as long as nobody hears it."""
    post = Post()
    post.heard = 0
    post.say("old")
    post.answer()
    await trio.sleep(PATIENCE)
    post.say("new")
    post.letters.flush()
    assert post.answer() == [(2, "new"), (3, "")]
    post.heard = 1
    post.letters.flush()
    assert post.answer() == [(2, "new"), (3, "")]


async def test_what_is_kept_is_bounded() -> None:
    """The oldest go first."""
    post = Post()
    post.heard = 0
    post.say("first")
    post.answer()
    post.say(*["more"] * MOST_KEPT)
    post.letters.flush()
    sent = post.answer()
    assert (sent[0], sent[-1]) == ((2, "more"), (MOST_KEPT + 2, ""))
    assert len(sent) == MOST_KEPT + 1


async def test_the_dead_are_forgotten() -> None:
    """Nothing is kept for a dead node, even what is under way; and no number is used twice."""
    post = Post()
    post.heard = 0
    post.say("a", "b")
    post.letters.forget(THEIRS)
    post.answer()
    post.letters.flush()
    assert post.answer() == []
    post.say("c")
    assert post.answer() == [(3, "c")]

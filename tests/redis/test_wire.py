"""Commands as bytes: those that redis-py itself would send."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from redis.connection import Connection

from matchd.store.redis.link import Command
from matchd.store.redis.link.wire import packed

WORDS = st.one_of(
    st.text(), st.binary(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False)
)
NAMES = st.sampled_from(["EVALSHA", "SET", "CONFIG GET", "SCRIPT LOAD"])
COMMANDS = st.builds(lambda name, words: (name, *words), NAMES, st.lists(WORDS, max_size=5))


@given(st.lists(COMMANDS, max_size=4))
def test_commands_are_packed_as_redis_py_packs_them(commands: list[Command]) -> None:
    """Whatever a command holds, its bytes are those of the library, also when it is repeated."""
    twice = [*commands, *commands]
    expected = b"".join(Connection().pack_commands(twice))  # type: ignore[no-untyped-call]  # its own
    assert expected == packed(twice)


def test_a_number_is_not_taken_for_a_text_that_looks_like_it() -> None:
    """1, 1.0, "1" and b"1" are told apart where that shows on the wire."""
    words = b"$1\r\n1\r\n$3\r\n1.0\r\n$1\r\n1\r\n$1\r\n1\r\n"
    assert b"*5\r\n$3\r\nSET\r\n" + words == packed([("SET", 1, 1.0, "1", b"1")])

"""Passwords: what may be one, and what a hash costs (wire.md 4)."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from matchd.errors import BadCredentials, InvalidRequest
from matchd.hasher import Done, Task, recommended
from matchd.services.passwords import Passwords, given_password, new_password
from tests.house import CHEAP, AtOnce

GOOD = "correct horse"


@pytest.fixture
def passwords() -> Passwords:
    """Hashes that cost little."""
    return Passwords(AtOnce(), CHEAP)


def test_the_parameters_are_those_that_owasp_recommends() -> None:
    """Argon2id, 19 MiB, two passes, one lane; a salt of 128 and a hash of 256 bits."""
    made = extract_parameters(recommended().hash(GOOD))
    assert made.type is Type.ID
    assert (made.memory_cost, made.time_cost, made.parallelism) == (19_456, 2, 1)
    assert (made.salt_len, made.hash_len) == (16, 32)


async def test_a_password_matches_its_own_hash_alone(passwords: Passwords) -> None:
    """Another password, another case, another hash: no."""
    hashed = await passwords.hash(GOOD)
    assert await passwords.matches(hashed, GOOD)
    assert not await passwords.matches(hashed, GOOD.upper())
    assert not await passwords.matches(await passwords.hash("another one"), GOOD)
    assert not await passwords.matches("no hash at all", GOOD)


async def test_an_unknown_name_costs_one_comparison_too() -> None:
    """What is compared for nobody has the same parameters, and nothing matches it."""
    compared: list[Task] = []

    class Noting(AtOnce):
        async def do(self, task: Task) -> Done:
            compared.append(task)
            return await super().do(task)

    passwords = Passwords(Noting(), CHEAP)
    kept = await passwords.hash(GOOD)
    compared.clear()
    assert not await passwords.matches(None, GOOD)
    assert await passwords.matches(kept, GOOD)
    nobodys, known = (extract_parameters(task.hashed or "") for task in compared)
    assert nobodys == known


async def test_other_parameters_are_noticed(passwords: Passwords) -> None:
    """A hash of former parameters still matches, and is to be made anew."""
    former = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash(GOOD)
    assert await passwords.matches(former, GOOD)
    assert passwords.is_outdated(former)
    assert not passwords.is_outdated(await passwords.hash(GOOD))


@pytest.mark.parametrize(
    "text", ["12345678", "x" * 256, "🦊" * 8, "  spaces  ", "👩‍🚀" * 8, "a\u0301" * 8]
)
def test_what_may_be_a_password(text: str) -> None:
    """Eight characters of any script, emoji too; spaces at its ends belong to it."""
    assert len(new_password(text, "password")) >= 8


@pytest.mark.parametrize(
    "text", ["", "1234567", "x" * 257, "x" * 10_000_000, "tab\tbed in", "nul\0byte!", "\ud800" * 8]
)
def test_what_may_not(text: str) -> None:
    """Too short, too long, a control character, half a character: refused, and wrong at a login."""
    with pytest.raises(InvalidRequest, match=r"^`password` must be"):
        new_password(text, "password")
    with pytest.raises(BadCredentials):
        given_password(text)


@pytest.mark.parametrize(
    ("typed", "also"), [("Å" + "x" * 8, "A\u030a" + "x" * 8), ("a\u00a0space!", "a space!")]
)
def test_two_keyboards_type_one_password(typed: str, also: str) -> None:
    """Composed or not, one space or another: what looks the same is the same (RFC 8265)."""
    assert new_password(typed, "password") == given_password(also)


@pytest.mark.parametrize("other", ["CORRECT HORSE", "correct horse ", "correct  horse", "correctﬀ"])
def test_nothing_else_is_folded(other: str) -> None:
    """Case, spaces and ligatures count."""
    assert given_password(other) == other != GOOD

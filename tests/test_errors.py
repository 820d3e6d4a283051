"""Every refusal has a row in the table of statuses, and every row a refusal (wire.md 1.1)."""

from __future__ import annotations

import re
from http import HTTPStatus

import pytest

from matchd import errors
from matchd.errors import Refusal
from matchd.protocol.statuses import STATUS


def refusals(root: type[Refusal] = Refusal) -> list[type[Refusal]]:
    """All classes below the root."""
    below = root.__subclasses__()
    return below + [kind for child in below for kind in refusals(child)]


def test_every_code_has_one_row() -> None:
    """The codes of the classes and the rows of the table are the same set."""
    assert {kind.code for kind in refusals()} == set(STATUS)


def test_codes_are_unique() -> None:
    """No two refusals share a code."""
    codes = [kind.code for kind in refusals()]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("kind", refusals(), ids=lambda kind: kind.code)
def test_each_refusal_explains_itself(kind: type[Refusal]) -> None:
    """A refusal has a sentence of its own, and a status that HTTP knows as an error."""
    assert kind.text.endswith(".")
    assert kind.text != Refusal.text
    assert HTTPStatus(STATUS[kind.code]).value >= 400


def test_the_drawn_tree_is_the_real_one() -> None:
    """The docstring of `errors` names every class with its code, and no other."""
    drawn = dict(re.findall(r"─ (\w+) +([a-z_]+)(?: \(|$)", errors.__doc__ or "", re.MULTILINE))
    assert drawn == {kind.__name__: kind.code for kind in refusals()}

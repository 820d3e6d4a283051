"""How good somebody is, and what a game says about it (Weng and Lin's Plackett-Luce, as openskill
has it). Pure: the only home of that library.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from openskill.models import PlackettLuce

_MODEL = PlackettLuce()


class Rating(msgspec.Struct, frozen=True):
    """A guess at somebody's strength, `mu`, and how far it may be off, `sigma`."""

    mu: float = 25.0
    sigma: float = 25.0 / 3.0


def rated(teams: Sequence[Sequence[Rating]], ranks: Sequence[int]) -> list[list[Rating]]:
    """The ratings after a game of these teams; the lowest rank has won, equal ones are a draw."""
    before = [[_MODEL.rating(mu=one.mu, sigma=one.sigma) for one in team] for team in teams]
    after = _MODEL.rate(before, ranks=[float(rank) for rank in ranks])
    return [[Rating(one.mu, one.sigma) for one in team] for team in after]

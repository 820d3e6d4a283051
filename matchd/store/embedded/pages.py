"""Pages over a dictionary in order of its keys, for administrators' listings. Backend-internal."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from typing import TypeVar

_K = TypeVar("_K", bound=str)


def page_of(records: Mapping[_K, object], after: _K | None, limit: int) -> list[_K]:
    """Up to `limit` keys greater than `after`, in order; O(n) without copying or sorting all."""
    return heapq.nsmallest(limit, (key for key in records if after is None or key > after))

"""Which route a request is for. Pure.

A path is for a route only as it is written: one with anything that would have to be decoded is not hot.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from matchd.http.route import Route

_OPEN = re.compile(r"<string\(minlength=([0-9]+)\):\w+>")


class Table:
    """The hot routes by method and path."""

    def __init__(self, routes: Iterable[Route]) -> None:
        """Sort them; ValueError for a pattern that the lane can't read."""
        self._fixed: dict[tuple[str, str], Route] = {}
        self._open: list[tuple[str, re.Pattern[str], Route]] = []
        for route in routes:
            if "<" in route.pattern:
                self._open.append((route.method, _compiled(route.pattern), route))
            else:
                self._fixed[route.method, route.pattern] = route

    def find(self, method: str, path: str) -> tuple[Route, str] | None:
        """The route, and what its open part stands for; None when none is hot."""
        route = self._fixed.get((method, path))
        if route is not None:
            return route, ""
        for wanted, pattern, route in self._open:
            if method == wanted and (match := pattern.fullmatch(path)) is not None:
                return route, match[1]
        return None


def _compiled(pattern: str) -> re.Pattern[str]:
    """The paths that a pattern of quart's stands for, as far as they stand for themselves."""
    before, length, after = _OPEN.split(pattern)
    named = rf"([A-Za-z0-9._~-]{{{length},}})"
    return re.compile(f"{re.escape(before)}{named}{re.escape(after)}")

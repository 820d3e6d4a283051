"""Whom a socket's TURN credentials are for. Owned by its session, renewed by its seating."""

from __future__ import annotations


class Identity:
    """For whom a session's ICE servers are minted, and when the next push is due (wall seconds)."""

    def __init__(self, name: str, region: str | None, push_at: float) -> None:
        self.name = name
        self.region = region
        self.push_at = push_at

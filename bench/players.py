"""Players of a bench: tokens of an issuer that the daemon believes, so that nobody needs a password."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import jwt

from bench.servers.daemon import ISSUER

_KEPT = 3600


def token_of(player: int) -> str:
    """A token for an hour."""
    claims = {
        "iss": ISSUER.issuer,
        "aud": ISSUER.audience,
        "sub": str(player),
        "name": f"player-{player}",
        "exp": int(time.time()) + _KEPT,
    }
    return jwt.encode(claims, ISSUER.key(None), algorithm=ISSUER.algorithm)


@contextmanager
def token_file(players: int) -> Iterator[str]:
    """A file with a token in each line, for the compiled generator."""
    with tempfile.NamedTemporaryFile("w", prefix="matchd-bench-", encoding="ascii") as file:
        file.write("".join(f"{token_of(player)}\n" for player in range(players)))
        file.flush()
        yield file.name

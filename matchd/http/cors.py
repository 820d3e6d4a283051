"""Which origins' pages may call which routes, and the headers that say so (wire.md 1.1)."""

from __future__ import annotations

from matchd.services.settings import Settings

Headers = tuple[tuple[str, str], ...]

PLAYER_API = (
    *("/api/match/", "/api/ice", "/signal/", "/auth/", "/friends", "/events", "/matchbox"),
    *("/lobbies", "/lobby/", "/ice-servers", "/game/", "/ws/game/", "/chat/", "/report"),
)
"""What browsers of any configured origin may call, beside the twin at `/`."""

HOST_API = "/api/host/"
"""What only browsers of an origin that is named may call: `*` does not let a page register hosts."""

_EXPOSED = ("Access-Control-Expose-Headers", "X-Request-Id, Retry-After, X-Next-Cursor")
_FOR_ALL: Headers = (("Access-Control-Allow-Origin", "*"), _EXPOSED)
_PREFLIGHT: Headers = (
    ("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE"),
    (
        "Access-Control-Allow-Headers",
        "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, X-Request-Id",
    ),
    ("Access-Control-Max-Age", "600"),
)


def origins(path: str, settings: Settings) -> tuple[str, ...]:
    """The origins whose pages may call this route."""
    if path == "/" or path.startswith(PLAYER_API):
        return settings.cors_origins
    if path.startswith(HOST_API):
        return tuple(origin for origin in settings.cors_origins if origin != "*")
    return ()


def headers(allowed: tuple[str, ...], origin: str | None, method: str) -> Headers:
    """What an answer to a page of this origin says, given the allowed ones."""
    if "*" in allowed:
        said = _FOR_ALL
    elif origin is not None and origin in allowed:
        said = (("Access-Control-Allow-Origin", origin), ("Vary", "Origin"), _EXPOSED)
    else:
        return ()
    return said + _PREFLIGHT if method == "OPTIONS" else said

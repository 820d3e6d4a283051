"""Small answers that several routes give, and those of routes for supervisors. Pure."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from matchd.protocol.bodies import Answer


class Done(Answer, frozen=True, kw_only=True, omit_defaults=False):
    """It is done."""

    success: Literal[True] = True


class QueueLeft(Answer, frozen=True, kw_only=True, omit_defaults=False):
    """`POST /game/leave/`, in the given words."""

    success: Literal["User removed from queue"] = "User removed from queue"


class Open(Answer, frozen=True, kw_only=True, omit_defaults=False):
    """A connection would be accepted now; or the process is alive."""

    ok: Literal[True] = True


class Challenge(Answer, frozen=True, kw_only=True):
    """`POST /auth/challenge`: what a key has to sign, and for which address."""

    challenge: str
    origin: str


class Known(Answer, frozen=True, kw_only=True):
    """`GET /auth/checkuser/<name>`."""

    found: bool


class Ready(Answer, frozen=True, kw_only=True):
    """`GET /readyz`; `advice` is what the administrator might change about the store."""

    ok: Literal[True]
    reasons: tuple[str, ...]
    advice: tuple[str, ...] | None = None


class Refused(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Every error: `error` is for people, `code` is stable, `requestId` is in the log, and
    `retryAfter` (seconds) is there where waiting helps.
    """

    error: str
    code: str
    request_id: str
    retry_after: Annotated[int, msgspec.Meta(ge=0)] | msgspec.UnsetType = msgspec.UNSET

"""What the library raises, as faults. Backend-internal.

Texts of connection errors are ours: the library's may hold addresses with user names.
"""

from __future__ import annotations

import ssl

from redis.exceptions import (
    AskError,
    BusyLoadingError,
    MovedError,
    RedisClusterException,
    ResponseError,
    TimeoutError,  # noqa: A004  # the library's, which is not the builtin
    TryAgainError,
)

from matchd.store.redis.faults import MOVING, Fault, from_reply

_CLUSTER = "store.url must begin with redis+cluster://"


def translated(error: BaseException, part: str = "Redis") -> Fault:
    """What the library says about `part`, a part of the store as a sentence names it."""
    # Of a whole Cluster it wraps what the last node said, once or twice, in what is no RedisError.
    while isinstance(error, RedisClusterException) and (error.__cause__ or error.__context__):
        error = error.__cause__ or error.__context__ or error
    match error:
        case MovedError():
            return Fault(f"{part} is a shard of a cluster: {_CLUSTER}", away=True)
        case AskError() | TryAgainError():
            return MOVING
        case BusyLoadingError():
            return Fault(f"{part} is loading its data", away=True)
        case TimeoutError():
            return Fault(f"{part} does not answer", away=True, done=True)
        case ResponseError():
            return from_reply(str(error), part)
        case _:
            fault = from_reply(str(error), part)
            return fault if fault.away else Fault(_unreachable(error, part), away=True, done=True)


def _unreachable(error: BaseException | None, part: str) -> str:
    """Why there is no connection, in the system's words."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"{part} has a certificate that is not accepted ({error.verify_message})"
        if isinstance(error, ssl.SSLError) and error.reason:
            if "CERTIFICATE_REQUIRED" in error.reason:
                return f"{part} wants a certificate of ours (store.certificate)"
            words = error.reason.lower().replace("_", " ")
            return f"{part} can't be reached by TLS ({words})"
        if isinstance(error, OSError) and error.strerror:
            return f"{part} can't be reached ({error.strerror})"
        error = error.__cause__ or error.__context__
    return f"{part} can't be reached"

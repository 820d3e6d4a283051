"""One connection to Redis: the only home of the `redis` import. Backend-internal.

Blocking: the batcher calls it from its worker thread, one call at a time. Library errors become
`Fault` here, and a script that Redis has forgotten (SCRIPT FLUSH, restart, failover) is loaded again
here: NOSCRIPT means that nothing was run, so asking once more is safe. Nothing else is repeated.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from typing import Protocol

import redis
from redis.backoff import NoBackoff
from redis.exceptions import (
    BusyLoadingError,
    NoScriptError,
    RedisError,
    ResponseError,
    TimeoutError,  # noqa: A004  # the library's, which is not the builtin
)
from redis.retry import Retry

from matchd.errors import ConfigError
from matchd.store.redis.faults import Fault, from_reply

Command = tuple[str | bytes | int | float, ...]
"""One command of Redis with its arguments."""

Reply = object
"""What Redis answers (bytes, int, list, None), or the Fault it stands for."""


class Link(Protocol):
    """A connection as the batcher needs it. Sentinel and Cluster are other ways to make one."""

    def open(self) -> None:
        """Connect and prove that the store can be used; Fault says why it can't."""

    def send(self, commands: Sequence[Command]) -> list[Reply]:
        """Run commands in one round trip; Fault only when there is no connection."""

    def close(self) -> None:
        """Let go of the connection; also from another thread, to end a call that hangs."""


Connect = Callable[[], Link]


def shown(url: str) -> str:
    """A URL as it may be logged: without user name, password and options."""
    scheme, _, rest = url.partition("://")
    # By hand: a password with a slash in it would pass for a path.
    return f"{scheme}://{rest.partition('?')[0].rpartition('@')[2]}"


def connector(
    url: str, scripts: Sequence[str], proof: Sequence[Command], *, timeout: float
) -> Connect:
    """How to connect to the one Redis of `url` (redis://, rediss:// or unix://).

    `scripts` are loaded and then `proof` is run on each new connection: an error reply to it means
    that the store can't be used. `timeout` in seconds holds for connecting and for each reply.
    ConfigError when the URL can't be read.
    """
    try:
        pool = redis.ConnectionPool.from_url(url)
        pool.connection_class(**pool.connection_kwargs)
    except (ValueError, TypeError):
        # The library's text may hold the password.
        raise ConfigError(
            f"the URL of the store ({shown(url)}) must be redis://, rediss:// or unix://, with "
            "options that redis-py knows"
        ) from None
    return lambda: SingleLink(url, scripts, proof, timeout)


class SingleLink:
    """A connection to one Redis server."""

    def __init__(
        self, url: str, scripts: Sequence[str], proof: Sequence[Command], timeout: float
    ) -> None:
        self._scripts = scripts
        self._proof = proof
        self._client = redis.Redis.from_url(
            url,
            protocol=2,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
        )

    def open(self) -> None:
        """Connect, load the scripts, run the proof."""
        # By itself: Redis hangs up on long commands of a client that has yet to log in, unexplained.
        self._try([("PING",)])
        self._load()
        for reply in self._try(self._proof):
            if isinstance(reply, RedisError):
                raise _translated(reply)

    def send(self, commands: Sequence[Command]) -> list[Reply]:
        """Run commands in one round trip (two when Redis has forgotten the scripts)."""
        replies = self._try(commands)
        again = [at for at, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
        if again:
            self._load()
            fresh = self._try([commands[at] for at in again])
            for at, reply in zip(again, fresh, strict=True):
                replies[at] = reply
        return [_translated(r) if isinstance(r, RedisError) else r for r in replies]

    def close(self) -> None:
        """Close the socket; the next `open` makes a new one."""
        self._client.connection_pool.disconnect()

    def _load(self) -> None:
        for reply in self._try([("SCRIPT LOAD", text) for text in self._scripts]):
            if isinstance(reply, RedisError):
                raise _translated(reply)

    def _try(self, commands: Sequence[Command]) -> list[Reply]:
        pipeline = self._client.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)  # type: ignore[no-untyped-call]  # redis-py's own
        try:
            return pipeline.execute(raise_on_error=False)
        except (RedisError, OSError) as error:
            raise _translated(error) from None


def _translated(error: Exception) -> Fault:
    """What the library says, as a fault. Texts of connection errors are ours: theirs may hold URLs."""
    match error:
        case BusyLoadingError():
            return Fault("Redis is loading its data", away=True)
        case TimeoutError():
            return Fault("Redis does not answer", away=True, done=True)
        case ResponseError():
            return from_reply(str(error))
        case _:
            fault = from_reply(str(error))
            return fault if fault.away else Fault(_unreachable(error), away=True, done=True)


def _unreachable(error: BaseException | None) -> str:
    """Why there is no connection, in the system's words."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"Redis' certificate is not accepted ({error.verify_message})"
        if isinstance(error, OSError) and error.strerror:
            return f"Redis can't be reached ({error.strerror})"
        error = error.__cause__ or error.__context__
    return "Redis can't be reached"

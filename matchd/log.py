"""Logs as events: a fixed name, key=value, never a secret. Any ring above `protocol` may log.

On a terminal an event is a coloured line, under systemd (or anywhere else) one JSON object; times
are UTC. `configure` is called once by the daemon, `set_level` again at each reload. What is below the
level costs next to nothing, and of what players do all day a `Sampler` leaves lines out.
"""

from __future__ import annotations

import logging
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, cast

import msgspec
import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor

_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}

SAMPLE = 20
"""Lines of one event a second, where a sampler is asked."""

_threshold = logging.NOTSET
_troubles: deque[dict[str, object]] = deque(maxlen=10)


def configure(level: str, style: Literal["auto", "text", "json"]) -> None:
    """Send events to standard error in the given style (`auto`: text on a terminal)."""
    shared: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _remember,
    ]
    if style == "text" or (style == "auto" and sys.stderr.isatty()):
        structlog.configure(
            processors=[
                *shared,
                structlog.dev.ConsoleRenderer(
                    colors=sys.stderr.isatty(),
                    pad_event_to=26,
                    # Its richer formatters print local variables, credentials among them.
                    exception_formatter=structlog.dev.plain_traceback,
                ),
            ],
            logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        )
    else:
        structlog.configure(
            processors=[
                *shared,
                structlog.processors.format_exc_info,
                _readable,
                structlog.processors.JSONRenderer(serializer=_encode),
            ],
            logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        )
    set_level(level)


def troubles() -> tuple[dict[str, object], ...]:
    """The last warnings and errors of this process, oldest first, without their traces."""
    return tuple(_troubles)


def _remember(_logger: object, method: str, event: EventDict) -> EventDict:
    if method not in ("debug", "info"):
        told = {name: event[name] for name in event if name not in ("timestamp", "exc_info")}
        fault = event.get("exc_info")
        if isinstance(fault, BaseException):
            told["fault"] = type(fault).__name__
        _troubles.append({"at": time.time(), **told})
    return event


def _encode(event: EventDict, **_options: object) -> bytes:
    return msgspec.json.encode(event, enc_hook=str)


def _readable(_logger: object, _method: str, event: EventDict) -> EventDict:
    """When, how bad and what come first: people read JSON lines too."""
    first = {name: event.pop(name) for name in ("timestamp", "level", "event")}
    return {**first, **event}


def is_told(level: str) -> bool:
    """Whether events of this level are logged: where there are many, asking is cheaper than telling."""
    return _LEVELS[level] >= _threshold


def set_level(level: str) -> None:
    """Log events of this level and above from now on."""
    global _threshold  # noqa: PLW0603  # the level of the process
    _threshold = _LEVELS[level]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(_threshold))


@contextmanager
def silenced() -> Iterator[None]:
    """Log nothing but faults meanwhile: for a command whose output is its answer."""
    former = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**former)


class _Logger:
    """Hands over to the logger as it is configured now, which takes long to make, what it would log."""

    def __getattr__(self, method: str) -> Callable[..., object]:
        if _LEVELS.get(method, logging.CRITICAL) < _threshold:
            return _ignore
        found: Callable[..., object] = getattr(structlog.get_logger(), method)
        return found


def _ignore(event: str, **about: object) -> None:
    """What a logger does with what is below its level."""


def get_logger() -> FilteringBoundLogger:
    """The logger; it follows `configure` and `set_level` wherever it was made."""
    return cast("FilteringBoundLogger", _Logger())


class Sampler:
    """Of each event, the first `SAMPLE` lines of a second; all at the level `debug`."""

    def __init__(self) -> None:
        self._counts: dict[str, tuple[int, int]] = {}

    def admits(self, event: str, now: float) -> int | None:
        """None where a line is left out, else how many were since the last one that was logged.

        `now` is in seconds.
        """
        if _threshold <= logging.DEBUG:
            return 0
        second = int(now)
        since, count = self._counts.get(event, (second, 0))
        if since == second and count >= SAMPLE:
            self._counts[event] = since, count + 1
            return None
        left_out = max(0, count - SAMPLE)
        self._counts[event] = (second, 1) if since != second else (second, count + 1)
        return left_out

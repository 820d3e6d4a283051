"""What a person reads: plain text on a pipe, a little colour on a terminal.

What a program reads (a token, JSON, a file's text) goes through `emit`, which changes nothing.
Imported by the verbs.
"""

from __future__ import annotations

import sys

from rich.console import Console
from rich.text import Text


def say(text: str, style: str = "") -> None:
    """One message on standard output."""
    _print(text, style, stderr=False)


def note(text: str, style: str = "") -> None:
    """One message on standard error, for what must not mix with the output itself."""
    _print(text, style, stderr=True)


def warn(text: str) -> None:
    """Something that works, and deserves a look; on standard error."""
    note(f"warning: {text}", "yellow")


def complain(text: str) -> None:
    """Why the command failed: exactly one line."""
    note("matchd: " + "".join(char if char.isprintable() else repr(char)[1:-1] for char in text))


def emit(text: str) -> None:
    """Text as it is, on standard output."""
    sys.stdout.write(_writable(text))


def _print(text: str, style: str, *, stderr: bool) -> None:
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    console.print(Text(_writable(text), style), soft_wrap=True)


def _writable(text: str) -> str:
    """The text, with what no UTF-8 can say (in the name of a file, at most) written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()

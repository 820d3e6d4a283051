"""coturn's configuration, as far as a rotation changes it: the lines that hold a secret. Pure.

coturn reads the file when it starts and at no other time, and takes its secrets beside those of its
database. So what is taken out of the file is refused from coturn's next start on.
"""

from __future__ import annotations

from matchd.doctor.turnserver import read


def without(text: str, secret: str) -> str:
    """The text without the lines that give this secret; all others stay as they are."""
    kept = (line for line in text.splitlines(keepends=True) if not _gives(line, secret))
    return "".join(kept)


def _gives(line: str, secret: str) -> bool:
    return secret in read("", line).values("static-auth-secret")

"""What the command line leaves in the system's log (matchd/cli/audit.py)."""

from __future__ import annotations

import io
import json
import os
import pwd
import syslog
from pathlib import Path

import pytest

from tests.cli.commands import Run
from tests.cli.test_user import data

__all__ = ["data"]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """What is written to the system's log."""
    written: list[dict[str, object]] = []
    monkeypatch.setattr(syslog, "syslog", lambda _, text: written.append(json.loads(text)))
    monkeypatch.delenv("SUDO_USER", raising=False)
    return written


def test_each_deed_leaves_a_line(
    data: Path, run: Run, lines: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whom it was done to, by whom, and nothing of the password; what failed leaves none."""
    monkeypatch.setattr("sys.stdin", io.StringIO("battery staple\n"))
    for words in (
        ("ban", "ann", "--reason", "spam"),
        ("unban", "ann"),
        ("set-password", "ann"),
        ("delete", "ann"),
    ):
        assert run("user", *words).status == 0
    assert run("user", "delete", "nobody").status == 2
    me = pwd.getpwuid(os.getuid()).pw_name
    assert lines == [
        {"event": "audit.ban", "account": "u_ann", "by": me, "reason": "spam", "until": None},
        {"event": "audit.unban", "account": "u_ann", "by": me},
        {"event": "audit.password", "account": "u_ann", "by": me},
        {"event": "audit.delete", "account": "u_ann", "by": me},
    ]


def test_who_came_by_sudo_is_named(
    data: Path, run: Run, lines: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not root, whom he became."""
    monkeypatch.setenv("SUDO_USER", "kim")
    assert run("user", "unban", "bob").status == 0
    assert lines == [{"event": "audit.unban", "account": "u_bob", "by": "kim"}]

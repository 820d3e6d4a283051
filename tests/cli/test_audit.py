"""What the command line leaves on record: in the system's log and in the store (cli/audit.py)."""

from __future__ import annotations

import io
import json
import os
import pwd
import syslog
from pathlib import Path

import pytest

from matchd.config import load
from matchd.daemon import on_people
from matchd.domain.journal import Line
from matchd.store.ports import PeopleStore
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


async def on_record(store: PeopleStore, now: float) -> tuple[Line, ...]:
    """What the audit log has of ann."""
    return await store.journal.trace("u_ann", 9)


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
        {
            "event": "audit.ban",
            "account": "u_ann",
            "by": me,
            "way": "matchd user ban",
            "why": "spam (for good)",
        },
        {"event": "audit.unban", "account": "u_ann", "by": me, "way": "matchd user unban"},
        {
            "event": "audit.password",
            "account": "u_ann",
            "by": me,
            "way": "matchd user set-password",
        },
        {"event": "audit.delete", "account": "u_ann", "by": me, "way": "matchd user delete"},
    ]
    acts = on_people(load(data.parent / "etc" / "matchd.toml"), on_record)
    assert [(act.event, act.why) for act in acts] == [
        *(("audit.ban", "spam (for good)"), ("audit.unban", None)),
        *(("audit.password", None), ("audit.delete", None)),
    ]
    assert {(act.by, act.outcome) for act in acts} == {(me, "done")}


def test_who_came_by_sudo_is_named(
    data: Path, run: Run, lines: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not root, whom he became."""
    monkeypatch.setenv("SUDO_USER", "kim")
    assert run("user", "unban", "bob").status == 0
    assert [(line["event"], line["by"]) for line in lines] == [("audit.unban", "kim")]


def test_tokens_and_keys_leave_a_line(site: Path, run: Run, lines: list[dict[str, object]]) -> None:
    """For whom and how long, and nothing of the token or the key."""
    token = run("token", "admin", "eve", "--ttl", "1h").out.strip()
    assert run("token", "rotate-keys").status == 0
    assert [(line["event"], line["way"]) for line in lines] == [
        ("audit.token", "matchd token admin"),
        ("audit.rotate_keys", "matchd token rotate-keys"),
    ]
    assert lines[0]["why"] == "admin eve, for 3600 s"
    assert token not in str(lines)


def test_copies_of_the_database_leave_a_line(
    data: Path, run: Run, lines: list[dict[str, object]], tmp_path: Path
) -> None:
    """What was copied where to, and put in whose place; what failed or changed nothing leaves none."""
    copy = tmp_path / "copy.db"
    assert run("migrate").status == 0
    assert run("backup", str(copy)).status == 0
    assert run("restore", str(copy)).status == 0
    assert run("restore", str(tmp_path / "other.db")).status != 0
    (data / "matchd.db").unlink()
    assert run("migrate").status == 0
    assert [(line["event"], line["way"]) for line in lines] == [
        ("audit.backup", "matchd backup"),
        ("audit.restore", "matchd restore"),
        ("audit.migrate", "matchd migrate"),
    ]
    assert all(str(copy) in str(line["why"]) for line in lines[:2])
    assert "schema none to" in str(lines[2]["why"])

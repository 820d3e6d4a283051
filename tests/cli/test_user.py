"""`matchd user`, `migrate`, `backup`, `restore`: accounts, for whoever runs the server."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from matchd.config import load
from matchd.daemon import on_people
from matchd.domain.accounts import Account, Ban
from matchd.domain.friends import Verb
from matchd.domain.ids import AccountId, Handle
from matchd.store.ports import PeopleStore
from tests.cli.commands import Run
from tests.store.people import account


@pytest.fixture
def data(site: Path, run: Run) -> Path:
    """A data directory with ann and bob in it; the configuration names it."""
    directory = site.parent / "data"
    file = site / "matchd.toml"
    named = file.read_text().replace('"/var/lib/matchd"', f'"{directory}"')
    file.write_text(named)
    assert run("migrate").status == 0

    async def add(store: PeopleStore, now: float) -> None:
        for name in ("ann", "bob"):
            await store.accounts.create(account(name))

    on_people(load(file), add)
    return directory


def kept(site: Path, name: str) -> Account | None:
    """An account as the store has it."""

    async def look(store: PeopleStore, now: float) -> Account | None:
        return await store.accounts.by_handle(Handle(name))

    return on_people(load(site / "matchd.toml"), look)


def test_before_the_first_start(site: Path, run: Run) -> None:
    """There is nobody yet, and nothing is made: root's file would shut the service out."""
    file = site / "matchd.toml"
    file.write_text(file.read_text().replace('"/var/lib/matchd"', f'"{site.parent / "none"}"'))
    for words in (("user", "list"), ("backup", "x")):
        result = run(*words)
        assert (result.status, result.out) == (2, "")
        assert "there is no database" in result.err
    assert not (site.parent / "none").exists()


def test_nothing_kept_is_said(site: Path, run: Run) -> None:
    """With `data_dir = ""` there is no file to look into."""
    file = site / "matchd.toml"
    file.write_text(file.read_text().replace('"/var/lib/matchd"', '""'))
    result = run("user", "list")
    assert (result.status, "nothing is kept" in result.err) == (2, True)


def test_list(data: Path, run: Run) -> None:
    """One line each in order of names, or of those that begin so, ready to be cut."""
    lines = [line.split("\t") for line in run("user", "list").out.splitlines()]
    assert [line[:2] for line in lines] == [["ann", "u_ann"], ["bob", "u_bob"]]
    assert [line.split("\t")[0] for line in run("user", "list", "b").out.splitlines()] == ["bob"]


@pytest.mark.parametrize("who", ["ann", "ANN", "u_ann"])
def test_show(data: Path, run: Run, who: str) -> None:
    """By name or id; nothing that proves the account is shown."""
    shown = run("user", "show", who).out
    assert "u_ann" in shown
    assert "hash" not in shown


def test_show_counts_friends_alone(data: Path, site: Path, run: Run) -> None:
    """Requests and blocks are none."""
    ann, bob = AccountId("u_ann"), AccountId("u_bob")

    def speak(me: AccountId, other: AccountId, verb: Verb) -> None:
        async def say(store: PeopleStore, now: float) -> None:
            await store.friends.change(me, other, verb, now)

        on_people(load(site / "matchd.toml"), say)

    told = []
    for words in ((ann, bob, Verb.ASK), (bob, ann, Verb.ASK), (ann, bob, Verb.BLOCK)):
        speak(*words)
        told.append("friends   1\n" in run("user", "show", "ann").out)
    assert told == [False, True, False]


def test_a_ban_that_is_over_is_said_to_be(data: Path, site: Path, run: Run) -> None:
    """It is still kept, and shuts nobody out; times are said to be UTC."""

    async def ban(store: PeopleStore, now: float) -> None:  # as of long ago
        await store.accounts.ban(AccountId("u_ann"), Ban("spam", 0, 86400), 0)

    on_people(load(site / "matchd.toml"), ban)
    for words in (("show", "ann"), ("list", "ann")):
        assert "is over, until 1970-01-02 00:00 UTC: spam" in run("user", *words).out


def test_ban_and_unban(data: Path, site: Path, run: Run) -> None:
    """With a reason, for a time or for good; another ban takes the place of the first."""
    assert run("user", "ban", "ann", "--reason", "spam", "--for", "1d").status == 0
    first = kept(site, "ann")
    assert first is not None
    assert first.ban is not None
    assert first.ban.until == pytest.approx(first.ban.since + 86400)
    assert "for good: cheats" in run("user", "ban", "ann", "--reason", "cheats").out
    assert "for good: cheats" in run("user", "show", "ann").out
    assert run("user", "unban", "ann").status == 0
    last = kept(site, "ann")
    assert last is not None
    assert last.ban is None


def test_delete(data: Path, site: Path, run: Run) -> None:
    """Gone, and unknown from there on."""
    assert run("user", "delete", "ann").status == 0
    assert kept(site, "ann") is None
    assert run("user", "delete", "ann").status == 2


def test_set_password(data: Path, site: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a pipe; what may not be one is refused, and none is ever said."""
    before = kept(site, "ann")
    for text, status in (("short\n", 2), ("battery staple\n", 0)):
        monkeypatch.setattr("sys.stdin", io.StringIO(text))
        result = run("user", "set-password", "ann")
        assert status == result.status
        assert text.strip() not in result.out + result.err
    after = kept(site, "ann")
    assert before is not None
    assert after is not None
    assert before.password_hash != after.password_hash
    assert str(after.password_hash).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize("noun", ["show", "unban", "delete"])
@pytest.mark.parametrize("who", ["nobody", "u_nobody", "no name", "x_club:ann"])
def test_who_is_unknown(data: Path, run: Run, noun: str, who: str) -> None:
    """One line that says so, exit status 2."""
    result = run("user", noun, who)
    assert (result.status, result.out) == (2, "")
    assert "there is no such player" in result.err


def test_backup_and_restore(data: Path, site: Path, run: Run) -> None:
    """What was there is there again, the former database is kept, and both are their owner's alone."""
    backup = site.parent / "backup.db"
    assert run("backup", backup).status == 0
    assert run("user", "delete", "ann").status == 0
    restored = run("restore", backup)
    assert restored.status == 0
    assert "matchd.db.replaced" in restored.out
    assert kept(site, "ann") is not None
    assert {file.stat().st_mode & 0o777 for file in (backup, data / "matchd.db")} == {0o600}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another owner")
def test_what_root_made_in_vain_is_the_services(site: Path, run: Run) -> None:
    """A restore that fails leaves nothing behind that shuts the service out of its directory."""
    directory, file = site.parent / "data", site / "matchd.toml"
    directory.mkdir()
    os.chown(directory, 65534, 65534)
    file.write_text(file.read_text().replace('"/var/lib/matchd"', f'"{directory}"'))
    assert run("restore", site.parent / "typo.db").status == 2
    assert {one.name: one.stat().st_uid for one in directory.iterdir()} == {"lock": 65534}


def test_migrate_says_what_it_did(data: Path, run: Run) -> None:
    """A second time there is nothing to do."""
    assert "is there already" in run("migrate").out


def test_a_backup_that_is_none(data: Path, site: Path, run: Run) -> None:
    """Nothing is restored from it, and everybody is still there."""
    result = run("restore", site / "matchd.toml")
    assert result.status == 2
    assert kept(site, "ann") is not None


def test_redis_has_no_file_of_ours(site: Path, run: Run) -> None:
    """Its backups are Redis' own."""
    file = site / "matchd.toml"
    text = file.read_text().replace('backend = "embedded"', 'backend = "redis"')
    file.write_text(text.replace('url = ""', 'url = "redis://127.0.0.1:1/0"'))
    for words in (("migrate",), ("backup", "x"), ("restore", "x")):
        result = run(*words)
        assert (result.status, "Redis keeps people" in result.err) == (2, True)

"""`matchd check` with Redis: which one it is, why it can't be used, what to change, and no secret."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.commands import Run
from tests.config.house import MINIMAL, TURN, furnish, put
from tests.store.redis_server import RedisServer

PASSWORD = "hush-hush-hush-hush"
Check = Callable[[], tuple[str, list[str]]]


@pytest.fixture
def server() -> Iterator[RedisServer]:
    """A Redis of the test's own, as most are installed: without an append-only file."""
    server = RedisServer()
    server.start()
    yield server
    server.remove()


def configure(base: Path, url: str, extra: str = "") -> Path:
    """Write a configuration that nothing is to be said of but its Redis."""
    head = f'{MINIMAL}trusted_proxies = ["127.0.0.1"]\n{TURN}'
    return furnish(base, f'{head}[store]\nbackend = "redis"\nurl = "{url}"\n{extra}')


@pytest.fixture
def check(run: Run, tmp_path: Path, server: RedisServer) -> Check:
    """Checks a configuration with that Redis, and returns what it says of it and the hints."""
    path = configure(tmp_path, server.tcp_url)

    def look() -> tuple[str, list[str]]:
        result = run("check", "--config", path)
        assert (result.status, result.err) == (0, "")
        first, said, *hints = result.out.splitlines()
        assert first == f"ok: {path}"
        assert PASSWORD not in result.out
        return said, [hint.removeprefix("warning: ") for hint in hints]

    return look


def test_usable(check: Check, server: RedisServer) -> None:
    """A Redis that can be used is named with its kind, its version and how many nodes share it."""
    said, hints = check()
    assert said.startswith(f"ok: {server.tcp_url} (single, Redis ")
    assert said.endswith(", 0 nodes)")
    assert [hint.partition(":")[0] for hint in hints] == ["Redis keeps no append-only file"]


def test_kept_on_disk(check: Check, server: RedisServer) -> None:
    """There is nothing to say of a Redis that writes everything to disk before it answers."""
    server.command("CONFIG", "SET", "appendonly", "yes")
    server.command("CONFIG", "SET", "appendfsync", "always")
    assert check()[1] == []


def test_looking_changes_nothing(check: Check, server: RedisServer) -> None:
    """The check joins no node, and leaves nothing but the mark that every connection leaves."""
    check()
    before = server.command("DEBUG", "DIGEST")
    check()
    assert server.command("DEBUG", "DIGEST") == before
    assert server.command("EXISTS", "{matchd}:nodes") == b":0\r\n"


WRONG = {
    "CONFIG SET requirepass x": "Redis asks for a password and none is configured; write it into a ",
    "CONFIG SET maxmemory 1": "Redis is out of memory (maxmemory); raise maxmemory in redis.conf",
    "CONFIG SET maxmemory 100mb,CONFIG SET maxmemory-policy allkeys-lru": "Redis may evict matchd's "
    "keys: its configuration says maxmemory-policy allkeys-lru; set it to noeviction",
    "REPLICAOF 127.0.0.1 1": "Redis is a read-only replica; store.url must name the primary, or the ",
    "SET {matchd}:schema 0": "The data in Redis has schema 0 and this matchd writes schema 1; run ",
    "SET {matchd}:hosts x": "The key {matchd}:hosts in Redis is a string of somebody else; run one ",
    "ACL SETUSER default -zpopmin": "Redis' ACL does not let this user run ZPOPMIN on the keys "
    "{matchd}:*; the README has the ACL SETUSER line for matchd",
    "ACL SETUSER default resetchannels": "Redis' ACL does not let this user run PUBLISH on the ",
}


@pytest.mark.parametrize(("commands", "expected"), WRONG.items(), ids=list(WRONG))
def test_unusable(check: Check, server: RedisServer, commands: str, expected: str) -> None:
    """A Redis that can't be used is a warning with the line to change, and the check still passes."""
    for command in commands.split(","):
        assert server.command(*command.split()) == b"+OK\r\n"
    said, hints = check()
    assert said.startswith(f"warning: {server.tcp_url}: {expected}")
    assert hints == []


def test_away(check: Check, server: RedisServer) -> None:
    """A Redis that is away is a warning: a reload, which runs the check, goes on without it."""
    server.kill()
    expected = (
        "Redis can't be reached (Connection refused); is Redis running, and is store.url right?"
    )
    assert check() == (f"warning: {server.tcp_url}: {expected}", [])


def test_wrong_password(run: Run, tmp_path: Path, server: RedisServer) -> None:
    """A refused password is told by the key of its file, and not quoted."""
    path = configure(tmp_path, server.tcp_url, 'password_file = "redis"')
    put(tmp_path / "secrets" / "redis", f"{PASSWORD}\n")
    server.command("CONFIG", "SET", "requirepass", "another")
    result = run("check", "--config", path)
    assert result.status == 0
    assert "Redis refused the user name or password; the password is that of " in result.out
    assert PASSWORD not in result.out + result.err


TARGETS = {
    "http://127.0.0.1": "store.url (http://127.0.0.1): must be redis://host:6379/0, ",
    "unix://redis.sock": "store.url (unix://redis.sock): must be redis://host:6379/0, ",
    "redis+sentinel://h": "store.url (redis+sentinel://h): must be redis://host:6379/0, ",
    'redis://h"\nprefix = "{a}': 'store.prefix = "{a}": 1 to 64 of A-Z a-z 0-9 _ . : -',
    'redis://h"\nca = "/ca.pem': 'store.ca = "/ca.pem": of no use with redis://h (no rediss)',
    'rediss://h"\nca = "/nowhere/ca.pem': 'store.ca = "/nowhere/ca.pem": can\'t be used (No such file ',
    'rediss://h"\nkey = "/k': "store.certificate and store.key: set both or neither",
    'redis://h"\nsentinel_password_file = "pepper': "store.sentinel_password_file: of no use with ",
}


@pytest.mark.parametrize(("url", "expected"), TARGETS.items(), ids=list(TARGETS))
def test_no_target(run: Run, tmp_path: Path, url: str, expected: str) -> None:
    """A target that can't be one is a configuration error: one line, and status 2."""
    path = configure(tmp_path, url)
    result = run("check", "--config", path)
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith(f"matchd: {path}: {expected}")


def test_an_answer_slower_than_the_lease(run: Run, tmp_path: Path, server: RedisServer) -> None:
    """Waiting for Redis longer than the others believe in this node deserves a look."""
    path = configure(tmp_path, server.tcp_url, "timeout = 10")
    assert (
        "store.timeout = 10: not less than store.node_lease (10)"
        in run("check", "--config", path).out
    )

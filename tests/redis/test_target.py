"""Where Redis is, as the configuration says it: the forms that are read, and what is refused."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from matchd.errors import ConfigError
from matchd.store.redis import Target
from matchd.store.redis.link import shown
from matchd.store.redis.link.target import Kind, Place, locate


def place(url: str) -> Place:
    """A URL without its `shown` form, for comparing."""
    return locate(Target(url))


@pytest.mark.parametrize(
    ("url", "server", "db", "user", "tls"),
    [
        ("redis://h", ("h", 6379), 0, None, False),
        ("redis://h:1/", ("h", 1), 0, None, False),
        ("redis://ann@10.0.0.1:65535/15", ("10.0.0.1", 65535), 15, "ann", False),
        ("rediss://a%40b@[::1]:7", ("::1", 7), 0, "a@b", True),
    ],
)
def test_single(url: str, server: tuple[str, int], db: int, user: str | None, tls: object) -> None:
    """redis:// and rediss:// name a server, a database and a user."""
    read = place(url)
    assert (read.kind, read.servers) == (Kind.SINGLE, (server,))
    assert (read.db, read.user, read.tls) == (db, user, tls)


def test_unix() -> None:
    """unix:// names a path, a database and a user."""
    read = place("unix://ann@/run/redis.sock?db=3")
    assert (read.path, read.db, read.user) == ("/run/redis.sock", 3, "ann")


def test_sentinel() -> None:
    """redis+sentinel:// names sentinels, their service and a database."""
    read = place("rediss+sentinel://ann@a,[fd00::2],c:5/house/2")
    assert read.servers == (("a", 26379), ("fd00::2", 26379), ("c", 5))
    assert (read.kind, read.service, read.db, read.tls) == (Kind.SENTINEL, "house", 2, True)


def test_cluster() -> None:
    """redis+cluster:// names nodes."""
    read = place("redis+cluster://a,b:2")
    assert (read.kind, read.servers) == (Kind.CLUSTER, (("a", 6379), ("b", 2)))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "redis",
        "http://h",
        "redis://",
        "redis://h:0",
        "redis://h:65536",
        "redis://h:port",
        "redis://h/x",
        "redis://h/1/2",
        "redis://h,i",
        "redis://::1",
        "redis://h?db=1",
        "redis://h?password=x",
        "redis://h#x",
        "unix://relative",
        "unix:///",
        "unix:///s?db=x",
        "unix:///s?ssl=1",
        "redis+sentinel://h",
        "redis+sentinel://h/",
        "redis+sentinel://h/a b",
        "redis+sentinel://h,/s",
        "redis+cluster://h/1",
        "redis+cluster:///",
        "redis+unix:///s",
    ],
)
def test_bad_url(url: str) -> None:
    """A URL that can't be used is refused with the forms that can."""
    with pytest.raises(ConfigError, match=r"store\.url .*must be redis://host"):
        locate(Target(url))


@pytest.mark.parametrize(
    "url",
    [
        "redis://:wo/rd@h:1",
        "redis://u:wo@rd@h",
        "redis://u:wo?rd@h:port",
        "unix://u:wo,rd@/s",
        "redis+cluster://:wo#rd@h,i",
    ],
)
def test_password_in_the_url(url: str) -> None:
    """A password in the URL is refused with the key to use, and not told."""
    with pytest.raises(ConfigError, match=r"set store\.password_file") as caught:
        locate(Target(url))
    assert "wo" not in str(caught.value).removeprefix("store").replace("password", "")


def test_secrets_are_not_shown() -> None:
    """Neither URL nor repr tells who we are; a target of a URL with a password neither."""
    assert shown("rediss://u:p@h:1/2?password=x") == "rediss://h:1/2"
    assert shown("unix://u:p@/run/r.sock?db=1") == "unix:///run/r.sock"
    assert repr(Target("redis://u:pw@h", "word", "word")) == "Target('redis://h')"
    assert place("redis://ann@h").shown == "redis://h"


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (Target("redis://h", ca="/ca"), r'store.ca = "/ca": of no use with redis://h'),
        (Target("unix:///s", certificate="/c", key="/k"), r"store.certificate = .*of no use"),
        (Target("rediss://h", certificate="/c"), "set both or neither"),
        (Target("rediss://h", ca="/none"), r'ca = "/none": can\'t be used \(No such file'),
        (Target("rediss://h", certificate="/c", key="/k"), r'certificate = "/c": can\'t be used'),
        (Target("redis+cluster://h", sentinel_password="x"), "sentinel_password_file: of no use"),
    ],
)
def test_what_stands_beside(target: Target, reason: str) -> None:
    """Files and secrets that can't be used with a URL are refused by name."""
    with pytest.raises(ConfigError, match=reason):
        locate(target)


def test_locked_key(tmp_path: Path) -> None:
    """A TLS key with a pass phrase is refused instead of asking for it at the terminal."""
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    make = "openssl req -x509 -newkey rsa:2048 -days 2 -subj /CN=r -passout pass:abcd"
    files = ["-keyout", str(key), "-out", str(cert)]
    subprocess.run([*make.split(), *files], check=True, capture_output=True)
    with pytest.raises(ConfigError, match=r"store\.certificate"):
        locate(Target("rediss://h", certificate=str(cert), key=str(key)))

"""coturn's store of secrets, and what is wrong with the name of one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from matchd.errors import ConfigError
from matchd.rotation.database import Database, open_database
from tests.rotation.house import empty
from tests.store.redis_server import RedisServer


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """A Redis with a password."""
    server = RedisServer(password="hush")
    server.start()
    yield server
    server.remove()


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_adding_and_removing(kind: str, tmp_path: Path, redis_server: RedisServer) -> None:
    """A secret is added once and removed once, in its realm alone, however often that is said."""
    sqlite = f"sqlite:{empty(tmp_path / 'turn.db')}"
    url = sqlite if kind == "sqlite" else f"{redis_server.tcp_url}/2"
    one: Database = open_database(url, "one", "hush")
    two: Database = open_database(url, "two", "hush")
    for _ in range(2):
        one.add("a")
        one.add("b")
    two.add("a")
    assert one.secrets() == {"a", "b"}
    for _ in range(2):
        one.remove("a")
    assert (one.secrets(), two.secrets()) == ({"b"}, {"a"})
    assert [path.name for path in tmp_path.iterdir()] == ["turn.db"]


def test_where_coturn_looks(redis_server: RedisServer) -> None:
    """In Redis the secrets are in the set that coturn reads."""
    open_database(f"unix://{redis_server.socket}?db=0", "r.net", "hush").add("a-secret")
    assert b"a-secret" in redis_server.command("SMEMBERS", "turn/realm/r.net/secret")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("turndb", "sqlite:/var/lib/turn/turndb, redis://"),
        ("sqlite:turndb", "sqlite:/var/lib/turn/turndb, redis://"),
        ("sqlite:/nowhere/turndb", "there is no such file"),
        ("redis://u:hush@h/2", "holds a password"),
        ("redis://h/2?password=hush", "holds a password"),
    ],
)
def test_wrong_names(url: str, said: str) -> None:
    """What can't be a database is refused, and a password in its name too, without quoting it."""
    with pytest.raises(ConfigError) as caught:
        open_database(url, "r", None)
    assert said in str(caught.value)
    assert "hush" not in str(caught.value)


def test_failing_databases(tmp_path: Path, redis_server: RedisServer) -> None:
    """A file that is none, a server that is away, a wrong password: one sentence each."""
    other = tmp_path / "other"
    other.write_text("this is no database, whatever its name may say")
    with pytest.raises(OSError, match="file is not a database"):
        open_database(f"sqlite:{other}", "r", None).add("a")
    with pytest.raises(OSError, match="invalid username-password"):
        open_database(redis_server.tcp_url, "r", "wrong").add("a")
    redis_server.kill()
    with pytest.raises(OSError, match="refused"):
        open_database(redis_server.tcp_url, "r", "hush").secrets()

"""Each bench runs with tiny numbers and prints its table; nothing here looks at the figures' size."""

from contextlib import closing

import msgspec
import pytest
from redis import Redis

from bench.__main__ import measure
from bench.load import native
from bench.load.jobs import Sample, Watched
from bench.load.native import CompilerMissing, LoadFailed, drive
from bench.meter import Meter, counted_trips
from bench.redis_server import RedisMissing, redis_server
from bench.report import Table, fewer, goals_table, most
from bench.sizes import Sizes
from tests.bench.impostor import impostor

TINY = Sizes(
    rounds=1,
    seconds=0.1,
    connections=4,
    scripts=("finds", "matches", "beats", "get", "fresh"),
    hosts=8,
    shared_hosts=8,
    pairs=2,
    rate=100,
    crowded_pairs=2,
    crowded_rate=100,
    members=3,
    idle=8,
    settle=0.1,
    opened=8,
    at_once=8,
    flat=(8,),
    pools=(10, 100),
    claims=20,
    shared_pools=(8,),
    callers=4,
    turn=0.05,
    writers=4,
    flooders=4,
    shared_pairs=2,
    games=2,
    crowd=200,
    fans=(2,),
    unread=50,
)

RELAYS = ("matchd", "matchd, matchbox", "trio-websocket, bare relay")

ROWS = {
    "finds": (
        "find: matchd",
        "find + release: matchd",
        "heartbeat: matchd",
        "GET /healthz: matchd",
        "heartbeat, new connection: matchd",
    ),
    "relay": (*(f"closed: {name}" for name in RELAYS), *(f"100/s: {name}" for name in RELAYS)),
    "crowded": ("matchd",),
    "fan": ("matchd",),
    "memory": ("matchd", "trio-websocket, bare relay"),
    "opens": ("matchd", "matchd, matchbox"),
    "flat": ("embedded, 8", "Redis, 8"),
    "pool": ("10", "100"),
    "redis": (
        "beat, 8: embedded",
        "beat, 8: Redis, 1 caller",
        "beat, 8: Redis, 4 callers",
        "beat, 8: Redis, 4 callers at 2 nodes",
        "claim + release, 8: embedded",
        "claim + release, 8: Redis, 1 caller",
        "claim + release, 8: Redis, 4 callers",
        "claim + release, 8: Redis, 4 callers at 2 nodes",
        "look, 8: embedded",
        "look, 8: Redis, 1 caller",
        "look, 8: Redis, 4 callers",
        "look, 8: Redis, 4 callers at 2 nodes",
        "sweep, per record, 8: embedded",
        "sweep, per record, 8: Redis, 1 caller",
        "claim + release, 8: SCAN, GET each",
        "claim + release, 8: KEYS, MGET",
    ),
    "writes": (
        "chat messages: groups",
        "chat messages: one commit per call",
        "accounts: groups",
        "accounts: one commit per call",
    ),
    "start": (
        "ready (matchd serve --dev)",
        "imported (import matchd.daemon)",
        "nothing (python -c)",
    ),
    "nodes": (
        "find + release: embedded, 1 node",
        "find + release: Redis, 1 node",
        "find + release: Redis, 2 nodes",
        "signal, closed loop: embedded, 1 node",
        "signal, closed loop: Redis, 1 node",
        "signal, closed loop: Redis, 2 nodes",
        "signal, 100/s: embedded, 1 node",
        "signal, 100/s: Redis, 1 node",
        "signal, 100/s: Redis, 2 nodes",
    ),
    "logins": ("alone", "4 logins at once"),
    "games": (
        "join: embedded, 1 node",
        "join: Redis, 1 node",
        "join: Redis, 2 nodes",
        "move, closed loop: embedded, 1 node",
        "move, closed loop: Redis, 1 node",
        "move, closed loop: Redis, 2 nodes",
        "move, closed loop: trio-websocket, bare relay",
        "move, 100/s: embedded, 1 node",
        "move, 100/s: Redis, 1 node",
        "move, 100/s: Redis, 2 nodes",
        "move, 100/s: trio-websocket, bare relay",
    ),
    "crowd": ("200, 50", "200, 5", "20, 0.5"),
    "chat": (
        "to 2: matchd, file",
        "to 2: matchd, Redis",
        "to 2: trio-websocket, bare, nothing stored",
    ),
    "unread": ("matchd, file", "matchd, Redis"),
}

LANES = ("matchd, Quart edge", "matchd, trio-websocket edge")
"""Rows of a matchd whose lanes can be turned off."""


@pytest.mark.parametrize("name", ROWS)
def test_every_bench_measures_each_of_its_rows(name: str) -> None:
    """A bench answers with a table that has a figure in every cell of every row."""
    table = measure(name, TINY, None)
    assert ROWS[name] == tuple(row[0] for row in table.rows if not row[0].endswith(LANES))
    assert all(cell for row in table.rows for cell in row)
    assert {len(table.columns)} == {len(row) for row in table.rows}


def test_a_bench_without_redis_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no redis-server the benches that need one name it."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RedisMissing, match="apt install redis-server"):
        measure("redis", TINY, None)


def test_a_bench_without_a_compiler_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no C compiler the benches that need one name it."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CompilerMissing, match="apt install gcc"):
        native.compiled("load", *native.SOURCES.glob("m*.c"))


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\n{}", "not a 200"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "with a length"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}{}", "more than one answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 'without "bookingId"'),
        (b"", "closed a connection"),
    ],
)
def test_the_generator_counts_no_answer_that_is_wrong(answer: bytes, complaint: str) -> None:
    """A refusal, or an answer that is none, ends the measurement with what came."""
    options = {"script": "matches", "connections": 1, "hosts": 1, "seconds": 0.1, "path": "/"}
    with impostor(answer) as port, pytest.raises(LoadFailed, match=complaint):
        drive("http", Sample, Watched(()), ports=port, **options)


def test_the_meter_counts_what_is_sent_and_what_redis_runs() -> None:
    """A pipeline is one round trip, and a command inside a script counts like any other."""
    with redis_server() as server, counted_trips() as trips:
        client = Redis(unix_socket_path=server.path)
        client.ping()
        sha = client.script_load("return redis.call('INCR', KEYS[1])")
        with closing(client), closing(Meter(server.path, trips)) as meter:
            meter.start()
            client.pipeline(transaction=False).evalsha(sha, 1, "a").get("a").execute()
            cost = meter.read(1)
    assert (cost.trips, cost.scripts, cost.commands) == (1, 1, 3)
    assert cost.redis_cpu >= 0


def test_a_table_lines_its_columns_up() -> None:
    """Names stand left, figures right, and a rule lies under the head."""
    rows = (("a", "1"), ("long", "1,000"))
    table = Table(title="t", columns=("server", "µs"), rows=rows, notes=("note",))
    expected = "t\n\nserver     µs\n-------------\na           1\nlong    1,000\n  note"
    assert expected == str(table)


def test_a_table_is_markdown_too() -> None:
    """Every row is a line, figures stand right, and notes come behind."""
    table = Table(title="t", columns=("server", "µs"), rows=(("a", "1"),), notes=("note",))
    assert table.markdown == "**t**\n\n| server | µs |\n| :-- | --: |\n| a | 1 |\n\nnote"


def test_goals_say_what_is_reached() -> None:
    """A ratio counts from its bound on, and so does a figure."""
    peer = fewer("find", 20.0, "Fastify", 30.0, 1.5)
    goals = (peer, msgspec.structs.replace(peer, reached=False), most("p99", 1.1, 1.0, "ms"))
    rows = goals_table(goals).rows
    assert [row[-1] for row in rows] == ["yes", "no", "no"]
    assert rows[0][:5] == ("find", "20.0 µs", "Fastify: 30.0 µs", "1.50x", "1.5x")

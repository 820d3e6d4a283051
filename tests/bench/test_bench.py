"""Each bench runs with tiny numbers and prints its table; nothing here looks at the figures' size."""

import pytest

from bench.__main__ import measure
from bench.report import Table
from bench.sizes import Sizes

TINY = Sizes(
    rounds=1,
    seconds=0.1,
    connections=4,
    hosts=8,
    pairs=2,
    rate=100,
    sockets=8,
    settle=0.1,
    pools=(10, 100),
    claims=20,
)

ROWS = {
    "finds": (
        "find + release: matchd",
        "find + release: hypercorn + Quart-Trio, constant",
        "find + release: hypercorn, bare ASGI, constant",
        "heartbeat: matchd",
        "heartbeat: hypercorn + Quart-Trio, constant",
        "heartbeat: hypercorn, bare ASGI, constant",
    ),
    "relay": ("matchd", "trio-websocket, bare relay"),
    "memory": ("matchd", "trio-websocket, bare relay"),
    "pool": ("10", "100"),
}


@pytest.mark.parametrize("name", ROWS)
def test_every_bench_measures_each_of_its_rows(name: str) -> None:
    """A bench answers with a table that has a figure in every cell of every row."""
    table = measure(name, TINY, None)
    assert ROWS[name] == tuple(row[0] for row in table.rows)
    assert all(cell for row in table.rows for cell in row)
    assert {len(table.columns)} == {len(row) for row in table.rows}


def test_a_table_lines_its_columns_up() -> None:
    """Names stand left, figures right, and a rule lies under the head."""
    rows = (("a", "1"), ("long", "1,000"))
    table = Table(title="t", columns=("server", "µs"), rows=rows, notes=("note",))
    expected = "t\n\nserver     µs\n-------------\na           1\nlong    1,000\n  note"
    assert expected == str(table)

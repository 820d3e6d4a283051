"""From the configuration to what services act by (matchd/daemon/wiring.py)."""

from __future__ import annotations

import msgspec
import pytest

from matchd.config import dev
from matchd.config.schema import Config, Journal, Server, Store
from matchd.daemon.settings import settings_from


@pytest.mark.parametrize(
    ("config", "count"),
    [
        (Config(server=Server(data_dir="/data")), 200_000),
        (Config(server=Server(data_dir="")), 10_000),
        (Config(server=Server(data_dir=""), journal=Journal(keep_lines=2000)), 2000),
        (Config(server=Server(data_dir=""), store=Store(backend="redis")), 200_000),
    ],
    ids=["file", "memory", "short", "redis"],
)
def test_the_journal_is_short_in_memory(config: Config, count: int) -> None:
    """Where nothing is kept on disk it does not fill the memory."""
    loaded = msgspec.structs.replace(dev(), config=config)
    assert settings_from(loaded, "http://127.0.0.1").journal_keep.count == count

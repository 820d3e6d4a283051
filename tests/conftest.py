"""What every test leaves as it was: the log of the process."""

from collections.abc import Iterator

import pytest
import structlog

from matchd import log


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """Where a test logs to, and from which level on, ends with it."""
    former, level = structlog.get_config(), log._threshold
    yield
    structlog.configure(**former)
    log._threshold = level

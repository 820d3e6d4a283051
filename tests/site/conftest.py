"""The fixtures of daemons, for what people see of them."""

from tests.daemon.conftest import site

__all__ = ["site"]

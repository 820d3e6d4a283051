"""The client's town, for the agent's tests."""

from tests.client.conftest import town

__all__ = ["town"]

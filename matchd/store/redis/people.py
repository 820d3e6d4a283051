"""The scripts about people: which there are, their keys, and who runs them. Backend-internal.

They have a prelude and keys of their own (`lua/people`), under the prefix and hash tag of all others,
and share only the schema with them. What is kept has no time to live.
"""

from __future__ import annotations

from matchd.store.redis.batcher import Batcher
from matchd.store.redis.scripts import Script
from matchd.store.redis.suites import Suite, SuiteCaller

PEOPLE_KEY_NAMES = (
    "schema",
    "accounts",
    "handles",
    "names",
    "logins",
    "logins_of",
    "logins_due",
    "revocations",
    "edges",
    "lists",
    "tallies",
    "spent",
    "totals",
    "erasing",
)
"""In the order of KEYS; scripts know them as fields of `K`."""

PEOPLE_OPERATIONS = (
    "account",
    "accounts",
    "accounts_count",
    "accounts_page",
    "ban",
    "change",
    "close",
    "close_all",
    "create",
    "delete",
    "erase",
    "export",
    "friends_page",
    "login",
    "logins",
    "open",
    "revoked",
    "rotate",
    "set_password",
    "show",
    "spend",
    "spent",
    "sweep_logins",
    "sweep_spent",
    "ties",
    "touch",
)

PEOPLE_READING = frozenset(
    (
        "account",
        "accounts",
        "accounts_count",
        "accounts_page",
        "export",
        "friends_page",
        "login",
        "logins",
        "revoked",
        "spent",
        "ties",
    )
)
"""Operations that change nothing, so that no replica has to confirm them."""

_SUITE = Suite("people", PEOPLE_KEY_NAMES, PEOPLE_OPERATIONS, PEOPLE_READING)


def load_people() -> dict[str, Script]:
    """All scripts about people by the name of their operation."""
    return _SUITE.load()


def people_keys_under(prefix: str) -> tuple[str, ...]:
    """The keys for KEYS; the prefix, which was checked, is their hash tag."""
    return _SUITE.keys_under(prefix)


class PeopleCaller(SuiteCaller):
    """Runs the scripts about people."""

    def __init__(
        self, batcher: Batcher, loaded: dict[str, Script], prefix: str, *, trust_caller_clock: bool
    ) -> None:
        keys = people_keys_under(prefix)
        super().__init__(batcher, loaded, keys, trusts=trust_caller_clock)

"""The scripts about people: which there are, and their keys. Backend-internal.

They have a prelude and keys of their own (`lua/people`), under the prefix and hash tag of all others,
and share only the schema with them. What is kept has no time to live.
"""

from __future__ import annotations

from matchd.store.redis.suites import Suite

PEOPLE = Suite(
    "people",
    (
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
        "play_history",
        "play_results",
        "play_ratings",
    ),
    (
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
    ),
    frozenset(
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
    ),
)

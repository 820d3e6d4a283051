"""Events in Redis, and the scripts about them. Backend-internal.

Each log has a key of its own, which a script is given behind those of the suite.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from matchd.domain.events import BYTES, COUNT, KEEP, SOCKETS, Entry, Presence
from matchd.domain.ids import Address, NodeId
from matchd.store.ports.events import Draft, Entered, Gone, Written
from matchd.store.redis.suites import Suite, SuiteCaller

EVENTS = Suite(
    "events",
    (
        "schema",
        "nodes",
        "event_totals",
        "event_people",
        "event_places",
        "event_sockets",
        "event_nodes",
        "event_due",
        "event_batches",
    ),
    ("append", "enter", "leave", "place", "present", "sweep"),
    frozenset(("present",)),
)

CHUNK = 500
"""Accounts that one script looks up at most."""

SWEEP_LIMIT = 100
"""Sockets, and accounts, that one script takes out at most."""


class RedisEvents:
    """The port of events over the scripts."""

    def __init__(self, caller: SuiteCaller, prefix: str) -> None:
        self._caller = caller
        self._prefix = prefix

    async def enter(
        self,
        account: str,
        address: Address,
        *,
        after: int | None,
        turn: int | None,
        now: float,
    ) -> Entered | None:
        """Let a socket in, or hear that it is there."""
        ask = {**_socket(account, address), "sockets": SOCKETS, "turn": turn, "after": after}
        raw = await self._run("enter", ask, now, (account,))
        if raw is None:
            return None
        return Entered(
            raw["turn"],
            raw["position"],
            tuple(Entry(*entry) for entry in raw["entries"]),
            raw["gap"],
            tuple(Address(*former) for former in raw["replaced"]),
            raw["appeared"],
        )

    async def leave(self, account: str, address: Address, *, grace: float, now: float) -> None:
        """Take a socket out."""
        await self._run("leave", {**_socket(account, address), "grace": grace}, now)

    async def append(
        self, node: NodeId, number: int, drafts: tuple[Draft, ...], now: float
    ) -> tuple[Written, ...]:
        """Write a batch of events."""
        logs = tuple(dict.fromkeys(name for draft in drafts for name in draft.logs))
        places = {name: at for at, name in enumerate(logs, 1)}
        ask = {
            "node": node,
            "number": number,
            "count": COUNT,
            "bytes": BYTES,
            "drafts": [
                {"text": draft.text, "logs": [places[name] for name in draft.logs]}
                for draft in drafts
            ],
        }
        raw = await self._run("append", ask, now, logs)
        return tuple(_written(one) for one in raw)

    async def place(self, account: str, presence: Presence) -> bool:
        """Say where somebody is."""
        return bool(await self._run("place", {"account": account, "presence": presence.value}, 0.0))

    async def present(self, accounts: Iterable[str]) -> dict[str, Presence]:
        """Those who are there, and where; not of one moment when they are very many."""
        rest, found = iter(accounts), dict[str, Presence]()
        while chunk := list(islice(rest, CHUNK)):
            raw = await self._run("present", {"accounts": chunk}, 0.0)
            found |= {account: Presence(place) for account, place in raw}
        return found

    async def sweep(self, *, grace: float, now: float) -> Gone:
        """Take out the sockets of nodes that are gone, and find who is away."""
        raw = await self._run("sweep", {"grace": grace, "limit": SWEEP_LIMIT}, now)
        return Gone(tuple(raw["accounts"]), bool(raw["more"]))

    async def _run(
        self, operation: str, ask: dict[str, Any], now: float, logs: tuple[str, ...] = ()
    ) -> Any:
        """Run a script in one round trip; the names of the logs follow from those of their keys."""
        keys = (f"{{{self._prefix}}}:events:{name}" for name in logs)
        return await self._caller.run(operation, {**ask, "logs": logs, "keep": KEEP}, now, *keys)


def _socket(account: str, address: Address) -> dict[str, Any]:
    return {"account": account, "node": address.node, "connection": address.connection}


def _written(raw: Any) -> Written:
    event, told = raw
    nodes = {
        NodeId(node): tuple((str(name), int(before)) for name, before in logs)
        for node, logs in told
    }
    return Written(event, nodes)

"""What an administrator should know about how his Redis is set up. Pure. Backend-internal.

Read from INFO, and from `CONFIG GET appendfsync` where the ACL lets us. What makes Redis unusable is
not here: the proof on each connection refuses that (lua/hello.lua).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

OLDEST = (6, 2)
"""The oldest Redis that matchd is made for."""

HIDDEN = (
    "Redis does not let matchd look at its settings, so nobody checks what a restart would lose: "
    "give the user +info (ACL SETUSER … +info)"
)

_FSYNC = {
    "everysec": "up to the last second of what was acknowledged",
    "no": "what the system had not written yet, up to half a minute",
}


def advise(info: Mapping[str, object], appendfsync: str | None, *, copied: bool) -> tuple[str, ...]:
    """A sentence with the line to change for each setting that may lose something.

    `copied`: writes wait for a replica. `appendfsync` is None where it can't be looked at.
    """
    parts = (_age(info), _persistence(info, appendfsync), _memory(info), _replicas(info, copied))
    return tuple(sentence for part in parts for sentence in part)


def _age(info: Mapping[str, object]) -> Iterator[str]:
    version = str(info.get("redis_version", ""))
    numbers = tuple(int(number) for number in re.findall(r"\d+", version))
    if numbers and numbers < OLDEST:
        yield f"Redis {version} is older than 6.2, which matchd is made for: install a newer one"


def _persistence(info: Mapping[str, object], appendfsync: str | None) -> Iterator[str]:
    if not info.get("aof_enabled"):
        yield (
            "Redis keeps no append-only file: when it restarts, everything is lost since its last "
            "snapshot, if it makes any, accounts, friends and bans included. Hosts and sockets "
            "register anew by themselves. Set appendonly yes in redis.conf"
        )
    elif appendfsync in _FSYNC:
        yield (
            f"When the machine of Redis fails, {_FSYNC[appendfsync]} is lost (appendfsync "
            f"{appendfsync}). Set appendfsync always in redis.conf if it must not be"
        )


def _memory(info: Mapping[str, object]) -> Iterator[str]:
    policy = str(info.get("maxmemory_policy", "noeviction"))
    if policy != "noeviction":
        yield (
            f"When Redis is full it evicts keys (maxmemory-policy {policy}). Set maxmemory-policy "
            "noeviction in redis.conf"
        )


def _replicas(info: Mapping[str, object], copied: bool) -> Iterator[str]:
    count = info.get("connected_slaves", 0)
    if not copied and not count:
        return
    # Redis tells this number only where min-replicas-to-write is set.
    if "min_slaves_good_slaves" not in info:
        yield (
            "A primary that is cut off goes on taking writes which are lost later. Set "
            "min-replicas-to-write 1 in redis.conf of every server"
        )
    if copied and count in (0, 1):
        yield (
            f"With fewer than two replicas (there are {count}) a failover leaves none to confirm "
            "writes, which are then refused until one is back. Run two or more"
        )

"""The ways to Redis: the only home of the `redis` import. Backend-internal.

`target` reads where Redis is; `ways` finds the server that holds our keys (the one there is, the
primary that sentinels name, the primary of our slot in a Cluster); `server` sends pipelines to it for
the batcher; `scatter` writes the mirror to a Cluster's other shards; `subscription` listens. All of it
blocks and is called from threads; the library's errors become `Fault` here.
"""

from matchd.store.redis.link.port import Command, Connect, Link, Reply
from matchd.store.redis.link.server import connector, is_copied
from matchd.store.redis.link.subscription import Subscribe, Subscription, subscriber
from matchd.store.redis.link.target import Target, shown

__all__ = [
    "Command",
    "Connect",
    "Link",
    "Reply",
    "Subscribe",
    "Subscription",
    "Target",
    "connector",
    "is_copied",
    "shown",
    "subscriber",
]

"""The Redis backend: everything in one Redis 6.2 or later (or Valkey), for several nodes.

Every operation is one round trip and one atomic script; `batcher` turns many callers' calls into few
pipelines in a thread of its own. `daemon` alone imports this.
"""

from matchd.store.redis.batcher import Limits
from matchd.store.redis.link import Target, shown
from matchd.store.redis.store import Options, RedisStore, Survey

__all__ = ["Limits", "Options", "RedisStore", "Survey", "Target", "shown"]

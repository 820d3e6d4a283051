"""A real Redis with replicas and the sentinels that watch over them, for tests."""

from __future__ import annotations

import re
from contextlib import suppress

from matchd.store.redis import Target
from tests.store.redis_cluster import waited
from tests.store.redis_server import RedisServer

SERVICE = "house"
_QUICK = ("info-period", "200", "publish-period", "200", "ask-period", "100")


class Sentinel(RedisServer):
    """One sentinel; it keeps what it learns in a file of its own."""

    def arguments(self) -> list[str]:
        """The command line: a sentinel wants a file."""
        file = self.directory / "sentinel.conf"
        file.touch()
        return [str(file), *super().arguments(), "--sentinel"]


class Sentinels:
    """One primary with two replicas, and three sentinels that call them `SERVICE`.

    A failover takes about a second. Every server has `password`, every sentinel `sentinel_password`.
    """

    def __init__(self, password: str = "", sentinel_password: str = "") -> None:
        self.servers = [RedisServer(password, repl_diskless_sync="no") for _ in range(3)]
        self.sentinels = [Sentinel(sentinel_password) for _ in range(3)]
        self._passwords = password, sentinel_password

    @property
    def url(self) -> str:
        """The service by all its sentinels."""
        servers = ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in self.sentinels)
        return f"redis+sentinel://{servers}/{SERVICE}"

    @property
    def target(self) -> Target:
        """How a store reaches it."""
        password, sentinel_password = self._passwords
        return Target(self.url, password or None, sentinel_password or None)

    def start(self) -> None:
        """Start everything and wait until replicas are in step and sentinels know each other."""
        primary, *replicas = self.servers
        for server in (*self.servers, *self.sentinels):
            server.start()
        for replica in replicas:
            replica.command("REPLICAOF", "127.0.0.1", str(primary.port))
        waited(lambda: all(map(in_step, replicas)))
        for sentinel in self.sentinels:
            self._watch(sentinel, primary)
        waited(lambda: all(map(_ready, self.sentinels)))

    def primary(self) -> RedisServer:
        """The server that the first running sentinel names."""
        asked = next(sentinel for sentinel in self.sentinels if sentinel.running)
        answer = asked.command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE)
        port = int(answer.split(b"\r\n")[4])
        return next(server for server in self.servers if server.port == port)

    def remove(self) -> None:
        """End everything and remove its directories."""
        for server in (*self.sentinels, *self.servers):
            server.remove()

    def _watch(self, sentinel: Sentinel, primary: RedisServer) -> None:
        password, own = self._passwords
        sentinel.command("SENTINEL", "DEBUG", *_QUICK)
        sentinel.command("SENTINEL", "MONITOR", SERVICE, "127.0.0.1", str(primary.port), "2")
        settings = ["down-after-milliseconds", "500", "failover-timeout", "3000"]
        settings += ["auth-pass", password] if password else []
        sentinel.command("SENTINEL", "SET", SERVICE, *settings)
        if own:
            sentinel.command("SENTINEL", "CONFIG", "SET", "sentinel-pass", own)


def demoted(server: RedisServer) -> bool:
    """Whether a server is a replica now; it hangs up on everybody when it becomes one."""
    with suppress(OSError):
        return b"role:slave" in server.command("INFO", "replication")
    return False


def in_step(replica: RedisServer) -> bool:
    """Whether a replica has all that its primary has, and goes on copying."""
    return b"master_link_status:up" in replica.command("INFO", "replication")


def _ready(sentinel: Sentinel) -> bool:
    info = sentinel.command("INFO", "sentinel")
    return re.search(rb"status=ok,.*slaves=2,sentinels=3", info) is not None

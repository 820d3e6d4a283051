"""How the server that holds our keys is found. Backend-internal.

A way is asked anew for each connection, so a failover is followed by connecting again; whether the
server found may be written to is proved by whoever connects. Blocking, one call at a time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple, Protocol, TypedDict

import redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.crc import key_slot
from redis.exceptions import RedisClusterException, RedisError, SlotNotCoveredError
from redis.retry import Retry

from matchd.store.redis.faults import Fault
from matchd.store.redis.link.errors import translated
from matchd.store.redis.link.target import Kind, Target, locate


class _Settings(TypedDict, total=False):
    """What all connections of one target have in common, as redis-py calls it."""

    username: str | None
    password: str | None
    protocol: int
    socket_timeout: float
    socket_connect_timeout: float
    ssl: bool
    ssl_ca_certs: str | None
    ssl_certfile: str | None
    ssl_keyfile: str | None


class Server(NamedTuple):
    """A client of one server, not connected yet, and its name at the head of a sentence."""

    client: redis.Redis
    name: str


class Way(Protocol):
    """The way to our server."""

    def find(self) -> Server:
        """Where our keys are now; Fault says which part is missing."""


class Access:
    """Who we are at each server of a target, and how long each may take to answer."""

    def __init__(self, target: Target, timeout: float) -> None:
        self.place = locate(target)
        self._target = target
        self._timeout = timeout

    def server(self, host: str, port: int) -> redis.Redis:
        """A client of a server at this address."""
        return redis.Redis(host, port, self.place.db, retry=_once(), **self._settings())

    def socket(self) -> redis.Redis:
        """A client of the server at the target's unix socket."""
        place = self.place
        settings = self._settings()
        return redis.Redis(unix_socket_path=place.path, db=place.db, retry=_once(), **settings)

    def sentinel(self, host: str, port: int) -> redis.Redis:
        """A client of a sentinel, which knows no users of Redis."""
        settings = self._settings()
        settings["username"] = None
        settings["password"] = self._target.sentinel_password
        return redis.Redis(host, port, retry=_once(), **settings)

    def cluster(self, nodes: Iterable[tuple[str, int]]) -> RedisCluster:
        """A client of a Cluster; connects, and asks any of these nodes for the others."""
        return RedisCluster(
            startup_nodes=[ClusterNode(host, port) for host, port in nodes],  # type: ignore[no-untyped-call]  # redis-py's own
            require_full_coverage=False,
            retry=_once(),
            **self._settings(),
        )

    def _settings(self) -> _Settings:
        settings = _Settings(
            username=self.place.user,
            password=self._target.password,
            protocol=2,
            socket_timeout=self._timeout,
            socket_connect_timeout=self._timeout,
        )
        if self.place.tls:
            settings["ssl"] = True
            settings["ssl_ca_certs"] = self._target.ca or None
            settings["ssl_certfile"] = self._target.certificate or None
            settings["ssl_keyfile"] = self._target.key or None
        return settings


def _once() -> Retry:
    """Nothing is repeated behind our back."""
    return Retry(NoBackoff(), 0)


def way_to(access: Access, home: str) -> Way:
    """The way to the server that holds the key `home`."""
    match access.place.kind:
        case Kind.SENTINEL:
            return SentinelWay(access)
        case Kind.CLUSTER:
            return ClusterWay(access, home)
        case _:
            return SingleWay(access)


class SingleWay:
    """There is one server."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def find(self) -> Server:
        """That one."""
        place = self._access.place
        client = self._access.socket() if place.path else self._access.server(*place.servers[0])
        return Server(client, "Redis")


class SentinelWay:
    """The primary that sentinels name. Each attempt begins with another sentinel, so that one which
    is cut off from the others and names a former primary is not believed for ever.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._sentinels = deque(access.place.servers)

    def find(self) -> Server:
        """The primary that the first sentinel names which knows one."""
        faults: list[Fault] = []
        self._sentinels.rotate(-1)
        for address in tuple(self._sentinels):
            try:
                primary = self._ask(*address)
            except Fault as fault:
                faults.append(fault)
            else:
                return Server(self._access.server(*primary), f"The primary {_named(*primary)}")
        sentences = dict.fromkeys(str(fault) for fault in faults)
        raise Fault(f"No sentinel names a primary: {'; '.join(sentences)}", away=True)

    def _ask(self, host: str, port: int) -> tuple[str, int]:
        service, name = self._access.place.service, f"the sentinel {_named(host, port)}"
        client = self._access.sentinel(host, port)
        try:
            answer = client.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", service)  # type: ignore[no-untyped-call]  # redis-py's own
        except (RedisError, OSError) as error:
            raise translated(error, name) from None
        finally:
            client.close()
        if not answer:
            raise Fault(f'{name} knows no service "{service}" (store.url)', away=True)
        return answer[0].decode(), int(answer[1])


class ClusterWay:
    """The primary of our slot in a Cluster. Nodes seen once are asked beside the configured ones, so
    that the configuration may be older than the Cluster's nodes.
    """

    def __init__(self, access: Access, home: str) -> None:
        self._access = access
        self._slot = key_slot(home.encode())
        self._seen: tuple[tuple[str, int], ...] = ()

    def find(self) -> Server:
        """The primary of our slot, as the first node says that answers."""
        cluster = discover(self._access, self._seen)
        try:
            node = cluster.nodes_manager.get_node_from_slot(self._slot)
        except SlotNotCoveredError:
            raise Fault("No shard of the Redis cluster has matchd's slot", away=True) from None
        finally:
            self._seen = tuple((n.host, n.port) for n in cluster.nodes_manager.nodes_cache.values())
            cluster.close()
        client = self._access.server(node.host, node.port)
        return Server(client, f"The primary {_named(node.host, node.port)}")


def discover(access: Access, seen: tuple[tuple[str, int], ...] = ()) -> RedisCluster:
    """A client of the whole Cluster; Fault when no node can be asked."""
    nodes = dict.fromkeys((*access.place.servers, *seen))
    try:
        return access.cluster(nodes)
    except (RedisClusterException, RedisError, OSError) as error:
        raise translated(error, "The Redis cluster") from None


def _named(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

"""Who is at the other end of a connection, as the socket tells it.

Owns `Peer`. The address is that of the TCP connection: what a trusted proxy says in
`X-Forwarded-For` is the edges' business. Used by every module of the listener.
"""

import socket
import sys
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

UNIX_HOST = "unix:"


@dataclass(frozen=True, slots=True)
class Peer:
    """One end of an accepted connection.

    `host` is an IP address without brackets (an IPv4 address is never written as IPv6-mapped), or
    `unix:` with port 0; `local` is the address the peer connected to, as `host:port` or a path.
    """

    host: str
    port: int
    tls: bool
    local: str

    def __str__(self) -> str:
        """`host:port` for people."""
        return self.host if self.host == UNIX_HOST else _joined(self.host, self.port)


def peer_of(sock: socket.socket, *, tls: bool) -> Peer:
    """Read both addresses of a connected socket. OSError if the peer has already gone."""
    if sock.family == socket.AF_UNIX:
        name = sock.getsockname()
        local = name if isinstance(name, str) else name.decode("utf-8", "replace")
        return Peer(UNIX_HOST, 0, tls, local)
    host, port = sock.getpeername()[:2]
    local_host, local_port = sock.getsockname()[:2]
    local = sys.intern(_joined(_plain(local_host), local_port))  # of all these there are few
    return Peer(_plain(host), port, tls, local)


@lru_cache(maxsize=1024)
def _plain(host: str) -> str:
    """Undo the IPv6 mapping that a dual-stack socket applies to IPv4 peers (RFC 4291, 2.5.5.2)."""
    address = ip_address(host)
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return host


def _joined(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

"""The written form of a listen address.

Owns the parsing: pure. `127.0.0.1:8080`, `[::1]:8080`, `:8080` (all addresses, IPv4 and IPv6),
`unix:/run/matchd/matchd.sock`, `fd://` and `fd://NAME` (sockets that systemd passes). Names of
hosts are refused: which addresses they mean can change between two starts.
The listener opens what is parsed here; the configuration checks its values early with it.
"""

from dataclasses import dataclass
from ipaddress import ip_address

_ALLOWED = (
    "allowed are 127.0.0.1:8080, [::1]:8080, :8080 (all addresses), unix:/path/to.sock, fd:// "
    "and fd://NAME"
)


@dataclass(frozen=True, slots=True)
class TcpAddress:
    """An IP address, empty for all of both families, and a port (0 lets the kernel choose)."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class UnixAddress:
    """The absolute path of a unix socket."""

    path: str


@dataclass(frozen=True, slots=True)
class FdAddress:
    """Sockets passed by systemd: those of one FileDescriptorName=, or all if the name is empty."""

    name: str


Address = TcpAddress | UnixAddress | FdAddress


def parse_address(text: str) -> Address:
    """Parse one address. ValueError with a sentence that names it and says what is allowed."""
    if text.startswith("fd://"):
        return FdAddress(text.removeprefix("fd://"))
    if text.startswith("unix:"):
        path = text.removeprefix("unix:")
        if not path.startswith("/") or "\0" in path:
            raise _bad(text, "the path of a unix socket must be absolute")
        return UnixAddress(path)
    host, colon, port = text.rpartition(":")
    if not colon or not (port.isascii() and port.isdigit() and int(port) < 1 << 16):
        raise _bad(text, "it must end with a colon and a port from 0 to 65535")
    return TcpAddress(_host(text, host), int(port))


def _host(text: str, host: str) -> str:
    if not host:
        return ""
    bracketed = host.startswith("[") and host.endswith("]")
    bare = host[1:-1] if bracketed else host
    try:
        version = ip_address(bare).version
    except ValueError:
        raise _bad(text, "the host must be an IP address") from None
    if bracketed != (version == 6):
        raise _bad(text, "an IPv6 address stands in brackets, an IPv4 address does not")
    return bare


def _bad(text: str, why: str) -> ValueError:
    return ValueError(f"cannot listen on {text!r}: {why}; {_ALLOWED}")

"""Opens what the daemon listens on.

Owns `open_listeners` and `ListenSocket`. Rules: every failure is a ListenError whose text a
sysadmin can act on; either all addresses are opened or none; a unix socket file is ours from bind
to close and never open to more than its group; sockets passed by systemd are taken once, and the
environment that announced them is cleared (sd_listen_fds(3)). Used by `daemon.py`.
"""

import ctypes
import errno
import os
import socket
import stat
import struct
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import starmap
from pathlib import Path

from matchd.domain.endpoints import FdAddress, TcpAddress, UnixAddress, parse_address

_FIRST_FD = 3  # SD_LISTEN_FDS_START
_UNIX_MODE = 0o660
_FALLBACK_BACKLOG = 4096
# socket(7), linux/filter.h: a program that drops the segments of TCP whose flags are SYN without ACK.
_SO_ATTACH_FILTER = 26
_PROGRAM, _INSTRUCTION = struct.Struct("HP"), struct.Struct("HBBI")
_NO_SYN = (
    (0x30, 0, 0, 13),  # load the byte of the flags
    (0x54, 0, 0, 0x12),  # keep SYN and ACK
    (0x15, 0, 1, 0x02),  # SYN alone?
    (0x06, 0, 0, 0),  # drop
    (0x06, 0, 0, 0xFFFFFFFF),  # take the whole
)
_ACTIVATION = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")
_REASONS = {
    errno.EADDRINUSE: "another program already listens there (ss -ltnp shows which)",
    errno.EACCES: "not permitted; a port below 1024 needs CAP_NET_BIND_SERVICE or a socket unit",
    errno.EPERM: "not permitted",
    errno.EADDRNOTAVAIL: "this machine has no such address (yet)",
    errno.EAFNOSUPPORT: "this machine does not speak this family of addresses",
    errno.ENOENT: "the directory of the socket does not exist",
    errno.EROFS: "the directory of the socket is read-only",
}


class ListenError(Exception):
    """An address that cannot be listened on."""

    def __init__(self, address: str, reason: str) -> None:
        """Name the address as it was configured, and say why in a sentence."""
        super().__init__(f"cannot listen on {address}: {reason}")
        self.address = address
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ListenSocket:
    """One listening, non-blocking socket; `tls` says what is spoken on it.

    `file` is the (path, inode) of a unix socket file that goes away with it. `shared`: other processes
    may listen on the same TCP port.
    """

    socket: socket.socket
    tls: bool
    file: tuple[str, int] | None = None
    shared: bool = False

    @property
    def name(self) -> str:
        """Where it really listens: `host:port` (the port the kernel chose) or `unix:path`."""
        address = self.socket.getsockname()
        if self.socket.family == socket.AF_UNIX:
            return f"unix:{address}"
        host, port = address[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def turn_away(self) -> None:
        """Drop new attempts to connect, which are repeated by themselves; those begun go on."""
        program = ctypes.create_string_buffer(b"".join(starmap(_INSTRUCTION.pack, _NO_SYN)))
        value = _PROGRAM.pack(len(_NO_SYN), ctypes.addressof(program))
        # Where the system can't, some of them are reset when the socket is closed.
        with suppress(OSError):
            self.socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, value)

    def close(self) -> None:
        """Stop listening, and remove our socket file unless a successor has replaced it."""
        if self.file is not None and self.socket.fileno() != -1:
            path, inode = self.file
            with suppress(OSError):
                if Path(path).stat().st_ino == inode:
                    Path(path).unlink()
        self.socket.close()


def open_listeners(
    addresses: Sequence[str],
    *,
    tls: bool = False,
    reuse_port: bool = False,
    environ: MutableMapping[str, str] | None = None,
    first_fd: int = _FIRST_FD,
) -> list[ListenSocket]:
    """Open every address, in order. ValueError for one that is malformed, else ListenError.

    `reuse_port` lets several processes share TCP ports. `environ` is os.environ by default; the
    three variables of socket activation are removed from it if any address is `fd://`.
    """
    environ = os.environ if environ is None else environ
    parsed = [(text, parse_address(text)) for text in addresses]
    opened: list[ListenSocket] = []
    try:
        for text, address in parsed:
            match address:
                case TcpAddress():
                    sock = _open_tcp(text, address, reuse_port)
                    opened.append(ListenSocket(sock, tls, shared=reuse_port))
                case UnixAddress():
                    opened.append(_open_unix(text, address.path, tls))
                case FdAddress():
                    passed = _take_passed(text, address.name, environ, first_fd)
                    opened += [ListenSocket(sock, tls) for sock in passed]
    except BaseException:
        for listener in opened:
            listener.close()
        raise
    if any(isinstance(address, FdAddress) for _, address in parsed):
        for variable in _ACTIVATION:
            environ.pop(variable, None)
    return opened


def backlog() -> int:
    """Return the longest queue of connections the system allows: a storm of reconnects fits."""
    try:
        return int(Path("/proc/sys/net/core/somaxconn").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return _FALLBACK_BACKLOG


def _open_tcp(text: str, address: TcpAddress, reuse_port: bool) -> socket.socket:
    """Bind one TCP socket; an empty host means both families, or IPv4 where IPv6 is off."""
    dual = not address.host
    family = socket.AF_INET6 if dual or ":" in address.host else socket.AF_INET
    try:
        sock = socket.socket(family, socket.SOCK_STREAM)
    except OSError as exc:
        if dual and exc.errno == errno.EAFNOSUPPORT:
            return _open_tcp(text, TcpAddress("0.0.0.0", address.port), reuse_port)  # noqa: S104  asked for
        raise _translated(text, exc) from exc
    with _closed_on_error(text, sock):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if dual else 1)
        # Resolves nothing: it only understands the zone of a link-local address (fe80::1%eth0).
        flags = socket.AI_NUMERICHOST | socket.AI_PASSIVE
        found = socket.getaddrinfo(
            address.host or "::", address.port, family, socket.SOCK_STREAM, flags=flags
        )
        sock.bind(found[0][4])
        _listen(sock)
    return sock


def _open_unix(text: str, path: str, tls: bool) -> ListenSocket:
    _remove_stale(text, path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with _closed_on_error(text, sock):
        # The file takes its mode from the socket, less the umask, so it is at no moment open to
        # everybody; chmod then gives back what the umask took from the group.
        os.fchmod(sock.fileno(), _UNIX_MODE)
        sock.bind(path)
        Path(path).chmod(_UNIX_MODE)
        _listen(sock)
        return ListenSocket(sock, tls, (path, Path(path).stat().st_ino))


def _remove_stale(text: str, path: str) -> None:
    """Remove the socket file of a process that is gone; refuse any other file."""
    try:
        mode = Path(path).lstat().st_mode
    except FileNotFoundError:
        return
    except OSError as exc:
        raise _translated(text, exc) from exc
    if not stat.S_ISSOCK(mode):
        raise ListenError(text, "a file that is not a socket is in the way")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            with _translating(text):
                Path(path).unlink(missing_ok=True)
            return
        except FileNotFoundError:
            return
        except BlockingIOError:
            pass  # its queue is full: alive
        except OSError as exc:
            raise _translated(text, exc) from exc
    raise ListenError(text, "another process is serving this socket")


def _take_passed(
    text: str, name: str, environ: Mapping[str, str], first_fd: int
) -> list[socket.socket]:
    """Take the sockets that systemd passed under `name`, all if it is empty."""
    if environ.get("LISTEN_PID") != str(os.getpid()):
        raise ListenError(text, "systemd passed no sockets; start matchd by its .socket unit")
    count = environ.get("LISTEN_FDS", "")
    total = int(count) if count.isascii() and count.isdigit() else 0
    names = environ.get("LISTEN_FDNAMES", "").split(":")
    names += ["unknown"] * (total - len(names))
    fds = [first_fd + i for i in range(total) if not name or names[i] == name]
    if not fds:
        given = ", ".join(sorted(set(names[:total]))) or "none"
        raise ListenError(text, f"systemd passed no such socket (FileDescriptorName=: {given})")
    return [_adopt(text, fd) for fd in fds]


def _adopt(text: str, fd: int) -> socket.socket:
    try:
        sock = socket.socket(fileno=fd)
    except OSError as exc:
        raise ListenError(text, f"file descriptor {fd} is not a socket") from exc
    with _closed_on_error(text, sock):
        sock.set_inheritable(False)
        sock.setblocking(False)
        stream = sock.type == socket.SOCK_STREAM
        if not stream or not sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            raise ListenError(text, "the socket unit must use ListenStream= and Accept=no")
    return sock


def _listen(sock: socket.socket) -> None:
    sock.setblocking(False)
    sock.listen(backlog())


@contextmanager
def _closed_on_error(text: str, sock: socket.socket) -> Iterator[None]:
    try:
        with _translating(text):
            yield
    except BaseException:
        sock.close()
        raise


@contextmanager
def _translating(text: str) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise _translated(text, exc) from exc


def _translated(text: str, exc: OSError) -> ListenError:
    reason = _REASONS.get(exc.errno or 0) or exc.strerror or str(exc)
    return ListenError(text, reason)

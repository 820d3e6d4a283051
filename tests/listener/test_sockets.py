"""Opening listening sockets."""

import errno
import os
import select
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from matchd.listener.sockets import ListenError, ListenSocket, backlog, open_listeners


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Closes what a test opened."""
    with ExitStack() as made:
        yield made


def opened(stack: ExitStack, *addresses: str, reuse_port: bool = False) -> list[ListenSocket]:
    """Open addresses until the end of the test."""
    listeners = open_listeners(addresses, reuse_port=reuse_port)
    for listener in listeners:
        stack.callback(listener.close)
    return listeners


@pytest.mark.parametrize("address", ["127.0.0.1:0", "[::1]:0"])
def test_tcp(stack: ExitStack, address: str) -> None:
    """A TCP address is listened on, and its name says on which port."""
    (listener,) = opened(stack, address)
    assert listener.name.startswith(address[:-1])
    port = int(listener.name.rpartition(":")[2])
    socket.create_connection((address.rpartition(":")[0].strip("[]"), port)).close()


def test_all_addresses(stack: ExitStack) -> None:
    """An empty host listens on IPv4 and IPv6 alike."""
    (listener,) = opened(stack, ":0")
    port = listener.socket.getsockname()[1]
    for host in ("127.0.0.1", "::1"):
        socket.create_connection((host, port)).close()


def test_no_ipv6(stack: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where IPv6 is off, an empty host means IPv4."""
    real = socket.socket

    def without_ipv6(family: int = -1, *args: int, **kwargs: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(97, "Address family not supported by protocol")
        return real(family, *args, **kwargs)

    monkeypatch.setattr(socket, "socket", without_ipv6)
    assert opened(stack, ":0")[0].name.startswith("0.0.0.0:")


def test_in_use(stack: ExitStack) -> None:
    """A port that is taken is refused with the address and a hint, and nothing stays open."""
    (first,) = opened(stack, "127.0.0.1:0")
    with pytest.raises(ListenError, match="another program already listens") as error:
        open_listeners(["127.0.0.1:0", first.name])
    assert first.name == error.value.address


def test_no_such_address() -> None:
    """An address of another machine is refused in words."""
    with pytest.raises(ListenError, match="no such address"):
        open_listeners(["192.0.2.1:0"])


def test_reuse_port(stack: ExitStack) -> None:
    """Several processes may share a port if they all say so."""
    (first,) = opened(stack, "127.0.0.1:0", reuse_port=True)
    (second,) = opened(stack, first.name, reuse_port=True)
    assert first.name == second.name


def test_turning_away(stack: ExitStack) -> None:
    """Who attempts to connect to a listener that turns away is let in by the next one on its port."""
    (listener,) = opened(stack, "127.0.0.1:0", reuse_port=True)
    address = listener.socket.getsockname()
    early = stack.enter_context(socket.create_connection(address))
    listener.turn_away()
    late = stack.enter_context(socket.socket())
    late.setblocking(False)
    assert late.connect_ex(address) == errno.EINPROGRESS
    (successor,) = opened(stack, listener.name, reuse_port=True)
    accepted = stack.enter_context(listener.socket.accept()[0])
    assert accepted.getpeername() == early.getsockname()
    listener.close()
    assert select.select([successor.socket], [], [], 10)[0]
    accepted = stack.enter_context(successor.socket.accept()[0])
    assert accepted.getpeername() == late.getsockname()


def test_backlog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue of waiting connections is as long as the system allows."""
    allowed = Path("/proc/sys/net/core/somaxconn").read_text(encoding="ascii")
    assert int(allowed) == backlog()

    def unreadable(_self: Path, encoding: str) -> str:
        raise OSError

    monkeypatch.setattr(Path, "read_text", unreadable)
    assert backlog() == 4096


def test_unix(stack: ExitStack, tmp_path: Path) -> None:
    """A unix socket is open to its group only, whatever the umask, and goes away at the close."""
    path = tmp_path / "m.sock"
    stack.callback(os.umask, os.umask(0o077))
    (listener,) = opened(stack, f"unix:{path}")
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert f"unix:{path}" == listener.name
    listener.close()
    listener.close()
    assert not path.exists()


def test_unix_is_never_open_to_all(
    stack: ExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the bind and the chmod, the file is not open to others even without a umask."""
    modes = []
    monkeypatch.setattr(Path, "chmod", lambda path, _mode: modes.append(path.stat().st_mode))
    stack.callback(os.umask, os.umask(0))
    opened(stack, f"unix:{tmp_path}/m.sock")
    assert [stat.S_IMODE(mode) for mode in modes] == [0o660]


def test_unix_stale(stack: ExitStack, tmp_path: Path) -> None:
    """The socket file of a process that died is replaced."""
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(f"{tmp_path}/m.sock")
    opened(stack, f"unix:{tmp_path}/m.sock")


def test_unix_live(stack: ExitStack, tmp_path: Path) -> None:
    """The socket of a living process is left alone."""
    opened(stack, f"unix:{tmp_path}/m.sock")
    with pytest.raises(ListenError, match="another process is serving"):
        open_listeners([f"unix:{tmp_path}/m.sock"])
    assert (tmp_path / "m.sock").exists()


def test_unix_not_a_socket(tmp_path: Path) -> None:
    """A file that is no socket is never removed."""
    (tmp_path / "m.sock").write_text("precious")
    with pytest.raises(ListenError, match="not a socket"):
        open_listeners([f"unix:{tmp_path}/m.sock"])
    assert (tmp_path / "m.sock").read_text() == "precious"


def test_unix_successor(stack: ExitStack, tmp_path: Path) -> None:
    """A close does not remove the file of a successor at the same path."""
    (first,) = opened(stack, f"unix:{tmp_path}/m.sock")
    (tmp_path / "m.sock").rename(tmp_path / "old.sock")
    opened(stack, f"unix:{tmp_path}/m.sock")
    first.close()
    assert (tmp_path / "m.sock").exists()


def test_unix_no_directory(tmp_path: Path) -> None:
    """A missing directory is named as the reason."""
    with pytest.raises(ListenError, match="directory"):
        open_listeners([f"unix:{tmp_path}/none/m.sock"])


def activation(sock: socket.socket, **changes: str) -> tuple[dict[str, str], int]:
    """Return the environment of socket activation for one socket, and its descriptor."""
    given = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1", "LISTEN_FDNAMES": "web"}
    return {**given, **changes, "HOME": "/"}, os.dup(sock.fileno())


@pytest.mark.parametrize("address", ["fd://", "fd://web"])
def test_passed(stack: ExitStack, address: str) -> None:
    """A socket that systemd passed is taken, with or without its name, and announced no more."""
    (real,) = opened(stack, "127.0.0.1:0")
    environ, fd = activation(real.socket)
    (taken,) = open_listeners([address], environ=environ, first_fd=fd)
    stack.callback(taken.close)
    assert real.name == taken.name
    assert not taken.socket.get_inheritable()
    assert environ == {"HOME": "/"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"LISTEN_PID": "1"}, "start matchd by its .socket unit"),
        ({"LISTEN_FDNAMES": "other"}, "no such socket .*other"),
        ({"LISTEN_FDS": "0"}, "no such socket .*none"),
        ({"LISTEN_FDS": "x"}, "no such socket"),
    ],
)
def test_not_passed(stack: ExitStack, changes: dict[str, str], reason: str) -> None:
    """Sockets meant for another process, or by another name, are not taken."""
    (real,) = opened(stack, "127.0.0.1:0")
    environ, fd = activation(real.socket, **changes)
    stack.callback(os.close, fd)
    with pytest.raises(ListenError, match=reason):
        open_listeners(["fd://web"], environ=environ, first_fd=fd)


def test_passed_but_not_listening() -> None:
    """A passed socket that does not listen (Accept=yes) is refused in words."""
    with socket.socket() as idle:
        environ, fd = activation(idle)
        with pytest.raises(ListenError, match="Accept=no"):
            open_listeners(["fd://"], environ=environ, first_fd=fd)


def test_passed_but_no_socket(tmp_path: Path) -> None:
    """A passed descriptor that is no socket is refused in words."""
    with (tmp_path / "file").open("w") as file:
        environ = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
        with pytest.raises(ListenError, match="not a socket"):
            open_listeners(["fd://"], environ=environ, first_fd=file.fileno())


def test_activation_of_a_process(stack: ExitStack) -> None:
    """A process that is given its socket as systemd does takes it from descriptor 3."""
    (real,) = opened(stack, "127.0.0.1:0")
    fd = real.socket.fileno()
    code = (
        f"import os; os.dup2({fd}, 3); os.environ.update(LISTEN_PID=str(os.getpid()))\n"
        "from matchd.listener.sockets import open_listeners\n"
        "print(open_listeners(['fd://'])[0].name, 'LISTEN_FDS' in os.environ)"
    )
    command = [sys.executable, "-c", code]
    environ = {**os.environ, "LISTEN_FDS": "1"}
    done = subprocess.run(command, pass_fds=[fd], env=environ, capture_output=True, check=True)
    assert f"{real.name} False" == done.stdout.decode().strip()

"""Where the process listens: overrides, unix sockets, sockets of systemd, TLS of our own."""

import socket
import stat
import sys

import pytest
import trio

from tests.daemon.clients import UPGRADE, Http
from tests.daemon.process import COMMAND, Site
from tests.daemon.scenes import OFFER, hosting, room_of

# systemd passes sockets from descriptor 3 on and names the process that they are for.
_ACTIVATE = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
os.execv(sys.argv[2], sys.argv[2:])
"""


def activated(listener: socket.socket) -> tuple[str, ...]:
    """Make the command that starts the daemon as its socket unit does."""
    return (sys.executable, "-c", _ACTIVATE, str(listener.fileno()), *COMMAND)


async def test_listen_option(site: Site) -> None:
    """--listen replaces the configured address, and port 0 is one the kernel chooses."""
    async with site.daemon("--listen", "127.0.0.1:0") as daemon:
        assert daemon.listen != f"127.0.0.1:{site.port}"
        assert (await daemon.ask("GET", "/healthz")).status == 200
        with pytest.raises(OSError, match="all attempts to connect"):
            await trio.open_tcp_stream("127.0.0.1", site.port)


async def test_several_addresses(site: Site) -> None:
    """Every configured address is served."""
    path = str(site.directory / "m.sock")
    site.config["server"]["listen"] += ["[::1]:0", f"unix:{path}"]
    async with site.daemon() as daemon:
        names = daemon.log.named("daemon.ready")[0]["listen"]
        for name in names:
            daemon.listen = name.replace("[::1]", "::1")
            assert (await daemon.ask("GET", "/healthz")).status == 200
        assert len(names) == 3


async def test_unix_socket(site: Site) -> None:
    """Both HTTP and WebSockets work over a unix socket, which its group alone may use."""
    path = site.directory / "m.sock"
    site.config["server"]["listen"] = [f"unix:{path}"]
    async with site.daemon() as daemon, hosting(daemon) as host:
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        async with daemon.signaling(room_of(await daemon.find())) as player:
            await player.send(OFFER)
            await host.until("offer")
    assert not path.exists()


async def test_socket_activation(site: Site) -> None:
    """A socket that systemd passes is served, and keeps callers while the daemon restarts."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        site.config["server"]["listen"] = ["fd://"]
        fds, command = (listener.fileno(),), activated(listener)
        async with site.daemon(command=command, pass_fds=fds) as daemon:
            assert daemon.listen == f"127.0.0.1:{listener.getsockname()[1]}"
            assert (await daemon.ask("GET", "/healthz")).status == 200
        early = await trio.open_tcp_stream(*listener.getsockname())
        async with early, site.daemon(command=command, pass_fds=fds) as daemon:
            assert (await Http(early, site.learn).ask("GET", "/healthz")).status == 200
            async with hosting(daemon):
                pass


async def test_without_activation_fd_is_refused(site: Site) -> None:
    """fd:// without a socket unit ends with 1 and says what is missing."""
    site.write()
    status, said = await site.refused("--listen", "fd://")
    assert status == 1
    assert "systemd passed no sockets" in said


async def test_address_in_use(site: Site) -> None:
    """An address that another program has ends with 1 and names it."""
    async with site.daemon():
        status, said = await site.refused(data=site.directory / "other")
    assert status == 1
    assert f"127.0.0.1:{site.port}" in said


async def test_tls(secure: Site) -> None:
    """With a certificate the same port speaks HTTPS and WSS, and hands out such addresses."""
    async with secure.daemon() as daemon, hosting(daemon) as host:
        found = await daemon.find()
        assert found["signalingUrl"].startswith(f"wss://127.0.0.1:{secure.port}/signal/")
        async with daemon.signaling(room_of(found)) as player:
            await player.send(OFFER)
            await host.until("offer")


async def test_plain_text_on_a_tls_port(secure: Site) -> None:
    """A caller who speaks no TLS loses his connection and disturbs nobody."""
    async with secure.daemon() as daemon:
        stream = await trio.open_tcp_stream("127.0.0.1", secure.port)
        async with stream:
            http = Http(stream, secure.learn)
            await http.send("GET", "/?roomId=room-1", headers=UPGRADE)
            await http.closed()
        assert (await daemon.ask("GET", "/healthz")).status == 200

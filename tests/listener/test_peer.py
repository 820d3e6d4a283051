"""What a socket tells about its peer."""

import socket

import pytest

from matchd.listener.peer import Peer, peer_of


@pytest.mark.parametrize(("listen", "host"), [("::", "127.0.0.1"), ("::1", "::1")])
def test_tcp(listen: str, host: str) -> None:
    """An IPv4 peer of a dual-stack socket has an IPv4 address."""
    with socket.create_server(
        (listen, 0), family=socket.AF_INET6, dualstack_ipv6=listen == "::"
    ) as server:
        port = server.getsockname()[1]
        with socket.create_connection((host, port)) as client:
            accepted, _ = server.accept()
            with accepted:
                peer = peer_of(accepted, tls=True)
            local = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            assert Peer(host, client.getsockname()[1], True, local) == peer


def test_unix() -> None:
    """A peer of a unix socket has no address."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert Peer("unix:", 0, False, "") == peer_of(ours, tls=False)
        assert str(peer_of(ours, tls=False)) == "unix:"


def test_gone() -> None:
    """A socket that is not connected any more is an OSError."""
    with socket.socket() as sock, pytest.raises(OSError):
        peer_of(sock, tls=False)


def test_text() -> None:
    """A peer reads as people write addresses."""
    assert [str(Peer(h, 5, False, "")) for h in ("1.2.3.4", "::1")] == ["1.2.3.4:5", "[::1]:5"]

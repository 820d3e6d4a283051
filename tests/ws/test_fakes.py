"""The fake wire of these tests is held against what the listener really hands over."""

from __future__ import annotations

import inspect

from matchd.listener.heads import RequestHead
from matchd.listener.peer import Peer
from matchd.listener.replay import ReplayStream
from matchd.ws.hold import Peer as PeerSeen
from matchd.ws.requests import Head as HeadSeen
from matchd.ws.socket import Wire as WireSeen
from tests.ws.wires import Wire


def public(kind: type) -> set[str]:
    """The names a Protocol asks for."""
    return {name for name in vars(kind) if not name.startswith("_")}


def test_the_fake_wire_is_like_the_real_one() -> None:
    """Both have what the edge uses, and their methods take the same parameters."""
    methods = {"receive_some", "send_all", "wait_send_all_might_not_block", "aclose", "abort"}
    for name in methods:
        real, fake = getattr(ReplayStream, name), getattr(Wire, name)
        parameters = [list(inspect.signature(kind).parameters) for kind in (real, fake)]
        assert parameters[0] == parameters[1]
        assert inspect.iscoroutinefunction(real) == inspect.iscoroutinefunction(fake)
    assert {"last_read", "buffered", "abort"} == public(WireSeen)
    assert public(WireSeen) <= set(dir(ReplayStream))
    assert {"last_read", "buffered"} <= set(Wire.__init__.__code__.co_names)


def test_heads_and_peers_are_the_real_ones() -> None:
    """What the edge expects of a head and a peer, the listener's classes have."""
    assert public(HeadSeen) <= set(dir(RequestHead)) | set(RequestHead.__slots__)
    assert public(PeerSeen) <= set(Peer.__slots__)

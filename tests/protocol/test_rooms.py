"""The signaling dialect (wire.md 2.5): what is relayed, what is dropped, what is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchd.domain.ids import PeerId
from matchd.protocol.rooms import (
    OURS,
    SCHEMA_ERROR,
    Offer,
    PeerDisconnected,
    control,
    decode,
    encode,
)

PEER = PeerId("p1")
RELAYED: list[dict[str, object]] = [
    {"type": "offer", "sdp": "v=0\r\n"},
    {"type": "offer", "sdp": ""},
    {"type": "answer", "sdp": "v=0 é \u2028"},
    {"type": "candidate", "candidate": "candidate:1 1 udp", "sdpMid": "0", "sdpMLineIndex": 0},
    {"type": "candidate", "candidate": "x"},
    {"type": "candidate", "candidate": "", "sdpMid": "0"},
    {"type": "candidate", "candidate": None},
    {"type": "candidate", "candidate": "x", "sdpMid": None, "sdpMLineIndex": None},
    {"type": "candidate", "candidate": "x", "sdpMLineIndex": 10**30},
    {"type": "control", "action": "terminate"},
    {"type": "control", "action": "x" * 128, "payload": None},
    {"type": "control", "action": "ping", "payload": {"a": [1, 2.5, "é", {"b": None}]}},
    {"type": "control", "action": "ping", "payload": "text"},
]


def relayed(message: dict[str, object], peer: PeerId | None = None) -> object:
    """What the other side reads of a message."""
    signal = decode(json.dumps(message))
    assert signal is not None
    return json.loads(encode(signal, peer))


@pytest.mark.parametrize("message", RELAYED)
def test_round_trip(message: dict[str, object]) -> None:
    """The four messages arrive with every field they had: null stays null, absent absent."""
    assert relayed(message) == message


@pytest.mark.parametrize("message", RELAYED)
def test_unknown_fields_are_dropped(message: dict[str, object]) -> None:
    """Fields that the dialect does not have do not pass."""
    junk = {"sessionId": "s", "isTrusted": True, "usernameFragment": None, "x": [[{}]]}
    assert relayed(message | junk) == message


@pytest.mark.parametrize("message", RELAYED)
def test_peer_is_set_for_the_receiver(message: dict[str, object]) -> None:
    """A host sees which place it hears; a player never sees a peer, whatever was sent."""
    assert relayed(message, PEER) == message | {"peer": "p1"}
    assert relayed(message | {"peer": "other"}, PEER) == message | {"peer": "p1"}
    assert relayed(message | {"peer": "other"}) == message


def test_peer_is_read() -> None:
    """A host's message says which place it is for."""
    signal = decode('{"type":"answer","sdp":"x","peer":"p1"}')
    assert signal is not None
    assert signal.peer == "p1"


def test_payload_is_relayed_as_it_came() -> None:
    """A payload keeps its bytes: big numbers, spaces and repeated names."""
    signal = decode(
        '{"type":"control","action":"a","payload":{"n": 1e999, "n":12345678901234567890123}}'
    )
    assert signal is not None
    assert b'"payload":{"n": 1e999, "n":12345678901234567890123}}' in encode(signal, None)


@pytest.mark.parametrize("action", sorted(OURS))
def test_actions_of_ours_are_refused(action: str) -> None:
    """Nobody but the server can say what only the server says."""
    assert decode(json.dumps({"type": "control", "action": action, "payload": {}})) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "5",
        "hello",
        "{",
        "{}",
        '{"type":null}',
        '{"type":"unknown"}',
        '{"type":"peer-disconnected"}',
        '{"type":"Offer","sdp":"x"}',
        '{"type":"offer"}',
        '{"type":"offer","sdp":null}',
        '{"type":"offer","sdp":5}',
        '{"type":"offer","sdp":"x","peer":5}',
        '{"type":"candidate"}',
        '{"type":"candidate","candidate":{}}',
        '{"type":"candidate","candidate":"x","sdpMid":0}',
        '{"type":"candidate","candidate":"x","sdpMLineIndex":"0"}',
        '{"type":"candidate","candidate":"x","sdpMLineIndex":1.5}',
        '{"type":"control"}',
        '{"type":"control","action":""}',
        '{"type":"control","action":5}',
        '{"type":"control","action":"%s"}' % ("x" * 129),
        '{"type":"control","action":"a","payload":NaN}',
        '{"type":"control","action":"a","payload":{"a":"\\ud800"}}',
        '{"type":"offer","sdp":"\\ud800"}',
        '{"type":"offer","sdp":"\ud800"}',
        '{"type":"offer","sdp":"%s"}' % ("x" * 65_537),
        '{"type":"candidate","candidate":"x","sdpMLineIndex":%s}' % ("9" * 5000),
        '{"type":"control","action":"a","payload":' + "[" * 30_000 + "]" * 30_000 + "}",
        '{"type":"offer","sdp":"x"}{"type":"offer","sdp":"x"}',
    ],
)
def test_invalid(text: str) -> None:
    """Anything else is no message: the sender gets a schema error, nobody else anything."""
    assert decode(text) is None


@given(st.text())
def test_any_text(text: str) -> None:
    """No text raises."""
    assert decode(text) is None or text.lstrip().startswith("{")


TYPES = st.sampled_from(["offer", "answer", "candidate", "control", "x"])
VALUES = st.none() | st.integers() | st.text(st.characters(exclude_categories=[]))
NAMES = st.sampled_from(
    ["sdp", "candidate", "sdpMid", "sdpMLineIndex", "action", "payload", "peer"]
)


@given(TYPES, st.dictionaries(NAMES, VALUES), st.booleans())
def test_what_is_decoded_can_be_encoded(
    kind: str, fields: dict[str, object], ascii_only: bool
) -> None:
    """A message that is accepted can always be relayed, and is accepted as relayed."""
    signal = decode(json.dumps({"type": kind, **fields}, ensure_ascii=ascii_only))
    if signal is not None:
        again = decode(encode(signal, PEER).decode())
        assert again is not None
        assert encode(again, None) == encode(signal, None)


def test_words_of_the_server() -> None:
    """The server's own messages are as the specification has them."""
    assert json.loads(SCHEMA_ERROR) == {"type": "control", "action": "schema-error"}
    assert json.loads(encode(PeerDisconnected(), None)) == {"type": "peer-disconnected"}
    assert json.loads(encode(PeerDisconnected(), PEER)) == {
        "type": "peer-disconnected",
        "peer": "p1",
    }
    joined = json.loads(control("peer-joined", {}, PEER))
    assert joined == {"type": "control", "action": "peer-joined", "payload": {}, "peer": "p1"}


def test_encoding_leaves_the_message_alone() -> None:
    """One message can go to several receivers."""
    offer = Offer(sdp="x", peer=PeerId("a"))
    encode(offer, PEER)
    assert offer == Offer(sdp="x", peer=PeerId("a"))

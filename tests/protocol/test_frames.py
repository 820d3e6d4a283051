"""The codec of frames beside wsproto: the same messages and close codes, however bytes are cut."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection
from wsproto.frame_protocol import FrameProtocol, Opcode, ParseFailed

from matchd.protocol import frames
from matchd.protocol.frames import Closing, FrameReader, Ping, Pong, Violation, unmask

MOST = 1000
Heard = list[tuple[object, ...]]
"""What was said, in order: kind and content."""


def masked(first: int, payload: bytes, mask: bytes = b"\x01\x02\x03\x04") -> bytes:
    """A client's frame."""
    whole = frames.frame(first, payload)
    head = len(whole) - len(payload)
    return bytes((whole[0], whole[1] | 0x80)) + whole[2:head] + mask + unmask(payload, mask)


def ours(pieces: list[bytes]) -> Heard:
    """What our reader hears."""
    reader, heard = FrameReader(MOST), Heard()
    try:
        for piece in pieces:
            reader.feed(piece)
            while (event := reader.next()) is not None:
                match event:
                    case Ping(data):
                        heard.append(("ping", data))
                    case Pong(data):
                        heard.append(("pong", data))
                    case Closing(code, reason):
                        heard.append(("close", 1005 if code is None else code, reason))
                    case _:
                        heard.append(("said", event))
    except Violation as violation:
        heard.append(("broken", violation.code))
    return heard


def theirs(pieces: list[bytes]) -> Heard:
    """What wsproto hears, with messages put together."""
    protocol, heard = FrameProtocol(client=False, extensions=[]), Heard()
    parts: list[Any] = []
    try:
        for piece in pieces:
            protocol.receive_bytes(piece)
            for one in protocol.received_frames():
                match one.opcode:
                    case Opcode.PING:
                        heard.append(("ping", one.payload))
                    case Opcode.PONG:
                        heard.append(("pong", one.payload))
                    case Opcode.CLOSE:
                        code, reason = cast("tuple[int, str]", one.payload)
                        heard.append(("close", int(code), reason))
                    case _:
                        parts.append(one.payload)
                        if one.message_finished:
                            heard.append(("said", type(parts[0])().join(parts)))
                            parts = []
    except ParseFailed as error:
        heard.append(("broken", int(error.code)))
    return heard


PAYLOADS = st.one_of(
    st.binary(max_size=12),
    st.text(max_size=40).map(str.encode),
    st.sampled_from([125, 126, 127, 300]).map(lambda size: b"x" * size),
)
CLOSES = st.one_of(
    st.just(b""),
    st.binary(min_size=1, max_size=1),
    st.builds(
        lambda code, reason: code.to_bytes(2, "big") + reason,
        st.one_of(
            st.integers(0, 65535), st.integers(990, 1020), st.sampled_from([2999, 3000, 4999])
        ),
        st.text(max_size=20).map(str.encode) | st.just(b"\xff"),
    ),
)
FRAMES = st.builds(
    masked,
    st.sampled_from([0x81, 0x82, 0x01, 0x02, 0x00, 0x80, 0x89, 0x8A]),
    PAYLOADS,
    st.binary(min_size=4, max_size=4),
)
TEXTS = st.builds(masked, st.just(0x81), st.text(max_size=60).map(str.encode))
IN_PIECES = st.text(min_size=2, max_size=30).map(
    lambda text: b"".join(
        masked(first, bytes([byte]))
        for first, byte in zip(
            (0x01, *(0x00,) * (len(text.encode()) - 2), 0x80), text.encode(), strict=False
        )
    )
)
ODD = st.one_of(
    FRAMES,
    st.builds(masked, st.just(0x88), CLOSES),
    st.builds(masked, st.integers(0, 255), st.binary(max_size=4)),
    st.builds(frames.frame, st.sampled_from([0x81, 0x89]), st.binary(max_size=5)),
    st.sampled_from(
        [
            b"\x81\xfe\x00\x7d" + b"m" * 130,
            b"\x81\xff" + (126).to_bytes(8, "big") + b"m" * 130,
            b"\x82\xff" + (1 << 63).to_bytes(8, "big") + b"mask",
            b"\x89\xfe\x00\x7e" + b"m" * 130,
        ]
    ),
)
STREAMS = st.lists(st.one_of(TEXTS, IN_PIECES, FRAMES, ODD), max_size=6).map(b"".join)


@given(STREAMS, st.lists(st.integers(0, 400), max_size=8), st.booleans())
@example(masked(0x81, b"x" * 126), [], True)
@example(masked(0x01, "ä".encode()[:1]) + masked(0x80, "ä".encode()[1:]), [], False)
@example(masked(0x01, b"\xf4\x90") + masked(0x80, b"\x80\x80"), [], False)
@settings(max_examples=400, deadline=None)
def test_we_hear_what_wsproto_hears(stream: bytes, cuts: list[int], every_byte: bool) -> None:
    """Valid and broken frames, in whatever pieces: the same messages, and the same close code."""
    places = range(len(stream)) if every_byte else sorted(min(cut, len(stream)) for cut in cuts)
    borders = [0, *places, len(stream)]
    pieces = [stream[a:b] for a, b in pairwise(borders)]
    assert theirs(pieces) == ours(pieces)


def test_no_more_than_the_most() -> None:
    """A message of the limit is heard; one byte more is refused with its header, in whatever frames."""
    fits = b"x" * MOST
    assert ours([masked(0x81, fits)]) == [("said", fits.decode())]
    assert ours([masked(0x81, fits + b"x")[:8]]) == [("broken", 1009)]
    for first, last in ((0x01, 0x80), (0x02, 0x80)):
        assert ours([masked(first, fits), masked(last, b"x")]) == [("broken", 1009)]
        said = fits.decode() if first == 0x01 else fits
        assert ours([masked(first, fits), masked(last, b"")]) == [("said", said)]


def test_what_can_never_be_text_is_refused_at_once() -> None:
    """A text that is wrong already is not waited for."""
    begun = masked(0x81, b"abc\xc0\xaf" + b"x" * 50)
    assert ours([begun[:20]]) == [("broken", 1007)]


@given(st.binary(max_size=70), st.binary(min_size=4, max_size=4))
@settings(max_examples=50, deadline=None)
def test_a_mask_comes_off(data: bytes, mask: bytes) -> None:
    """What was masked byte by byte is clear again."""
    expected = bytes(byte ^ mask[place % 4] for place, byte in enumerate(data))
    assert expected == unmask(data, mask)


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_frames_of_ours_are_understood(size: int) -> None:
    """What we write, wsproto's client reads."""
    protocol = FrameProtocol(client=True, extensions=[])
    protocol.receive_bytes(frames.frame(frames.BINARY, b"x" * size))
    assert b"x" * size == b"".join(bytes(one.payload) for one in protocol.received_frames())  # type: ignore[arg-type]


def test_close_frames_of_ours_are_understood() -> None:
    """A code and a reason, which is cut where a character ends."""
    for code, reason, expected in [
        (1000, "bye", (1000, "bye")),
        (4431, "ä" * 100, (4431, "ä" * 61)),
        (None, "", (1005, "")),
    ]:
        protocol = FrameProtocol(client=True, extensions=[])
        protocol.receive_bytes(frames.close_frame(code, reason))
        (one,) = protocol.received_frames()
        assert expected == cast("object", one.payload)


def test_the_answer_to_an_upgrade_is_the_librarys() -> None:
    """The same bytes as wsproto's server writes."""
    key = b"dGhlIHNhbXBsZSBub25jZQ=="
    server = WSConnection(ConnectionType.SERVER)
    server.receive_data(
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %b\r\n\r\n" % key
    )
    list(server.events())
    assert server.send(AcceptConnection()) == frames.accepted(key)

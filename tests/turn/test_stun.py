"""The STUN codec: what goes in comes out, vectors of RFC 5769, and bytes that are no message."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchd.turn.stun import (
    Attr,
    ChannelData,
    Kind,
    Message,
    Method,
    StunError,
    decode,
    decode_frame,
    encode,
    encode_channel,
    frame_size,
    long_term_key,
    signed_by,
)
from matchd.turn.stun_values import (
    address_of,
    code_of,
    number_of,
    pack_address,
    text_of,
    unpack_address,
)

TRANSACTIONS = st.binary(min_size=12, max_size=12)
MESSAGES = st.builds(
    Message,
    method=st.integers(0, 0xFFF),
    kind=st.sampled_from(Kind),
    transaction=TRANSACTIONS,
    attributes=st.lists(
        st.tuples(
            st.integers(0, 0xFFFF).filter(lambda number: number != Attr.MESSAGE_INTEGRITY),
            st.binary(max_size=40),
        ),
        max_size=6,
    ).map(tuple),
)

# RFC 5769, section 2.2: a response over IPv4, signed and marked.
RESPONSE = bytes.fromhex(
    "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220"
    "002000080001a147e112a643000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7"
    "80280004c07d4c96"
)


@settings(deadline=None, max_examples=60)
@given(MESSAGES, st.none() | st.binary(max_size=20))
def test_round_trip(message: Message, key: bytes | None) -> None:
    """A message is read as it was written, and its signature is good for its key alone."""
    data = encode(message, key)
    read = decode(data)
    own = tuple(pair for pair in read.attributes if pair[0] != Attr.MESSAGE_INTEGRITY)
    assert Message(read.method, read.kind, read.transaction, own) == message
    assert signed_by(data, key or b"") == (key is not None)
    assert not signed_by(data, (key or b"") + b"x")
    assert frame_size(data[:4]) == len(data)


@settings(deadline=None, max_examples=200)
@given(
    st.binary(max_size=120)
    | st.builds(
        lambda head, body: head + len(body).to_bytes(2, "big") + bytes.fromhex("2112a442") + body,
        st.binary(min_size=2, max_size=2),
        st.binary(max_size=80),
    )
)
def test_any_bytes(data: bytes) -> None:
    """Bytes are a frame or a StunError, in every value too, and never anything else."""
    try:
        frame = decode_frame(data)
    except StunError:
        return
    if isinstance(frame, ChannelData):
        return
    signed_by(data, b"key")
    text_of(frame, Attr.SOFTWARE)
    for number, value in frame.attributes:
        one = Message(frame.method, frame.kind, frame.transaction, ((Attr.ERROR_CODE, value),))
        for reading in (code_of, lambda m: number_of(m, Attr.LIFETIME)):
            try:
                reading(one)
            except StunError:
                assert number >= 0
        try:
            unpack_address(value, frame.transaction)
        except StunError:
            assert len(value) not in (8, 20) or value[1] not in (1, 2)


@settings(deadline=None, max_examples=50)
@given(MESSAGES, st.data())
def test_flipped_bit_voids_the_signature(message: Message, data: st.DataObject) -> None:
    """Whatever bit of a signed message's attributes changes, it is not signed any more."""
    signed = bytearray(encode(message, b"key"))
    at = data.draw(st.integers(8, len(signed) - 1))
    signed[at] ^= 1 << data.draw(st.integers(0, 7))
    assert not signed_by(bytes(signed), b"key")


@given(st.ip_addresses().map(str), st.integers(0, 65535), TRANSACTIONS)
def test_addresses(host: str, port: int, transaction: bytes) -> None:
    """An address of either family survives its mask."""
    assert unpack_address(pack_address((host, port), transaction), transaction) == (host, port)


@given(st.integers(0x4000, 0x4FFF), st.binary(max_size=50))
def test_channel_data(channel: int, data: bytes) -> None:
    """A frame of channel data is cut from a stream with its padding, and read without it."""
    frame = encode_channel(ChannelData(channel, data))
    padded = frame + bytes(frame_size(frame[:4]) - len(frame))
    assert len(padded) % 4 == 0
    assert decode_frame(frame) == decode_frame(padded) == ChannelData(channel, data)


def test_vector() -> None:
    """The response of RFC 5769 says what the RFC says that it says."""
    message = decode(RESPONSE)
    assert (message.method, message.kind) == (Method.BINDING, Kind.SUCCESS)
    assert text_of(message, Attr.SOFTWARE) == "test vector"
    assert address_of(message, Attr.XOR_MAPPED_ADDRESS) == ("192.0.2.1", 32853)
    assert signed_by(RESPONSE, b"VOkJxbRl1RmTxUk/WvJxBt")
    assert not signed_by(RESPONSE, b"VOkJxbRl1RmTxUk/WvJxBu")


def test_long_term_key() -> None:
    """The key of RFC 8489's long-term credentials is MD5 of the three parts."""
    assert long_term_key("user", b"realm", "pass").hex() == "8493fbc53ba582fb4c044c456bdc40eb"


@pytest.mark.parametrize("value", [b"", b"\0\0\7\0", b"\0\0\2\0", b"\0\0\4\x64"])
def test_wrong_error_codes(value: bytes) -> None:
    """Codes outside 300 to 699 are no codes."""
    message = Message(1, Kind.ERROR, bytes(12), ((Attr.ERROR_CODE, value),))
    with pytest.raises(StunError):
        code_of(message)


def test_too_long() -> None:
    """What the wire's lengths can't say is refused, not cut."""
    with pytest.raises(StunError):
        encode(Message(1, Kind.REQUEST, bytes(12), ((1, bytes(70_000)),)))
    with pytest.raises(StunError):
        encode(Message(1, Kind.REQUEST, bytes(12), ((1, bytes(40_000)),) * 2))

"""STUN messages to bytes and back (RFC 8489), with what TURN adds to them (RFC 8656).

Sans-io: `encode` makes the bytes of a message, `decode` reads one or raises StunError, whatever it is
fed. A message keeps its attributes in order, as numbers and raw values; `stun_values` reads those.
MESSAGE-INTEGRITY (HMAC-SHA1) is made by `encode` and checked on the bytes, since it covers what stands
before it; FINGERPRINT is optional, and neither made nor checked. ChannelData frames are here too: they
share the stream with messages, and `frame_size` cuts both. `matchd.doctor` and the tests import this.
"""

import hashlib
import hmac
import struct
from enum import IntEnum

import msgspec

COOKIE = 0x2112A442
HEAD = 20


class StunError(ValueError):
    """These bytes are no STUN message, or a value in one is not what its attribute holds."""


class Method(IntEnum):
    """What is asked."""

    BINDING = 0x001
    ALLOCATE = 0x003
    REFRESH = 0x004
    SEND = 0x006
    DATA = 0x007
    CREATE_PERMISSION = 0x008
    CHANNEL_BIND = 0x009


class Kind(IntEnum):
    """What a message is to its method; the two bits as they stand in the type."""

    REQUEST = 0x000
    INDICATION = 0x010
    SUCCESS = 0x100
    ERROR = 0x110


class Attr(IntEnum):
    """The attributes that we make or read."""

    USERNAME = 0x0006
    MESSAGE_INTEGRITY = 0x0008
    ERROR_CODE = 0x0009
    CHANNEL_NUMBER = 0x000C
    LIFETIME = 0x000D
    XOR_PEER_ADDRESS = 0x0012
    DATA = 0x0013
    REALM = 0x0014
    NONCE = 0x0015
    XOR_RELAYED_ADDRESS = 0x0016
    REQUESTED_ADDRESS_FAMILY = 0x0017
    REQUESTED_TRANSPORT = 0x0019
    XOR_MAPPED_ADDRESS = 0x0020
    SOFTWARE = 0x8022


_KINDS = {int(kind): kind for kind in Kind}


class Message(msgspec.Struct, frozen=True):
    """One message. `method` is a number below 0x1000 (Method names those we use), `transaction` has
    12 bytes; `attributes` are in the order of the wire.
    """

    method: int
    kind: Kind
    transaction: bytes
    attributes: tuple[tuple[int, bytes], ...] = ()

    def get(self, number: int) -> bytes | None:
        """The value of the first attribute of this number."""
        return next((value for name, value in self.attributes if name == number), None)

    def has(self, number: int) -> bool:
        """Whether there is such an attribute."""
        return any(name == number for name, _ in self.attributes)


class ChannelData(msgspec.Struct, frozen=True):
    """Data for the peer of a bound channel (0x4000 to 0x4FFF), or from it."""

    channel: int
    data: bytes


def encode(message: Message, key: bytes | None = None) -> bytes:
    """The bytes of a message; with `key` it is signed, after all other attributes."""
    body = b"".join(_attribute(number, value) for number, value in message.attributes)
    if key is not None:
        signed = _head(message, len(body) + 24) + body
        body += _attribute(Attr.MESSAGE_INTEGRITY, hmac.digest(key, signed, "sha1"))
    return _head(message, len(body)) + body


def decode(data: bytes) -> Message:
    """Read one whole message. StunError for anything else."""
    if len(data) < HEAD:
        raise StunError("shorter than the head of a message")
    number, length, cookie = struct.unpack_from("!HHI", data)
    if number >= 0x4000 or cookie != COOKIE:
        raise StunError("not a STUN message")
    if length % 4 or length != len(data) - HEAD:
        raise StunError("the length is wrong")
    method = (number & 0x000F) | (number & 0x00E0) >> 1 | (number & 0x3E00) >> 2
    return Message(method, _KINDS[number & 0x0110], data[8:HEAD], tuple(_attributes(data)))


def signed_by(data: bytes, key: bytes) -> bool:
    """Whether a message (bytes that `decode` takes) has a MESSAGE-INTEGRITY of this key."""
    at = HEAD
    while at + 4 <= len(data):
        number, size = struct.unpack_from("!HH", data, at)
        if number == Attr.MESSAGE_INTEGRITY:
            # The length that is signed ends with this attribute, whatever follows it.
            head = data[:2] + struct.pack("!H", at + 24 - HEAD) + data[4:HEAD]
            made = hmac.digest(key, head + data[HEAD:at], "sha1")
            return size == len(made) and hmac.compare_digest(made, data[at + 4 : at + 24])
        at += 4 + size + -size % 4
    return False


def long_term_key(username: str, realm: bytes, password: str) -> bytes:
    """The key of long-term credentials (RFC 8489, section 9.2.2)."""
    text = username.encode() + b":" + realm + b":" + password.encode()
    return hashlib.md5(text, usedforsecurity=False).digest()


def encode_channel(frame: ChannelData) -> bytes:
    """The bytes of a ChannelData frame, not padded."""
    return struct.pack("!HH", frame.channel, len(frame.data)) + frame.data


def decode_frame(data: bytes) -> Message | ChannelData:
    """Read a message or a ChannelData frame; StunError for anything else."""
    if not data or data[0] >> 4 != 4:
        return decode(data)
    if len(data) < 4:
        raise StunError("shorter than the head of ChannelData")
    channel, length = struct.unpack_from("!HH", data)
    if not length <= len(data) - 4 <= length + 3:
        raise StunError("the length of ChannelData is wrong")
    return ChannelData(channel, data[4 : 4 + length])


def frame_size(head: bytes) -> int:
    """Bytes that the frame with these first four takes on a stream; StunError if it is none."""
    number, length = struct.unpack_from("!HH", head)
    if number < 0x4000:
        return HEAD + int(length)
    if number < 0x5000:
        return 4 + int(length) + -int(length) % 4
    raise StunError("not a STUN message")


def _head(message: Message, length: int) -> bytes:
    if length > 0xFFFF:
        raise StunError("longer than a message can be")
    method = message.method
    number = (method & 0x00F) | (method & 0x070) << 1 | (method & 0xF80) << 2 | message.kind
    return struct.pack("!HHI", number, length, COOKIE) + message.transaction


def _attribute(number: int, value: bytes) -> bytes:
    if len(value) > 0xFFFF:
        raise StunError("longer than an attribute can be")
    return struct.pack("!HH", number, len(value)) + value + bytes(-len(value) % 4)


def _attributes(data: bytes) -> list[tuple[int, bytes]]:
    found, at = [], HEAD
    while at < len(data):
        number, size = struct.unpack_from("!HH", data, at)
        end = at + 4 + size
        if end > len(data):
            raise StunError("an attribute is cut off")
        found.append((number, data[at + 4 : end]))
        at = end + -size % 4
    return found

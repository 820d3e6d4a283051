"""What stands in the attributes of STUN messages: addresses, error codes, texts, numbers.

Pure, like `stun`. A value that is not what its attribute holds raises StunError.
"""

import ipaddress
import struct

from matchd.turn.stun import COOKIE, Attr, Message, StunError

Address = tuple[str, int]
"""An IP address as text, without a scope, and a port."""

V4, V6 = 1, 2
_COOKIE = struct.pack("!I", COOKIE)


def pack_address(address: Address, transaction: bytes) -> bytes:
    """The value of an XOR address (RFC 8489, section 14.2)."""
    ip = ipaddress.ip_address(address[0])
    family = V4 if ip.version == 4 else V6
    return _masked(struct.pack("!BBH", 0, family, address[1]) + ip.packed, transaction)


def unpack_address(value: bytes, transaction: bytes) -> Address:
    """Read the value of an XOR address."""
    if len(value) < 4 or (value[1], len(value)) not in ((V4, 8), (V6, 20)):
        raise StunError("not an address")
    plain = _masked(value, transaction)
    return str(ipaddress.ip_address(plain[4:])), int.from_bytes(plain[2:4], "big")


def address_of(message: Message, number: Attr) -> Address:
    """The XOR address in this attribute; StunError where it is missing."""
    value = message.get(number)
    if value is None:
        raise StunError(f"no {number.name} in the answer")
    return unpack_address(value, message.transaction)


def code_of(message: Message) -> int:
    """The error code; 0 where there is none. Reasons differ by server and version: only this counts."""
    value = message.get(Attr.ERROR_CODE)
    if value is None:
        return 0
    if len(value) < 4 or not 3 <= value[2] & 7 <= 6 or value[3] > 99:
        raise StunError("not an error code")
    return (value[2] & 7) * 100 + value[3]


def text_of(message: Message, number: Attr) -> str:
    """The text in this attribute, fit to be shown; empty where there is none."""
    text = (message.get(number) or b"").decode("utf-8", "replace")
    return "".join(char if char.isprintable() else "?" for char in text)


def number_of(message: Message, number: Attr) -> int:
    """The 32-bit number in this attribute; StunError where there is none."""
    value = message.get(number)
    if value is None or len(value) != 4:
        raise StunError(f"no {number.name} in the answer")
    return int.from_bytes(value, "big")


def _masked(plain: bytes, transaction: bytes) -> bytes:
    """Put the XOR on family, port and address, or take it off."""
    key = _COOKIE[:2] + _COOKIE + transaction
    return plain[:2] + bytes(a ^ b for a, b in zip(plain[2:], key, strict=False))

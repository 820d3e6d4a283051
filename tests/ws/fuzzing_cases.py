"""What Autobahn's fuzzing client asks of a server, under its own numbers, for servers of text.

Left out are compression (12, 13), which is never agreed upon, messages beyond our limit (most of 9),
and what nobody can fail. A binary message is refused here, which the conversation of the test does by
saying `binary`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from matchd.protocol.frames import BINARY, CLOSE, PING, PONG, TEXT
from tests.ws.bare import masked

NOT_FINAL = 0x01
"""The first byte of a text that goes on."""

GOES_ON, ENDS = 0x00, 0x80
REFUSED = (TEXT, b"binary")
FAILS, NOT_TEXT = 1002, 1007


class Case(NamedTuple):
    """What is sent, the frames that come back, and the code of the close; 1000 if the client asks."""

    number: str
    sent: bytes
    heard: list[tuple[int, bytes]]
    code: int | None = 1000


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _messages()
    yield from _pings()
    yield from _reserved()
    yield from _fragments()
    yield from _texts()
    yield from _closes()
    yield from _large()


def _text(data: bytes) -> bytes:
    return masked(TEXT, data)


def _messages() -> Iterator[Case]:
    for number, size in enumerate((0, 125, 126, 127, 128, 65_535, 65_536), 1):
        yield Case(f"1.1.{number}", _text(b"*" * size), [(TEXT, b"*" * size)])
        yield Case(f"1.2.{number}", masked(BINARY, b"\xfe" * size), [REFUSED])


def _pings() -> Iterator[Case]:
    for number, data in enumerate((b"", b"Hello, world!", b"\x00\xff\xfe\xfd", b"\xfe" * 125), 1):
        yield Case(f"2.{number}", masked(PING, data), [(PONG, data)])
    yield Case("2.5", masked(PING, b"\xfe" * 126), [], FAILS)
    yield Case("2.7", masked(PONG, b""), [])
    yield Case("2.8", masked(PONG, b"unsolicited"), [])
    yield Case("2.9", masked(PONG, b"unsolicited") + masked(PING, b"ping"), [(PONG, b"ping")])
    many = [b"payload-%d" % number for number in range(10)]
    pings = b"".join(masked(PING, data) for data in many)
    yield Case("2.10", pings, [(PONG, data) for data in many])


def _reserved() -> Iterator[Case]:
    for bits in range(1, 8):
        for first in (TEXT, BINARY, PING, CLOSE):
            sent = _text(b"first") + masked(first | bits << 4, b"\x03\xe8") + masked(PING, b"")
            yield Case(f"3.{bits} {first:x}", sent, [(TEXT, b"first")], FAILS)
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        sent = _text(b"first") + masked(0x80 | opcode, b"x") + masked(PING, b"")
        yield Case(f"4 {opcode}", sent, [(TEXT, b"first")], FAILS)


def _fragments() -> Iterator[Case]:
    begun, rest = masked(NOT_FINAL, b"fragment1"), masked(ENDS, b"fragment2")
    whole = (TEXT, b"fragment1fragment2")
    ping, pong = masked(PING, b"ping"), (PONG, b"ping")
    yield Case("5.1", masked(0x09, b"frag") + masked(ENDS, b"ment"), [], FAILS)
    yield Case("5.2", masked(0x0A, b"frag") + masked(ENDS, b"ment"), [], FAILS)
    yield Case("5.3", begun + rest, [whole])
    yield Case("5.6", begun + ping + rest, [pong, whole])
    yield Case("5.9", masked(ENDS, b"lonely") + _text(b"x"), [], FAILS)
    yield Case("5.12", masked(GOES_ON, b"lonely") + _text(b"x"), [], FAILS)
    yield Case("5.15", begun + rest + masked(GOES_ON, b"x") + _text(b"x"), [whole], FAILS)
    yield Case("5.18", begun + _text(b"fragment2"), [], FAILS)
    long = masked(NOT_FINAL, b"1") + masked(GOES_ON, b"2") + ping + masked(GOES_ON, b"3")
    long += masked(GOES_ON, b"4") + ping + masked(ENDS, b"5")
    yield Case("5.19", long, [pong, pong, (TEXT, b"12345")])
    yield Case(
        "6.1.2", masked(NOT_FINAL, b"") + masked(GOES_ON, b"") + masked(ENDS, b""), [(TEXT, b"")]
    )
    yield Case(
        "6.1.3", masked(NOT_FINAL, b"") + masked(GOES_ON, b"x") + masked(ENDS, b""), [(TEXT, b"x")]
    )


_GOOD = (
    *("κόσμε", "Hello-µ@ßöäüàá-UTF-8!!", "\x00", "\x7f", "\x80", "\u07ff", "\u0800", "\uffff"),
    *("\U00010000", "\U0010ffff", "\ud7ff", "\ue000", "\ufffd", "\ufffe", "\ufeff", "\U0001fffe"),
)
_BAD = (
    *("cebae1bdb9cf83cebcceb5eda080656469746564", "80", "bf", "80bf", "80bf80bf80", "c320", "e020"),
    *("c0", "df", "e080", "f08080", "f8808080", "fc8080808080", "dfbf80", "efbf", "f7bfbf"),
    *("fe", "ff", "fefeffff", "c0af", "e080af", "f08080af", "c1bf", "e09fbf", "f08fbfbf", "c080"),
    *("eda080", "edadbf", "edae80", "edbfbf", "eda080edb080", "f4908080", "f7bfbfbf", "f888808080"),
)


def _texts() -> Iterator[Case]:
    for number, good in enumerate(_GOOD):
        data = good.encode()
        yield Case(f"6 good {number}", _text(data), [(TEXT, data)])
        pieces = [masked(GOES_ON, data[place : place + 1]) for place in range(len(data))]
        sent = masked(NOT_FINAL, b"") + b"".join(pieces) + masked(ENDS, b"")
        yield Case(f"6 good {number} in octets", sent, [(TEXT, data)])
    for bad in _BAD:
        data = bytes.fromhex(bad)
        yield Case(f"6 bad {bad}", _text(data), [], NOT_TEXT)
        sent = masked(NOT_FINAL, b"a") + masked(GOES_ON, data) + masked(ENDS, b"z")
        yield Case(f"6 bad {bad} inside", sent, [], NOT_TEXT)
    # 6.4: what can never be text is refused although the message has not ended.
    yield Case(
        "6.4.1", masked(NOT_FINAL, "κόσμε".encode()) + masked(GOES_ON, b"\xf4\x90"), [], NOT_TEXT
    )


def _closes() -> Iterator[Case]:
    end = masked(CLOSE, b"\x03\xe8")
    yield Case("7.1.1", _text(b"Hello") + end, [(TEXT, b"Hello")])
    yield Case("7.1.2", end + end, [])
    yield Case("7.1.3", end + masked(PING, b"x"), [])
    yield Case("7.1.4", end + _text(b"x"), [])
    yield Case("7.1.5", masked(NOT_FINAL, b"fragment1") + end + masked(ENDS, b"fragment2"), [])
    yield Case("7.3.1", masked(CLOSE, b""), [], None)
    yield Case("7.3.2", masked(CLOSE, b"a"), [], FAILS)
    yield Case("7.3.4", masked(CLOSE, b"\x03\xe8Hello World!"), [])
    yield Case("7.3.5", masked(CLOSE, b"\x03\xe8" + b"*" * 123), [])
    yield Case("7.3.6", masked(CLOSE, b"\x03\xe8" + b"*" * 124), [], FAILS)
    yield Case("7.5.1", masked(CLOSE, b"\x03\xe8\xce\xba\xed\xa0\x80"), [], NOT_TEXT)
    for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999):
        yield Case(f"7.7 {code}", masked(CLOSE, code.to_bytes(2, "big")), [], code)
    for code in (0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65_535):
        yield Case(f"7.9 {code}", masked(CLOSE, code.to_bytes(2, "big")), [], FAILS)


def _large() -> Iterator[Case]:
    data = b"*" * 65_536
    for number, size in (("9.3", 64), ("9.3.3", 1024), ("10.1.1", 1300)):
        pieces = [data[place : place + size] for place in range(0, len(data), size)]
        middle = b"".join(masked(GOES_ON, piece) for piece in pieces[1:-1])
        sent = masked(NOT_FINAL, pieces[0]) + middle + masked(ENDS, pieces[-1])
        yield Case(number, sent, [(TEXT, data)])
    many = [b"%d" % number for number in range(200)]
    yield Case("9.7", b"".join(map(_text, many)), [(TEXT, one) for one in many])

"""How any body is read: good ones, and every way to be wrong (wire.md 1.1)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchd.errors import InvalidRequest
from matchd.protocol.accounts import SignUpBody
from matchd.protocol.bodies import decode, encode
from matchd.protocol.bookings import FindBody
from matchd.protocol.hosts import HeartbeatBody, IceBody, StatusBody

KINDS = st.sampled_from([HeartbeatBody, StatusBody, IceBody, FindBody])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)
FIELDS = st.sampled_from(
    ["hostId", "roomId", "status", "capacity", "availableSlots", "gameInfo", "regions", "wait"]
)
GOOD = b'{"hostId":"h","roomId":"r",%s}'


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"{",
        b"hello",
        b"{'hostId':'h'}",
        b'{"hostId":"h",}',
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b'{"hostId":"h","roomId":"r"}{}',
        GOOD % b'"capacity":NaN',
        GOOD % b'"wait":Infinity',
        GOOD % b'"capacity":01',
        GOOD % b'"region":"\\ud800"',
        GOOD % b'"region":"a\nb"',
        GOOD % b'"region":"\xff"',
        GOOD % b'"unknown":"\xff"',
        GOOD % b'"gameInfo":{"a":"\xff"}',
        GOOD % b'"gameInfo":{"a":NaN}',
        GOOD % (b'"unknown":' + b"[" * 30_000 + b"]" * 30_000),
        GOOD % (b'"gameInfo":{"a":' + b"[" * 30_000 + b"]" * 30_000 + b"}"),
    ],
)
def test_malformed(raw: bytes) -> None:
    """What is no UTF-8 JSON, also deep inside or in a field nobody reads, is refused as such."""
    with pytest.raises(InvalidRequest, match="not valid JSON"):
        decode(raw, HeartbeatBody)


def test_malformed_text() -> None:
    """A text with a lone surrogate, as a decoder of frames may hand on, is refused alike."""
    with pytest.raises(InvalidRequest, match="not valid JSON"):
        decode('{"hostId":"\ud800"}', HeartbeatBody)


@pytest.mark.parametrize("raw", [b"[]", b"null", b"5", b'"x"', b"true"])
def test_not_an_object(raw: bytes) -> None:
    """JSON that is no object is refused by the name of the body."""
    with pytest.raises(InvalidRequest, match="`body`: expected `object`"):
        decode(raw, HeartbeatBody)


def test_missing_field_is_named() -> None:
    """The text names the missing field, also of an inner object."""
    with pytest.raises(InvalidRequest, match=r"^`roomId` is missing\.$"):
        decode(b'{"hostId":"h"}', HeartbeatBody)
    with pytest.raises(InvalidRequest, match=r"^`regions\[1\]\.rttMs` is missing\.$"):
        decode(b'{"regions":[{"region":"a","rttMs":1},{"region":"b"}]}', FindBody)


def test_wrong_type_is_named() -> None:
    """The text names the field and both types."""
    with pytest.raises(InvalidRequest, match=r"^`hostId`: expected `str`, got `int`\.$"):
        decode(b'{"hostId":5,"roomId":"r"}', HeartbeatBody)


def test_value_that_looks_like_a_message() -> None:
    """A value can't put another field's name, or a long text, into the refusal."""
    value = json.dumps("x" * 5000 + " - at `$.admin` field `secret`").encode()
    with pytest.raises(InvalidRequest, match=r"^`status`: invalid enum value") as refused:
        decode(GOOD % (b'"status":' + value), HeartbeatBody)
    assert len(refused.value.message) < 300


@pytest.mark.parametrize("number", ["9" * 30, "9" * 5000, "1e400", "-" + "9" * 30, "1e5", "0"])
def test_huge_numbers(number: str) -> None:
    """Numbers of any size are out of range by the field's name, never anything worse."""
    with pytest.raises(InvalidRequest, match=r"`capacity`"):
        decode(GOOD % f'"capacity":{number}'.encode(), HeartbeatBody)


def test_a_pattern_is_not_shown() -> None:
    """Whoever sends a text that does not match one is told which field it is, in words."""
    with pytest.raises(InvalidRequest, match=r"^`device` has characters that it may not have\.$"):
        decode(b'{"name":"ann","password":"","device":"a\\u0007"}', SignUpBody)


def test_last_of_equal_names_wins() -> None:
    """A name that comes twice counts as it came last, as browsers do it."""
    assert decode(b'{"wait":1,"wait":2}', FindBody).wait == 2


@given(KINDS, st.dictionaries(FIELDS | st.text(), JSON))
def test_any_json_is_a_body_or_refused(kind: type[object], body: dict[str, object]) -> None:
    """Whatever JSON comes, the answer is a body or an InvalidRequest that names something."""
    try:
        assert isinstance(decode(json.dumps(body).encode(), kind), kind)
    except InvalidRequest as error:
        named = error.message.startswith("`")
        assert named or "not valid JSON" in error.message  # noqa: PT017  # either is right


@given(KINDS, st.binary(max_size=200))
def test_any_bytes_are_a_body_or_refused(kind: type[object], raw: bytes) -> None:
    """Whatever bytes come, nothing but InvalidRequest is raised."""
    try:
        assert isinstance(decode(raw, kind), kind)
    except InvalidRequest as error:
        assert error.message  # noqa: PT017  # either is right


def test_encode_is_utf8() -> None:
    """Answers are compact UTF-8 JSON."""
    assert encode({"a": ["é", None]}) == '{"a":["é",null]}'.encode()

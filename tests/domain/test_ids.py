"""Ids: what each parser accepts, to the bounds."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchd.domain import ids
from matchd.domain.callers import Caller, Role
from matchd.domain.ids import AddressKey, HostId
from matchd.errors import InvalidRequest

NAMES = [ids.host_id, ids.room_id]
LABELS = [ids.region, ids.game]
OURS = [ids.booking_id, ids.peer_id]
Parser = Callable[[str, str], str]


@pytest.mark.parametrize("parse", NAMES)
@pytest.mark.parametrize("text", ["a", "A-z_0.9:x", "x" * 128, "...", "8d0f2c1e-0000-4000-8000-1"])
def test_names(parse: Parser, text: str) -> None:
    """Host and room ids are 1 to 128 of A-Z a-z 0-9 _ . : - and come back unchanged."""
    assert parse(text, "x") == text


@pytest.mark.parametrize("parse", NAMES)
@pytest.mark.parametrize("text", ["", "x" * 129, "a b", "a/b", "a\n", "é", "a\0", "a?b", "٣"])
def test_bad_names(parse: Parser, text: str) -> None:
    """Anything else is refused with the field's name."""
    with pytest.raises(InvalidRequest, match="`roomId`"):
        parse(text, "roomId")


@pytest.mark.parametrize("parse", LABELS)
@pytest.mark.parametrize("text", ["a", "x" * 64, "us-east-1", "Québec Ø", "a/b"])
def test_labels(parse: Parser, text: str) -> None:
    """Regions and games are 1 to 64 printable characters."""
    assert parse(text, "x") == text


@pytest.mark.parametrize("parse", LABELS)
@pytest.mark.parametrize("text", ["", "x" * 65, "a\n", "\0", "\x7f", "a\tb"])
def test_bad_labels(parse: Parser, text: str) -> None:
    """Control characters and wrong lengths are refused."""
    with pytest.raises(InvalidRequest, match="`region`"):
        parse(text, "region")


@pytest.mark.parametrize("parse", OURS)
@pytest.mark.parametrize("text", ["", "x" * 65, "a.b", "a:b", "a=", "é", "a\n"])
def test_bad_ids_of_ours(parse: Parser, text: str) -> None:
    """Ids that we make are 1 to 64 URL-safe characters."""
    assert parse("Az_-09" + "x" * 58, "x")
    with pytest.raises(InvalidRequest, match="`bookingId`"):
        parse(text, "bookingId")


FOREIGN = ["x_club:ann@example.com", "x_a.b:auth0|5f7c", "x_club:J\u00fcrgen", "x_club:a b/c"]


@pytest.mark.parametrize("text", ["u_ann", "k_" + "x" * 43, *FOREIGN, "x_c:" + "s" * 255])
def test_accounts(text: str) -> None:
    """Accounts are told by their kind; what stands behind a foreign issuer is his."""
    assert ids.account_id(text, "x") == text


@pytest.mark.parametrize(
    "odd", ["\x00", "\n", "\x7f", "\x9b", "\u202e", "\u2028", "\u2066", "\ud83d"]
)
def test_bad_accounts(odd: str) -> None:
    """Nothing that steers a terminal or turns a line around, and no half of a character."""
    with pytest.raises(InvalidRequest, match="`sub`"):
        ids.account_id(f"x_club:a{odd}b", "sub")


@given(st.sampled_from([*NAMES, *LABELS, *OURS]), st.text())
def test_parsers_raise_nothing_else(parse: Parser, text: str) -> None:
    """Any text is either an id, unchanged, or an InvalidRequest."""
    with contextlib.suppress(InvalidRequest):
        assert parse(text, "x") == text


@pytest.mark.parametrize(
    ("fields", "identity"),
    [
        ({"role": Role.GUEST}, "guest:10.0.0.1"),
        ({"role": Role.PLAYER, "account": "u_ann"}, "u_ann"),
        ({"role": Role.HOST}, "host:10.0.0.1"),
        ({"role": Role.HOST, "host_id": HostId("h1"), "account": "h1"}, "host:h1"),
        ({"role": Role.ADMIN, "account": "root"}, "root"),
    ],
)
def test_identity(fields: dict[str, str], identity: str) -> None:
    """A caller is counted by his host, else his account, else his role and address."""
    made: dict[str, object] = {"address": "10.0.0.1", "address_key": AddressKey("10.0.0.1")}
    caller = Caller(**made, **fields)  # type: ignore[arg-type]  # fields of mixed types
    assert caller.identity == identity
    assert caller.is_guest == (caller.role is Role.GUEST)

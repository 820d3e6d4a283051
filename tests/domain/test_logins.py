"""What presenting a refresh token means (wire.md 4)."""

from __future__ import annotations

import pytest

from matchd.domain.ids import AccountId, LoginId
from matchd.domain.logins import OVERLAP, Login, Rotation, rotate, rotated

LOGIN = Login(
    id=LoginId("l1"),
    account=AccountId("u_1"),
    device="phone",
    current=b"2",
    previous=b"1",
    created_at=0,
    rotated_at=100,
    expires_at=1000,
)


@pytest.mark.parametrize(
    ("presented", "successor", "seconds", "meaning"),
    [
        (b"2", b"3", 500, Rotation.ROTATED),
        (b"1", b"2", OVERLAP, Rotation.REPEATED),
        (b"1", b"2", OVERLAP + 0.1, Rotation.REUSED),
        (b"1", b"9", 1, Rotation.REUSED),
        (b"0", b"1", 1, Rotation.REUSED),
        (b"", b"", 1, Rotation.REUSED),
    ],
)
def test_rotation(presented: bytes, successor: bytes, seconds: float, meaning: Rotation) -> None:
    """The current token rotates, the same rotation may be repeated for a while, all else is reuse."""
    assert rotate(LOGIN, presented, successor, 100 + seconds) is meaning


def test_what_rotation_leaves() -> None:
    """The successor is current, its predecessor remembered, the end moved, the device the same."""
    after = rotated(LOGIN, b"3", 150, 1500)
    assert (after.current, after.previous) == (b"3", b"2")
    assert (after.rotated_at, after.expires_at, after.device) == (150, 1500, "phone")
    assert rotate(after, b"2", b"3", 160) is Rotation.REPEATED
    assert rotate(after, b"1", b"2", 160) is Rotation.REUSED

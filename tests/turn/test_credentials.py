"""Minted credentials: exact strings, and what is refused."""

import pytest

from matchd.turn import Credential, mint, user_part

SECRET = "north-sea-north-sea"
PEPPER = bytes(range(16))


# Made with: printf %s USERNAME | openssl dgst -sha1 -hmac SECRET -binary | openssl base64
@pytest.mark.parametrize(
    ("secret", "user", "ttl", "now", "expected"),
    [
        (
            SECRET,
            "3f9a1c0b5d7e2468",
            3600,
            1715616400.0,
            ("1715620000:3f9a1c0b5d7e2468", "QP9nf/39PHM/YbBUIrrAzon8Zy4="),
        ),
        (SECRET, "u_1", 60, 1700000000.9, ("1700000060:u_1", "4HzW+gSgiVBa02dCHQDKwPERUII=")),
        (
            "c2VjcmV0IGlzIG5vdCBkZWNvZGVk",
            "7",
            86400,
            0.0,
            ("86400:7", "tI3hH7YFTb0HkAmznkbm/cQrDJs="),
        ),
    ],
)
def test_vectors(secret: str, user: str, ttl: int, now: float, expected: tuple[str, str]) -> None:
    """Username and password are these exact strings; a fraction of a second is cut off."""
    minted = mint(secret, user, ttl=ttl, now=now)
    assert expected == (minted.username, minted.password)
    assert int(now + ttl) == minted.expires_at


def test_expiry_is_capped_at_31_bits() -> None:
    """The expiry never exceeds 2**31 - 1, which coturn would take for the past."""
    minted = mint(SECRET, "u", ttl=86400, now=2**31 - 10)
    assert (minted.username, minted.expires_at) == ("2147483647:u", 2147483647)


@pytest.mark.parametrize(
    ("ttl", "now"), [(0, 1.7e9), (-1, 1.7e9), (60, 2**31 - 1), (60, 2**31 + 0.5)]
)
def test_no_credential_is_expired_at_birth(ttl: int, now: float) -> None:
    """A ttl below one second and a clock past January 2038 are refused."""
    with pytest.raises(ValueError, match="expired at birth"):
        mint(SECRET, "u", ttl=ttl, now=now)


@pytest.mark.parametrize("user", ["A", "a-Z_0", "x" * 64, "union", "select"])
def test_users(user: str) -> None:
    """A user part of 1 to 64 URL-safe characters is accepted."""
    assert f"60:{user}" == mint(SECRET, user, ttl=60, now=0).username


@pytest.mark.parametrize(
    "user", ["", "x" * 65, "a:b", "a b", "a\n", "ä", "a'", "a\\b", "a.b", "re-Union_SELECT"]
)
def test_refused_users(user: str) -> None:
    """A user part that coturn would answer with 400, or split elsewhere, is refused."""
    with pytest.raises(ValueError, match="TURN user"):
        mint(SECRET, user, ttl=60, now=0)


def test_user_part_vector() -> None:
    """The user part is these exact 16 hex digits."""
    assert user_part(PEPPER, "u_1") == "7613d9a62e2aab29"


def test_user_part_depends_on_pepper_and_identity() -> None:
    """Another identity or another pepper gives another user part."""
    parts = {user_part(PEPPER, "u_1"), user_part(PEPPER, "u_2"), user_part(PEPPER[::-1], "u_1")}
    assert len(parts) == 3


def test_short_pepper_is_refused() -> None:
    """A pepper of fewer than 16 bytes hides nobody."""
    with pytest.raises(ValueError, match="shorter than 16 bytes"):
        user_part(b"salt", "u_1")


def test_password_is_not_shown() -> None:
    """The repr of a credential names the user and the expiry, never the password."""
    shown = repr(Credential(username="60:u", password="hush", expires_at=60))
    assert shown == "Credential(username='60:u', expires_at=60)"

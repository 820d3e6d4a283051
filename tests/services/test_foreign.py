"""Tokens of foreign issuers: one key, one algorithm, always a player (wire.md 1.2)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import jwt
import pytest

from matchd.domain.accounts import Ban
from matchd.errors import AccountBanned, BadToken
from matchd.services.logins import notice
from matchd.verifiers import read_jwks, read_key
from tests.house import EPOCH, KEYRING, PLAYER_ADDRESS, House
from tests.services.foreign import GOOD, PRIVATE, issuer, jwk, jwks, public_pem, signed

ALGORITHMS = ["HS256", "RS256", "ES256", "EdDSA"]


def forged(header: dict[str, object], key: bytes = b"") -> str:
    """A token with any header, whose MAC is keyed with any bytes."""
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in (header, GOOD)
    ]
    text = ".".join(parts)
    mac = jwt.algorithms.get_default_algorithms()["HS256"].sign(text.encode(), key) if key else b""
    return f"{text}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_each_algorithm_is_believed_by_key_and_by_set(house: House, algorithm: str) -> None:
    """The account is the issuer's name and the subject, whatever else the token says."""
    for keys in (None, jwks(jwk(algorithm), jwk(algorithm, "k2"))):
        house.change(issuers=(issuer(algorithm, keys),))
        claims = house.tokens.verify(signed(algorithm, kid="k2", role="admin"))
        assert (claims.sub, claims.role, claims.name) == ("x_club:ann", "player", "Ann")


@pytest.mark.parametrize("named", ALGORITHMS)
@pytest.mark.parametrize("used", ALGORITHMS)
async def test_no_other_algorithm_is(house: House, named: str, used: str) -> None:
    """The one that is configured decides, never the header."""
    house.change(issuers=(issuer(named),))
    if named == used:
        assert house.tokens.verify(signed(used)).sub == "x_club:ann"
        return
    with pytest.raises(BadToken):
        house.tokens.verify(signed(used))


REFUSED: dict[str, Callable[[], str]] = {
    "alg none": lambda: forged({"alg": "none"}),
    "alg None": lambda: forged({"alg": "None"}),
    "no alg": lambda: forged({"typ": "JWT"}),
    "HS256 keyed with the public PEM": lambda: forged(
        {"alg": "HS256"}, public_pem("RS256").encode()
    ),
    "RS256 in name, HS256 in truth": lambda: forged({"alg": "RS256"}, public_pem("RS256").encode()),
    "an unknown critical header": lambda: forged({"alg": "RS256", "crit": ["x"], "x": 1}),
    "wrong issuer": lambda: signed("RS256", iss="https://evil.example"),
    "our own name": lambda: signed("RS256", iss="matchd"),
    "no issuer": lambda: signed("RS256", iss=None),
    "issuers": lambda: signed("RS256", iss=["https://id.example"]),
    "wrong audience": lambda: signed("RS256", aud="another"),
    "no audience": lambda: signed("RS256", aud=None),
    "no subject": lambda: signed("RS256", sub=None),
    "an empty subject": lambda: signed("RS256", sub=""),
    "a subject of 256": lambda: signed("RS256", sub="x" * 256),
    "a subject with a control character": lambda: signed("RS256", sub="a\nb"),
    "half a character": lambda: signed("RS256", sub="a\ud83d"),
    "no exp": lambda: signed("RS256", exp=None),
    "expired": lambda: signed("RS256", exp=EPOCH - 1),
    "expires now": lambda: signed("RS256", exp=EPOCH),
    "expires never": lambda: signed("RS256", exp=float("inf")),
    "exp no number": lambda: signed("RS256", exp="tomorrow"),
    "not yet valid": lambda: signed("RS256", nbf=EPOCH + 61),
    "issued tomorrow": lambda: signed("RS256", iat=EPOCH + 86_400, exp=EPOCH + 90_000),
    "oversize": lambda: signed("RS256", extra="x" * 8192),
    "tampered": lambda: signed("RS256")[:-8] + "AAAAAAAA",
}


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED)
async def test_what_is_refused(house: House, make: Callable[[], str]) -> None:
    """Each is a bad token, the second time too."""
    house.change(issuers=(issuer("RS256"),))
    for _ in range(2):
        with pytest.raises(BadToken):
            house.tokens.verify(make())


@pytest.mark.parametrize(
    "header",
    [
        {"kid": "other"},
        {"kid": "../../dev/null"},
        {"kid": ["k1"]},
        {"kid": None},
        {"jku": "https://evil.example/jwks", "kid": "evil"},
        {"jwk": jwk("EdDSA"), "kid": "evil"},
        {"x5u": "https://evil.example", "kid": "' OR 1=1 --"},
    ],
)
async def test_kid_games(house: House, header: dict[str, object]) -> None:
    """`kid` picks a key that we have or none; no other header brings one."""
    house.change(issuers=(issuer("EdDSA", jwks(jwk("EdDSA"), jwk("EdDSA", "k2"))),))
    token = signed("EdDSA", kid="k1").split(".")
    token[0] = base64.urlsafe_b64encode(json.dumps({"alg": "EdDSA", **header}).encode()).decode()
    with pytest.raises(BadToken):
        house.tokens.verify(".".join(token).replace("=", ""))


async def test_a_minute_of_skew_is_forgiven(house: House) -> None:
    """`nbf` and `iat` may lie 60 s ahead; times may be fractions."""
    house.change(issuers=(issuer(),))
    claims = house.tokens.verify(signed(nbf=EPOCH + 60, iat=EPOCH + 0.5, exp=EPOCH + 61.5))
    assert (claims.iat, claims.exp) == (EPOCH, EPOCH + 61)


async def test_an_issuer_that_is_taken_away_is_believed_no_more(house: House) -> None:
    """The cache forgets what it vouched for."""
    house.change(issuers=(issuer(),))
    token = signed()
    house.tokens.verify(token)
    house.change(issuers=())
    with pytest.raises(BadToken):
        house.tokens.verify(token)


async def test_ours_are_not_theirs(house: House) -> None:
    """Our keys sign nothing for an issuer, and an issuer's keys nothing for us."""
    house.change(issuers=(issuer(),))
    ours = jwt.encode(GOOD, KEYRING.keys[0].private, "EdDSA", {"kid": KEYRING.keys[0].kid})
    theirs = signed(iss="matchd", kid=KEYRING.keys[0].kid, role="admin", jti="j")
    for token in (ours, theirs):
        with pytest.raises(BadToken):
            house.tokens.verify(token)


async def test_they_play_and_have_an_account_from_then_on(house: House) -> None:
    """The first look makes it; two of one name are told apart; a ban holds however fresh the token."""
    house.change(issuers=(issuer(),))
    accounts = house.people.accounts
    ann = house.auth.member(signed(), PLAYER_ADDRESS)
    other = house.auth.member(signed(sub="another ann"), PLAYER_ADDRESS)
    names = [(await accounts.mine(caller)).handle for caller in (ann, other, ann)]
    assert (names[0], names[2]) == ("Ann~club", "Ann~club")
    assert names[1].startswith("Ann-")
    now = house.clock.wall()
    await house.store.accounts.ban((await accounts.mine(ann)).id, Ban("spam", now), now)
    await house.revocations.read()
    fresh = house.auth.member(signed(iat=EPOCH + 30), PLAYER_ADDRESS)
    with pytest.raises(AccountBanned, match=r"banned: spam$"):
        await accounts.admit(fresh)


async def test_however_many_have_a_name(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more is let in, with a longer number: many issuers name nobody."""
    monkeypatch.setattr("matchd.services.accounts.secrets.randbelow", lambda end: end - 1)
    house.change(issuers=(issuer(),))
    callers = [house.auth.member(signed(sub=f"s{n}"), PLAYER_ADDRESS) for n in range(3)]
    names = [(await house.people.accounts.mine(caller)).handle for caller in callers]
    assert names == ["Ann~club", "Ann-9999~club", "Ann-99999~club"]


def test_what_the_banned_are_told() -> None:
    """Until when, in a form that people read, and why."""
    assert notice(Ban("spam", 10)) == "This account is banned: spam"
    until = notice(Ban("spam", 10, until=86400 + 3660))
    assert until == "This account is banned until 1970-01-02 01:01 UTC: spam"


KEYS: dict[str, tuple[str, str, str]] = {
    "a short secret": ("HS256", "x" * 31, "at least 32 bytes"),
    "a PEM key as a secret": ("HS256", public_pem("RS256"), "not a PEM key"),
    "no PEM": ("RS256", "hello", "not a PEM public key"),
    "another kind": ("RS256", public_pem("ES256"), "RS256 needs a public RSA key"),
    "another kind still": ("EdDSA", public_pem("RS256"), "EdDSA needs a public Ed25519 key"),
    "another curve": ("ES256", public_pem("EdDSA"), "ES256 needs a public key on the curve P-256"),
}


@pytest.mark.parametrize(("algorithm", "text", "reason"), KEYS.values(), ids=KEYS)
def test_keys_that_do_not_fit(algorithm: str, text: str, reason: str) -> None:
    """A key has to be of its algorithm's kind, and strong."""
    with pytest.raises(ValueError, match=reason) as caught:
        read_key(text, algorithm)
    assert caught.value.__suppress_context__ or caught.value.__cause__ is None


def private_jwk() -> dict[str, object]:
    """An entry that holds more than is ours to know."""
    made = jwt.algorithms.get_default_algorithms()["EdDSA"].to_jwk(PRIVATE["EdDSA"], as_dict=True)
    return {**made, "kid": "k1"}


SETS: dict[str, tuple[str, str]] = {
    "no JSON": ("hello", "not a JWK set"),
    "no keys": ('{"keys": []}', "no key for EdDSA"),
    "no list": ('{"keys": 7}', "not a JWK set"),
    "an entry that is none": ('{"keys": [7]}', "not a JWK set"),
    "another kind": (jwks(jwk("RS256")), "no key for EdDSA"),
    "for encryption": (jwks(jwk("EdDSA", use="enc")), "no key for EdDSA"),
    "a private key": (jwks(private_jwk()), "needs a public Ed25519 key"),
    "one kid twice": (jwks(jwk("EdDSA"), jwk("EdDSA")), "same kid"),
    "no kid beside others": (jwks(jwk("EdDSA", None), jwk("EdDSA")), "must stand alone"),
}


@pytest.mark.parametrize(("text", "reason"), SETS.values(), ids=SETS)
def test_sets_that_do_not_fit(text: str, reason: str) -> None:
    """A set has keys of the one algorithm, public ones, told apart by their kid."""
    with pytest.raises(ValueError, match=reason):
        read_jwks(text, "EdDSA")


def test_a_set_may_hold_other_keys_too() -> None:
    """Those of other algorithms are passed over."""
    mixed = jwks(jwk("RS256", "a"), jwk("EdDSA", "b"), jwk("ES256", "c"))
    assert list(read_jwks(mixed, "EdDSA")) == ["b"]

"""Who somebody is: a name with its password, or a key with its signature (wire.md 4).

A challenge is sealed by us and good for `LIFE` seconds, so a flood of them stores nothing. The first
valid signature spends it, on all nodes; one that is not valid spends nothing, so nobody can spend
another's.
"""

from __future__ import annotations

import hashlib
import secrets

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from matchd.domain import ids
from matchd.domain.accounts import Account, Kind
from matchd.domain.ids import AccountId
from matchd.errors import BadCredentials, InvalidRequest
from matchd.protocol.accounts import KeyProof, PasswordProof
from matchd.services.passwords import given_password
from matchd.services.people import People
from matchd.services.seals import Seals

LIFE = 60
"""Seconds that a challenge is good."""

_KIND = "challenge"
_STALE = "The challenge is not (any more) valid; ask for a new one."


class Proofs:
    """Asks for proofs and judges them."""

    def __init__(self, people: People, seals: Seals) -> None:
        self._people = people
        self._seals = seals

    def challenge(self) -> str:
        """A new challenge, of letters and digits."""
        until = int(self._people.clock.wall()) + LIFE
        payload = until.to_bytes(8, "big") + secrets.token_bytes(16)
        return self._seals.close(_KIND, payload).hex()

    async def by_password(self, proof: PasswordProof) -> Account:
        """The account of this name and password; its hash is the one that was compared, or the one
        that was put in its place because it was made with other parameters.
        """
        people = self._people
        password = given_password(proof.password)
        account = await self._named(proof.name)
        hashed = None if account is None else account.password_hash
        if not await people.passwords.matches(hashed, password):
            raise BadCredentials
        assert account is not None
        assert hashed is not None
        if people.passwords.is_outdated(hashed):
            fresh = await people.passwords.hash(password)
            if await people.store.accounts.rehash(account.id, hashed, fresh):
                return await self._again(account.id)
        return account

    async def by_key(self, proof: KeyProof) -> None:
        """Refuse a proof that does not hold; one that does is spent by this."""
        settings = self._people.current.settings
        if proof.version == 1 and not settings.key_login_v1:
            raise BadCredentials("This server asks for version 2 of the key login.")
        until = self._until(proof.challenge)
        try:
            key = Ed25519PublicKey.from_public_bytes(proof.key)
            key.verify(proof.signature, proof.message(settings.public_url))
        except (InvalidSignature, ValueError):
            raise BadCredentials("The signature is not valid.") from None
        digest, now = hashlib.sha256(proof.challenge.encode()).digest(), self._people.clock.wall()
        if not await self._people.store.spent.spend(_KIND, digest, until, now):
            raise BadCredentials(_STALE)

    async def _named(self, name: str) -> Account | None:
        try:
            handle = ids.handle(name, "name")
        except InvalidRequest:
            return None
        account = await self._people.store.accounts.by_handle(handle)
        return account if account is not None and account.kind is Kind.PASSWORD else None

    async def _again(self, account_id: AccountId) -> Account:
        account = await self._people.store.accounts.get(account_id)
        if account is None:
            raise BadCredentials
        return account

    def _until(self, challenge: str) -> int:
        try:
            sealed = bytes.fromhex(challenge)
        except ValueError:
            sealed = b""
        # Written otherwise (capitals, spaces) it would be spent as another one.
        payload = self._seals.open(_KIND, sealed) if sealed.hex() == challenge else None
        until = int.from_bytes((payload or b"")[:8], "big")
        if until <= self._people.clock.wall():
            raise BadCredentials(_STALE)
        return until

"""People at the HTTP edge: sign-ups, keys that sign, and what a browser makes of a token."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.web.client import Answer, Client

ORIGIN = "https://play.example.net"
PASSWORD = "correct horse"
JSON = {"Accept": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def sign_up(client: Client, name: str = "ann", password: str = PASSWORD) -> dict[str, Any]:
    """A new account's tokens."""
    body = {"name": name, "password": password}
    answer = await client.ask("POST", "/auth/createuser", body, headers=JSON)
    assert answer.status == 200, answer.body
    return answer.json


async def log_in(client: Client, name: str = "ann", password: str = PASSWORD) -> Answer:
    """A login with a password, answered in JSON."""
    body = {"name": name, "password": password}
    return await client.ask("POST", "/auth/login", body, headers=JSON)


def payload(token: str) -> dict[str, Any]:
    """What a browser reads in a token with `JSON.parse(atob(token.split(".")[1]))`."""
    part = token.split(".")[1]
    assert not set(part) & set("-_"), "atob knows the standard alphabet alone"
    found: dict[str, Any] = msgspec.json.decode(base64.b64decode(part + "=" * (-len(part) % 4)))
    return found


@dataclass
class Key:
    """A key pair, and the bodies that Allumette's client sends with it."""

    name: str = "kim"
    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def public(self) -> str:
        """The public key as it is sent."""
        return base64.b64encode(self.private.public_key().public_bytes_raw()).decode()

    @property
    def code(self) -> str:
        """The friend code of this key."""
        card = msgspec.json.encode({"name": self.name, "publicKey": self.public})
        return base64.b64encode(card).decode()

    def v1(self, challenge: str) -> dict[str, object]:
        """The first version: the challenge alone is signed."""
        return self.signed(challenge, challenge)

    def v2(self, challenge: str, origin: str = ORIGIN) -> dict[str, object]:
        """The second version: all that it is for is signed."""
        lines = ("matchd-login-v2", origin, self.public, self.name, challenge)
        return self.signed(challenge, "\n".join(lines)) | {"v": 2}

    def signed(self, challenge: str, message: str) -> dict[str, object]:
        """A body with a signature over any message."""
        return {
            "public_key_b64": self.public,
            "username": self.name,
            "challenge": challenge,
            "signature_b64": base64.b64encode(self.private.sign(message.encode())).decode(),
        }


async def challenge(client: Client) -> str:
    """A fresh challenge."""
    answer = await client.ask("POST", "/auth/challenge")
    assert answer.status == 200
    return str(answer.json["challenge"])


async def enter(client: Client, key: Key, version: int = 1) -> Answer:
    """A whole login with a key."""
    text = await challenge(client)
    return await client.ask("POST", "/auth/login", key.v1(text) if version == 1 else key.v2(text))

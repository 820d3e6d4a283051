"""What an administrator has on disk: the configuration, the secrets in their modes, the data.

Owns `Files`, and with it the list of everything secret that was made or received on it, for the guard
of `process`. The address is fixed for a directory, since its public URL names it, so a restarted
daemon is found where it was. Only tests import this module.
"""

import json
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matchd.domain.callers import Role
from matchd.keys import Keyring, generate_keyring
from matchd.services.tokens import mint
from tests.daemon.coturn import HOST, Coturn, free_ports

SECRET_FIELDS = frozenset(
    {"grant", "username", "credential", "token", "refreshToken", "ticket", "resume"}
)


class Files:
    """A directory with configuration, secrets and data, and every secret that must not be said."""

    def __init__(self, directory: Path, scheme: str = "http") -> None:
        self.directory = directory
        self.port = free_ports()[0]
        self.url = f"{scheme}://{HOST}:{self.port}"
        self.ws_url = self.url.replace("http", "ws", 1)
        self.config: dict[str, Any] = {
            "server": {
                "listen": [f"{HOST}:{self.port}"],
                "public_url": self.url,
                "data_dir": str(directory / "data"),
                "drain": 1.0,
            },
            "limits": {"exempt": ["127.0.0.0/8", "unix:"]},
            "log": {"format": "json"},
        }
        self.known: set[str] = set()
        (directory / "secrets").mkdir(mode=0o750)
        for name in ("host_secret", "pepper"):
            self.put_secret(name, secrets.token_urlsafe(32))
        keys = generate_keyring().to_json()
        self._put_file("signing_keys.json", keys)
        self.known |= {key["d"] for key in json.loads(keys)["keys"]}

    def leave_lanes(self) -> None:
        """Have every request and every socket served with the libraries."""
        self.config["server"] |= {"http_lane": False, "socket_lane": False}

    @property
    def path(self) -> Path:
        """The configuration file."""
        return self.directory / "matchd.toml"

    def secret(self, name: str) -> str:
        """Read the secret in use."""
        return (self.directory / "secrets" / name).read_text().split("\n")[0]

    def put_secret(self, name: str, *values: str) -> None:
        """Write a secret file: the secret in use, then the ones before it."""
        self.known |= set(values)
        self._put_file(name, "".join(f"{value}\n" for value in values))

    def use_turn(self, server: Coturn, *, tls: bool = False) -> None:
        """Hand out credentials for this server, reached by UDP, or by TLS only."""
        self.put_secret("turn_secret", server.secret)
        ports = {"udp_port": 0 if tls else server.port, "tls_port": server.tls_port if tls else 0}
        entry = {"name": "test", "host": server.host, "tcp_port": 0, "secret_file": "turn_secret"}
        self.config["turn"] = {"server": [entry | ports]}

    def token(self, role: Role, subject: str) -> str:
        """Mint a token as the command line does."""
        ring = Keyring.from_json((self.directory / "secrets" / "signing_keys.json").read_text())
        now = int(time.time())
        made = mint(ring, issuer="matchd", role=role, subject=subject, name=None, now=now, ttl=600)
        self.known.add(made)
        return made

    def learn(self, value: object) -> None:
        """Remember every secret in an answer or a message."""
        if isinstance(value, dict):
            for name, item in value.items():
                if name in SECRET_FIELDS and isinstance(item, str):
                    self.known.add(item)
                self.learn(item)
        elif isinstance(value, list):
            for item in value:
                self.learn(item)

    def write(self, extra: str = "") -> None:
        """Write the configuration, with `extra` text at its end."""
        self.path.write_text(toml(self.config) + extra)

    def _put_file(self, name: str, text: str) -> None:
        path = self.directory / "secrets" / name
        path.touch(mode=0o640)
        path.write_text(text)


def toml(table: Mapping[str, Any], path: str = "") -> str:
    """Write a TOML document; JSON's values are TOML's."""
    plain = {k: v for k, v in table.items() if not _is_table(v)}
    text = "".join(f"{name} = {json.dumps(value)}\n" for name, value in plain.items())
    for name, value in table.items():
        dotted = f"{path}.{name}" if path else name
        if isinstance(value, dict):
            text += f"[{dotted}]\n" + toml(value, dotted)
        elif _is_table(value):
            text += "".join(f"[[{dotted}]]\n" + toml(item, dotted) for item in value)
    return text


def _is_table(value: object) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, list) and bool(value) and isinstance(value[0], dict)
    )

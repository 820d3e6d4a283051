"""The files that hold secrets: where they lie, who may read them, and what they may contain.

A relative name is looked up in `$CREDENTIALS_DIRECTORY` (systemd's LoadCredential, fixed until a
restart), then beside the configuration in `secrets/`, then beside it. A file that others can read is
refused. Of several lines the first is in use and the rest are still accepted (rotation).
"""

from __future__ import annotations

import os
import secrets as randomness
import stat
from pathlib import Path

import msgspec

from matchd.config.schema import Config, TurnServer
from matchd.errors import ConfigError
from matchd.keys import Keyring, generate_keyring
from matchd.turn import SharedSecretServer, StaticServer, check_secret


class Secrets(msgspec.Struct, frozen=True):
    """Everything read from secret files. Its repr shows none of it."""

    hosts: tuple[str, ...]
    keys: Keyring
    pepper: bytes
    metrics_token: str | None
    turn: tuple[SharedSecretServer | StaticServer, ...]

    def __repr__(self) -> str:
        return "Secrets(...)"


def generated() -> Secrets:
    """Fresh secrets for a run that keeps nothing (`--dev`)."""
    return Secrets((new_secret(),), generate_keyring(), randomness.token_bytes(32), None, ())


def new_secret() -> str:
    """43 characters of base64url: 256 random bits, safe in coturn's configuration file."""
    return randomness.token_urlsafe(32)


def read_secrets(config: Config, base: Path, *, dev: bool) -> Secrets:
    """Read every file the configuration names; ConfigError says which one and why."""
    fresh = generated() if dev else None
    hosts: tuple[str, ...] = fresh.hosts if fresh else ()
    if config.hosts.auth == "secret":
        hosts = _read("hosts.secret_file", config.hosts.secret_file, base)
        _check_strong("hosts.secret_file", hosts)
    token = None
    if config.metrics.token_file:
        token = _read("metrics.token_file", config.metrics.token_file, base)[0]
    return Secrets(
        hosts=hosts,
        keys=fresh.keys
        if fresh and not _exists(config.auth.signing_keys_file, base)
        else _keyring(config, base),
        pepper=fresh.pepper
        if fresh and not _exists(config.auth.pepper_file, base)
        else _read("auth.pepper_file", config.auth.pepper_file, base)[0].encode(),
        metrics_token=token,
        turn=tuple(
            _turn_server(f"turn.server[{index}]", server, base)
            for index, server in enumerate(config.turn.server)
        ),
    )


def locate(name: str, base: Path) -> Path:
    """The file a configured name means; the last candidate when none exists."""
    if Path(name).is_absolute():
        return Path(name)
    candidates = [base / "secrets" / name, base / name]
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    if credentials:
        candidates.insert(0, Path(credentials) / name)
    return next((path for path in candidates if path.exists()), candidates[-2])


def _exists(name: str, base: Path) -> bool:
    return locate(name, base).exists()


def _text(key: str, name: str, base: Path) -> str:
    path = locate(name, base)
    try:
        with path.open(encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            if stat.S_ISREG(mode) and mode & 0o007:
                raise ConfigError(
                    f'{key} = "{name}": {path} can be read by others (mode '
                    f"{stat.S_IMODE(mode):04o}); run: chmod 0640 {path}"
                )
            return file.read(1 << 20)
    except OSError as error:
        raise ConfigError(f'{key} = "{name}": {path}: {error.strerror}') from None
    except UnicodeDecodeError:
        raise ConfigError(f'{key} = "{name}": {path} is not UTF-8 text') from None


def _read(key: str, name: str, base: Path) -> tuple[str, ...]:
    text = _text(key, name, base)
    lines = tuple(text.removesuffix("\n").split("\n"))
    if any(not line or line.split() != [line] for line in lines):
        raise ConfigError(
            f'{key} = "{name}": {locate(name, base)}: one secret per line, without white space '
            "and without empty lines"
        )
    return lines


def _check_strong(key: str, values: tuple[str, ...]) -> None:
    for value in values:
        if len(value) < 16:
            raise ConfigError(f"{key}: a secret needs at least 16 characters")


def _keyring(config: Config, base: Path) -> Keyring:
    key, name = "auth.signing_keys_file", config.auth.signing_keys_file
    try:
        return Keyring.from_json(_text(key, name, base))
    except ValueError as error:
        raise ConfigError(f'{key} = "{name}": {locate(name, base)}: {error}') from None


def _turn_server(path: str, server: TurnServer, base: Path) -> SharedSecretServer | StaticServer:
    places = {
        "name": server.name,
        "host": server.host,
        "udp_port": server.udp_port,
        "tcp_port": server.tcp_port,
        "tls_port": server.tls_port,
        "regions": server.regions,
        "weight": server.weight,
    }
    if server.kind == "static":
        credential = _read(f"{path}.credential_file", server.credential_file, base)[0]
        return StaticServer(**places, username=server.username, credential=credential)  # type: ignore[arg-type]  # a dict of mixed field types
    values = _read(f"{path}.secret_file", server.secret_file, base)
    for value in values:
        try:
            check_secret(value)
        except ValueError as error:
            raise ConfigError(f"{path}.secret_file: {error}") from None
    return SharedSecretServer(
        **places,  # type: ignore[arg-type]  # a dict of mixed field types
        kind=server.kind,
        realm=server.realm,
        secret=values[0],
        previous=values[1:],
    )

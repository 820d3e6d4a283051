"""The files that hold secrets: where they lie, who may read them, and what they may contain.

A relative name is looked up in `$CREDENTIALS_DIRECTORY` (systemd's LoadCredential, fixed until a
restart), then beside the configuration in `secrets/`, then beside it. A file that others can read is
refused. Of several lines the first is in use and the rest are still accepted (rotation).
No error ever quotes what stands in such a file. Imported by `load`; the command line uses `locate`,
`is_there`, `read_secret`, `secret_files` and `new_secret`.
"""

from __future__ import annotations

import os
import secrets as randomness
import stat
from pathlib import Path

import msgspec

from matchd.config import schema
from matchd.config.schema import Config
from matchd.errors import ConfigError
from matchd.keys import Keyring, generate_keyring
from matchd.services.foreign import Issuer
from matchd.turn import SharedSecretServer, StaticServer, TurnServer, check_secret
from matchd.verifiers import read_jwks, read_key

MIN_SECRET = 16
"""Characters that the host secret, the pepper and the metrics token have at least."""


class Secrets(msgspec.Struct, frozen=True):
    """Everything read from secret files. Its repr shows none of it."""

    hosts: tuple[str, ...]
    keys: Keyring
    pepper: bytes
    metrics_token: str | None
    turn: tuple[TurnServer, ...]
    issuers: tuple[Issuer, ...] = ()
    store_password: str | None = None
    sentinel_password: str | None = None

    def __repr__(self) -> str:
        return "Secrets(...)"


def generated() -> Secrets:
    """Fresh secrets for a run that keeps nothing (`--dev`)."""
    return Secrets((new_secret(),), generate_keyring(), randomness.token_bytes(32), None, ())


def new_secret() -> str:
    """43 characters of base64url: 256 random bits, safe in coturn's configuration file."""
    while (secret := randomness.token_urlsafe(32)).startswith("-"):
        pass  # a leading dash would be an option to whatever command it is pasted behind
    return secret


def read_secrets(config: Config, base: Path, *, dev: bool) -> Secrets:
    """Read every file the configuration names; ConfigError says which one and why.

    With `dev` the keys and the pepper need no file: those of a run that keeps nothing take their
    place.
    """
    fresh = generated() if dev else None
    hosts: tuple[str, ...] = fresh.hosts if fresh else ()
    if config.hosts.auth == "secret":
        hosts = _strong("hosts.secret_file", config.hosts.secret_file, base)
    token = None
    if config.metrics.token_file:
        token = _strong("metrics.token_file", config.metrics.token_file, base)[0]
    keys_file, pepper_file = config.auth.signing_keys_file, config.auth.pepper_file
    keys = fresh.keys if fresh and not is_there(keys_file, base) else _keyring(keys_file, base)
    if fresh and not is_there(pepper_file, base):
        pepper = fresh.pepper
    else:
        pepper = _strong("auth.pepper_file", pepper_file, base)[0].encode()
    store, sentinel = (
        _read(f"store.{key}", name, base)[0] if name else None
        for key, name in (
            ("password_file", config.store.password_file),
            ("sentinel_password_file", config.store.sentinel_password_file),
        )
    )
    servers = tuple(
        _turn_server(f"turn.server[{index}]", server, base)
        for index, server in enumerate(config.turn.server)
    )
    issuers = _issuers(config, base)
    return Secrets(hosts, keys, pepper, token, servers, issuers, store, sentinel)


def secret_files(config: Config) -> dict[str, str]:
    """The keys (dotted paths) whose secret files are read, each with the name it gives."""
    named = {
        "auth.signing_keys_file": config.auth.signing_keys_file,
        "auth.pepper_file": config.auth.pepper_file,
    }
    if config.hosts.auth == "secret":
        named["hosts.secret_file"] = config.hosts.secret_file
    for key in ("password_file", "sentinel_password_file"):
        if name := getattr(config.store, key):
            named[f"store.{key}"] = name
    if config.metrics.token_file:
        named["metrics.token_file"] = config.metrics.token_file
    for index, issuer in enumerate(config.auth.issuer):
        key = "key_file" if issuer.key_file else "jwks_file"
        named[f"auth.issuer[{index}].{key}"] = getattr(issuer, key)
    for index, server in enumerate(config.turn.server):
        key = "credential_file" if server.kind == "static" else "secret_file"
        named[f"turn.server[{index}].{key}"] = getattr(server, key)
    return named


def locate(name: str, base: Path) -> Path:
    """The file a configured name means; `secrets/<name>` when there is none."""
    candidates = _candidates(name, base)
    home = candidates[0] if len(candidates) == 1 else candidates[-2]
    return next((path for path in candidates if _exists(path)), home)


def is_there(name: str, base: Path) -> bool:
    """True if the file a configured name means exists."""
    return _exists(locate(name, base))


def read_secret(key: str, name: str, base: Path) -> str:
    """The secret in a file that `key` names; ConfigError says what is wrong with it."""
    return _read(key, name, base)[0]


def _candidates(name: str, base: Path) -> list[Path]:
    if Path(name).is_absolute():
        return [Path(name)]
    candidates = [base / "secrets" / name, base / name]
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    return [Path(credentials) / name, *candidates] if credentials else candidates


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a directory we may not enter: opening the file will say so
        return True


def _text(key: str, name: str, base: Path) -> str:
    if not name:
        raise ConfigError(f'{key} = "": needed; the name of a file in secrets/')
    path = locate(name, base)
    at = f'{key} = "{name}": {path}'
    try:
        with path.open(encoding="utf-8") as file:
            status = os.fstat(file.fileno()).st_mode
            mode = stat.S_IMODE(status)
            if stat.S_ISREG(status) and mode & 0o007:
                raise ConfigError(
                    f"{at} can be read by others (mode {mode:04o}); run: chmod 0640 {path}"
                )
            return file.read(1 << 20)
    except FileNotFoundError:
        looked = " or ".join(str(place) for place in _candidates(name, base))
        raise ConfigError(f'{key} = "{name}": there is no {looked}') from None
    except OSError as error:
        raise ConfigError(f"{at}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{at} is not UTF-8 text") from None
    except ValueError:  # a NUL in the name
        raise ConfigError(f"{key} = {name!r}: not the name of a file") from None


def _read(key: str, name: str, base: Path) -> tuple[str, ...]:
    text = _text(key, name, base)
    at = f'{key} = "{name}": {locate(name, base)}'
    if not text.strip():
        raise ConfigError(f"{at} is empty; put a secret in it: openssl rand -hex 32")
    lines = tuple(text.removesuffix("\n").split("\n"))
    if any(line.split() != [line] for line in lines):
        raise ConfigError(f"{at}: one secret per line, without white space and without empty lines")
    return lines


def _strong(key: str, name: str, base: Path) -> tuple[str, ...]:
    lines = _read(key, name, base)
    if any(len(line) < MIN_SECRET for line in lines):
        raise ConfigError(
            f'{key} = "{name}": {locate(name, base)}: a secret needs at least {MIN_SECRET} '
            "characters; a good one: openssl rand -hex 32"
        )
    return lines


def _keyring(name: str, base: Path) -> Keyring:
    key = "auth.signing_keys_file"
    text = _text(key, name, base)
    try:
        return Keyring.from_json(text)
    except ValueError as error:
        raise ConfigError(f'{key} = "{name}": {locate(name, base)}: {error}') from None


def _issuers(config: Config, base: Path) -> tuple[Issuer, ...]:
    blocks = enumerate(config.auth.issuer)
    return tuple(_issuer(f"auth.issuer[{index}]", issuer, base) for index, issuer in blocks)


def _issuer(path: str, issuer: schema.AuthIssuer, base: Path) -> Issuer:
    name, field = (
        issuer.key_file or issuer.jwks_file,
        "key_file" if issuer.key_file else "jwks_file",
    )
    key = f"{path}.{field}"
    text = _text(key, name, base)
    read = read_key if issuer.key_file else read_jwks
    try:
        keys = read(text, issuer.algorithm)
    except ValueError as error:
        raise ConfigError(f'{key} = "{name}": {locate(name, base)}: {error}') from None
    return Issuer(issuer.name, issuer.issuer, issuer.audience, issuer.algorithm, keys)


def _turn_server(path: str, server: schema.TurnServer, base: Path) -> TurnServer:
    """Join a server with its secret; the record's own rules come back as a ConfigError."""
    static = server.kind == "static"
    name = server.credential_file if static else server.secret_file
    key = f"{path}.credential_file" if static else f"{path}.secret_file"
    values = _read(key, name, base)
    try:
        if not static:
            for value in values:
                check_secret(value)
    except ValueError as error:
        raise ConfigError(f'{key} = "{name}": {locate(name, base)}: {error}') from None
    try:
        return _joined(server, values)
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from None


def _joined(server: schema.TurnServer, values: tuple[str, ...]) -> TurnServer:
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
        return StaticServer(**places, username=server.username, credential=values[0])  # type: ignore[arg-type]  # a dict of mixed field types
    return SharedSecretServer(
        **places,  # type: ignore[arg-type]  # a dict of mixed field types
        kind=server.kind,
        realm=server.realm,
        secret=values[0],
        previous=values[1:],
    )

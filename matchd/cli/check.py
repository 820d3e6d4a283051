"""`matchd check`: everything that can be wrong before the daemon starts, and what deserves a look."""

from __future__ import annotations

import argparse
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509

from matchd.cli.hints import hints
from matchd.cli.options import AddParser, add_config, load_config
from matchd.cli.output import say
from matchd.config import Config, Loaded
from matchd.errors import ConfigError

if TYPE_CHECKING:
    from matchd.daemon import Glance

SOON = timedelta(days=14)


def register(add: AddParser) -> None:
    """Add the verb."""
    parser = add(
        "check",
        help="validate the configuration and its secret files",
        description="Validate the configuration, the secret files and the TLS files, and look at "
        "Redis if it is used. Exit status 0: it can be used (warnings included, such as a Redis that "
        "is away); 2: it can't.",
    )
    add_config(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Say ok, or raise."""
    loaded = load_config(arguments)
    try:
        expiry = check_tls(loaded.config)
        redis = _look_at_redis(loaded) if loaded.config.store.backend == "redis" else None
    except ConfigError as error:
        raise ConfigError(f"{loaded.path}: {error}") from None
    found = [*hints(loaded), *expiry_hints(loaded.config, expiry)]
    say(f"ok: {loaded.path}", "green")
    if redis is not None:
        say(
            f"{'ok' if redis.usable else 'warning'}: {redis.said}", "" if redis.usable else "yellow"
        )
        found += redis.hints
    for text in found:
        say(f"warning: {text}", "yellow")
    return 0


def _look_at_redis(loaded: Loaded) -> Glance:
    """An unusable Redis is a warning: it may be back in a second, and a reload must not wait for it."""
    # Not above: it costs half a second of imports.
    from matchd.daemon import look_at_redis  # noqa: PLC0415

    return look_at_redis(loaded)


def check_tls(config: Config) -> datetime | None:
    """Read certificate and key, if any, and return when the certificate expires.

    ConfigError if one can't be read, or they do not belong together.
    """
    server = config.server
    if not server.tls_certificate:
        return None
    certificate = _read("server.tls_certificate", server.tls_certificate)
    _read("server.tls_key", server.tls_key)
    try:
        # A password is given so that OpenSSL does not ask for one: a daemon can't answer.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
            server.tls_certificate, server.tls_key, password=""
        )
        return x509.load_pem_x509_certificate(certificate).not_valid_after_utc
    except (ssl.SSLError, ValueError) as error:
        reason = "the key does not belong to the certificate"
        if getattr(error, "reason", None) != "KEY_VALUES_MISMATCH":
            reason = "not a PEM certificate chain and its PEM key, which must have no password"
        raise ConfigError(
            f'server.tls_certificate = "{server.tls_certificate}", '
            f'server.tls_key = "{server.tls_key}": {reason}'
        ) from None


def _read(key: str, name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise ConfigError(f'{key} = "{name}": {error.strerror}') from None
    except ValueError:  # a NUL in the name
        raise ConfigError(f"{key} = {name!r}: not the name of a file") from None


def expiry_hints(config: Config, expiry: datetime | None) -> list[str]:
    """What to say of a certificate that ends soon."""
    if expiry is None or expiry - datetime.now(UTC) > SOON:
        return []
    verb = "has expired" if expiry <= datetime.now(UTC) else "expires"
    name = config.server.tls_certificate
    return [f'server.tls_certificate = "{name}": {verb} on {expiry:%Y-%m-%d %H:%M} UTC; renew it']

"""Our own TLS, if it is configured."""

from __future__ import annotations

import ssl

from matchd.config import Config
from matchd.errors import ConfigError


def tls_context(config: Config) -> ssl.SSLContext | None:
    """Our own TLS, if it is configured; ConfigError when the files can't be used."""
    server = config.server
    if not server.tls_certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    load_certificate(context, config)
    return context


def load_certificate(context: ssl.SSLContext, config: Config) -> None:
    """Read the certificate (again); connections that are open keep theirs."""
    server = config.server
    try:
        context.load_cert_chain(server.tls_certificate, server.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f'server.tls_certificate = "{server.tls_certificate}", server.tls_key = '
            f'"{server.tls_key}": {error}'
        ) from None

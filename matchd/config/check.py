"""The rules between and inside keys that types can't say. Each failure names the key and the cure."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from matchd.config.schema import Config, Rates, TurnServer
from matchd.domain.addresses import Networks
from matchd.errors import ConfigError
from matchd.turn import check_host, check_stun_url


def check(config: Config, *, dev: bool) -> None:
    """Raise ConfigError for the first rule broken."""
    _check_server(config, dev=dev)
    _check_hosts(config, dev=dev)
    for path, value in (
        ("server.trusted_proxies", config.server.trusted_proxies),
        ("limits.exempt", config.limits.exempt),
        ("metrics.allow", config.metrics.allow),
    ):
        _guard(path, value, Networks)
    for group in ("address", "identity", "socket"):
        _check_rates(f"limits.{group}", getattr(config.limits, group))
    _check_turn(config)


def _check_server(config: Config, *, dev: bool) -> None:
    server = config.server
    if not server.listen:
        raise ConfigError('server.listen = []: at least one address, such as "127.0.0.1:8080"')
    if not server.public_url and not dev:
        raise ConfigError(
            'server.public_url = "": needed; the address players reach this server at, '
            'such as "https://play.example.net"'
        )
    if server.public_url:
        _check_origin("server.public_url", server.public_url)
    for origin in server.cors_origins:
        if origin != "*":
            _check_origin("server.cors_origins", origin)
    if bool(server.tls_certificate) != bool(server.tls_key):
        raise ConfigError("server.tls_certificate and server.tls_key: set both or neither")


def _check_origin(path: str, url: str) -> None:
    parts = urlsplit(url)
    bare = f"{parts.scheme}://{parts.netloc}" == url and parts.netloc and "@" not in parts.netloc
    if parts.scheme not in ("http", "https") or not bare:
        raise ConfigError(
            f'{path} = "{url}": a bare origin such as "https://play.example.net", '
            "without path, query or trailing slash"
        )


def _check_hosts(config: Config, *, dev: bool) -> None:
    hosts = config.hosts
    if hosts.auth == "open" and not dev:
        raise ConfigError(
            'hosts.auth = "open": only with --dev; allowed are "secret", "token" (anyone could '
            "register hosts and enter rooms)"
        )
    if hosts.interval >= hosts.ttl:
        raise ConfigError(
            f"hosts.interval = {hosts.interval}: must be less than hosts.ttl ({hosts.ttl})"
        )
    if hosts.lost_after < hosts.ttl:
        raise ConfigError(
            f"hosts.lost_after = {hosts.lost_after}: must not be less than hosts.ttl ({hosts.ttl})"
        )
    if config.bookings.hold_max < config.bookings.hold:
        raise ConfigError(
            f"bookings.hold_max = {config.bookings.hold_max}: must not be less than "
            f"bookings.hold ({config.bookings.hold})"
        )
    if config.signaling.silence <= config.signaling.ping_interval:
        raise ConfigError(
            f"signaling.silence = {config.signaling.silence}: must be more than "
            f"signaling.ping_interval ({config.signaling.ping_interval})"
        )


def _check_rates(path: str, rates: Rates) -> None:
    for name in rates.__struct_fields__:
        value = getattr(rates, name)
        try:
            type(rates)(**{name: value}).rates()
        except ValueError as error:
            raise ConfigError(f'{path}.{name} = "{value}": {error}') from None


def _check_turn(config: Config) -> None:
    for url in config.turn.stun:
        _guard("turn.stun", url, check_stun_url)
    names = [server.name for server in config.turn.server]
    for index, server in enumerate(config.turn.server):
        _check_turn_server(f"turn.server[{index}]", server)
        if names.count(server.name) > 1:
            raise ConfigError(f'turn.server[{index}].name = "{server.name}": each name once')


def _check_turn_server(path: str, server: TurnServer) -> None:
    _guard(f"{path}.host", server.host, check_host)
    if not (server.udp_port or server.tcp_port or server.tls_port):
        raise ConfigError(f"{path}: one of udp_port, tcp_port, tls_port must be set")
    fixed = bool(server.username) and bool(server.credential_file)
    if server.kind == "static":
        if not fixed or server.secret_file:
            raise ConfigError(f"{path}: a static server needs username and credential_file only")
    elif server.username or server.credential_file or not server.secret_file:
        raise ConfigError(f"{path}: a {server.kind} server needs secret_file only")


def _guard(path: str, value: str | Iterable[str], parse: Callable[..., object]) -> None:
    try:
        parse(value)
    except (ValueError, ipaddress.AddressValueError) as error:
        shown = value if isinstance(value, str) else ", ".join(value)
        raise ConfigError(f'{path} = "{shown}": {error}') from None

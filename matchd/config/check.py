"""The rules between and inside keys that types can't say. Each failure names the key and the cure.

Pure: no file is opened here. Imported by `load`; the command line uses `check_listen` for
`--listen` and `check` for a configuration it is about to write.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import urlsplit

from matchd.config.schema import Config, Rates, TurnServer
from matchd.domain import ids
from matchd.domain.addresses import Networks
from matchd.domain.endpoints import parse_address
from matchd.errors import ConfigError, InvalidRequest
from matchd.turn import check_host, check_stun_url


def check(config: Config, *, dev: bool) -> None:
    """Raise ConfigError for the first rule broken."""
    _check_server(config, dev=dev)
    _check_store(config)
    _check_hosts(config, dev=dev)
    _check_order(config)
    _check_networks("server.trusted_proxies", config.server.trusted_proxies)
    _check_networks("limits.exempt", config.limits.exempt)
    _check_networks("metrics.allow", config.metrics.allow)
    for group in ("address", "identity", "socket"):
        _check_rates(f"limits.{group}", getattr(config.limits, group))
    _check_turn(config)
    _check_issuers(config)
    _check_modes(config)


def check_listen(path: str, addresses: Iterable[str]) -> None:
    """Refuse a listen address that can't be one; `path` is the key or option it came from."""
    for address in addresses:
        _guard(path, address, parse_address)


def _check_server(config: Config, *, dev: bool) -> None:
    server = config.server
    if not server.listen:
        raise ConfigError('server.listen = []: at least one address, such as "127.0.0.1:8080"')
    check_listen("server.listen", server.listen)
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
    # A relative name would mean another file in every working directory.
    for name in ("tls_certificate", "tls_key", "data_dir"):
        value = getattr(server, name)
        if value and not Path(value).is_absolute():
            raise ConfigError(f'server.{name} = "{value}": an absolute path, or "" for none')


def _check_origin(path: str, url: str) -> None:
    try:
        parts = urlsplit(url)
        bare = f"{parts.scheme}://{parts.netloc}" == url and "@" not in parts.netloc
        # `port` is here for its ValueError: urlsplit looks at it only when asked.
        sound = bare and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or parts.scheme not in ("http", "https"):
        raise ConfigError(
            f'{path} = "{url}": a bare origin such as "https://play.example.net", '
            "without path, query or trailing slash"
        )


def _check_store(config: Config) -> None:
    store, shared = config.store, config.store.backend == "redis"
    user = store.url.partition("://")[2].rpartition("@")[0]
    if ":" in user or "password=" in store.url:
        raise ConfigError(  # before anything quotes the URL
            "store.url: holds a password; write it into a file in secrets/, closed to others, and set "
            "store.password_file to its name"
        )
    if shared != bool(store.url):
        needed = "needed with" if shared else "of no use without"
        raise ConfigError(
            f'store.url: {needed} store.backend = "redis"; such as "redis://127.0.0.1:6379/0" or '
            '"unix:///run/redis/redis-server.sock"'
        )
    for name in ("password_file", "sentinel_password_file", "ca", "certificate", "key"):
        value = getattr(store, name)
        if value and not shared:
            raise ConfigError(
                f'store.{name} = "{value}": of no use without store.backend = "redis"'
            )
        if value and name in ("ca", "certificate", "key") and not Path(value).is_absolute():
            raise ConfigError(f'store.{name} = "{value}": an absolute path, or "" for none')
    _check_sharing(config)


def _check_sharing(config: Config) -> None:
    if not config.server.reuse_port:
        return
    if config.store.backend != "redis":
        raise ConfigError(
            "server.reuse_port = true: several processes on one port would each have a pool of "
            'their own; they share one with store.backend = "redis"'
        )
    for address in config.server.listen:
        if address.startswith("unix:"):
            raise ConfigError(
                f'server.listen = "{address}": several processes can\'t share a unix socket '
                "(server.reuse_port = true); give each process its own with `matchd serve --listen`"
            )


def _check_hosts(config: Config, *, dev: bool) -> None:
    hosts = config.hosts
    if hosts.auth == "open" and not dev:
        raise ConfigError(
            'hosts.auth = "open": only with --dev; allowed are "secret", "token" (anyone could '
            "register hosts and enter rooms)"
        )
    _check_region("hosts.default_region", hosts.default_region)


def _check_order(config: Config) -> None:
    hosts, bookings, signaling = config.hosts, config.bookings, config.signaling
    if hosts.interval >= hosts.ttl:
        raise ConfigError(
            f"hosts.interval = {hosts.interval}: must be less than hosts.ttl ({hosts.ttl})"
        )
    if hosts.lost_after < hosts.ttl:
        raise ConfigError(
            f"hosts.lost_after = {hosts.lost_after:g}: must not be less than hosts.ttl "
            f"({hosts.ttl})"
        )
    if bookings.hold_max < bookings.hold:
        raise ConfigError(
            f"bookings.hold_max = {bookings.hold_max:g}: must not be less than bookings.hold "
            f"({bookings.hold:g})"
        )
    if signaling.silence <= signaling.ping_interval:
        raise ConfigError(
            f"signaling.silence = {signaling.silence:g}: must be more than "
            f"signaling.ping_interval ({signaling.ping_interval:g})"
        )


def _check_networks(path: str, entries: Iterable[str]) -> None:
    for entry in entries:
        try:
            Networks((entry,))
        except ValueError:
            raise ConfigError(
                f'{path} = "{entry}": allowed are addresses, ranges such as 10.0.0.0/8, and unix:'
            ) from None


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
    for region in server.regions:
        _check_region(f"{path}.regions", region)
    if not (server.udp_port or server.tcp_port or server.tls_port):
        raise ConfigError(f"{path}: one of udp_port, tcp_port, tls_port must be set")
    fixed = bool(server.username) and bool(server.credential_file)
    if server.kind == "static":
        if not fixed or server.secret_file:
            raise ConfigError(f"{path}: a static server needs username and credential_file only")
    elif server.username or server.credential_file or not server.secret_file:
        raise ConfigError(f"{path}: a {server.kind} server needs secret_file only")


def _check_issuers(config: Config) -> None:
    seen = {config.auth.token_issuer}
    names = [issuer.name for issuer in config.auth.issuer]
    for index, issuer in enumerate(config.auth.issuer):
        path = f"auth.issuer[{index}]"
        if re.fullmatch("[A-Za-z0-9_.-]{1,64}", issuer.name) is None:
            raise ConfigError(f'{path}.name = "{issuer.name}": 1 to 64 of A-Z a-z 0-9 _ . -')
        if names.count(issuer.name) > 1:
            raise ConfigError(f'{path}.name = "{issuer.name}": each name once')
        if issuer.issuer in seen:
            raise ConfigError(
                f'{path}.issuer = "{issuer.issuer}": that of auth.token_issuer, or of another block'
            )
        seen.add(issuer.issuer)
        if bool(issuer.key_file) == bool(issuer.jwks_file):
            raise ConfigError(f"{path}: one of key_file and jwks_file must be set")


def _check_region(path: str, region: str) -> None:
    try:
        ids.region(region, path)
    except InvalidRequest:
        raise ConfigError(f'{path} = "{region}": 1 to 64 printable characters') from None


def _guard(path: str, value: str, parse: Callable[[str], object]) -> None:
    try:
        parse(value)
    except ValueError as error:
        raise ConfigError(f'{path} = "{value}": {error}') from None


def _check_modes(config: Config) -> None:
    for name, mode in config.games.modes.items():
        path, sides = f"games.modes.{name}", mode.sides
        if len(set(sides)) != len(sides) or not all(0 < len(side) <= 64 for side in sides):
            raise ConfigError(f"{path}.sides: different names of 1 to 64 characters")
        if mode.players % len(sides):
            raise ConfigError(
                f"{path}.players = {mode.players}: as many on each of its {len(sides)} sides"
            )

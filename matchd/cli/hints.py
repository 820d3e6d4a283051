"""What is allowed in a configuration and yet deserves a look. Each hint names the key and the cure.

Owns the wording; it reads the settings that `load` has accepted, and asks the file system who may
read what. Imported by `check` and `init`.
"""

from __future__ import annotations

import ipaddress
import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from matchd.config import Config, Loaded
from matchd.config.secrets import locate, secret_files
from matchd.turn import SharedSecretServer

SERVICE_USER = "matchd"
"""User= of systemd/matchd.service."""
STOP_TIMEOUT = 45
"""TimeoutStopSec of systemd/matchd.service, seconds."""
AFTER_DRAIN = 5
"""Seconds that the daemon may need after the drain, rounded up."""


def hints(loaded: Loaded) -> list[str]:
    """All hints about these settings, the most harmful first."""
    config = loaded.config
    found = [*_unreadable(loaded), *reach(config), *_turn(config), *_proxy(config)]
    found += [*_rotation(loaded), *_data_dir(config), *_drain(config)]
    return [*found, *_lease(config)]


def _unreadable(loaded: Loaded) -> Iterator[str]:
    """Files that root can read here, and the service can't there."""
    try:
        user = pwd.getpwnam(SERVICE_USER)
    except KeyError:
        return
    if os.geteuid() != 0 or loaded.path is None:
        return
    base = loaded.path.parent
    names = secret_files(loaded.config).values()
    for path in [loaded.path, *(locate(name, base) for name in names)]:
        status = path.stat()
        owned = status.st_uid == user.pw_uid and status.st_mode & stat.S_IRUSR
        grouped = status.st_gid == user.pw_gid and status.st_mode & stat.S_IRGRP
        if not (owned or grouped or status.st_mode & stat.S_IROTH):
            yield (
                f"{path}: the service (user {SERVICE_USER}) can't read it; run: "
                f"chgrp {SERVICE_USER} {path} && chmod 0640 {path}"
            )


def reach(config: Config) -> Iterator[str]:
    """Names that players can't reach, or should not talk to in the clear."""
    url = config.server.public_url
    parts = urlsplit(url)
    where = _unreachable(parts.hostname or "")
    if where:
        yield f'server.public_url = "{url}": {where}'
    elif parts.scheme == "http":
        yield (
            f'server.public_url = "{url}": tokens and TURN credentials travel unencrypted; put a '
            "proxy with TLS in front, or set server.tls_certificate and server.tls_key"
        )
    for index, server in enumerate(config.turn.server):
        where = _unreachable(server.host)
        if where:
            yield f'turn.server[{index}].host = "{server.host}": {where}'


def _unreachable(host: str) -> str | None:
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost" or host.endswith((".localhost", ".localdomain"))
        if not local and "." not in host:
            return "a name without a domain; players outside your network can't resolve it"
    return "only this machine can reach that" if local else None


def _turn(config: Config) -> Iterator[str]:
    if not config.turn.server:
        yield (
            "turn.server: there is none; players behind strict NATs will not get connected (add "
            "a [[turn.server]] block, `matchd init` shows one)"
        )
    elif not any(server.weight for server in config.turn.server):
        yield "turn.server: every weight is 0, so players are told of none"


def _proxy(config: Config) -> Iterator[str]:
    server = config.server
    behind = server.public_url.startswith("https:") and not server.tls_certificate
    over_tcp = any(not address.startswith(("unix:", "fd:")) for address in server.listen)
    if behind and over_tcp and set(server.trusted_proxies) <= {"unix:"}:
        yield (
            "server.trusted_proxies: the proxy that speaks TLS for this server is not in it, so "
            "all players share its address and its limits; for one on this machine: "
            'trusted_proxies = ["unix:", "127.0.0.1", "::1"]'
        )


def _rotation(loaded: Loaded) -> Iterator[str]:
    config, secrets = loaded.config, loaded.secrets
    hosts = len(secrets.hosts)
    if config.hosts.auth == "secret" and hosts > 1:
        yield (
            f'hosts.secret_file = "{config.hosts.secret_file}": holds {hosts} secrets, a rotation '
            "in progress; keep the first line alone once every host sends it"
        )
    for index, server in enumerate(secrets.turn):
        if isinstance(server, SharedSecretServer) and server.previous:
            name = config.turn.server[index].secret_file
            path = locate(name, loaded.path.parent) if loaded.path else Path(name)
            if path.with_name(f"{path.name}.rotation").exists():
                cure = f"matchd turn rotate {server.name}"
                yield f'turn.server[{index}].secret_file = "{name}": a rotation has begun: {cure}'
                continue
            yield (
                f'turn.server[{index}].secret_file = "{name}": holds {1 + len(server.previous)} '
                "secrets, a rotation in progress; keep the first line alone (here and in coturn) "
                f"{config.turn.ttl} s after matchd was reloaded with it"
            )


def _data_dir(config: Config) -> Iterator[str]:
    name = config.server.data_dir
    path = Path(name)
    if config.store.backend == "redis":
        return
    if not name:
        yield 'server.data_dir = "": a restart forgets hosts, bookings and the line'
    elif not os.path.lexists(path):
        yield (
            f'server.data_dir = "{name}": does not exist yet; the unit (StateDirectory=) makes '
            "it at its first start"
        )
    elif not path.is_dir() or not os.access(path, os.W_OK | os.X_OK):
        yield f'server.data_dir = "{name}": not a directory that this user may write to'


def _drain(config: Config) -> Iterator[str]:
    drain = config.server.drain
    if drain > STOP_TIMEOUT - AFTER_DRAIN:
        yield (
            f"server.drain = {drain:g}: systemd kills the service {STOP_TIMEOUT} s after a stop; "
            f"`systemctl edit matchd` and set TimeoutStopSec={int(drain) + AFTER_DRAIN + 1}"
        )


def _lease(config: Config) -> Iterator[str]:
    store = config.store
    if store.backend == "redis" and store.timeout >= store.node_lease:
        yield (
            f"store.timeout = {store.timeout:g}: not less than store.node_lease "
            f"({store.node_lease:g}), so one slow answer of Redis ends this node's lease"
        )

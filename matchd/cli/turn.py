"""`matchd turn`: credentials as the daemon hands them out, and coturn's side of the configuration."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import msgspec

from matchd.cli import rotate
from matchd.cli.files import NewFile, group_id, write
from matchd.cli.options import AddParser, add_config, duration, load_config
from matchd.cli.output import emit, note, warn
from matchd.config import Loaded
from matchd.errors import ConfigError
from matchd.protocol.bookings import IceAnswer
from matchd.turn import (
    SharedSecretServer,
    TurnPlan,
    TurnServer,
    coturn_config,
    ice_servers,
    user_part,
)


def register(add: AddParser) -> None:
    """Add the verb and its three nouns."""
    parser = add(
        "turn", help="mint TURN credentials, print coturn's configuration, rotate its secret"
    )
    nouns = parser.add_subparsers(metavar="WHAT", required=True)
    minting = nouns.add_parser(
        "mint",
        help="print iceServers with fresh credentials",
        description="Print the JSON that a player or host of this name would be given.",
    )
    minting.add_argument("user", metavar="USER", help="an account, or any name")
    minting.add_argument("--ttl", type=duration, help="such as 3600, 12h (default: turn.ttl)")
    minting.set_defaults(run=run_mint)
    making = nouns.add_parser(
        "config",
        help="print a hardened turnserver.conf",
        description="Print the coturn configuration that matches a server of ours. It holds the "
        "shared secret, so it is not printed on a terminal unless you say so.",
    )
    _add_coturn(making)
    making.set_defaults(run=run_config)
    rotate.register(nouns.add_parser)
    for noun in (minting, making):
        noun.add_argument("--server", metavar="NAME", help="this [[turn.server]] only")
        add_config(noun)


def _add_coturn(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--output", metavar="FILE", type=Path, help="write a new file (0640) instead")
    add("--show-secrets", action="store_true", help="print it on a terminal, secret included")
    add("--realm", help="where the server has none configured")
    add("--cert", metavar="FILE", help="absolute path of the certificate, for TLS")
    add("--key", metavar="FILE", help="absolute path of its key")
    add("--external-ip", metavar="IP", help="behind NAT: PUBLIC or PUBLIC/PRIVATE")
    add("--listening-ip", metavar="IP", action="append", default=[], help="may be repeated")
    add("--relay-ip", metavar="IP", action="append", default=[], help="may be repeated")
    add("--min-port", metavar="N", type=int, default=49152, help="first relay port (49152)")
    add("--max-port", metavar="N", type=int, default=65535, help="last relay port (65535)")
    add("--user-quota", metavar="N", type=int, default=12, help="relays of one player (12)")
    add("--total-quota", metavar="N", type=int, default=1200, help="relays of all (1200)")
    add("--max-bps", metavar="N", type=int, default=12_500_000, help="bytes/s of one relay")
    add("--lan", action="store_true", help="let private --relay-ip addresses reach each other")


def run_mint(arguments: argparse.Namespace) -> int:
    """Print one answer."""
    loaded = load_config(arguments)
    servers = loaded.secrets.turn
    if arguments.server is not None:
        # A server that runs empty (weight 0) can still be tried by its name.
        servers = (msgspec.structs.replace(_server(loaded, arguments.server), weight=1),)
    elif not servers:
        raise ConfigError(f"{loaded.path}: there is no [[turn.server]] to mint credentials for")
    try:
        plan = TurnPlan(
            ttl=loaded.config.turn.ttl if arguments.ttl is None else arguments.ttl,
            stun=loaded.config.turn.stun,
            servers=servers,
        )
        user = user_part(loaded.secrets.pepper, arguments.user)
        made = ice_servers(plan, user=user, region=None, now=time.time())
    except ValueError as error:
        raise ConfigError(str(error)) from None
    answer = IceAnswer(ice_servers=made.servers, ice_ttl=made.ttl, ice_expires_at=made.expires_at)
    emit(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode() + "\n")
    return 0


def run_config(arguments: argparse.Namespace) -> int:
    """Print or write one file."""
    loaded = load_config(arguments)
    text = _coturn(arguments, _coturn_server(loaded, arguments.server))
    if arguments.output is not None:
        if arguments.output.exists():
            raise ConfigError(f"{arguments.output}: exists already; move it away first")
        write(NewFile(arguments.output, text, group_id("turnserver")))
        note(f"wrote {arguments.output}; it holds the secret: keep it 0640")
    elif sys.stdout.isatty() and not arguments.show_secrets:
        raise ConfigError(
            "this text holds the shared secret; use --output FILE, a pipe, or --show-secrets"
        )
    else:
        emit(text)
    return 0


def _coturn(arguments: argparse.Namespace, server: SharedSecretServer) -> str:
    realm = arguments.realm or server.realm
    if not realm:
        raise ConfigError(
            f"{server.name} has no realm in matchd.toml; set it there, or use --realm"
        )
    port = server.udp_port or server.tcp_port
    if server.udp_port and server.tcp_port and server.udp_port != server.tcp_port:
        warn(f"coturn has one port for UDP and TCP: {port} is used, not {server.tcp_port}")
    if server.tls_port and arguments.cert is None:
        warn(
            f"players are told of TLS on {server.tls_port}, but without --cert and --key it is off"
        )
    if arguments.cert is not None and not server.tls_port:
        warn("tls_port is 0, so players are not told of TLS; set it in matchd.toml")
    try:
        return coturn_config(
            realm=realm,
            secret=server.secret,
            previous=server.previous,
            listening_ips=tuple(arguments.listening_ip),
            relay_ips=tuple(arguments.relay_ip),
            external_ip=arguments.external_ip,
            port=port or 3478,
            tls_port=server.tls_port or 5349,
            cert=arguments.cert,
            key=arguments.key,
            min_port=arguments.min_port,
            max_port=arguments.max_port,
            user_quota=arguments.user_quota,
            total_quota=arguments.total_quota,
            max_bps=arguments.max_bps,
            lan=arguments.lan,
        )
    except ValueError as error:
        raise ConfigError(str(error)) from None


def _server(loaded: Loaded, name: str) -> TurnServer:
    for server in loaded.secrets.turn:
        if server.name == name:
            return server
    known = ", ".join(server.name for server in loaded.secrets.turn) or "none"
    raise ConfigError(f"{loaded.path}: no [[turn.server]] is called {name!r}; there is {known}")


def _coturn_server(loaded: Loaded, name: str | None) -> SharedSecretServer:
    """The server that is meant; ConfigError when that is not clear, or it is no coturn."""
    if name is not None:
        server = _server(loaded, name)
        if isinstance(server, SharedSecretServer) and server.kind == "coturn":
            return server
        raise ConfigError(f"{loaded.path}: {name} is no coturn (kind = {server.kind!r})")
    found = [
        server
        for server in loaded.secrets.turn
        if isinstance(server, SharedSecretServer) and server.kind == "coturn"
    ]
    if len(found) == 1:
        return found[0]
    if not found:
        raise ConfigError(f"{loaded.path}: there is no [[turn.server]] of kind coturn")
    names = ", ".join(server.name for server in found)
    raise ConfigError(f"{loaded.path}: several TURN servers; choose with --server: {names}")

"""What to do after `matchd init`: the text, with this installation's own names in it.

Pure. It names the file of the host secret and never holds the secret. Imported by `init` only.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from urllib.parse import urlsplit

from matchd.cli.options import DEFAULT_CONFIG
from matchd.config import Config

_BEAT = '{"hostId": "pc-1", "roomId": "pc-1"}'


def next_steps(directory: Path, config: Config) -> str:
    """The three steps, ready to be pasted."""
    return "\n".join(
        (
            "",
            "Next:",
            *_coturn(directory / "turnserver.conf", config),
            *_way_in(config),
            *_start(directory, config),
        )
    )


def _coturn(file: Path, config: Config) -> list[str]:
    server = config.turn.server[0]
    ports = ", ".join(str(port) for port in (server.udp_port, server.tls_port) if port)
    return [
        f"1. coturn ({server.host}; when that is another machine, copy the file there first):",
        f"     install -b -m 0640 -g turnserver {shlex.quote(str(file))} /etc/turnserver.conf",
        "     systemctl restart coturn",
        f"   Firewall there: {ports} (UDP and TCP) and 49152-65535 (UDP).",
    ]


def _way_in(config: Config) -> list[str]:
    url, listen = config.server.public_url, config.server.listen[0]
    if not url.startswith("https:"):
        return [f"2. {url} must lead to {listen}: a proxy, or server.listen in matchd.toml."]
    return [
        f"2. {url} must lead to {listen}. With Caddy, in /etc/caddy/Caddyfile:",
        f"     {urlsplit(url).netloc} {{",
        f"         reverse_proxy {listen}",
        "     }",
        "   Without a proxy: server.listen, tls_certificate and tls_key in matchd.toml.",
    ]


def _start(directory: Path, config: Config) -> list[str]:
    toml, secret = directory / "matchd.toml", directory / "secrets" / config.hosts.secret_file
    if toml == DEFAULT_CONFIG:
        start = "matchd check && systemctl enable --now matchd"
    else:
        name = shlex.quote(str(toml))
        start = f"matchd check --config {name} && matchd serve --config {name}"
    return [
        "3. Start it, and beat a host to see that it works (hosts send the secret in that file):",
        f"     {start}",
        f"     printf 'Authorization: Bearer %s' \"$(cat {shlex.quote(str(secret))})\" |",
        "       curl -H @- -H 'Content-Type: application/json' \\",
        f"         -d '{_BEAT}' {config.server.public_url}/api/host/heartbeat",
        "Later, for more processes or machines over one Redis: copy this directory, don't run init",
        "again. They must have the same pepper, signing keys and host secret.",
    ]

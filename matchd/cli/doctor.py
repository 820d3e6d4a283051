"""`matchd doctor`: what is wrong with this installation, and which line to change."""

from __future__ import annotations

import argparse
import shutil
import sys
import textwrap
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from matchd.cli.check import check_tls, expiry_hints
from matchd.cli.hints import hints
from matchd.cli.options import AddParser, add_config, config_path, load_config
from matchd.cli.output import emit, say
from matchd.config import Loaded
from matchd.errors import ConfigError

if TYPE_CHECKING:
    from matchd.doctor.findings import Finding
    from matchd.turn import TurnServer

STYLES = {"ok": "green", "info": "", "warn": "yellow", "fail": "bold red"}
WIDEST = 110
OURS = "matchd"
"""The title of what is not about a TURN server."""


class Report(msgspec.Struct, frozen=True):
    """What --json prints; `version` grows when a field changes its meaning."""

    version: int
    at: int
    status: int
    findings: tuple[Finding, ...]


def register(add: AddParser) -> None:
    """Add the verb."""
    parser = add(
        "doctor",
        help="look at the TURN servers, the unit, Redis and the proxy, and say what to change",
        description="Try everything as a player would, and say what is wrong and which line to "
        "change. It changes nothing. Exit status 0: fine, 1: warnings, 2: failures, or a "
        "configuration that can't be used.",
    )
    add_config(parser)
    option = parser.add_argument
    option("--server", metavar="NAME", help="this [[turn.server]] only")
    option("--json", action="store_true", help="for programs: all findings, as one JSON object")
    option("--all", action="store_true", help="show what is fine, too")
    option(
        "--from-here-only",
        action="store_true",
        help="only what can be seen over the network, for another machine with a copy of "
        "matchd.toml and its secrets",
    )
    option("--coturn-config", metavar="FILE", type=Path, help="coturn's file on this machine")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Look, tell, and exit by the worst."""
    # Not above: the other verbs need no network.
    from matchd.doctor.findings import Finding, Severity, status  # noqa: PLC0415
    from matchd.doctor.run import Options, look  # noqa: PLC0415

    where = str(config_path(arguments))
    try:
        loaded = load_config(arguments)
        servers = _chosen(loaded, arguments.server)
        settings = _settings(loaded, where)
    except ConfigError as error:
        cause = str(error).removeprefix(f"{where}: ")
        broken = [Finding("C1", Severity.FAIL, where, cause, "")]
        _tell(arguments, [(OURS, broken)], status(broken))
        return status(broken)
    options = Options(local=not arguments.from_here_only, coturn=arguments.coturn_config)
    result = look(loaded, servers, options)
    ours = [*settings, *_store(loaded, options.local), *result.rest]
    groups = [(f"turn {one.name} ({one.host})", list(found)) for one, found in result.servers]
    groups.append((OURS, ours))
    everything = [finding for _, found in groups for finding in found]
    _tell(arguments, groups, status(everything))
    if result.beside and not arguments.json:
        say(
            "note: this ran beside a TURN server, inside its firewall; run it on another machine "
            "too: matchd doctor --from-here-only"
        )
    return status(everything)


def _chosen(loaded: Loaded, name: str | None) -> tuple[TurnServer, ...]:
    servers = loaded.secrets.turn
    if name is None:
        return servers
    found = tuple(server for server in servers if server.name == name)
    if not found:
        known = ", ".join(server.name for server in servers) or "none"
        raise ConfigError(f"no [[turn.server]] is called {name!r}; there is {known}")
    return found


def _settings(loaded: Loaded, where: str) -> list[Finding]:
    """C1: the file can be used, and what deserves a look in it."""
    from matchd.doctor.findings import Finding, Severity  # noqa: PLC0415

    found = [*hints(loaded), *expiry_hints(loaded.config, check_tls(loaded.config))]
    warned = [Finding("C1", Severity.WARN, where, text) for text in found]
    return [Finding("C1", Severity.OK, where, "can be used"), *warned]


def _store(loaded: Loaded, local: bool) -> list[Finding]:
    """D1: Redis, where it is used."""
    from matchd.doctor.findings import Finding, Severity  # noqa: PLC0415

    if loaded.config.store.backend != "redis" or not local:
        return []
    from matchd.daemon import look_at_redis  # noqa: PLC0415  # half a second of imports

    seen = look_at_redis(loaded)
    first = Finding("D1", Severity.OK if seen.usable else Severity.FAIL, "redis", seen.said)
    return [first, *(Finding("D1", Severity.WARN, "redis", hint) for hint in seen.hints)]


def _tell(
    arguments: argparse.Namespace, groups: list[tuple[str, list[Finding]]], status: int
) -> None:
    if arguments.json:
        everything = tuple(finding for _, found in groups for finding in found)
        report = Report(1, int(time.time()), status, everything)
        emit(msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n")
        return
    for title, found in groups:
        say(f"{title}: {_count(found)}", "bold")
        for finding in found:
            if arguments.all or finding.severity in ("warn", "fail"):
                _show(finding, f"{finding.about}: " if title == OURS else "")


def _count(found: list[Finding]) -> str:
    """Such as `1 failure, 14 fine`."""
    counts = Counter("fine" if one.severity in ("ok", "info") else one.severity for one in found)
    words = (("fail", "failure"), ("warn", "warning"))
    said = [f"{counts[name]} {word}{'s' * (counts[name] > 1)}" for name, word in words]
    said = [text for text in said if not text.startswith("0 ")]
    return ", ".join([*said, f"{counts['fine']} fine"])


def _show(finding: Finding, about: str) -> None:
    mark = finding.severity.upper() if finding.severity == "fail" else finding.severity
    style = STYLES[finding.severity]
    say(_wrapped(f"  {mark:<5} {finding.id:<3} ", about + finding.cause), style)
    if finding.change:
        say(_wrapped(" " * 12 + "-> ", finding.change))


def _wrapped(label: str, text: str) -> str:
    """On a terminal wrapped beside its label; on a pipe one line, for grep."""
    if not sys.stdout.isatty():
        return label + text
    width = min(WIDEST, shutil.get_terminal_size().columns)
    beside = " " * len(label)
    return textwrap.fill(
        text, width, initial_indent=label, subsequent_indent=beside, break_on_hyphens=False
    )

"""The peers: servers that people would pick instead, installed by their own package managers.

`python -m bench install` puts them into a directory that is kept (`--peers-in`, MATCHD_BENCH_PEERS or
~/.cache/matchd-bench): npm its packages, pip a virtual environment of its own, cargo matchbox_server,
which takes minutes. A peer that is not there is left out of the tables, with a line that says why.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from bench.load.native import CompilerMissing, compiled
from bench.processes import ROOT, Recipe, free_port
from bench.servers.daemon import ISSUER

SERVERS = ROOT / "bench" / "servers"
PACKAGES = ("express", "fastify", "ioredis", "msgpackr", "ws", "peer")
WHEELS = ("fastapi", "uvicorn[standard]")
CRATE = "matchbox_server"
INSTALL_DEADLINE = 1200.0


class Absent(msgspec.Struct, frozen=True, kw_only=True):
    """A peer that can't be measured here, and why."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name} is left out: {self.reason}."


class Peers:
    """How to start the peers in one directory; it may not exist, then all of them are absent."""

    def __init__(self, directory: Path) -> None:
        self._modules = directory / "npm" / "node_modules"
        self._python = directory / "venv" / "bin" / "python"
        self._matchbox = directory / "cargo" / "bin" / CRATE
        self._directory = directory

    def install(self) -> None:
        """Install what is not there, at the lowest priority; print what was left out."""
        self.install_node()
        if not self._python.exists():
            _run([sys.executable, "-m", "venv", str(self._directory / "venv")])
        _run([str(self._python), "-m", "pip", "install", "--quiet", *WHEELS])
        root = str(self._directory / "cargo")
        if not self._matchbox.exists():
            _run(["cargo", "install", "--locked", "--root", root, CRATE])

    def install_node(self) -> None:
        """Those that npm installs, in seconds."""
        prefix = str(self._modules.parent)
        quiet = ("--silent", "--no-audit", "--no-fund", "--prefix", prefix)
        self._modules.parent.mkdir(parents=True, exist_ok=True)
        _run(["npm", "install", *quiet, *PACKAGES])

    def node(self, name: str, script: str, *arguments: str, **environment: str) -> Recipe | Absent:
        """A server written for node; `script` is its file in `servers/node`."""
        node = shutil.which("node")
        if node is None:
            return Absent(name=name, reason="node is not installed")
        if not self._modules.exists():
            return Absent(name=name, reason="its packages are not installed (bench install)")
        return Recipe(
            name=name,
            command=(node, str(SERVERS / "node" / script), *arguments),
            environment={
                "NODE_PATH": str(self._modules),
                "NODE_ENV": "production",
                "BENCH_TOKEN_KEY": ISSUER.key(None).decode(),
                **environment,
            },
        )

    def fastapi(self) -> Recipe | Absent:
        """FastAPI under uvicorn."""
        name = "FastAPI, uvicorn"
        if not self._python.exists():
            return Absent(name=name, reason="its packages are not installed (bench install)")
        return Recipe(
            name=name,
            command=(str(self._python), str(SERVERS / "fast.py")),
            environment={"BENCH_TOKEN_KEY": ISSUER.key(None).decode()},
        )

    def matchbox(self) -> Recipe | Absent:
        """The server of the matchbox crates."""
        if not self._matchbox.exists():
            return Absent(name=CRATE, reason="cargo has not installed it (bench install)")
        port = free_port()
        return Recipe(name=CRATE, command=(str(self._matchbox), f"127.0.0.1:{port}"), port=port)

    def limit(self) -> Recipe | Absent:
        """The bare loop of system calls."""
        name = "bare loop of syscalls"
        try:
            return Recipe(name=name, command=(str(compiled("limit", SERVERS / "limit.c")),))
        except CompilerMissing as missing:
            return Absent(name=name, reason=str(missing))

    def versions(self) -> str:
        """The versions of all that are there, in one line."""
        found = [_first_line(["node", "--version"], "Node")] if self._modules.exists() else []
        for package in PACKAGES:
            manifest = self._modules / package / "package.json"
            if manifest.exists():
                found.append(f"{package} {json.loads(manifest.read_text('utf-8'))['version']}")
        if self._python.exists():
            names = ", ".join(repr(wheel.partition("[")[0]) for wheel in (*WHEELS, "uvloop"))
            script = (
                f"from importlib.metadata import version as v\nfor n in ({names}): print(n, v(n))"
            )
            found += _lines([str(self._python), "-c", script])
        crates = self._directory / "cargo" / ".crates.toml"
        if crates.exists():
            found += [
                line.split(" (")[0].strip('"')
                for line in crates.read_text("utf-8").splitlines()
                if line.startswith(f'"{CRATE} ')
            ]
        redis = _lines(["redis-server", "--version"])
        found += [
            f"Redis {part[2:]}" for line in redis for part in line.split() if part[:2] == "v="
        ]
        return ", ".join(found) or "no peers are installed"


def directory_of(named: str | None) -> Path:
    """Where the peers are."""
    default = Path.home() / ".cache" / "matchd-bench"
    return Path(named or os.environ.get("MATCHD_BENCH_PEERS") or default)


def present(recipes: Sequence[Recipe | Absent]) -> tuple[list[Recipe], tuple[str, ...]]:
    """Those that can be started, and a line about each that can't."""
    there = [one for one in recipes if isinstance(one, Recipe)]
    return there, tuple(str(one) for one in recipes if isinstance(one, Absent))


def _run(command: list[str]) -> None:
    if shutil.which(command[0]) is None:
        print(f"{command[0]} is not installed: its peers are left out")
        return
    done = subprocess.run(["nice", "-n", "19", *command], timeout=INSTALL_DEADLINE, check=False)
    if done.returncode:
        print(f"{' '.join(command)} failed: its peers are left out")


def _lines(command: list[str]) -> list[str]:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except OSError:
        return []
    return done.stdout.splitlines()


def _first_line(command: list[str], name: str) -> str:
    return f"{name} {next(iter(_lines(command)), 'unknown').lstrip('v')}"

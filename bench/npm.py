"""Peers that need node: their packages are installed by npm into a temporary directory."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.processes import ROOT, Recipe

PACKAGES = ("express", "fastify", "ws")
INSTALL_DEADLINE = 120.0

SERVERS = ROOT / "bench" / "servers"


class Node:
    """Recipes for the servers written for node."""

    def __init__(self, modules: Path) -> None:
        self._modules = modules

    def recipe(self, name: str, script: str) -> Recipe:
        """How to start one of them; `script` is its file in `servers`."""
        return Recipe(
            name=name,
            command=("node", str(SERVERS / script)),
            environment={"NODE_PATH": str(self._modules), "NODE_ENV": "production"},
        )


@contextmanager
def packages() -> Iterator[Node | None]:
    """The packages, installed for as long as they are needed; None without node and npm."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="matchd-bench-") as directory:
        subprocess.run(
            [
                "npm",
                "install",
                "--silent",
                "--no-audit",
                "--no-fund",
                "--prefix",
                directory,
                *PACKAGES,
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=INSTALL_DEADLINE,
        )
        yield Node(Path(directory) / "node_modules")

"""Installs Autobahn's fuzzing client into an environment of its own, which serves every checkout.

Run by `.ci/run`: `python tests/autobahn/install.py`. It ends with 75 when there is no package index.
The suite's release of 2021 is a wheel, and its cases are those of the newest, of 2025, which would have
to be built. The library is the one that the suite is made for: it wants a setuptools that still knows
`test`, and an accelerator, without which a message of 16 MiB takes it seconds.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

NO_INDEX = 75
HERE = Path(__file__).parent
BUILDER = ("setuptools==71.1.0",)
SUITE = (
    "autobahntestsuite==0.8.2"
    " --hash=sha256:6f28e138798987aba0f9f046f0d3d0e678f08b432c9207b95097522ac4d78506"
)
LIBRARY = (
    "autobahn==0.10.9"
    " --hash=sha256:3fecc1e2a26a0421128ddcfb4e577f0bc669dd65d0e0fdad1c773965cbcef75a"
)
BESIDE = ("twisted==26.10.0", "txaio==26.6.1", "six==1.17.0")
ACCELERATOR = "wsaccel==0.6.7"


def home() -> Path:
    """Where it is, or will be: what is installed has part in the name."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    recipe = hashlib.sha256(sys.version.encode())
    for name in ("install.py", "convert.py"):
        recipe.update((HERE / name).read_bytes())
    return cache / "matchd-autobahn" / recipe.hexdigest()[:16]


def is_installed() -> bool:
    """Whether it is there, wholly."""
    return (home() / "whole").exists()


def install() -> bool:
    """Install it, if it is not there; whether there is a package index to do so."""
    place = home()
    place.parent.mkdir(parents=True, exist_ok=True)
    with Path(f"{place}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_installed():
            return True
        shutil.rmtree(place, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        if not _pip("install", *BUILDER, check=False):
            return False
        _fill(place)
        (place / "whole").touch()
    return True


def _fill(place: Path) -> None:
    asked = place / "asked.txt"
    asked.write_text(SUITE)
    _pip("download", "--no-deps", "--only-binary=:all:", f"--dest={place}", f"-r{asked}")
    asked.write_text(LIBRARY)
    _pip("install", "--no-deps", "--no-build-isolation", f"-r{asked}")
    _pip("install", *BESIDE)
    # It is not built for every machine, and all works without it.
    _pip("install", "--only-binary=:all:", ACCELERATOR, check=False)
    (wheel,) = place.glob("autobahntestsuite-*.whl")
    command = [sys.executable, str(HERE / "convert.py"), str(wheel), str(place / "suite")]
    subprocess.run(command, check=True)


def _pip(*words: str, check: bool = True) -> bool:
    command = [str(home() / "bin" / "python"), "-m", "pip", "--quiet", *words]
    quiet = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return subprocess.run(command, check=check, env=quiet).returncode == 0


if __name__ == "__main__":
    sys.exit(0 if install() else NO_INDEX)

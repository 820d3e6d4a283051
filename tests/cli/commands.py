"""Running commands in this process, and a place that `matchd init` has made. Only tests import it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from matchd.cli import main

URL = "https://play.example.net"


@dataclass(frozen=True)
class Result:
    """How one command ended, and what it said on both streams."""

    status: int
    out: str
    err: str


Run = Callable[..., Result]


def runner(capsys: pytest.CaptureFixture[str]) -> Run:
    """A function that runs one command line; SystemExit counts as its status."""

    def run(*argv: object) -> Result:
        capsys.readouterr()
        try:
            status = main([str(item) for item in argv])
        except SystemExit as ended:
            status = int(str(ended.code))
        said = capsys.readouterr()
        return Result(status, said.out, said.err)

    return run


def contents(directory: Path) -> dict[str, bytes]:
    """Every file below a directory, with what is in it."""
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }

"""The man pages, as they are made from the parsers."""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from matchd.cli import build_parser
from tests.package.house import CHECKOUT, said


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with all pages."""
    into = tmp_path_factory.mktemp("man")
    command = [sys.executable, str(CHECKOUT / "debian/manuals.py"), str(into)]
    subprocess.run(command, env={"PYTHONPATH": str(CHECKOUT)}, timeout=60, check=True)
    return into


def parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """A parser and all below it."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                yield from parsers(child)


def test_each_command_has_its_page(pages: Path) -> None:
    """There is a page of each verb and one of the program, which names them all."""
    verbs = next(a for a in build_parser()._actions if isinstance(a, argparse._SubParsersAction))
    names = {f"matchd-{verb}" for verb in verbs.choices}
    assert {page.stem for page in pages.iterdir()} == {"matchd", *names}
    overview = (pages / "matchd.1").read_text("utf-8").replace("\\-", "-")
    assert all(f"{name}(1)" in overview for name in names)


def test_each_argument_is_explained(pages: Path) -> None:
    """Whatever a command takes stands in the page of its verb."""
    for parser in parsers(build_parser()):
        page = "-".join(parser.prog.split()[:2])
        text = (pages / f"{page}.1").read_text("utf-8").replace("\\-", "-")
        for action in parser._actions:
            words = action.option_strings or (
                [] if action.nargs == "A..." else [str(action.metavar)]
            )
            assert all(word in text for word in words), f"{parser.prog}: {words}"


def test_no_tool_complains(pages: Path) -> None:
    """mandoc and man-db find nothing to warn of."""
    found = sorted(str(page) for page in pages.iterdir())
    assert said(["mandoc", "-T", "lint", "-W", "warning", *found]) == ""
    for page in found:
        done = subprocess.run(
            ["man", "--warnings", "--local-file", page],
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "MANROFFSEQ": "", "MANWIDTH": "80"},
            capture_output=True,
            timeout=60,
            check=True,
        )
        assert done.stderr == b""

"""The frame of all verbs: options, exit statuses, and one line for everything that goes wrong."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from matchd import __version__
from matchd.cli import check
from tests.cli.commands import Run


def process(*argv: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m matchd` to its end."""
    command = [sys.executable, "-m", "matchd", *argv]
    environment = {**os.environ, **environ}
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, timeout=30
    )


@pytest.mark.parametrize("argv", [("version",), ("--version",)])
def test_version(run: Run, argv: tuple[str, ...]) -> None:
    """Both spellings print name and version."""
    result = run(*argv)
    assert (result.status, result.out) == (0, f"matchd {__version__}\n")


WRONG = [(), ("bogus",), ("check", "--bogus"), ("token",), ("turn", "bogus"), ("token", "host")]


@pytest.mark.parametrize("argv", WRONG)
def test_wrong_usage(run: Run, argv: tuple[str, ...]) -> None:
    """A command line that can't be understood is status 2, with the usage."""
    result = run(*argv)
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("usage: matchd")


@pytest.mark.parametrize("verb", ["check", "config", "serve"])
def test_without_a_configuration(run: Run, tmp_path: Path, verb: str) -> None:
    """A missing file is named, with the two ways to go on."""
    path = tmp_path / "matchd.toml"
    result = run(verb, "--config", path)
    expected = f"matchd: {path}: there is no such file; write one with `matchd init {tmp_path}`, "
    assert (result.status, result.out) == (2, "")
    assert result.err == f"{expected}or try matchd without one: `matchd serve --dev`\n"


@pytest.mark.parametrize("words", [("status",), ("top",), ("trace", "ann")])
def test_a_server_without_a_configuration(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """Who looks at one is told how to name it, and where a token comes from."""
    monkeypatch.delenv("MATCHD_ADMIN_TOKEN", raising=False)
    for more in ((), ("--url", "http://127.0.0.1:8080")):
        result = run(*words, "--config", tmp_path / "matchd.toml", *more)
        assert (result.status, result.out) == (2, "")
        for word in ("--url", "--token-file", "$MATCHD_ADMIN_TOKEN", "`matchd serve --dev` prints"):
            assert word in result.err


def test_a_configuration_out_of_reach(run: Run, tmp_path: Path) -> None:
    """A path that can't be followed is not called missing."""
    path = tmp_path / "file" / "matchd.toml"
    path.parent.write_text("")
    result = run("check", "--config", path)
    assert (result.status, result.err) == (2, f"matchd: {path}: Not a directory\n")


def test_an_error_is_one_line(run: Run, tmp_path: Path) -> None:
    """Nothing in a value can break the line, or reach the terminal as a command."""
    path = tmp_path / "matchd.toml"
    path.write_text('server.public_url = "a\\n\\u001b[31m"')
    result = run("check", "--config", path)
    assert result.err.startswith(f'matchd: {path}: server.public_url = "a\\n\\x1b[31m": a bare')
    assert result.err.count("\n") == 1


def test_a_process_says_it_too(tmp_path: Path) -> None:
    """`python -m matchd` has the same statuses, and no traceback."""
    missing = tmp_path / "none.toml"
    result = process("check", MATCHD_CONFIG=str(missing))
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"matchd: {missing}: there is no such file; ")
    assert result.stderr.count("\n") == 1


def test_a_reader_that_leaves(site: Path) -> None:
    """`matchd config | true` ends quietly."""
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "matchd", "config"]
    with os.fdopen(write, "wb") as pipe:
        result = subprocess.run(command, stdout=pipe, stderr=subprocess.PIPE, check=False)
    assert (result.returncode, result.stderr) == (1, b"")


@pytest.mark.parametrize("argv", [("check",), ("token", "host", "pc-1"), ("turn", "mint", "u_1")])
def test_only_serve_loads_the_daemon(site: Path, argv: tuple[str, ...]) -> None:
    """The other verbs start fast: neither the daemon nor an HTTP server is imported."""
    code = (
        "import sys; from matchd.cli import main; main(sys.argv[1:]); "
        "sys.exit(str({'quart', 'hypercorn', 'matchd.daemon'} & sys.modules.keys() or ''))"
    )
    command = [sys.executable, "-c", code, *argv]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.stderr.strip() == ""


def test_ctrl_c(run: Run, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupted command says nothing and has the shell's status for that."""

    def interrupted(_loaded: object) -> list[str]:
        raise KeyboardInterrupt

    monkeypatch.setattr(check, "hints", interrupted)
    result = run("check")
    assert (result.status, result.err) == (130, "")

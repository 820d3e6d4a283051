"""No case of Autobahn's fuzzing client fails at either edge.

`.ci/run` installs the client where there is a package index; elsewhere these are skipped, and
`tests/ws/test_fuzzing_cases.py` alone says what it asks.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple

import pytest
import trio

from matchd.protocol import frames
from tests.autobahn.echo import Service, echo
from tests.autobahn.install import home, is_installed

pytestmark = pytest.mark.skipif(
    not is_installed(), reason="no Autobahn: tests/autobahn/install.py gets it"
)

CASES = 517
"""All there are."""

PATIENCE = 30
"""How much longer than usual a case waits: other tests run beside it."""

MINUTES = 5
"""How long all cases may take on a busy machine; on one that is not it is half a minute."""

COMPRESSED = re.compile(r"1[23]\..*")
"""Cases of what we never offer."""

OPEN = ("7.1.6", "7.13.1", "7.13.2")
"""Cases that can't be failed: what happens is for each server to decide."""

LOST = re.compile(r"3\.[234]|4\.[12]\.[345]|5\.15")
"""Cases in which something right is said just before something wrong. The library hangs up at once, so
the answer to the first may be lost, which Autobahn calls not strict, and right.
"""


class Result(NamedTuple):
    """How a case went, and what Autobahn says to it."""

    behavior: str
    close: str
    why: str


async def run(
    service: Service, cases: list[str], patience: float, where: Path
) -> dict[str, Result]:
    """Let the fuzzing client loose, and read its reports."""
    waits = ("openHandshakeTimeout", "closeHandshakeTimeout", "serverConnectionDropTimeout")
    spec = {
        "outdir": str(where / "reports"),
        "servers": [{"agent": "matchd", "url": service.url}],
        "options": dict.fromkeys(waits, patience),
        "cases": cases,
        "patience": patience,
    }
    asked = where / "spec.json"
    asked.write_text(json.dumps(spec))
    client = Path(__file__).parent / "fuzzing_client.py"
    command = [str(home() / "bin" / "python"), "-P", str(client), str(home() / "suite"), str(asked)]
    with trio.fail_after(MINUTES * 60):
        done = await trio.run_process(
            command, capture_stdout=True, capture_stderr=True, check=False
        )
    assert (done.returncode, done.stderr) == (0, b""), done.stderr.decode()
    return _read(where / "reports")


def _read(reports: Path) -> dict[str, Result]:
    index = json.loads((reports / "index.json").read_text())
    results = {}
    for number, case in index["matchd"].items():
        told = json.loads((reports / case["reportfile"]).read_text())
        why = f"{told['result']} {told['resultClose']} (code {told['remoteCloseCode']})"
        results[number] = Result(case["behavior"], case["behaviorClose"], why)
    return results


def failures(results: dict[str, Result], *, strict: bool) -> dict[str, Result]:
    """Those that are not as they must be."""
    failed = {}
    for number, result in results.items():
        right = {("OK", "OK")}
        if COMPRESSED.fullmatch(number):
            right = {("UNIMPLEMENTED", "OK")}
        elif number in OPEN:
            right = {("INFORMATIONAL", "INFORMATIONAL")}
        elif LOST.fullmatch(number) and not strict:
            right.add(("NON-STRICT", "OK"))
        if result[:2] not in right:
            failed[number] = result
    return failed


@pytest.mark.parametrize("laned", [True, False], ids=["lane", "library"])
async def test_no_case_fails(laned: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them, compression too, which is never agreed upon; the lane is always strict."""
    async with echo(monkeypatch, laned=laned) as service:
        results = await run(service, ["*"], PATIENCE, tmp_path)
    failed = failures(results, strict=laned)
    assert not failed, "\n".join(f"{number}: {failed[number]}" for number in sorted(failed))
    assert (len(results), service.faults) == (CASES, [])


async def test_a_fault_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lane that takes reserved bits fails the case of those, and no other."""
    monkeypatch.setattr(frames, "_RESERVED", 0)
    async with echo(monkeypatch, laned=True) as service:
        results = await run(service, ["1.1.1", "3.1", "9.1.1"], 1, tmp_path)
    assert list(failures(results, strict=True)) == ["3.1"]
    assert results["3.1"].behavior == "FAILED"

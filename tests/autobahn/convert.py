"""Makes Python 3 of the modules of Autobahn's test suite that its fuzzing client needs.

The suite is Python 2, where a text is bytes. Here its texts stay texts, each character of which is one
byte: the sources are read as Latin-1, and `fuzzing_client` translates where they meet the library. So
what is left to do is spelling, and a few rules do that; a rule that finds nothing is an error, since
then this is not the release that they were written for.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from zipfile import ZipFile

RULES = (
    (r"(?m)^( *)print (.+)$", r"\1print(\2)"),
    (r"(\S+)\.has_key\(([^()]+)\)", r"(\2 in \1)"),
    (r"(?m)^from (case\w*|report) import", r"from .\1 import"),
    (r"\(object, Case, ?\)", r"(Case,)"),
    (r"/ self\.p\.autoFragmentSize", r"// self.p.autoFragmentSize"),
    (r"'\\\.'", r"r'\\.'"),
    (r"# coding=utf-8", r"# coding=latin-1"),
    # What it does not use, and what would need more: TLS, and a case that is switched off.
    (r"import reactor, ssl", r"import reactor"),
    (r"(?m)^from \.case9_9_1 import .+$", ""),
)
"""What is spelled otherwise in Python 3, in this order."""

SUITE = "autobahntestsuite/"
WANTED = re.compile(SUITE + r"(fuzzing\.py|caseset\.py|_version\.py|case/\w+\.py|testdata/.+)")


def convert(wheel: Path, target: Path) -> None:
    """Unpack what is needed of the wheel, as Python 3."""
    found: set[str] = set()
    with ZipFile(wheel) as archive:
        for name in filter(WANTED.fullmatch, archive.namelist()):
            data = archive.read(name)
            if name.endswith(".py"):
                data = _converted(data.decode("latin-1"), found).encode("latin-1")
            place = target / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
    unused = [rule for rule, _ in RULES if rule not in found]
    if unused:
        raise ValueError(f"{wheel.name} is another release: nothing matches {unused}")
    (target / SUITE / "__init__.py").write_text("from ._version import __version__ as version\n")


def _converted(source: str, found: set[str]) -> str:
    for rule, spelling in RULES:
        source, times = re.subn(rule, spelling, source)
        if times:
            found.add(rule)
    # Without a cookie what is not ASCII would be read as UTF-8.
    return source if "# coding=" in source else "# coding=latin-1\n" + source


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))

"""What is in the package, looked at without installing it."""

import gzip
import importlib.util
import json
import re
import struct
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from matchd import __version__
from matchd.cli import build_parser
from tests.package.house import CHECKOUT, said
from tests.package.lock import pins

HOME = "./usr/lib/matchd/"
UNCHECKED_HASH = 1
"""The flags of a compiled module that Python takes for good (PEP 552)."""


@pytest.fixture(scope="module")
def files(package: Path) -> tarfile.TarFile:
    """The files of the package."""
    command = ["dpkg-deb", "--fsys-tarfile", str(package)]
    done = subprocess.run(command, stdout=subprocess.PIPE, timeout=60, check=True)
    return tarfile.open(fileobj=BytesIO(done.stdout))


def read(files: tarfile.TarFile, name: str) -> bytes:
    """What is in one of them."""
    file = files.extractfile(name)
    assert file is not None
    return file.read()


def test_it_is_this_version(package: Path) -> None:
    """Package and program have one version, and the package says which Python it needs."""
    assert said(["dpkg-deb", "--field", str(package), "Version"]).strip() == __version__
    depends = said(["dpkg-deb", "--field", str(package), "Depends"])
    assert {"python3 (>= 3.11)", "python3 (<< 3.12)"} <= set(depends.strip().split(", "))


def test_it_has_every_unit(files: tarfile.TarFile) -> None:
    """Every unit of the checkout is where systemd looks, every drop-in where it does not."""
    names = set(files.getnames())
    for path in (CHECKOUT / "systemd").glob("matchd*.*"):
        if path.suffix not in (".sysusers", ".tmpfiles"):
            assert f"./lib/systemd/system/{path.name}" in names
    for path in (CHECKOUT / "systemd/drop-ins").iterdir():
        assert f"./usr/share/matchd/drop-ins/{path.name}" in names
    assert {"./usr/lib/sysusers.d/matchd.conf", "./usr/lib/tmpfiles.d/matchd.conf"} <= names
    assert files.getmember("./usr/bin/matchd").linkname == "../lib/matchd/bin/matchd"


def test_it_has_a_page_of_each_command(files: tarfile.TarFile) -> None:
    """Each verb of the command line has its page."""
    verbs = re.findall(r"^    (\w+) ", build_parser().format_help(), re.MULTILINE)
    pages = {f"./usr/share/man/man1/matchd-{verb}.1.gz" for verb in verbs}
    assert "./usr/share/man/man1/matchd-serve.1.gz" in pages
    assert pages < set(files.getnames())


def test_it_holds_what_the_lock_says(files: tarfile.TarFile) -> None:
    """The libraries are those of the lock in its versions, and no tool of the build is among them."""
    found = set()
    for name in files.getnames():
        if match := re.fullmatch(
            rf"{HOME}lib/python3\.\d+/site-packages/(.+)-(.+)\.dist-info", name
        ):
            found.add((canonicalize_name(match[1]), match[2]))
    assert found == {*pins("requirements.txt").items(), ("matchd", __version__)}


def test_it_lists_what_it_holds(package: Path, files: tarfile.TarFile) -> None:
    """The bill of materials names each library with its version, its licence and matchd on top."""
    packed = read(files, "./usr/share/doc/matchd/sbom.cdx.json.gz")
    bill = json.loads(gzip.decompress(packed))
    assert bill["bomFormat"] == "CycloneDX"
    assert (bill["metadata"]["component"]["name"]) == "matchd"
    listed = {str(canonicalize_name(one["name"])): one for one in bill["components"]}
    for name, version in pins("requirements.txt").items():
        assert listed[name]["version"] == version
        assert listed[name]["licenses"]


def test_it_is_compiled_for_good(files: tarfile.TarFile) -> None:
    """Modules are compiled, and taken whatever dpkg does to the times of their sources."""
    compiled = [name for name in files.getnames() if name.endswith(".pyc")]
    ours = [name for name in compiled if "/site-packages/matchd/" in name]
    sources = [name for name in files.getnames() if name.endswith(".py")]
    assert len(compiled) == len(sources)
    for name in ours:
        magic, flags = read(files, name)[:4], struct.unpack("<I", read(files, name)[4:8])[0]
        assert (magic, flags) == (importlib.util.MAGIC_NUMBER, UNCHECKED_HASH)


def test_it_names_no_place_of_its_building(package: Path, files: tarfile.TarFile) -> None:
    """Nothing points to the directory that it was made in; its programs start the packaged Python."""
    assert read(files, f"{HOME}bin/matchd").startswith(b"#!/usr/lib/matchd/bin/python\n")
    for member in files.getmembers():
        if member.isfile() and not member.name.endswith((".so", ".pyc")):
            assert b"/debian/matchd/usr" not in read(files, member.name), member.name


def test_its_owner_is_root(files: tarfile.TarFile) -> None:
    """Whatever is installed belongs to root, and nobody else may write to it."""
    loose = [
        m.name for m in files.getmembers() if m.uid or m.gid or (m.mode & 0o022 and not m.issym())
    ]
    assert loose == []

"""The lock of the package: whole, pinned, hashed, and of one mind with pyproject.toml."""

import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from matchd import __version__
from tests.package.house import CHECKOUT
from tests.package.lock import pins


def wanted(file: str) -> list[Requirement]:
    """What one file of the lock is made from."""
    if file == "requirements.txt":
        project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
        return [Requirement(line) for line in project["dependencies"]]
    lines = (CHECKOUT / "debian/build-requirements.in").read_text("utf-8").splitlines()
    bare = [line.partition("#")[0].strip() for line in lines]
    return [Requirement(line) for line in bare if line]


@pytest.mark.parametrize("file", ["requirements.txt", "build-requirements.txt"])
def test_it_answers_what_is_asked_for(file: str) -> None:
    """Each requirement is pinned to a version that it allows, with hashes; `debian/lock` mends it."""
    locked = pins(file)
    for requirement in wanted(file):
        version = locked.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement}: not in debian/{file}; run debian/lock"
        assert version in requirement.specifier, f"{requirement}: {version}; run debian/lock"


def test_its_build_system_is_locked() -> None:
    """What makes matchd's own wheel is locked too."""
    build = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["build-system"]
    for line in build["requires"]:
        requirement = Requirement(line)
        assert pins("build-requirements.txt")[requirement.name] in requirement.specifier


def test_the_changelog_names_this_version() -> None:
    """The newest entry of the package's changelog is of the program's version."""
    first = (CHECKOUT / "debian/changelog").read_text("utf-8").splitlines()[0]
    assert first.startswith(f"matchd ({__version__}) ")

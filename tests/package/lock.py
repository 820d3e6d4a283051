"""The lock of the package, read. Only tests import this module."""

import re

from packaging.utils import canonicalize_name

from tests.package.house import CHECKOUT

_PIN = re.compile(
    r"^([A-Za-z0-9._-]+)==([^ ;\\]+)( ;[^\\]*)? \\\n((?:    --hash=sha256:[0-9a-f]{64}.*\n)+)",
    re.MULTILINE,
)


def pins(name: str) -> dict[str, str]:
    """The version of each library in one file of the lock; AssertionError for a line without a hash."""
    text = (CHECKOUT / "debian" / name).read_text("utf-8")
    rest = re.sub(r"^#.*\n", "", _PIN.sub("", text), flags=re.MULTILINE)
    assert rest.strip() == "", f"{name}: neither a pin nor a hash: {rest[:200]}"
    return {str(canonicalize_name(match[1])): match[2] for match in _PIN.finditer(text)}

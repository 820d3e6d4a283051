"""The URLs that `new RTCPeerConnection` accepts, written down once more for the tests.

From RFC 7064 and RFC 7065, narrowed to what Chromium takes; independent of `matchd.turn`.
Only tests/turn imports this module.
"""

import ipaddress
import re

_URL = re.compile(
    r"(?P<scheme>stuns?|turns?):"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)"
    r"(:(?P<port>[0-9]+))?"
    r"(?P<query>\?transport=(udp|tcp))?"
)


def is_accepted(url: str) -> bool:
    """Tell whether a browser accepts the URL in an entry that has a credential."""
    match = _URL.fullmatch(url)
    if match is None or (match["scheme"].startswith("stun") and match["query"]):
        return False
    if match["host"].startswith("["):
        ipaddress.IPv6Address(match["host"][1:-1])
    return match["port"] is None or 1 <= int(match["port"]) <= 65535

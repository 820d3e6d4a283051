"""Where a server is: a URL taken apart once. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

from matchd.errors import InvalidRequest

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


class Origin(msgspec.Struct, frozen=True):
    """A server's scheme, host and port."""

    host: str
    port: int
    tls: bool

    @property
    def authority(self) -> str:
        """What stands in the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"


def parse(url: str) -> tuple[Origin, str]:
    """The origin of an http(s) or ws(s) URL, and the rest of it; InvalidRequest if it is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
        (parts.hostname or "").encode("ascii")
    except ValueError:
        raise InvalidRequest(f"{url!r} is not a URL.") from None
    plain = url.isascii() and url.isprintable() and " " not in url
    if not plain or parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
        raise InvalidRequest(f"{url!r} is not a URL such as https://play.example.net.")
    tls = parts.scheme in ("https", "wss")
    rest = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Origin(parts.hostname, _PORTS[parts.scheme] if port is None else port, tls), rest


def parse_base(url: str) -> Origin:
    """The origin that a base URL is; one with a path is refused, since matchd has the whole origin."""
    origin, rest = parse(url)
    if rest != "/" or not url.startswith("http"):
        raise InvalidRequest(f"{url!r} must be an origin such as https://play.example.net.")
    return origin

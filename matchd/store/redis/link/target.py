"""Where Redis is, as the configuration says it, and as the ways to it need it. Backend-internal.

Pure but for `ssl`, which looks at the files of TLS. Everything that can't be used is a ConfigError
that names the key to change (`store.…`). No text made here holds a password, nor does a repr.
"""

from __future__ import annotations

import re
import ssl
from enum import Enum
from urllib.parse import unquote

import msgspec

from matchd.errors import ConfigError


class Kind(Enum):
    """How the server that holds our keys is found."""

    SINGLE = ""
    SENTINEL = "+sentinel"
    CLUSTER = "+cluster"


class Target(msgspec.Struct, frozen=True):
    """Where Redis is, who we are there, and how sure a write has to be. `locate` reads it.

    `url` is redis://[user@]host[:port][/db], unix://[user@]/path[?db=n],
    redis+sentinel://[user@]host[:port][,…]/<service>[/db] or redis+cluster://[user@]host[:port][,…];
    rediss for TLS. `ca`, `certificate` and `key` are paths of PEM files, "" for none. `wait`: writes
    are acknowledged only when a replica has them; None: with Sentinel and Cluster.
    """

    url: str
    password: str | None = None
    sentinel_password: str | None = None
    ca: str = ""
    certificate: str = ""
    key: str = ""
    wait: bool | None = None

    def __repr__(self) -> str:
        return f"Target({shown(self.url)!r})"


class Place(msgspec.Struct, frozen=True):
    """A target's URL, read: `servers` are asked in turn, or are the one there is; `path` is that of a
    unix socket, `service` the name that sentinels know, `shown` what logs may say.
    """

    kind: Kind
    shown: str
    servers: tuple[tuple[str, int], ...] = ()
    path: str = ""
    service: str = ""
    db: int = 0
    user: str | None = None
    tls: bool = False


_FORMS = (
    "redis://host:6379/0, unix:///run/redis/redis.sock?db=0, "
    "redis+sentinel://host:26379,host:26379/service/0 or redis+cluster://host:6379,host:6379, "
    "rediss for TLS, each with user@ after // if Redis has users"
)
_SCHEME = re.compile(r"redis(s?)(|\+sentinel|\+cluster)", re.ASCII)
_USER = re.compile(r"[^:/?#@\s]+")
_SERVER = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9_.-]+))(?::([0-9]{1,5}))?", re.ASCII)
_DATABASE = re.compile(r"[0-9]{1,5}", re.ASCII)
_SERVICE = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)
_PORTS = {Kind.SINGLE: 6379, Kind.SENTINEL: 26379, Kind.CLUSTER: 6379}


def shown(url: str) -> str:
    """A URL as it may be logged: without user name, password and options."""
    scheme, _, rest = url.partition("://")
    # By hand: a password with a slash in it would pass for a path.
    return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"


def locate(target: Target) -> Place:
    """Read a target's URL and check what stands beside it; ConfigError when it can't be used."""
    scheme, _, rest = target.url.partition("://")
    user, _, rest = rest.rpartition("@")
    if ":" in user:
        raise ConfigError(
            f"store.url ({shown(target.url)}): no password in the URL; write it into a file and set "
            "store.password_file to the file's path"
        )
    name = unquote(user) if _USER.fullmatch(user) else None
    if user and name is None:
        raise _misshapen(target)
    place = _unix(target, rest) if scheme == "unix" else _network(target, scheme, rest)
    place = msgspec.structs.replace(place, user=name)
    _check_files(target, place)
    return place


def _misshapen(target: Target) -> ConfigError:
    return ConfigError(f"store.url ({shown(target.url)}): must be {_FORMS}")


def _unix(target: Target, rest: str) -> Place:
    path, _, query = rest.partition("?")
    option, _, db = query.partition("=")
    sound = path.startswith("/") and len(path) > 1 and "#" not in path
    if not sound or (query and (option != "db" or not _DATABASE.fullmatch(db))):
        raise _misshapen(target)
    return Place(Kind.SINGLE, shown(target.url), path=path, db=int(db or 0))


def _network(target: Target, scheme: str, rest: str) -> Place:
    form = _SCHEME.fullmatch(scheme)
    if form is None:
        raise _misshapen(target)
    kind = Kind(form[2])
    listed, *parts = rest.removesuffix("/").split("/")
    service = parts.pop(0) if kind is Kind.SENTINEL and parts else ""
    db = parts.pop(0) if kind is not Kind.CLUSTER and parts else "0"
    servers = tuple(_server(target, kind, text) for text in listed.split(","))
    named = bool(_SERVICE.fullmatch(service)) == (kind is Kind.SENTINEL)
    several = len(servers) > 1 and kind is Kind.SINGLE
    if parts or several or not named or not _DATABASE.fullmatch(db):
        raise _misshapen(target)
    return Place(kind, shown(target.url), servers, service=service, db=int(db), tls=form[1] == "s")


def _server(target: Target, kind: Kind, text: str) -> tuple[str, int]:
    found = _SERVER.fullmatch(text)
    port = int(found[3] or _PORTS[kind]) if found else 0
    if found is None or not 0 < port < 1 << 16:
        raise _misshapen(target)
    return found[1] or found[2], port


def _check_files(target: Target, place: Place) -> None:
    if target.sentinel_password is not None and place.kind is not Kind.SENTINEL:
        raise ConfigError(f"store.sentinel_password_file: of no use with {place.shown}")
    for name in ("ca", "certificate", "key"):
        path = getattr(target, name)
        if path and not place.tls:
            raise ConfigError(f'store.{name} = "{path}": of no use with {place.shown} (no rediss)')
    if bool(target.certificate) != bool(target.key):
        raise ConfigError("store.certificate and store.key: set both or neither")
    if not place.tls:
        return  # the system's authorities take 30 ms to read
    context = ssl.create_default_context()
    name = "ca"
    try:
        if target.ca:
            context.load_verify_locations(target.ca)
        name = "certificate"
        if target.certificate:
            # With a password a locked key is an error instead of a question at the terminal.
            context.load_cert_chain(target.certificate, target.key, password="")
    except OSError as error:
        raise ConfigError(
            f'store.{name} = "{getattr(target, name)}": can\'t be used ({_reason(error)})'
        ) from None


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or "not PEM").lower().replace("_", " ")
    return error.strerror or "unknown"

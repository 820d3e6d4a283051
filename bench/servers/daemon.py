"""The real daemon as an admin would run it, with leases and limits that outlast every measurement.

All checks, limits and metrics are on: no address is exempt, each limit is only so high that it is never
met. With one TURN server each find mints credentials, as it would beside coturn. Its own `daemon.ready`
line says the port. Arguments: the URL of a Redis to be a node on that store, or a directory for its
file; `no-<lane>` turns one of the fast lanes off, so that the edge behind it serves everything.
"""

from __future__ import annotations

import secrets
import sys
from typing import TypeVar

import msgspec

from matchd.config import Loaded, dev
from matchd.config.schema import (
    AddressRates,
    Bookings,
    Hosts,
    IdentityRates,
    Limits,
    Matchbox,
    Rates,
    Server,
    SocketRates,
    Store,
)
from matchd.daemon import main
from matchd.services.foreign import Issuer
from matchd.turn import SharedSecretServer

PEPPER = b"the nodes of a bench share this one"
ISSUER = Issuer(
    name="bench",
    issuer="https://bench.example.net",
    audience="matchd",
    algorithm="HS256",
    keys={None: b"whoever measures signs the tokens of players with this"},
)
"""So that thousands of players need no passwords."""

NEVER = "999999999/s"

_R = TypeVar("_R", bound=Rates)


def switchable(lane: str) -> bool:
    """Whether this matchd has such a lane, which can be turned off."""
    return f"{lane}_lane" in Server.__struct_fields__


def loaded(*arguments: str) -> Loaded:
    """The settings of `--dev` for a measurement, changed as the arguments say."""
    settings = dev()
    off = {f"{one.removeprefix('no-')}_lane": False for one in arguments if one.startswith("no-")}
    places = [one for one in arguments if not one.startswith("no-")]
    redis = next((place for place in places if "://" in place), "")
    directory = next((place for place in places if "://" not in place), "")
    server = msgspec.structs.replace(
        settings.config.server,
        data_dir=directory,
        max_connections_per_address=settings.config.server.max_connections,
        **off,
    )
    return msgspec.structs.replace(
        settings,
        config=msgspec.structs.replace(
            settings.config,
            server=server,
            hosts=Hosts(auth="open", ttl=3600, lost_after=7200),
            bookings=Bookings(guests_per_address=1_000_000),
            matchbox=Matchbox(peers=1000, outbox_messages=4096),
            store=Store(backend="redis", url=redis) if redis else Store(),
            limits=_limits(),
        ),
        secrets=msgspec.structs.replace(
            settings.secrets, turn=(_turn(),), pepper=PEPPER, issuers=(ISSUER,)
        ),
    )


def _turn() -> SharedSecretServer:
    secret = secrets.token_urlsafe(32)
    return SharedSecretServer(
        name="bench", host="turn.example.net", realm="example.net", secret=secret
    )


def _limits() -> Limits:
    return Limits(
        address=_never(AddressRates()),
        identity=_never(IdentityRates()),
        socket=_never(SocketRates()),
    )


def _never(rates: _R) -> _R:
    return msgspec.structs.replace(rates, **dict.fromkeys(rates.__struct_fields__, NEVER))


if __name__ == "__main__":
    sys.exit(main(loaded(*sys.argv[1:]), ("127.0.0.1:0",)))

"""The real daemon in dev mode, with leases that outlast every measurement and one TURN server.

So each find mints credentials, as it would beside coturn. Its own `daemon.ready` line says the port.
With the URL of a Redis as its argument it is a node on that store; with a directory its file is there.
"""

from __future__ import annotations

import secrets
import sys

import msgspec

from matchd.config import Loaded, dev
from matchd.config.schema import Hosts, Store
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


def loaded(place: str = "") -> Loaded:
    """The settings of `--dev` for a measurement, with everything in this Redis or directory, if any."""
    settings = dev()
    redis, directory = (place, "") if "://" in place else ("", place)
    turn = SharedSecretServer(
        name="bench", host="turn.example.net", realm="example.net", secret=secrets.token_urlsafe(32)
    )
    return msgspec.structs.replace(
        settings,
        config=msgspec.structs.replace(
            settings.config,
            server=msgspec.structs.replace(settings.config.server, data_dir=directory),
            hosts=Hosts(auth="open", ttl=3600, lost_after=7200),
            store=Store(backend="redis", url=redis) if redis else Store(),
        ),
        secrets=msgspec.structs.replace(
            settings.secrets, turn=(turn,), pepper=PEPPER, issuers=(ISSUER,)
        ),
    )


if __name__ == "__main__":
    sys.exit(main(loaded(*sys.argv[1:]), ("127.0.0.1:0",)))

"""The real daemon in dev mode, with leases that outlast every measurement and one TURN server.

So each find mints credentials, as it would beside coturn. Its own `daemon.ready` line says the port.
"""

from __future__ import annotations

import secrets
import sys

import msgspec

from matchd.config import Loaded, dev
from matchd.config.schema import Hosts
from matchd.daemon import main
from matchd.turn import SharedSecretServer


def loaded() -> Loaded:
    """The settings of `--dev` for a measurement."""
    settings = dev()
    turn = SharedSecretServer(
        name="bench", host="turn.example.net", realm="example.net", secret=secrets.token_urlsafe(32)
    )
    return msgspec.structs.replace(
        settings,
        config=msgspec.structs.replace(
            settings.config, hosts=Hosts(auth="open", ttl=3600, lost_after=7200)
        ),
        secrets=msgspec.structs.replace(settings.secrets, turn=(turn,)),
    )


if __name__ == "__main__":
    sys.exit(main(loaded(), ("127.0.0.1:0",)))

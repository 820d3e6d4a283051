"""How a connection that is in use elsewhere is ended. Backend-internal."""

from __future__ import annotations

import socket
from contextlib import suppress

from redis.connection import ConnectionInterface


def hang_up(connection: ConnectionInterface | None) -> None:
    """End the stream under whoever reads or writes it in another thread, who then closes it: a file
    number must not be given to others while somebody waits for it.
    """
    line = getattr(connection, "_sock", None)  # it has no public name
    if line is not None:
        with suppress(OSError):
            # Not TLS' own: that one waits for whoever reads.
            socket.socket.shutdown(line, socket.SHUT_RDWR)

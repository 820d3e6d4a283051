"""One TURN server under examination: who it is, how to get in, and how to speak of it.

Made by `examine`, handed to each check. It mints the credentials that the checks show, each with a user
part of its own, since a server frees the quota of a relay only a second after it was given back.
"""

from __future__ import annotations

import itertools
import ssl
import time
from contextlib import AbstractAsyncContextManager

from matchd.doctor.client import Credential, Pace, Turn, turn
from matchd.doctor.findings import Finding, Severity
from matchd.doctor.link import Place, Way
from matchd.turn import SharedSecretServer, TurnServer, mint
from matchd.turn.credentials import LAST_EXPIRY

_numbers = itertools.count(1)


class Patient:
    """A server and the place at which it has answered."""

    def __init__(
        self,
        server: TurnServer,
        *,
        ttl: int,
        pace: Pace | None = None,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self.server = server
        self.name = server.name
        self.ttl = ttl
        self.pace = pace or Pace()
        self.trust = trust
        self.addresses: tuple[str, ...] = ()
        self.place: Place | None = None
        self.open = False
        """It asks nobody for a credential."""
        self.realm: str | None = None
        self.software = ""

    def ways(self) -> list[tuple[Way, int]]:
        """The ways that players are told of, best first."""
        server = self.server
        ports: list[tuple[Way, int]] = [("udp", server.udp_port), ("tcp", server.tcp_port)]
        return [(way, port) for way, port in (*ports, ("tls", server.tls_port)) if port]

    def at(self, address: str, way: Way, port: int) -> Place:
        """A place of this server."""
        return Place(address, port, way, self.server.host)

    def credential(
        self, *, ttl: float | None = None, secret: str | None = None
    ) -> Credential | None:
        """What a player would show: good for `ttl` seconds from now (default: the configured ones), or
        expired that long ago; None at a server that asks for none.
        """
        if self.open:
            return None
        if not isinstance(self.server, SharedSecretServer):
            return self.server.username, self.server.credential
        user = f"doctor-{next(_numbers)}"
        expiry = min(int(time.time() + (self.ttl if ttl is None else ttl)), LAST_EXPIRY)
        made = mint(secret or self.server.secret, user, ttl=1, now=expiry - 1)
        return made.username, made.password

    def session(
        self, credential: Credential | None = None, *, place: Place | None = None
    ) -> AbstractAsyncContextManager[Turn]:
        """Connect; without a credential as nobody."""
        where = place or self.place
        assert where is not None
        return turn(where, credential, pace=self.pace, trust=self.trust)

    def found(self, name: str, severity: Severity, cause: str, change: str = "") -> Finding:
        """A finding about this server."""
        return Finding(name, severity, self.name, cause, change)

    def ok(self, name: str, cause: str) -> Finding:
        """One that is fine."""
        return self.found(name, Severity.OK, cause)

    def info(self, name: str, cause: str, change: str = "") -> Finding:
        """One to know."""
        return self.found(name, Severity.INFO, cause, change)

    def warn(self, name: str, cause: str, change: str = "") -> Finding:
        """One that deserves a look."""
        return self.found(name, Severity.WARN, cause, change)

    def fail(self, name: str, cause: str, change: str = "") -> Finding:
        """One that costs players."""
        return self.found(name, Severity.FAIL, cause, change)

    def ours(self, line: str) -> str:
        """A line of our own file to change."""
        return f'matchd.toml, [[turn.server]] "{self.name}": {line}'

    def theirs(self, line: str) -> str:
        """A line of the server's file to change."""
        kind = self.server.kind
        return f"{'turnserver.conf' if kind == 'coturn' else f'its configuration ({kind})'}: {line}"

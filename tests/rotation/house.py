"""A coturn that keeps its secrets in a database, a site whose daemon shares one, and the verb.

Only tests import this module.
"""

import io
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing, redirect_stderr, redirect_stdout
from pathlib import Path

import msgspec
import trio

from matchd.cli import main
from matchd.rotation.state import State, load_state, state_path
from matchd.turn import SharedSecretServer
from tests.config.house import MINIMAL, furnish, put
from tests.daemon.coturn import HOST, REALM, free_ports, loopback_lines, running, workdir
from tests.doctor.house import server

OLD = "the-old-secret-of-coturn-of-32-l"
TTL = 3600


def configuration(port: int, low: int, lines: Mapping[str, str]) -> str:
    """What a coturn is told; `lines` replace its own."""
    named = {
        "realm": REALM,
        "static-auth-secret": "one-that-nobody-knows-of-32-letters",
        "listening-ip": HOST,
        "relay-ip": HOST,
        "listening-port": str(port),
        "min-port": str(low),
        "max-port": str(low + 99),
        **lines,
    }
    config = ["use-auth-secret", "no-tls", "no-dtls", *(f"{k}={v}" for k, v in named.items())]
    return "\n".join([*config, *loopback_lines()])


@asynccontextmanager
async def keeping(
    lines: Mapping[str, str] = {},  # it is read only
) -> AsyncIterator[tuple[SharedSecretServer, Path]]:
    """A coturn with the old secret in its SQLite file, and that file; `lines` replace its own."""
    port, _, low = free_ports()
    with workdir() as directory:
        async with running(configuration(port, low, lines), directory, port):
            database = directory / "turn.db"
            insert(database, REALM, OLD)
            yield server(port, secret=OLD), database


def insert(database: Path, realm: str, secret: str) -> None:
    """Put a secret into coturn's file, as `turnadmin -s` does."""
    with closing(sqlite3.connect(database)) as link, link:
        link.execute("INSERT INTO turn_secret VALUES (?, ?)", (realm, secret))


def remove(database: Path, secret: str) -> None:
    """Take a secret out of coturn's file, as `turnadmin -X` does."""
    with closing(sqlite3.connect(database)) as link, link:
        link.execute("DELETE FROM turn_secret WHERE value = ?", (secret,))


def rows(database: Path) -> list[str]:
    """The secrets in a file of coturn."""
    with closing(sqlite3.connect(database)) as link:
        return [str(value) for (value,) in link.execute("SELECT value FROM turn_secret")]


def empty(database: Path) -> Path:
    """A file as coturn makes it, of no coturn that runs."""
    with closing(sqlite3.connect(database)) as link, link:
        columns = "realm varchar(127), value varchar(127), PRIMARY KEY (realm, value)"
        link.execute(f"CREATE TABLE turn_secret ({columns})")
    return database


class Place:
    """A directory with `matchd.toml` and its secrets, for one TURN server or several."""

    def __init__(self, base: Path, *servers: SharedSecretServer, extra: str = "") -> None:
        blocks = "".join(
            f'[[turn.server]]\nname = "{one.name}"\nhost = "{one.host}"\nrealm = "{one.realm}"\n'
            f"udp_port = {one.udp_port}\ntcp_port = 0\n"
            'secret_file = "turn"\n'
            for one in servers
        )
        self.config = furnish(base, f"{MINIMAL}{extra}[turn]\nttl = {TTL}\n{blocks}")
        self.file = base / "secrets" / "turn"
        put(self.file, OLD + "\n")

    @property
    def secrets(self) -> list[str]:
        """The lines of the secret file."""
        return self.file.read_text().splitlines()

    @property
    def state(self) -> State | None:
        """How far the rotation is."""
        return load_state(state_path(self.file))

    def let_time_pass(self) -> None:
        """Let the old credentials have run out."""
        state = self.state
        assert state is not None
        older = msgspec.structs.replace(state, at=state.at - TTL - 61)
        state_path(self.file).write_bytes(msgspec.json.encode(older))

    async def rotate(self, *options: object, name: str = "eu-1") -> tuple[int, str]:
        """Run the verb; its exit status and what it said, which is no secret."""
        said = io.StringIO()

        def run() -> int:
            with redirect_stdout(said), redirect_stderr(said):
                return main(self.command(*options, name=name))

        with trio.fail_after(30):
            status = await trio.to_thread.run_sync(run)
        assert not any(secret in said.getvalue() for secret in self.secrets), said
        return status, said.getvalue()

    def command(self, *options: object, name: str = "eu-1") -> list[str]:
        """The verb's words."""
        words = [str(option) for option in options]
        return ["turn", "rotate", name, "--config", str(self.config), *words]

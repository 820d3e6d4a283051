"""`matchd turn rotate`: a new TURN secret, step by step, without a lost call."""

from __future__ import annotations

import argparse
import shlex
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from matchd.cli.audit import note
from matchd.cli.files import replace, write_private
from matchd.cli.options import AddParser, add_config, load_config
from matchd.cli.output import say
from matchd.config import Loaded
from matchd.config.secrets import locate, read_secret
from matchd.errors import ConfigError
from matchd.turn import SharedSecretServer

if TYPE_CHECKING:
    from matchd.rotation.rotate import Means
    from matchd.rotation.state import State

RELOAD = "systemctl reload matchd"
PATIENCE = 90
_BOOTED = Path("/run/systemd/system")


def register(add: AddParser) -> None:
    """Add the noun to `matchd turn`."""
    parser = add(
        "rotate",
        help="give a TURN server a new secret, without a lost call",
        description="Make a new secret, let the TURN server take it beside the old one, prove that "
        "it does, mint with it, wait until the old one is of no use, remove that and prove that it is "
        "gone. Run it again to go on, after an interruption too. With --db it changes coturn's own "
        "database; without, it says what to change on the server. Relays that run are not touched.",
    )
    parser.add_argument("server", metavar="NAME", help="the [[turn.server]]")
    option = parser.add_argument
    option(
        "--db",
        metavar="URL",
        help="coturn's database: sqlite:/var/lib/turn/turndb, redis://127.0.0.1:6379/2, "
        "unix:///run/redis.sock?db=2 (without: a server that is changed by hand)",
    )
    option("--db-password", metavar="FILE", help="its first line is the password of that Redis")
    option(
        "--conf",
        metavar="FILE",
        help="coturn's configuration, /etc/turnserver.conf, where that is on this machine: in the end "
        "the old secret is taken out of it (without: you are told to)",
    )
    option("--reload", metavar="COMMAND", help=f"how to reload matchd (default: {RELOAD})")
    option("--reloaded", action="store_true", help="matchd has been reloaded, on every node")
    option("--wait", action="store_true", help="wait until the old credentials have run out")
    option(
        "--dry-run", action="store_true", help="check everything, say what comes, change nothing"
    )
    option(
        "--abort", action="store_true", help="take the new secret back, before it is minted with"
    )
    add_config(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Go on with the rotation of a server, or begin one."""
    # Not above: the other verbs need no network and no database.
    from matchd.rotation.rotate import Rotation, Stop, check_realms  # noqa: PLC0415
    from matchd.rotation.state import load_state, only_one, state_path  # noqa: PLC0415

    loaded = load_config(arguments)
    servers, file = _sharing(loaded, arguments.server)
    with only_one(file):
        state = load_state(state_path(file))
        if state is None and arguments.abort:
            raise ConfigError(f"no rotation of {arguments.server} has begun")
        state = state or _fresh(servers[0], arguments)
        means = _means(loaded, arguments, servers, file, state)
        if not arguments.abort:
            check_realms(servers)
        if arguments.dry_run:
            return _rehearse(means, state)
        rotation = Rotation(means, state)
        if arguments.abort:
            rotation.abort()
            return 0
        try:
            rotation.run(time.time, reloaded=arguments.reloaded)
        except Stop as stop:
            say(str(stop), "red" if stop.failed else "")
            return int(stop.failed)
    note(time.time(), "audit.rotate", "turn rotate", why=f"TURN server {arguments.server}")
    return 0


def _sharing(loaded: Loaded, name: str) -> tuple[tuple[SharedSecretServer, ...], Path]:
    """The servers that have this one's secret file, itself first, and the file."""
    blocks = list(zip(loaded.config.turn.server, loaded.secrets.turn, strict=True))
    named = next((block.secret_file for block, _ in blocks if block.name == name), None)
    if named is None:
        known = ", ".join(block.name for block, _ in blocks) or "none"
        raise ConfigError(f"{loaded.path}: no [[turn.server]] is called {name!r}; there is {known}")
    shared = [
        server
        for block, server in blocks
        if block.secret_file == named and isinstance(server, SharedSecretServer)
    ]
    if not named or not shared:
        raise ConfigError(f"{loaded.path}: {name} has a fixed credential, and no secret to rotate")
    assert loaded.path is not None
    file = locate(named, loaded.path.parent).resolve()
    return tuple(sorted(shared, key=lambda server: server.name != name)), file


def _fresh(server: SharedSecretServer, arguments: argparse.Namespace) -> State:
    """A rotation that has not begun."""
    from matchd.rotation.state import Stage, State, fingerprint  # noqa: PLC0415

    if server.previous:
        raise ConfigError(
            f"the secret file of {server.name} holds {1 + len(server.previous)} secrets, so somebody "
            "rotates by hand; keep the first line alone, here and on the server, then begin"
        )
    old = (fingerprint(server.secret),)
    db = arguments.db or ""
    conf = "" if arguments.conf is None else str(Path(arguments.conf).resolve(strict=True))
    return State(
        server=arguments.server, db=db, conf=conf, stage=Stage.BEGUN, at=0, new="", old=old
    )


def _means(
    loaded: Loaded,
    arguments: argparse.Namespace,
    servers: tuple[SharedSecretServer, ...],
    file: Path,
    state: State,
) -> Means:
    from matchd.rotation.database import open_database  # noqa: PLC0415
    from matchd.rotation.rotate import Means  # noqa: PLC0415
    from matchd.rotation.state import state_path  # noqa: PLC0415

    if state.server != arguments.server:
        raise ConfigError(f"a rotation of {state.server}, which has the same file, has begun")
    if arguments.db not in (None, state.db):
        raise ConfigError(f"this rotation was begun with --db {state.db!r}; go on without --db")
    conf = arguments.conf or state.conf
    password = None
    if arguments.db_password is not None:
        password = read_secret("--db-password", arguments.db_password, Path())
    return Means(
        servers=servers,
        file=file,
        state=state_path(file),
        ttl=loaded.config.turn.ttl,
        db=open_database(state.db, servers[0].realm, password) if state.db else None,
        conf=Path(conf).resolve(strict=True) if conf else None,
        say=say,
        replace=replace,
        save=write_private,
        reload=_reloader(loaded, arguments),
        wait=time.sleep if arguments.wait else None,
    )


def _reloader(loaded: Loaded, arguments: argparse.Namespace) -> Callable[[], None] | None:
    """How the daemon is told; None where there is none of systemd's, or several nodes."""
    command = arguments.reload
    if command is None and loaded.config.store.backend == "embedded" and _BOOTED.exists():
        active = ["systemctl", "is-active", "--quiet", "matchd"]
        if subprocess.run(active, check=False).returncode == 0:  # noqa: S603  # no word of it is given
            command = RELOAD
    if command is None:
        return None
    words = shlex.split(command)

    def tell() -> None:
        done = subprocess.run(  # noqa: S603  # the administrator's own command
            words, check=False, capture_output=True, text=True, timeout=PATIENCE
        )
        if done.returncode:
            said = done.stderr.strip().splitlines()[-1:] or [f"status {done.returncode}"]
            raise OSError(f"{command}: {said[0]}; nothing is lost: run this again")

    return tell


def _rehearse(means: Means, state: State) -> int:
    """Say where it stands and what would come, having asked everything that can be asked."""
    from matchd.rotation.state import Stage  # noqa: PLC0415

    if means.db is not None:
        count = len(means.db.secrets())
        say(f"coturn's database answers; it holds {count} secret{'' if count == 1 else 's'}")
    names = ", ".join(server.name for server in means.servers)
    by_hand = "on the server, by hand" if means.db is None else "in coturn's database"
    where = by_hand if means.conf is None else f"{by_hand}, and in {means.conf}"
    told = "reload matchd, on every node" if means.reload is None else "reload matchd"
    steps = {
        Stage.BEGUN: f"make a new secret, the last line of {means.file}; add it {by_hand}; prove "
        f"that it is taken by {names}",
        Stage.ADDED: "make it the first line",
        Stage.SWITCHED: told,
        Stage.RELOADED: f"wait {means.ttl} s and a minute; remove the old one {where}; prove that "
        "it is refused",
        Stage.REMOVED: "leave the new one alone in the file",
    }
    order = list(Stage)
    for number, stage in enumerate(order, 1):
        done = order.index(stage) < order.index(state.stage)
        say(f"{number}. {'done: ' if done else ''}{steps[stage]}")
    say("nothing was changed (--dry-run)")
    return 0

"""The steps of a rotation, each of which can be interrupted, and done again.

begun -> added -> switched -> reloaded -> removed. The server, and every other [[turn.server]] with the
same secret file, is asked by an allocation with the secret in question: before the switch it must take
the new one, at the end refuse the old one. Relays that run are not touched by any of it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import trio

from matchd.config.secrets import new_secret
from matchd.doctor.access import attempt, check_open, explain
from matchd.doctor.patient import Patient
from matchd.doctor.reach import check_reach
from matchd.errors import ConfigError
from matchd.rotation.database import Database
from matchd.rotation.state import Stage, State, fingerprint
from matchd.rotation.turnfile import without
from matchd.turn import SharedSecretServer

MARGIN = 60
"""Seconds beyond the ttl until the old secret goes, for clocks that differ."""


class Stop(Exception):
    """Nothing more can be done now; the text says what comes next. `failed` if it should not be so."""

    def __init__(self, text: str, *, failed: bool = False) -> None:
        super().__init__(text)
        self.failed = failed


class Means(msgspec.Struct, frozen=True, kw_only=True):
    """What a rotation acts by: `servers` share `file`, `db` is None for a server out of reach, `conf`
    is coturn's configuration (None: not ours to change), `replace` and `save` write files whole,
    `reload` tells the daemon (None: somebody else has to), `wait` waits for the end of the old
    credentials (None: that is for another run).
    """

    servers: tuple[SharedSecretServer, ...]
    file: Path
    state: Path
    ttl: int
    db: Database | None
    conf: Path | None
    say: Callable[[str], None]
    replace: Callable[[Path, str], None]
    save: Callable[[Path, str], None]
    reload: Callable[[], None] | None
    wait: Callable[[float], None] | None


class Rotation:
    """One rotation, from where it stands."""

    def __init__(self, means: Means, state: State) -> None:
        self._means = means
        self._state = state

    def run(self, now: Callable[[], float], *, reloaded: bool) -> None:
        """Go on until it is done, or raise Stop. `reloaded` says that the daemon has been told."""
        steps: dict[Stage, Callable[[], None]] = {
            Stage.BEGUN: lambda: self._add(now),
            Stage.ADDED: lambda: self._switch(now),
            Stage.SWITCHED: lambda: self._reload(now, told=reloaded),
            Stage.RELOADED: lambda: self._remove(now),
        }
        while self._state.stage in steps:
            steps[self._state.stage]()
        self._finish()

    def abort(self) -> None:
        """Take the new secret back, while nothing is minted with it."""
        if self._state.stage not in (Stage.BEGUN, Stage.ADDED):
            raise ConfigError("players have the new secret already: let the rotation go on instead")
        new = self._lines().get(self._state.new)
        if new is not None and self._means.db is not None:
            self._means.db.remove(new)
        self._write(list(self._state.old))
        self._means.state.unlink()
        self._means.say("the new secret is taken back; all is as it was")

    def _add(self, now: Callable[[], float]) -> None:
        lines = self._lines()
        if self._state.new not in lines:
            secret = new_secret()
            self._enter(Stage.BEGUN, now, new=fingerprint(secret))
            lines[self._state.new] = secret
            text = "".join(f"{line}\n" for line in lines.values())
            self._means.replace(self._means.file, text)
            self._means.say(f"a new secret is the last line of {self._means.file}")
        new = lines[self._state.new]
        if self._means.db is not None:
            self._means.db.add(new)
            self._means.say("it is in coturn's database")
        self._prove(new, taken=True)
        self._enter(Stage.ADDED, now)

    def _switch(self, now: Callable[[], float]) -> None:
        self._write([self._state.new, *self._state.old])
        self._enter(Stage.SWITCHED, now)
        self._means.say(f"it is the first line of {self._means.file}")

    def _reload(self, now: Callable[[], float], *, told: bool) -> None:
        if not told:
            if self._means.reload is None:
                raise Stop(
                    f"next: copy {self._means.file} to every node, if there are several, reload "
                    "matchd on each, then run this again with --reloaded"
                )
            self._means.reload()
        self._enter(Stage.RELOADED, now)
        self._means.say("players get credentials of the new secret")

    def _remove(self, now: Callable[[], float]) -> None:
        left = self._state.at + self._means.ttl + MARGIN - now()
        if left > 0 and self._means.wait is not None:
            self._means.say(
                f"waiting {left:.0f} s for the last credential of the old secret to run out"
            )
            self._means.wait(left)
        elif left > 0:
            raise Stop(
                f"next: in {left:.0f} s, when the last credential of the old secret has run out, run "
                "this again (or use --wait)"
            )
        lines = self._lines()
        for name in self._state.old:
            if self._means.db is not None and name in lines:
                self._means.db.remove(lines[name])
            if self._means.conf is not None and name in lines:
                self._take_out(self._means.conf, lines[name])
        for name in self._state.old:
            if name in lines:
                self._prove(lines[name], taken=False)
        self._enter(Stage.REMOVED, now)

    def _take_out(self, conf: Path, secret: str) -> None:
        text = conf.read_text(encoding="utf-8")
        rest = without(text, secret)
        if rest != text:
            self._means.replace(conf, rest)
            self._means.say(f"its line static-auth-secret= is taken out of {conf}")

    def _finish(self) -> None:
        self._write([self._state.new])
        if self._means.reload is not None:
            self._means.reload()
        self._means.state.unlink()
        self._means.say(f"done: {self._means.file} holds the new secret alone")

    def _prove(self, secret: str, *, taken: bool) -> None:
        """Every server takes the secret, or none does; else Stop, with what to do."""
        for server in self._means.servers:
            code = trio.run(_try, server, secret)
            if code == (0 if taken else 401):
                word = "takes the new secret" if taken else "refuses the old one"
                self._means.say(f"{server.name} {word}")
            elif taken:
                raise Stop(self._how_to_add(server, code), failed=self._means.db is not None)
            else:
                expected = code == 0 and (self._means.db is None or self._means.conf is not None)
                raise Stop(self._how_to_remove(server, code), failed=not expected)

    def _how_to_add(self, server: SharedSecretServer, code: int | str) -> str:
        if self._means.db is not None and code == 401:
            return (
                f"{server.name} refuses the new secret: is this the database that it asks "
                "(userdb= or redis-userdb= in turnserver.conf)? Nothing was switched; run this again, "
                "or with --abort"
            )
        if code == 401:
            return (
                f"next: on {server.host} add a line static-auth-secret= with the last line of "
                f"{self._means.file} to turnserver.conf, below the old one, restart coturn, and run "
                "this again (with --abort to take it back)"
            )
        return f"{server.name}: {explain(code)}. Nothing was switched; run this again"

    def _how_to_remove(self, server: SharedSecretServer, code: int | str) -> str:
        if code == 0 and self._means.conf is not None:
            return (
                "next: restart coturn (systemctl restart coturn) when few play, since that ends the "
                f"relays that run, and run this again; until then {server.name} takes both secrets"
            )
        if code == 0:
            here = "" if self._means.db is None else " (--conf /etc/turnserver.conf does it here)"
            return (
                f"next: on {server.host} remove the old line static-auth-secret= from turnserver.conf"
                f"{here}; the new one is the first line of {self._means.file}. Restart coturn, and run "
                "this again"
            )
        return f"{server.name}: {explain(code)}; run this again"

    def _lines(self) -> dict[str, str]:
        """The secrets of the file by their fingerprints, in order."""
        lines = self._means.file.read_text(encoding="utf-8").split()
        return {fingerprint(line): line for line in lines}

    def _write(self, names: list[str]) -> None:
        lines = self._lines()
        missing = [name for name in names if name not in lines]
        if missing:
            raise ConfigError(
                f"{self._means.file}: somebody has changed it since the rotation began; put the secret "
                f"back, or remove {self._means.state} and see to it by hand"
            )
        self._means.replace(self._means.file, "".join(f"{lines[name]}\n" for name in names))

    def _enter(self, stage: Stage, now: Callable[[], float], **changed: str) -> None:
        self._state = msgspec.structs.replace(self._state, stage=stage, at=int(now()), **changed)
        self._means.save(self._means.state, msgspec.json.encode(self._state).decode() + "\n")


def check_realms(servers: tuple[SharedSecretServer, ...]) -> None:
    """Every server answers, asks for credentials, and has the realm of matchd.toml; else ConfigError:
    under another realm a secret would never be looked for.
    """
    for server in servers:
        patient = Patient(server, ttl=MARGIN)
        trio.run(_challenge, patient)
        if patient.open:
            raise ConfigError(f"{server.name} asks nobody for a credential; see `matchd doctor`")
        if not server.realm or patient.realm != server.realm:
            raise ConfigError(
                f'{server.name}: its realm is "{patient.realm}", and realm = "{server.realm}" in '
                f'matchd.toml; set realm = "{patient.realm}" there if that is the right server'
            )


async def _challenge(patient: Patient) -> None:
    findings = await check_reach(patient)
    if patient.place is None:
        causes = "; ".join(one.cause for one in findings if one.severity == "fail")
        raise ConfigError(f"{patient.name} does not answer: {causes}")
    await check_open(patient)


async def _try(server: SharedSecretServer, secret: str) -> int | str:
    patient = Patient(server, ttl=MARGIN)
    findings = await check_reach(patient)
    if patient.place is None:
        return "; ".join(one.cause for one in findings if one.severity == "fail")
    return await attempt(patient, patient.credential(secret=secret))

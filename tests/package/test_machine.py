"""The package on a machine that really boots: installed, started, upgraded, removed, purged.

Without root, or where no file system can be laid over another, these are skipped, and say so.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import trio

from tests.daemon.clients import Answer, Http, Json, Signaling, signaling
from tests.daemon.scenes import OFFER
from tests.package.house import Machine, newer

INSTALL = "dpkg --install --force-unsafe-io /srv/shared/"
READY = """python3 -c 'import urllib.request as u; print(u.urlopen("http://127.0.0.1:8080/readyz").read().decode())'"""
SIGN_UP = """python3 -c 'import json, urllib.request as u
body = json.dumps(dict(name="ann", password="correct horse")).encode()
kind = {"Content-Type": "application/json"}
print(u.urlopen(u.Request("http://127.0.0.1:8080/auth/createuser", body, kind)).status)'"""
OURS = "find /etc /usr /lib /run /var/lib /var/cache -name '*matchd*'"
SOCKET = """
set -e
for unit in service socket; do mkdir -p /etc/systemd/system/matchd.$unit.d; done
cp /usr/share/matchd/drop-ins/socket.conf /etc/systemd/system/matchd.service.d/
printf '[Socket]\\nListenStream=\\nListenStream=/srv/shared/matchd.sock\\n' \\
    >/etc/systemd/system/matchd.socket.d/here.conf
sed -i 's/^drain = 5 /drain = 1 /' /etc/matchd/matchd.toml
systemctl daemon-reload
systemctl stop matchd.service
systemctl enable --now matchd.socket matchd.service
"""

PROCESSES = """
set -e
systemctl disable --now matchd.socket matchd.service
systemctl start redis-server.service
sed -i -e 's/^backend = "embedded"/backend = "redis"/' -e 's/^reuse_port = false/reuse_port = true/' \\
    -e 's|^url = ""|url = "redis://127.0.0.1:6379/0"|' /etc/matchd/matchd.toml
systemctl enable --now matchd.target matchd@1 matchd@2
"""
ASK = """
import http.client, pathlib, time
shared = pathlib.Path("/srv/shared")
def ask():
    link = http.client.HTTPConnection("127.0.0.1", 8080, timeout=20)
    try:
        link.request("GET", "/healthz")
        return link.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return repr(error)
    finally:
        link.close()
with (shared / "statuses").open("w") as told:
    while not (shared / "over").exists():
        status = ask()
        if "Refused" not in str(status):  # who is cut off on his way comes again, as a browser does
            status = status if status == 200 else ask()
        told.write(f"{status}\\n")
        time.sleep(0.02)
"""


async def test_it_installs_and_leaves(machine: Machine) -> None:
    """One command installs it and it runs, confined; a removal keeps what is kept, a purge nothing."""
    await machine.run(INSTALL + "matchd.deb")
    for unit in ("matchd.service", "matchd-probe.timer"):
        await machine.run(f"systemctl is-active {unit} && systemctl is-enabled {unit}")
    assert json.loads(await machine.run(READY))["ok"]
    await machine.run("systemd-analyze security --threshold=10 matchd.service")
    await machine.run("systemctl start matchd-probe.service && test -s /run/matchd-probe/turn.json")
    assert await machine.run(SIGN_UP) == "200\n"
    hashes = await machine.run("ps -o user=,ni= -p $(pgrep -u matchd -f matchd.hasher)")
    assert hashes.split() == ["matchd", "19"]
    await machine.run("su -s /bin/sh -c 'cat /etc/matchd/secrets/pepper' nobody", status=1)
    await machine.run("systemctl reload matchd.service && matchd check && matchd user list")
    assert "matchd-serve.1" in await machine.run("man -w matchd-serve")
    errors = 'journalctl -u matchd.service -o cat | grep -E \'"level":"(error|critical)"\''
    assert await machine.run(errors, status=1) == ""
    await machine.run("dpkg --remove matchd")
    await machine.run("test -e /var/lib/matchd/matchd.db && matchd", status=127)
    assert await machine.run("pgrep -u matchd", status=1) == ""
    await machine.run('matchd=$(cat /etc/matchd/matchd.toml); test -n "$matchd"')
    await machine.run("dpkg --purge matchd")
    await machine.run("getent passwd matchd || getent group matchd", status=2)
    assert await machine.run(OURS) == ""


async def test_it_leaves_the_relay_confined(machine: Machine) -> None:
    """Debian's coturn runs on our file with our drop-in, which takes most of its exposure away."""
    await machine.run(INSTALL + "matchd.deb")
    await machine.run(
        "set -e; install -b -m640 -g turnserver /etc/matchd/turnserver.conf /etc/turnserver.conf\n"
        "printf 'listening-ip=127.0.0.1\\nrelay-ip=127.0.0.1\\n' >>/etc/turnserver.conf\n"
        "cd /usr/share/matchd/drop-ins\n"
        "install -Dm644 coturn.conf /etc/systemd/system/coturn.service.d/matchd.conf\n"
        "systemctl daemon-reload; systemctl restart coturn.service; systemctl is-active coturn.service"
    )
    await machine.run("systemd-analyze security --threshold=12 coturn.service")
    assert "UDP reflexive addr: 127.0.0.1" in await machine.run("turnutils_stunclient 127.0.0.1")


PACE = 0.15
"""Seconds between two beats."""


@dataclass
class Caller:
    """Who calls the daemon through its socket, and what he was answered."""

    machine: Machine
    secret: str
    statuses: list[int] = field(default_factory=list)
    over: bool = False

    async def post(self, path: str, body: Json, bearer: str | None = None) -> Answer:
        """Ask on a connection of its own."""
        async with await self.machine.connect() as stream:
            return await Http(stream, lambda _: None).ask("POST", path, body, bearer=bearer)

    async def beat(self, number: int) -> Answer:
        """Beat one of several hosts."""
        body = {"hostId": f"pc-{number}", "roomId": f"room-{number}"}
        return await self.post("/api/host/heartbeat", body, self.secret)

    async def go_on(self) -> None:
        """Beat until it is over, as often as the limits allow one address."""
        while not self.over:
            self.statuses.append((await self.beat(len(self.statuses) % 20)).status)
            await trio.sleep(PACE)

    @asynccontextmanager
    async def socket(self, path: str) -> AsyncIterator[Signaling]:
        """Open a WebSocket."""
        stream = await self.machine.connect()
        headers = {"Authorization": f"Bearer {self.secret}"} if path.startswith("/?") else {}
        async with stream, signaling(stream, path, lambda _: None, headers) as opened:
            yield opened


async def began(machine: Machine, unit: str) -> tuple[int, int, int]:
    """The process of a unit, when it was last stopped and when it was ready (microseconds)."""
    names = ("MainPID", "InactiveEnterTimestampMonotonic", "ActiveEnterTimestampMonotonic")
    said = await machine.run(f"systemctl show --property={','.join(names)} {unit}")
    shown = dict(line.split("=", 1) for line in said.splitlines())
    first, stopped, ready = (int(shown[name]) for name in names)
    return first, stopped, ready


async def upgrade_processes(machine: Machine) -> None:
    """Of several processes each is restarted when the one before serves again; nobody is refused."""
    await machine.run(PROCESSES)
    before = [(await began(machine, f"matchd@{number}"))[0] for number in (1, 2)]
    # Somebody asks, all the while.
    async with trio.open_nursery() as nursery:
        nursery.start_soon(machine.run, f"python3 -c '{ASK}'")
        await machine.run(INSTALL + "matchd.deb")
        (machine.shared / "over").touch()
    one, two = [await began(machine, f"matchd@{number}") for number in (1, 2)]
    assert 0 not in (one[0], two[0])
    assert not {one[0], two[0]} & {*before}
    assert one[2] < two[1]
    assert {*(machine.shared / "statuses").read_text("utf-8").split("\n")} == {"200", ""}
    await machine.run("systemctl is-active matchd.service", status=3)


async def test_it_is_upgraded_under_load(machine: Machine) -> None:
    """An upgrade refuses nobody, tells the open sockets, keeps configuration, and the match goes on;
    and so does one of several processes over a Redis.
    """
    newer(machine.shared / "matchd.deb")
    await machine.run(INSTALL + "matchd.deb")
    await machine.run(SOCKET)
    before = await machine.run("sha256sum /etc/matchd/*.* /etc/matchd/secrets/*")
    caller = Caller(machine, (await machine.run("cat /etc/matchd/secrets/host_secret")).strip())
    assert (await caller.beat(0)).status == 200
    found = (await caller.post("/api/match/find", {})).json()
    player_path = f"{urlsplit(found['signalingUrl']).path}?roomId={found['roomId']}"
    async with trio.open_nursery() as nursery:
        async with caller.socket("/?roomId=room-0") as host, caller.socket(player_path) as player:
            await player.until("control", "peer-joined")
            nursery.start_soon(caller.go_on)
            nursery.start_soon(machine.run, INSTALL + "newer.deb")
            assert [await player.ended(), await host.ended()] == [1012, 1012]
        async with caller.socket("/?roomId=room-0") as host, caller.socket(player_path) as player:
            await player.send(OFFER)
            await host.until("offer")
        caller.over = True
    assert set(caller.statuses) == {200}
    assert "0.1.1" in await machine.run("dpkg-query --show matchd")
    assert await machine.run("sha256sum /etc/matchd/*.* /etc/matchd/secrets/*") == before
    await upgrade_processes(machine)
    stopped = "matchd.socket matchd.service matchd@1 matchd@2 matchd.target"
    await machine.run(f"dpkg --purge matchd && ! systemctl is-active {stopped}")
    assert await machine.run(OURS) == ""

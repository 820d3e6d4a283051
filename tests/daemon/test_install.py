"""The two commands of the README, `matchd init` and `matchd serve`, next to the coturn they set up."""

import sys
from pathlib import Path

import trio

from tests.daemon.coturn import HOST, REALM, RELAY_PORTS, Coturn, free_ports, loopback_lines
from tests.daemon.coturn import running as coturn_running
from tests.daemon.process import Site
from tests.daemon.scenes import credential
from tests.daemon.turnclient import exchange, turn_client


async def install(directory: Path, site: Site) -> Coturn:
    """Run `matchd init`, and move what it wrote to ports of this test; returns its coturn."""
    command = [sys.executable, "-m", "matchd", "init", str(directory), "--public-url", site.url]
    await trio.run_process(command, capture_stdout=True, capture_stderr=True)
    for name in ("host_secret", "turn_secret"):
        site.put_secret(name, (directory / "secrets" / name).read_text().strip())
    port, tls_port, low = free_ports()
    high = low + RELAY_PORTS - 1
    config, turn = directory / "matchd.toml", directory / "turnserver.conf"
    text = config.read_text().replace("3478", str(port))
    config.write_text(text.replace("/var/lib/matchd", str(directory / "data")))
    text = turn.read_text().replace("=3478", f"={port}").replace("=49152", f"={low}")
    turn.write_text(text.replace("=65535", f"={high}").replace("\nsyslog\n", "\n"))
    secret, log = site.secret("turn_secret"), directory / "turn.log"
    return Coturn(HOST, port, tls_port, low, high, REALM, secret, None, log)


async def test_what_init_writes_works(site: Site) -> None:
    """A player and a host of the written configuration relay through the written coturn."""
    directory = site.directory / "etc"
    server = await install(directory, site)
    # Both ends of this relay are on the loopback, which a real one denies.
    written = (directory / "turnserver.conf").read_text()
    kept = [line for line in written.split("\n") if not line.startswith("denied-peer-ip=127.")]
    lines = [*kept, f"listening-ip={HOST}", f"relay-ip={HOST}", *loopback_lines()]
    options = ("--config", str(directory / "matchd.toml"), "--listen", f"{HOST}:{site.port}")
    async with coturn_running("\n".join(lines), directory, server.port), site.daemon(*options) as d:
        assert (await d.ask("GET", "/readyz")).status == 200
        await d.beat()
        found = await d.find()
        host = await d.ask(
            "POST", "/api/ice", {"hostId": "pc-1"}, bearer=site.secret("host_secret")
        )
        async with (
            turn_client(server, credential(found)) as left,
            turn_client(server, credential(host.json())) as right,
        ):
            await exchange(left, right)


async def test_nothing_at_all(site: Site) -> None:
    """`matchd serve --dev` needs no file: any host may beat, any guest may find."""
    command = (sys.executable, "-m", "matchd", "serve", "--dev", "--listen", f"{HOST}:0")
    async with site.daemon(command=command, config=False) as daemon:
        body = {"hostId": "pc-1", "roomId": "room-1"}
        assert (await daemon.ask("POST", "/api/host/heartbeat", body)).status == 200
        found = await daemon.find()
        assert found["signalingUrl"].startswith(f"ws://{daemon.listen}/signal/")
        assert daemon.log.named("daemon.dev")[0]["hosts"] == "authentication is open"

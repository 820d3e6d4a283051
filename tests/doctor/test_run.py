"""The whole examination: every server, this machine, coturn's file, and our own address."""

from pathlib import Path

import pytest
import trio

from matchd.config import Loaded, load
from matchd.doctor import run
from matchd.doctor.run import Options, Result, look
from tests.config.house import MINIMAL, furnish, put
from tests.daemon.coturn import HOST, free_ports
from tests.doctor.house import SECRET, Found, written

pytestmark = pytest.mark.usefixtures("hasty")
DEBIAN = "syslog\nno-rfc5780\n"


def settings(base: Path, *ports: int) -> Loaded:
    """A configuration with a TURN server at each of these ports."""
    url = MINIMAL.replace("https://play.example.net", f"http://{HOST}:{free_ports()[0]}")
    blocks = "".join(
        f'[[turn.server]]\nname = "s{port}"\nhost = "{HOST}"\nudp_port = {port}\ntcp_port = 0\n'
        'secret_file = "turn"\n'
        for port in ports
    )
    path = furnish(base, f'{url}data_dir = ""\n{blocks}')
    put(base / "secrets" / "turn", SECRET + "\n")
    return load(path)


async def looked(loaded: Loaded, options: Options) -> Result:
    """Look, from a thread, since `look` has a loop of its own."""
    return await trio.to_thread.run_sync(look, loaded, loaded.secrets.turn, options)


async def test_beside_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside a server its usual file is read too; a dead server beside a good one is told apart."""
    usual = tmp_path / "turnserver.conf"
    monkeypatch.setattr(run, "COTURN", usual)
    put(usual, f"use-auth-secret\nrealm=r\nstatic-auth-secret={SECRET}\nallow-loopback-peers\n")
    dead = free_ports()[0]
    async with written() as (one, _):
        loaded = settings(tmp_path, one.udp_port, dead)
        result = await looked(loaded, Options(gap=0))
        put(usual, DEBIAN)
        other = await looked(loaded, Options(gap=0))
        usual.unlink()
        none = await looked(loaded, Options(gap=0))
        far = await looked(loaded, Options(gap=0, local=False))
    (_, well), (_, gone) = result.servers
    assert (Found(well).bad, Found(gone).bad) == (set(), {"S1"})
    assert result.beside
    assert "remove allow-loopback-peers" in Found(result.rest).said("L1")
    assert "this is not the file of the coturn that runs" in Found(other.rest).said("L1")
    assert "L1" not in {finding.id for finding in none.rest}
    assert {finding.id for finding in far.rest} == {"H1"}


async def test_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no server is here, a file of coturn here is nobody's, unless it is named."""
    usual = tmp_path / "turnserver.conf"
    monkeypatch.setattr(run, "COTURN", usual)
    put(usual, DEBIAN)
    loaded = settings(tmp_path, free_ports()[0])
    result = await looked(loaded, Options())
    assert not result.beside
    assert "L1" not in {finding.id for finding in result.rest}
    named = await looked(loaded, Options(coturn=usual))
    assert "no authentication" in Found(named.rest).said("L1")

"""How the daemon proves itself to Redis, and that nobody is told with what."""

import io
import re
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import trio

from matchd.cli import main
from tests.daemon.coturn import self_signed
from tests.daemon.nodes import ANOTHER_PORT, LEASE, look_for_match, reason, redis, share, well
from tests.daemon.process import Daemon, Site
from tests.daemon.scenes import playing
from tests.store.redis_server import RedisServer

PASSWORD = "hush-hush-hush-hush"
README = Path(__file__).parents[2] / "README.md"


def acl_line() -> list[str]:
    """The words of the README's ACL SETUSER command, with the test's password."""
    found = re.search(r"(?m)^redis-cli (ACL SETUSER matchd (?:[^\n\\]|\\\n)*)", README.read_text())
    assert found is not None
    words = found[1].replace("\\\n", " ").replace("'", "").split()
    return [PASSWORD.join(word.split("PASSWORD")) for word in words]


async def shown(daemon: Daemon) -> str:
    """What others can see of a process: its command line, and what it tells anybody."""
    answers = [await daemon.ask("GET", path) for path in ("/readyz", "/healthz", "/metrics")]
    answers.append(await look_for_match(daemon))
    line = await trio.Path(f"/proc/{daemon.process.pid}/cmdline").read_text()
    return line + "".join(answer.body.decode() for answer in answers)


async def printed(site: Site, verb: str) -> str:
    """What another verb says of the site's configuration."""
    said = io.StringIO()

    def run() -> None:
        with redirect_stdout(said), redirect_stderr(said):
            assert main([verb, "--config", str(site.path)]) == 0

    await trio.to_thread.run_sync(run)  # here, since a process of its own takes a second to begin
    return said.getvalue()


def denied(server: RedisServer) -> set[bytes]:
    """What the ACL of a Redis has refused."""
    return set(re.findall(rb"object\r\n\$\d+\r\n([^\r]*)", server.command("ACL", "LOG")))


async def serves(site: Site, server: RedisServer) -> None:
    """A match can be made and used, and no password is told, with Redis there or away."""
    async with site.daemon() as daemon:
        await well(daemon)
        assert "1 node)" in await printed(site, "check")
        async with playing(daemon):
            await trio.sleep(LEASE)  # what only sweeps and renewals need
        assert denied(server) <= {b"config|get"}  # asked for advice only
        said = await shown(daemon) + await printed(site, "config") + await printed(site, "check")
        server.kill()
        await daemon.log.until("store.away")
        said += await shown(daemon) + await printed(site, "check")
    assert PASSWORD not in said


async def test_password_file(site: Site) -> None:
    """The password of a secret file opens Redis."""
    with redis(PASSWORD) as server:
        share(site, server, password_file="redis")
        site.put_secret("redis", PASSWORD)
        await serves(site, server)


async def test_acl_user_of_the_readme(site: Site) -> None:
    """The ACL line of the README is enough for everything that a node does."""
    with redis() as server:
        assert server.command(*acl_line()) == b"+OK\r\n"
        server.command("ACL", "SETUSER", "default", "nopass", "+@all")
        share(site, server, url=f"redis://matchd@127.0.0.1:{server.port}/0", password_file="redis")
        site.put_secret("redis", PASSWORD)
        await serves(site, server)


async def test_tls_with_a_ca_of_its_own(site: Site) -> None:
    """With store.ca the certificate of Redis is believed; without, the log and /readyz say why not."""
    pair = self_signed(site.directory)
    files = {
        "tls_cert_file": str(pair.cert),
        "tls_key_file": str(pair.key),
        "tls_auth_clients": "no",
    }
    port = RedisServer().port
    with redis(tls_port=str(port), **files) as server:
        share(site, server, url=f"rediss://127.0.0.1:{port}/0")
        async with site.daemon() as daemon:
            said = await daemon.log.until("store.away")
            assert "has a certificate that is not accepted" in said["reason"]
            assert "certificate" in await reason(daemon)
        assert "set store.ca to the CA that has signed it" in await printed(site, "check")
        site.config["store"]["ca"] = str(pair.cert)
        await serves(site, server)


async def test_wrong_password_then_the_right_one(site: Site) -> None:
    """A daemon with a wrong password starts, says why it is not ready, and serves after a restart."""
    with redis(PASSWORD) as server:
        share(site, server, password_file="redis")
        site.put_secret("redis", "wrong-wrong-wrong")
        async with site.daemon() as daemon:
            assert await reason(daemon) == "store: Redis refused the user name or password"
            assert len(daemon.log.named("store.away")) == 1
        site.put_secret("redis", PASSWORD)
        async with site.daemon() as daemon:
            await well(daemon)
            assert await reason(daemon) == ""


async def test_another_pepper(site: Site) -> None:
    """A node with another pepper is not let in, and serves nobody; it, and the check, say once what to
    copy.
    """
    with redis() as server:
        share(site, server)
        async with site.daemon() as one:
            site.put_secret("pepper", "another-pepper-another-pepper")
            assert "auth.pepper_file: the nodes that are running" in await printed(site, "check")
            async with site.daemon(*ANOTHER_PORT) as two:
                said = await two.log.until("node.stranger")
                assert "auth.pepper_file" in said["cure"]
                assert await reason(two) == "node: others have another auth.pepper_file"
                refused = await look_for_match(two)
                assert (refused.status, refused.json()["code"]) == (503, "misconfigured")
                assert (await one.beat())["success"]
                await trio.sleep(1)
                assert len(two.log.named("node.stranger")) == 1

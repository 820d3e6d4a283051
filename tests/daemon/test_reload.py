"""SIGHUP: what is taken over, what is refused, and who is told."""

import pytest
import trio

from tests.daemon.coturn import self_signed
from tests.daemon.process import Daemon, Site
from tests.daemon.scenes import playing

NEW = "a-new-secret-of-32-characters-00"


def with_turn(site: Site) -> None:
    """Configure a TURN server that nobody asks."""
    site.put_secret("turn_secret", "an-old-secret-of-32-characters-0")
    server = {"name": "t", "host": "turn.example.net", "secret_file": "turn_secret"}
    site.config["turn"] = {"server": [server]}


async def beat_status(daemon: Daemon, secret: str) -> int:
    """Beat with a secret and return the status of the answer."""
    body = {"hostId": "pc-1", "roomId": "room-1"}
    return (await daemon.ask("POST", "/api/host/heartbeat", body, bearer=secret)).status


async def test_new_host_secret(site: Site) -> None:
    """A rotation: the new secret works, the old one until its line is gone."""
    async with site.daemon() as daemon:
        old = site.secret("host_secret")
        assert [await beat_status(daemon, secret) for secret in (old, NEW)] == [200, 403]
        site.put_secret("host_secret", NEW, old)
        await daemon.reload()
        assert [await beat_status(daemon, secret) for secret in (old, NEW)] == [200, 200]
        site.put_secret("host_secret", NEW)
        await daemon.reload()
        assert [await beat_status(daemon, secret) for secret in (old, NEW)] == [403, 200]


async def test_new_turn_secret_reaches_open_sockets(site: Site) -> None:
    """Both sides get credentials of the new TURN secret over the sockets they have open."""
    with_turn(site)
    async with site.daemon() as daemon, playing(daemon) as (host, player):
        first = (await host.until("control", "ice"))["payload"]["iceServers"][0]
        site.put_secret("turn_secret", NEW)
        await daemon.reload()
        fresh = [(await side.until("control", "ice"))["payload"] for side in (host, player)]
    entries = [payload["iceServers"][0] for payload in fresh]
    assert entries[0]["credential"] != first["credential"]
    assert entries[0]["username"].split(":")[1] == first["username"].split(":")[1]
    assert entries[1]["username"].split(":")[1] != first["username"].split(":")[1]
    assert all(payload["iceTtl"] == 3600 for payload in fresh)


async def test_same_turn_secret_disturbs_nobody(site: Site) -> None:
    """A reload that changes nothing about TURN pushes nothing."""
    with_turn(site)
    async with site.daemon() as daemon, playing(daemon) as (host, player):
        await host.until("control", "peer-joined")
        await daemon.reload()
        await player.send({"type": "offer", "sdp": "next"})
        assert (await host.next())["type"] == "offer"


async def test_new_limits_and_log_level(site: Site) -> None:
    """A new limit holds for the next request, and a new log level for the next event."""
    async with site.daemon() as daemon, daemon.http() as http:
        await http.ask("PUT", "/healthz")
        site.config["limits"] = {"exempt": [], "address": {"requests": "3/h"}}
        site.config["log"]["level"] = "debug"
        site.write()
        await daemon.reload()
        answers = [await http.ask("POST", "/api/match/find", {}) for _ in range(4)]
        await daemon.log.until("http.request", 5)
    assert [answer.status for answer in answers] == [404, 404, 404, 429]
    assert answers[3].json()["code"] == "rate_limited"
    levels = [entry["level"] for entry in daemon.log.named("http.request")[:2]]
    assert levels == ["info", "debug"]


BROKEN = {
    "server.lissten": "[server]\nlissten = 1",
    "turn.ttl": "[turn]\nttl = 1",
    "nowhere": '[hosts]\nsecret_file = "nowhere"',
    "not valid TOML": "this is not TOML",
}


async def test_broken_file(site: Site) -> None:
    """A file that can't be used is refused with a reason, and the old one stays in force."""
    public = f'[server]\npublic_url = "{site.url}"\n'
    async with site.daemon() as daemon:
        old = site.secret("host_secret")
        site.put_secret("host_secret", NEW)
        for said, text in BROKEN.items():
            site.path.write_text(public + text.removeprefix("[server]\n"))
            refused = await daemon.reload("config.refused")
            assert said in refused["reason"]
        assert [await beat_status(daemon, secret) for secret in (old, NEW)] == [200, 403]


async def test_secret_that_others_can_read(site: Site) -> None:
    """A secret file that others can read is refused, with the command that cures it."""
    async with site.daemon() as daemon:
        path = site.directory / "secrets" / "host_secret"
        path.chmod(0o644)
        refused = await daemon.reload("config.refused")
        assert f"chmod 0640 {path}" in refused["reason"]
        assert await beat_status(daemon, site.secret("host_secret")) == 200


async def test_what_needs_a_restart_is_named(site: Site) -> None:
    """A change that a reload cannot take over is named in the log."""
    async with site.daemon() as daemon:
        site.config["bookings"] = {"hold": 10}
        site.write()
        assert (await daemon.reload())["needs_restart"] == ["bookings"]


async def test_new_pepper_breaks_no_grant(site: Site) -> None:
    """Grants are made with the pepper, so a new one waits for a restart, and the log says so."""
    async with site.daemon() as daemon:
        await daemon.beat()
        found = await daemon.find(key="k" * 22)
        site.put_secret("pepper", "p" * 43)
        assert (await daemon.reload())["needs_restart"] == ["auth.pepper_file"]
        assert (await daemon.find(key="k" * 22))["grant"] == found["grant"]


async def test_new_certificate(secure: Site) -> None:
    """A renewed certificate is used for the next connection; the open one goes on."""
    async with secure.daemon() as daemon, daemon.http() as old:
        await old.ask("GET", "/healthz")
        self_signed(secure.directory)
        await daemon.reload()
        assert (await old.ask("GET", "/healthz")).status == 200
        with pytest.raises(trio.BrokenResourceError):
            await daemon.ask("GET", "/healthz")
        daemon.trust()
        assert (await daemon.ask("GET", "/healthz")).status == 200

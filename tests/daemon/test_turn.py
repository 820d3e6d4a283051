"""The credentials that the daemon hands out, against the real coturn."""

import time

import pytest

from matchd.domain.callers import Role
from matchd.turn import mint
from tests.daemon.clients import Json
from tests.daemon.coturn import coturn
from tests.daemon.process import Daemon, Site
from tests.daemon.scenes import credential
from tests.daemon.turnclient import Way, exchange, refusal, turn_client

SECRET = "a-secret-of-coturn-of-32-letters"


async def host_ice(daemon: Daemon) -> Json:
    """Fetch the host's own credentials as a host with a token does."""
    token = daemon.site.token(Role.HOST, "pc-1")
    answer = await daemon.ask("POST", "/api/ice", {"hostId": "pc-1"}, bearer=token)
    assert answer.status == 200, answer
    ice: Json = answer.json()
    return ice


@pytest.mark.parametrize("way", ["udp", "tls"])
async def test_player_and_host_relay(site: Site, way: Way) -> None:
    """The player's credentials from find and the host's from /api/ice relay data between them."""
    async with coturn(secret=SECRET, tls=way == "tls") as server:
        site.use_turn(server, tls=way == "tls")
        async with site.daemon() as daemon:
            await daemon.beat()
            player, host = credential(await daemon.find()), credential(await host_ice(daemon))
        assert player[0].split(":")[1] != host[0].split(":")[1]
        async with (
            turn_client(server, player, way) as left,
            turn_client(server, host, way) as right,
        ):
            await exchange(left, right)


async def test_addresses_are_the_configured_ones(site: Site) -> None:
    """The URLs name host, port and transport of the server, and the TTL is what is left."""
    async with coturn(secret=SECRET, tls=True) as server:
        site.use_turn(server)
        site.config["turn"]["server"][0]["tls_port"] = server.tls_port
        async with site.daemon() as daemon:
            await daemon.beat()
            found = await daemon.find()
    assert found["iceServers"][0]["urls"] == [
        f"turn:{server.host}:{server.port}?transport=udp",
        f"turns:{server.host}:{server.tls_port}?transport=tcp",
    ]
    assert found["iceTtl"] == 3600
    assert found["iceExpiresAt"] == int(credential(found)[0].split(":")[0])


async def test_expired_and_tampered_credentials(site: Site) -> None:
    """What the daemon minted an hour and more ago is 401, and so is what was changed since."""
    async with coturn(secret=SECRET) as server:
        site.use_turn(server)
        async with site.daemon() as daemon:
            await daemon.beat()
            username, password = credential(await daemon.find())
        expires, user = username.split(":")
        now = int(expires) - 3600
        same = mint(SECRET, user, ttl=3600, now=now)
        assert (same.username, same.password) == (username, password)
        old = mint(SECRET, user, ttl=3600, now=time.time() - 3660)
        bad = {
            "expired": (old.username, old.password),
            "prolonged": (f"{int(expires) + 1}:{user}", password),
            "another user": (f"{expires}:mallory", password),
            "another password": (username, password[::-1]),
        }
        codes = {what: await refusal(server, pair) for what, pair in bad.items()}
        assert await refusal(server, (username, password)) == 0
    assert codes == dict.fromkeys(bad, 401)


async def test_fresh_credentials_for_a_running_game(site: Site) -> None:
    """A player fetches fresh credentials with his grant; they open a relay, and for nobody else."""
    async with coturn(secret=SECRET) as server:
        site.use_turn(server)
        async with site.daemon() as daemon:
            await daemon.beat()
            found = await daemon.find()
            fresh = await daemon.ask("POST", "/api/ice", bearer=found["grant"])
            stranger = await daemon.ask("POST", "/api/ice", bearer="A" * 22)
            path = f"/api/match/{found['bookingId']}/release"
            await daemon.ask("POST", path, bearer=found["grant"])
            over = await daemon.ask("POST", "/api/ice", bearer=found["grant"])
        assert await refusal(server, credential(fresh.json())) == 0
    assert (stranger.status, over.status) == (401, 410)

"""What outlives the process: an orderly restart, a kill, and two daemons on one directory."""

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.daemon.clients import UPGRADE, Json, Signaling
from tests.daemon.lobbies import lobby_of
from tests.daemon.process import Daemon, Site
from tests.daemon.scenes import OFFER, hosting, room_of

KEYS = [f"a-random-key-of-a-guest-{number}" for number in range(3)]


async def stand_in_line(daemon: Daemon, key: str) -> Json:
    """Take a place in the line, or return to the one that this key has."""
    headers = {"Idempotency-Key": key}
    answer = await daemon.ask("POST", "/api/match/find", {"async": True}, headers=headers)
    assert answer.status == 202, answer
    place: Json = answer.json()
    return place


async def test_restart_keeps_bookings_and_grants(site: Site) -> None:
    """After systemctl restart a booking, its grant and its key are what they were."""
    async with site.daemon() as daemon:
        await daemon.beat()
        found = await daemon.find(key=KEYS[0])
    async with site.daemon() as daemon:
        assert daemon.log.named("snapshot.restored")[0]["live_bookings"] == 1
        again = await daemon.find(key=KEYS[0])
        for name in ("bookingId", "grant", "roomId", "signalingUrl"):
            assert again[name] == found[name]
        async with hosting(daemon) as host, daemon.signaling(room_of(found)) as player:
            await player.send(OFFER)
            assert (await host.until("offer"))["sdp"] == OFFER["sdp"]


async def test_restart_keeps_the_line(site: Site) -> None:
    """Who stood in line stands where he stood, and the slot goes to the first of them."""
    async with site.daemon() as daemon:
        places = [await stand_in_line(daemon, key) for key in KEYS]
    async with site.daemon() as daemon:
        again = [await stand_in_line(daemon, key) for key in reversed(KEYS)]
        assert [place["position"] for place in again] == [3, 2, 1]
        assert [place["bookingId"] for place in reversed(again)] == [
            place["bookingId"] for place in places
        ]
        await daemon.beat()
        path = f"/api/match/{places[0]['bookingId']}"
        first = await daemon.ask("GET", path, bearer=places[0]["grant"])
        assert first.json()["state"] == "held"


async def test_restart_keeps_a_connected_game(site: Site) -> None:
    """Host and player come back after a restart into the booking they had."""
    async with site.daemon() as daemon, hosting(daemon) as host:
        found = await daemon.find()
        async with daemon.signaling(room_of(found)) as player:
            await player.until("control", "peer-joined")
            daemon.signal(signal.SIGTERM)
            assert await player.ended() == await host.ended() == 1012
        assert await daemon.stopped() == 0
    async with site.daemon() as daemon, hosting(daemon) as host:
        path = f"/api/match/{found['bookingId']}"
        state = await daemon.ask("GET", path, bearer=found["grant"])
        assert state.json()["state"] == "connected"
        async with daemon.signaling(room_of(found)) as player:
            await player.send(OFFER)
            await host.until("offer")


async def test_kill_and_start(site: Site) -> None:
    """After a kill the pool is empty; hosts beat as before and everything goes on."""
    async with site.daemon() as daemon:
        await daemon.beat()
        lost = await daemon.find()
        daemon.process.kill()
        assert await daemon.stopped() == -signal.SIGKILL
    async with site.daemon() as daemon:
        path = room_of(lost).removeprefix(site.ws_url)
        refused = await daemon.ask("GET", path, headers=UPGRADE)
        assert (refused.status, refused.json()["code"]) == (403, "bad_grant")
        async with (
            hosting(daemon) as host,
            daemon.signaling(room_of(await daemon.find())) as player,
        ):
            await player.send(OFFER)
            await host.until("offer")


@asynccontextmanager
async def native(
    daemon: Daemon, path: str, former: Json | None = None
) -> AsyncIterator[tuple[Signaling, Json]]:
    """A native peer, who was there before or not, and its welcome."""
    joint = "&" if "?" in path else "?"
    resume = "" if former is None else f"&resume={former['resume']}"
    async with daemon.signaling(f"{path}{joint}v=1{resume}") as socket:
        yield socket, await socket.next()


async def test_restart_keeps_the_places_of_native_peers(site: Site) -> None:
    """In rooms and lobbies: the same id, those who are back or are expected, and word to begin anew."""
    async with site.daemon() as daemon:
        made, (ann, _) = await lobby_of(daemon, "ann", "bob")
        lobby = f"/lobby/{made['id']}?token={ann}"
        async with (
            native(daemon, "/matchbox/r") as (a, one),
            native(daemon, "/matchbox/r") as (b, two),
            daemon.signaling("/matchbox/r") as stock,
            native(daemon, lobby) as (c, member),
        ):
            assert "IdAssigned" in await stock.next()
            daemon.signal(signal.SIGTERM)
            assert [await socket.ended() for socket in (a, b, c, stock)] == [1012] * 4
        assert await daemon.stopped() == 0
    async with site.daemon() as daemon:
        async with (
            native(daemon, "/matchbox/r", one) as (first, again),
            native(daemon, "/matchbox/r", two) as (second, other),
            native(daemon, lobby, member) as (_, back),
        ):
            for former, welcome in ((one, again), (two, other), (member, back)):
                assert (welcome["peerId"], welcome["resumed"]) == (former["peerId"], True)
            assert again["roster"] == [{"peerId": two["peerId"]}]
            await first.until("resync")
            await second.until("resync")
            await second.send({"type": "signal", "to": one["peerId"], "data": "hello"})
            assert await first.until("signal") == {
                "type": "signal",
                "from": two["peerId"],
                "data": "hello",
            }
        daemon.process.kill()
        assert await daemon.stopped() == -signal.SIGKILL
    async with site.daemon() as daemon, native(daemon, "/matchbox/r", one) as (_, fresh):
        assert (fresh["resumed"], fresh["roster"]) == (False, [])
        assert fresh["peerId"] != one["peerId"]


async def test_snapshot_is_private(site: Site) -> None:
    """The data directory and the snapshot can be read by the service alone."""
    async with site.daemon() as daemon:
        await daemon.beat()
    data = site.directory / "data"
    assert data.stat().st_mode & 0o777 == 0o700
    assert (data / "state.json").stat().st_mode & 0o777 == 0o600


async def test_second_daemon_on_the_same_directory(site: Site) -> None:
    """A second daemon on the data of a running one ends with 2 and says why; the first goes on."""
    async with site.daemon() as daemon:
        status, said = await site.refused("--listen", "127.0.0.1:0")
        assert status == 2
        assert "another matchd runs on it" in said
        assert (await daemon.ask("GET", "/healthz")).status == 200

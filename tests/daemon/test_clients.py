"""The specification's own hosts and browser against the daemon, unchanged (backends.md 3.10)."""

from tests.daemon.clients import Json, Signaling
from tests.daemon.process import Daemon, Site
from tests.daemon.programs import Browser, SecondHost, candidate, first_host

SIGNALS = ("offer", "answer", "candidate")
OFFER: Json = {"type": "offer", "sdp": "v=0 offer"}


async def state_of(daemon: Daemon, found: Json) -> str:
    """Ask where a booking stands."""
    answer = await daemon.ask("GET", f"/api/match/{found['bookingId']}", bearer=found["grant"])
    state: str = answer.json()["state"]
    return state


async def hears_answer(player: Signaling) -> list[Json]:
    """Read what the host of era A answers an offer with."""
    return [await player.until("answer"), await player.next(), await player.next()]


async def test_first_host_and_browser_connect(site: Site) -> None:
    """The real host of era A and the real browser exchange offer, answer and candidates."""
    async with site.daemon() as daemon, first_host(daemon) as host:
        assert await host.beat()
        found = await Browser(daemon).find()
        async with Browser(daemon).signaling(found) as player:
            await player.send({**OFFER, "unknown": "field"})
            await player.send(candidate("player 0"))
            await player.send({"type": "candidate", "candidate": "", "sdpMid": None})
            answer, *candidates = await hears_answer(player)
            await host.until("candidate")
        peers = [message.pop("peer") for message in host.heard if "peer" in message]
    assert answer == {"type": "answer", "sdp": "answer to v=0 offer"}
    assert [candidate("host 0"), candidate("host 1")] == candidates
    assert [OFFER, candidate("player 0")] == [m for m in host.heard if m["type"] in SIGNALS][:2]
    assert len(set(peers)) == 1


async def test_constant_beats_never_unbook(site: Site) -> None:
    """The constant idle beats of era A leave a held and a connected booking alone."""
    async with site.daemon() as daemon, first_host(daemon) as host:
        assert await host.beat()
        found = await Browser(daemon).find()
        assert await host.beat()
        assert await state_of(daemon, found) == "held"
        async with Browser(daemon).signaling(found) as player:
            await player.until("control", "peer-joined")
            assert await host.beat()
            assert await state_of(daemon, found) == "connected"
            missed = await Browser(daemon).find()
    assert missed["found"] is False
    assert missed["message"] == missed["error"] != ""


async def test_host_is_booked_again_after_a_game(site: Site) -> None:
    """When the player of a host of era A has left for the grace, the next one gets the host."""
    site.config["bookings"] = {"grace": 0.1}
    async with site.daemon() as daemon, first_host(daemon) as host:
        assert await host.beat()
        async with Browser(daemon).signaling(await Browser(daemon).find()) as player:
            await player.until("control", "peer-joined")
        await host.until("peer-disconnected")
        await daemon.log.until("booking.ended")
        assert await host.beat()
        assert (await Browser(daemon).find())["roomId"] == host.room


async def test_browser_learns_that_the_host_is_gone(site: Site) -> None:
    """A host that dies is told to the browser as peer-disconnected, and its beats may go on."""
    async with site.daemon() as daemon, first_host(daemon) as host:
        assert await host.beat()
        async with Browser(daemon).signaling(await Browser(daemon).find()) as player:
            await player.until("control", "peer-joined")
            host.hang_up.set()
            assert await player.until("peer-disconnected") == {"type": "peer-disconnected"}
            assert await host.beat()


async def test_browser_reconnects(site: Site) -> None:
    """A browser that lost its socket comes back by the same address and offers anew."""
    async with site.daemon() as daemon, first_host(daemon) as host:
        assert await host.beat()
        found = await Browser(daemon).find()
        async with Browser(daemon).signaling(found) as player:
            await player.send(OFFER)
            await player.until("answer")
        await host.until("peer-disconnected")
        async with Browser(daemon).signaling(found) as again:
            await again.send({"type": "offer", "sdp": "second"})
            assert (await again.until("answer"))["sdp"] == "answer to second"
        assert await state_of(daemon, found) == "connected"


async def test_browser_is_told_why_there_is_no_match(site: Site) -> None:
    """Without hosts the browser gets a JSON answer with found and message across origins."""
    async with site.daemon() as daemon:
        missed = await Browser(daemon).find()
    assert missed["found"] is False
    assert missed["message"] == "No hosts are online."
    assert missed["hosts"] == {"alive": 0, "free": 0, "inRegion": 0, "held": 0}


async def test_second_hosts_beats(site: Site) -> None:
    """Era B's client takes every answer as success; while it is connected it is not offered."""
    async with site.daemon() as daemon:
        host = SecondHost(daemon)
        assert await host.beat()
        found = await daemon.find()
        assert found["roomId"] == host.room
        host.state = SecondHost.CONNECTING
        assert await host.beat()
        assert await state_of(daemon, found) == "connected"
        host.state = SecondHost.CONNECTED
        assert await host.beat()
        assert (await Browser(daemon).find())["found"] is False
        host.state = 0
        assert await host.beat()
        assert await state_of(daemon, found) == "connected"


async def test_second_host_relays(site: Site) -> None:
    """A host of era B, which sends its secret with the upgrade, answers its player."""
    async with site.daemon() as daemon:
        host = SecondHost(daemon)
        assert await host.beat()
        found = await Browser(daemon).find()
        secret = site.secret("host_secret")
        async with (
            daemon.signaling(f"/?roomId={host.room}", bearer=secret) as there,
            Browser(daemon).signaling(found) as player,
        ):
            await player.send(OFFER)
            offered = await there.until("offer")
            await there.send({"type": "answer", "sdp": "yes", "peer": offered["peer"]})
            assert await player.until("answer") == {"type": "answer", "sdp": "yes"}

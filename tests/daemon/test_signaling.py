"""Rooms of the running daemon, by clients that know all of wire.md 2.5."""

import pytest
import trio_websocket

from matchd.domain.callers import Role
from tests.daemon.clients import UPGRADE
from tests.daemon.process import Site
from tests.daemon.programs import candidate
from tests.daemon.scenes import IN_ROOM, OFFER, hosting, room_of

INVALID = {"type": "control", "action": "schema-error"}


async def test_player_before_his_host(site: Site) -> None:
    """What a player says before the host is there reaches the host in order when it comes."""
    sent = [OFFER, *(candidate(str(number)) for number in range(5))]
    async with site.daemon() as daemon:
        await daemon.beat()
        async with daemon.signaling(room_of(await daemon.find())) as player:
            for message in sent:
                await player.send(message)
            # A refusal comes back behind the messages, so they have arrived.
            await player.send("{}")
            await player.until("control", "schema-error")
            async with hosting(daemon) as host:
                seat = (await host.until("control", "peer-joined"))["peer"]
                heard = [await host.next() for _ in sent]
    assert heard == [{**message, "peer": seat} for message in sent]


async def test_socket_from_another_address_is_no_host(site: Site) -> None:
    """A socket without credentials whose address no beat comes from hears nothing and gets 4403."""
    site.config["hosts"] = {"recognise_for": 0.5}
    async with site.daemon() as daemon:
        async with daemon.signaling(IN_ROOM, source="127.0.0.2") as stranger:
            await daemon.beat()
            async with daemon.signaling(room_of(await daemon.find())) as player:
                await player.send(OFFER)
                with pytest.raises(trio_websocket.ConnectionClosed) as closed:
                    await stranger.next()
        assert closed.value.reason is not None
        assert closed.value.reason.code == 4403


async def test_two_players(site: Site) -> None:
    """A host of capacity 2 tells its players apart by `peer`, and they never hear each other."""
    async with site.daemon() as daemon, hosting(daemon, capacity=2) as host:
        first, second = await daemon.find(), await daemon.find()
        async with (
            daemon.signaling(room_of(first)) as one,
            daemon.signaling(room_of(second)) as two,
        ):
            seats = [(await host.until("control", "peer-joined"))["peer"] for _ in range(2)]
            await two.send({**OFFER, "peer": seats[0]})
            assert await host.until("offer") == {**OFFER, "peer": seats[1]}
            await host.send({"type": "answer", "sdp": "no one"})
            assert await host.until("control", "schema-error") == INVALID
            await host.send({"type": "answer", "sdp": "two", "peer": seats[1]})
            await host.send({"type": "answer", "sdp": "one", "peer": seats[0]})
            assert await two.until("answer") == {"type": "answer", "sdp": "two"}
            assert await one.until("answer") == {"type": "answer", "sdp": "one"}
        left = {(await host.until("peer-disconnected"))["peer"] for _ in range(2)}
        assert left == set(seats)


async def test_invalid_messages(site: Site) -> None:
    """An invalid message is answered with schema-error, and the socket goes on."""
    ours = '{"type":"control","action":"ice"}'
    no_sdp, not_for_clients = '{"type":"offer"}', '{"type":"peer-disconnected"}'
    async with (
        site.daemon() as daemon,
        hosting(daemon) as host,
        daemon.signaling(room_of(await daemon.find())) as player,
    ):
        for sent in ("nonsense", "[]", no_sdp, not_for_clients, ours, b"\0"):
            await player.send(sent)
            assert await player.until("control", "schema-error") == INVALID
        await player.send(OFFER)
        assert (await host.until("offer"))["sdp"] == "v=0"


async def test_flood_of_invalid_messages(site: Site) -> None:
    """The eleventh invalid message in a row ends its socket with 4400, and no other."""
    async with site.daemon() as daemon, hosting(daemon) as host:
        found = await daemon.find()
        async with daemon.signaling(room_of(found)) as player:
            for _ in range(11):
                await player.send("nonsense")
            assert await player.ended() == 4400
        await host.until("peer-disconnected")


async def test_large_message(site: Site) -> None:
    """A message of 64 KiB is relayed; one that is larger ends its socket with 1009."""
    async with site.daemon() as daemon, hosting(daemon) as host:
        large = {"type": "offer", "sdp": "x" * (65536 - len('{"type": "offer", "sdp": ""}'))}
        async with daemon.signaling(room_of(await daemon.find())) as player:
            await player.send(large)
            assert (await host.until("offer"))["sdp"] == large["sdp"]
            await player.send({**large, "type": "offers"})
            assert await player.ended() == 1009


async def test_newest_socket_wins(site: Site) -> None:
    """A second socket of a player or of a host ends the first with 4409."""
    async with site.daemon() as daemon, hosting(daemon) as host:
        room = room_of(await daemon.find())
        async with daemon.signaling(room) as player, daemon.signaling(room) as newer:
            assert await player.ended() == 4409
            await newer.send(OFFER)
            await host.until("offer")
            async with hosting(daemon, status="busy") as fresh:
                assert await host.ended() == 4409
                await newer.send(candidate("again"))
                assert (await fresh.until("candidate"))["candidate"] == "again"


async def test_end_of_a_booking(site: Site) -> None:
    """A released booking ends its player's socket with peer-disconnected, then 4410."""
    async with site.daemon() as daemon, hosting(daemon) as host:
        found = await daemon.find()
        async with daemon.signaling(room_of(found)) as player:
            await host.until("control", "peer-joined")
            path = f"/api/match/{found['bookingId']}/release"
            assert (await daemon.ask("POST", path, bearer=found["grant"])).status == 200
            await player.until("peer-disconnected")
            assert await player.ended() == 4410
        await host.until("peer-disconnected")
        refused = await daemon.ask("GET", room_of(found).removeprefix(site.ws_url), headers=UPGRADE)
    assert (refused.status, refused.json()["code"]) == (410, "booking_over")


REFUSED = {
    ("/signal/nonsense?roomId=room-1", ""): (403, "bad_grant"),
    ("/signal/GRANT?roomId=other", ""): (403, "bad_grant"),
    ("/signal/GRANT", ""): (400, "invalid_request"),
    ("/signal/GRANT/?roomId=", ""): (400, "invalid_request"),
    ("/?roomId=room%201", ""): (400, "invalid_request"),
    ("/nowhere?roomId=room-1", ""): (404, "not_found"),
    (IN_ROOM, "wrong-secret"): (403, "wrong_secret"),
    (IN_ROOM, "to.k.en"): (401, "bad_token"),
    (IN_ROOM, "PLAYER"): (403, "forbidden"),
    (IN_ROOM, "OTHER"): (403, "forbidden"),
}


@pytest.mark.parametrize("headers", [UPGRADE, {}], ids=["upgrade", "twin"])
async def test_refused_upgrade(site: Site, headers: dict[str, str]) -> None:
    """A refused upgrade says why by its status, and a plain GET of the same address agrees."""
    tokens = {"PLAYER": site.token(Role.PLAYER, "u_1"), "OTHER": site.token(Role.HOST, "pc-2")}
    answers = {}
    async with site.daemon() as daemon:
        await daemon.beat()
        grant = (await daemon.find())["grant"]
        for target, bearer in REFUSED:
            answers[target, bearer] = await daemon.ask(
                "GET",
                target.replace("GRANT", grant),
                bearer=tokens.get(bearer, bearer) or None,
                headers=headers,
            )
    said = {asked: (answer.status, answer.json()["code"]) for asked, answer in answers.items()}
    assert said == REFUSED


async def test_twin_of_a_good_address(site: Site) -> None:
    """A plain GET of an address that would be accepted answers ok, and spends nothing."""
    async with site.daemon() as daemon, hosting(daemon) as host:
        found = await daemon.find()
        path = room_of(found).removeprefix(site.ws_url)
        for target in (path, path.replace("?", "/?"), IN_ROOM):
            answer = await daemon.ask("GET", target)
            assert (answer.status, answer.json()) == (200, {"ok": True})
        async with daemon.signaling(path.replace("?", "/?")) as player:
            await player.send(OFFER)
            await host.until("offer")


async def test_without_recognition_a_credential_is_needed(site: Site) -> None:
    """With recognise_by_address off, a socket without credentials is refused with 403."""
    site.config["hosts"] = {"recognise_by_address": False}
    async with site.daemon() as daemon:
        for headers in (UPGRADE, {}):
            assert (await daemon.ask("GET", IN_ROOM, headers=headers)).status == 403
        token = site.token(Role.HOST, "pc-1")
        async with daemon.signaling(f"{IN_ROOM}&token={token}"):
            await daemon.log.until("room.entered")

"""The process from ready to stopped: probes, drain, second signal, what systemd is told."""

import signal
from contextlib import AsyncExitStack

import trio

from matchd.domain.callers import Role
from tests.daemon.clients import PATIENCE, UPGRADE
from tests.daemon.process import Daemon, Site
from tests.daemon.scenes import flood, playing

HALF_A_HEAD = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Unfini"


async def line_has(daemon: Daemon, waiting: int) -> None:
    """Ask until so many callers stand in line."""
    token = daemon.site.token(Role.ADMIN, "root")
    async with daemon.http() as http:
        with trio.fail_after(PATIENCE):
            while True:
                answer = await http.ask("GET", "/api/admin/counters", bearer=token)
                if answer.json()["waiting"] == waiting:
                    return


async def test_probes(site: Site) -> None:
    """The process is alive at once, and ready when it can mint TURN credentials."""
    site.put_secret("turn_secret", "a-secret-that-is-long-enough")
    server = {"name": "t", "host": "turn.example.net", "secret_file": "turn_secret"}
    async with site.daemon() as daemon:
        assert (await daemon.ask("GET", "/healthz")).status == 200
        not_ready = await daemon.ask("GET", "/readyz")
        assert not_ready.status == 503
        assert "turn" in not_ready.json()["reasons"][0]
        site.config["turn"] = {"server": [server]}
        site.write()
        await daemon.reload()
        ready = await daemon.ask("GET", "/readyz")
        assert (ready.status, ready.json()) == (200, {"ok": True, "reasons": []})


async def test_one_connection_carries_many_requests(site: Site) -> None:
    """Requests and even an error follow each other on one connection."""
    async with site.daemon() as daemon, daemon.http() as http:
        statuses = [
            (await http.ask("GET", path)).status for path in ("/healthz", "/no", "/healthz/")
        ]
    assert statuses == [200, 404, 200]


async def test_connection_ends_where_the_peer_asked(site: Site) -> None:
    """After an answer to HTTP/1.0, or to Connection: close, the server closes."""
    async with site.daemon() as daemon:
        for asked in (b"HTTP/1.0\r\n", b"HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"):
            async with daemon.http() as http:
                await http.stream.send_all(b"GET /healthz " + asked + b"\r\n")
                await http.closed()


async def test_sigterm_tells_sockets(site: Site) -> None:
    """SIGTERM says going-away with its deadline to every socket, then closes it with 1012."""
    site.config["server"]["drain"] = 5
    async with site.daemon() as daemon, playing(daemon) as sockets:
        start = trio.current_time()
        daemon.signal(signal.SIGTERM)
        for socket in sockets:
            assert (await socket.until("control", "going-away"))["payload"]["deadline"] > 0
            assert await socket.ended() == 1012
            # An old client would take that for the end of its match.
            assert all(item["type"] != "peer-disconnected" for item in socket.heard)
        assert await daemon.stopped() == 0
        # A few sockets are not worth the whole deadline: the service is away for shorter.
        assert trio.current_time() - start < 3


async def test_sigterm_while_sockets_end(site: Site) -> None:
    """Sockets that end while the drain closes them are no fault."""
    site.config["log"]["level"] = "debug"
    async with site.daemon() as daemon, AsyncExitStack() as stack:
        ending = [await stack.enter_async_context(daemon.http()) for _ in range(40)]
        for number, http in enumerate(ending):
            await http.send("GET", f"/?roomId=room-{number}", headers=UPGRADE)
        await daemon.log.until("room.entered", len(ending))
        daemon.signal(signal.SIGTERM)
        for http in ending:
            await trio.aclose_forcefully(http.stream)
        assert await daemon.stopped() == 0


async def test_sigterm_answers_a_waiting_find(site: Site) -> None:
    """A find that stands in line is answered 503 with retryAfter when the daemon drains."""
    async with site.daemon() as daemon, daemon.http() as http, daemon.http() as idle:
        await idle.ask("GET", "/healthz")
        await http.send("POST", "/api/match/find", {"wait": 30})
        await line_has(daemon, 1)
        daemon.signal(signal.SIGTERM)
        answer = await http.answer()
        assert (answer.status, answer.json()["code"]) == (503, "draining")
        assert answer.headers["retry-after"] == str(answer.json()["retryAfter"])
        await idle.closed()
        assert await daemon.stopped() == 0


async def test_sigterm_ends_in_time_whatever_peers_do(site: Site) -> None:
    """Half a head, a request nobody reads, a mute socket: the stop keeps its deadline."""
    site.config["server"]["drain"] = 0.5
    async with (
        site.daemon() as daemon,
        daemon.http() as half,
        daemon.http() as deaf,
        daemon.http() as mute,
    ):
        await half.stream.send_all(HALF_A_HEAD)
        await flood(deaf)
        await mute.send("GET", "/?roomId=room-1", headers=UPGRADE)
        await daemon.log.until("room.entered")
        start = trio.current_time()
        daemon.signal(signal.SIGTERM)
        assert await daemon.stopped() == 0
        # 0.5 s of drain, 2 s until what is left is aborted, and a busy machine.
        assert trio.current_time() - start < 4
    assert daemon.log.named("drain.cut_off")


async def test_sigterm_finishes_a_request_that_has_begun(site: Site) -> None:
    """A find whose head has begun to arrive is answered, and its booking is in the snapshot."""
    site.config["server"]["drain"] = 30
    async with site.daemon() as daemon, daemon.http() as half:
        await daemon.beat()
        await half.stream.send_all(b"POST /api/match/find HTTP/1.1\r\n")
        # A request that came later has been answered, so that half a head has been read.
        await daemon.ask("GET", "/healthz")
        daemon.signal(signal.SIGTERM)
        await daemon.log.until("daemon.draining")
        await half.stream.send_all(b"Host: x\r\nContent-Length: 0\r\n\r\n")
        with trio.fail_after(PATIENCE):
            text = bytes(await half.stream.receive_some()).lower()
        assert text.startswith(b"http/1.1 200")
        assert b"connection: close" in text
        assert await daemon.stopped() == 0
        assert daemon.log.named("snapshot.written")[0]["live_bookings"] == 1


async def test_second_sigterm_stops_at_once(site: Site) -> None:
    """A second SIGTERM ends the drain, keeps the state, and exits with 0."""
    site.config["server"] |= {"drain": 60, "head_timeout": 60}
    async with site.daemon() as daemon, daemon.http() as half:
        await daemon.beat()
        await half.stream.send_all(HALF_A_HEAD)
        await daemon.ask("GET", "/healthz")
        daemon.signal(signal.SIGTERM)
        await daemon.log.until("daemon.draining")
        daemon.signal(signal.SIGTERM)
        assert await daemon.stopped() == 0
        assert daemon.log.named("daemon.stop_now")
        assert daemon.log.named("snapshot.written")


async def test_peer_that_hangs_up_while_waiting_leaves_the_line(site: Site) -> None:
    """A waiting find whose caller hangs up is out of the line, and the next host is not his."""
    async with site.daemon() as daemon:
        async with daemon.http() as http:
            await http.send("POST", "/api/match/find", {"wait": 30})
            await line_has(daemon, 1)
        await line_has(daemon, 0)
        await daemon.beat()
        assert (await daemon.find())["found"] is True


async def told(manager: trio.socket.SocketType, word: str) -> None:
    """Read until a message with this in it."""
    with trio.fail_after(PATIENCE):
        while word not in (await manager.recv(4096)).decode():
            pass


async def test_service_manager_is_told(site: Site) -> None:
    """systemd hears READY, signs of life, RELOADING, and STOPPING, in that order."""
    address = str(site.directory / "notify")
    with trio.socket.socket(trio.socket.AF_UNIX, trio.socket.SOCK_DGRAM) as manager:
        await manager.bind(address)
        env = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "90000"}
        async with site.daemon(env=env) as daemon:
            await told(manager, "READY=1")
            await told(manager, "WATCHDOG=1")
            daemon.signal(signal.SIGHUP)
            await told(manager, "RELOADING=1\nMONOTONIC_USEC=")
            await told(manager, "READY=1")
            daemon.signal(signal.SIGTERM)
            await told(manager, "STOPPING=1")
            assert await daemon.stopped() == 0

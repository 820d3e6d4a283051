"""The rules of wire.md 1.1 and 1.4 on every route: bodies, errors, ids, limits, headers, CORS."""

from __future__ import annotations

import json

import pytest
import trio
import trio.testing
from structlog.testing import capture_logs

from matchd.domain.addresses import Networks
from matchd.domain.limits import Rate
from matchd.http.desk import SECURITY
from tests.house import HOST_ADDRESS, SECRET, House, secrets_in
from tests.web.client import Client

BEAT, STATUS, FIND = "/api/host/heartbeat", "/api/host/status", "/api/match/find"
HOST = {"hostId": "h1", "roomId": "r1"}

WRONG: list[tuple[str, object, str]] = [
    (BEAT, {}, "hostId"),
    (BEAT, {"hostId": "h1"}, "roomId"),
    (BEAT, {"hostId": 7, "roomId": "r1"}, "hostId"),
    (BEAT, {"hostId": "", "roomId": "r1"}, "hostId"),
    (BEAT, {"hostId": "a b", "roomId": "r1"}, "hostId"),
    (BEAT, {"hostId": "h1", "roomId": "x" * 129}, "roomId"),
    (BEAT, HOST | {"status": "asleep"}, "status"),
    (BEAT, HOST | {"capacity": 0}, "capacity"),
    (BEAT, HOST | {"capacity": 1001}, "capacity"),
    (BEAT, HOST | {"capacity": "2"}, "capacity"),
    (BEAT, HOST | {"availableSlots": -1}, "availableSlots"),
    (BEAT, HOST | {"capacity": 2, "availableSlots": 3}, "availableSlots"),
    (BEAT, HOST | {"gameInfo": []}, "gameInfo"),
    (BEAT, HOST | {"gameInfo": {"x": "y" * 4096}}, "gameInfo"),
    (BEAT, HOST | {"region": ""}, "region"),
    (BEAT, HOST | {"game": "x" * 65}, "game"),
    (BEAT, HOST | {"bookingId": "!"}, "bookingId"),
    (BEAT, HOST | {"publicIp": "x" * 65}, "publicIp"),
    (STATUS, {"hostId": "h1"}, "status"),
    (STATUS, {"hostId": "h1", "status": "allocated"}, "status"),
    (STATUS, {"hostId": "h1", "status": "busy", "bookingId": "?"}, "bookingId"),
    (FIND, {"region": 5}, "region"),
    (FIND, {"region": "\n"}, "region"),
    (FIND, {"regions": {}}, "regions"),
    (FIND, {"regions": [{"region": "eu"}]}, "regions[0].rttMs"),
    (FIND, {"regions": [{"region": "eu", "rttMs": -1}]}, "regions[0].rttMs"),
    (FIND, {"regions": [{"region": "eu", "rttMs": 1}] * 33}, "regions"),
    (FIND, {"hostId": "a/b"}, "hostId"),
    (FIND, {"game": ""}, "game"),
    (FIND, {"wait": 61}, "wait"),
    (FIND, {"wait": "5"}, "wait"),
    (FIND, {"async": 1}, "async"),
    (FIND, [], "body"),
    ("/api/ice", {"hostId": 1}, "hostId"),
]


@pytest.mark.parametrize(("path", "body", "field"), WRONG)
async def test_what_is_wrong_is_named(client: Client, path: str, body: object, field: str) -> None:
    """A wrong type, a missing field, a value out of range: 400 with the field in the text."""
    bearer = None if path == FIND else SECRET
    answer = await client.ask("POST", path, body, bearer=bearer)
    assert (answer.status, answer.code) == (400, "invalid_request")
    assert f"`{field}`" in answer.json["error"]


@pytest.mark.parametrize("raw", [b"{", b"{}x", b"\xff", b'{"a":"\xff"}', b"[" * 60_000, b"nul"])
@pytest.mark.parametrize("path", [BEAT, FIND, STATUS, "/api/ice"])
async def test_malformed_json(client: Client, path: str, raw: bytes) -> None:
    """What is no JSON is 400 on every route, however deep it nests."""
    bearer = None if path == FIND else SECRET
    sent = client.ask(
        "POST", path, raw=raw, bearer=bearer, headers={"Content-Type": "application/json"}
    )
    answer = await sent
    assert (answer.status, answer.code) == (400, "invalid_request")


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded"])
async def test_wrong_content_type(client: Client, kind: str | None) -> None:
    """A body that is not declared as JSON is 415; an absent one is none."""
    headers = {} if kind is None else {"Content-Type": kind}
    answer = await client.ask("POST", BEAT, raw=b"{}", bearer=SECRET, headers=headers)
    assert (answer.status, answer.code) == (415, "unsupported_media_type")
    assert (await client.ask("POST", FIND, raw=b" ", headers=headers)).code == "no_host"


async def test_json_with_a_charset_is_json(client: Client) -> None:
    """Parameters and case of the content type don't matter; unknown fields are ignored."""
    body = json.dumps(HOST | {"novelty": {"a": [1]}}).encode()
    kind = "Application/JSON; charset=utf-8"
    answer = await client.ask("POST", BEAT, raw=body, bearer=SECRET, headers={"Content-Type": kind})
    assert answer.status == 200


@pytest.mark.parametrize(("size", "code"), [(65_536, "no_host"), (65_537, "too_large")])
async def test_too_large(client: Client, size: int, code: str) -> None:
    """64 KiB are taken, one byte more is 413."""
    raw = b"{" + b" " * (size - 2) + b"}"
    answer = await client.ask("POST", FIND, raw=raw, headers={"Content-Type": "application/json"})
    assert code == answer.code


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nowhere"),
        ("GET", "/api//match/find"),
        ("GET", "//evil.example/api/match/find"),
        ("OPTIONS", "*"),
        ("GET", "/api/host/nobody/x"),
    ],
)
async def test_unknown_routes(client: Client, method: str, path: str) -> None:
    """What is nowhere is 404, and nothing redirects."""
    answer = await client.ask(method, path)
    assert (answer.status, answer.code) == (404, "not_found")
    assert answer.header("location") is None


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", FIND, {"POST"}),
        ("PUT", "/api/ice", {"POST"}),
        ("OPTIONS", "/api/hosts", {"GET", "HEAD"}),
        ("POST", "/healthz", {"GET", "HEAD"}),
        ("GET", "/api/host/h1", {"DELETE"}),
    ],
)
async def test_wrong_methods(client: Client, method: str, path: str, allow: set[str]) -> None:
    """A wrong method is 405 and names the right ones."""
    answer = await client.ask(method, path)
    assert (answer.status, answer.code) == (405, "method_not_allowed")
    assert allow == set(str(answer.header("allow")).split(", "))


@pytest.mark.parametrize("path", ["/healthz", "/readyz", FIND, BEAT, "/api/hosts", "/nowhere"])
async def test_trailing_slashes_answer_alike(client: Client, path: str) -> None:
    """With and without a slash at its end a route gives the same answer."""
    method = "POST" if path in (FIND, BEAT) else "GET"
    plain = await client.ask(method, path, headers={"X-Request-Id": "same"})
    slashed = await client.ask(method, path + "/", headers={"X-Request-Id": "same"})
    assert (plain.status, plain.body) == (slashed.status, slashed.body)


@pytest.mark.parametrize("name", ["abc", "A.b:c_d-9", "x" * 64])
async def test_a_sane_request_id_is_echoed(client: Client, name: str) -> None:
    """In the header of every answer and in the body of every error."""
    answer = await client.ask("GET", "/nowhere", headers={"X-Request-Id": name})
    assert name == answer.header("x-request-id") == answer.json["requestId"]


@pytest.mark.parametrize("name", ["", "x" * 65, "a b", "ä", "a\tb", '"><script>'])
async def test_another_request_id_is_replaced(client: Client, name: str) -> None:
    """One that could break a log or a header is not taken over."""
    answer = await client.ask("GET", "/nowhere", headers={"X-Request-Id": name})
    assert answer.header("x-request-id") not in (None, "", name)
    assert answer.code == "not_found"


async def test_errors_keep_the_protocols_own_fields(client: Client) -> None:
    """Host routes carry success:false, a find found:false and message, other routes neither."""
    host = (await client.ask("POST", BEAT, HOST)).json
    find = (await client.ask("POST", FIND)).json
    other = (await client.ask("GET", "/nowhere")).json
    assert host["success"] is False
    assert (find["found"], find["message"]) == (False, find["error"])
    assert find["hosts"] == {"alive": 0, "free": 0, "inRegion": 0, "held": 0}
    assert {"error", "code", "requestId"} == set(other)


async def test_a_fault_of_ours_shows_nothing(
    house: House, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A route that raises answers 500 `internal`; the trace is in the log under the request id."""

    async def fail(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(house.services.hosts, "beat", fail)
    with capture_logs() as logs:
        answer = await client.beat()
    assert (answer.status, answer.code, answer.json["success"]) == (500, "internal", False)
    assert secrets_in(answer.body.decode(), ["secret detail", "Traceback", "RuntimeError"]) == []
    fault = next(entry for entry in logs if entry["event"] == "http.fault")
    assert str(fault["exc_info"]) == "secret detail"
    assert fault["request_id"] == answer.header("x-request-id")


async def test_logs_carry_the_pattern_and_no_credential(house: House, client: Client) -> None:
    """Neither path nor query nor header of a request stands in any event."""
    with capture_logs() as logs:
        await client.ask("GET", "/signal/my-grant?roomId=my-room&token=my-token")
        await client.ask("GET", "/api/match/my-booking-of-22-chars", bearer="my-other-grant")
        await client.beat(bearer="my-wrong-secret")
        await client.ask("GET", "/my-secret-path")
    routes = [entry["route"] for entry in logs if entry["event"] == "http.request"]
    assert routes[0] == "/signal/<grant>"
    assert secrets_in(json.dumps(logs, default=repr), ["my-"]) == []


async def test_every_answer_has_the_security_headers(house: House, client: Client) -> None:
    """Good ones, refusals, faults, preflights and the metrics alike."""
    client.peer = "127.0.0.1"
    for method, path in (
        ("GET", "/healthz"),
        ("GET", "/metrics"),
        ("GET", "/nowhere"),
        ("POST", FIND),
        ("OPTIONS", FIND),
        ("PUT", BEAT),
    ):
        answer = await client.ask(method, path)
        for name, value in SECURITY.items():
            assert value == answer.header(name.lower())
        assert answer.header("server") is None


async def test_the_limit_per_address(
    house: House, client: Client, autojump_clock: trio.testing.MockClock
) -> None:
    """Over it 429 with retryAfter in body and header; supervisors' routes are free of it."""
    house.change(address_rates={"requests": Rate.parse("2/min")})
    for _ in range(2):
        assert (await client.ask("GET", "/nowhere")).status == 404
    answer = await client.ask("GET", "/nowhere")
    assert (answer.status, answer.code) == (429, "rate_limited")
    assert (answer.json["retryAfter"], answer.header("retry-after")) == (30, "30")
    assert (await client.ask("GET", "/healthz")).status == 200
    assert (await Client(house, "192.0.2.77").ask("GET", "/nowhere")).status == 404
    await trio.sleep(30)
    assert (await client.ask("GET", "/nowhere")).status == 404


async def test_the_limit_per_identity(
    house: House, client: Client, autojump_clock: trio.testing.MockClock
) -> None:
    """A player's finds are counted by his account; exempt addresses are free."""
    house.change(identity_rates={"finds": Rate.parse("1/min")})
    token = house.token()
    codes = [(await client.find(bearer=token)).code for _ in range(2)]
    assert codes == ["no_host", "rate_limited"]
    assert (await client.find(bearer=house.token(subject="u_bob"))).code == "no_host"
    house.change(exempt=Networks([client.peer]))
    assert (await client.find(bearer=token)).code == "no_host"


async def test_a_drain_closes_connections(house: House, client: Client) -> None:
    """While draining, answers ask the client to connect anew."""
    assert (await client.ask("GET", "/healthz")).header("connection") is None
    house.current.draining = True
    assert (await client.ask("GET", "/healthz")).header("connection") == "close"


async def test_a_refusal_says_why(house: House, client: Client) -> None:
    """The log has the code, and where somebody comes from whose credential is wrong."""
    beat = {"hostId": "h1", "roomId": "r1"}
    with capture_logs() as logs:
        await client.ask("POST", "/api/host/heartbeat", beat, bearer="wrong")
        await client.ask(
            "POST", "/api/match/find", raw=b"{", headers={"content-type": "text/plain"}
        )
        await client.ask("GET", "/healthz")
    lines = [line for line in logs if line["event"] == "http.request"]
    assert [(line.get("code"), line.get("address")) for line in lines] == [
        ("wrong_secret", HOST_ADDRESS),
        ("unsupported_media_type", None),
        (None, None),
    ]

"""Who may do what over HTTP: the matrix of credentials, proxies in front, origins of browsers."""

from __future__ import annotations

import pytest

from matchd.domain.addresses import Networks
from matchd.domain.limits import Rate
from tests.house import FORMER_SECRET, SECRET, House
from tests.web.client import Client

ORIGIN = "https://game.example"
FIND = "/api/match/find"


@pytest.mark.parametrize(
    ("mode", "bearer", "expected"),
    [
        ("secret", None, (401, "unauthorized")),
        ("secret", "wrong", (403, "wrong_secret")),
        ("secret", SECRET, (200, None)),
        ("secret", FORMER_SECRET, (200, None)),
        ("secret", "host:h1", (200, None)),
        ("secret", "host:h2", (403, "forbidden")),
        ("secret", "player:u_ann", (403, "forbidden")),
        ("secret", "a.b.c", (401, "bad_token")),
        ("token", SECRET, (403, "wrong_secret")),
        ("token", "host:h1", (200, None)),
        ("token", "host:h2", (403, "forbidden")),
        ("token", None, (401, "unauthorized")),
        ("open", None, (200, None)),
        ("open", "anything", (200, None)),
    ],
)
async def test_hosts_prove_themselves(
    house: House, client: Client, mode: str, bearer: str | None, expected: tuple[int, str | None]
) -> None:
    """Each mode admits its own credentials and says of the others what is wrong with them."""
    house.change(host_auth=mode)
    if bearer is not None and ":" in bearer:
        bearer = house.token(*bearer.split(":"))
    body = {"hostId": "h1", "roomId": "r1"}
    for _ in range(2):
        answer = await client.ask("POST", "/api/host/heartbeat", body, bearer=bearer)
        assert expected == (answer.status, answer.json.get("code"))
    assert ("Bearer" if expected[0] == 401 else None) == answer.header("www-authenticate")


@pytest.mark.parametrize("form", ["Bearer {}", "bearer {}", "BEARER   {}", "{}", " {} "])
async def test_the_word_bearer_is_optional(client: Client, form: str) -> None:
    """A bare secret is accepted, as is any case of the word."""
    body = {"hostId": "h1", "roomId": "r1"}
    header = form.format(SECRET)
    answer = await client.ask(
        "POST", "/api/host/heartbeat", body, headers={"Authorization": header}
    )
    assert answer.status == 200


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer "])
async def test_an_empty_credential_is_none(client: Client, header: str) -> None:
    """Nothing behind the word is like no header at all."""
    body = {"hostId": "h1", "roomId": "r1"}
    answer = await client.ask(
        "POST", "/api/host/heartbeat", body, headers={"Authorization": header}
    )
    assert answer.code == "unauthorized"


async def test_players_and_guests(house: House, client: Client) -> None:
    """A guest finds where guests may; a broken token is never taken for a guest."""
    await house.beat(capacity=5)
    assert (await client.find()).status == 200
    assert (await client.find(bearer=house.token())).status == 200
    assert (await client.find(bearer="a.b.c")).code == "bad_token"
    assert (await client.find(bearer=house.token("host", "h1"))).code == "forbidden"
    house.change(guests_find=False)
    answer = await client.find()
    assert (answer.status, answer.code, answer.json["found"]) == (401, "unauthorized", False)


ADMIN_ROUTES = [
    "/api/hosts",
    "/api/hosts/ttl",
    "/api/admin/hosts",
    "/api/admin/bookings",
    "/api/admin/rooms",
    "/api/admin/lobbies",
    "/api/admin/queues",
    "/api/admin/games",
    "/api/admin/accounts",
    "/api/admin/reports",
    "/api/admin/nodes",
    "/api/admin/turn",
    "/api/admin/me",
    "/api/admin/counters",
    "/api/admin/check",
]


@pytest.mark.parametrize("path", ADMIN_ROUTES)
async def test_admin_routes_are_for_administrators(house: House, client: Client, path: str) -> None:
    """And viewers. Nobody else reads them: no guest, no host, no player, not by the shared secret."""
    expected = {None: 401, SECRET: 401, "player": 403, "host": 403, "admin": 200, "viewer": 200}
    for who, status in expected.items():
        token = who if who in (None, SECRET) else house.token(who)
        assert status == (await client.ask("GET", path, bearer=token)).status


async def test_a_spoofed_forwarded_for_is_ignored(house: House) -> None:
    """Only a trusted proxy may say for whom it calls; the first untrusted hop is the caller."""
    house.change(trusted=Networks(["10.0.0.0/8"]), address_rates={"requests": Rate.parse("1/min")})
    stranger, proxy = Client(house, "192.0.2.5"), Client(house, "10.0.0.1")

    async def passes(client: Client, forwarded: str) -> bool:
        answer = await client.ask("GET", "/nowhere", headers={"X-Forwarded-For": forwarded})
        return answer.status == 404

    assert await passes(stranger, "203.0.113.1")
    assert not await passes(stranger, "203.0.113.2")
    assert await passes(proxy, "203.0.113.3")
    assert not await passes(proxy, "198.51.100.66, 203.0.113.3, 10.9.9.9")
    assert await passes(proxy, "203.0.113.3, 203.0.113.4")


async def test_neighbours_in_a_64_share_a_bucket(house: House) -> None:
    """An IPv6 network counts as one address, behind a proxy too; over a unix socket as well."""
    house.change(address_rates={"requests": Rate.parse("1/min")})
    proxy = Client(house, "unix:")
    forwarded = ("2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1", "::ffff:192.0.2.1")
    statuses = [
        (await proxy.ask("GET", "/nowhere", headers={"X-Forwarded-For": hop})).status
        for hop in forwarded
    ]
    assert statuses == [404, 429, 404, 404]


async def test_preflight(client: Client) -> None:
    """A browser may send what the player API needs, and read ids and waits."""
    answer = await client.ask(
        "OPTIONS", FIND, headers={"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    )
    assert (answer.status, answer.body) == (204, b"")
    assert answer.header("access-control-allow-origin") == "*"
    allowed = str(answer.header("access-control-allow-headers")).lower().split(", ")
    assert {"authorization", "content-type", "idempotency-key"} <= set(allowed)
    assert answer.header("access-control-allow-methods") == "GET, POST, PUT, PATCH, DELETE"
    assert "Retry-After" in str(answer.header("access-control-expose-headers"))


@pytest.mark.parametrize(
    ("origins", "origin", "allowed"),
    [
        (("*",), ORIGIN, "*"),
        ((ORIGIN, "https://b.example"), ORIGIN, ORIGIN),
        ((ORIGIN,), "https://evil.example", None),
        ((ORIGIN,), None, None),
        ((), ORIGIN, None),
    ],
)
async def test_origins(
    house: House, origins: tuple[str, ...], origin: str | None, allowed: str | None
) -> None:
    """`*`, a list, none: on answers, errors and preflights of the player API alike."""
    house.change(cors_origins=origins)
    headers = {} if origin is None else {"Origin": origin}
    for method, path in (("POST", FIND), ("OPTIONS", FIND), ("GET", "/?roomId=r1")):
        answer = await Client(house).ask(method, path, headers=headers)
        assert allowed == answer.header("access-control-allow-origin")
        assert ("Origin" if allowed == origin and allowed else None) == answer.header("vary")


@pytest.mark.parametrize(("origins", "status"), [((ORIGIN,), 204), (("*",), 405), ((), 405)])
async def test_only_pages_of_named_origins_may_host(
    house: House, origins: tuple[str, ...], status: int
) -> None:
    """`*` lets every page play, and none register hosts."""
    house.change(cors_origins=origins)
    path = "/api/host/heartbeat"
    answer = await Client(house).ask("OPTIONS", path, headers={"Origin": ORIGIN})
    allowed = ORIGIN if status == 204 else None
    assert (answer.status, answer.header("access-control-allow-origin")) == (status, allowed)


@pytest.mark.parametrize("path", ["/api/host/heartbeat", "/api/hosts", "/metrics", "/healthz"])
async def test_no_origin_may_call_the_rest(client: Client, path: str) -> None:
    """Host, admin and operations routes are no browser's business."""
    for method in ("GET", "OPTIONS"):
        answer = await client.ask(method, path, headers={"Origin": ORIGIN})
        assert answer.header("access-control-allow-origin") is None


@pytest.mark.parametrize("path", ["/auth/login", "/auth/me", "/friends", "/friends/ann/block"])
async def test_pages_of_any_origin_may_let_players_in(client: Client, path: str) -> None:
    """Accounts and friends are the player API too, with the verbs that they need."""
    answer = await client.ask("OPTIONS", path, headers={"Origin": ORIGIN})
    assert (answer.status, answer.header("access-control-allow-origin")) == (204, "*")
    assert "DELETE" in str(answer.header("access-control-allow-methods"))

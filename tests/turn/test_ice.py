"""The iceServers answer: form, regions, weights, and what never leaves."""

from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchd.turn import (
    IceServer,
    SharedSecretServer,
    StaticServer,
    TurnPlan,
    TurnServer,
    ice_servers,
    merged,
)
from tests.turn.grammar import is_accepted

SECRET = "north-sea-north-sea"
NOW = 1_700_000_000.5


def shared(name: str = "eu-1", *, tls_port: int = 5349, **changed: Any) -> SharedSecretServer:
    """Make a server with all three transports."""
    host = f"{name}.example.net"
    return SharedSecretServer(name=name, host=host, secret=SECRET, tls_port=tls_port, **changed)


def chosen(servers: tuple[TurnServer, ...], user: str, region: str | None = None) -> list[str]:
    """Return the names of the servers that a user is told of, in order."""
    answer = ice_servers(TurnPlan(servers=servers), user=user, region=region, now=NOW)
    return [entry.urls[0].split(":")[1].split(".")[0] for entry in answer.servers]


def test_answer_as_json() -> None:
    """STUN comes first, in an entry without credentials; TURN carries minted ones."""
    plan = TurnPlan(ttl=60, stun=("stun:s:3478",), servers=(shared(tcp_port=0, tls_port=0),))
    answer = ice_servers(plan, user="u_1", region=None, now=1_700_000_000.9)
    assert msgspec.json.encode(answer) == (
        b'{"servers":[{"urls":["stun:s:3478"]},'
        b'{"urls":["turn:eu-1.example.net:3478?transport=udp"],"username":"1700000060:u_1",'
        b'"credential":"4HzW+gSgiVBa02dCHQDKwPERUII="}],"ttl":60,"expires_at":1700000060}'
    )


def test_without_user_there_is_stun_only() -> None:
    """Who has no user part gets no TURN entry."""
    plan = TurnPlan(stun=("stun:a", "stun:b"), servers=(shared(),))
    answer = ice_servers(plan, user=None, region=None, now=NOW)
    assert (IceServer(urls=("stun:a", "stun:b")),) == answer.servers
    assert (answer.ttl, answer.expires_at) == (3600, 1_700_003_600)


def test_empty_plan_has_no_entries() -> None:
    """Without STUN there is no entry at all rather than one without URLs."""
    assert ice_servers(TurnPlan(), user="u", region=None, now=NOW).servers == ()


def test_static_server_keeps_its_credential() -> None:
    """A bought service is handed out with its own username and credential."""
    fixed = StaticServer(name="s", host="h", tcp_port=0, username="bob", credential="pw")
    answer = ice_servers(TurnPlan(ttl=60, servers=(fixed,)), user="u", region=None, now=NOW)
    expected = IceServer(urls=("turn:h:3478?transport=udp",), username="bob", credential="pw")
    assert (expected,) == answer.servers
    assert answer.expires_at == 1_700_000_060


def test_answer_ends_with_its_credentials() -> None:
    """Near the end of coturn's clock the answer's ttl shrinks with the credentials."""
    answer = ice_servers(TurnPlan(servers=(shared(),)), user="u", region=None, now=2**31 - 100)
    assert (answer.ttl, answer.expires_at) == (99, 2**31 - 1)


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("eu", {"eu"}),
        ("us", {"us", "both"}),
        ("mars", {"eu", "us", "both"}),
        (None, {"eu", "us", "both"}),
    ],
)
def test_regions(region: str | None, expected: set[str]) -> None:
    """Servers of the region are told; of all where the region has none or none is asked."""
    servers = (
        shared("eu", regions=("eu",)),
        shared("us", regions=("us",)),
        shared("both", regions=("us", "asia")),
    )
    told = {name for n in range(60) for name in chosen(servers, f"u{n}", region)}
    assert expected == told


def test_server_without_regions_serves_all() -> None:
    """A server that names no region is near to everybody."""
    servers = (shared("any"), shared("eu", regions=("eu",)), shared("us", regions=("us",)))
    assert {"any", "eu"} == set(chosen(servers, "u", "eu"))
    assert chosen(servers, "u", "mars") == ["any"]


def test_first_servers_follow_the_weights() -> None:
    """Of 6000 players each server is the first of its share, within five standard deviations."""
    weights = {"a": 1, "b": 2, "c": 3}
    servers = tuple(shared(name, weight=weight) for name, weight in weights.items())
    firsts = Counter(chosen(servers, f"user-{n}")[0] for n in range(6000))
    for name, weight in weights.items():
        share = weight / 6
        margin = 5 * (6000 * share * (1 - share)) ** 0.5
        assert abs(firsts[name] - 6000 * share) < margin


def test_weight_zero_is_told_to_nobody() -> None:
    """A server of weight 0 is left out, even where it is the only one of its region."""
    servers = (shared("old", weight=0, regions=("eu",)), shared("new", regions=("us",)))
    assert chosen(servers, "u", "eu") == ["new"]
    assert chosen(servers[:1], "u", "eu") == []


def test_at_most_two_servers() -> None:
    """Of many servers a player is told of two different ones, always the same."""
    servers = tuple(shared(f"s{n}") for n in range(9))
    first = chosen(servers, "u")
    assert len(set(first)) == 2
    assert first == chosen(servers[::-1], "u")


def test_new_server_moves_only_those_it_wins() -> None:
    """When a server is added, a player keeps his first server or moves to the new one."""
    old = tuple(shared(f"s{n}") for n in range(4))
    users = [f"u{n}" for n in range(400)]
    before = {user: chosen(old, user)[0] for user in users}
    after = {user: chosen((*old, shared("new")), user)[0] for user in users}
    moved = {user for user in users if before[user] != after[user]}
    assert {"new"} == {after[user] for user in moved}
    assert 40 <= len(moved) <= 120  # a fifth is 80, with a standard deviation of 8


@settings(deadline=None)
@given(
    stun=st.lists(st.sampled_from(["stun:a", "stuns:b:1"]), max_size=2),
    ports=st.lists(st.tuples(*[st.integers(0, 9)] * 3).filter(any), max_size=5),
    user=st.none() | st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True),
    region=st.sampled_from([None, "eu", "us"]),
)
def test_answers_never_make_a_browser_throw(
    stun: list[str], ports: list[tuple[int, int, int]], user: str | None, region: str | None
) -> None:
    """Every entry has URLs a browser accepts, TURN has credentials, and eight URLs are all."""
    servers = tuple(
        shared(f"s{n}", udp_port=udp, tcp_port=tcp, tls_port=tls, regions=("eu",) * (n % 2))
        for n, (udp, tcp, tls) in enumerate(ports)
    )
    plan = TurnPlan(stun=tuple(stun), servers=servers)
    entries = ice_servers(plan, user=user, region=region, now=NOW).servers
    assert sum(len(entry.urls) for entry in entries) <= 8
    for entry in entries:
        turn = any(url.startswith("turn") for url in entry.urls)
        assert entry.urls
        assert turn == bool(entry.username) == bool(entry.credential)
        assert all(is_accepted(url) for url in entry.urls)


def test_merged_entry() -> None:
    """For a client that takes one entry STUN and the first TURN server become one."""
    plan = TurnPlan(stun=("stun:s",), servers=(shared("a"), shared("b")))
    answer = ice_servers(plan, user="u", region=None, now=NOW)
    entry = merged(answer)
    assert entry is not None
    assert ("stun:s", *answer.servers[1].urls) == entry.urls
    assert (answer.servers[1].username, answer.servers[1].credential) == (
        entry.username,
        entry.credential,
    )


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (TurnPlan(), None),
        (TurnPlan(stun=("stun:s",)), ("stun:s",)),
        (
            TurnPlan(servers=(shared(tcp_port=0, tls_port=0),)),
            ("turn:eu-1.example.net:3478?transport=udp",),
        ),
    ],
)
def test_merged_halves(plan: TurnPlan, expected: tuple[str, ...] | None) -> None:
    """With STUN or TURN alone that is the entry; with neither there is none."""
    entry = merged(ice_servers(plan, user="u", region=None, now=NOW))
    assert expected == (entry and entry.urls)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"ttl": 59}, "ttl of 59 s"),
        ({"ttl": 86401}, "ttl of 86401 s"),
        ({"stun": ("stun:a",) * 3}, "3 STUN URLs"),
        ({"stun": ("stun://a",)}, "no STUN URL"),
        ({"servers": (shared(), shared())}, "same name"),
    ],
)
def test_refused_plans(fields: dict[str, Any], message: str) -> None:
    """A plan that could not be answered from is refused when it is made."""
    with pytest.raises(ValueError, match=message):
        TurnPlan(**fields)


def test_refused_user() -> None:
    """A user part that is not allowed is refused, whichever servers there are."""
    with pytest.raises(ValueError, match="TURN user"):
        ice_servers(TurnPlan(), user="a:b", region=None, now=NOW)


def test_credentials_are_not_shown() -> None:
    """The repr of an answer and of a plan has no credential and no secret in it."""
    plan = TurnPlan(servers=(shared(),))
    answer = ice_servers(plan, user="u", region=None, now=NOW)
    credential = answer.servers[0].credential
    assert credential is not None
    assert credential not in repr(answer)
    assert SECRET not in repr(plan)

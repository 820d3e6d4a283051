"""Friends over HTTP: asking, accepting, blocking, codes, pages (wire.md 4)."""

from __future__ import annotations

from typing import Any

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from matchd.domain.accounts import Ban
from matchd.domain.addresses import Networks
from matchd.domain.friends import Verb
from matchd.domain.ids import AccountId
from matchd.domain.limits import Rate
from tests.house import HOST_ADDRESS, House
from tests.store.people import account
from tests.thorough import TIMES
from tests.web.client import Answer, Client
from tests.web.people import Key, enter, sign_up

FREE = Networks((HOST_ADDRESS,))


class Circle:
    """Some players, each with his token."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.client = Client(house)
        self.tokens: dict[str, str] = {}
        self.ids: dict[str, str] = {}

    async def add(self, *names: str) -> None:
        """Sign players up."""
        for name in names:
            made = await sign_up(self.client, name)
            self.tokens[name], self.ids[name] = made["token"], made["account"]["id"]

    async def say(self, who: str, method: str, path: str, body: object = None) -> Answer:
        """One request of a player's."""
        return await self.client.ask(method, path, body, bearer=self.tokens[who])

    async def list(self, who: str, query: str = "") -> dict[str, str]:
        """How he stands with whom, by name."""
        lines: list[dict[str, Any]] = (await self.say(who, "GET", f"/friends{query}")).lines
        return {line["name"]: line["state"] for line in lines}


@pytest.fixture
async def circle(house: House) -> Circle:
    """Ann, Bob and Cid, whom no limit stops."""
    house.change(exempt=FREE)
    made = Circle(house)
    await made.add("ann", "bob", "cid")
    return made


async def test_asking_and_accepting(circle: Circle) -> None:
    """By name or by id, in any case of letters; asking again changes nothing."""
    first = await circle.say("ann", "PUT", "/friends/BOB")
    again = await circle.say("ann", "PUT", f"/friends/{circle.ids['bob']}")
    expected = {"id": circle.ids["bob"], "name": "bob", "state": "outgoing"}
    assert first.json == again.json == expected
    assert await circle.list("bob") == {"ann": "incoming"}
    assert (await circle.say("bob", "PUT", "/friends/ann")).json["state"] == "friend"
    assert await circle.list("ann", "?state=friend") == {"bob": "friend"}
    assert await circle.list("ann", "?state=outgoing") == {}


async def test_crossing_requests_are_a_friendship(circle: Circle) -> None:
    """Neither has to accept."""
    await circle.say("ann", "PUT", "/friends/bob")
    await circle.say("bob", "PUT", "/friends/ann")
    assert await circle.list("ann") == {"bob": "friend"}


async def test_blocking_is_silent(circle: Circle) -> None:
    """Who is blocked sees what he would see anyway, and his requests reach nobody."""
    await circle.say("ann", "PUT", "/friends/bob/block")
    asked = await circle.say("bob", "PUT", "/friends/ann")
    other = await circle.say("bob", "PUT", "/friends/cid")
    assert {"outgoing"} == {asked.json["state"], other.json["state"]}
    assert await circle.list("ann") == {"bob": "blocked"}
    refused = await circle.say("ann", "PUT", "/friends/bob")
    assert (refused.status, refused.code) == (409, "player_blocked")
    await circle.say("ann", "DELETE", "/friends/bob/block")
    assert await circle.list("ann") == {"bob": "incoming"}


@pytest.mark.parametrize("who", ["nobody", "u_unknown", "x_club:ann", "no%20name", "%F0%9F%A6%8A"])
async def test_who_is_unknown(circle: Circle, who: str) -> None:
    """No verb reaches him."""
    for method, path in (("PUT", who), ("DELETE", who), ("PUT", f"{who}/block")):
        answer = await circle.say("ann", method, f"/friends/{path}")
        assert (answer.status, answer.code) == (404, "unknown_player")


async def test_nobody_is_his_own_friend(circle: Circle) -> None:
    """By name, by id, or by blocking."""
    for who in ("ann", circle.ids["ann"], "ann/block"):
        assert (await circle.say("ann", "PUT", f"/friends/{who}")).status == 400


async def test_a_name_that_looks_like_an_id(circle: Circle) -> None:
    """The id is meant where there is one; else the name."""
    await circle.add("u_bob")
    assert (await circle.say("ann", "PUT", "/friends/u_bob")).json["name"] == "u_bob"


async def test_a_friend_code_comes_before_its_owner(circle: Circle) -> None:
    """The request waits for his first login; nobody knows his name until then."""
    key = Key("kim")
    asked = (await circle.say("ann", "POST", "/friends", {"code": key.code})).json
    assert (asked["state"], "name" in asked) == ("outgoing", False)
    made = (await enter(circle.client, key)).json
    assert made["account"]["id"] == asked["id"]
    circle.tokens["kim"] = made["token"]
    assert await circle.list("kim") == {"ann": "incoming"}
    assert await circle.list("ann") == {made["account"]["name"]: "outgoing"}


@pytest.mark.parametrize("code", ["", "x", "é", "e30=", "W10=", "bnVsbA==", "eyJuYW1lIjoiYSJ9"])
async def test_what_is_no_friend_code(circle: Circle, code: str) -> None:
    """No base64, no JSON, no object, no key."""
    answer = await circle.say("ann", "POST", "/friends", {"code": code})
    assert (answer.status, answer.code) == (400, "invalid_request")
    assert "`code`" in answer.json["error"]


async def test_a_long_list_comes_in_pages(circle: Circle) -> None:
    """Each line once, whatever the size of a page; the last page has no cursor."""
    for number in range(25):
        await circle.house.store.accounts.create(account(f"p{number}"))
        verb = Verb.BLOCK if number % 2 else Verb.ASK
        me, other = AccountId(circle.ids["ann"]), AccountId(f"u_p{number}")
        await circle.house.store.friends.change(me, other, verb, 0.0)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        query = f"&cursor={cursor}" if cursor else ""
        answer = await circle.say("ann", "GET", f"/friends?limit=10{query}")
        seen += [line["name"] for line in answer.lines]
        cursor = answer.header("x-next-cursor")
    assert sorted(seen) == sorted(f"p{number}" for number in range(25))


@pytest.mark.parametrize("query", ["state=none", "state=x", "limit=0", "limit=1001", "cursor=x"])
async def test_a_list_that_is_not_understood(circle: Circle, query: str) -> None:
    """The parameter is named."""
    answer = await circle.say("ann", "GET", f"/friends?{query}")
    assert (answer.status, answer.code) == (400, "invalid_request")
    name = query.partition("=")[0]
    assert answer.json["error"].startswith(f"`{name}` must be ")
    assert "account" not in answer.json["error"]


async def test_appearing_offline(circle: Circle) -> None:
    """The switch is kept with the account."""
    for visible in (False, True):
        await circle.say("ann", "PUT", "/friends/presence", {"visible": visible})
        assert visible is (await circle.say("ann", "GET", "/auth/me")).json["visible"]


async def test_asking_is_limited(house: House) -> None:
    """Names can't be tried out by asking them to be friends."""
    circle = Circle(house)
    await circle.add("ann")
    house.change(identity_rates={"friends": Rate.parse("2/min")})
    statuses = [(await circle.say("ann", "PUT", f"/friends/n{n}")).status for n in range(3)]
    assert statuses == [404, 404, 429]


async def test_the_banned_have_no_list(circle: Circle) -> None:
    """Their tokens are void."""
    me = AccountId(circle.ids["ann"])
    await circle.house.store.accounts.ban(me, Ban("spam", 0.0), circle.house.clock.wall())
    await circle.house.revocations.read()
    assert (await circle.say("ann", "GET", "/friends")).status == 401


PLAYERS = ("ann", "bob", "cid")
DEEDS = [("PUT", ""), ("DELETE", ""), ("PUT", "/block"), ("DELETE", "/block")]
STEPS = st.tuples(
    st.sampled_from(PLAYERS), st.sampled_from(PLAYERS), st.sampled_from(DEEDS)
).filter(lambda step: step[0] != step[1])


class Model:
    """The same by two sets: who wants whom, and who blocks whom."""

    def __init__(self) -> None:
        self.wants: set[tuple[str, str]] = set()
        self.blocks: set[tuple[str, str]] = set()

    def do(self, me: str, other: str, deed: tuple[str, str]) -> int:
        """Do something; the status it has to have."""
        pair = (me, other)
        if deed == ("PUT", "/block"):
            if pair in self.wants:
                self.wants -= {pair, (other, me)}
            self.blocks.add(pair)
        elif deed == ("DELETE", "/block"):
            self.blocks.discard(pair)
        elif pair in self.blocks:
            return 409 if deed == ("PUT", "") else 200
        elif deed == ("PUT", ""):
            self.wants.add(pair)
        else:
            self.wants -= {pair, (other, me)}
        return 200

    def shown(self, me: str) -> dict[str, str]:
        """What somebody sees."""
        found = {}
        for other in PLAYERS:
            mine, theirs = (me, other) in self.wants, (other, me) in self.wants
            if (me, other) in self.blocks:
                found[other] = "blocked"
            elif mine and theirs:
                found[other] = "friend"
            elif mine or theirs:
                found[other] = "outgoing" if mine else "incoming"
        return found


@settings(max_examples=20 * TIMES, deadline=None)
@given(st.lists(STEPS, max_size=25))
def test_any_order_of_deeds(steps: list[tuple[str, str, tuple[str, str]]]) -> None:
    """After each, every player sees what two sets say he must see."""

    async def live() -> None:
        house = House(exempt=FREE)
        circle, model = Circle(house), Model()
        await circle.add(*PLAYERS)
        for me, other, deed in steps:
            status = (await circle.say(me, deed[0], f"/friends/{other}{deed[1]}")).status
            assert status == model.do(me, other, deed)
            for who in PLAYERS:
                assert model.shown(who) == await circle.list(who)

    trio.run(live)

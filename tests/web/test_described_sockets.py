"""`/asyncapi.json` says what is said on the sockets (wire.md 9): what doors and codecs do, and no more.

That every frame which a socket is sent is as described is checked at every door (`tests.overheard`).
"""

from __future__ import annotations

import re
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from matchd.errors import Refusal
from matchd.protocol import chat, events, games, groups, rooms
from matchd.protocol.news import Close
from matchd.web.described.asyncapi import name_of
from matchd.web.described.openapi import ROUTES
from matchd.web.described.sockets import CHANNELS, CLOSES, DIALECTS, Dialect
from tests.house import House
from tests.overheard import dialect_of, document
from tests.web.client import Client

PEER = "6f6c1b1e-8f0a-4c55-9f6e-0d9c9d3c0f11"

READ = {
    "signaling": rooms.decode,
    "matchbox": groups.MATCHBOX.read,
    "native": groups.NATIVE.read,
    "game": games.said,
    "events": events.decode,
    "chat": chat.decode,
}
SAID = {
    "signaling": [
        '{"type":"offer","sdp":"v=0"}',
        '{"type":"answer","sdp":"v=0","peer":"p1"}',
        '{"type":"candidate","candidate":null,"sdpMid":"0","sdpMLineIndex":0}',
        '{"type":"control","action":"bye","payload":[1]}',
    ],
    "matchbox": [f'{{"Signal":{{"receiver":"{PEER}","data":1}}}}'],
    "native": [
        f'{{"type":"signal","to":"{PEER}","data":{{}}}}',
        '{"type":"reauth","token":"a.b.c"}',
    ],
    "game": [
        '{"type":"player_ready"}',
        '{"type":"player_move","movement":[1,2]}',
        '{"type":"game_action","action":"finish","data":{"scores":{"u_1":2}}}',
        '{"type":"resync"}',
        '{"type":"reauth","token":"a.b.c"}',
    ],
    "events": ['{"type":"reauth","token":"a.b.c"}'],
    "chat": [
        '{"action":"Message","data":{"room":"tea","content":"hi","id":"1"}}',
        '{"action":"Report","data":"spam"}',
        '{"action":"Leave","data":"tea"}',
        '{"action":"Add","data":["tea","bob"]}',
        '{"action":"ListUsers"}',
        '{"action":"Egress","data":{"room_id":"tea","user_id":"bob","action":"Join"}}',
        '{"action":"Ack","data":{"room":"tea","seq":2}}',
        '{"action":"Sync","data":{"tea":2}}',
        '{"action":"Typing","data":"tea"}',
        '{"action":"Reauth","data":"a.b.c"}',
    ],
}


def validators(dialect: Dialect) -> list[Any]:
    """What may be said in a dialect, a validator for each."""
    components = document()["components"]
    payloads = [components["messages"][name_of(dialect, one)]["payload"] for one in dialect.says]
    return [
        jsonschema_rs.Draft202012Validator(one | {"components": components}) for one in payloads
    ]


@pytest.mark.parametrize("dialect", DIALECTS, ids=[one.name for one in DIALECTS])
def test_what_is_said(dialect: Dialect) -> None:
    """The codec takes what is described, each of them, and nothing when there is nothing to it."""
    read, left = READ[dialect.name], validators(dialect)
    for text in SAID[dialect.name]:
        assert read(text) not in (None, groups.Invalid())
        fitting = [one for one in left if one.is_valid(_value(text))]
        assert len(fitting) == 1, text
        left.remove(fitting[0])
    assert left == [], "SAID has an example of every message"
    for bad in ("{}", '{"type":"shout"}', '{"action":"Shout"}'):
        assert not any(one.is_valid(_value(bad)) for one in validators(dialect))
        assert _refused(read, bad)


async def test_every_door_has_a_channel(house: House) -> None:
    """An address that is described leads to a door that speaks so, and no door is left out."""
    open_doors = set()
    for channel in CHANNELS:
        path = re.sub(r"\{\w+\}", "a.b.c", channel.address).rstrip("/")
        door = next(one for one in house.doors.all if one.opens(path))
        query = "&".join(f"{name}={value}" for name, value in channel.fixed.items())
        assert dialect_of(door.dialect, f"{path}?{query}") == channel.dialect
        open_doors.add(door.dialect)
        assert channel.asks is None or channel.asks in ROUTES
    assert open_doors == {one.dialect for one in house.doors.all}


def test_the_ends() -> None:
    """Every code by which the server ends a socket is told of; the others are for clients."""
    assert set(Close) - set(CLOSES) == {
        *(Close.NORMAL, Close.GOING_AWAY, Close.NOT_FOUND, Close.LOCKED)
    }
    told = document()["channels"]["events"]["x-close-codes"]
    assert {one["code"] for one in told} == {int(code) for code in CLOSES}


def test_what_refers_to_something_finds_it() -> None:
    """No reference leads nowhere."""
    text = msgspec.json.encode(document()).decode()
    for target in set(re.findall(r'"\$ref":"#/([^"]+)"', text)):
        found = document()
        for part in target.split("/"):
            found = found[part]


async def test_the_document_is_served(client: Client) -> None:
    """As the other one is."""
    answer = await client.ask("GET", "/asyncapi.json")
    assert (answer.status, answer.json) == (200, document())
    assert answer.header("access-control-allow-origin") == "*"


async def test_the_page_is_served(client: Client) -> None:
    """With a policy that lets it run its own scripts alone and ask this server alone; and its files."""
    answer = await client.ask("GET", "/docs")
    policy = str(answer.header("content-security-policy"))
    assert (answer.status, answer.header("content-type")) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'; script-src 'self';" in policy
    assert "connect-src 'self';" in policy
    assert "unsafe" not in policy
    named = re.findall(r'(?:src|href)="(/(?:docs|page)/.*?)"', answer.body.decode())
    assert named
    for path in named:
        assert (await client.ask("GET", path)).status == 200
    for path in ("/docs/nothing.js", "/docs/index.html"):
        assert (await client.ask("GET", path)).code == "not_found"


def _value(text: str) -> Any:
    return msgspec.json.decode(text)


def _refused(read: Any, text: str) -> bool:
    try:
        return read(text) in (None, groups.Invalid())
    except Refusal:
        return True

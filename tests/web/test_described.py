"""`/openapi.json` says what there is (wire.md 9): no more and no less than the application does.

That every answer is as described is checked wherever the tests ask anything (`tests.described`).
"""

from __future__ import annotations

import gzip
import re
from typing import Any

import pytest

from matchd import __version__
from matchd.web.app import create_app
from matchd.web.described.openapi import CHAPTERS, ROUTES
from tests.described import Json, http, operation_of, resolved, validator
from tests.house import House
from tests.web.client import Client

ADVICE = """matchd/web/described/<noun>.py has one `Route` for each, for example

    "GET /api/things/{name}": Route("See a thing", PLAYER, ThingView, (UnknownThing,), path=_THING),

with a protocol type as `answer` (and `body=`), `query=(Query(…), limit(…), cursor())`, and the refusals
that are its own. A new file's Chapter goes into CHAPTERS of openapi.py."""

CONVERTER = re.compile(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>")


def routes_of(house: House) -> set[str]:
    """What the application serves, as `METHOD /path`."""
    return {
        f"{method} " + CONVERTER.sub(r"{\1}", rule.rule)
        for rule in create_app(house.services).url_map.iter_rules()
        for method in rule.methods or ()
        if method not in ("HEAD", "OPTIONS")
    }


async def test_every_route_is_described_and_there_is_no_other(house: House) -> None:
    """A route that is added, renamed or taken away is so in the document too."""
    served, described = routes_of(house), set(ROUTES)
    assert not served - described, f"Not described: {sorted(served - described)}.\n{ADVICE}"
    assert not described - served, f"Described, but not served: {sorted(described - served)}."


def test_a_path_names_its_parts() -> None:
    """What stands in braces is a parameter, and nothing else is one."""
    for key, route in ROUTES.items():
        assert set(re.findall(r"\{(\w+)\}", key)) == set(route.path), key


def test_no_route_stands_in_two_chapters() -> None:
    """The table of all has as many as those of the nouns together."""
    assert len(ROUTES) == sum(len(one.routes) for one in CHAPTERS)


def test_what_refers_to_something_finds_it() -> None:
    """No reference leads nowhere, and every schema is one."""
    document = http()
    for one in _every(document):
        if "$ref" in one:
            resolved(one)
    for schema in document["components"]["schemas"].values():
        validator(schema)


@pytest.mark.parametrize("key", [key for key, one in ROUTES.items() if one.sample or one.given])
def test_the_examples_are_valid(key: str) -> None:
    """A body that is shown would be taken, and an answer that is shown could come."""
    operation = operation_of(key)
    contents = [operation.get("requestBody", {"content": {}}), operation["responses"]["200"]]
    shown = [one for part in contents for one in part["content"].values() if "example" in one]
    assert shown
    for one in shown:
        assert validator(one["schema"]).is_valid(one["example"]), one["example"]


async def test_a_refusal_names_its_codes() -> None:
    """Those of the route, those of who calls, and those of every route."""
    refused = http()["paths"]["/api/host/heartbeat"]["post"]["responses"]
    schema = resolved(refused["409"])["content"]["application/json"]["schema"]
    assert schema["allOf"][1]["properties"] == {
        "code": {"enum": ["room_taken"]},
        "success": {"const": False},
    }
    assert "`wrong_secret`" in resolved(refused["403"])["description"]
    assert "`store_unavailable`" in resolved(refused["503"])["description"]


async def test_the_document_is_served(client: Client) -> None:
    """To tools of any origin, compressed where they take that, and once."""
    answer = await client.ask("GET", "/openapi.json")
    assert (answer.status, answer.json) == (200, http())
    assert answer.json["info"]["version"] == __version__
    assert answer.header("access-control-allow-origin") == "*"
    packed = await client.ask("GET", "/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert answer.body == gzip.decompress(packed.body)
    known = {"If-None-Match": str(answer.header("etag"))}
    assert (await client.ask("GET", "/openapi.json/", headers=known)).status == 304


def _every(value: Any) -> list[Json]:
    """Every object in a document."""
    if isinstance(value, list):
        return [found for one in value for found in _every(one)]
    if not isinstance(value, dict):
        return []
    return [value, *(found for one in value.values() for found in _every(one))]

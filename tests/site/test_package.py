"""What is published: the files as they are served, their types, and the npm package around them."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

import matchd
from matchd.protocol.statuses import STATUS
from tests.house import House
from tests.web.client import Client

FOLDER = Path(matchd.__file__).with_name("site")
NAMES = [
    "client.js",
    "client.d.ts",
    *(f"client/{one.name}" for one in (FOLDER / "client").iterdir()),
]
MODULES = [name for name in NAMES if name.endswith(".js")]
LATER = "client/words.js"
"""Loaded when a phrase is made or read."""
BUDGET = 47_000
"""Bytes that all other modules together may be, compressed."""


@pytest.fixture
async def client() -> Client:
    """Somebody's browser."""
    return Client(House())


async def test_every_file_is_served(client: Client) -> None:
    """As it is, to pages of any origin, and to be asked for again when it may have changed."""
    for name in NAMES:
        answer = await client.ask("GET", f"/{name}", headers={"Origin": "https://game.example"})
        assert (answer.status, answer.body) == (200, (FOLDER / name).read_bytes())
        kind = "text/javascript" if name.endswith(".js") else "text/plain"
        assert answer.header("content-type") == f"{kind}; charset=utf-8"
        assert answer.header("cache-control") == "no-cache"
        assert answer.header("access-control-allow-origin") == "*"
        assert answer.header("cross-origin-resource-policy") == "cross-origin"


async def test_the_page_is_served(client: Client) -> None:
    """At the root, with a policy that lets no script run but its own, and everything it names."""
    answer = await client.ask("GET", "/")
    assert (answer.status, answer.body) == (200, (FOLDER / "index.html").read_bytes())
    assert answer.header("content-type") == "text/html; charset=utf-8"
    policy = str(answer.header("content-security-policy"))
    assert "default-src 'none'; script-src 'self';" in policy
    assert "connect-src 'self' wss://play.example.net; worker-src data:;" in policy
    assert "unsafe" not in policy
    pages = {f"/page/{one.name}" for one in (FOLDER / "page").iterdir()}
    named = set(re.findall(r'(?:src|href)="(/.*?)"', answer.body.decode()))
    assert named - {"/client.js", "/docs"} <= pages
    for path in pages | named:
        assert (await client.ask("GET", path)).status == 200


async def test_the_admin_page_is_served(client: Client) -> None:
    """To anybody, since it shows nothing without a token; with a policy as strict, and its files."""
    for path in ("/admin", "/admin/"):
        answer = await client.ask("GET", path)
        assert (answer.status, answer.body) == (200, (FOLDER / "admin/index.html").read_bytes())
    policy = str(answer.header("content-security-policy"))
    assert "default-src 'none'; script-src 'self';" in policy
    assert "connect-src 'self'; trusted-types 'none'" in policy
    assert "unsafe" not in policy
    named = set(re.findall(r'(?:src|href)="(/.*?)"', answer.body.decode()))
    served = {
        f"/{part}/{one.name}" for part in ("admin", "page") for one in (FOLDER / part).iterdir()
    }
    assert named <= served
    for path in served:
        status = 404 if path.endswith(".html") else 200
        assert (await client.ask("GET", path)).status == status


async def test_what_a_browser_has_is_not_sent_again(client: Client) -> None:
    """By its ETag, whatever a proxy in between has made of it."""
    first = await client.ask("GET", "/client.js")
    tag = str(first.header("etag"))
    for sent in (tag, tag.removeprefix("W/"), f'"other", {tag}'):
        again = await client.ask("GET", "/client.js", headers={"If-None-Match": sent})
        assert (again.status, again.body, again.header("etag")) == (304, b"", tag)
    other = await client.ask("GET", "/client.js", headers={"If-None-Match": 'W/"other"'})
    assert other.status == 200


async def test_it_is_compressed_for_who_can_take_it(client: Client) -> None:
    """With gzip, and says that answers differ by that."""
    answer = await client.ask("GET", "/client.js", headers={"Accept-Encoding": "br, gzip;q=0.5"})
    assert gzip.decompress(answer.body) == (FOLDER / "client.js").read_bytes()
    assert answer.header("content-encoding") == "gzip"
    assert answer.header("vary") == "Accept-Encoding"
    plain = await client.ask("GET", "/client.js", headers={"Accept-Encoding": "gzip;q=0"})
    assert plain.header("content-encoding") is None


async def test_nothing_else_is_served(client: Client) -> None:
    """A name is that of a file of the library, or of none."""
    for path in ("/client", "/client/", "/client/other.js", "/page/..%2Fpackage.json"):
        assert (await client.ask("GET", path)).status == 404


def test_modules_import_each_other_alone() -> None:
    """No dependency, nothing outside the package, and every import is a file that is there."""
    for name in MODULES:
        text = (FOLDER / name).read_text()
        for target in re.findall(r'(?ms)^(?:import|export) .*?from "(.*?)";', text):
            assert target.startswith("./"), name
            assert (FOLDER / name).parent.joinpath(target).is_file(), f"{name}: {target}"


def test_types_agree_with_the_code() -> None:
    """What is exported, and what its classes have, is the same in both."""
    for name in MODULES:
        types = (FOLDER / name).with_suffix(".d.ts")
        if types.exists():
            assert exports((FOLDER / name).read_text()) >= exports(types.read_text()), name
    main = exports((FOLDER / "client.js").read_text())
    assert main == exports((FOLDER / "client.d.ts").read_text())
    for found in main - {"pathOf"}:
        assert members(".js")[found] == members(".d.ts")[found], found


def test_every_refusal_of_the_server_has_its_type() -> None:
    """Editors offer the codes that the server may answer."""
    union = (FOLDER / "client/errors.d.ts").read_text().partition("export class")[0]
    assert set(STATUS) <= set(re.findall(r'"(\w+)"', union))


def exports(text: str) -> set[str]:
    """The values that a module exports."""
    text = re.sub(r"(?ms)^export type .*?;", "", text)
    listed = ",".join(re.findall(r"(?ms)^export \{(.*?)\}", text))
    declared = re.findall(r"(?m)^export (?:async )?(?:class|function|const) (\w+)", text)
    return {*declared, *re.findall(r"\w+", listed)}


def members(suffix: str) -> dict[str, set[str]]:
    """The public methods and properties of each class, as the files of this kind have them."""
    found = {}
    for name in NAMES:
        if name.endswith(suffix):
            text = (FOLDER / name).read_text()
            for title, body in re.findall(r"(?ms)^export class (\w+).*?\{\n(.*?)^\}", text):
                found[title] = _public(body, suffix)
    return found


def _public(body: str, suffix: str) -> set[str]:
    if suffix == ".d.ts":
        body = re.sub(r"(?s)/\*\*.*?\*/", "", body)
        names = re.findall(r"(?m)^  (?:static |readonly |get )*(\w+)[(:<?]", body)
        return set(names) - {"constructor", "private", "on", "next"}
    methods = r"(?m)^  (?:static |async |get |\*)*(\w+)\("
    fields = r"(?m)^    this\.(\w+) (?:\?\?)?="
    hidden = set(re.findall(r"@private[^/]*\*/\n\s+(?:async |this\.)?(\w+)", body))
    public = {*re.findall(methods, body), *re.findall(fields, body)}
    lists = re.findall(r"(?m)^    \[this\.(\w+)", body)
    return {*public, *lists} - hidden - {"constructor", "super", "on", "next"}


def test_the_package_is_whole() -> None:
    """package.json names what is there, and the version of the server it was made for."""
    package = json.loads((FOLDER / "package.json").read_text())
    assert package["version"] == matchd.__version__
    assert {"client.js", "client.d.ts", "client/"} == set(package["files"])
    assert package["exports"]["."] == {"types": "./client.d.ts", "default": "./client.js"}
    assert "dependencies" not in package


def test_the_library_is_small() -> None:
    """A page that loads all of it stays far below its budget."""
    sizes = [len(gzip.compress((FOLDER / name).read_bytes())) for name in MODULES if name != LATER]
    assert sum(sizes) < BUDGET

"""The client library as files (wire.md 8): `/client.js`, the modules it imports, and its types.

Owns what is in `matchd/site`, read once. The files are the same for everybody and no secret, so pages
of any origin may import them. Browsers keep them and ask each time whether they have changed, so that
after an update no module meets one of another version.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from quart import Blueprint, Response, request

from matchd.errors import NotFound
from matchd.web.context import Services

_TYPES = {".js": "text/javascript; charset=utf-8", ".ts": "text/plain; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, as it is and compressed; `etag` stands for what it says, in either form."""

    body: bytes
    packed: bytes
    content_type: str
    etag: str


def create_blueprint(services: Services) -> Blueprint:  # noqa: ARG001  # as all routes are made
    """The routes; they need no service."""
    routes = Blueprint("site", __name__)
    assets = dict(_assets())

    @routes.get("/client.js")
    @routes.get("/client.d.ts")
    @routes.get("/client/<module>")
    async def client(module: str = "") -> Response:  # noqa: ARG001  # the path as a whole is the name
        asset = assets.get(request.path)
        if asset is None:
            raise NotFound
        return _answer(asset)

    return routes


def _assets() -> Iterator[tuple[str, Asset]]:
    """Each file's path and the file: `client.*` of the folder, and all of `client/`."""
    folder = files("matchd").joinpath("site")
    for file in folder.iterdir():
        if file.name.startswith("client."):
            yield f"/{file.name}", _asset(file)
    for file in folder.joinpath("client").iterdir():
        yield f"/client/{file.name}", _asset(file)


def _asset(file: Traversable) -> Asset:
    body = file.read_bytes()
    return Asset(
        body,
        gzip.compress(body, mtime=0),
        _TYPES["." + file.name.rpartition(".")[2]],
        hashlib.sha256(body).hexdigest()[:32],
    )


def _answer(asset: Asset) -> Response:
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Cache-Control": "no-cache",
        "ETag": f'W/"{asset.etag}"',
        "Vary": "Accept-Encoding",
    }
    if request.if_none_match.contains_weak(asset.etag):
        return Response(b"", 304, headers)
    if request.accept_encodings["gzip"] > 0:
        headers["Content-Encoding"] = "gzip"
        return Response(asset.packed, 200, headers, content_type=asset.content_type)
    return Response(asset.body, 200, headers, content_type=asset.content_type)

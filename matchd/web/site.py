"""What browsers load (wire.md 8, 9): the page, the admin page, and the client library, as files.

Owns what is in `matchd/site`, read once. Browsers keep the files and ask each time whether they have
changed, so that after an update no module meets one of another version. The library is for pages of any
origin; the pages may load nothing from elsewhere and run no script but their own.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from quart import Blueprint, Response, request

from matchd.errors import NotFound
from matchd.web.context import Services

PAGE = "/index.html"
ADMIN = "/admin/index.html"
DOCS = "/docs/index.html"
FOLDERS = ("client", "page", "admin", "docs")

_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "ts": "text/plain; charset=utf-8",
    "json": "application/json",
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
FOR_ALL = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, as it is and compressed; `etag` stands for what it says, in either form."""

    body: bytes
    packed: bytes
    content_type: str
    etag: str

    @classmethod
    def of(cls, name: str, body: bytes) -> Asset:
        """The file of this name."""
        digest = hashlib.sha256(body).hexdigest()[:32]
        return cls(body, gzip.compress(body, mtime=0), _TYPES[name.rpartition(".")[2]], digest)


class Site:
    """The files."""

    def __init__(self) -> None:
        self._assets = _assets()

    def page(self, services: Services) -> Response:
        """The page."""
        socket_origin = services.current.settings.socket_url
        policy = (
            f"{_POLICY}; connect-src 'self' {socket_origin}; worker-src data:; trusted-types matchd"
        )
        return self.answer(self._assets[PAGE], {"Content-Security-Policy": policy})

    def admin(self) -> Response:
        """The admin page."""
        return self._own(ADMIN)

    def docs(self) -> Response:
        """The page of the documents."""
        return self._own(DOCS)

    def _own(self, name: str) -> Response:
        """A page that asks this server alone, by HTTP alone, and makes no markup of text."""
        policy = f"{_POLICY}; connect-src 'self'; trusted-types 'none'"
        return self.answer(self._assets[name], {"Content-Security-Policy": policy})

    def file(self, path: str) -> Response:
        """One of the files that pages load; NotFound when there is none of this name."""
        asset = self._assets.get(path)
        if asset is None or path in (ADMIN, DOCS):  # which have addresses and policies of their own
            raise NotFound
        return self.answer(asset, FOR_ALL if path.startswith("/client") else {})

    def answer(self, asset: Asset, more: dict[str, str]) -> Response:
        """A file, unless who asks has it, compressed where he takes that."""
        headers = {
            "Cache-Control": "no-cache",
            "ETag": f'W/"{asset.etag}"',
            "Vary": "Accept-Encoding",
            **more,
        }
        if request.if_none_match.contains_weak(asset.etag):
            return Response(b"", 304, headers)
        if request.accept_encodings["gzip"] > 0:
            headers["Content-Encoding"] = "gzip"
            return Response(asset.packed, 200, headers, content_type=asset.content_type)
        return Response(asset.body, 200, headers, content_type=asset.content_type)


def create_blueprint(services: Services) -> Blueprint:  # noqa: ARG001  # as all routes are made
    """The routes of the files; that of the page is also the signaling twin's (`rooms`)."""
    routes = Blueprint("site", __name__)
    site = Site()

    @routes.get("/client.js")
    @routes.get("/client.d.ts")
    @routes.get("/client/<name>")
    @routes.get("/page/<name>")
    @routes.get("/admin/<name>")
    async def file(name: str = "") -> Response:  # noqa: ARG001  # the path as a whole is the name
        return site.file(request.path)

    @routes.get("/admin")
    async def admin() -> Response:
        return site.admin()

    return routes


@cache
def _assets() -> Mapping[str, Asset]:
    """The files by their paths, read and compressed once."""
    return dict(_read())


def _read() -> Iterator[tuple[str, Asset]]:
    """Each file's path and the file: what browsers load of the folder, and of those in it."""
    folder = files("matchd").joinpath("site")
    for name in ("index.html", "client.js", "client.d.ts"):
        yield f"/{name}", Asset.of(name, folder.joinpath(name).read_bytes())
    for part in FOLDERS:
        for file in folder.joinpath(part).iterdir():
            yield f"/{part}/{file.name}", Asset.of(file.name, file.read_bytes())

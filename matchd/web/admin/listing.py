"""Lists that administrators page through and search: `?limit=&cursor=&q=`, and `X-Next-Cursor`."""

from __future__ import annotations

from typing import TypeVar

from quart import Response, request

from matchd.errors import InvalidRequest
from matchd.services.searching import Listed, Page, search
from matchd.web.requests import limit, reply

PAGE = 1000
LONGEST = 128
"""Characters of a search."""

T = TypeVar("T")


async def listed(of: Listed[T]) -> Response:
    """A page of a list."""
    cursor, count = request.args.get("cursor"), limit(PAGE, PAGE)
    return paged(await search(of, wanted(), cursor, count))


def paged(page: Page[T]) -> Response:
    """The answer that a page is."""
    response = reply(page.entries)
    if page.cursor is not None:
        response.headers["X-Next-Cursor"] = page.cursor
    return response


def wanted() -> str:
    """What is searched for."""
    text = request.args.get("q", "").strip()
    if len(text) > LONGEST or not text.isprintable():
        raise InvalidRequest(f"`q` must be at most {LONGEST} printable characters.")
    return text

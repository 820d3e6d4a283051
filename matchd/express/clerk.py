"""From a request of a hot route to the bytes of its answer: the guard of requests in the lane."""

from __future__ import annotations

from collections.abc import Iterable

from matchd.errors import Refusal
from matchd.express.heads import HeadReader
from matchd.express.inbox import Inbox, Request
from matchd.express.table import Table
from matchd.express.writer import Writer
from matchd.http.desk import Desk
from matchd.http.route import Route


class Clerk:
    """Answers requests; one for the whole daemon."""

    def __init__(self, desk: Desk, routes: Iterable[Route]) -> None:
        self._desk = desk
        self._table = Table(routes)
        self._reader = HeadReader()
        self._writer = Writer(desk.current)

    def inbox(self, peer: str) -> Inbox:
        """An inbox for a connection from this network address."""
        return Inbox(self._reader, self._table, peer)

    @property
    def drains(self) -> bool:
        """Whether nobody is to ask anything more."""
        return self._desk.current.draining

    def ends(self, request: Request) -> bool:
        """Whether the answer to this request is its connection's last."""
        return request.closes or self.drains

    async def reply(self, request: Request) -> bytes:
        """Answer, count and tell. Raises nothing but cancellation, which counts nothing."""
        ask, route, desk = request.ask, request.route, self._desk
        try:
            desk.admit(ask)
            answer = await route.handler(ask)
        except Refusal as refusal:
            answer = desk.refuse(ask, refusal)
        except Exception as error:
            answer = desk.fault(ask, route.pattern, error)
        said = self._writer.write(ask, route, answer, closes=request.closes)
        desk.count(ask, route.pattern, answer.status, answer.refusal)
        return said

"""What others see of an account's end in their rooms, at once: it leaves, and what it said is gone.

The store erases all that an account wrote, and does not tell which messages those were. So the newest
of each of its rooms are looked up before, and told after. Whoever has older ones on his screen finds
them gone when he reads `history` again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from matchd.domain.accounts import Account
from matchd.domain.chat import Message, Seat, erased
from matchd.domain.ids import AccountId, NodeId
from matchd.protocol.news import Altered, ChatNews, MembersMoved
from matchd.services.core import Core
from matchd.store.ports import ChatPage

NEWEST = 200
"""Messages of each room that are looked through."""


class ChatErasure:
    """Tells of accounts that are gone."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def prepare(self, account: Account) -> Callable[[], None]:
        """Look up what goes with an account; what to call once it has gone."""
        chat = self._core.store.chat
        news: list[ChatNews] = []
        for seat in await chat.seats(account.id):
            page = await chat.page(seat.room, account.id, NEWEST)
            if isinstance(page, ChatPage):
                news += _news(account, seat, page.messages)
        return partial(self._tell, await chat.living(), news)

    def _tell(self, nodes: tuple[NodeId, ...], news: list[ChatNews]) -> None:
        hub = self._core.hub
        for node in {*nodes, hub.node}:
            for one in news:
                hub.post_node(node, one)


def _news(account: Account, seat: Seat, messages: tuple[Message, ...]) -> list[ChatNews]:
    """Of one room: what it said is gone, then so is the account."""
    altered = [
        Altered(erased(message))
        for message in messages
        if message.author == account.id and not message.deleted
    ]
    names: dict[AccountId, str] = {account.id: account.handle}
    return [*altered, MembersMoved(seat.room, names, account.handle, arrived=False, notice=None)]

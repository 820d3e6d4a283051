"""Which chat socket of this node is whose, and in which rooms; news of a room finds its way there."""

from __future__ import annotations

from typing import TypeVar

from matchd.domain.chat import Seat, pair_of
from matchd.domain.ids import AccountId, ChatId
from matchd.protocol import chat as dialect
from matchd.protocol.news import Altered, MembersMoved, News, Spoken, Typed
from matchd.services.chat_session import ChatSession
from matchd.services.directory import label_of

_Key = TypeVar("_Key", bound=str)


class ChatFloor:
    """The tables of sockets. Everything here is sync."""

    def __init__(self) -> None:
        self._by_account: dict[AccountId, dict[ChatSession, None]] = {}
        self._by_room: dict[ChatId, dict[ChatSession, None]] = {}

    def add(self, session: ChatSession) -> None:
        """A socket whose account is known."""
        assert session.account is not None
        self._by_account.setdefault(session.account, {})[session] = None

    def remove(self, session: ChatSession) -> None:
        """It is gone."""
        for room in tuple(session.out.places):
            _discard(self._by_room, room, session)
        if session.account is not None:
            _discard(self._by_account, session.account, session)

    def seat(self, session: ChatSession, seat: Seat, label: str, adder: str | None) -> None:
        """Have a socket in a room."""
        session.out.join(seat, label, adder)
        self._by_room.setdefault(seat.room, {})[session] = None

    def drop(self, session: ChatSession, room: ChatId) -> None:
        """Have it there no more."""
        session.out.part(room)
        _discard(self._by_room, room, session)

    def deliver(self, news: News) -> None:
        """Take news for this node, and hand it to whom it is for."""
        match news:
            case Spoken(message, joined, names):
                for account in joined:
                    label = label_of(message.room, account, names)
                    self._seat(account, message.room, message.seq - 1, label, None)
                self._hear(news)
            case Altered(message):
                for session in tuple(self._by_room.get(message.room, ())):
                    session.out.alter(message)
            case MembersMoved():
                self._moved(news)
            case Typed(room, account, name):
                for session in tuple(self._by_room.get(room, ())):
                    if session.account != account:
                        session.out.say_typing(room, name)

    def _moved(self, news: MembersMoved) -> None:
        for account, name in news.names.items():
            if news.arrived and news.notice is not None:
                self._seat(account, news.room, news.notice.seq - 1, news.room, news.by)
            else:
                for session in tuple(self._by_account.get(account, ())):
                    self.drop(session, news.room)
            if len(news.names) == 1 and pair_of(news.room) is None:
                self._tell_others(news, account, name)
        if news.notice is not None:
            self._hear(Spoken(news.notice))

    def _tell_others(self, news: MembersMoved, account: AccountId, name: str) -> None:
        for session in tuple(self._by_room.get(news.room, ())):
            if session.account != account:
                gone = dialect.frame("Leave", [news.room, name])
                came = dialect.added(news.room, news.by, name)
                session.out.put(came if news.arrived else gone)

    def _hear(self, news: Spoken) -> None:
        frames: dict[str, bytes] = {}
        for session in tuple(self._by_room.get(news.message.room, ())):
            session.out.hear(news.message, frames)

    def _seat(
        self, account: AccountId, room: ChatId, since: int, label: str, adder: str | None
    ) -> None:
        seat = Seat(room=room, since=since, cursor=since, first=1, last=since)
        for session in tuple(self._by_account.get(account, ())):
            self.seat(session, seat, label, adder)


def _discard(table: dict[_Key, dict[ChatSession, None]], key: _Key, session: ChatSession) -> None:
    """Take a session out of a table of sets, and the set with it if it was the last."""
    held = table.get(key, {})
    held.pop(session, None)
    if not held:
        table.pop(key, None)

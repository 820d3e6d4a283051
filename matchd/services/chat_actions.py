"""What a chat socket's client asks for, done (wire.md 7)."""

from __future__ import annotations

from matchd.domain.chat import Verdict
from matchd.domain.ids import ChatId
from matchd.errors import InvalidRequest
from matchd.protocol import chat as dialect
from matchd.services.chat import ChatService, refusal_of
from matchd.services.chat_session import ChatSession
from matchd.services.directory import Known
from matchd.services.reports import ReportService


class ChatActions:
    """Does one action after the other; what is refused is raised."""

    def __init__(self, chat: ChatService, reports: ReportService) -> None:
        self._chat = chat
        self._reports = reports

    async def act(self, session: ChatSession, action: dialect.Action) -> None:
        """Do what a client asks for."""
        me = session.out.person
        assert me is not None
        match action:
            case dialect.Say(body):
                message = await self._chat.say(me, body)
                if body.id is not None:
                    session.out.put(dialect.acknowledged(body.room, message))
            case dialect.Leave(label):
                await self._chat.leave(me, label)
            case dialect.Add((label, name)):
                await self._chat.add(me, label, name)
            case dialect.Move(egress) if egress.action == "Join":
                await self._chat.add(me, egress.room_id, egress.user_id)
            case dialect.Move(egress):
                await self._chat.leave(me, egress.room_id)
            case dialect.ListUsers():
                session.out.put(dialect.frame("List", await self._chat.users(me)))
            case dialect.Complain(issue):
                await self._reports.file_text(me, issue)
            case _:
                await self._place(session, me, action)

    async def _place(self, session: ChatSession, me: Known, action: dialect.Action) -> None:
        """What is about how far a socket is."""
        match action:
            case dialect.Ack(mark):
                room = self._room(session, mark.room)
                places = await self._chat.ack(me.id, {room: mark.seq})
                if places.get(room, 0) < mark.seq:
                    raise InvalidRequest("`seq` is beyond the last message.")
            case dialect.Sync(marks):
                for label, seq in marks.items():
                    session.out.sync(self._room(session, label), seq)
            case dialect.Typing(label):
                self._chat.typing(me, self._room(session, label))

    def _room(self, session: ChatSession, label: str) -> ChatId:
        for place in session.out.places.values():
            if place.label == label:
                return place.room
        raise refusal_of(Verdict.NOT_MEMBER)

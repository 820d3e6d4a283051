"""Routes of chat, as melangerie's clients call them, and the twin of its socket (wire.md 7)."""

from __future__ import annotations

from quart import Blueprint, Response, request

from matchd.errors import Forbidden, InvalidRequest, UnknownMessage
from matchd.protocol.chat import MOST_SEQ, EditBody, MessageBody, stored
from matchd.services.admission import Presented
from matchd.services.chat_sockets import ChatRequest
from matchd.services.directory import Person
from matchd.web.context import Services
from matchd.web.requests import address, bearer, body, limit, number, reply

PAGE, MOST = 50, 200
"""Messages of one page of history, unless asked otherwise and at most."""


def create_blueprint(services: Services) -> Blueprint:
    """The routes, bound to their services."""
    routes = Blueprint("chat", __name__)
    _add_rooms(routes, services)
    _add_members(routes, services)
    _add_messages(routes, services)
    _add_twin(routes, services)
    return routes


def _add_rooms(routes: Blueprint, services: Services) -> None:
    chat = services.chat.rooms

    @routes.get("/chat/list")
    async def listed() -> Response:
        return reply(await chat.rooms(await _me(services)))

    @routes.get("/chat/unread")
    async def unread() -> Response:
        return reply(await chat.unread(await _me(services)))

    @routes.post("/chat/create/<name>")
    @routes.post("/chat/create/<name>/<path:users>")
    async def create(name: str, users: str = "") -> Response:
        await chat.create(await _me(services), name, [who for who in users.split("/") if who])
        return reply({"success": True})

    @routes.delete("/chat/leave/<room>")
    async def leave(room: str) -> Response:
        await chat.leave(await _me(services), room)
        return reply({"success": True})


def _add_members(routes: Blueprint, services: Services) -> None:
    chat = services.chat.rooms

    @routes.post("/chat/adduser/<room>/<who>")
    async def add(room: str, who: str) -> Response:
        await chat.add(await _me(services), room, who)
        return reply({"success": True})

    @routes.post("/chat/kick/<room>/<who>")
    async def kick(room: str, who: str) -> Response:
        await chat.kick(await _me(services), room, who)
        return reply({"success": True})

    @routes.post("/chat/mute/<room>/<who>")
    async def mute(room: str, who: str) -> Response:
        await chat.mute(await _me(services), room, who, muted=True)
        return reply({"success": True})

    @routes.delete("/chat/mute/<room>/<who>")
    async def unmute(room: str, who: str) -> Response:
        await chat.mute(await _me(services), room, who, muted=False)
        return reply({"success": True})


def _add_messages(routes: Blueprint, services: Services) -> None:
    chat = services.chat.rooms

    @routes.post("/chat/chatroom")
    async def say() -> Response:
        me = await _me(services)
        return reply(stored(await chat.say(me, await body(MessageBody))))

    @routes.get("/chat/history/<room>")
    async def history(room: str) -> Response:
        me, after, before = await _me(services), number("after"), number("before")
        if after is not None and before is not None:
            raise InvalidRequest("`after` and `before` exclude each other.")
        count = limit(PAGE, MOST)
        return reply(await chat.history(me, room, count, after=after, before=before))

    @routes.patch("/chat/message/<room>/<int:seq>")
    async def edit(room: str, seq: int) -> Response:
        me, wanted = await _me(services), await body(EditBody)
        return reply(stored(await chat.change(me, room, _number(seq), wanted.content)))

    @routes.delete("/chat/message/<room>/<int:seq>")
    async def delete(room: str, seq: int) -> Response:
        me = await _me(services)
        return reply(stored(await chat.change(me, room, _number(seq), None)))


def _add_twin(routes: Blueprint, services: Services) -> None:
    @routes.get("/chat/connect")
    async def connect() -> Response:
        if not services.current.settings.admits_origin(request.headers.get("Origin")):
            raise Forbidden("This origin may not connect here.")
        presented = Presented(
            path=request.path,
            address=address(services.current.settings),
            token=bearer() or request.args.get("token"),
            ticket=request.args.get("ticket"),
        )
        await services.chat.sockets.check(ChatRequest(presented))
        return reply({"ok": True})


def _number(seq: int) -> int:
    """The number of a message; beyond what any store counts to there is none."""
    if seq > MOST_SEQ:
        raise UnknownMessage
    return seq


async def _me(services: Services) -> Person:
    caller = services.auth.member(bearer(), address(services.current.settings))
    return await services.chat.directory.person(caller)

"""Chat in Redis (domain/chat.py). Backend-internal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from matchd.domain.chat import (
    MOST_MEMBERS,
    MOST_ROOMS,
    MOST_SOCKETS,
    Message,
    Retention,
    Seat,
    Verdict,
    other_of,
)
from matchd.domain.ids import AccountId, Address, ChatId, NodeId
from matchd.store.ports import ChatDraft, ChatEntered, ChatMoved, ChatPage, Said
from matchd.store.redis.suites import SuiteCaller

SWEEP_LIMIT = 500
"""Messages that one script removes at most, so that it holds Redis for a few milliseconds only."""

_MOST = {"most_members": MOST_MEMBERS, "most_rooms": MOST_ROOMS}


class RedisChat:
    """The port of chat over the scripts."""

    def __init__(self, caller: SuiteCaller) -> None:
        self._caller = caller

    async def create(
        self, notice: ChatDraft, creator: AccountId, others: tuple[AccountId, ...], now: float
    ) -> ChatMoved | Verdict:
        """Make a room."""
        ask = {"notice": _draft(notice), "accounts": list(dict.fromkeys((creator, *others)))}
        return _moved(await self._caller.run("chat_create", {**ask, **_MOST}, now))

    async def add(
        self, notice: ChatDraft, by: AccountId, account: AccountId, now: float
    ) -> ChatMoved | Verdict:
        """Take somebody in."""
        ask = {"notice": _draft(notice), "by": by, "account": account, **_MOST}
        return _moved(await self._caller.run("chat_add", ask, now))

    async def leave(
        self, notice: ChatDraft, account: AccountId, now: float, *, by: AccountId | None = None
    ) -> ChatMoved | Verdict:
        """Go, or be put out."""
        ask = {"notice": _draft(notice), "by": by, "account": account}
        return _moved(await self._caller.run("chat_leave", ask, now))

    async def mute(
        self, room: ChatId, account: AccountId, by: AccountId, *, muted: bool
    ) -> Verdict | None:
        """Have a member say nothing."""
        ask = {"room": room, "account": account, "by": by, "muted": muted}
        out = await self._caller.run("chat_mute", ask)
        return None if out is None else Verdict(out["verdict"])

    async def say(self, draft: ChatDraft, now: float, retention: Retention) -> Said | Verdict:
        """Store a message."""
        assert draft.author is not None
        other = other_of(draft.room, draft.author)
        ask = {"draft": _draft(draft), "other": other, "keep": retention.messages, **_MOST}
        return _said(await self._caller.run("chat_say", ask, now))

    async def change(
        self, room: ChatId, seq: int, author: AccountId, content: str | None, now: float
    ) -> Said | Verdict:
        """Edit or delete a message."""
        ask = {"room": room, "seq": seq, "author": author, "content": content}
        return _said(await self._caller.run("chat_change", ask, now))

    async def ack(self, account: AccountId, marks: Mapping[ChatId, int]) -> dict[ChatId, int]:
        """Move cursors."""
        ask = {"account": account, "marks": list(marks.items())}
        return {ChatId(room): seq for room, seq in await self._caller.run("chat_ack", ask)}

    async def page(
        self,
        room: ChatId,
        account: AccountId,
        limit: int,
        *,
        after: int | None = None,
        before: int | None = None,
    ) -> ChatPage | Verdict:
        """A part of what a member may see."""
        ask = {"room": room, "account": account, "limit": limit, "after": after, "before": before}
        out = await self._caller.run("chat_page", ask)
        if "verdict" in out:
            return Verdict(out["verdict"])
        messages = tuple(_message(raw) for raw in out["messages"])
        return ChatPage(messages, out["end"], _seat(out["seat"]))

    async def seats(self, account: AccountId) -> tuple[Seat, ...]:
        """The rooms somebody is in."""
        raws = await self._caller.run("chat_seats", {"account": account})
        return tuple(_seat(raw) for raw in raws)

    async def members(self, room: ChatId) -> tuple[AccountId, ...]:
        """Who is in a room."""
        return tuple(await self._caller.run("chat_members", {"room": room}))

    async def living(self) -> tuple[NodeId, ...]:
        """The nodes that live."""
        return tuple(await self._caller.run("chat_living", {}))

    async def written(
        self, author: AccountId, after: tuple[ChatId, int] | None, limit: int
    ) -> tuple[Message, ...]:
        """What somebody wrote; a part that is all of rooms that are gone is passed over."""
        while True:
            ask = {"author": author, "after": after, "limit": limit}
            out = await self._caller.run("chat_written", ask)
            found = tuple(_message(raw) for raw in out["messages"])
            kept = tuple(message for message in found if not message.deleted)
            if kept or out["last"] is None:
                return kept
            after = out["last"]

    async def enter(self, account: AccountId, address: Address) -> ChatEntered | None:
        """Note a socket."""
        ask = {"account": account, "address": _address(address), "most": MOST_SOCKETS}
        out = await self._caller.run("chat_enter", ask)
        if out is None:
            return None
        replaced = tuple(msgspec.convert(raw, Address) for raw in out["replaced"])
        seats = tuple(_seat(raw) for raw in out["seats"])
        return ChatEntered(seats, replaced, tuple(out["nodes"]))

    async def exit(self, account: AccountId, address: Address) -> None:
        """Forget a socket."""
        await self._caller.run("chat_exit", {"account": account, "address": _address(address)})

    async def present(self, limit: int) -> tuple[AccountId, ...]:
        """Accounts that have a socket."""
        found = await self._caller.run("chat_present", {"limit": limit})
        return tuple(found[:limit])

    async def sweep(self, now: float, retention: Retention) -> int:
        """Prune what is too old."""
        ask = {"seconds": retention.seconds, "limit": SWEEP_LIMIT}
        return int(await self._caller.run("chat_sweep", ask, now))


def _draft(draft: ChatDraft) -> dict[str, Any]:
    return {
        name: value for name, value in msgspec.structs.asdict(draft).items() if value is not None
    }


def _address(address: Address) -> dict[str, Any]:
    return msgspec.structs.asdict(address)


def _message(raw: dict[str, Any]) -> Message:
    return msgspec.convert({"author": None, **raw}, Message)


def _seat(raw: dict[str, Any]) -> Seat:
    return msgspec.convert(raw, Seat)


def _moved(out: dict[str, Any]) -> ChatMoved | Verdict:
    if "verdict" in out:
        return Verdict(out["verdict"])
    notice = None if out["notice"] is None else _message(out["notice"])
    return ChatMoved(tuple(out["accounts"]), notice, tuple(out["nodes"]))


def _said(out: dict[str, Any]) -> Said | Verdict:
    if "verdict" in out:
        return Verdict(out["verdict"])
    message = _message(out["message"])
    return Said(message, out["fresh"], tuple(out["nodes"]), tuple(out["joined"]))

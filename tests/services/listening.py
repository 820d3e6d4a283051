"""Short words for event sockets at a house in memory, and for people who have them. For tests only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from matchd.domain.friends import Verb
from matchd.protocol.accounts import LoggedIn, SignUpBody
from matchd.protocol.events import read_bookmark
from matchd.services.admission import Presented
from matchd.services.event_session import EventSession
from matchd.services.events import EventRequest
from tests.house import PLAYER_ADDRESS, House, Outbox


class Listener(Outbox):
    """An event socket's outbox; a close is answered by leaving, as the edge sees to it."""

    def __init__(self, house: House) -> None:
        super().__init__()
        self.house = house
        self.session: EventSession | None = None

    @property
    def mark(self) -> str:
        """The id of the last frame."""
        return str(self.frames[-1]["id"])

    @property
    def events(self) -> list[dict[str, object]]:
        """What was told, without ids and words about the socket itself."""
        about = ("hello", "live", "gap", "reauth", "reauthed", "going_away", "error")
        told = [frame for frame in self.frames if frame["type"] not in about]
        return [{k: v for k, v in frame.items() if k != "id"} for frame in told]

    @property
    def numbers(self) -> list[object]:
        """The numbers of the events that tests publish."""
        return [event["n"] for event in self.events if "n" in event]

    @property
    def held(self) -> EventSession:
        """The session of a socket that was let in."""
        assert self.session is not None
        return self.session

    async def leave(self) -> None:
        """The socket is gone."""
        await self.house.events.leave(self.held)


def presented(token: str | None = None, ticket: str | None = None) -> Presented:
    """What an upgrade of /events brings."""
    return Presented("/events", PLAYER_ADDRESS, token, ticket)


async def listen(
    house: House,
    who: str = "u_ann",
    *,
    after: str | None = None,
    token: str | None = None,
    ticket: str | None = None,
    answers: bool = False,
) -> Listener:
    """Open an event socket."""
    listener = Listener(house)
    token = token if token is not None or ticket is not None else house.token(subject=who)
    place = None if after is None else read_bookmark(after)
    request = EventRequest(presented(token, ticket), place, answers=answers)
    listener.session = await house.events.enter(request, listener)
    return listener


async def sign_up(house: House, name: str = "ann") -> LoggedIn:
    """A new account, logged in."""
    body = SignUpBody(name=name, password="correct horse")
    return await house.people.accounts.sign_up(house.auth.guest(PLAYER_ADDRESS), body)


async def do(house: House, who: LoggedIn, verb: Verb, other: LoggedIn) -> None:
    """One does something about the other."""
    caller = house.auth.player(who.token, PLAYER_ADDRESS)
    await house.people.friends.change(caller, other.account.name, verb)


async def befriend(house: House, one: LoggedIn, other: LoggedIn) -> None:
    """Two become friends."""
    await do(house, one, Verb.ASK, other)
    await do(house, other, Verb.ASK, one)


@asynccontextmanager
async def telling(*houses: House) -> AsyncIterator[None]:
    """The tasks of events, of presence and of revocations run."""
    async with trio.open_nursery() as nursery:
        for house in houses:
            for task in (*house.told.tasks, *house.upkeep.tasks):
                nursery.start_soon(task)
        yield
        nursery.cancel_scope.cancel()

"""Members of a lobby on their sockets: short words for tests of both edges. For tests only."""

from __future__ import annotations

import trio

from tests.web.lobbies import Hall, Json
from tests.ws.client import refused_upgrade
from tests.ws.peers import PeerCaller, peer


async def together(hall: Hall, *others: str) -> Json:
    """Ann's lobby, with others in it."""
    made = await hall.make("ann")
    for other in others:
        assert (await hall.join(other, made))[0] == 200
    return made


async def play(
    hall: Hall, nursery: trio.Nursery, who: str, lobby: Json, query: str = ""
) -> PeerCaller:
    """A member's socket."""
    target = f"/lobby/{lobby['id']}?token={hall.tokens[who]}{query}"
    return await peer(hall.house, nursery, target)


async def connected(hall: Hall, lobby: Json) -> list[str]:
    """Who is connected, as Ann is shown it."""
    found = await hall.look("ann", lobby)
    assert found is not None
    return [one["name"].partition("~")[0] for one in found["players"] if one["connected"]]


async def status(hall: Hall, lobby: Json) -> str:
    """What the lobby does."""
    found = await hall.look("ann", lobby)
    assert found is not None
    return str(found["status"])


async def refused(hall: Hall, target: str) -> tuple[int, str]:
    """How an upgrade is refused; its twin says the same."""
    answer = await refused_upgrade(hall.house, target)
    if target.startswith("/lobby/"):
        twin = await hall.client.ask("GET", target)
        assert (twin.status, twin.code) == (answer.status, answer.json["code"])
    return answer.status, answer.json["code"]

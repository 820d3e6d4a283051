"""The lists that lobbies stand on, on every backend (domain/lobby_lists.py)."""

from __future__ import annotations

from msgspec.structs import replace

from matchd.domain.ids import Game
from matchd.domain.lobbies import Lobby, Status
from matchd.domain.lobby_lists import Sought, key_of
from matchd.store.ports import LobbyCounts
from tests.lobbies import lobby, who
from tests.store.house import House
from tests.store.test_lobbies import make


async def test_lists_and_pages(house: House) -> None:
    """By game and by state, the newest first, each once over all pages; a game that is called like
    the beginning of another is another.
    """
    for number in range(12):
        game = Game("chess" if number % 2 else "chess 2")
        house.now += 1
        state = Status.IN_PROGRESS if number % 3 == 0 else Status.WAITING
        await make(house, lobby(f"l{number}", f"p{number}", game_id=game, status=state))
    port = house.store.lobbies

    async def ids(**sought: object) -> list[str]:
        found: list[Lobby] = []
        while page := await port.page(
            Sought(**sought),  # type: ignore[arg-type]  # words of the tests below
            key_of(found[-1]) if found else None,
            5,
        ):
            found += page
        return [one.id for one in found]

    assert await ids() == [f"l{number}" for number in range(11, -1, -1)]
    assert await ids(game_id="chess") == ["l11", "l9", "l7", "l5", "l3", "l1"]
    assert await ids(status=Status.IN_PROGRESS) == ["l9", "l6", "l3", "l0"]
    assert await ids(game_id="chess", status=Status.IN_PROGRESS) == ["l9", "l3"]
    assert await ids(game_id="ches") == []
    assert await port.counts() == LobbyCounts(8, 4)


async def test_private_lobbies_are_listed_to_whom_they_concern(house: House) -> None:
    """Members, those on the list and those invited; each once though it is public, too."""
    private = lobby("l1", is_private=True, whitelist=frozenset({who("bob")}))
    await make(house, replace(private, invited={who("cid"): 1.0}))
    house.now += 1
    await make(house, lobby("l2", "dan"))
    port = house.store.lobbies
    for name, expected in {"bob": 2, "cid": 2, "ann": 2, "dan": 1, "eve": 1}.items():
        page = await port.page(Sought(viewer=who(name)), None, 10)
        assert len(page) == expected
    assert len(await port.page(Sought(every=True), None, 10)) == 2
    assert len(await port.page(Sought(), None, 10)) == 1

"""Lobbies as they are kept (wire.md 5), on every backend; the machine itself is in tests/domain."""

from __future__ import annotations

from functools import partial

import pytest
import trio
from msgspec.structs import replace

from matchd.domain import lobby_deeds as deeds
from matchd.domain.ids import AccountId, LobbyId, NodeId
from matchd.domain.lobbies import EMPTY, IDLE, Lobby, Status
from matchd.domain.lobby_lists import Change, Sought
from matchd.errors import LobbyFull
from matchd.store.ports import CodeTaken, DeadNode, Elsewhere, Logged
from tests.lobbies import here, lobby, member, who
from tests.store.house import House

L1, L2, N1 = LobbyId("l1"), LobbyId("l2"), NodeId("n1")


async def make(house: House, made: Lobby) -> Change | Elsewhere | CodeTaken | DeadNode:
    """Put a new lobby in, made now."""

    def deed(before: Lobby | None, now: float) -> Lobby:
        assert before is None
        return replace(made, created_at=now, active_at=now)

    return await house.store.lobbies.change(made.id, deed, house.now)


async def do(house: House, deed: object, *given: object, **named: object) -> object:
    """Do something in l1."""
    act = partial(_applied, deed, given, named)
    return await house.store.lobbies.change(L1, act, house.now)


def _applied(
    deed: object, given: tuple[object, ...], named: dict[str, object], before: Lobby, now: float
) -> Lobby | None:
    assert callable(deed)
    after: Lobby | None = deed(before, *given, now, **named)
    return after


def end(before: Lobby, now: float) -> None:
    """The owner ends it."""


async def enter(house: House, name: str, into: LobbyId = L1) -> object:
    """Somebody comes in."""

    def deed(before: Lobby | None, now: float) -> Lobby:
        return deeds.join(before, member(name), now)

    return await house.store.lobbies.change(into, deed, house.now)


async def test_a_lobby_is_found_by_all_its_names(house: House) -> None:
    """By its id, its code, and each of its members; and by none of them once it has ended."""
    port = house.store.lobbies
    await make(house, lobby("l1", "ann", "bob"))
    found = [await port.get(L1), await port.by_code("CODEL1"), await port.of(who("bob"))]
    assert [one and one.id for one in found] == [L1, L1, L1]
    assert found[0] == found[1] == found[2]
    assert await do(house, end) == Change(found[0], None)
    assert [await port.get(L1), await port.by_code("CODEL1"), await port.of(who("bob"))] == [
        None
    ] * 3
    assert await house.store.violations() == ()


async def test_everything_in_a_lobby_is_kept(house: House) -> None:
    """Each field comes back as it was put in, but for its version."""
    made = lobby(
        members=(member("ann", ready=True, here=here(1), public_key="a+/="),),
        whitelist=frozenset({who("bob")}),
        invited={who("cid"): 1.5},
        kicked=(who("dan"),),
        password=b"\x00\xff",
        metadata='{"a": "é\\u0000"}',
        status=Status.IN_PROGRESS,
        empty_since=2.5,
        is_private=True,
    )
    made = replace(made, name="Ünï\U0001f98a")
    assert isinstance(await make(house, made), Change)
    found = await house.store.lobbies.get(L1)
    assert found is not None
    assert replace(found, created_at=made.created_at, active_at=made.active_at) == made


async def test_one_lobby_each(house: House) -> None:
    """Who is in one makes no other and joins no other, until he has left."""
    await make(house, lobby("l1", "ann", "bob"))
    assert await make(house, lobby("l2", "bob")) == Elsewhere(L1)
    await make(house, lobby("l2", "cid"))
    assert await enter(house, "bob", L2) == Elsewhere(L1)
    await do(house, lambda before, now: deeds.leave(before, who("bob"), now))
    entered = await enter(house, "bob", L2)
    assert isinstance(entered, Change)
    assert (await house.store.lobbies.of(who("bob"))) == entered.after
    assert await house.store.violations() == ()


async def test_a_code_is_one_lobbys(house: House) -> None:
    """A second one with it is refused, and may have it when the first has ended."""
    await make(house, lobby("l1"))
    other = lobby("l2", "bob", code="CODEL1")
    assert await make(house, other) == CodeTaken()
    await do(house, end)
    assert isinstance(await make(house, other), Change)


async def test_a_refusal_changes_nothing(house: House) -> None:
    """What a deed raises reaches the caller; nothing is logged."""
    await make(house, lobby("l1", max_players=1))
    before, log = await house.store.lobbies.get(L1), await house.store.lobbies.log(0, 9)
    with pytest.raises(LobbyFull):
        await enter(house, "bob")
    assert (before, log) == (await house.store.lobbies.get(L1), await house.store.lobbies.log(0, 9))


async def test_a_deed_that_does_nothing_is_not_told(house: House) -> None:
    """Coming in twice is one entry of the log, and one version."""
    await make(house, lobby("l1"))
    first, second = await enter(house, "bob"), await enter(house, "bob")
    assert isinstance(first, Change)
    assert second == Change(first.after, first.after)
    log = await house.store.lobbies.log(0, 9)
    assert [entry.seq for entry in log.entries] == [1, 2]
    assert log.entries[1].change == first


async def test_very_many_at_once(house: House) -> None:
    """Of twenty who want the seven places seven come in, whoever is faster; no place is given twice."""
    await make(house, lobby("l1"))
    outcomes: list[str] = []

    async def attempt(name: str) -> None:
        try:
            outcomes.append(type(await enter(house, name)).__name__)
        except LobbyFull:
            outcomes.append("full")

    async with trio.open_nursery() as nursery:
        for number in range(20):
            nursery.start_soon(attempt, f"p{number}")
    assert sorted(outcomes) == ["Change"] * 7 + ["full"] * 13
    found = await house.store.lobbies.get(L1)
    assert found is not None
    assert (len(found.members), found.version) == (8, 8)
    assert await house.store.violations() == ()


async def test_one_player_through_many_doors_at_once(house: House) -> None:
    """However many lobbies somebody enters in one moment, he is in one."""
    for number in range(8):
        await make(house, lobby(f"l{number}", f"owner{number}"))
    outcomes: list[object] = []

    async def attempt(number: int) -> None:
        outcomes.append(await enter(house, "ann", LobbyId(f"l{number}")))

    async with trio.open_nursery() as nursery:
        for number in range(8):
            nursery.start_soon(attempt, number)
    assert sum(isinstance(one, Change) for one in outcomes) == 1
    assert await house.store.violations() == ()


async def test_what_is_due(house: House) -> None:
    """Each lobby at its deadline, which a deed moves; and none that has none."""
    port = house.store.lobbies
    await make(house, lobby("l1"))
    await make(house, lobby("l2", "bob"))
    await make(house, lobby("l3", "cid", members=(member("cid", here=here(1, N1)),)))
    house.now += IDLE - 1
    assert (await port.due(house.now, 9)).expired == ()
    await do(house, deeds.start)
    house.now += 1
    assert (await port.due(house.now, 9)).expired == (L2,)
    house.now += EMPTY
    assert set((await port.due(house.now, 9)).expired) == {L1, L2}
    assert len((await port.due(house.now, 1)).expired) == 1
    await do(house, deeds.expire)
    found = await port.get(L1)
    assert found is not None
    assert found.status is Status.WAITING
    assert (await port.due(house.now, 9)).expired == (L2,)


async def test_a_socket_needs_a_node_with_a_lease(house: House) -> None:
    """One of an unknown node does not come in; those of a node that ended are found by it."""
    await make(house, lobby("l1", "ann", "bob"))

    async def connect(name: str, node: str) -> object:
        def deed(before: Lobby | None, now: float) -> Lobby:
            assert before is not None
            return deeds.connect(before, who(name), here(1, node), now)

        return await house.store.lobbies.change(L1, deed, house.now, node=NodeId(node))

    assert await connect("ann", "unknown") == DeadNode()
    assert isinstance(await connect("ann", N1), Change)
    assert (await house.store.lobbies.due(house.now, 9)).bereft == ()
    await house.store.nodes.part(N1, house.now)
    assert (await house.store.lobbies.due(house.now, 9)).bereft == ((L1, N1),)
    assert await connect("bob", N1) == DeadNode()
    await do(house, lambda before, now: deeds.lose_node(before, now, N1))
    assert (await house.store.lobbies.due(house.now, 9)).bereft == ()
    assert await house.store.violations() == ()


async def test_the_log_is_read_in_pieces(house: House) -> None:
    """Each change once and in order, whatever the size of a piece; numbers that were never given are
    no gap.
    """
    for number in range(7):
        await make(house, lobby(f"l{number}", f"p{number}"))
    port = house.store.lobbies
    read: list[Logged] = []
    while piece := (await port.log(len(read), 3)).entries:
        read += piece
    assert [entry.seq for entry in read] == list(range(1, 8))
    assert [entry.change.lobby_id for entry in read] == [f"l{number}" for number in range(7)]
    last = await port.log(99, 3)
    assert (last.head, last.entries, last.gap) == (7, (), False)
    assert last.epoch == (await port.log(0, 1)).epoch != ""


async def test_old_entries_go(house: House) -> None:
    """After five minutes the next change takes them out, or the next look at what is due; and who asks
    for them is told of the gap.
    """
    await make(house, lobby("l1"))
    house.now += 301
    await enter(house, "bob")
    log = await house.store.lobbies.log(0, 9)
    assert ([entry.seq for entry in log.entries], log.head, log.gap) == ([2], 2, True)
    assert not (await house.store.lobbies.log(1, 9)).gap
    house.now += 301
    await house.store.lobbies.due(house.now, 9)
    log = await house.store.lobbies.log(1, 9)
    assert (log.entries, log.head, log.gap) == ((), 2, True)


async def test_the_log_has_a_size(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is more than it may hold goes, the oldest first."""
    for module in ("embedded.lobby_book", "redis.lobbies"):
        monkeypatch.setattr(f"matchd.store.{module}.KEPT_BYTES", 5000)
    await make(house, lobby("l1", metadata='{"a": "' + "x" * 1500 + '"}'))
    for name in ("bob", "cid", "dan"):
        await enter(house, name)
    log = await house.store.lobbies.log(0, 9)
    assert (log.entries[-1].seq, log.gap) == (4, True)
    assert len(log.entries) == 1


async def test_a_long_list_stays_whole(house: House) -> None:
    """Five hundred on a whitelist find the lobby, and leave nothing behind when it ends."""
    listed = frozenset(AccountId(f"u_{number:043d}") for number in range(500))
    await make(house, lobby("l1", is_private=True, whitelist=listed))
    for account in list(listed)[::100]:
        assert len(await house.store.lobbies.page(Sought(viewer=account), None, 9)) == 1
    await do(house, end)
    assert await house.store.lobbies.page(Sought(viewer=next(iter(listed))), None, 9) == ()
    assert await house.store.violations() == ()

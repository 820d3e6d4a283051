"""The port of events: logs that are replayed without gap or double, sockets, presence (wire.md 8)."""

from __future__ import annotations

import pytest

from matchd.domain.events import BYTES, COUNT, KEEP, SOCKETS, Presence
from matchd.domain.ids import NodeId
from matchd.store.ports import Draft, Entered, Gone, Written
from tests.store.house import socket
from tests.store.nodes import NodesHouse

ANN, BOB, GRACE = "u_ann", "x_corp:bob smith", 10.0


class Stage:
    """A store with two nodes, and short words for what happens on it."""

    def __init__(self, house: NodesHouse) -> None:
        self.house = house
        self.events = house.store.events
        self._number = 0

    async def enter(
        self,
        who: str = ANN,
        number: int = 1,
        node: str = "n1",
        *,
        after: int | None = None,
        turn: int | None = None,
    ) -> Entered:
        """A socket enters, or says that it is there."""
        entered = await self.events.enter(
            who, socket(number, node), after=after, turn=turn, now=self.house.now
        )
        assert entered is not None
        return entered

    async def leave(self, who: str = ANN, number: int = 1, node: str = "n1") -> None:
        """A socket leaves."""
        where = socket(number, node)
        await self.events.leave(who, where, grace=GRACE, now=self.house.now)

    async def tell(self, text: str, *logs: str, node: str = "n1") -> Written:
        """An event in a batch of its own."""
        self._number += 1
        drafts = (Draft(logs or (ANN,), text),)
        written = await self.events.append(NodeId(node), self._number, drafts, self.house.now)
        return written[0]

    async def sweep(self, seconds: float) -> tuple[str, ...]:
        """Let time pass for both nodes; who is away from now on."""
        await self.house.goes_on(seconds, "n1", "n2")
        gone: Gone = await self.events.sweep(grace=GRACE, now=self.house.now)
        return gone.accounts

    async def here(self) -> dict[str, str]:
        """Who is there, and where."""
        present = await self.events.present([ANN, BOB])
        return {who: presence.value for who, presence in present.items()}


@pytest.fixture
async def stage(nodes: NodesHouse) -> Stage:
    """Two nodes have joined."""
    await nodes.joins("n1", "n2")
    return Stage(nodes)


def texts(entered: Entered) -> list[str]:
    """What a socket was given."""
    return [entry.text for entry in entered.entries]


async def test_what_comes_after_a_place_is_replayed(stage: Stage) -> None:
    """All of it, in order, and nothing of others."""
    first = await stage.enter()
    await stage.enter(BOB, 2)
    for text, log in (("é1", ANN), ("b", BOB), ("2", ANN)):
        await stage.tell(text, log)
    again = await stage.enter(number=3, after=first.position)
    assert (texts(again), again.gap) == (["é1", "2"], False)
    assert sorted(entry.id for entry in again.entries) == [entry.id for entry in again.entries]
    assert all(first.position < entry.id < again.position for entry in again.entries)


async def test_without_a_place_it_begins_now(stage: Stage) -> None:
    """A new socket is told nothing old."""
    await stage.enter()
    await stage.tell("1")
    entered = await stage.enter(number=2)
    assert (entered.entries, entered.gap) == ((), False)


async def test_each_entry_knows_the_one_before(stage: Stage) -> None:
    """So whoever is told of one sees whether he has missed another; each node is told once."""
    await stage.enter(node="n1", number=1)
    await stage.enter(node="n2", number=2)
    await stage.enter(BOB, node="n2", number=3)
    first = await stage.tell("1", ANN, BOB)
    second = await stage.tell("2", BOB, node="n2")
    third = await stage.tell("3", ANN, BOB)
    n1, n2 = NodeId("n1"), NodeId("n2")
    assert first.nodes == {n1: ((ANN, 0),), n2: ((ANN, 0), (BOB, 0))}
    assert second.nodes == {n2: ((BOB, first.id),)}
    assert third.nodes == {n1: ((ANN, first.id),), n2: ((ANN, first.id), (BOB, second.id))}
    assert first.id < second.id < third.id


async def test_an_event_is_told_to_nodes_with_sockets(stage: Stage) -> None:
    """To all of those, and to no other."""
    await stage.enter(node="n2")
    assert set((await stage.tell("1")).nodes) == {"n2"}
    await stage.leave(node="n2")
    assert (await stage.tell("2")).nodes == {}


async def test_nothing_is_written_for_who_was_never_there(stage: Stage) -> None:
    """He reads how things stand when he comes, so friends by the thousand cost nothing."""
    assert (await stage.tell("1")).nodes == {}
    entered = await stage.enter(after=1)
    assert (entered.entries, entered.gap) == ((), True)


async def test_a_batch_is_written_once(stage: Stage) -> None:
    """Again, since its answer was lost, it is answered as before."""
    first = await stage.enter()
    drafts = (Draft((ANN,), "1"), Draft((ANN, BOB), "2"))
    append, now = stage.events.append, stage.house.now
    written = await append(NodeId("n1"), 7, drafts, now)
    assert written == await append(NodeId("n1"), 7, drafts, now)
    await append(NodeId("n2"), 7, drafts[:1], now)
    assert texts(await stage.enter(after=first.position)) == ["1", "2", "1"]


@pytest.mark.parametrize(("size", "kept"), [(1, COUNT), (BYTES // 4, 4), (BYTES, 1)])
async def test_logs_are_bounded(stage: Stage, size: int, kept: int) -> None:
    """The latest stay, and who asks for older ones is told of the gap."""
    first = await stage.enter()
    told = [await stage.tell("x" * size) for _ in range(kept + 2)]
    entered = await stage.enter(after=first.position)
    assert ([one.id for one in told[2:]], True) == (
        [entry.id for entry in entered.entries],
        entered.gap,
    )
    for place, gap in ((told[0].id, True), (told[1].id, False)):
        assert gap == (await stage.enter(after=place)).gap


async def test_five_minutes_are_kept(stage: Stage) -> None:
    """What is older is not replayed; who was away for longer is told of a gap."""
    first = await stage.enter()
    await stage.tell("1")
    await stage.sweep(KEEP - 10)
    second = await stage.tell("2")
    assert texts(await stage.enter(after=first.position)) == ["1", "2"]
    await stage.sweep(20)
    entered = await stage.enter(after=first.position)
    assert (texts(entered), entered.gap) == (["2"], True)
    assert not (await stage.enter(after=second.id)).gap


@pytest.mark.parametrize("ahead", [1, 10**15])
async def test_a_place_that_is_yet_to_come_is_a_gap(stage: Stage, ahead: int) -> None:
    """The store has lost what this socket has seen, or it was made up."""
    first = await stage.enter()
    entered = await stage.enter(after=first.position + ahead)
    assert (entered.entries, entered.gap) == ((), True)


async def test_a_node_without_a_lease_brings_nobody(stage: Stage) -> None:
    """Nobody would clean up after it."""
    entered = await stage.events.enter(
        ANN, socket(1, "n3"), after=None, turn=None, now=stage.house.now
    )
    assert (entered, await stage.here()) == (None, {})


async def test_the_ninth_socket_ends_the_oldest(stage: Stage) -> None:
    """Over all nodes; one that says again that it is there keeps its turn."""
    entered = [
        await stage.enter(number=number, node=f"n{1 + number % 2}") for number in range(SOCKETS)
    ]
    assert not any(one.replaced for one in entered)
    turns = [one.turn for one in entered]
    assert sorted(turns) == turns
    assert not (await stage.enter(number=0, node="n1", turn=turns[0])).replaced
    assert (await stage.enter(number=9)).replaced == (socket(0, "n1"),)
    again = await stage.enter(number=0, node="n1", turn=turns[0])
    assert again.replaced == (socket(0, "n1"),)


async def test_presence_begins_with_the_first_socket(stage: Stage) -> None:
    """The second one is no news; each account is there by itself."""
    assert await stage.here() == {}
    assert (await stage.enter()).appeared
    assert not (await stage.enter(number=2)).appeared
    assert await stage.here() == {ANN: "online"}
    assert (await stage.enter(BOB, 3)).appeared
    assert await stage.here() == {ANN: "online", BOB: "online"}


async def test_presence_ends_a_grace_after_the_last_socket(stage: Stage) -> None:
    """That is told once; who comes back before has never been away."""
    await stage.enter()
    await stage.enter(number=2, node="n2")
    await stage.leave()
    assert await stage.sweep(GRACE + 1) == ()
    await stage.leave(number=2, node="n2")
    assert (await stage.sweep(GRACE - 1), await stage.here()) == ((), {ANN: "online"})
    assert not (await stage.enter()).appeared
    assert await stage.sweep(GRACE) == ()
    await stage.leave()
    await stage.leave()
    assert (await stage.sweep(GRACE), await stage.here()) == ((ANN,), {})
    assert await stage.sweep(1) == ()
    assert (await stage.enter()).appeared


async def test_who_left_lately_can_ask_for_what_he_missed(stage: Stage) -> None:
    """Also after he counts as away; when nothing can be replayed any more he is forgotten."""
    first = await stage.enter()
    await stage.leave()
    assert await stage.sweep(GRACE + 1) == (ANN,)
    assert (await stage.tell("1")).nodes == {}
    entered = await stage.enter(number=2, after=first.position)
    assert (texts(entered), entered.gap, entered.appeared) == ((["1"], False, True))
    await stage.leave(number=2)
    await stage.sweep(GRACE + KEEP)
    await stage.sweep(1)
    await stage.tell("2")
    assert (await stage.enter(number=3, after=entered.position)).entries == ()


async def test_where_somebody_is(stage: Stage) -> None:
    """It is seen while he is there, and news only when it is another place."""
    place = stage.events.place
    assert not await place(ANN, Presence.LOBBY)
    await stage.enter()
    assert await stage.here() == {ANN: "lobby"}
    assert not await place(ANN, Presence.LOBBY)
    assert await place(ANN, Presence.GAME)
    assert await place(ANN, Presence.ONLINE)
    assert not await place(ANN, Presence.ONLINE)
    assert await stage.here() == {ANN: "online"}


async def test_the_sockets_of_a_dead_node_are_gone(stage: Stage) -> None:
    """Whose last ones they were is away after the grace, found by one node alone."""
    for number in range(3):
        await stage.enter(f"u_{number}", number, "n2")
    await stage.enter(number=7, node="n2")
    await stage.enter(number=8, node="n1")
    await stage.house.goes_on(11, "n1")
    gone = [await stage.events.sweep(grace=GRACE, now=stage.house.now) for _ in range(2)]
    assert [one.accounts for one in gone] == [(), ()]
    assert set((await stage.tell("1")).nodes) == {"n1"}
    await stage.house.goes_on(GRACE, "n1")
    gone = [await stage.events.sweep(grace=GRACE, now=stage.house.now) for _ in range(2)]
    assert [sorted(one.accounts) for one in gone] == [["u_0", "u_1", "u_2"], []]
    assert await stage.here() == {ANN: "online"}


async def test_very_many_are_swept_in_steps(stage: Stage) -> None:
    """Each of them once."""
    for number in range(250):
        await stage.enter(f"u_{number}", number, "n2")
    await stage.house.goes_on(11, "n1")
    found: list[str] = []
    for seconds in (0, GRACE):
        await stage.house.goes_on(seconds, "n1")
        more = True
        while more:
            gone = await stage.events.sweep(grace=GRACE, now=stage.house.now)
            found += gone.accounts
            more = gone.more
    assert sorted(found) == sorted(f"u_{number}" for number in range(250))

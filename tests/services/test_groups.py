"""Rooms across several nodes: who meets whom, coming back elsewhere, death, outages, churn."""

from __future__ import annotations

import msgspec
import pytest
import trio
import trio.testing

from matchd.domain.groups import Member
from matchd.errors import Refusal, StoreUnavailable
from matchd.protocol.news import Close, PeerCame, PeerWent
from matchd.services import group_company
from tests.history.peers import disorders, overtakings, present
from tests.services.meeting import Meeting, Socket
from tests.services.several import Node, quietly
from tests.thorough import TIMES

Clock = trio.testing.MockClock


@pytest.fixture
async def meeting(nursery: trio.Nursery) -> Meeting:
    """Nodes that are not started yet, and nobody there."""
    return Meeting(nursery)


def came(*sockets: Socket) -> list[dict[str, str]]:
    """What announces these."""
    return [{"NewPeer": socket.peer} for socket in sockets]


def gone(*sockets: Socket) -> list[dict[str, str]]:
    """What says that these are gone."""
    return [{"PeerLeft": socket.peer} for socket in sockets]


def came_again(member: Member) -> PeerCame:
    """The news of a member that has come back with another socket."""
    return group_company.came(msgspec.structs.replace(member, turn=member.turn + 1))


async def test_peers_meet_across_nodes(meeting: Meeting, autojump_clock: Clock) -> None:
    """They are announced, talk and leave as on one node; a signal asks no store."""
    one, two = await meeting.start("n1", "n2")
    first, second = await meeting.come(one), await meeting.come(two)
    await trio.sleep(0.1)
    for number in range(100):
        second.say(first.peer, number)
    await trio.sleep(0.1)
    heard = [{"Signal": {"sender": second.peer, "data": n}} for n in range(100)]
    assert first.news == came(second) + heard
    await meeting.lose(second)
    await trio.sleep(0.1)
    assert first.news[-1:] == gone(second)
    assert await meeting.ghosts() == set()


async def test_pairs_across_nodes(meeting: Meeting, autojump_clock: Clock) -> None:
    """1,000 that come to one `next=2` room at once by three nodes are pairs with one NewPeer each."""
    nodes = await meeting.start("n1", "n2", "n3")
    meeting.slow = 0.05

    async def come(node: Node) -> None:
        await meeting.come(node, next=2)

    async with trio.open_nursery() as crowd:
        for number in range(1000):
            crowd.start_soon(come, nodes[number % 3])
    await trio.sleep(5)
    pairs = [(socket.peer, one["NewPeer"]) for socket in meeting.open for one in socket.news]
    assert len(pairs) == 500
    assert len({name for pair in pairs for name in pair}) == 1000


async def test_a_node_dies(meeting: Meeting, autojump_clock: Clock) -> None:
    """Its matchbox peers are told to be gone once, by another node, and leave no trace."""
    one, two, _ = await meeting.start("n1", "n2", "n3")
    first, second = await meeting.come(one), await meeting.come(two)
    lone = await meeting.come(two, "alone")
    await trio.sleep(0.1)
    meeting.kill(two)
    await trio.sleep(15)
    assert first.news == came(second) + gone(second)
    assert await meeting.ghosts() == set()
    assert lone.news == []


async def test_coming_back_by_another_node(meeting: Meeting, autojump_clock: Clock) -> None:
    """The same id and place, a `resync` once everybody talks to the new one, and nobody is told."""
    one, two = await meeting.start("n1", "n2")
    stock, native = await meeting.come(one), await meeting.come(two, native=True)
    await trio.sleep(0.1)
    await meeting.lose(native)
    stock.say(native.peer, "missed")
    again = await meeting.come(one, native=True, resume=native.resume)
    await trio.sleep(0.1)
    assert (again.peer, again.heard[0]["resumed"]) == (native.peer, True)
    assert again.news == [{"type": "resync"}]
    stock.say(native.peer, "live")
    await trio.sleep(0.1)
    assert again.news[1:] == [{"type": "signal", "from": stock.peer, "data": "live"}]
    await trio.sleep(60)
    assert stock.news == came(native)
    assert await meeting.ghosts() == set()


async def test_older_news_after_coming_back(meeting: Meeting, autojump_clock: Clock) -> None:
    """Whom the roster does not name is not announced, though news of him is still on its way."""
    one, two = await meeting.start("n1", "n2")
    former, other = await meeting.come(one, native=True), await meeting.come(two, native=True)
    await trio.sleep(0.1)
    await meeting.lose(former)
    meeting.loses_letters = 1.0
    await meeting.lose(other, clean=True)
    again = await meeting.come(one, native=True, resume=former.resume)
    assert (again.peer, again.heard[0]["roster"]) == (former.peer, [])
    assert former.session is not None
    assert other.session is not None
    late = came_again(other.session.member)
    former.session.deliver(late)
    former.session.deliver(PeerWent(late.peer, "left"))
    assert again.news == []


async def test_coming_back_from_a_dead_node(meeting: Meeting, autojump_clock: Clock) -> None:
    """A native peer whose node died has its place at another, before and after that was found."""
    one, two = await meeting.start("n1", "n2")
    stock = await meeting.come(one)
    early = await meeting.come(two, native=True)
    late = await meeting.come(two, native=True)
    lost = await meeting.come(two, native=True)
    await trio.sleep(0.1)
    meeting.kill(two)
    back = [await meeting.come(one, native=True, resume=early.resume)]
    await trio.sleep(20)
    back.append(await meeting.come(one, native=True, resume=late.resume))
    await trio.sleep(45)
    assert [one.peer for one in back] == [early.peer, late.peer]
    assert stock.news == came(early, late, lost) + gone(lost)
    stock.say(late.peer, 1)
    await trio.sleep(0.1)
    assert back[1].news[-1] == {"type": "signal", "from": stock.peer, "data": 1}
    assert await meeting.ghosts() == set()


async def test_a_node_that_was_paused(meeting: Meeting, autojump_clock: Clock) -> None:
    """Its sockets are closed 1012; native peers come back, the others were told to be gone."""
    one, two = await meeting.start("n1", "n2")
    first = await meeting.come(one)
    second, native = await meeting.come(two), await meeting.come(two, native=True)
    await trio.sleep(0.1)
    two.pause()
    await trio.sleep(15)
    two.resume()
    await trio.sleep(3)
    assert (second.code, native.code) == (Close.RESTART, Close.RESTART)
    again = await meeting.come(two, native=True, resume=native.resume)
    await trio.sleep(60)
    assert again.peer == native.peer
    assert first.news == came(second, native) + gone(second)
    assert await meeting.ghosts() == set()


async def test_without_the_store(meeting: Meeting, autojump_clock: Clock) -> None:
    """Those inside talk, newcomers are refused 503, and who left is told once it is back."""
    (one,) = await meeting.start("n1")
    first, second, third = [await meeting.come(one) for _ in range(3)]
    one.cut()
    first.say(second.peer, 1)
    assert second.news[-1] == {"Signal": {"sender": first.peer, "data": 1}}
    with pytest.raises(StoreUnavailable):
        await meeting.come(one)
    await meeting.lose(third)
    one.heal()
    await trio.sleep(30)
    assert second.news[-1:] == gone(third)
    assert await meeting.ghosts() == set()
    assert first.news == came(second, third) + gone(third)


async def test_lost_answers(meeting: Meeting, autojump_clock: Clock) -> None:
    """Who was let in although he was told otherwise does not stay behind."""
    one, two = await meeting.start("n1", "n2")
    one.link.loses_answers = 1.0
    assert await quietly(meeting.come(one, next=2)) is None
    assert await quietly(meeting.come(one, native=True)) is None
    one.link.loses_answers = 0.0
    await trio.sleep(30)
    assert await meeting.ghosts() == set()
    first, second = await meeting.come(two, next=2), await meeting.come(two, next=2)
    await trio.sleep(0.1)
    assert first.news == came(second)


async def test_a_store_that_forgot(meeting: Meeting, autojump_clock: Clock) -> None:
    """Those inside stay together, and newcomers meet them."""
    one, two = await meeting.start("n1", "n2")
    first, second = await meeting.come(one), await meeting.come(two)
    await trio.sleep(0.1)
    meeting.forget()
    await trio.sleep(20)
    third = await meeting.come(two)
    await trio.sleep(0.1)
    assert (first.news, second.news) == (came(second, third), came(third))
    assert await meeting.ghosts() == set()


async def churn(meeting: Meeting, nodes: tuple[Node, ...], rooms: int) -> None:
    """One peer after the other comes, talks, and goes somehow; native ones come back, too."""
    rng = meeting.rng
    resume: tuple[str, str] | None = None
    for number in range(60):
        await trio.sleep(rng.expovariate(2))
        room = f"r{rng.randrange(rooms)}"
        living = [node for node in nodes if node.alive]
        try:
            if resume is not None and rng.random() < 0.8:
                room, text = resume
                socket = await meeting.come(rng.choice(living), room, native=True, resume=text)
            else:
                native = rng.random() < 0.5
                socket = await meeting.come(rng.choice(living), room, native=native)
        except Refusal:
            continue
        for _ in range(rng.randrange(8)):
            await trio.sleep(rng.expovariate(5))
            for other in [one for one in meeting.open if one is not socket][:4]:
                socket.say(other.peer, number * 100 + _)
        resume = (room, socket.resume) if "resume" in socket.heard[0] else None
        await meeting.lose(socket, clean=rng.random() < 0.3)


async def settled(meeting: Meeting, nodes: tuple[Node, ...]) -> None:
    """Nothing is in the way any more, and everything has had its time."""
    meeting.loses_letters = 0.0
    for node in nodes:
        node.link.loses_answers = 0.0
        node.resume()
        node.heal()
    await trio.sleep(90)
    assert disorders(meeting.histories.values()) == []
    assert await meeting.ghosts() == set()
    assert await meeting.store.violations() == ()


@pytest.mark.parametrize("seed", range(3 * TIMES))
@pytest.mark.parametrize("count", [1, 3])
async def test_order_under_churn(
    nursery: trio.Nursery, autojump_clock: Clock, seed: int, count: int
) -> None:
    """Each hears of each in order, though ways are slow; in the end all know who is there."""
    meeting = Meeting(nursery, seed, slow=0.05 if count > 1 else 0.0)
    nodes = await meeting.start(*(f"n{number}" for number in range(count)))
    async with trio.open_nursery() as crowd:
        for _ in range(5):
            crowd.start_soon(churn, meeting, nodes, 2)
    stay = [await meeting.come(nodes[n % count], f"r{n % 2}") for n in range(6)]
    await settled(meeting, nodes)
    assert overtakings(meeting.histories.values()) == []
    for socket in stay:
        assert socket.ear is not None
        others = {one.peer for one in stay if one.ear and one.ear.room == socket.ear.room}
        alive = {name for name in present(socket.ear, meeting.histories) if name in others}
        assert alive == others - {socket.peer}


@pytest.mark.parametrize("seed", range(3 * TIMES))
async def test_order_under_faults(nursery: trio.Nursery, autojump_clock: Clock, seed: int) -> None:
    """So it is while nodes are cut off, paused and killed, and letters and answers are lost."""
    meeting = Meeting(nursery, seed, slow=0.05)
    nodes = await meeting.start("n1", "n2", "n3")
    meeting.loses_letters = 0.02
    for node in nodes:
        node.link.loses_answers = 0.02

    async def trouble() -> None:
        for _ in range(6):
            await trio.sleep(meeting.rng.uniform(2, 8))
            node = meeting.rng.choice(nodes[:2])
            act, undo = meeting.rng.choice(((node.cut, node.heal), (node.pause, node.resume)))
            act()
            await trio.sleep(meeting.rng.uniform(0.5, 15))
            undo()
        meeting.kill(nodes[0])

    async with trio.open_nursery() as crowd:
        crowd.start_soon(trouble)
        for _ in range(4):
            crowd.start_soon(churn, meeting, nodes, 2)
    await settled(meeting, nodes)

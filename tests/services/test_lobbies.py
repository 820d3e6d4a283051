"""What happens to lobbies by itself, and what their sockets mean (wire.md 5)."""

from __future__ import annotations

import itertools

import pytest
import trio

from matchd.domain.accounts import Ban
from matchd.domain.events import Presence
from matchd.domain.ids import AccountId, Address, LobbyId, NodeId, PeerId
from matchd.domain.lobbies import EMPTY, IDLE, Lobby, Status
from matchd.errors import Forbidden, StoreUnavailable, UnknownLobby
from matchd.protocol.news import Close, Ended, News
from tests.house import House
from tests.lobbies import lobby, member, who
from tests.store.people import account

L1 = LobbyId("l1")
_numbers = itertools.count(1)


class Box:
    """A socket's mailbox."""

    def __init__(self, house: House) -> None:
        self.news: list[News] = []
        self.address = house.hub.register(self)
        self.peer = PeerId(f"peer-{next(_numbers)}")

    def deliver(self, news: News) -> None:
        """Keep it."""
        self.news.append(news)

    @property
    def code(self) -> Close | None:
        """How it was ended."""
        return next((one.code for one in self.news if isinstance(one, Ended)), None)


async def put(house: House, made: Lobby) -> None:
    """Put a lobby in, made now; its members have accounts."""
    for one in made.members:
        await house.store.accounts.create(account(one.handle))

    def deed(before: Lobby | None, now: float) -> Lobby:
        return lobby(made.id, members=made.members, owner="ann", created_at=now, active_at=now)

    await house.lobbies.lobbies._changes.do(made.id, deed)


async def connect(house: House, name: str) -> Box:
    """Somebody's socket comes."""
    box = Box(house)
    await house.lobbies.seats.connected(who(name), L1, box.peer, box.address)
    return box


async def gone(house: House, name: str, box: Box) -> None:
    """Somebody's socket has ended."""
    await house.lobbies.seats.disconnected(who(name), L1, box.address)


async def found(house: House) -> Lobby | None:
    """The lobby."""
    return await house.store.lobbies.get(L1)


async def state(house: House) -> Status | None:
    """What the lobby is doing."""
    one = await found(house)
    return None if one is None else one.status


@pytest.fixture
async def house() -> House:
    """A house in which Ann and Bob are in l1."""
    house = House()
    await put(house, lobby("l1", "ann", "bob"))
    return house


async def test_the_owners_socket_begins_the_game(house: House) -> None:
    """And the others' do not; which peer is which player is known to members."""
    bob = await connect(house, "bob")
    assert await state(house) is Status.WAITING
    ann = await connect(house, "ann")
    assert await state(house) is Status.IN_PROGRESS
    peers = await house.lobbies.views.peers(house.player("u_bob"), L1)
    named = {peer: (one.name, one.is_you) for peer, one in peers.items()}
    assert named == {bob.peer: ("bob", True), ann.peer: ("ann", False)}


async def test_a_newer_socket_of_the_same_player(house: House) -> None:
    """Ends the older one, whose end then means nothing."""
    first, second = await connect(house, "bob"), await connect(house, "bob")
    assert (first.code, second.code) == (Close.REPLACED, None)
    await gone(house, "bob", first)
    peers = await house.lobbies.views.peers(house.player("u_bob"), L1)
    assert list(peers) == [second.peer]


async def test_nobody_connected_any_more(house: House, autojump_clock: object) -> None:
    """After half a minute it waits again, and after a quarter of an hour it is gone."""
    ann = await connect(house, "ann")
    await gone(house, "ann", ann)
    await trio.sleep(EMPTY - 1)
    await house.lobbies.keeper.tend()
    assert await state(house) is Status.IN_PROGRESS
    await trio.sleep(1)
    await house.lobbies.keeper.tend()
    assert await state(house) is Status.WAITING
    await trio.sleep(IDLE)
    await house.lobbies.keeper.tend()
    assert await found(house) is None
    assert await house.store.lobbies.of(who("bob")) is None


async def test_started_without_sockets(house: House, autojump_clock: object) -> None:
    """It waits again after half a minute, so that nobody is locked in."""
    await house.lobbies.lobbies.start(house.player("u_ann"), L1)
    await trio.sleep(EMPTY)
    await house.lobbies.keeper.tend()
    assert await state(house) is Status.WAITING


async def test_coming_back_in_time(house: House, autojump_clock: object) -> None:
    """The game goes on."""
    await gone(house, "ann", await connect(house, "ann"))
    await trio.sleep(EMPTY - 1)
    await connect(house, "bob")
    await trio.sleep(EMPTY)
    await house.lobbies.keeper.tend()
    assert await state(house) is Status.IN_PROGRESS


async def test_nothing_expires_while_the_daemon_stops(house: House, autojump_clock: object) -> None:
    """What a snapshot keeps is not taken away before."""
    house.current.draining = True
    await trio.sleep(2 * IDLE)
    await house.lobbies.keeper.tend()
    assert await found(house) is not None


async def test_what_ends_a_socket(house: House) -> None:
    """Being put out, leaving, the lobby's end: each with its code, for nobody else."""
    await put_in(house, "cid")
    boxes = {name: await connect(house, name) for name in ("ann", "bob", "cid")}
    await house.lobbies.lobbies.kick(house.player("u_ann"), L1, "bob")
    assert [box.code for box in boxes.values()] == [None, Close.FORBIDDEN, None]
    await house.lobbies.lobbies.leave(house.player("u_cid"), L1)
    assert boxes["cid"].code is Close.GONE
    await house.lobbies.lobbies.delete(house.player("u_ann"), L1)
    assert boxes["ann"].code is Close.GONE
    await gone(house, "ann", boxes["ann"])
    assert await found(house) is None


async def put_in(house: House, name: str) -> None:
    """Somebody more comes in."""
    await house.store.accounts.create(account(name))

    def deed(before: Lobby | None, now: float) -> Lobby:
        assert before is not None
        return lobby("l1", members=(*before.members, member(name)), created_at=before.created_at)

    await house.lobbies.lobbies._changes.do(L1, deed)


async def test_friends_see_who_is_in_a_lobby(house: House) -> None:
    """From coming in to going, whoever makes him go."""
    said: list[tuple[str, Presence]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(house.presence, "place", lambda *placed: said.append(placed))
        await put_in(house, "cid")
        await connect(house, "cid")
        await house.lobbies.lobbies.kick(house.player("u_ann"), L1, "cid")
        await house.lobbies.lobbies.leave(house.player("u_bob"), L1)
        await house.lobbies.lobbies.delete(house.player("u_ann"), L1)
    assert said == [
        ("u_cid", Presence.LOBBY),
        ("u_cid", Presence.ONLINE),
        ("u_bob", Presence.ONLINE),
        ("u_ann", Presence.ONLINE),
    ]


async def test_who_may_connect(house: House) -> None:
    """Members; others not, nor anybody where there is no lobby; nor a node without a lease."""
    seats, here = house.lobbies.seats, Address(NodeId("n1"), 99)
    assert (await seats.check(who("bob"), L1)).id == L1
    for lobby_id, refusal in ((L1, Forbidden), (LobbyId("l2"), UnknownLobby)):
        with pytest.raises(refusal):
            await seats.check(who("eve"), lobby_id)
        with pytest.raises(refusal):
            await seats.connected(who("eve"), lobby_id, PeerId("p"), here)
    with pytest.raises(StoreUnavailable):
        await seats.connected(who("bob"), L1, PeerId("p"), Address(NodeId("n9"), 1))
    assert (await seats.home(who("bob"))) == await found(house)


async def test_a_node_dies(house: House, autojump_clock: object) -> None:
    """Its sockets are taken out by whoever looks next, and the game ends half a minute later."""
    await connect(house, "ann")
    await house.store.nodes.part(NodeId("n1"), house.clock.now())
    await house.lobbies.keeper.tend()
    one = await found(house)
    assert one is not None
    assert not one.busy
    await trio.sleep(EMPTY)
    await house.lobbies.keeper.tend()
    assert await state(house) is Status.WAITING


@pytest.mark.parametrize("banned", [False, True])
async def test_an_account_goes(house: House, banned: bool) -> None:
    """Whoever is erased or banned leaves, and the oldest member owns what was his."""
    box, now = await connect(house, "ann"), house.clock.wall()
    if banned:
        await house.store.accounts.ban(who("ann"), Ban("spam", now), now)
    else:
        await house.store.accounts.delete(who("ann"), now)
    await house.revocations.read()
    await house.lobbies.keeper.tend()
    one = await found(house)
    assert one is not None
    assert (one.owner, len(one.members)) == (who("bob"), 1)
    assert box.code is Close.GONE


async def test_who_is_let_in_again_stays(house: House) -> None:
    """An old ban that is read once more, by a node that starts, takes nobody out."""
    now = house.clock.wall()
    await house.store.accounts.ban(who("ann"), Ban("spam", now), now)
    await house.store.accounts.unban(who("ann"))
    await house.revocations.read()
    await house.lobbies.keeper.tend()
    one = await found(house)
    assert one is not None
    assert one.owner == who("ann")


async def test_a_logout_keeps_the_lobby(house: House) -> None:
    """It ends a socket, not a membership."""
    house.lobbies.keeper.end_account(who("ann"), Close.UNAUTHORIZED, "logged out")
    await house.lobbies.keeper.tend()
    one = await found(house)
    assert one is not None
    assert one.member(AccountId("u_ann")) is not None


async def test_the_store_is_away(house: House, autojump_clock: object) -> None:
    """What could not be done is tried again."""
    now = house.clock.wall()
    await house.store.accounts.delete(who("ann"), now)
    await house.revocations.read()
    port, calls = house.core.store.lobbies, 0
    original = port.of

    async def of(account: AccountId) -> Lobby | None:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise StoreUnavailable
        return await original(account)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(port, "of", of)
        with trio.move_on_after(3):
            await house.lobbies.keeper.run()
    one = await found(house)
    assert one is not None
    assert one.member(who("ann")) is None

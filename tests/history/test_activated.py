"""A daemon whose socket is systemd's, restarted under load: nobody is refused, nothing is lost."""

import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

import pytest
import trio

from tests.daemon.conftest import site as daemon_site
from tests.daemon.coturn import HOST
from tests.daemon.process import Site
from tests.daemon.test_listen import activated
from tests.history.chatting import Room
from tests.history.checker import check
from tests.history.judge import judge
from tests.history.load import Load, Size, load
from tests.history.record import Call, Closed, Event, Opened, Operation, Side
from tests.history.rules import Excuses, Rules, Window

site = daemon_site

RESTARTS, MEMBERS = 2, 4
SIZE = Size(hosts=4, players=5, lookers=1, patience=60)
SETTLE = 60


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """What the socket unit holds: who connects while no daemon runs waits there."""
    with socket.create_server((HOST, 0), backlog=1024) as made:
        yield made


class Lives:
    """The daemon, stopped and started again for the socket that stays."""

    def __init__(self, site: Site, listener: socket.socket) -> None:
        self.begun, self.last_begun, self.over = trio.Event(), trio.Event(), trio.Event()
        self.downtimes: list[Window] = []
        self._site = site
        self._listener = listener

    async def run(self, clients: Load) -> None:
        """Run until it is over, with all restarts before."""
        self._site.config["server"]["listen"] = ["fd://"]
        command, fds = activated(self._listener), (self._listener.fileno(),)
        stopped = None
        for number in range(RESTARTS + 1):
            async with self._site.daemon(command=command, pass_fds=fds, patience=SETTLE):
                self.begun.set()
                if stopped is not None:
                    self.downtimes.append((stopped, clients.history.clock()))
                if number == RESTARTS:
                    self.last_begun.set()
                    await self.over.wait()
                else:
                    await clients.go_on(1.5)
                stopped = clients.history.clock()


@asynccontextmanager
async def talking(room: Room) -> AsyncIterator[None]:
    """Every member of a new room speaks and listens during the body; then all hear the rest."""
    await room.fill(MEMBERS)
    over = trio.Event()

    async def talk(number: int) -> None:
        turn = 0
        while not over.is_set():
            turn += 1
            await room.members[number].say(f"{number}.{turn}")
            await trio.sleep(0.05)

    # Those who listen go on until all has been said.
    async with trio.open_nursery() as listening:
        # All speak at once.
        async with trio.open_nursery() as speaking:
            for number, member in enumerate(room.members):
                listening.start_soon(member.listen)
                speaking.start_soon(talk, number)
            yield
            over.set()
        listening.cancel_scope.cancel()
    with trio.fail_after(SETTLE):
        await room.settle()
    await room.close()


async def test_nobody_notices(site: Site, listener: socket.socket) -> None:
    """Over restarts every call is answered, those who wait in line with word to come again; each
    socket is told 1012, no booking is lost, and every message of the chat reaches everybody once.
    """
    lives, address = Lives(site, listener), f"{HOST}:{listener.getsockname()[1]}"
    room = Room([address], site.learn, seed=5)
    secret = site.secret("host_secret")
    # The daemon lives beside its clients.
    async with (
        load([address], seed=5, secret=secret, learn=site.learn, size=SIZE) as clients,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(lives.run, clients)
        await lives.begun.wait()
        async with talking(room):
            await lives.last_begun.wait()
            await clients.go_on(1.5)
        ending = (
            clients.history.clock()
        )  # from here on a host may be cut off in the middle of a beat
        await clients.finish()
        lives.over.set()
    judge(clients.history, site.directory, Rules(), Excuses(faults=tuple(lives.downtimes)))
    verdict = check(room.history.events)
    assert not verdict.violations, verdict
    calls = [event for event in clients.history.events if isinstance(event, Call)]
    asked = [call for call in calls if call.end < ending]
    lost = [str(call) for call in asked if call.unknown and not comes_again(call)]
    assert lost == [], lives.downtimes
    assert ends_of_hosts(clients.history.events) == {1012}
    assert len(lives.downtimes) == RESTARTS


def comes_again(call: Call) -> bool:
    """Whether a call that stays, a wait for a host or a socket, was told to come again."""
    waits = call.operation is Operation.LOOK or '"wait"' in call.asked.body
    stays = waits or call.operation is Operation.CONNECT
    return stays and call.told is not None and call.told.status == 503


def ends_of_hosts(events: Sequence[Event]) -> set[int]:
    """The close codes of hosts' sockets, which hosts themselves never end."""
    opened = [event for event in events if isinstance(event, Opened)]
    sockets = {event.observer for event in opened if event.side is Side.HOST}
    closed = [event for event in events if isinstance(event, Closed)]
    return {event.code for event in closed if event.observer in sockets}

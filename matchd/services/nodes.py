"""This process as one of the nodes that share a store: its lease, its place on the bus, the sweeps.

Theory of operation (design.md, "Several nodes"): one task renews the lease and learns who is alive, so
that nothing slow can cost us the lease; a second one sweeps; a third one listens to the bus. What they
find broken is mended by a fourth:

* the store was reached anew, or has forgotten us: sockets say again where they are, at once and once
  more after a full lease, when the other nodes have done so too and the store can be trusted;
* news may have been lost, or a node died that may have owed us some: sockets are compared once, and in
  any case every 20 s, for what another node was to tell and lost with the store's answer;
* our lease was ended: others have been told that our sockets are gone. They are closed with 1012 and
  the node goes on under a new id. What still comes from a node that is dead is dropped.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
from contextlib import suppress
from typing import Protocol

import trio
from msgspec.structs import replace

from matchd.domain.ids import Address, NodeId
from matchd.errors import StoreUnavailable
from matchd.log import get_logger
from matchd.protocol.news import News
from matchd.services.bookings import BookingService
from matchd.services.core import Core
from matchd.services.mending import Trusted
from matchd.services.together import Pause
from matchd.store.ports import Leased, Stranger

_log = get_logger()

TICK = 0.5
"""Seconds between two ticks: how late a lease may be noticed."""

ROUND = 20.0
"""Seconds between comparisons that nothing asked for: an answer that some node lost may have held news
for our sockets, and nobody here can know. A store in this process loses none.
"""

ROUND_PAUSE = 0.1
"""Seconds between two groups of sockets in a round, which has time."""

RETRY = 1.0
"""Seconds until sockets that could not all be compared are compared again."""


def new_node() -> NodeId:
    """An id that no process has had."""
    return NodeId(secrets.token_hex(4))


def family_of(pepper: bytes) -> str:
    """What nodes with the same pepper have in common; it tells nothing about it."""
    return hmac.new(pepper, b"matchd node family", hashlib.sha256).hexdigest()[:32]


class Residents(Protocol):
    """Sockets of this node, which the store knows too."""

    async def mend(self, trusted: Trusted, pause: Pause) -> bool:
        """Compare all with the store, with a pause between groups; False when some could not be."""

    def evict(self) -> None:
        """Close all: others have been told that this node is dead."""


class Debtors(Residents, Protocol):
    """Such whose leaving may be owed to the store."""

    async def settle(self) -> None:
        """Take out those that left while the store was away."""


class NodeService:
    """This node. `lease` is how long a node is believed, in seconds."""

    def __init__(
        self,
        core: Core,
        bookings: BookingService,
        lease: float,
        *debtors: Debtors,
        others: tuple[Residents, ...] = (),
    ) -> None:
        # Fixed after construction.
        self._core = core
        self._bookings = bookings
        self._lease = lease
        self._debtors = debtors
        self._residents = (*debtors, *others)
        # Changed only in sync functions.
        self._leased: Leased | None = None
        self._parted = False
        self._skipped = False
        self._dead: set[NodeId] = set()
        self._listening = trio.CancelScope()
        self._wish = trio.Event()
        self._trusted_from = -math.inf
        self._doubtful = False

    async def ready(self) -> str | None:
        """Why this node can't serve now, or None."""
        if self._core.current.outsider:
            return "node: others have another auth.pepper_file"
        reason = await self._core.store.ready()
        if reason is not None:
            return f"store: {reason}"
        if self._leased is None:
            return "node: not registered with the store yet"
        fault = self._core.store.bus.fault
        return None if fault is None else f"bus: {fault}"

    async def tick(self) -> None:
        """Do once what `run` and `tend` repeat."""
        with suppress(StoreUnavailable):
            await self._renew()
        await self._tend()

    async def _tend(self) -> None:
        """Take out who left while the store was away, and expire what is due."""
        try:
            for debtor in self._debtors:
                await debtor.settle()
            if self._leased is not None and not self._core.current.draining:
                self._core.announcer.tell(await self._core.store.sweep(self._core.clock.now()))
        except StoreUnavailable as error:
            if not self._skipped:
                reason, effect = str(error.__cause__ or error), "leases are not expired"
                _log.warning("sweep.skipped", reason=reason, effect=effect)
            self._skipped = True
        else:
            if self._skipped:
                _log.info("sweep.resumed")
                self._wish.set()  # what was done without an answer was never announced
            self._skipped = False

    async def run(self) -> None:
        """Renew the lease and learn who is alive, until cancelled; nothing else may hold that up."""
        while True:
            await trio.sleep(TICK)
            with suppress(StoreUnavailable):
                await self._renew()

    async def tend(self) -> None:
        """Settle and sweep until cancelled."""
        while True:
            await trio.sleep(TICK)
            await self._tend()

    async def listen(self) -> None:
        """Take what other nodes say, under the id of the day, until cancelled."""
        while True:
            with trio.CancelScope() as self._listening:
                await self._core.store.bus.listen(self._core.hub.node, self)

    async def mend(self) -> None:
        """Compare sockets with the store whenever that is wanted, and in rounds, until cancelled."""
        while True:
            with trio.move_on_after(self._patience()):
                await self._wish.wait()
            asked, self._wish = self._wish.is_set() or self._doubtful, trio.Event()
            trusted = self._trusts()
            pause = trio.lowlevel.checkpoint if asked else self._pause
            complete = True
            for resident in self._residents:
                complete = await resident.mend(self._trusts, pause) and complete
            if trusted and complete and self._trusts():
                self._doubtful = False
            elif not complete or self._core.clock.now() >= self._trusted_from:
                await trio.sleep(RETRY)
                self._wish.set()

    async def part(self) -> None:
        """Leave in good order, and for good."""
        self._parted = True
        await self._core.store.nodes.part(self._core.hub.node, self._core.clock.now())

    def hear(self, sender: NodeId, address: Address, news: News) -> None:
        """Take news from another node; the dead have no say."""
        if sender in self._dead:
            self._core.metrics.dropped.labels("node_gone").inc()
        else:
            self._core.hub.post(address, news)

    def missed(self) -> None:
        """News may have been lost."""
        self._wish.set()

    async def _renew(self) -> None:
        former, nodes = self._leased, self._core.store.nodes
        if self._has_parted():
            return
        if former is None:
            await self._join()
            return
        leased = await nodes.renew(self._core.hub.node, self._core.clock.now())
        if self._has_parted():
            return
        if leased.known:
            self._take(leased)
        elif leased.memory != former.memory:
            effect = "hosts and sockets register anew; accounts, friends and bans are lost"
            _log.error("store.forgot", effect=effect)
            self._doubt()
            await self._join(again=True)
        else:
            self._take_new_id()
            await self._join()

    def _has_parted(self) -> bool:
        return self._parted  # also while a renewal is under way

    async def _join(self, *, again: bool = False) -> None:
        core, now = self._core, self._core.clock.now()
        joined = await core.store.nodes.join(core.hub.node, self._family(), now, again=again)
        if isinstance(joined, Stranger):
            if not core.current.outsider:
                _log.error(
                    "node.stranger",
                    reason="other nodes have another pepper, so this one serves nobody",
                    cure="copy the file of auth.pepper_file from one node to all, and restart",
                )
            core.current.outsider, self._leased = True, None
            return
        core.current.outsider = False
        if not joined.known:
            self._take_new_id()  # a former attempt was let in and has ended since
            return
        core.journal.happened("node.joined", node=core.hub.node, nodes=len(joined.nodes))
        if core.current.drained:  # before it had to join anew
            await core.store.nodes.drain((core.hub.node,), drained=True)
            joined = replace(joined, drained=True)
        self._take(joined)

    def _take(self, leased: Leased) -> None:
        former, self._leased = self._leased, leased
        self._core.current.drained = leased.drained
        self._dead.difference_update(leased.nodes)
        if former is None:
            return
        if leased.contact != former.contact:
            self._doubt()
        if leased.memory != former.memory:
            return  # the others have yet to join again
        for node in set(former.nodes) - set(leased.nodes) - {self._core.hub.node}:
            self._dead.add(node)
            self._core.store.bus.forget(node)
            self._wish.set()

    async def _pause(self) -> None:
        """A round has time, until something else is wanted."""
        with trio.move_on_after(ROUND_PAUSE):
            await self._wish.wait()

    def _patience(self) -> float:
        """Seconds until sockets are compared although nothing asks for it."""
        if self._doubtful:
            return max(0.0, self._trusted_from - self._core.clock.now())
        return ROUND if self._core.store.nodes.contact else math.inf

    def _trusts(self) -> bool:
        """Whether the store is the one we know, and others have had the time to register with it."""
        leased, store = self._leased, self._core.store
        same = leased is not None and leased.contact == store.nodes.contact
        return same and self._core.clock.now() >= self._trusted_from

    def _doubt(self) -> None:
        """What the store has acknowledged before may be lost, here and on other nodes."""
        self._trusted_from = self._core.clock.now() + self._lease
        self._doubtful = True
        self._wish.set()

    def _take_new_id(self) -> None:
        former = self._core.hub.node
        self._core.hub.rename(new_node())
        _log.warning("node.lapsed", former=former, node=self._core.hub.node, sockets="closed")
        for resident in self._residents:
            resident.evict()
        self._bookings.rehome()
        self._leased = None
        self._listening.cancel()

    def _family(self) -> str:
        return family_of(self._core.current.settings.pepper)

"""What runs behind the queue: leases, looks through the lines, and where everybody stands.

An open event socket renews a place (wire.md 6). One node in each `TURN` seconds looks through all
lines; a line to which tickets went back is looked through at once. Who has an event socket and a game
that he has not come to yet is told of it again: whoever made it may have died before he could.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

import trio

from matchd.domain.ids import AccountId, GameId, TicketId
from matchd.domain.logins import Cause, Revocation
from matchd.domain.queue import LEASE, Mode, Ticket
from matchd.errors import StoreUnavailable
from matchd.protocol import games as dialect
from matchd.services.core import Core
from matchd.services.pairing import Matchmaker, tell_matched
from matchd.services.publisher import Publisher
from matchd.services.queue import tell_of_leaving

TURN = 1.0
"""Seconds between two looks through the lines, over all nodes."""

RENEW = LEASE / 3
"""Seconds between two renewals for those who have an event socket."""

SAY = 5.0
"""Seconds between two looks at who stands where."""

SHOWN = 100
"""Places of a line whose owners are told when they move up."""

LIMIT = 100
"""Tickets that one sweep takes out at most; the next one goes on."""


class QueueKeeper:
    """The tasks of the queue. `listening` names the accounts with an event socket on this node."""

    def __init__(
        self,
        core: Core,
        matchmaker: Matchmaker,
        publisher: Publisher,
        listening: Callable[[], Iterable[str]],
    ) -> None:
        # Fixed after construction.
        self._core = core
        self._matchmaker = matchmaker
        self._publisher = publisher
        self._listening = listening
        # Changed only in sync functions.
        self._fuller: dict[str, str] = {}
        self._barred: dict[AccountId, None] = {}
        self._said: dict[TicketId, int] = {}
        self._playing: dict[AccountId, GameId] = {}
        self._renew_at = self._say_at = 0.0
        self._wake = trio.Event()

    def requeued(self, ticket: Ticket) -> None:
        """A ticket went back to the queue: it may complete a group at once."""
        self._fuller[ticket.line] = ticket.mode
        self._wake.set()

    def take(self, entry: Revocation) -> None:
        """Listen to the log: who is shut out or gone loses his place."""
        if entry.cause in (Cause.BANNED, Cause.DELETED):
            self._barred[entry.account] = None
            self._wake.set()

    async def run(self) -> None:
        """Keep the queue until cancelled."""
        while True:
            with trio.move_on_after(TURN):
                await self._wake.wait()
            self._wake = trio.Event()
            with suppress(StoreUnavailable):  # the node says so already
                await self.sweep()

    async def sweep(self) -> None:
        """Do once what `run` repeats."""
        if self._core.current.draining:
            return
        await self._withdraw()
        await self._matchmaker.make_sure()
        await self._renew()
        now = self._core.clock.now()
        for ticket in await self._core.store.queue.lapse(LIMIT, now):
            body = {"queued": False, "reason": "lapsed"}
            tell_of_leaving(self._core.journal, ticket, "its players were not heard of")
            self._publisher.publish(ticket.accounts, "queue.position", body)
        lines = await self._core.store.queue.turn(TURN, now)
        fuller, self._fuller = self._fuller, {}
        for line in dict.fromkeys((*fuller, *(lines or ()))):
            await self._look(line)
        if lines is not None and now >= self._say_at:
            self._say_at = now + SAY
            await self._tell(lines)

    async def _withdraw(self) -> None:
        for account in tuple(self._barred):
            ticket = await self._core.store.queue.withdraw(account, self._core.clock.now())
            if ticket is not None:
                tell_of_leaving(self._core.journal, ticket, "a player was banned or deleted")
            del self._barred[account]

    async def _renew(self) -> None:
        now = self._core.clock.now()
        if now >= self._renew_at:
            self._renew_at = now + RENEW
            listening = map(AccountId, self._listening())
            playing = await self._core.store.queue.renew(listening, now)
            self._playing = {who: at for who, at in self._playing.items() if playing.get(who) == at}
            for account, game_id in playing.items() - self._playing.items():
                await self._remind(account, game_id)
                self._playing[account] = game_id

    async def _remind(self, account: AccountId, game_id: GameId) -> None:
        game = await self._core.store.games.get(game_id)
        me = None if game is None else game.player(account)
        if game is not None and me is not None and not me.stints:
            tell_matched(self._publisher, game, [account])

    async def _look(self, line: str) -> None:
        modes: Mapping[str, Mode] = self._core.current.settings.modes
        mode = modes.get(line.rpartition(":")[0])
        if mode is None:
            await self._clear(line)
        else:
            await self._matchmaker.sweep(mode, line)

    async def _clear(self, line: str) -> None:
        """Send away whoever waits in a mode that was taken out of the configuration. Those who came
        just now may know more than this node, where several are restarted one after the other.
        """
        queue, now = self._core.store.queue, self._core.clock.now()
        found = await queue.line(line, LIMIT, now)
        for ticket in found.tickets:
            if found.now >= ticket.joined_at + LEASE:
                await queue.withdraw(ticket.accounts[0], now)
                tell_of_leaving(self._core.journal, ticket, "its mode is not configured any more")
                body = {"queued": False, "reason": "unknown_mode"}
                self._publisher.publish(ticket.accounts, "queue.position", body)

    async def _tell(self, lines: Iterable[str]) -> None:
        said: dict[TicketId, int] = {}
        for line in lines:
            found = await self._core.store.queue.line(line, SHOWN, self._core.clock.now())
            for position, ticket in enumerate(found.tickets, 1):
                said[ticket.id] = position
                if self._said.get(ticket.id, position) != position:
                    await self._tell_one(ticket)
        self._said = said

    async def _tell_one(self, ticket: Ticket) -> None:
        now = self._core.clock.now()
        stand = await self._core.store.queue.stand(ticket.accounts[0], now)
        if stand.place is not None:
            told = dialect.in_queue(stand.place)
            body = {
                "queued": True,
                "position": told.position,
                "size": told.size,
                "etaSeconds": told.eta,
                "mode": told.mode,
            }
            self._publisher.publish(ticket.accounts, "queue.position", body)

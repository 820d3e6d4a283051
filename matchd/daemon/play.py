"""The services of the queue and games, wired, and the tasks behind them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from matchd.daemon.events import EventHouse
from matchd.services.accounts import AccountService
from matchd.services.core import Core
from matchd.services.game_changes import GameChanges
from matchd.services.games import GameService
from matchd.services.limits import Limiter
from matchd.services.pairing import Matchmaker
from matchd.services.play_lists import PlayLists
from matchd.services.queue import QueueService
from matchd.services.queue_keeper import QueueKeeper
from matchd.services.revocations import Revocations
from matchd.services.settings import RelayLimits
from matchd.web.context import PlayServices


@dataclass(frozen=True, slots=True)
class PlayHouse:
    """The queue and games, and what keeps them."""

    doors: PlayServices
    keeper: QueueKeeper
    matchmaker: Matchmaker

    @property
    def tasks(self) -> tuple[Callable[[], Awaitable[None]], ...]:
        """What has to run behind them."""
        games = self.doors.games
        return (self.keeper.run, self.matchmaker.run, games.run, games.tend)


def play_house(
    core: Core,
    told: EventHouse,
    *,
    accounts: AccountService,
    revocations: Revocations,
    limiter: Limiter,
    limits: RelayLimits,
) -> PlayHouse:
    """The services around those who tell players."""

    matchmaker = Matchmaker(core, told.publisher)
    keeper = QueueKeeper(core, matchmaker, told.publisher, told.events.accounts)
    revocations.listen(keeper.take)
    queue = QueueService(core, matchmaker, told.publisher, accounts=accounts, limiter=limiter)
    games = GameService(
        core,
        GameChanges(core, keeper.requeued, told.presence.place),
        admission=told.admission,
        stays=told.stays,
        limiter=limiter,
        limits=limits,
    )
    return PlayHouse(PlayServices(queue, games, PlayLists(core)), keeper, matchmaker)

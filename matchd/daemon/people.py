"""The services of people, wired, and the tasks behind them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from matchd.errors import StoreUnavailable
from matchd.log import get_logger
from matchd.services.accounts import AccountService
from matchd.services.endings import Endings, Holder
from matchd.services.friends import FriendService
from matchd.services.logins import LoginService
from matchd.services.people import People
from matchd.services.presence import PresenceService
from matchd.services.proofs import Proofs
from matchd.services.publisher import Publisher
from matchd.services.seals import Seals
from matchd.services.tickets import Tickets
from matchd.services.tidying import Tidier
from matchd.store.ports import GamesPort
from matchd.web.context import PeopleServices

_log = get_logger()


def people_services(
    people: People, games: GamesPort, presence: PresenceService, publisher: Publisher
) -> PeopleServices:
    """What the routes of people call."""
    seals = Seals(people.current)
    proofs = Proofs(people, seals)
    logins = LoginService(people, proofs, seals)
    accounts = AccountService(people, logins, games)
    friends = FriendService(people, accounts, presence, publisher)
    return PeopleServices(accounts, logins, proofs, Tickets(people, seals), friends)


class Upkeep:
    """What runs behind them: the reader of revocations, who closes sockets, tidies up and hashes."""

    def __init__(self, people: People, *holders: Holder) -> None:
        store, self._revocations = people.store, people.revocations
        endings = Endings(store.logins, *holders)
        tidier = Tidier(store, people.current, people.revocations, people.clock)
        people.revocations.listen(endings.take)
        self.tasks: tuple[Callable[[], Awaitable[None]], ...] = (
            people.revocations.run,
            endings.run,
            tidier.run,
            people.passwords.run,
        )

    async def begin(self) -> None:
        """Read what was revoked. Without a store this node is not ready; the reader tries again."""
        try:
            await self._revocations.read()
        except StoreUnavailable as error:
            _log.warning("revocations.unread", reason=str(error))

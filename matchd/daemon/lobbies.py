"""The services of lobbies, wired."""

from __future__ import annotations

from matchd.services.core import Core
from matchd.services.ice import IceService
from matchd.services.lobbies import LobbyService
from matchd.services.lobby_changes import LobbyChanges
from matchd.services.lobby_feed import LobbyFeed
from matchd.services.lobby_keeper import LobbyKeeper
from matchd.services.lobby_listening import LobbyListening
from matchd.services.lobby_seats import LobbySeats
from matchd.services.lobby_views import LobbyViews
from matchd.services.people import People
from matchd.services.presence import PresenceService
from matchd.services.seals import Seals
from matchd.web.context import LobbyServices, PeopleServices


def lobby_services(
    core: Core, people: People, doors: PeopleServices, ice: IceService, presence: PresenceService
) -> LobbyServices:
    """What the routes of lobbies call, and what runs behind them."""
    store = core.store.lobbies
    feed, views = LobbyFeed(store), LobbyViews(core, people)
    changes = LobbyChanges(core, feed, presence)
    lobbies = LobbyService(
        store, people, doors.accounts, changes=changes, views=views, seals=Seals(people.current)
    )
    return LobbyServices(
        lobbies,
        views,
        LobbySeats(store, changes, views, ice),
        LobbyListening(feed, views, people),
        feed,
        LobbyKeeper(core, people, changes),
    )

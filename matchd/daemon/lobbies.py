"""The services of lobbies, wired."""

from __future__ import annotations

from matchd.daemon.events import EventHouse
from matchd.services.core import Core
from matchd.services.groups import GroupService
from matchd.services.ice import IceService
from matchd.services.lobbies import LobbyService
from matchd.services.lobby_changes import LobbyChanges
from matchd.services.lobby_door import LobbyDoor
from matchd.services.lobby_feed import LobbyFeed
from matchd.services.lobby_keeper import LobbyKeeper
from matchd.services.lobby_listening import LobbyListening
from matchd.services.lobby_seats import LobbySeats
from matchd.services.lobby_sockets import LobbySockets
from matchd.services.lobby_teller import LobbyTeller
from matchd.services.lobby_views import LobbyViews
from matchd.services.people import People
from matchd.services.seals import Seals
from matchd.web.context import LobbyServices, PeopleServices


def lobby_services(
    core: Core,
    people: People,
    doors: PeopleServices,
    *,
    ice: IceService,
    told: EventHouse,
    groups: GroupService,
) -> LobbyServices:
    """What the routes of lobbies call, and what runs behind them."""
    store = core.store.lobbies
    feed, views = LobbyFeed(store), LobbyViews(core, people)
    changes = LobbyChanges(core, feed, told.presence)
    seats = LobbySeats(core, changes, views, ice)
    sockets = LobbySockets(seats)
    door = LobbyDoor(groups, seats, sockets, admission=told.admission, limiter=people.limiter)
    lobbies = LobbyService(
        store, people, doors.accounts, changes=changes, views=views, seals=Seals(people.current)
    )
    teller = LobbyTeller(feed, views, people.store.friends)
    told.events.attach(teller)
    return LobbyServices(
        lobbies,
        views,
        seats,
        sockets,
        door,
        LobbyListening(feed, views, people),
        feed,
        LobbyKeeper(core, people, changes),
        teller,
    )

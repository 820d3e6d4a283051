"""A client of matchd for Trio: for hosts, bots and tests, what `/client.js` is for browsers.

    client = Client("https://play.example.net", credential=secret)
    async with host_session(client, HostDetails(host_id="pc-1", room_id="room-1")) as session:
        async for event in session:
            if isinstance(event, Offer):
                await session.send(AnswerMessage(sdp=...), peer=event.peer)

    async with find_match(Client("https://play.example.net"), Wish(region="eu", wait=30)) as match:
        await match.send(Offer(sdp=...))
        async for event in match: ...

Both live in a nursery of their own: leaving the block says goodbye, or releases the booking. While the
server is away they wait and come back by themselves; what can't be mended by waiting cancels the block
and is raised by it, alone and not in a group. Whoever opens one reads its events.

Rules: builds on `protocol` and `domain` only, never on services or stores. Logs nothing.
"""

from matchd.client.client import Client, HostDetails, Wish
from matchd.client.errors import ClientError, Closed, Refused, Unreachable
from matchd.client.events import (
    Event,
    GoingAway,
    Ice,
    NotDelivered,
    NotValid,
    PeerJoined,
    PeerLeft,
    SocketLost,
    SocketOpened,
)
from matchd.client.hosting import HostSession, host_session
from matchd.client.pace import Pace
from matchd.client.playing import Match, find_match
from matchd.protocol.rooms import AnswerMessage, Candidate, Control, Offer, Signal

__all__ = [
    "AnswerMessage",
    "Candidate",
    "Client",
    "ClientError",
    "Closed",
    "Control",
    "Event",
    "GoingAway",
    "HostDetails",
    "HostSession",
    "Ice",
    "Match",
    "NotDelivered",
    "NotValid",
    "Offer",
    "Pace",
    "PeerJoined",
    "PeerLeft",
    "Refused",
    "Signal",
    "SocketLost",
    "SocketOpened",
    "Unreachable",
    "Wish",
    "find_match",
    "host_session",
]

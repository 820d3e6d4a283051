"""`Client`: who asks which server, and the calls of hosts and players, each one request.

A call fails with Refused or Unreachable and is never repeated here; `hosting` and `playing` do that.
The credential is sent to this server alone, and stands in no repr.
"""

from __future__ import annotations

import random
import ssl
from typing import Annotated, TypeVar

import msgspec
import trio

from matchd.client import http
from matchd.client.errors import Unreachable, refusal
from matchd.client.origin import Origin, parse_base
from matchd.client.pace import Backoff, Pace
from matchd.domain import ids
from matchd.domain.ids import BookingId, HostId
from matchd.errors import InvalidRequest
from matchd.protocol.bookings import BookingView, IceAnswer, MatchFound, MeasuredRegion
from matchd.protocol.hosts import Capacity, HeartbeatAnswer, StatusAnswer

_T = TypeVar("_T")
_OK = 200


class HostDetails(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What a host tells of itself with every heartbeat; InvalidRequest names what is wrong."""

    host_id: str
    room_id: str
    region: str | None = None
    game: str | None = None
    capacity: Capacity = 1
    game_info: dict[str, object] | None = None
    public_ip: str | None = None

    def __post_init__(self) -> None:
        ids.host_id(self.host_id, "hostId")
        ids.room_id(self.room_id, "roomId")
        if self.region is not None:
            ids.region(self.region, "region")
        if self.game is not None:
            ids.game(self.game, "game")
        if not 1 <= self.capacity <= 1000:
            raise InvalidRequest("`capacity` must be 1 to 1000.")


class Wish(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What a player wants; everything is optional. `wait`: seconds to stay in line (0 to 60)."""

    region: str | None = None
    regions: tuple[MeasuredRegion, ...] | None = None
    any_region: bool = False
    host_id: str | None = None
    game: str | None = None
    wait: Annotated[float, msgspec.Meta(ge=0, le=60)] = 0


class Client:
    """A caller of one server.

    `credential` is the host secret, or the token of a host or player; without one it is a guest.
    `tls` is for servers whose certificate the system's roots do not vouch for.
    """

    def __init__(
        self,
        url: str,
        *,
        credential: str | None = None,
        tls: ssl.SSLContext | None = None,
        pace: Pace | None = None,
        dice: random.Random | None = None,
        dial: http.Dial = http.dial,
    ) -> None:
        if credential is not None and not _fits_a_header(credential):
            raise InvalidRequest("The credential has characters that no credential has.")
        self.origin = parse_base(url)
        self.pace = pace or Pace()
        self.dice = dice or random.SystemRandom()
        self.credential = credential
        self._tls = tls
        self._dial = dial

    def __repr__(self) -> str:
        return f"Client({self.origin.authority!r})"

    def backoff(self) -> Backoff:
        """A fresh back-off."""
        return Backoff(self.pace, self.dice)

    async def beat(self, details: HostDetails, slots: int | None = None) -> HeartbeatAnswer:
        """Register or refresh; `slots` are those that are free now, if not all of the capacity."""
        body = msgspec.to_builtins(details)
        if slots is not None:
            body["availableSlots"] = slots
        return _read(await self._post("/api/host/heartbeat", body), HeartbeatAnswer)

    async def say(
        self, host_id: HostId, status: str, booking_id: BookingId | None = None
    ) -> StatusAnswer:
        """`busy` confirms a booking, `idle` ends it."""
        body = {"hostId": host_id, "status": status}
        if booking_id is not None:
            body["bookingId"] = booking_id
        return _read(await self._post("/api/host/status", body), StatusAnswer)

    async def goodbye(self, host_id: HostId) -> None:
        """Leave the pool; the host's bookings end."""
        await self.ask(http.Request(method="DELETE", target=f"/api/host/{host_id}"))

    async def host_ice(self, host_id: HostId) -> IceAnswer:
        """The host's own ICE servers, while it has a live booking."""
        return _read(await self._post("/api/ice", {"hostId": host_id}), IceAnswer)

    async def find(self, wish: Wish, key: str) -> MatchFound:
        """A match; the same `key` (22 or more random letters) finds the same one again."""
        body = await self._post(
            "/api/match/find", msgspec.to_builtins(wish), ("Idempotency-Key", key), wait=wish.wait
        )
        return _read(body, MatchFound)

    async def look(self, booking_id: str, grant: str) -> BookingView:
        """Where a booking stands."""
        request = http.Request(method="GET", target=f"/api/match/{booking_id}")
        return _read(await self.ask(request, credential=grant), BookingView)

    async def release(self, booking_id: str, grant: str) -> None:
        """Give a booking back."""
        target = f"/api/match/{booking_id}/release"
        await self.ask(http.Request(method="POST", target=target), credential=grant)

    async def ask(
        self, request: http.Request, *, credential: str | None = None, wait: float = 0.0
    ) -> bytes:
        """The body that a request is answered with; Refused, or Unreachable after `wait` and more."""
        shown = credential or self.credential
        if shown is not None:
            headers = (*request.headers, ("Authorization", f"Bearer {shown}"))
            request = msgspec.structs.replace(request, headers=headers)
        answer: http.Response | None = None
        with trio.move_on_after(self.pace.answer + wait):
            answer = await self._exchange(request)
        if answer is None:
            raise Unreachable("no answer in time")
        if answer.status != _OK:
            raise refusal(answer.status, answer.headers, answer.body)
        return answer.body

    async def connect(self, origin: Origin) -> trio.abc.Stream:
        """A connection to this server, or to where it says its sockets are; Unreachable."""
        try:
            return await self._dial(origin, self._tls)
        except OSError as error:
            raise Unreachable(_why(error)) from None

    async def _post(
        self, target: str, body: object, *headers: tuple[str, str], wait: float = 0.0
    ) -> bytes:
        kind = ("Content-Type", "application/json")
        data = msgspec.json.encode(body)
        return await self.ask(
            http.Request(method="POST", target=target, headers=(kind, *headers), body=data),
            wait=wait,
        )

    async def _exchange(self, request: http.Request) -> http.Response:
        stream = await self.connect(self.origin)
        try:
            return await http.ask(stream, self.origin, request)
        except http.FAULTS as error:
            raise Unreachable(_why(error)) from None
        finally:
            await trio.aclose_forcefully(stream)


def _why(error: BaseException) -> str:
    """What the network said: the deepest reason, which names the trouble with a certificate too."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error) or type(error).__name__


def _read(body: bytes, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise Unreachable("the answer is not matchd's") from None


def _fits_a_header(text: str) -> bool:
    return text.isascii() and text.isprintable() and text.split() == [text]

"""Hot routes of finding and following a match (wire.md 2.3)."""

from __future__ import annotations

from matchd.domain import ids
from matchd.http.answer import Answer, reply
from matchd.http.ask import Ask
from matchd.http.route import HotServices, Route
from matchd.protocol.bookings import MAX_WAIT, FindBody, MatchFound


def routes(services: HotServices) -> tuple[Route, ...]:
    """The routes, bound to their services."""
    current, auth, bookings = services.current, services.auth, services.bookings

    async def find(ask: Ask) -> Answer:
        caller = auth.player(ask.bearer(), ask.address(current.settings))
        await services.accounts.admit(caller)
        wanted = ask.decoded(FindBody, optional=True)
        found = await bookings.find(caller, wanted, ask.get(b"idempotency-key"))
        return reply(found, 200 if isinstance(found, MatchFound) else 202)

    async def follow(ask: Ask) -> Answer:
        token, grant = ask.token_or_grant()
        caller = auth.player(token, ask.address(current.settings))
        name = ids.booking_id(ask.named, "bookingId")
        return reply(await bookings.follow(caller, grant, name, ask.seconds("wait", MAX_WAIT)))

    async def release(ask: Ask) -> Answer:
        token, grant = ask.token_or_grant()
        caller = auth.player(token, ask.address(current.settings))
        name = ids.booking_id(ask.named, "bookingId")
        return reply(await bookings.release(caller, grant, name))

    # Ids are 22 characters: `find` is none, so a GET of it is a 405 and not a missing grant.
    one = "/api/match/<string(minlength=8):booking_id>"
    return (
        Route("POST", "/api/match/find", find, _may_wait),
        Route("GET", one, follow, _asks_something),
        Route("POST", f"{one}/release", release),
    )


def _may_wait(ask: Ask) -> bool:
    """Whether the body may have a `wait`, in plain letters or escaped ones."""
    return b"wait" in ask.body or b"\\u" in ask.body


def _asks_something(ask: Ask) -> bool:
    return ask.query != ""

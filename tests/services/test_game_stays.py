"""How long a game's socket may stay when the token that opened it expires (wire.md 1.3)."""

from __future__ import annotations

import trio
import trio.testing

from matchd.services.stays import NOTICE
from tests.house import House
from tests.play import who
from tests.services.playing import Seat, hall

Clock = trio.testing.MockClock

TTL = 90
"""Seconds that tokens are good for here."""


async def start(*seats: Seat) -> None:
    """All are ready."""
    for seat in seats:
        seat.say("player_ready")
    await trio.sleep(0.1)


async def test_a_game_is_played_to_its_end(house: House, autojump_clock: Clock) -> None:
    """Who can't bring a new token is not cut off by the old one's end, nor by the grace behind it."""
    house.change(socket_grace=10)
    async with hall(house, "ann", "bob") as here:
        game = await here.match("ann", "bob")
        ann, bob = [await here.sit(game, name, ttl=TTL) for name in ("ann", "bob")]
        await start(ann, bob)
        await trio.sleep(TTL + 60)
        ann.say("player_move", movement=1)
        assert (ann.closed, bob.last["movement"]) == (None, 1)
        assert "reauth" not in ann.types


async def test_a_native_client_brings_its_next_token(house: House, autojump_clock: Clock) -> None:
    """It is asked in time; who brings none is closed with 4401, and may come back with a new one."""
    async with hall(house, "ann", "bob") as here:
        game = await here.match("ann", "bob")
        ann, bob = [await here.sit(game, name, ttl=TTL, native=True) for name in ("ann", "bob")]
        await start(ann, bob)
        await trio.sleep(TTL - NOTICE + 2)
        assert [seat.types[-1] for seat in (ann, bob)] == ["reauth", "reauth"]
        ann.say("reauth", token=house.token(subject=who("ann")))
        assert ann.types[-1] == "reauthed"
        await trio.sleep(NOTICE)
        assert (ann.closed, bob.closed) == (None, (4401, "the token has expired"))
        assert ann.last["type"] == "player_disconnected"
        await here.sit(game, "bob", native=True)
        assert ann.last["type"] == "player_reconnected"

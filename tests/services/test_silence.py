"""No secret reaches the log: a whole scenario is played at debug level and every event scanned."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
import trio
import trio.testing
from structlog.testing import capture_logs

from matchd.domain.ids import BookingId
from matchd.errors import Refusal
from tests.house import METRICS_TOKEN, PEPPER, SECRET, TURN_SECRET, House, secrets_in


async def play(house: House) -> list[str]:
    """Beat, find, meet, refuse, refresh, leave, drain; returns every secret that was about."""
    player_token, host_token = house.token(), house.token("host", "h1")
    await house.beat(capacity=4)
    found = await house.find(key="an-idempotency-key-of-ann")
    host, box = await house.enter(bearer=host_token)
    player, _ = await house.enter_player(found)
    player.receive('{"type":"offer","sdp":"v=0 secret-sdp"}')
    player.receive("{ secret-garbage")
    for presented in ({"grant": "a-wrong-grant"}, {"bearer": "a-wrong-secret"}):
        with suppress(Refusal):
            await house.enter(**presented)
    with suppress(Refusal):
        house.auth.player("wrong.player.token", "192.0.2.9")
    await house.bookings.release(house.player(), found.grant, BookingId(found.booking_id))
    await trio.sleep(100)
    await house.sweep()
    await house.rooms.leave(player)
    await house.rooms.leave(host)
    ice = [entry.credential for entry in found.ice_servers if entry.credential]
    assert "ice" in box.said
    return [
        player_token,
        host_token,
        found.grant,
        *ice,
        *(SECRET, TURN_SECRET, METRICS_TOKEN, PEPPER.decode()),
        *("an-idempotency-key", "secret-sdp", "secret-garbage"),
        *("a-wrong-grant", "a-wrong-secret", "wrong.player.token"),
    ]


async def test_a_whole_scenario_logs_no_secret(
    house: House, autojump_clock: trio.testing.MockClock
) -> None:
    """Nothing that opens anything, and nothing that players say, stands in any event."""
    with capture_logs() as logs:
        words = await play(house)
    assert {"booking.held", "room.entered", "booking.released"} <= {log["event"] for log in logs}
    assert secrets_in(json.dumps(logs, default=repr), words) == []


async def test_settings_show_nothing(house: House) -> None:
    """The settings' repr, where a traceback or a debugger might print it, holds no secret."""
    shown = f"{house.current.settings!r} {house.current.settings.turn!r} {house.core!r}"
    assert secrets_in(shown, [SECRET, TURN_SECRET, PEPPER.decode()]) == []


def test_the_scan_finds_what_it_looks_for() -> None:
    """The scanner itself is proved, and refuses an empty word."""
    assert secrets_in("a grant b", ["grant", "secret"]) == ["grant"]
    with pytest.raises(AssertionError):
        secrets_in("text", [""])

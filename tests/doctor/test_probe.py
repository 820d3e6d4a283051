"""The light doctor: one relay per server, and what is said of those that give none."""

import socket

import msgspec
import pytest
import trio

from matchd.doctor.patient import Patient
from matchd.doctor.probe import probe, try_server
from matchd.turn.health import Probed
from tests.daemon.coturn import free_ports
from tests.doctor.house import server, written
from tests.doctor.test_faults import NoNames, no_network

pytestmark = pytest.mark.usefixtures("impatient")


async def test_well_and_not() -> None:
    """A server that gives a relay is well; one that refuses us, or is not there, says why."""
    async with written() as (one, _):
        other = msgspec.structs.replace(one, name="us-1", secret="another-secret-of-32-letters")
        away = msgspec.structs.replace(server(free_ports()[0]), name="away", tcp_port=0)
        report = await probe((one, other, away), 3600)
    well, refused, gone = report.servers
    assert (well.name, well.ok, well.cause) == ("eu-1", True, "")
    assert well.rtt is not None
    assert well.rtt < 1
    assert (refused.name, refused.ok, refused.rtt) == ("us-1", False, None)
    assert "it refuses (401)" in refused.cause
    assert (gone.name, gone.ok) == ("away", False)
    assert "nothing listens there" in gone.cause


async def test_one_way_is_enough() -> None:
    """A server whose UDP is closed is well by TCP, and the report says what does not work."""
    async with written() as (one, _):
        closed = msgspec.structs.replace(one, udp_port=free_ports()[0])
        seen = await try_server(Patient(closed, ttl=3600))
    assert seen is not None
    assert seen.ok
    assert seen.cause.endswith("/udp: nothing listens there (connection refused)")


async def test_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a machine without a network can't know it does not report."""
    no_network(monkeypatch)
    assert (await probe((server(3478),), 3600)).servers == ()


async def test_no_names() -> None:
    """A name that does not exist is a server that players can't find either; name servers that are
    away say nothing of it.
    """
    one = msgspec.structs.replace(server(3478), host="turn.example.net")
    trio.socket.set_custom_hostname_resolver(NoNames())
    assert await try_server(Patient(one, ttl=3600)) is None
    trio.socket.set_custom_hostname_resolver(NoNames(socket.EAI_NONAME, "Name not known"))
    cause = "turn.example.net: no address (name not known)"
    assert await try_server(Patient(one, ttl=3600)) == Probed("eu-1", False, None, cause)

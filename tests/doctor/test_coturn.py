"""The doctor against the real coturn: each fault is found, named, and nothing else is."""

import msgspec
import pytest
import trio

from matchd.doctor.access import attempt
from matchd.doctor.client import Pace
from matchd.doctor.link import Place
from matchd.doctor.patient import Patient
from matchd.turn import SharedSecretServer, StaticServer
from tests.daemon.coturn import HOST
from tests.doctor.house import SECRET, at_another_time, look, server, written

pytestmark = pytest.mark.usefixtures("hasty")
OTHER = "another-secret-of-32-characters!"


async def test_correct() -> None:
    """A server with our own file and a certificate that is believed has no fault, and takes a second;
    what it says holds no secret.
    """
    async with written() as (one, trust):
        found = await look(one, trust)
    assert found.bad == set(), found
    names = {finding.id for finding in found.findings}
    assert " ".join(sorted(names)) == "A1 A2 A3 A4 A5 A6 N1 P1 P2 R1 R2 S1 T1 T2 V1"
    assert "CVE-2026-27624" in found.said("V1")
    assert "10 of 10" in found.said("R1")
    assert SECRET not in str(found.findings)


async def test_wrong_secret() -> None:
    """Another secret is found, and not taken for a wrong clock; the ways in are not blamed for it."""
    async with written() as (one, trust):
        found = await look(msgspec.structs.replace(one, secret=OTHER), trust)
    assert found.bad == {"A3"}, found
    assert "static-auth-secret=" in found.said("A3")
    assert OTHER not in str(found.findings)


async def test_older_secret() -> None:
    """During a rotation each further line of the file is tried."""
    async with written(extra=[f"static-auth-secret={OTHER}"]) as (one, trust):
        found = await look(msgspec.structs.replace(one, previous=(OTHER, "x" * 20)), trust)
    assert found.bad == set(), found
    first, second = found.said("A7").splitlines()
    assert "line 2 of secret_file, an older or newer secret, is taken too" in first
    assert "line 3 of secret_file, an older or newer secret, is not taken" in second


async def test_no_realm() -> None:
    """An empty realm, on which browsers time out, is named with the line that is missing."""
    async with written({"realm": ""}) as (one, trust):
        found = await look(one, trust)
    assert found.bad == {"A2"}, found
    assert "turnserver.conf: realm=matchd.test" in found.said("A2")


async def test_other_realm() -> None:
    """A realm other than ours is a warning with the line of our file."""
    async with written({"realm": "else.where"}) as (one, trust):
        found = await look(one, trust)
    assert found.bad == {"A2"}, found
    assert 'realm = "else.where"' in found.said("A2")


async def test_anonymous() -> None:
    """A server that asks nobody is an open relay, whatever else may be right."""
    nothing = {"use-auth-secret": "", "static-auth-secret": "", "realm": ""}
    async with written(nothing) as (one, trust):
        found = await look(one, trust)
    assert found.bad == {"A1"}, found
    assert "open relay" in found.said("A1")
    assert "use-auth-secret" in found.said("A1")


async def test_fixed_credential() -> None:
    """A bought service, with one credential for all, has no times and no older secrets to check."""
    lines = {"use-auth-secret": "", "static-auth-secret": ""}
    async with written(lines, extra=["lt-cred-mech", "user=bob:the-password"]) as (one, trust):
        bought = StaticServer(
            name="bought",
            host=one.host,
            udp_port=one.udp_port,
            tcp_port=one.tcp_port,
            tls_port=one.tls_port,
            username="bob",
            credential="the-password",
        )
        found = await look(bought, trust)
        wrong = await look(msgspec.structs.replace(bought, credential="another"), trust)
    assert found.bad == set(), found
    assert not {"A4", "A5", "A7"} & {finding.id for finding in found.findings}
    assert wrong.bad == {"A3"}, wrong
    assert "username and credential_file" in wrong.said("A3")


@pytest.mark.parametrize(("offset", "side"), [("+95s", "ahead of"), ("-95s", "behind")])
async def test_clock(tidy_clocks: None, offset: str, side: str) -> None:
    """A clock 95 s off is measured to the second or two, and is a warning while the ttl is long."""
    async with written(before=at_another_time(offset), days=400) as (one, trust):
        found = await look(one, trust)
        short = await look(one, trust, ttl=60)
    assert found.bad == {"A5"}, found
    [cause] = found.said("A5").splitlines()
    assert any(f"its clock is {n} s {side} ours" in cause for n in (94, 95, 96)), cause
    assert "timedatectl set-ntp true" in cause
    expected = {"A4", "A5"} if side == "ahead of" else {"A5"}
    assert short.bad == expected, short
    assert short.said("A5").startswith("fail")


async def test_permissive_peers() -> None:
    """Without denied peers the networks that can be reached are listed, the worst as a failure."""
    async with written({"denied-peer-ip": "", "no-multicast-peers": ""}) as (one, trust):
        found = await look(one, trust)
    assert found.bad == {"P1", "P2", "V1"}
    assert found.said("P1").startswith("fail")
    for peer in ("169.254.169.254", "10.0.0.1", "172.16.0.1", "192.168.0.1", "224.0.0.1"):
        assert peer in found.said("P1")
    assert "::ffff:127.0.0.1" in found.said("P2")


async def test_private_peers_alone() -> None:
    """Private networks that are open, and nothing worse, are a warning."""
    async with written(extra=["allowed-peer-ip=10.0.0.1"]) as (one, trust):
        found = await look(one, trust)
    assert found.bad == {"P1", "V1"}
    assert found.said("P1").startswith("warn: who has a credential reaches 10.0.0.1 through it")


async def test_own_relays_locked_out() -> None:
    """Denied ranges that hold the relay's own address are found by relaying."""
    async with written({"allowed-peer-ip": ""}) as (one, trust):
        found = await look(one, trust)
    assert found.bad == {"R1"}, found
    assert "allowed-peer-ip=127.0.0.1" in found.said("R1")


async def test_self_signed() -> None:
    """A certificate that browsers refuse is a failure, with the reason."""
    async with written() as (one, _):
        found = await look(one)
    assert found.bad == {"T2"}, found
    assert "self-signed" in found.said("T2")


@pytest.mark.parametrize(("days", "severity"), [(10, "warn"), (2, "fail")])
async def test_certificate_ends(days: int, severity: str) -> None:
    """A certificate is to be renewed two weeks before its end, and urgently at the end."""
    async with written(days=days + 0.1) as (one, trust):
        found = await look(one, trust)
    assert found.bad == {"T2"}, found
    assert f"{severity}: 127.0.0.1:{one.tls_port}/tls: its certificate is good for {days} days" in (
        found.said("T2")
    )


async def test_quota() -> None:
    """A server whose quota is used up says so, and how much to give it."""
    async with written({"total-quota": "1", "user-quota": "1"}) as (one, trust):
        patient = Patient(one, ttl=60, pace=Pace(0))
        place = Place(HOST, one.udp_port, "udp")
        async with patient.session(patient.credential(), place=place) as session:
            await session.allocate()
            found = await look(one, trust)
    assert "A3" in found.bad
    assert "total-quota=" in found.said("A3")


async def test_relays_are_given_back() -> None:
    """A server with room for one relay has room again after it was looked at."""
    async with written({"total-quota": "1", "user-quota": "1"}) as (one, _):
        patient = Patient(one, ttl=60, pace=Pace(0))
        patient.place = Place(HOST, one.udp_port, "udp")
        assert await attempt(patient, patient.credential()) == 0
        with trio.fail_after(10):
            while await attempt(patient, patient.credential()) != 0:  # noqa: ASYNC110
                await trio.sleep(0.1)  # it counts a relay for a second after its end


def test_server_is_named() -> None:
    """Every finding is about the server by its name."""
    patient = Patient(server(1), ttl=60)
    assert isinstance(patient.server, SharedSecretServer)
    assert patient.ok("S1", "x").about == "eu-1"

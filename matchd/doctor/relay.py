"""R1 and R2: whether two relays of the server reach each other, and at which address they are."""

from __future__ import annotations

import ipaddress

import trio

from matchd.doctor.client import Refused, Turn
from matchd.doctor.findings import Finding
from matchd.doctor.link import ProbeError
from matchd.doctor.patient import Patient
from matchd.turn.stun_values import Address

ECHOES = 10
SIZE = 500
SPACING = 0.02
LAST = 1.0
"""Seconds that the last echo has."""
CHANNEL = 0x4000


async def check_relay(patient: Patient) -> list[Finding]:
    """Relay there and back, as two players do."""
    findings = []
    try:
        async with (
            patient.session(patient.credential()) as left,
            patient.session(patient.credential()) as right,
        ):
            here, there = await left.allocate(), await right.allocate()
            findings.append(_judge_address(patient, here))
            try:
                await left.channel(CHANNEL, there)
                await right.channel(CHANNEL, here)
            except Refused as error:
                findings.append(_locked_out(patient, here, error))
            else:
                findings.append(_judge_echo(patient, await _echo(left, right)))
    except ProbeError as error:
        findings.append(patient.fail("R1", f"no relay between two players: {error}"))
    return findings


async def _echo(left: Turn, right: Turn) -> list[float]:
    """Send to the other relay and back; the seconds that each which came back took."""
    sent: dict[bytes, float] = {}
    took: list[float] = []

    async def mirror() -> None:
        while True:
            await right.send(CHANNEL, await right.receive())

    async def listen() -> None:
        while len(took) < ECHOES:
            data = await left.receive()
            if data in sent:
                took.append(trio.current_time() - sent.pop(data))

    with trio.move_on_after(ECHOES * SPACING + LAST):
        # Both ends at once, and the clock of the whole around them.
        async with trio.open_nursery() as nursery:
            nursery.start_soon(mirror)
            nursery.start_soon(_send, left, sent)
            await listen()
            nursery.cancel_scope.cancel()
    return took


async def _send(left: Turn, sent: dict[bytes, float]) -> None:
    for number in range(ECHOES):
        data = number.to_bytes(4, "big") + bytes(SIZE - 4)
        sent[data] = trio.current_time()
        await left.send(CHANNEL, data)
        await trio.sleep(SPACING)


def _judge_echo(patient: Patient, took: list[float]) -> Finding:
    if not took:
        return patient.fail(
            "R1",
            "nothing gets from one relay to another",
            "open its relay ports for UDP (min-port= to max-port=, 49152-65535) in the firewall "
            "there; check external-ip=",
        )
    middle = sorted(took)[len(took) // 2]
    back = f"{len(took)} of {ECHOES} came back, {1000 * middle:.0f} ms there and back"
    if len(took) < ECHOES:
        return patient.warn("R1", back, "is its network, its CPU or max-bps= at its limit?")
    return patient.ok("R1", f"{back} (run this from another network too: that proves the firewall)")


def _locked_out(patient: Patient, own: Address, error: Refused) -> Finding:
    if error.code != 403:
        return patient.fail("R1", f"no relay between two players: {error}")
    return patient.fail(
        "R1",
        f"its denied-peer-ip= keep its own relays ({own[0]}) from each other (403)",
        patient.theirs(f"allowed-peer-ip={own[0]}"),
    )


def _judge_address(patient: Patient, relayed: Address) -> Finding:
    """R2."""
    assert patient.place is not None
    ip, base = ipaddress.ip_address(relayed[0]), ipaddress.ip_address(patient.place.address)
    wanted = patient.theirs(f"external-ip={base}/{ip}")
    if ip.is_unspecified:
        return patient.fail("R2", f"relays are at {ip}, which is no address", wanted)
    if not ip.is_global and base.is_global:
        return patient.warn(
            "R2", f"relays are at {ip}, which players can't reach: it is behind NAT", wanted
        )
    if str(ip) not in patient.addresses and ip.version == base.version:
        names = ", ".join(patient.addresses)
        return patient.warn(
            "R2", f"relays are at {ip}, which is not an address of its name ({names})", wanted
        )
    return patient.ok("R2", f"relays are at {ip}")

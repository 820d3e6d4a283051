"""A5: how far the server's clock is from ours, by bisection.

A credential is taken up to the second in which it ends, by the server's clock. So the least time from
now that is still taken is the difference of the clocks; what is asked is doubled until it is passed,
then halved. Two questions settle a clock that is right.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from matchd.doctor.client import Refused
from matchd.doctor.findings import Finding
from matchd.doctor.link import ProbeError
from matchd.doctor.patient import Patient

RIGHT = 5
"""Seconds of difference that nobody need mind."""
FARTHEST = 1 << 21
"""Seconds (24 days) beyond which a difference is not measured."""


async def check_clock(patient: Patient) -> tuple[float | None, Finding]:
    """The seconds that the server's clock is ahead of ours (None: not measured), and what of it."""

    async def takes(ahead: int) -> bool:
        try:
            return await _is_taken(patient, ahead)
        except ProbeError:
            # A dozen questions are asked, and the answer to one of them may be lost.
            return await _is_taken(patient, ahead)

    try:
        skew = await measure(takes)
    except ProbeError as error:
        return None, patient.info("A5", f"its clock could not be measured: {error}")
    return skew, _judge(patient, skew)


async def measure(takes: Callable[[int], Awaitable[bool]]) -> int:
    """The least n that is taken, to the second; within RIGHT of 0 it is 0."""
    late, early = await takes(RIGHT), not await takes(-RIGHT)
    if late and early:
        return 0
    low, high = (RIGHT, 2 * RIGHT) if not late else (-2 * RIGHT, -RIGHT)
    while not late and high < FARTHEST and not await takes(high):
        low, high = high, 2 * high
    while late and low > -FARTHEST and await takes(low):
        low, high = 2 * low, low
    while high - low > 1:
        middle = (low + high) // 2
        if await takes(middle):
            high = middle
        else:
            low = middle
    return high


async def _is_taken(patient: Patient, ahead: int) -> bool:
    """Whether a credential that ends so many seconds from now is good."""
    try:
        async with patient.session(patient.credential(ttl=ahead)) as session:
            await session.allocate()
    except Refused as error:
        if error.code != 401:
            raise
        return False
    return True


def _judge(patient: Patient, skew: int) -> Finding:
    if skew == 0:
        return patient.ok("A5", f"its clock is within {RIGHT} s of ours")
    side = "ahead of" if skew > 0 else "behind"
    more = "" if abs(skew) < FARTHEST else " or more"
    cause = f"its clock is {abs(skew)} s{more} {side} ours"
    change = "there, and if it is right there, here: timedatectl set-ntp true"
    if abs(skew) > patient.ttl / 2:
        return patient.fail("A5", cause, change)
    return patient.warn("A5", cause, change)

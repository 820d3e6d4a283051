"""The services of administrators, wired."""

from __future__ import annotations

import os
from pathlib import Path

from matchd.services.core import Core
from matchd.services.draining import DrainService
from matchd.services.live import LiveService
from matchd.services.moderation import Moderation
from matchd.services.revocations import Revocations
from matchd.services.turn_status import TurnStatus
from matchd.web.context import AdminServices

PROBE = "probe.json"
"""What the probe of TURN servers writes, in the runtime directory."""


def admin_services(core: Core, revocations: Revocations) -> AdminServices:
    """What the routes of administrators call."""
    runtime = os.environ.get("RUNTIME_DIRECTORY", "/run/matchd").partition(":")[0]
    return AdminServices(
        Moderation(core.store, core.clock, revocations),
        DrainService(core),
        LiveService(core),
        TurnStatus(core.current, Path(runtime) / PROBE),
    )

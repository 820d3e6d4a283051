"""The services of administrators, wired."""

from __future__ import annotations

from matchd.services.core import Core
from matchd.services.draining import DrainService
from matchd.services.live import LiveService
from matchd.services.moderation import Moderation
from matchd.services.revocations import Revocations
from matchd.web.context import AdminServices


def admin_services(core: Core, revocations: Revocations) -> AdminServices:
    """What the routes of administrators call."""
    return AdminServices(
        Moderation(core.store, core.clock, revocations),
        DrainService(core),
        LiveService(core),
    )

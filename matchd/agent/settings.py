"""What an agent is told: its file's keys, which are its options too."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from matchd.client import HostDetails
from matchd.protocol.hosts import Capacity

SECRET_VARIABLE = "MATCHD_HOST_SECRET"  # noqa: S105  # its name

Text = Annotated[str, msgspec.Meta(min_length=1)]


class HostSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One agent. `exec` is a command line, split as a shell does, run without one."""

    url: Text
    host_id: Text
    room_id: Text
    region: Text | None = None
    game: Text | None = None
    capacity: Capacity = 1
    public_ip: Text | None = None
    game_info: dict[str, object] | None = None
    secret_file: Text | None = None
    ca_file: Text | None = None
    command: Text | None = msgspec.field(name="exec", default=None)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "text", "json"] = "auto"

    def details(self) -> HostDetails:
        """What the server is told; InvalidRequest names what is wrong."""
        return HostDetails(
            host_id=self.host_id,
            room_id=self.room_id,
            region=self.region,
            game=self.game,
            capacity=self.capacity,
            public_ip=self.public_ip,
            game_info=self.game_info,
        )

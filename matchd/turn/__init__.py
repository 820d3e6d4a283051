"""TURN: which relays a player is told of, with which credentials, and how coturn is configured.

Owns the TURN REST scheme (draft-uberti-behave-turn-rest-00), the choice of relays, the
`iceServers` answer and the text of a hardened coturn configuration.

Rules: pure. The clock is an argument, the choice of servers is a hash and not a die, no file is
read and nothing is logged. A secret or password never shows in a repr. Services and the command
line import this package; it imports nothing of ours.
"""

from matchd.turn.coturn import coturn_config
from matchd.turn.credentials import Credential, mint, user_part
from matchd.turn.ice import IceAnswer, IceServer, TurnPlan, ice_servers, merged
from matchd.turn.servers import (
    SharedSecretServer,
    StaticServer,
    TurnServer,
    check_host,
    check_secret,
    check_stun_url,
)

__all__ = [
    "Credential",
    "IceAnswer",
    "IceServer",
    "SharedSecretServer",
    "StaticServer",
    "TurnPlan",
    "TurnServer",
    "check_host",
    "check_secret",
    "check_stun_url",
    "coturn_config",
    "ice_servers",
    "merged",
    "mint",
    "user_part",
]

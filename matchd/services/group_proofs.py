"""What a native peer comes back with (`resume`): it names the place and proves whose it is, on any
node, and is not stored.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from matchd.domain.groups import GroupKey
from matchd.domain.ids import GroupId, PeerId

Place = tuple[GroupId, PeerId]


def proof_of(pepper: bytes, key: GroupKey, place: Place, account: str | None) -> str:
    """Good for a place of this account, or of a guest."""
    group, peer = place
    text = f"resume:{key.digest}:{group}:{peer}:{account or ''}".encode()
    mac = base64.urlsafe_b64encode(hmac.digest(pepper, text, hashlib.sha256)[:16])
    return f"{group}.{peer}.{mac.rstrip(b'=').decode('ascii')}"


def place_in(pepper: bytes, key: GroupKey, resume: str, account: str | None) -> Place | None:
    """The place that `resume` speaks for; None when it is not one of this room and this account."""
    group, _, rest = resume.partition(".")
    place = GroupId(group), PeerId(rest.partition(".")[0])
    expected = proof_of(pepper, key, place, account).encode("utf-8", "replace")
    return place if hmac.compare_digest(resume.encode("utf-8", "replace"), expected) else None

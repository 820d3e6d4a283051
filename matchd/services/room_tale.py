"""What the journal tells of signaling rooms: who came to one, and who went."""

from __future__ import annotations

from matchd.services.journal import Journal
from matchd.services.session import Session


def tell_of_socket(journal: Journal, event: str, session: Session) -> None:
    """A socket came to its room, or went."""
    booking = session.booking
    journal.happened(
        event,
        why=f"as {session.side.value}",
        room=session.room_id,
        host=session.host_id,
        peer=session.peer,
        booking=None if booking is None else booking.id,
        account=None if booking is None or booking.guest else booking.owner,
    )

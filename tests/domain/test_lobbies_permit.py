"""Who may do what in a lobby, and when (domain/lobbies.py)."""

from __future__ import annotations

import pytest

from matchd.domain import lobby_deeds as deeds
from matchd.domain.lobbies import Status, Verb, permit
from matchd.errors import Forbidden, GameStarted, UnknownLobby
from tests.lobbies import NOW, lobby, who

PLAYING = lobby("l1", "ann", "bob", status=Status.IN_PROGRESS, empty_since=NOW)
OWNERS = {Verb.START, Verb.END, Verb.INVITE, Verb.KICK, Verb.HAND_OVER, Verb.CHANGE}


@pytest.mark.parametrize("verb", Verb)
def test_who_may(verb: Verb) -> None:
    """Members what is theirs, the owner everything; others nothing, and less where it is private."""
    one, private = lobby("l1", "ann", "bob"), lobby("l1", "ann", "bob", is_private=True)
    assert permit(one, who("ann"), verb) is one
    for unknown in (None, private):
        with pytest.raises(UnknownLobby):
            permit(unknown, who("eve"), verb)
    with pytest.raises(Forbidden):
        permit(one, who("eve"), verb)
    if verb in OWNERS:
        with pytest.raises(Forbidden):
            permit(one, who("bob"), verb)
    else:
        assert permit(one, who("bob"), verb) is one


def test_ready_before_the_game_only() -> None:
    """In it nobody waits for anybody's readiness."""
    one = lobby("l1", "ann", "bob")
    ready = deeds.set_ready(one, who("bob"), NOW, ready=True)
    assert [member.ready for member in ready.members] == [False, True]
    assert deeds.set_ready(ready, who("bob"), NOW, ready=True) is ready
    with pytest.raises(GameStarted):
        permit(PLAYING, who("bob"), Verb.READY)

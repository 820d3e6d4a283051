"""Who may know of a lobby and what each deed makes of it (wire.md 5)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from matchd.domain import lobby_deeds as deeds
from matchd.domain.ids import NodeId
from matchd.domain.lobbies import (
    EMPTY,
    IDLE,
    MOST_LISTED,
    Lobby,
    Status,
    admits,
    sees,
)
from matchd.errors import (
    GameStarted,
    InvalidRequest,
    Kicked,
    LobbyFull,
    NotWhitelisted,
    Refusal,
    UnknownLobby,
    UnknownPlayer,
    WrongPassword,
)
from tests.lobbies import NOW, here, lobby, member, who

PLAYING = lobby("l1", "ann", "bob", status=Status.IN_PROGRESS, empty_since=NOW)


def enter(
    into: Lobby | None, name: str = "eve", proof: bytes | None = None, apart: str = ""
) -> Lobby:
    """Somebody comes in, a second later."""
    others = frozenset({who(apart)} if apart else ())
    return deeds.join(into, member(name), NOW + 1, proof=proof, apart=others)


def names(of: Lobby | None) -> list[str]:
    """Who is in it."""
    assert of is not None
    return [one.handle for one in of.members]


def test_coming_in() -> None:
    """At the end of the line; it counts as something done. Coming in twice changes nothing."""
    entered = enter(lobby("l1", "ann", "bob"))
    assert names(entered) == ["ann", "bob", "eve"]
    assert entered.active_at == NOW + 1
    assert enter(entered) is entered
    assert enter(PLAYING, "bob") is PLAYING


LISTED = frozenset({who("bob")})
SECRET = lobby("l1", password=b"proof", whitelist=LISTED, is_private=True)


@pytest.mark.parametrize(
    ("into", "name", "apart", "refusal"),
    [
        (None, "eve", "", UnknownLobby),
        (SECRET, "eve", "ann", NotWhitelisted),
        (replace(SECRET, status=Status.IN_PROGRESS), "eve", "", NotWhitelisted),
        (replace(SECRET, max_players=1), "eve", "", NotWhitelisted),
        (SECRET, "bob", "ann", UnknownLobby),
        (replace(SECRET, kicked=(who("bob"),)), "bob", "", Kicked),
        (replace(SECRET, status=Status.IN_PROGRESS), "bob", "", WrongPassword),
        (PLAYING, "eve", "", GameStarted),
        (PLAYING, "eve", "ann", UnknownLobby),
        (lobby("l1", max_players=1), "eve", "", LobbyFull),
    ],
)
def test_who_may_not_know_is_told_first(
    into: Lobby | None, name: str, apart: str, refusal: type[Refusal]
) -> None:
    """A list hides everything, a block hides the lobby, a password hides whether it plays."""
    with pytest.raises(refusal):
        enter(into, name, apart=apart)


def test_the_password() -> None:
    """The right proof opens; none, another and the beginning of it don't."""
    assert names(enter(SECRET, "bob", b"proof")) == ["ann", "bob"]
    for proof in (None, b"", b"proo", b"proofs"):
        with pytest.raises(WrongPassword):
            enter(SECRET, "bob", proof)


def test_a_block_by_a_member_who_is_not_the_owner() -> None:
    """Keeps nobody out: it is not his lobby."""
    assert names(enter(lobby("l1", "ann", "bob"), apart="bob")) == ["ann", "bob", "eve"]


def test_who_sees_what() -> None:
    """A public lobby is everybody's to see; a private one its members', the listed's, the invited's."""
    private = lobby("l1", is_private=True, whitelist=LISTED, invited={who("cid"): NOW})
    seen = [sees(private, who(name)) for name in ("ann", "bob", "cid", "eve")]
    assert seen == [True, True, True, False]
    assert not sees(private, None)
    assert sees(lobby("l2"), None)


def test_an_invitation_locks_nobody_out() -> None:
    """It adds to a list, and makes none where there is none."""
    public = deeds.invite(lobby("l1"), frozenset({who("bob")}), NOW)
    assert admits(public, who("eve"))
    listed = lobby("l1", whitelist=LISTED)
    assert not admits(listed, who("cid"))
    both = deeds.invite(listed, frozenset({who("cid")}), NOW)
    assert admits(both, who("cid"))
    assert admits(both, who("bob"))


def test_whom_a_step_invited() -> None:
    """Each invitation anew, though he was invited before; nobody who is in it already."""
    one = lobby("l1", "ann", "bob")
    once = deeds.invite(one, frozenset({who("cid"), who("bob")}), NOW)
    assert deeds.newly_invited(one, once) == {who("cid")}
    twice = deeds.invite(once, frozenset({who("cid")}), NOW + 1)
    assert deeds.newly_invited(once, twice) == {who("cid")}
    assert deeds.newly_invited(twice, enter(twice)) == frozenset()
    assert deeds.newly_invited(None, one) == deeds.newly_invited(one, None) == frozenset()
    assert deeds.invite(one, frozenset({who("bob")}), NOW) is one


def test_invitations_are_bounded() -> None:
    """Five hundred, over all calls."""
    many = frozenset(who(f"p{number}") for number in range(MOST_LISTED))
    full = deeds.invite(lobby("l1"), many, NOW)
    with pytest.raises(InvalidRequest):
        deeds.invite(full, frozenset({who("one")}), NOW)
    assert len(deeds.invite(full, many, NOW + 1).invited) == MOST_LISTED


def test_the_owner_leaves() -> None:
    """The oldest member owns it, and the last one ends it."""
    left = deeds.leave(lobby("l1", "ann", "bob", "cid"), who("ann"), NOW)
    assert left is not None
    assert (left.owner, names(left)) == (who("bob"), ["bob", "cid"])
    assert deeds.leave(lobby("l1"), who("ann"), NOW) is None
    one = lobby("l1", "ann", "bob")
    assert deeds.leave(one, who("eve"), NOW) is one
    stays = deeds.leave(one, who("bob"), NOW)
    assert stays is not None
    assert stays.owner == who("ann")


def test_putting_somebody_out() -> None:
    """He comes in again only when he is invited again; his former invitation is void."""
    invited = deeds.invite(lobby("l1", "ann", "bob"), frozenset({who("eve")}), NOW)
    out = deeds.kick(enter(invited), who("eve"), NOW)
    assert names(out) == ["ann", "bob"]
    with pytest.raises(Kicked):
        enter(out)
    assert names(enter(deeds.invite(out, frozenset({who("eve")}), NOW))) == ["ann", "bob", "eve"]
    with pytest.raises(UnknownPlayer):
        deeds.kick(out, who("eve"), NOW)
    with pytest.raises(InvalidRequest):
        deeds.kick(out, who("ann"), NOW)


def test_handing_over() -> None:
    """To a member only."""
    assert deeds.hand_over(PLAYING, who("bob"), NOW).owner == who("bob")
    assert deeds.hand_over(PLAYING, who("ann"), NOW) is PLAYING
    with pytest.raises(UnknownPlayer):
        deeds.hand_over(PLAYING, who("eve"), NOW)


def test_room_for_those_who_are_there() -> None:
    """A lobby is made no smaller than its members are many."""
    assert deeds.resize(PLAYING, 2).max_players == 2
    with pytest.raises(InvalidRequest):
        deeds.resize(PLAYING, 1)


def test_starting() -> None:
    """Once; without sockets its time begins to run at once."""
    started = deeds.start(lobby("l1"), NOW)
    assert (started.status, started.empty_since) == (Status.IN_PROGRESS, NOW)
    assert deeds.start(started, NOW + 1) is started


def test_the_owners_socket_starts() -> None:
    """Another member's does not."""
    one = lobby("l1", "ann", "bob")
    other = deeds.connect(one, who("bob"), here(1), NOW)
    assert other.status is Status.WAITING
    begun = deeds.connect(other, who("ann"), here(2), NOW)
    assert (begun.status, begun.empty_since) == (Status.IN_PROGRESS, None)


def test_an_older_socket_that_ends() -> None:
    """Does not end the newer one of the same player."""
    one = deeds.connect(PLAYING, who("ann"), here(1), NOW)
    two = deeds.connect(one, who("ann"), here(2), NOW)
    assert deeds.disconnect(two, who("ann"), here(1).address, NOW) is two
    gone = deeds.disconnect(two, who("ann"), here(2).address, NOW + 5)
    assert (gone.busy, gone.empty_since) == (False, NOW + 5)
    assert deeds.disconnect(gone, who("ann"), here(2).address, NOW) is gone


def test_a_node_dies() -> None:
    """All its sockets end, and those of others stay."""
    one = deeds.connect(PLAYING, who("ann"), here(1, "n1"), NOW)
    two = deeds.connect(one, who("bob"), here(1, "n2"), NOW)
    left = deeds.lose_node(two, NOW, NodeId("n1"))
    assert [one.here is None for one in left.members] == [True, False]
    assert deeds.lose_node(left, NOW, NodeId("n1")) is left
    assert deeds.lose_node(left, NOW + 1, NodeId("n2")).empty_since == NOW + 1


def test_nobody_connected_for_a_while() -> None:
    """It waits again, nobody is ready, and its idle time begins."""
    ready = replace(PLAYING, members=(member("ann", ready=True), member("bob")))
    assert deeds.expire(ready, NOW + EMPTY - 0.1) is ready
    again = deeds.expire(ready, NOW + EMPTY)
    assert again is not None
    assert (again.status, again.members[0].ready) == (Status.WAITING, False)
    assert again.deadline == NOW + EMPTY + IDLE


def test_nothing_done_for_long() -> None:
    """A lobby that waits ends, unless somebody is connected."""
    one = lobby("l1", "ann", "bob")
    assert deeds.expire(one, NOW + IDLE - 0.1) is one
    assert deeds.expire(one, NOW + IDLE) is None
    busy = deeds.connect(one, who("bob"), here(1), NOW)
    assert deeds.expire(busy, NOW + 9 * IDLE) is busy


def test_a_game_that_goes_on() -> None:
    """Has no deadline while one is connected, however long; it has one when he has left the lobby."""
    played = deeds.connect(PLAYING, who("bob"), here(1), NOW)
    assert played.deadline is None
    left = deeds.leave(played, who("bob"), NOW + 7)
    assert left is not None
    assert left.deadline == NOW + 7 + EMPTY


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("connected", [False, True])
def test_the_owner_vanishes(status: Status, connected: bool) -> None:
    """Whatever the state, it ends or goes to somebody else: by his going, or by its time."""
    one = lobby("l1", "ann", "bob")
    if status is Status.IN_PROGRESS:
        one = deeds.start(one, NOW)
    if connected:
        one = deeds.connect(one, who("ann"), here(1), NOW)
        one = deeds.disconnect(one, who("ann"), here(1).address, NOW)
    gone = deeds.leave(one, who("ann"), NOW)
    assert gone is not None
    assert gone.owner == who("bob")
    silent: Lobby | None = one
    for _ in range(2):
        silent = None if silent is None else deeds.expire(silent, silent.deadline or 0.0)
    assert silent is None


def test_a_restart() -> None:
    """Nobody is connected; who plays has his grace, and times go on where they stopped."""
    played = deeds.connect(PLAYING, who("ann"), here(1), NOW)
    back = deeds.restored(played, 1000.0, NOW + 1001)
    assert (back.busy, back.deadline) == (False, NOW + 1001 + EMPTY)
    waited = deeds.restored(lobby("l1", invited={who("bob"): NOW}), 1000.0, NOW + 1001)
    assert (waited.deadline, waited.invited) == (NOW + 1000 + IDLE, {who("bob"): NOW + 1000})

"""Any order of deeds in one lobby, against what always holds (wire.md 5)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from matchd.domain import lobby_deeds as deeds
from matchd.domain.ids import NodeId
from matchd.domain.lobbies import Lobby, Status
from matchd.domain.lobby_lists import names_of, pack, unpack_lobby
from matchd.errors import Refusal
from tests.lobbies import NOW, here, lobby, member, who

PLAYERS = ("ann", "bob", "cid", "dan")
WORDS = (
    "join",
    "leave",
    "kick",
    "invite",
    "hand over",
    "ready",
    "start",
    "connect",
    "disconnect",
    "lose node",
    "expire",
)
STEPS = st.lists(
    st.tuples(st.sampled_from(WORDS), st.sampled_from(PLAYERS), st.integers(0, 3)), max_size=40
)


TO_PLAYERS = {"leave": deeds.leave, "kick": deeds.kick, "hand over": deeds.hand_over}
BY_TIME = {"start": deeds.start, "expire": deeds.expire}


def do(one: Lobby, word: str, name: str, number: int, now: float) -> Lobby | None:
    """One deed; sockets are numbered, each on one of two nodes."""
    account, socket = who(name), here(number, f"n{number % 2}")
    if word in TO_PLAYERS:
        return TO_PLAYERS[word](one, account, now)
    if word in BY_TIME:
        return BY_TIME[word](one, now + 40 * number)
    after = one
    match word:
        case "join":
            after = deeds.join(one, member(name), now)
        case "invite":
            after = deeds.invite(one, frozenset({account}), now)
        case "ready":
            after = deeds.set_ready(one, account, now, ready=number > 1)
        case "connect" if one.member(account) is not None:
            after = deeds.connect(one, account, socket, now)
        case "disconnect":
            after = deeds.disconnect(one, account, socket.address, now)
        case "lose node":
            after = deeds.lose_node(one, now, NodeId(f"n{number % 2}"))
    return after


def check(one: Lobby) -> None:
    """What always holds."""
    accounts = [member.account for member in one.members]
    assert len(set(accounts)) == len(accounts) <= one.max_players
    assert one.owner in accounts
    alone = one.status is Status.IN_PROGRESS and not one.busy
    assert (one.empty_since is not None) == alone
    assert (one.deadline is None) == one.busy
    assert unpack_lobby(pack(one)) == one
    lists = {name.partition("\0")[0] for name in names_of(one)}
    assert lists == {"e", "s", "p", "a"} | ({"n"} if one.busy else set())


@given(STEPS)
def test_any_order_of_deeds(steps: list[tuple[str, str, int]]) -> None:
    """The owner is in it, nobody twice; a time runs when nobody is connected; it comes back from its
    text as it was; and no deed changes the lobby that it was given.
    """
    one: Lobby | None = lobby("l1", max_players=3)
    for at, (word, name, number) in enumerate(steps):
        if one is None:
            return
        text = pack(one)
        try:
            after = do(one, word, name, number, NOW + at)
        except Refusal:
            after = one
        assert pack(one) == text
        one = after
        if one is not None:
            check(one)

"""Any order of logins, rotations, words between friends, bans, deletions and time, on every backend,
against an independent model (people_model.py).
"""

from __future__ import annotations

import itertools

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from matchd.domain.friends import Standing, Verb
from matchd.domain.ids import AccountId, LoginId
from matchd.domain.logins import Cause
from matchd.store.ports import Blocking, Changed, Opened, Reused, Rotated, UnknownAccount
from tests.store.any_order import StoreMachine, run_in_any_order
from tests.store.people import DAY, EPOCH, KEEPERS, People
from tests.store.people_model import Family, Pair

NAMES = ("ann", "bob", "cleo")
WHO = st.sampled_from(NAMES)
PAIRS = list(itertools.combinations(NAMES, 2))


class Machine(StoreMachine):
    """Three people who may be there, against one backend."""

    def __init__(self) -> None:
        super().__init__()
        self.people = People(self.portal.store)
        self.known: set[str] = set()
        self.banned: set[str] = set()
        self.families: dict[tuple[str, str], Family] = {}
        self.pairs = {names: Pair(*names) for names in PAIRS}
        self.voided: list[tuple[str, str | None, str]] = []

    def end(self, name: str, device: str, cause: str) -> None:
        """A login ended in the model."""
        del self.families[name, device]
        self.voided.append((f"u_{name}", f"{name}-{device}", cause))

    # What people do.

    @rule(name=WHO)
    def sign_up(self, name: str) -> None:
        """Somebody signs up, or is there already."""
        self.do(lambda: self.people.add(name))
        self.known.add(name)

    @rule(name=WHO, device=st.sampled_from("ab"))
    def log_in(self, name: str, device: str) -> None:
        """A login on a device that has none."""
        if (name, device) in self.families:
            return
        login, now = self.people.login(name, device), self.people.now
        logins = self.people.store.logins
        answer = self.do(lambda: logins.open(login, f"hash of {name}", now))
        assert isinstance(answer, Opened) == (name in self.known - self.banned)
        if isinstance(answer, Opened):
            self.families[name, device] = Family(now, now + DAY)

    @rule(name=WHO, device=st.sampled_from("ab"), back=st.sampled_from((0, 0, 0, 1, 2, -3)))
    def rotate(self, name: str, device: str, back: int) -> None:
        """A token of a login: its last one, an older one, or one that was never made."""
        family, now = self.families.get((name, device)), self.people.now
        number = max(0, (family.last if family else 0) - back)
        answer = self.do(lambda: self.people.rotate(name, number, device=device))
        meant = "unknown" if family is None else family.present(number, now, now + DAY)
        match answer:
            case None:
                assert meant == "unknown"
            case Reused():
                assert meant == "reused"
                self.end(name, device, "reused")
            case Rotated():
                assert meant == ("repeated" if answer.repeated else "rotated")

    @rule(name=WHO, device=st.sampled_from("ab"))
    def log_out(self, name: str, device: str) -> None:
        """One login ends."""
        logins, login = self.people.store.logins, LoginId(f"{name}-{device}")
        closed = self.do(lambda: logins.close(login, Cause.LOGOUT, self.people.now))
        assert (closed is not None) == ((name, device) in self.families)
        if closed is not None:
            self.end(name, device, "logout")

    @rule(me=WHO, other=WHO, verb=st.sampled_from(Verb))
    def speak(self, me: str, other: str, verb: Verb) -> None:
        """One does something to another."""
        if me == other:
            return
        pair = self.pairs[min(me, other), max(me, other)]
        before = (pair.shown(me), pair.shown(other))
        answer = self.do(lambda: self.people.change(f"u_{me}", f"u_{other}", verb))
        if not {me, other} <= self.known:
            assert answer == UnknownAccount()
        elif not pair.say(me, verb):
            assert answer == Blocking()
        else:
            assert isinstance(answer, Changed)
            assert (answer.mine.before, answer.theirs.before) == before
            after = (answer.mine.after, answer.theirs.after)
            assert after == (pair.shown(me), pair.shown(other))

    # What administrators and time do.

    @rule(name=WHO, holds=st.booleans())
    def ban(self, name: str, holds: bool) -> None:
        """Somebody is shut out, or let in."""
        accounts, account = self.people.store.accounts, AccountId(f"u_{name}")
        if not holds:
            self.do(lambda: accounts.unban(account))
            self.banned.discard(name)
        elif self.do(lambda: self.people.ban(name)) is not None:
            self.banned.add(name)
            self.leave(name, "banned")

    @rule(name=WHO)
    def delete(self, name: str) -> None:
        """Somebody is erased, and comes back as a stranger."""
        accounts, account = self.people.store.accounts, AccountId(f"u_{name}")
        gone = self.do(lambda: accounts.delete(account, self.people.now))
        assert (gone is not None) == (name in self.known)
        if gone is not None:
            self.known.discard(name)
            self.banned.discard(name)
            self.leave(name, "deleted")
            self.pairs |= {names: Pair(*names) for names in PAIRS if name in names}

    def leave(self, name: str, cause: str) -> None:
        """All logins of one are void by one entry."""
        self.families = {key: one for key, one in self.families.items() if key[0] != name}
        self.voided.append((f"u_{name}", None, cause))

    @rule(seconds=st.sampled_from((0.5, 59.0, 61.0, DAY / 2)))
    def wait(self, seconds: float) -> None:
        """Time passes, and what has expired is swept."""
        self.people.now += seconds
        now = self.people.now
        due = [key for key, family in self.families.items() if family.expires_at <= now]
        assert self.do(lambda: self.people.store.logins.sweep(now, 10 * EPOCH)) == len(due)
        for key in due:
            del self.families[key]

    # What holds.

    @invariant()
    def all_agree(self) -> None:
        """Logins, lists and the log are those of the model."""
        for name in NAMES:
            devices = {device for owner, device in self.families if owner == name}
            listed = self.do(lambda name=name: self.people.devices(name))  # type: ignore[misc]  # bound now
            assert set(listed) == devices
            lines = self.do(lambda name=name: self.people.lines(f"u_{name}"))  # type: ignore[misc]  # bound now
            assert lines == sorted(self.lines(name))
        self.people.read_to = 0
        assert self.do(self.people.revoked) == self.voided

    def lines(self, name: str) -> list[tuple[str, str]]:
        """One's list in the model."""
        mine = [(names, pair) for names, pair in self.pairs.items() if name in names]
        shown = [(pair.shown(name), other) for names, pair in mine for other in names]
        return [
            (standing, f"u_{other}")
            for standing, other in shown
            if standing != Standing.NONE and other != name
        ]


@pytest.mark.parametrize("backend", KEEPERS)
def test_any_order(backend: str) -> None:
    """Whatever people do in whatever order, the store says what the model says."""
    run_in_any_order(Machine, backend)

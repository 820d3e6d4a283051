"""People in a store under test: short words for accounts, logins and ties, with a time tests move.

Every account is called as its id is, without `u_`; refresh tokens are t0, t1, … and successors follow
from the token before them, as services make them.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import msgspec
import trio

from matchd.domain.accounts import Account, Ban, Kind
from matchd.domain.bookings import Terms
from matchd.domain.friends import Verb
from matchd.domain.ids import AccountId, Handle, LoginId
from matchd.domain.logins import Login
from matchd.store.embedded import EmbeddedStore
from matchd.store.ports import (
    Blocking,
    Changed,
    Created,
    NameTaken,
    Oneself,
    Opened,
    PeopleStore,
    Reused,
    Revoked,
    Rotated,
    Store,
    TooManyEdges,
    UnknownAccount,
)
from tests.store.backends import BACKENDS
from tests.store.house import LEASES

EPOCH = 1_715_620_000.25
DAY = 86_400.0


@asynccontextmanager
async def kept(path: Path) -> AsyncIterator[EmbeddedStore]:
    """The embedded store over a file, running."""
    store = EmbeddedStore(LEASES, Terms(), random.Random(1), path)
    async with trio.open_nursery() as nursery:
        await nursery.start(store.run)
        yield store
        nursery.cancel_scope.cancel()


def opened(backend: str, directory: Path) -> AbstractAsyncContextManager[Store]:
    """An empty store of a backend, running; `file` is the embedded one over a file."""
    if backend == "file":
        return kept(directory / "matchd.db")
    return BACKENDS[backend](LEASES, Terms(), random.Random(1))


KEEPERS = (*sorted(BACKENDS), "file")


def account(name: str, **changes: object) -> Account:
    """A password account."""
    made = Account(
        id=AccountId(f"u_{name}"),
        kind=Kind.PASSWORD,
        handle=Handle(name),
        created_at=EPOCH,
        seen_at=EPOCH,
        password_hash=f"hash of {name}",
    )
    return msgspec.structs.replace(made, **changes)


def key_account(name: str) -> Account:
    """A key account."""
    return account(
        name,
        id=AccountId(f"k_{name}"),
        kind=Kind.KEY,
        handle=Handle(f"{name}~key"),
        password_hash=None,
        public_key=name.encode() * 8,
    )


async def crowd(calls: Iterable[Callable[[], Awaitable[object]]], width: int) -> None:
    """Make many calls, so many of them at once."""
    rest = iter(calls)

    async def work() -> None:
        for call in rest:
            await call()

    async with trio.open_nursery() as nursery:
        for _ in range(width):
            nursery.start_soon(work)


def digest(token: str) -> bytes:
    """The hash of a token, with every kind of byte in it."""
    return hashlib.sha256(token.encode()).digest()


class People:
    """A store and its time."""

    def __init__(self, store: PeopleStore) -> None:
        self.store = store
        self.now = EPOCH
        self.read_to = 0

    async def add(self, *names: str) -> None:
        """Sign people up."""
        for name in names:
            created = await self.store.accounts.create(account(name))
            assert isinstance(created, Created)

    async def create(self, made: Account, login: Login | None = None) -> Created | NameTaken:
        """Sign somebody up."""
        return await self.store.accounts.create(made, login)

    async def get(self, name: str) -> Account | None:
        """Somebody's account."""
        return await self.store.accounts.get(AccountId(f"u_{name}"))

    async def ban(self, name: str, until: float | None = None) -> Account | None:
        """Shut somebody out for spam."""
        ban = Ban("spam", self.now, until)
        return await self.store.accounts.ban(AccountId(f"u_{name}"), ban, self.now)

    def login(self, name: str, device: str = "d", token: str = "t0", age: float = 0) -> Login:
        """A new login, named after its account and device."""
        return Login(
            id=LoginId(f"{name}-{device}"),
            account=AccountId(f"u_{name}"),
            device=device,
            current=digest(token),
            created_at=self.now - age,
            rotated_at=self.now - age,
            expires_at=self.now + DAY,
        )

    async def log_in(self, name: str, device: str = "d", age: float = 0) -> Opened:
        """A login with the right password."""
        login = self.login(name, device, age=age)
        opened = await self.store.logins.open(login, f"hash of {name}", self.now)
        assert isinstance(opened, Opened)
        return opened

    async def rotate(
        self, name: str, number: int, successor: str | None = None, device: str = "d"
    ) -> Rotated | Reused | None:
        """Present token t<number>, whose successor is t<number + 1>."""
        return await self.store.logins.rotate(
            LoginId(f"{name}-{device}"),
            digest(f"t{number}"),
            digest(successor or f"t{number + 1}"),
            expires_at=self.now + DAY,
            now=self.now,
        )

    async def devices(self, name: str) -> list[str]:
        """Somebody's logins, by their devices."""
        return [one.device for one in await self.store.logins.of_account(AccountId(f"u_{name}"))]

    async def revoked(self) -> list[tuple[str, str | None, str]]:
        """What was revoked since the last look: of whom, which login (None: all), why."""
        read: Revoked = await self.store.logins.revoked_since(self.read_to, 100)
        self.read_to = read.cursor
        return [(one.account, one.login, one.cause.value) for one in read.entries]

    async def change(
        self, me: str, other: str, verb: Verb
    ) -> Changed | Oneself | Blocking | TooManyEdges | UnknownAccount:
        """What one does to another, both named by their ids."""
        return await self.store.friends.change(AccountId(me), AccountId(other), verb, self.now)

    async def lines(self, me: str) -> list[tuple[str, str]]:
        """Somebody's whole list: how he stands to whom."""
        page = await self.store.friends.page(AccountId(me), None, None, 1000)
        return [(friend.standing.value, friend.other) for friend in page]

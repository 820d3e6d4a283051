"""The Redis store as one object: its ports, its sweep, its readiness. Backend-internal."""

from __future__ import annotations

import random
from collections.abc import Mapping

import msgspec

from matchd.domain.bookings import Terms
from matchd.domain.happenings import Happening
from matchd.domain.hosts import Leases
from matchd.errors import StoreUnavailable
from matchd.log import get_logger
from matchd.store.redis import scripts
from matchd.store.redis.accounts import RedisAccounts
from matchd.store.redis.advice import HIDDEN, advise
from matchd.store.redis.batcher import Batcher, Limits
from matchd.store.redis.bookings import RedisBookings
from matchd.store.redis.bus import RedisBus
from matchd.store.redis.caller import Caller, command_of, packed
from matchd.store.redis.chat import RedisChat
from matchd.store.redis.check import violations
from matchd.store.redis.events import EVENTS, RedisEvents
from matchd.store.redis.faults import Fault
from matchd.store.redis.friends import RedisFriends
from matchd.store.redis.games import RedisGames
from matchd.store.redis.groups import GROUPS, RedisGroups
from matchd.store.redis.hosts import RedisHosts
from matchd.store.redis.journal import JOURNAL, RedisJournal
from matchd.store.redis.link import Command, Target, connector, is_copied, subscriber
from matchd.store.redis.lobbies import LOBBIES, RedisLobbies
from matchd.store.redis.logins import RedisLogins
from matchd.store.redis.nodes import RedisNodes
from matchd.store.redis.people import PEOPLE
from matchd.store.redis.play import PLAY, PlayCaller, check
from matchd.store.redis.queue import RedisQueue
from matchd.store.redis.reports import RedisReports
from matchd.store.redis.rooms import RedisRooms
from matchd.store.redis.spent import RedisSpent
from matchd.store.redis.suites import Suite, SuiteCaller

_log = get_logger()

SWEEP_STEPS = 50
"""Scripts of one sweep at most; the next one goes on."""

SWEEP_LIMIT = 100
"""Records that one script expires at most, so that it holds Redis for a few milliseconds only."""


class Options(msgspec.Struct, frozen=True):
    """Where the store is and how it is used: the prefix of its keys is their hash tag;
    `trust_caller_clock` makes the callers' `now` count instead of Redis' time (tests only).
    """

    target: Target
    prefix: str = "matchd"
    trust_caller_clock: bool = False
    limits: Limits = Limits()


class Survey(msgspec.Struct, frozen=True):
    """What is seen of a store from outside: the product and version that it runs on ("" when it does
    not tell), and the families of the nodes that are alive (see NodesPort.join).
    """

    product: str
    version: str
    families: tuple[str, ...]


class RedisStore:
    """Everything in one Redis. `rng` makes the choice among free hosts.

    `run` keeps the connection and has to be running; `await nursery.start(store.run)` returns after
    one attempt to connect, which may have failed: `ready` says why. ConfigError when the target or
    the prefix can't be used.
    """

    def __init__(self, options: Options, leases: Leases, terms: Terms, rng: random.Random) -> None:
        loaded, rules = scripts.load(), (leases, terms)
        suites = (PEOPLE, EVENTS, GROUPS, LOBBIES, PLAY, JOURNAL)
        self._suites = {suite.folder: suite.load() for suite in suites}
        keys = scripts.keys_under(options.prefix)
        proof = command_of(loaded["hello"], keys, msgspec.msgpack.encode({}), packed(rules))
        connect = connector(
            options.target,
            [text for suite in (loaded, *self._suites.values()) for text in suite.values()],
            [proof],
            home=keys[0],
            timeout=options.limits.deadline,
        )
        self._batcher = Batcher(connect, options.limits)
        self._copied = is_copied(options.target)
        self._is_hidden = False
        self._caller = Caller(
            self._batcher,
            loaded,
            options.prefix,
            rules,
            trust_caller_clock=options.trust_caller_clock,
        )
        self._take_in_people(self._caller_of(PEOPLE, options))
        self.events = RedisEvents(self._caller_of(EVENTS, options), options.prefix)
        self.journal = RedisJournal(self._caller_of(JOURNAL, options), options.prefix)
        self.lobbies = RedisLobbies(self._caller_of(LOBBIES, options))
        # Who has lost his place is told by whoever asked, and nobody else would.
        self.groups = RedisGroups(self._caller_of(GROUPS, options, finishes=True), leases)
        self._play = PlayCaller(self._caller_of(PLAY, options), leases)
        self.queue, self.games = RedisQueue(self._play), RedisGames(self._play)
        self.hosts = RedisHosts(self._caller)
        self.bookings = RedisBookings(self._caller, rng)
        self.rooms = RedisRooms(self._caller)
        self.nodes = RedisNodes(self._caller, self._batcher)
        subscribe = subscriber(options.target, home=keys[0], timeout=options.limits.deadline)
        self.bus = RedisBus(self._batcher, subscribe, options.prefix)
        self.run = self._batcher.run

    def _caller_of(self, suite: Suite, options: Options, *, finishes: bool = False) -> SuiteCaller:
        return SuiteCaller(
            self._batcher,
            self._suites[suite.folder],
            suite.keys_under(options.prefix),
            trusts=options.trust_caller_clock,
            finishes=finishes,
        )

    def _take_in_people(self, caller: SuiteCaller) -> None:
        self.accounts = RedisAccounts(caller)
        self.logins = RedisLogins(caller)
        self.friends = RedisFriends(caller)
        self.spent = RedisSpent(caller)
        self.chat = RedisChat(caller)
        self.reports = RedisReports(caller)

    def _take_in_play(
        self, loaded: Mapping[str, scripts.Script], options: Options, leases: Leases
    ) -> None:
        keys, trusts = PLAY.keys_under(options.prefix), options.trust_caller_clock
        self._play = PlayCaller(SuiteCaller(self._batcher, loaded, keys, trusts=trusts), leases)
        self.queue = RedisQueue(self._play)
        self.games = RedisGames(self._play)

    async def sweep(self, now: float) -> tuple[Happening, ...]:
        """Expire every lease that is due, in bounded steps; each is expired by one node only.

        When Redis goes away between two steps, what the first ones did is still told.
        """
        happenings: list[Happening] = []
        for _ in range(SWEEP_STEPS):
            try:
                answer = await self._caller.run("sweep", {"limit": SWEEP_LIMIT}, now)
            except StoreUnavailable:
                if not happenings:
                    raise
                break
            happenings += answer.happenings()
            for name in answer.out["unreadable"]:
                _log.error(
                    "store.unreadable", record=name.replace("\0", " "), effect="left as it is"
                )
            if not answer.out["more"]:
                break
        try:
            return (*happenings, *await self.groups.sweep(now))
        except StoreUnavailable:
            if not happenings:
                raise
            return tuple(happenings)

    async def ready(self) -> str | None:
        """Why Redis can't be used now, or None. One round trip, writing included."""
        if self._batcher.fault is not None:
            return str(self._batcher.fault)
        try:
            await self._caller.run("hello", {}, None)
        except StoreUnavailable as error:
            return str(error.__cause__ or error)  # the fault, without what it means for a caller
        return None

    async def advice(self) -> tuple[str, ...]:
        """What its administrator should change about Redis, each with the line. StoreUnavailable
        when Redis can't be asked now.
        """
        info = await self._asked(("INFO",))
        if not isinstance(info, Mapping):
            return (HIDDEN,)
        fsync = None
        if not self._is_hidden:
            fsync = await self._asked(("CONFIG GET", "appendfsync"))
            self._is_hidden = fsync is None  # each refusal is an entry in Redis' log of the ACL
        appendfsync = fsync.get("appendfsync") if isinstance(fsync, Mapping) else None
        return advise(info, appendfsync, copied=self._copied)

    async def survey(self) -> Survey:
        """Look at who shares the store, without joining. StoreUnavailable when that can't be done."""
        out = (await self._caller.run("survey", {}, None)).out
        families = tuple(node["family"] for node in out["nodes"])
        return Survey(out["product"], out["version"], families)

    async def _asked(self, command: Command) -> object:
        """What Redis answers, None when it does not let us ask."""
        try:
            return await self._batcher.call(command)
        except StoreUnavailable as error:
            if isinstance(error.__cause__, Fault) and error.__cause__.forbidden:
                return None
            raise

    async def violations(self) -> tuple[str, ...]:
        """Read everything, each part in one step, and check the invariants. O(n)."""
        pool = violations((await self._caller.run("dump", {}, None)).out)
        rest = (*await self.lobbies.violations(), *await self.groups.violations())
        return (*pool, *rest, *await check(self._play))

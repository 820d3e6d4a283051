"""The connection that scripts run on: one server, pipelines, and what may be asked twice.

A script is loaded in front of its first call on a connection, in the same round trip: those that nobody
calls would make Redis' collector of Lua slower, for every call of every script. One that Redis has
forgotten (SCRIPT FLUSH, restart, failover) is loaded again here, and the server of a slot that has
moved is looked for again: NOSCRIPT and MOVED mean that nothing was run, so asking once more is safe.
Nothing else is repeated. Backend-internal.

Where writes have to be copied, a pipeline that holds a writing script ends with WAIT. When no replica
confirms in time, the callers of that pipeline's writes are told so; the log says it once until a
write is copied again, and meanwhile less time is spent on waiting.
"""

from __future__ import annotations

from collections.abc import Sequence

from redis import Redis
from redis.connection import ConnectionInterface
from redis.exceptions import MovedError, NoScriptError, RedisError, ResponseError

from matchd.log import get_logger
from matchd.store.redis.faults import MOVING, NOT_COPIED, Fault
from matchd.store.redis.link.errors import translated
from matchd.store.redis.link.lines import hang_up
from matchd.store.redis.link.port import Command, Connect, Reply
from matchd.store.redis.link.scatter import Scatter
from matchd.store.redis.link.target import Kind, Target, locate
from matchd.store.redis.link.ways import Access, Server, Way, way_to
from matchd.store.redis.link.wire import packed
from matchd.store.redis.scripts import Script

_log = get_logger()

_PLAIN = frozenset({"EVALSHA", "SET"})
"""Commands whose replies redis-py has nothing to do with, and which are nearly all there are."""

_PATIENCE = 3
"""A replica may take one third of the time that a reply may; once one did not, one third of that."""


def connector(
    target: Target,
    scripts: Sequence[Script],
    proof: Sequence[Command],
    *,
    home: str,
    timeout: float,
) -> Connect:
    """How to connect to the server that holds the key `home`.

    `scripts` are those that commands call. `proof` is run on each new connection: an error reply to it
    means that the store can't be used. `timeout` in seconds holds for connecting and for each reply.
    ConfigError when the target can't be used.
    """
    access = Access(target, timeout)

    def connect() -> ServerLink:
        scatter = Scatter(access) if access.place.kind is Kind.CLUSTER else None
        copying = Copying(scripts, timeout) if is_copied(target) else None
        return ServerLink(way_to(access, home), scripts, proof, copying=copying, scatter=scatter)

    return connect


def is_copied(target: Target) -> bool:
    """Whether writes wait for a replica: as told, else where there are replicas by nature."""
    return locate(target).kind is not Kind.SINGLE if target.wait is None else target.wait


class Copying:
    """Whether replicas keep up: what WAIT is asked and what its answers mean."""

    def __init__(self, scripts: Sequence[Script], timeout: float) -> None:
        self._writing = frozenset(script.sha for script in scripts if script.writes)
        self._longest = timeout / _PATIENCE
        self._behind = False

    def writes(self, command: Command) -> bool:
        """Whether a command is a script that writes."""
        return command[0] == "EVALSHA" and command[1] in self._writing

    def question(self) -> Command:
        """WAIT for one replica, for less time while replicas are known to be behind."""
        seconds = self._longest / _PATIENCE if self._behind else self._longest
        return ("WAIT", 1, max(1, int(seconds * 1000)))

    def judge(self, commands: Sequence[Command], replies: list[Reply]) -> list[Reply]:
        """The replies without WAIT's, in which writes that no replica has are faults."""
        *rest, copies = replies
        behind = not isinstance(copies, int) or copies < 1
        if behind != self._behind:
            self._behind = behind
            if behind:
                _log.error("store.not_copied", reason="no replica confirms writes in time")
            else:
                _log.info("store.copied")
        if not behind:
            return rest
        return [
            NOT_COPIED if self.writes(command) and not isinstance(reply, RedisError) else reply
            for command, reply in zip(commands, rest, strict=True)
        ]


class ServerLink:
    """A connection to the server that a way leads to."""

    def __init__(
        self,
        way: Way,
        scripts: Sequence[Script],
        proof: Sequence[Command],
        *,
        copying: Copying | None,
        scatter: Scatter | None,
    ) -> None:
        self._way = way
        self._texts = {script.sha: script.text for script in scripts}
        self._loaded: set[str] = set()
        self._proof = (*proof, ("WAIT", 0, 0)) if copying else tuple(proof)
        self._copying = copying
        self._scatter = scatter
        self._server: Server | None = None
        self._connection: ConnectionInterface | None = None
        self.opened = 0

    def open(self) -> None:
        """Find the server, connect, run the proof."""
        self._server = self._way.find()
        self._loaded.clear()
        # By itself: Redis hangs up on long commands of a client that has yet to log in, unexplained.
        self._check(self._try([("PING",)]))
        self._load(self._proof)
        self._check(self._try(self._proof))
        self.opened += 1

    def send(self, commands: Sequence[Command]) -> list[Reply]:
        """Run commands in one round trip (more when Redis has forgotten the scripts or our slot has
        moved). In a Cluster what belongs to other shards is handed on and answered with None.
        """
        if self._scatter is None:
            return self._run(commands)
        mirrors = [command for command in commands if self._scatter.takes(command)]
        home = [command for command in commands if not self._scatter.takes(command)]
        self._scatter.send(mirrors)
        replies = iter(self._run(home) if home else ())
        return [None if self._scatter.takes(command) else next(replies) for command in commands]

    def close(self) -> None:
        """Close the sockets; the next `open` makes new ones."""
        if self._scatter is not None:
            self._scatter.close()
        if self._server is not None:
            self._server.client.connection_pool.disconnect()

    def wake(self) -> None:
        """End the stream of the connection in use."""
        hang_up(self._connection)

    def _run(self, commands: Sequence[Command]) -> list[Reply]:
        replies = self._try_to_copy(commands)
        kinds = (NoScriptError,) if self._scatter is None else (NoScriptError, MovedError)
        again = [at for at, reply in enumerate(replies) if isinstance(reply, kinds)]
        if again:
            moved = any(isinstance(replies[at], MovedError) for at in again)
            fresh = self._once_more([commands[at] for at in again], moved=moved)
            for at, reply in zip(again, fresh, strict=True):
                replies[at] = MOVING if moved and isinstance(reply, MovedError) else reply
        return [self._translated(r) if isinstance(r, RedisError) else r for r in replies]

    def _once_more(self, commands: Sequence[Command], *, moved: bool) -> Sequence[Reply]:
        if not moved:
            self._load(commands)
            return self._try_to_copy(commands)
        former = self._server
        try:
            self.open()
        except Fault as fault:
            return [Fault(str(fault), away=True)] * len(commands)
        finally:
            if former is not None:
                former.client.close()
        return self._try_to_copy(commands)

    def _load(self, commands: Sequence[Command]) -> None:
        self._check(self._try([("SCRIPT LOAD", self._texts[sha]) for sha in _called(commands)]))
        self._loaded |= _called(commands)

    def _whole(self, commands: Sequence[Command]) -> tuple[list[Command], Sequence[Command]]:
        """What loads the scripts that these commands are the first to call, and all that is sent."""
        fresh = _called(commands) - self._loaded
        if not fresh:
            return [], commands
        loading: list[Command] = [("SCRIPT LOAD", self._texts[sha]) for sha in fresh]
        return loading, [*loading, *commands]

    def _try_to_copy(self, commands: Sequence[Command]) -> list[Reply]:
        copying = self._copying
        if copying is None or not any(map(copying.writes, commands)):
            return self._try(commands)
        return copying.judge(commands, self._try([*commands, copying.question()]))

    def _try(self, commands: Sequence[Command]) -> list[Reply]:
        assert self._server is not None
        client, (loading, whole) = self._server.client, self._whole(commands)
        try:
            connection = self._connection = client.connection_pool.get_connection()
            try:
                connection.send_packed_command([packed(whole)])  # type: ignore[no-untyped-call]  # redis-py's own
                replies = [_reply(client, connection, command) for command in whole]
            except BaseException:
                # Replies that were not read would be taken for those of the next pipeline.
                connection.disconnect()  # type: ignore[no-untyped-call]  # redis-py's own
                raise
            finally:
                self._connection = None
                client.connection_pool.release(connection)
        except (RedisError, OSError) as error:
            raise self._translated(error) from None
        if loading:  # one that was refused is told when it is loaded once more
            self._loaded |= _called(commands)
        return replies[len(loading) :]

    def _check(self, replies: Sequence[Reply]) -> None:
        for reply in replies:
            if isinstance(reply, RedisError):
                raise self._translated(reply)

    def _translated(self, error: Exception) -> Fault:
        return translated(error, "Redis" if self._server is None else self._server.name)


def _called(commands: Sequence[Command]) -> set[str]:
    """The scripts that these commands call."""
    return {str(command[1]) for command in commands if command[0] == "EVALSHA"}


def _reply(client: Redis, connection: ConnectionInterface, command: Command) -> Reply:
    """The next reply; what Redis refuses is a reply too."""
    try:
        if command[0] in _PLAIN:
            return connection.read_response()
        return client.parse_response(connection, command[0])  # type: ignore[no-untyped-call]  # redis-py's own
    except ResponseError as refusal:
        return refusal

"""Start, signals, reload, drain, stop.

SIGTERM and SIGINT drain within a deadline, a second one stops at once; SIGHUP re-reads secrets, TURN
servers, limits, certificate and log level, and keeps the old ones when the new file can't be used.
An error in a background task cancels everything and ends the process with status 1.
"""

from __future__ import annotations

import errno
import random
import secrets
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

import trio

from matchd import __version__, log
from matchd.clock import Clock
from matchd.config import Loaded, load
from matchd.daemon import tasks
from matchd.daemon.keeping import data_directory, keep, open_kept, restore
from matchd.daemon.settings import reloaded, settings_from, unchangeable
from matchd.daemon.tls import load_certificate
from matchd.daemon.turn_watch import watch_turn
from matchd.daemon.wiring import Daemon, wire
from matchd.errors import ConfigError, StoreUnavailable
from matchd.listener.serve import Door, serve
from matchd.listener.sockets import ListenError, ListenSocket, open_listeners
from matchd.notify import Notifier
from matchd.protocol.news import Close
from matchd.store.embedded import EmbeddedStore, violations

_log = log.get_logger()

LAST_CALL = 2.0
"""Seconds that leaving a shared port may take before the drain begins all the same."""

AFTER_DRAIN = 2.0
"""Seconds connections have, after the drain, before they are aborted."""


def main(
    loaded: Loaded,
    listen: tuple[str, ...],
    *,
    accept_loss: bool = False,
    greet: Callable[[str], None] = lambda _: None,
) -> int:
    """Run until stopped; `listen` overrides the configured addresses, with `accept_loss` what is kept
    may be damaged, `greet` is told the public URL at last. Returns the exit status.

    ConfigError when the configuration can't be used on this machine.
    """
    log.configure(loaded.config.log.level, loaded.config.log.format)
    try:
        kept = data_directory(loaded.config.server.data_dir)
        with kept if loaded.config.store.backend == "embedded" else nullcontext() as directory:
            return trio.run(_run, loaded, listen, directory, accept_loss, greet)
    except ListenError as error:
        _log.error("listen.failed", reason=str(error), **_cure(error, loaded))
        return 1
    except ConfigError:
        raise
    except Exception as error:
        _log.critical("daemon.fault", exc_info=error)
    return 1


async def _run(
    loaded: Loaded,
    listen: tuple[str, ...],
    directory: Path | None,
    accept_loss: bool,
    greet: Callable[[str], None],
) -> int:
    listeners = _open(loaded, listen)
    clock = Clock()
    url = f"{'https' if loaded.config.server.tls_certificate else 'http'}://{listeners[0].name}"
    # Chooses among free hosts, which is no secret; the system's generator is a call of the kernel.
    rng = random.Random(secrets.randbits(128))  # noqa: S311
    store = open_kept(loaded, rng, directory, accept_loss=accept_loss)
    daemon = wire(loaded, url, store, clock)
    if isinstance(store, EmbeddedStore):
        restore(store, directory, clock.now(), accept_loss=accept_loss)
    try:
        with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT, signal.SIGHUP) as signals:
            # The one nursery of the daemon: everything below lives in it.
            async with trio.open_nursery() as nursery:
                adviser = None if isinstance(store, EmbeddedStore) else store
                life = _Life(daemon, loaded, Notifier(), nursery, adviser=adviser, greet=greet)
                await life.run(listeners, signals)
    except Exception:
        # A fault may have left the state broken; what is whole is worth keeping all the same.
        if isinstance(store, EmbeddedStore) and not violations(store.pool):
            keep(store, directory, clock.now())
        raise
    if isinstance(store, EmbeddedStore):
        keep(store, directory, clock.now())
    _log.info("daemon.stopped")
    return 0


def _open(loaded: Loaded, listen: tuple[str, ...]) -> list[ListenSocket]:
    addresses = listen or loaded.config.server.listen
    tls = bool(loaded.config.server.tls_certificate)
    opened: list[ListenSocket] = []
    try:
        for address in addresses:
            local = address.startswith("unix:")
            opened += open_listeners(
                [address], tls=tls and not local, reuse_port=loaded.config.server.reuse_port
            )
    except ValueError as error:
        raise ConfigError(f"server.listen: {error}") from None
    return opened


def _cure(error: ListenError, loaded: Loaded) -> dict[str, str]:
    """What to change when another of several processes has the port."""
    taken = isinstance(error.__cause__, OSError) and error.__cause__.errno == errno.EADDRINUSE
    if not taken or loaded.config.store.backend != "redis":
        return {}
    if loaded.config.server.reuse_port:
        return {"cure": "the process there needs server.reuse_port = true and our user, too"}
    return {"cure": "if that is matchd: server.reuse_port = true, and restart it with that"}


class _Life:
    """One run of the daemon, from ready to stopped."""

    def __init__(
        self,
        daemon: Daemon,
        loaded: Loaded,
        notifier: Notifier,
        nursery: trio.Nursery,
        *,
        adviser: tasks.Adviser | None,
        greet: Callable[[str], None],
    ) -> None:
        self._daemon = daemon
        self._loaded = loaded
        self._notifier = notifier
        self._nursery = nursery
        self._adviser = adviser
        self._greet = greet
        self._stopping = trio.Event()
        self._served = trio.Event()

    async def run(self, listeners: Sequence[ListenSocket], signals: AsyncIterator[int]) -> None:
        """Serve until a signal, then drain and cancel what is left."""
        daemon, nursery = self._daemon, self._nursery
        tasks.settle_collector(daemon.core.metrics)
        await nursery.start(daemon.core.store.run)
        await daemon.nodes.tick()  # a lease first: without one no socket is let in
        await daemon.people.begin()  # what was revoked, before a token is believed
        for task in (
            daemon.core.journal.run,
            *daemon.people.tasks,
            *daemon.events.tasks,
            daemon.lobbies.feed.run,
            daemon.lobbies.keeper.run,
            daemon.lobbies.teller.run,
            *daemon.play.tasks,
            *daemon.chat.tasks,
            daemon.nodes.run,
            daemon.nodes.listen,
            daemon.nodes.tend,
            daemon.nodes.mend,
        ):
            nursery.start_soon(task)
        await nursery.start(daemon.lane.run)
        if daemon.express is not None:
            nursery.start_soon(daemon.express.run)
        door: Door = await nursery.start(self._serve, listeners)
        nursery.start_soon(tasks.refresh_credentials, daemon.rooms)
        nursery.start_soon(watch_turn, daemon.core, daemon.rooms, self._loaded.path)
        nursery.start_soon(daemon.groups.run)
        if self._adviser is not None:
            nursery.start_soon(tasks.keep_advised, self._adviser, daemon.core.current)
        nursery.start_soon(daemon.keeper.run)
        nursery.start_soon(tasks.feed_watchdog, self._notifier)
        nursery.start_soon(self._obey, signals)
        daemon.core.metrics.connections.set_function(lambda: float(self._open(door)))
        self._announce(listeners)
        await self._stopping.wait()
        await self._drain(door)
        await self._part()
        nursery.cancel_scope.cancel()

    def _open(self, door: Door) -> int:
        """How many connections there are."""
        return door.open + self._daemon.lane.open

    def _announce(self, listeners: Sequence[ListenSocket]) -> None:
        names = [listener.name for listener in listeners]
        settings = self._daemon.core.current.settings
        _log.info("daemon.ready", version=__version__, listen=names, url=settings.public_url)
        if settings.dev:
            _log.warning(
                "daemon.dev",
                hosts=f"authentication is {settings.host_auth}",
                guests="allowed",
                secrets="generated where none is configured, gone at the next start",
            )
        if not settings.turn.servers:
            _log.warning("turn.none", effect="only direct connections: add a [[turn.server]]")
        self._notifier.ready(f"listening on {', '.join(names)}")
        self._greet(settings.public_url)

    async def _obey(self, signals: AsyncIterator[int]) -> None:
        async for number in signals:
            if number == signal.SIGHUP:
                self._reload()
            elif self._stopping.is_set():
                _log.warning("daemon.stop_now", signal=signal.Signals(number).name)
                self._nursery.cancel_scope.cancel()
            else:
                seconds = self._loaded.config.server.drain
                effect = f"sockets are told, and requests have {seconds:g} s to end"
                _log.info("daemon.draining", signal=signal.Signals(number).name, effect=effect)
                self._stopping.set()

    def _reload(self) -> None:
        if self._loaded.path is None:
            _log.warning("config.not_reloaded", reason="there is no configuration file")
            return
        self._notifier.reloading()
        current = self._daemon.core.current
        try:
            fresh = load(self._loaded.path, dev=self._loaded.dev)
            if self._daemon.tls is not None:
                load_certificate(self._daemon.tls, fresh.config)
            settings = reloaded(current.settings, settings_from(fresh, current.settings.public_url))
        except ConfigError as error:
            _log.error("config.refused", reason=str(error), effect="the old one stays in force")
        else:
            plan, current.settings = current.settings.turn, settings
            if settings.turn is not plan:
                self._daemon.rooms.renew()
            rest = unchangeable(self._loaded, fresh)
            _log.info("config.reloaded", **({"needs_restart": rest} if rest else {}))
            log.set_level(fresh.config.log.level)
        self._notifier.ready("configuration read again")

    async def _drain(self, door: Door) -> None:
        """Finish what is in flight, close sockets with 1012, all within the deadline."""
        seconds = self._loaded.config.server.drain
        self._notifier.stopping("draining")
        door.close()
        with trio.move_on_after(LAST_CALL):
            await door.closed.wait()  # who still comes to a shared port is served as ever
        # From here on we expire no lease: clients could not renew it, and a snapshot keeps it.
        self._daemon.core.current.draining = True
        self._daemon.front.drain()
        self._daemon.bookings.drain()
        self._daemon.play.doors.queue.drain()
        self._daemon.lobbies.feed.close()
        self._daemon.groups.warn(seconds)
        with trio.move_on_after(seconds):
            # Side by side, since each takes its time.
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._daemon.rooms.drain, seconds * 0.8)
                nursery.start_soon(self._daemon.events.events.drain, seconds * 0.8)
                nursery.start_soon(self._daemon.play.doors.games.drain, seconds * 0.8)
                nursery.start_soon(self._daemon.chat.sockets.drain, seconds * 0.8)
            await self._served.wait()
        kept = self._daemon.groups.open_sockets
        if self._open(door) > kept:
            _log.warning("drain.cut_off", connections=self._open(door) - kept)
        # Until now, since a matchbox client that loses its socket loses its peers as well.
        self._daemon.groups.close_all(Close.RESTART, "the server restarts")
        with trio.move_on_after(AFTER_DRAIN):
            await self._daemon.events.publisher.written()
        door.stop(AFTER_DRAIN)
        self._daemon.lane.stop(AFTER_DRAIN)
        await self._served.wait()

    async def _part(self) -> None:
        """Tell the other nodes that we are gone, or leave it to them to find out."""
        with trio.move_on_after(AFTER_DRAIN):
            try:
                await self._daemon.nodes.part()
            except StoreUnavailable as error:
                _log.warning("node.not_parted", reason=str(error))
            await self._daemon.core.journal.written()

    async def _serve(  # noqa: ASYNC128  # `serve` itself calls started()
        self,
        listeners: Sequence[ListenSocket],
        task_status: trio.TaskStatus[Door] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        daemon = self._daemon
        await serve(listeners, daemon.front.handle, daemon.watch, task_status=task_status)
        await daemon.lane.emptied()  # nobody can come any more
        self._served.set()

"""The agent's life: register, follow the matches, say goodbye.

SIGTERM and SIGINT end the commands that run, then say goodbye. Status 0 after that, 1 when the server
does not want this host. Each trouble is logged once, when it begins and when it is over.
"""

from __future__ import annotations

import shlex
import signal
import ssl
from collections.abc import AsyncIterator

import trio

from matchd import log
from matchd.agent.hook import Hook
from matchd.agent.matches import Matches
from matchd.agent.settings import HostSettings
from matchd.client import (
    Client,
    ClientError,
    Closed,
    GoingAway,
    HostDetails,
    PeerJoined,
    Refused,
    SocketLost,
    SocketOpened,
    host_session,
)
from matchd.client.events import Event
from matchd.errors import ConfigError
from matchd.notify import Notifier
from matchd.protocol.hosts import HeartbeatAnswer

_log = log.get_logger()


def main(settings: HostSettings, secret: str | None) -> int:
    """Run until stopped; the exit status. InvalidRequest and ConfigError for settings of no use."""
    log.configure(settings.log_level, settings.log_format)
    tls = _trust(settings.ca_file) if settings.ca_file else None
    client = Client(settings.url, credential=secret, tls=tls)
    agent = Agent(client, settings.details(), hook_of(settings), Notifier())
    return trio.run(agent.run)


def hook_of(settings: HostSettings) -> Hook | None:
    """The command with what it is told of every match."""
    if settings.command is None:
        return None
    fixed = {
        "MATCHD_URL": settings.url,
        "MATCHD_HOST_ID": settings.host_id,
        "MATCHD_ROOM_ID": settings.room_id,
        "MATCHD_REGION": settings.region or "",
        "MATCHD_GAME": settings.game or "",
    }
    return Hook(tuple(shlex.split(settings.command)), fixed)


def _trust(path: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=path)
    except OSError as error:
        why = error.strerror or str(error)
        raise ConfigError(f'ca_file = "{path}": {why}') from None


class Agent:
    """One host on one server."""

    def __init__(
        self, client: Client, details: HostDetails, hook: Hook | None, notifier: Notifier
    ) -> None:
        # Fixed after construction.
        self._client = client
        self._details = details
        self._hook = hook
        self._notifier = notifier
        # Changed by `_host`, and by the session's beats.
        self._matches: Matches | None = None
        self._away = False
        self._status = 0

    async def run(self) -> int:
        """Be a host until a signal, or a refusal."""
        with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            # The one nursery of the agent.
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._obey, signals, nursery.cancel_scope)
                nursery.start_soon(self._stay_alive)
                await self._host()
                nursery.cancel_scope.cancel()
        _log.info("agent.stopped")
        return self._status

    async def _host(self) -> None:
        try:
            async with host_session(self._client, self._details, self._watch) as session:
                _log.info("host.registered", host=self._details.host_id, room=self._details.room_id)
                self._notifier.ready(f"registered as {self._details.host_id}")
                # The commands' own, so that they end before the goodbye.
                async with trio.open_nursery() as nursery:
                    self._matches = Matches(session, self._hook, nursery)
                    self._matches.settle()
                    async for event in session:
                        self._take(event, self._matches)
        except ClientError as error:
            self._status = 1
            code = error.code if isinstance(error, Refused | Closed) else None
            _log.error("host.refused", code=code, reason=str(error))

    def _take(self, event: Event, matches: Matches) -> None:
        match event:
            case PeerJoined(peer, booking_id) if booking_id is not None:
                matches.begin(booking_id, peer)
            case SocketOpened():
                _log.info("room.entered", room=self._details.room_id)
            case SocketLost(code, reason):
                _log.info("room.left", room=self._details.room_id, code=code, reason=reason)
            case GoingAway(deadline):
                _log.info("server.going_away", deadline=deadline)
            case _:
                pass

    def _watch(self, told: HeartbeatAnswer | ClientError) -> None:
        if isinstance(told, ClientError):
            if not self._away:
                _log.warning("server.away", reason=str(told))
            self._away = True
            return
        if self._away:
            _log.info("server.back")
        self._away = False
        if self._matches is not None:
            self._matches.settle()

    async def _obey(self, signals: AsyncIterator[int], scope: trio.CancelScope) -> None:
        async for number in signals:
            _log.info("agent.stopping", signal=signal.Signals(number).name)
            self._notifier.stopping("saying goodbye")
            scope.cancel()

    async def _stay_alive(self) -> None:
        while self._notifier.watchdog:
            self._notifier.alive()
            await trio.sleep(self._notifier.watchdog / 2)

"""Players who queue over HTTP, meet in games of two, and move: joins, then moves on sockets."""

from __future__ import annotations

import json
import select
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import chain

from bench.load.gauge import Gauge
from bench.load.http import Script, get, post, run_through
from bench.load.jobs import GamesJob, GamesSample, Sample, Watched
from bench.load.pairs import Pairs
from bench.load.sockets import TEXT, masked, open_all

PATIENCE = 30.0
"""Seconds until all games must have begun, or be over."""

REST, RESTS = 0.25, 40
"""Seconds in which a server that rests uses a fifth of a core at most, and how often that is tried."""

_MOVE = b'{"type":"player_move"'


def move() -> bytes:
    """A move of 80 bytes."""
    head, tail = _MOVE + b',"movement":{"y":12.5,"path":"', b'"}}'
    return head + b"v" * (80 - len(head) - len(tail)) + tail


def run(job: GamesJob) -> GamesSample:
    """Queue, play, and end all games, so that the players are free again."""
    players = [_Player(token) for token in job.tokens]
    _ask(job, players, _Player.known)
    gauge = Gauge(job.watched)
    joined = gauge.read(len(players), _ask(job, players, _Player.join))
    # The first of each pair learns of the game by joining again.
    until = time.perf_counter() + PATIENCE
    while waiting := [one for one in players if not one.game]:
        if time.perf_counter() > until:
            raise TimeoutError(f"{len(waiting)} players are in no game")
        _ask(job, waiting, _Player.join)
    games = _Games(job.ports, players)
    _rest(job.watched)
    closed, steady = _talk(games.pairs(), job)
    games.end()
    return GamesSample(joined=joined, closed=closed, open=steady)


def bare(job: GamesJob) -> GamesSample:
    """The same moves through a relay that knows rooms of two and nothing else."""
    pairs = Pairs(move(), _MOVE)
    paths = [b"/?roomId=game-%d" % number for number in range(len(job.tokens) // 2)]
    pairs.add(open_all(job.ports[0], paths), open_all(job.ports[-1], paths))
    closed, steady = _talk(pairs, job)
    pairs.close()
    return GamesSample(joined=None, closed=closed, open=steady)


def _rest(watched: Watched) -> None:
    """Wait until the servers have done what follows from the start of all these games."""
    for _ in range(RESTS):
        gauge = Gauge(watched)
        time.sleep(REST)
        if gauge.read(0, ()).server_cpu < REST / 5:
            return


def _talk(pairs: Pairs, job: GamesJob) -> tuple[Sample, Sample]:
    """Both loops on the same sockets."""
    closed = pairs.closed_loop(job.watched, job.seconds)
    return closed, pairs.open_loop(job.watched, job.seconds, job.rate)


class _Player:
    """Somebody, and the game that he is in."""

    def __init__(self, token: str) -> None:
        self.token = token.encode()
        self.game = ""

    @property
    def path(self) -> bytes:
        """His socket's address."""
        return b"/ws/game/%b/?token=%b" % (self.game.encode(), self.token)

    def known(self) -> Script:
        """Be there: the account of a foreign token is made when it is first seen."""
        yield get(b"/auth/me", self._bearer)

    def join(self) -> Script:
        """Join the queue, or learn of the game."""
        answer = yield post(b"/game/join/", b"{}", self._bearer)
        self.game = json.loads(answer).get("game_id", "")

    @property
    def _bearer(self) -> bytes:
        return b"Authorization: Bearer " + self.token


def _ask(
    job: GamesJob, players: Sequence[_Player], verb: Callable[[_Player], Script]
) -> list[float]:
    """Each of them once, on so many connections; the latencies."""
    shares = [players[at :: job.connections] for at in range(min(job.connections, len(players)))]
    return run_through(job.ports, [_in_turn(share, verb) for share in shares])


def _in_turn(players: Sequence[_Player], verb: Callable[[_Player], Script]) -> Script:
    for player in players:
        yield from verb(player)


class _Games:
    """The sockets of all games, whose players are ready; those of one game are at different ports."""

    def __init__(self, ports: Sequence[int], players: Sequence[_Player]) -> None:
        self._pairs = Pairs(move(), _MOVE)
        by_game: dict[str, list[_Player]] = defaultdict(list)
        for player in players:
            by_game[player.game].append(player)
        self._sides = [
            open_all(port, [pair[side].path for pair in by_game.values()])
            for side, port in enumerate((ports[0], ports[-1]))
        ]
        self._say(b'{"type":"player_ready"}')
        self._until(b'"game_start"')

    def pairs(self) -> Pairs:
        """The players of each game, to move."""
        self._pairs.add(*self._sides)
        return self._pairs

    def end(self) -> None:
        """Have everybody report the same result, and wait for the last word."""
        words = {"type": "game_action", "action": "finish", "data": {"scores": {}}}
        self._say(json.dumps(words).encode())
        self._until(b'"game_over"')
        for end in chain(*self._sides):
            end.socket.close()

    def _say(self, message: bytes) -> None:
        frame = masked(TEXT, message)
        for end in chain(*self._sides):
            end.socket.sendall(frame)

    def _until(self, word: bytes) -> None:
        """Listen to each until he has heard it; TimeoutError when some did not."""
        waiting = {end.socket.fileno(): end for end in chain(*self._sides)}
        until = time.perf_counter() + PATIENCE
        with select.epoll() as poll:
            for number in waiting:
                poll.register(number, select.EPOLLIN)
            while waiting:
                if time.perf_counter() > until:
                    raise TimeoutError(f"{len(waiting)} players never heard {word!r}")
                for number, _events in poll.poll(0.1):
                    if any(word in payload for _, payload in waiting[number].frames()):
                        poll.unregister(number)
                        del waiting[number]

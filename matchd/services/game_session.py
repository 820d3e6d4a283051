"""One player's socket in a game: what he knows of it, and what he says (wire.md 6).

Theory of operation: a session holds the game as it was last told to its player. News brings the
game as it is; what he is told follows from the two, so that lost news is made good by the next. A
move goes to the sockets of the others straight from here: no store is asked, and nothing is waited
for. It carries the version of the game that its sender knew; who is behind that keeps it until he
has caught up, so nobody hears a move before the start. Whatever changes the game is a wish, which
the service carries out.
"""

from __future__ import annotations

from typing import Protocol

from matchd.domain.games import Game, Player, State, Verb, permit
from matchd.domain.ids import AccountId, Address, GameId
from matchd.domain.limits import Bucket, Rate
from matchd.errors import InvalidRequest, Refusal
from matchd.protocol import games as dialect
from matchd.protocol.news import Close, Ended, GameMoved, Moved, News
from matchd.services.core import Core
from matchd.services.outbox import Outbox
from matchd.services.settings import RelayLimits

EARLY = 64
"""Moves that wait at most for the news that their senders had already."""

STINT = 1 << 32
"""The numbers of a sender's moves go on from here when he comes back: always up, whatever was lost."""


class Owner(Protocol):
    """Who carries out what a session wishes."""

    def wish(self, session: GameSession) -> None:
        """It has something to be done."""

    def doubt(self, session: GameSession) -> None:
        """News is missing."""

    def renew(self, session: GameSession, token: str) -> int:
        """Let it stay by a new token; until when (Unix seconds)."""


class GameSession:
    """A socket of one player in one game."""

    __slots__ = (
        *("_ahead", "_clock", "_early", "_game", "_hub", "_messages", "_metrics"),
        *("_others", "_owner", "_rate", "_ready", "_scores", "_senders", "_seq"),
        *("_strike_rate", "_strikes", "account", "address", "ended", "game_id", "gone"),
        *("outbox",),
    )

    def __init__(
        self,
        who: tuple[GameId, AccountId],
        outbox: Outbox,
        owner: Owner,
        core: Core,
        *,
        limits: RelayLimits,
        rate: Rate | None,
    ) -> None:
        # Fixed after construction.
        self.game_id, self.account = who
        self.outbox = outbox
        self._owner = owner
        self._hub = core.hub
        self._clock = core.clock
        self._metrics = core.metrics
        self._rate = rate
        self._strike_rate = Rate.a_minute(limits.malformed)
        self.address: Address = core.hub.register(self)
        # Changed only in sync functions.
        self.ended = self.gone = False
        self._ready = False
        self._scores: dict[str, float] | None = None
        self._ahead: GameMoved | None = None
        self._game: Game | None = None
        self._others: tuple[Address, ...] = ()
        self._senders: frozenset[Address] = frozenset()
        self._seq = 0
        self._early: list[Moved] = []
        now = core.clock.now()
        self._messages = Bucket(0.0 if rate is None else float(rate.count), now)
        self._strikes = Bucket(float(limits.malformed), now)

    @property
    def version(self) -> int:
        """How far its player knows the game."""
        return 0 if self._game is None else self._game.version

    @property
    def wishes(self) -> list[dict[str, float] | None]:
        """What is to be done for its player: to get ready (None), or to report scores."""
        if self.gone:
            return []
        ready: list[dict[str, float] | None] = [None] if self._ready else []
        return ready if self._scores is None else [*ready, self._scores]

    def fulfil(self, wish: dict[str, float] | None) -> None:
        """A wish was carried out, or refused; there may be a newer one of its kind."""
        if wish is None:
            self._ready = False
        elif self._scores is wish:
            self._scores = None

    def begin(self, game: Game) -> None:
        """Tell the player where he is, and what has come meanwhile."""
        self.take(game)
        if self._ahead is not None:
            self.take(self._ahead.game, self._ahead.position)

    def take(self, game: Game, position: int | None = None) -> None:
        """Tell the player what has become of the game, and catch up on moves."""
        if self.ended or game.version <= self.version:
            return
        former, self._game = self._game, game
        me = game.player(self.account)
        self._others = tuple(
            one.here for one in game.players if one.here is not None and one.account != self.account
        )
        self._senders = frozenset(self._others)
        if former is None:
            assert me is not None
            self._seq = (me.stints - 1) * STINT
            self.outbox.put(dialect.game_state(game))
        else:
            for text in dialect.tidings(former, game, self.account, position, self._clock.shown):
                self.outbox.put(text)
        early, self._early = self._early, []
        for news in early:
            self._hear(news)
        self._follow(game, me)

    def _follow(self, game: Game, me: Player | None) -> None:
        """What the game means for this very socket."""
        if game.state is State.FINISHED:
            self.end(Close.GONE, "the game is over")
        elif me is not None and me.forfeited:
            self.end(Close.GONE, "you have forfeited")
        elif me is not None and me.here is not None and me.here != self.address:
            self.end(Close.REPLACED, "replaced by a newer socket")

    def deliver(self, news: News) -> None:
        """Take news from the hub."""
        match news:
            case Moved():
                self._hear(news)
            case GameMoved(game, position):
                if self._game is None:
                    self._ahead = news
                else:
                    self.take(game, position)
            case Ended(code, reason):
                self.end(code, reason)

    def receive(self, text: str) -> None:
        """Take one text frame from the socket."""
        if self.ended:
            self._metrics.dropped.labels("closing").inc()
            return
        if self._rate is not None and self._messages.take(self._rate, self._clock.now()) > 0:
            self._metrics.limited.labels("moves").inc()
            self.end(Close.TOO_MANY, "too many messages")
            return
        try:
            self._do(dialect.said(text))
        except InvalidRequest as refusal:
            self._strike(refusal)
        except Refusal as refusal:
            self.say_no(refusal)

    def refuse(self) -> None:
        """Answer a frame that is no text."""
        self._strike(InvalidRequest("Frames must be text."))

    def say_no(self, refusal: Refusal) -> None:
        """Tell the player why something was not done."""
        self._put(dialect.frame("error", code=refusal.code, error=refusal.message))

    def remind(self, deadline: int) -> None:
        """Ask for a new token."""
        self._put(dialect.frame("reauth", deadline=deadline))

    def go_away(self, deadline: int) -> None:
        """Say that the server restarts."""
        self._put(dialect.frame("going_away", deadline=deadline))

    def end(self, code: Close, reason: str) -> None:
        """Close the socket after what was put before."""
        self.ended = True
        self.outbox.close(code, reason)

    def _do(self, said: dialect.Said) -> None:
        assert self._game is not None
        match said:
            case dialect.Move(movement):
                permit(self._game, self.account, Verb.PLAY)
                self._relay(dialect.moved(self.account, self._next(), movement))
            case dialect.Action(action, data) if action == "finish":
                permit(self._game, self.account, Verb.REPORT)
                self._scores = dialect.scores_in(data)
                self._owner.wish(self)
            case dialect.Action():
                permit(self._game, self.account, Verb.PLAY)
                self._relay(dialect.acted(self.account, self._next(), said))
            case dialect.Ready():
                permit(self._game, self.account, Verb.READY)
                self._ready = True
                self._owner.wish(self)
            case dialect.Resync():
                self._put(dialect.game_state(self._game))
            case dialect.Reauth(token):
                until = self._owner.renew(self, token)
                self._put(dialect.frame("reauthed", expiresAt=until))

    def _next(self) -> int:
        self._seq += 1
        return self._seq

    def _relay(self, text: bytes) -> None:
        self._metrics.moves.inc()
        news = Moved(text, self.address, self.version)
        for address in self._others:
            self._hub.post(address, news)

    def _hear(self, news: Moved) -> None:
        if news.version > self.version:
            if len(self._early) < EARLY:
                self._early.append(news)
                self._owner.doubt(self)
            else:
                self._metrics.dropped.labels("early").inc()
        elif news.sender in self._senders:
            self._put(news.text)
        else:
            self._metrics.dropped.labels("peer_gone").inc()

    def _strike(self, refusal: Refusal) -> None:
        if self._strikes.take(self._strike_rate, self._clock.now()) > 0:
            self.end(Close.MALFORMED, "too many invalid messages")
        else:
            self.say_no(refusal)

    def _put(self, text: bytes) -> None:
        if not self.ended:
            self.outbox.put(text)

"""The micro-batcher over a connection that tests hold: batches, cancellation, deadlines, outages."""

from __future__ import annotations

import pytest
import trio
from structlog.testing import capture_logs

from matchd.errors import StoreUnavailable
from matchd.store.redis import Limits
from matchd.store.redis.faults import Fault
from tests.redis.house import QUICK, Desk, events, until


async def desk_in(nursery: trio.Nursery, limits: Limits = QUICK) -> Desk:
    """A desk whose batcher runs."""
    desk = Desk(nursery, limits)
    await nursery.start(desk.batcher.run)
    return desk


async def busy_desk(nursery: trio.Nursery, limits: Limits = QUICK) -> Desk:
    """A desk with one call (`first`) held by Redis."""
    desk = await desk_in(nursery, limits)
    desk.link.hold()
    desk.ask("first")
    await desk.link.busy()
    return desk


async def test_alone_goes_at_once(nursery: trio.Nursery) -> None:
    """A call that is alone is sent without waiting for company."""
    desk = await desk_in(nursery)
    assert await desk.batcher.call(("PING", 1)) == "PING"
    assert desk.link.sent == [[("PING", 1)]]
    nursery.cancel_scope.cancel()


async def test_what_waits_goes_together(nursery: trio.Nursery) -> None:
    """Calls that gather while Redis is busy go as one pipeline, in order, each with its own reply."""
    desk = await busy_desk(nursery)
    words = [f"w{number}" for number in range(20)]
    for number, word in enumerate(words, 1):
        desk.ask(word)
        await desk.queued(number)
    desk.link.release()
    await desk.answers(21)
    assert desk.link.sent[1:] == [[(word,) for word in words]]
    assert all(desk.got[word] == word for word in words)
    nursery.cancel_scope.cancel()


async def test_pipelines_are_bounded(nursery: trio.Nursery) -> None:
    """No pipeline has more commands than the bound."""
    desk = await busy_desk(nursery, Limits(batch=4))
    for number in range(10):
        desk.ask(f"w{number}")
    await desk.queued(10)
    desk.link.release()
    await desk.answers(11)
    assert [len(sent) for sent in desk.link.sent] == [1, 4, 4, 2]
    nursery.cancel_scope.cancel()


async def test_an_error_is_its_callers_only(nursery: trio.Nursery) -> None:
    """A command that is refused fails its caller; the others of the pipeline have their replies."""
    desk = await busy_desk(nursery)
    desk.link.failing = {"bad"}
    for word in ("one", "bad", "two"):
        desk.ask(word)
    await desk.queued(3)
    desk.link.release()
    await desk.answers(4)
    assert isinstance(desk.got["bad"], StoreUnavailable)
    assert (desk.got["one"], desk.got["two"]) == ("one", "two")
    nursery.cancel_scope.cancel()


async def test_cancelled_in_the_queue(nursery: trio.Nursery) -> None:
    """A caller who is cancelled before his command was sent has not sent it; the others have."""
    desk = await busy_desk(nursery)
    desk.ask("one")
    scope = desk.ask("gone")
    await desk.queued(2)
    scope.cancel()
    await desk.answers(1)
    desk.link.release()
    await desk.answers(3)
    assert desk.got == {"gone": "cancelled", "first": "first", "one": "one"}
    assert desk.link.sent == [[("first",)], [("one",)]]
    nursery.cancel_scope.cancel()


async def test_cancelled_in_flight(nursery: trio.Nursery) -> None:
    """A caller who is cancelled while Redis works disturbs nobody of his pipeline."""
    desk = await busy_desk(nursery)
    desk.ask("one")
    scope = desk.ask("gone")
    await desk.queued(2)
    desk.link.let_one()
    await desk.link.busy()
    scope.cancel()
    await desk.answers(2)
    desk.link.release()
    await desk.answers(3)
    assert (desk.got["gone"], desk.got["one"]) == ("cancelled", "one")
    nursery.cancel_scope.cancel()


async def test_deadline_in_flight(nursery: trio.Nursery) -> None:
    """A reply that is late is an error that does not claim to know, and is dropped when it comes."""
    desk = await busy_desk(nursery, Limits(deadline=0.05))
    await desk.answers(1)
    refusal = desk.got["first"]
    assert isinstance(refusal, StoreUnavailable)
    assert ("not known" in refusal.message, refusal.retry_after) == (True, 2)
    desk.link.release()
    assert await desk.batcher.call(("next",)) == "next"
    nursery.cancel_scope.cancel()


async def test_deadline_in_the_queue(nursery: trio.Nursery) -> None:
    """A call that was never sent says that nothing was changed, and is not sent later."""
    desk = await busy_desk(nursery, Limits(deadline=0.05))
    desk.ask("second")
    await desk.answers(2)
    assert "nothing was changed" in str(desk.got["second"])
    desk.link.release()
    await desk.batcher.call(("next",))
    assert desk.link.sent == [[("first",)], [("next",)]]
    nursery.cancel_scope.cancel()


async def test_queue_is_bounded(nursery: trio.Nursery) -> None:
    """A full queue refuses at once, with a time to come back; what nobody waits for is dropped."""
    desk = await busy_desk(nursery, Limits(queue=3))
    for number in range(3):
        desk.ask(f"w{number}")
    await desk.queued(3)
    with pytest.raises(StoreUnavailable, match="nothing was changed") as caught:
        await desk.batcher.call(("more",))
    desk.batcher.post(("post",))
    await desk.queued(3)
    assert caught.value.retry_after == 2
    nursery.cancel_scope.cancel()


async def test_cut_under_a_pipeline(nursery: trio.Nursery) -> None:
    """What was sent when the connection broke fails; what still waited is served by the next one."""
    desk = await busy_desk(nursery)
    desk.ask("waits")
    await desk.queued(1)
    desk.link.failing = {"cut"}
    with capture_logs() as logs:
        desk.link.release()
        await desk.answers(2)
    assert isinstance(desk.got["first"], StoreUnavailable)
    assert (desk.got["waits"], events(logs)) == ("waits", [])
    nursery.cancel_scope.cancel()


async def test_away_is_said_once(nursery: trio.Nursery) -> None:
    """While Redis is away calls are refused at once with the reason; the log says it once each way."""
    desk = await busy_desk(nursery)
    desk.link.away = True
    with capture_logs() as logs:
        desk.link.release()
        await until(lambda: desk.batcher.fault is not None)
        for _ in range(100):
            with pytest.raises(StoreUnavailable, match="can't be reached; nothing was changed"):
                await desk.batcher.call(("x",))
        await until(lambda: desk.link.closed > 5)
        desk.link.away = False
        await until(lambda: desk.batcher.fault is None)
    assert events(logs) == ["store.away", "store.back"]
    assert await desk.batcher.call(("x",)) == "x"
    nursery.cancel_scope.cancel()


async def test_starts_while_redis_is_away(nursery: trio.Nursery) -> None:
    """A daemon whose Redis is not there yet starts, refuses, and works once it is there."""
    desk = Desk(nursery)
    desk.link.away = True
    await nursery.start(desk.batcher.run)
    with pytest.raises(StoreUnavailable):
        await desk.batcher.call(("x",))
    desk.batcher.post(("dropped",))
    desk.link.away = False
    await until(lambda: desk.batcher.fault is None)
    assert await desk.batcher.call(("x",)) == "x"
    assert desk.link.sent == [[("x",)]]
    nursery.cancel_scope.cancel()


async def test_end_refuses_who_waits(nursery: trio.Nursery) -> None:
    """When the batcher ends, callers in flight and in the queue are told, and its thread is let go."""
    desk = Desk(nursery)
    async with trio.open_nursery() as runner:
        await runner.start(desk.batcher.run)
        desk.link.hold()
        desk.ask("flying")
        await desk.link.busy()
        desk.ask("waiting")
        await desk.queued(1)
        runner.cancel_scope.cancel()
    await desk.answers(2)
    assert "not known" in str(desk.got["flying"])
    assert "nothing was changed" in str(desk.got["waiting"])
    with pytest.raises(StoreUnavailable):
        await desk.batcher.call(("late",))


async def test_refused_post_is_said_once(nursery: trio.Nursery) -> None:
    """A refused command that nobody waits for is logged, the first time only."""
    desk = await desk_in(nursery)
    desk.link.failing = {"SET"}
    with capture_logs() as logs:
        for _ in range(3):
            desk.batcher.post(("SET",))
        await desk.batcher.call(("x",))
    assert events(logs) == ["store.refused"]
    nursery.cancel_scope.cancel()


def test_faults_say_what_is_known() -> None:
    """A refusal says that nothing was changed only where that is known."""
    assert Fault("A").refusal().message == "A; nothing was changed."
    assert Fault("A", done=True).refusal().message == "A; whether it was done is not known."

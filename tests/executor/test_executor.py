"""The executor: start, cancel, status, events, streams, listeners, seeds, loops, and what it refuses."""

from __future__ import annotations

import asyncio
import functools
import gc
import threading
import weakref

import anyio
import pytest

from negotiate_rt import (
    AGREED,
    TIMEOUT,
    Accept,
    Agent,
    Bidder,
    Buyer,
    ConfigurationError,
    Contractor,
    NegotiationConfig,
    NegotiationError,
    NegotiationExecutor,
    NegotiationListener,
    NegotiationProtocol,
    Negotiator,
    PriceProblem,
    Propose,
    Seller,
    Society,
    Task,
    Trace,
    Walk,
)
from negotiate_rt.protocols import BUILT_IN

HAGGLE = NegotiationConfig("bilateral", max_rounds=10)


def pair():
    return [Buyer("B", 80, opening=40), Seller("S", 60, opening=120)]


async def dawdle(view):
    await view.sleep(10)
    return Propose(5)


def slow_pair():
    return [Negotiator("x", strategy=dawdle), Negotiator("y", strategy=dawdle)]


SLOW = (slow_pair(), NegotiationConfig("bilateral", timeout=60), PriceProblem())


def virtual(**settings):
    return NegotiationExecutor(clock="virtual", **settings)


# ------------------------------------------------------------------------------------------------------- what is refused
@pytest.mark.parametrize(
    ("agents", "config", "text"),
    [
        (
            pair(),
            NegotiationConfig("bilaterl"),
            "unknown protocol 'bilaterl'; registered: bilateral, .*; did you mean 'bilateral'",
        ),
        (pair(), NegotiationConfig("polite-chat"), "unknown protocol 'polite-chat'"),
        (pair(), None, "config: expected a NegotiationConfig, got NoneType"),
        (pair(), {"type": "bilateral"}, "config: expected a NegotiationConfig, got dict"),
        ([], HAGGLE, r"bilateral: needs 1 initiator, got 0 \(agents: none\); seats: initiator, responder"),
        ([Agent("a")], HAGGLE, r"bilateral: needs 1 responder, got 0 \(agents: a\)"),
        ([Agent("a"), Agent("b"), Agent("c")], HAGGLE, r"bilateral: needs 1 responder, got 2 \(agents: a, b, c\)"),
        ([Agent("a"), Agent("a")], HAGGLE, "bilateral: two agents are named 'a'; names must differ in one negotiation"),
        (None, HAGGLE, "agents: expected a list of agents, got None"),
        ("ab", HAGGLE, "agents: expected a list of agents, got 'ab'"),
        (Agent("a"), HAGGLE, "agents: expected a list of agents, got "),
        (["a", "b"], HAGGLE, "agents: 'a' has no name"),
    ],
)
async def test_what_the_caller_did_wrong_is_raised_before_anything_starts(agents, config, text):
    told = []
    executor = virtual()
    executor.add_listener(type("L", (), {"on_negotiation_started": lambda self, config: told.append(config)})())
    with pytest.raises(ConfigurationError, match=text):
        await executor.execute(agents, config)
    await asyncio.sleep(0)
    assert told == []
    assert len(asyncio.all_tasks()) == 1
    assert (await executor.execute(pair(), HAGGLE)).id.endswith("/1"), "a refused start takes no number"


async def test_protocol_may_be_named_by_a_plain_string_and_agents_come_from_any_iterable():
    outcome = await virtual().execute((agent for agent in pair()), "bilateral")
    assert outcome.agreed


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"clok": 1}, "NegotiationExecutor: .*'clok'"),
        ({"clock": "fast"}, "clock: expected 'real' or 'virtual', got 'fast'"),
        ({"journal": 5}, "journal: expected a path, a Journal, or a callable that takes records, got 5"),
    ],
)
def test_settings_that_do_not_exist_are_refused(settings, text):
    with pytest.raises(ConfigurationError, match=text):
        NegotiationExecutor(**settings)


def test_outside_of_any_loop_it_says_what_to_do():
    with pytest.raises(NegotiationError, match=r"no event loop is running: .* use the synchronous executor.run"):
        virtual().start(pair(), HAGGLE)


def test_trio_is_refused_with_what_to_do():
    trio = pytest.importorskip("trio")

    async def main():
        with pytest.raises(NegotiationError, match="negotiate_rt runs on asyncio only"):
            await virtual().execute(pair(), HAGGLE)

    trio.run(main)


# ------------------------------------------------------------------------------------------------------------ ways to run
def test_run_without_a_loop_and_inside_one():
    executor = virtual()
    before = set(threading.enumerate())
    assert executor.run(pair(), HAGGLE).agreed

    async def notebook():
        return executor.run(pair(), HAGGLE)

    assert asyncio.run(notebook()).agreed
    assert set(threading.enumerate()) <= before


@pytest.mark.parametrize("runner", [asyncio.run, lambda job: anyio.run(lambda: job)], ids=["asyncio", "anyio"])
def test_one_executor_in_one_loop_after_another(runner):
    executor = virtual(name="again")
    for number in (1, 2, 3):
        assert runner(executor.execute(pair(), HAGGLE)).id == f"again/{number}"


def test_run_inside_a_loop_that_negotiates_itself():
    executor = virtual()

    async def notebook():
        handle = executor.start(*SLOW)
        inner = executor.run(pair(), HAGGLE)
        return inner, await handle

    inner, outer = asyncio.run(notebook())
    assert inner.agreed
    assert outer.final_state == "TIMEOUT"
    assert inner.id != outer.id


async def test_nothing_is_left_behind():
    executor = virtual()
    outcomes = await asyncio.gather(*(executor.execute(pair(), HAGGLE) for _ in range(100)))
    assert all(outcome.agreed for outcome in outcomes)
    assert len({outcome.id for outcome in outcomes}) == 100
    assert len(asyncio.all_tasks()) == 1


async def test_a_finished_executor_is_collected():
    executor = virtual()
    await executor.execute(pair(), HAGGLE)
    gone = weakref.ref(executor)
    del executor
    gc.collect()
    assert gone() is None


async def test_ids_are_unique_over_executors_and_repeat_under_a_name():
    one, other = virtual(), virtual()
    ids = [(await executor.execute(pair(), HAGGLE)).id for executor in (one, one, other, other)]
    assert len(set(ids)) == 4
    assert [one_id.split("/")[1] for one_id in ids] == ["1", "2", "1", "2"]


# ---------------------------------------------------------------------------------------------------------------- handles
async def test_a_handle_is_awaited_any_number_of_times():
    handle = virtual().start(pair(), HAGGLE)
    assert not handle.done
    first, second = await asyncio.gather(handle_once(handle), handle_once(handle))
    assert first is second is await handle is handle.outcome
    assert handle.done
    assert "AGREED" in repr(handle)


async def handle_once(handle):
    return await handle


async def test_cancel_ends_it_as_failed_with_the_reason_once():
    executor = virtual()
    handle = executor.start(*SLOW)
    assert repr(handle).endswith(": open>")
    await asyncio.sleep(0)
    handle.cancel("changed my mind")
    handle.cancel("again")
    outcome = await handle
    assert (outcome.final_state, outcome.failure_reason) == ("FAILED", "cancelled: changed my mind")
    assert not outcome.agreed
    handle.cancel("too late")
    assert await handle is outcome
    no_reason = executor.start(*SLOW)
    no_reason.cancel()
    assert (await no_reason).failure_reason == "cancelled"


async def test_cancelling_the_caller_cancels_the_negotiation():
    outcomes = []
    executor = NegotiationExecutor()
    executor.add_listener(type("L", (), {"on_negotiation_completed": lambda self, outcome: outcomes.append(outcome)})())
    task = asyncio.ensure_future(executor.execute(*SLOW))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [outcome.failure_reason for outcome in outcomes] == ["cancelled: its caller was cancelled"]
    assert len(asyncio.all_tasks()) == 1


async def test_a_hook_may_cancel_its_own_negotiation():
    executor = virtual()

    def hook(view):
        handle.cancel("from inside")
        return Propose(1)

    handle = executor.start([Negotiator("x", strategy=hook), Seller("S", 1)], HAGGLE, PriceProblem())
    outcome = await handle
    assert outcome.failure_reason == "cancelled: from inside"
    assert outcome.all_offers == ()


@pytest.mark.parametrize("turns", range(12))
async def test_cancelled_after_any_number_of_turns_leaves_one_outcome_and_no_task(turns):
    executor = NegotiationExecutor()
    crew = [Contractor(f"c{n}", lambda task: 1, lambda task: asyncio.sleep(0.001)) for n in range(3)]
    handles = [executor.start(*SLOW), executor.start(crew, NegotiationConfig("contract-net"), Task(h=1))]
    for _ in range(turns):
        await asyncio.sleep(0)
    for handle in handles:
        handle.cancel()
    outcomes = [await handle for handle in handles]
    assert outcomes[0].failure_reason == "cancelled"
    assert outcomes[1].final_state in ("FAILED", "AGREED")
    for _ in range(10):
        await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == 1


async def test_status_before_during_and_after():
    executor = virtual()
    seen = []

    async def look(view):
        await view.sleep(3)
        seen.append(handle.status())
        return Accept()

    handle = executor.start(
        [Negotiator("x", strategy=lambda view: Propose(7)), Negotiator("y", strategy=look)], HAGGLE, PriceProblem()
    )
    before = handle.status()
    assert (before.id, before.protocol, before.round, before.offers, before.messages) == (
        handle.id,
        "bilateral",
        1,
        0,
        0,
    )
    assert before.standing_offer is None
    await handle
    during, after = seen[0], handle.status()
    assert during.state == "awaiting_responder"
    assert (during.offers, during.messages, during.faults, during.waiting_for) == (1, 1, 0, ("y",))
    assert during.standing_offer.value == 7
    assert (during.elapsed, during.time_left) == (3, 57)
    assert (after.state, after.waiting_for, after.elapsed) == ("AGREED", (), 3)


async def test_status_shows_no_offer_that_was_withdrawn():
    executor = virtual()
    seen = []

    async def look(view):
        await view.sleep(1)
        handle.withdraw("x")
        seen.append(handle.status().standing_offer)
        return Walk()

    handle = executor.start(
        [Negotiator("x", strategy=lambda view: Propose(7)), Negotiator("y", strategy=look)], HAGGLE, PriceProblem()
    )
    await handle
    assert seen == [None]


async def test_events_follow_the_talk_to_its_ending():
    handle = virtual().start(pair(), HAGGLE)
    events = [event async for event in handle.events()]
    outcome = await handle
    said = [event for event in events if event.kind == "said"]
    assert len(said) == outcome.messages
    assert [event.act for event in said][-1] == "accept-proposal"
    assert events[-1].kind == "ended"
    assert events[-1].content["state"] == "AGREED"
    assert [event async for event in handle.events()] == [events[-1]], "afterwards only the ending is left to tell"


async def test_events_may_be_left_early_and_followed_twice():
    handle = virtual().start(*SLOW)
    async for event in handle.events():
        assert event.kind in ("said", "heard")
        break
    first, second = await asyncio.gather(collect(handle), collect(handle))
    assert first == second
    assert first[-1].content["state"] == "TIMEOUT"


async def collect(handle):
    return [event async for event in handle.events()]


async def test_events_tell_faults():
    agents = [Negotiator("x", strategy=lambda view: None), Seller("S", 1)]
    handle = virtual().start(agents, NegotiationConfig("bilateral", max_rounds=1), PriceProblem())
    events = await collect(handle)
    assert [event.sender for event in events if event.kind == "fault"] == ["x", "x"]
    assert "skipped" in [event.kind for event in events]


# ---------------------------------------------------------------------------------------------------------------- streams
def jobs(count, started=None):
    for number in range(count):
        if started is not None:
            started.append(number)
        yield [Buyer("B", 60 + number, opening=40), Seller("S", 60)], HAGGLE


async def test_execute_many_keeps_the_order():
    async def nap(view):
        await view.sleep(50 - view.preferences.opening)
        return Accept()

    listed = [
        ([Seller("S", n + 1, opening=n + 1), Negotiator("x", opening=n, strategy=nap)], HAGGLE, PriceProblem())
        for n in range(20)
    ]
    outcomes = await virtual().execute_many(listed)
    assert [outcome.accepted_offer.value for outcome in outcomes] == [n + 1 for n in range(20)]
    assert await virtual().execute_many([]) == []
    assert len(await virtual().execute_many(jobs(100), limit=3)) == 100
    assert [outcome.agreed for outcome in await virtual().execute_many(jobs(3))] == [True] * 3


def test_run_many():
    assert len(virtual().run_many(jobs(5))) == 5


async def test_stream_takes_jobs_as_it_goes():
    started, most = [], 0
    count = 0
    async for outcome in virtual().stream(jobs(300, started), limit=10):
        count += 1
        most = max(most, len(started) - count)
        assert outcome.final_state in ("AGREED", "DEADLOCK")
    assert count == 300
    assert most <= 2 * 10 + 64, "jobs are drawn as places fall free, not ahead of time"


async def test_stream_of_an_endless_source_is_left_early():
    started = []

    def endless():
        while True:
            started.append(None)
            yield pair(), HAGGLE

    executor = NegotiationExecutor()
    seen = 0
    stream = executor.stream(endless(), limit=5)
    async for _ in stream:
        seen += 1
        if seen == 50:
            break
    await stream.aclose()
    assert seen <= len(started) <= 200
    await asyncio.sleep(0.01)
    assert len(asyncio.all_tasks()) == 1


async def test_early_exit_cancels_what_is_open():
    outcomes = []
    executor = NegotiationExecutor()
    executor.add_listener(type("L", (), {"on_negotiation_completed": lambda self, outcome: outcomes.append(outcome)})())
    mixed = [SLOW, (pair(), HAGGLE), SLOW]
    stream = executor.stream(mixed)
    async for outcome in stream:
        assert outcome.agreed
        break
    await stream.aclose()
    assert sorted(outcome.reason_code or "" for outcome in outcomes) == ["", "cancelled", "cancelled"]
    assert len(asyncio.all_tasks()) == 1


@pytest.mark.parametrize(
    ("job", "text"),
    [(5, "a job is"), ((pair(),), "a job is"), ((pair(), HAGGLE, None, 4), "a job is"), (None, "a job is"),
     ((pair(), "nope"), "unknown protocol")],
)  # fmt: skip
async def test_bad_job_is_raised_and_ends_the_stream(job, text):
    executor = virtual()
    with pytest.raises(ConfigurationError, match=text):
        await executor.execute_many([(pair(), HAGGLE), job, (pair(), HAGGLE)])
    with pytest.raises(ConfigurationError, match=text):
        async for _ in executor.stream([SLOW, job]):
            pass
    for _ in range(10):
        await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == 1


async def test_source_that_raises_ends_the_stream_with_its_error():
    def source():
        yield SLOW
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        async for _ in virtual().stream(source()):
            pass


@pytest.mark.parametrize("jobs", [5, None])
async def test_jobs_that_are_none_are_told(jobs):
    with pytest.raises(ConfigurationError, match=f"jobs: expected an iterable .*, got {jobs}"):
        await virtual().execute_many(jobs)


@pytest.mark.parametrize("limit", [0, -1, "x", 1.5])
async def test_limit_is_at_least_one(limit):
    with pytest.raises(ConfigurationError, match="limit: expected a whole number of at least 1"):
        await virtual().execute_many([(pair(), HAGGLE)], limit=limit)


# -------------------------------------------------------------------------------------------------------------- listeners
class Heard(NegotiationListener):
    def __init__(self):
        self.log = []

    def on_negotiation_started(self, config):
        self.log.append(("started", config.type))

    def on_negotiation_completed(self, outcome):
        self.log.append(("completed", outcome.id))


class HeardLater(Heard):
    async def on_negotiation_started(self, config):
        await asyncio.sleep(0.001)
        super().on_negotiation_started(config)

    async def on_negotiation_completed(self, outcome):
        await asyncio.sleep(0.001)
        super().on_negotiation_completed(outcome)


@pytest.mark.parametrize("kind", [Heard, HeardLater])
@pytest.mark.parametrize("clock", ["real", "virtual"])
async def test_each_start_and_outcome_is_announced_once(kind, clock):
    executor = NegotiationExecutor(clock=clock, name="n")
    listener = kind()
    executor.add_listener(listener)
    await asyncio.gather(*(executor.execute(pair(), HAGGLE) for _ in range(5)))
    assert sorted(listener.log) == [*(("completed", f"n/{n}") for n in range(1, 6)), *[("started", "bilateral")] * 5]


def test_async_listeners_are_waited_for_by_run():
    executor = virtual(name="n")
    listener = HeardLater()
    executor.add_listener(listener)
    executor.run(pair(), HAGGLE)
    assert listener.log == [("started", "bilateral"), ("completed", "n/1")]


async def test_listener_that_raises_is_logged_and_harms_nobody(caplog):
    class Bad(NegotiationListener):
        def on_negotiation_started(self, config):
            raise RuntimeError("plain trouble")

        async def on_negotiation_completed(self, outcome):
            raise RuntimeError("async trouble")

    executor = virtual()
    good = Heard()
    executor.add_listener(Bad())
    executor.add_listener(good)
    assert (await executor.execute(pair(), HAGGLE)).agreed
    assert [kind for kind, _ in good.log] == ["started", "completed"]
    assert caplog.text.count("listener_failed") == 2


async def test_listener_may_have_one_method_only():
    class Half:
        def on_negotiation_completed(self, outcome):
            self.outcome = outcome

    executor, half = virtual(), Half()
    executor.add_listener(half)
    assert await executor.execute(pair(), HAGGLE) is half.outcome


async def test_listener_may_start_the_next_negotiation():
    executor = virtual()
    started = []

    class Chain(NegotiationListener):
        def on_negotiation_completed(self, outcome):
            if len(started) < 3:
                started.append(executor.start(pair(), HAGGLE))

    executor.add_listener(Chain())
    await executor.execute(pair(), HAGGLE)
    outcomes = [await handle for handle in started]
    assert len(outcomes) >= 1
    assert all(outcome.agreed for outcome in outcomes)


async def test_journal_that_raises_is_logged_and_harms_nobody(caplog):
    def journal(record):
        raise OSError("disk full")

    outcome = await virtual(journal=journal).execute(pair(), HAGGLE)
    assert outcome.agreed
    assert outcome.faults == ()
    assert "journal_failed" in caplog.text


# ------------------------------------------------------------------------------------------------------------------ seeds
def traces(**settings):
    trace = Trace()
    executor = virtual(journal=trace, name="n", **settings)
    agents = [Bidder("a", 5), Bidder("b", 5), Bidder("c", 5)]
    outcomes = [executor.run(agents, NegotiationConfig("vickrey"), "lot") for _ in range(6)]
    return trace.to_jsonl(), [outcome.result.winner.name for outcome in outcomes]


def test_same_seed_same_world():
    assert traces(seed=7) == traces(seed=7)
    assert traces() == traces(seed=0)
    assert traces(seed=7)[1] != traces(seed=8)[1]


def test_seed_of_the_config_replaces_the_societys():
    def winner(seed, society_seed, before=0):
        executor = virtual(seed=society_seed)
        agents = [Bidder(f"b{n}", 5) for n in range(5)]
        executor.run_many([(agents, NegotiationConfig("vickrey"), "x")] * before)
        return executor.run(agents, NegotiationConfig("vickrey", seed=seed), "x").result.winner.name

    assert len({winner(3, society, before) for society in (None, 1, 2) for before in (0, 2)}) == 1
    assert len({winner(seed, 1) for seed in range(12)}) > 1


# ---------------------------------------------------------------------------------------------------------------- endings
async def test_world_that_can_never_go_on_is_told_as_such():
    class Waits(NegotiationProtocol):
        name = "waits"
        seats = {"one": 1, "two": 1}
        start = "open"
        moves = {"open": {("one", Propose): "answer"}, "answer": {("two", Accept): AGREED}}
        timeouts = {"open": TIMEOUT, "answer": TIMEOUT}

        async def one(self, talk):
            await talk.receive()

        async def two(self, talk):
            await talk.receive()

    executor = virtual()
    executor.register(Waits())
    outcome = await executor.execute([Agent("a"), Agent("b")], NegotiationConfig("waits", timeout=None))
    assert outcome.final_state == "FAILED"
    assert "stalled: nothing can run" in outcome.failure_reason
    assert "a: waits for" in outcome.failure_reason


async def test_outcome_reads_well():
    outcome = await virtual(name="n").execute(pair(), HAGGLE)
    assert repr(outcome).startswith("<NegotiationOutcome n/1 bilateral: AGREED in round ")
    walked = await virtual(name="n").execute(
        [Negotiator("x", strategy=lambda view: Walk("no")), Seller("S", 1)], HAGGLE
    )
    assert "walked-away: x: no" in repr(walked)


async def test_executor_reads_well():
    assert (
        repr(virtual(name="n")) == f"<NegotiationExecutor n: {', '.join(one.name for one in BUILT_IN)}>"
    )


async def test_a_partial_or_bound_method_is_a_listener_as_well():
    log = []
    listener = type("L", (), {})()
    listener.on_negotiation_completed = functools.partial(lambda kind, outcome: log.append(kind), "done")
    executor = virtual()
    executor.add_listener(listener)
    await executor.execute(pair(), HAGGLE)
    assert log == ["done"]


async def test_society_and_executor_reach_the_same_outcome():
    async with Society(clock="virtual") as society:
        one = await society.negotiate(pair(), HAGGLE)
    other = await virtual().execute(pair(), HAGGLE)
    assert one.accepted_offer.value == other.accepted_offer.value
    assert one.utilities == other.utilities


async def test_dump_and_statistics_tell_what_lives_in_this_event_loop() -> None:
    executor = NegotiationExecutor(clock="virtual")
    assert executor.dump() == ()
    assert executor.statistics() is None
    handle = executor.start([Buyer("Bea", 80), Seller("Sam", 60)], NegotiationConfig("bilateral"))
    assert [line.split(":")[0] for line in executor.dump()] == ["Bea", "Sam"]
    assert executor.statistics().open == 1
    await handle
    await asyncio.sleep(0.01)
    assert executor.dump() == ()

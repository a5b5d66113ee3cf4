"""Every talk ends in exactly one announced outcome, and nothing is left of it: not a task, a process, a listener, a byte."""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import time

import pytest

from negotiate_rt import (
    Agent,
    Buyer,
    ConfigurationError,
    Contractor,
    Manager,
    NegotiationConfig,
    NegotiationExecutor,
    NegotiationListener,
    Propose,
    RestartPolicy,
    Seller,
    Society,
    SocietyClosed,
    Task,
    Walk,
    sleep,
)
from tests.faults.isolated import Spinner, Steady

CONFIG = NegotiationConfig("bilateral", max_rounds=10)


def pair(decide=None):
    return [Buyer("Bea", 80, opening=40, strategy=decide), Seller("Sam", 60, opening=120)]


def virtual(**settings):
    return NegotiationExecutor(clock="virtual", **settings)


# -- listeners ---------------------------------------------------------------------------------------------------------


class Hears(NegotiationListener):
    def __init__(self):
        self.heard = []

    def on_negotiation_started(self, config):
        self.heard.append(("started", config.type))

    def on_negotiation_completed(self, outcome):
        self.heard.append(("completed", outcome.id))


@pytest.mark.parametrize("clock", ["virtual", "real"])
@pytest.mark.parametrize("error", [ValueError("boo"), asyncio.CancelledError()], ids=repr)
@pytest.mark.parametrize("slow", [False, True])
async def test_listener_that_raises_is_logged_and_harms_nobody(clock, error, slow, caplog):
    class Bad(NegotiationListener):
        def on_negotiation_started(self, config):
            return self.fail() if slow else self.fail_now()

        on_negotiation_completed = on_negotiation_started

        def fail_now(self):
            raise error

        async def fail(self):
            await asyncio.sleep(0)
            raise error

    executor = NegotiationExecutor(clock=clock)
    hears = Hears()
    for listener in (Bad(), hears, Bad()):
        executor.add_listener(listener)
    outcome = await executor.execute(pair(), CONFIG)
    assert outcome.agreed
    assert hears.heard == [("started", "bilateral"), ("completed", outcome.id)]
    if isinstance(error, ValueError):
        assert [record.message for record in caplog.records] == ["listener_failed"] * 4
    assert len(asyncio.all_tasks()) == 1


async def test_listener_that_never_ends_is_cancelled_after_the_grace():
    log = []

    class Hangs(NegotiationListener):
        async def on_negotiation_completed(self, outcome):
            try:
                await asyncio.Event().wait()
            finally:
                log.append("let go")

    executor = NegotiationExecutor(grace=0.02)
    executor.add_listener(Hangs())
    started = time.perf_counter()
    assert (await executor.execute(pair(), CONFIG)).agreed
    assert log == ["let go"]
    assert time.perf_counter() - started < 5
    assert len(asyncio.all_tasks()) == 1


async def test_two_worlds_of_one_executor_wait_for_listeners_of_their_own():
    log = []

    class Slow(NegotiationListener):
        async def on_negotiation_completed(self, outcome):
            await asyncio.sleep(0.01)
            log.append(outcome.id)

    executor = virtual()
    executor.add_listener(Slow())
    for _ in range(5):  # each begins while the world of the one before is ending
        handle = executor.start(pair(), CONFIG)
        await handle
    await handle.world.settle(handle)
    await asyncio.sleep(0.03)
    assert len(log) == 5
    assert len(asyncio.all_tasks()) == 1


async def test_listener_may_start_another_negotiation():
    executor = virtual()
    handles = []

    class Again(NegotiationListener):
        def on_negotiation_completed(self, outcome):
            if len(handles) < 3:
                handles.append(executor.start(pair(), CONFIG))

    executor.add_listener(Again())
    await executor.execute(pair(), CONFIG)
    outcomes = [await handle for handle in handles]
    assert len(outcomes) == 3
    assert all(outcome.agreed for outcome in outcomes)
    await handles[-1].world.settle(handles[-1])


async def test_outcome_is_announced_once_however_often_it_ends():
    hears = Hears()

    def walks(view):
        handle.cancel("from a hook")
        handle.cancel("again")
        return Walk("and this")

    executor = virtual()
    executor.add_listener(hears)
    handle = executor.start(pair(walks), CONFIG)
    outcomes = await asyncio.gather(handle_result(handle), handle_result(handle))
    handle.cancel("too late")
    assert outcomes[0] is outcomes[1] is await handle
    assert outcomes[0].failure_reason == "cancelled: from a hook"
    assert [entry[0] for entry in hears.heard] == ["started", "completed"]


async def handle_result(handle):
    return await handle


async def test_events_end_with_the_ending_and_come_in_order():
    handle = virtual().start(pair(), CONFIG)
    kinds = [record.kind async for record in handle.events()]
    assert kinds[-1] == "ended"
    assert kinds.count("ended") == 1
    assert kinds[:2] == ["said", "heard"]
    assert [record.kind async for record in handle.events()] == ["ended"]


# -- the caller's mistakes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("agents", "config"),
    [
        ([Agent("a")], CONFIG),
        ([Agent("a"), Agent("a")], CONFIG),
        ([Agent("a"), object()], CONFIG),
        ([Agent("a"), Agent("b")], NegotiationConfig("no-such-protocol")),
        ([Agent("a"), Agent("b")], 42),
    ],
    ids=["empty seat", "same name", "no name", "unknown protocol", "no config"],
)
async def test_callers_mistake_raises_before_anything_starts(agents, config):
    hears = Hears()
    executor = NegotiationExecutor()
    executor.add_listener(hears)
    with pytest.raises(ConfigurationError):
        await executor.execute(agents, config)
    assert hears.heard == []
    assert len(asyncio.all_tasks()) == 1
    assert (await executor.execute(pair(), CONFIG)).agreed


async def test_callers_mistake_leaves_the_others_alone():
    executor = NegotiationExecutor()
    handle = executor.start(pair(), CONFIG)
    with pytest.raises(ConfigurationError):
        executor.start([Agent("a")], CONFIG)
    assert (await handle).agreed
    await handle.world.settle(handle)


async def test_agent_that_cannot_be_isolated_fails_at_once_and_starts_nothing():
    hears = Hears()
    executor = NegotiationExecutor()
    executor.add_listener(hears)
    agent = Buyer("Bea", 80, strategy=lambda view: Propose(50.0), isolated=True)
    with pytest.raises(ConfigurationError, match="cannot be isolated"):
        await executor.execute([agent, Seller("Sam", 60)], CONFIG)
    assert len(asyncio.all_tasks()) == 1
    assert len(hears.heard) in (0, 2)


# -- societies ---------------------------------------------------------------------------------------------------------


async def test_society_that_is_left_cancels_what_is_open_and_takes_nothing_more():
    async def never(view):
        await asyncio.Event().wait()

    async with Society() as society:
        handles = [society.start(pair(never), CONFIG) for _ in range(20)]
        await asyncio.sleep(0.005)
    assert {(await handle).failure_reason for handle in handles} == {"cancelled: the society was closed"}
    with pytest.raises(SocietyClosed):
        society.start(pair(), CONFIG)
    with pytest.raises(SocietyClosed):
        await society.negotiate(pair(), CONFIG)
    assert len(asyncio.all_tasks()) == 1


async def test_body_of_a_society_that_raises_gets_its_error_out():
    async def body():
        async with Society(clock="virtual") as society:
            society.start(pair(), CONFIG)
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        await body()
    assert len(asyncio.all_tasks()) == 1


@pytest.mark.parametrize("who", ["manager", "contractor", "Bea"])
async def test_resident_that_leaves_in_the_middle_of_its_talks(who):
    async def work(task):
        await sleep(10.0)

    async def slow(view):
        await view.sleep(10.0)
        return Propose(50.0)

    async with Society(clock="virtual") as society:
        await society.spawn(Manager("manager"))
        await society.spawn(Contractor("contractor", bid=lambda task: 1.0, perform=work))
        await society.spawn(Buyer("Bea", 80, strategy=slow))
        net = society.start(["manager", "contractor"], NegotiationConfig("contract-net"), Task(hours=1))
        talk = society.start(["Bea", Seller("Sam", 60)], CONFIG)
        society.world.kernel.call_at(5.0, lambda: society.residents.bury(society.residents.find(who), "left"))
        outcomes = {"contractor": await net, "Bea": await talk}
    if who == "Bea":
        assert outcomes["contractor"].agreed
        assert outcomes["Bea"].failure_reason == "walked-away: Bea: left"
        assert outcomes["Bea"].duration_ms == 5000
    else:
        assert "left" in outcomes["contractor"].failure_reason
        assert outcomes["contractor"].duration_ms == 5000


class Crashes(Agent):
    """Lives as told: each message is an exception to raise, or None to go home."""

    lives = 0

    async def live(self, inbox):
        type(self).lives += 1
        error = await inbox.receive()
        if error is not None:
            raise error


async def test_life_that_crashes_is_restarted_until_it_is_too_much():
    Crashes.lives = 0
    deaths = []
    async with Society(clock="virtual") as society:
        await society.spawn(Crashes("c"), restart=RestartPolicy(max_restarts=2, within=100.0))
        society.watch("c", deaths.append)
        for error in (ValueError("one"), SystemExit(1), ValueError("three")):
            society.tell("c", error)
            for _ in range(20):
                await asyncio.sleep(0)
        with pytest.raises(ConfigurationError):
            society.tell("c", None)
    assert Crashes.lives == 3
    assert [death.reason for death in deaths] == ["crashed: ValueError: three"]


async def test_factory_that_fails_at_a_restart_counts_as_a_crash_and_spares_the_society():
    made = []
    deaths = []

    def factory():
        made.append(1)
        if len(made) > 1:
            raise OSError("no more agents")
        return Crashes("c")

    async with Society(clock="virtual") as society:
        await society.spawn(factory, restart=RestartPolicy(max_restarts=3, within=100.0))
        society.watch("c", deaths.append)
        society.tell("c", ValueError("boo"))
        for _ in range(30):
            await asyncio.sleep(0)
        assert (await society.negotiate(pair(), CONFIG)).agreed
    assert len(made) == 4
    assert deaths[0].reason == "crashed: OSError: no more agents"


async def test_life_that_is_no_coroutine_crashes_alone():
    class Plain(Agent):
        def live(self, inbox):
            return 42

    async with Society(clock="virtual") as society:
        await society.spawn(Plain("p"))
        assert (await society.negotiate(pair(), CONFIG)).agreed


# -- isolation ---------------------------------------------------------------------------------------------------------


def children():
    with open(f"/proc/self/task/{os.getpid()}/children") as file:
        return set(file.read().split())


def children_left(before):
    """Who is still there; one that has been killed may take a moment to be reaped by asyncio's own thread."""
    until = time.monotonic() + 2.0
    while (left := children() - before) and time.monotonic() < until:
        time.sleep(0.01)
    return left


async def test_isolated_hook_that_spins_is_killed_at_its_deadline_and_its_pair_goes_on():
    before = children()
    executor = NegotiationExecutor()
    healthy = executor.start(pair(), CONFIG)
    started = time.perf_counter()
    outcome = await executor.execute(
        [Spinner("Bea", 80, opening=40, isolated=True), Seller("Sam", 60, opening=120)],
        NegotiationConfig("bilateral", max_rounds=1, timeout=30.0, turn_timeout=1.0),
    )
    assert time.perf_counter() - started < 15
    assert (await healthy).agreed
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("Bea", "late")]
    assert outcome.final_state == "DEADLOCK"
    assert children_left(before) == set()
    assert len(asyncio.all_tasks()) == 1


@pytest.mark.slow
async def test_isolated_agent_agrees_like_any_other():
    before = children()
    outcome = await NegotiationExecutor().execute(
        [Steady("Bea", 80, opening=40, isolated=True), Seller("Sam", 60, opening=120)], CONFIG
    )
    assert outcome.agreed
    assert not outcome.faults
    assert children_left(before) == set()


@pytest.mark.slow
def test_worker_of_a_program_that_ends_early_does_not_outlive_it():
    before = children()

    async def main():
        NegotiationExecutor().start([Spinner("Bea", 80, isolated=True), Seller("Sam", 60)], CONFIG)
        await asyncio.sleep(0.5)

    asyncio.run(main())
    assert children_left(before) == set()


# -- leaks -------------------------------------------------------------------------------------------------------------


def live_objects():
    gc.collect()
    return len(gc.get_objects())


async def some(executor, count):
    for _ in range(count):
        assert (await executor.execute(pair(), CONFIG)).agreed


@pytest.mark.parametrize("count", [200, pytest.param(10_000, marks=pytest.mark.slow)])
async def test_sequential_executions_leave_nothing_growing(count):
    executor = virtual()
    await some(executor, 50)
    before, tasks = live_objects(), len(asyncio.all_tasks())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    await some(executor, count)
    assert live_objects() - before < count // 2  # one object an execution would be a leak
    assert len(asyncio.all_tasks()) == tasks
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 20_000  # KiB


@pytest.mark.slow
async def test_negotiations_of_a_society_leave_nothing_growing():
    async def slow(view):
        await view.sleep(0.1)
        return Propose(50.0 + 5 * view.round)

    async with Society(clock="virtual") as society:

        async def some_talks(count):
            for _ in range(count):
                await society.negotiate(pair(slow), CONFIG)
                crew = [Contractor("c", bid=lambda task: 1.0)]
                await society.negotiate(crew, NegotiationConfig("contract-net"), Task(hours=1))

        await some_talks(150)  # by then the timer heap has its size
        before = live_objects()
        await some_talks(200)
        assert live_objects() - before < 150
        statistics = society.statistics()
        assert (statistics.open, statistics.actors, statistics.timers, statistics.orphans) == (0, 0, 0, 0)
        assert society.dump() == ()


async def test_talk_that_is_over_is_freed_without_the_collector():
    import weakref

    class Marked(Buyer):
        pass

    agents = [Marked("Bea", 80, opening=40), Seller("Sam", 60, opening=120)]
    mark = weakref.ref(agents[0])
    executor = virtual()
    outcome = await executor.execute(agents, CONFIG)
    gc.collect()
    gc.disable()
    try:
        outcome = await executor.execute(agents, CONFIG)
        assert outcome.agreed
        del agents
        assert mark() is None
    finally:
        gc.enable()


# -- the garbage collector ---------------------------------------------------------------------------------------------


async def test_thresholds_of_the_collector_are_restored_when_crowds_have_gone(monkeypatch):
    monkeypatch.setattr("negotiate_rt.executor.world.CROWD", 5)
    before = gc.get_threshold()

    async def slow(view):
        await view.sleep(1.0)
        return Walk()

    one, two = virtual(), virtual()
    first = [one.start(pair(slow), CONFIG) for _ in range(10)]
    second = [two.start(pair(slow), CONFIG) for _ in range(10)]
    assert gc.get_threshold() != before
    for handle in first + second:
        await handle
    await first[0].world.settle(first[0])
    await second[0].world.settle(second[0])
    assert gc.get_threshold() == before


# -- stalls ------------------------------------------------------------------------------------------------------------


async def test_stall_waits_for_listeners_that_may_still_act():
    async def slow(view):
        return Propose(50.0)

    from negotiate_rt import Network

    network = Network()
    network.hold("Bea", "Sam")

    class Releases(NegotiationListener):
        async def on_negotiation_started(self, config):
            await asyncio.sleep(0.01)
            network.release("Bea", "Sam")

    executor = virtual(network=network)
    executor.add_listener(Releases())
    outcome = await asyncio.wait_for(executor.execute(pair(), NegotiationConfig("bilateral", timeout=None)), 5)
    assert outcome.agreed


async def test_world_that_stalls_after_its_listeners_is_failed():
    from negotiate_rt import Network

    class Slow(NegotiationListener):
        async def on_negotiation_started(self, config):
            await asyncio.sleep(0.01)

    network = Network(loss=1.0)
    executor = virtual(network=network)
    executor.add_listener(Slow())
    outcome = await asyncio.wait_for(executor.execute(pair(), NegotiationConfig("bilateral", timeout=None)), 5)
    assert outcome.failure_reason.startswith("protocol-violation: stalled")
    assert "Sam: waits for" in outcome.failure_reason

"""Cancelled at any step, a negotiation leaves nothing behind, and exactly one outcome."""

from __future__ import annotations

import asyncio
import gc
import threading

import anyio
import pytest

from negotiate_rt import (
    Bidder,
    Buyer,
    Contractor,
    NegotiationConfig,
    NegotiationExecutor,
    Network,
    Seller,
    Society,
    Task,
)
from negotiate_rt.messages.view import sleep
from negotiate_rt.runtime.kernel import Kernel


class Heard:
    """A listener that counts, plain and async."""

    def __init__(self):
        self.started = 0
        self.outcomes = []
        self.later = []

    def on_negotiation_started(self, config):
        self.started += 1

    def on_negotiation_completed(self, outcome):
        self.outcomes.append(outcome)
        return self.wait(outcome)

    async def wait(self, outcome):
        await asyncio.sleep(0)
        self.later.append(outcome)


async def slow_hook(view):
    await asyncio.sleep(0)
    return (await sleep(0.0)) or quick(view)


def quick(view):
    from negotiate_rt.strategies.deciding import concede

    return concede(view)


async def price(task):
    await asyncio.sleep(0)
    await sleep(0.0)
    return 4.0


class SlowBidder(Bidder):
    async def bid(self, view):
        await asyncio.sleep(0)
        await sleep(0.0)
        return self.value


class Cared(Buyer):
    """Has a life cycle."""

    async def on_start(self):
        await asyncio.sleep(0)

    async def on_stop(self):
        await asyncio.sleep(0)


def bilateral():
    return [Buyer("Bea", 80, opening=40, strategy=slow_hook), Seller("Sam", 60, opening=120)], "bilateral", None


def cared():
    return [Cared("Bea", 80, opening=40), Seller("Sam", 60, opening=120)], "bilateral", None


def contract_net():
    return [Contractor(f"c{number}", bid=price, perform=price) for number in range(3)], "contract-net", Task(hours=1)


def vickrey():
    return [SlowBidder(f"b{number}", number + 1.0) for number in range(3)], "vickrey", "lot"


CASES = {"bilateral": bilateral, "with a life cycle": cared, "contract-net": contract_net, "vickrey": vickrey}


@pytest.fixture
def one_step_a_slice(monkeypatch):
    """Let the host loop have its turns after every step of the kernel."""
    monkeypatch.setattr(Kernel.run_slice, "__defaults__", (1e-12,))
    monkeypatch.setattr("negotiate_rt.runtime.kernel.STEPS_A_LOOK", 1)
    monkeypatch.setattr("negotiate_rt.runtime.host.LOOP_TURNS", 1)


async def cancel_at(turn, case, clock, network, how):
    """Cancel an execution after some turns of the loop; return whether it was done before, and how many turns it took."""
    agents, kind, problem = CASES[case]()
    heard = Heard()
    executor = NegotiationExecutor(clock=clock, network=network, watchdog=0)
    executor.add_listener(heard)
    world = []

    async def run():
        executing = executor.execute(agents, NegotiationConfig(kind, max_rounds=3, timeout=20.0), problem)
        world.append(executor)
        return await executing

    async def scoped():
        with anyio.CancelScope() as scope:
            scopes.append(scope)
            await run()

    scopes = []
    task = asyncio.create_task(run() if how == "task" else scoped())
    for _ in range(turn):
        await asyncio.sleep(0)
        if task.done():
            break
    finished = task.done()
    if how == "task":
        task.cancel()
    elif scopes:
        scopes[0].cancel()
    done, _ = await asyncio.wait([task], timeout=10)
    assert done, "the cancelled execution hangs"
    assert len(asyncio.all_tasks()) == 1, "a task was left"
    assert len(heard.outcomes) == heard.started, "not exactly one outcome"
    assert len(heard.later) == heard.started, "an async listener was forgotten"
    if not finished and heard.outcomes:
        assert heard.outcomes[0].agreed or heard.outcomes[0].failure_reason.startswith("cancelled")
    return finished


@pytest.mark.parametrize("how", ["task", "scope"])
@pytest.mark.parametrize("clock", ["virtual", "real"])
@pytest.mark.parametrize("case", CASES)
async def test_cancelled_at_the_nth_turn_for_every_n(case, clock, how, one_step_a_slice):
    turn, before = 0, set(threading.enumerate())  # an earlier test's may be about to end
    while not await cancel_at(turn, case, clock, None, how):
        turn += 1
        assert turn < 1000
    assert turn > 5
    assert not [one for one in set(threading.enumerate()) - before if one.name.startswith("negotiate_rt")]


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
async def test_cancelled_at_the_nth_turn_over_a_slow_network(case, one_step_a_slice):
    turn = 0
    while not await cancel_at(turn, case, "virtual", Network(latency=0.5), "task"):
        turn += 1
        assert turn < 1000
    assert turn > 5


@pytest.mark.parametrize("case", CASES)
async def test_handle_cancelled_at_the_nth_turn_for_every_n(case, one_step_a_slice):
    turn = 0
    while True:
        agents, kind, problem = CASES[case]()
        heard = Heard()
        executor = NegotiationExecutor(clock="virtual")
        executor.add_listener(heard)
        handle = executor.start(agents, NegotiationConfig(kind, max_rounds=3), problem)
        for _ in range(turn):
            await asyncio.sleep(0)
        finished = handle.done
        handle.cancel("enough")
        handle.cancel("once more")
        outcome = await asyncio.wait_for(handle, 10)
        await handle.world.settle(handle)
        assert heard.outcomes == [outcome]
        assert outcome.agreed or outcome.failure_reason == "cancelled: enough"
        assert len(asyncio.all_tasks()) == 1
        assert not handle.world.kernel.actors
        assert len(handle.world.kernel.timers) == 0
        turn += 1
        if finished:
            break
    assert turn > 5


@pytest.mark.parametrize("turns", range(0, 40, 3))
async def test_society_left_at_any_turn_ends_everything(turns, one_step_a_slice):
    heard = Heard()
    async with Society(clock="virtual") as society:
        society.add_listener(heard)
        handles = []
        for case in CASES.values():
            agents, kind, problem = case()
            handles.append(society.start(agents, NegotiationConfig(kind, max_rounds=3), problem))
        for _ in range(turns):
            await asyncio.sleep(0)
        world = society.world
    outcomes = [await handle for handle in handles]
    assert {outcome.id for outcome in heard.outcomes} == {outcome.id for outcome in outcomes}
    assert len(heard.outcomes) == len(heard.later) == 4
    for outcome in outcomes:
        assert outcome.agreed or outcome.failure_reason == "cancelled: the society was closed"
    assert not world.kernel.actors
    assert len(world.kernel.timers) == 0
    assert len(asyncio.all_tasks()) == 1


def test_program_that_ends_while_talks_run_gets_their_outcomes():
    heard, before = Heard(), set(threading.enumerate())

    async def main(turns):
        executor = NegotiationExecutor(clock="virtual")
        executor.add_listener(heard)
        for case in CASES.values():
            agents, kind, problem = case()
            executor.start(agents, NegotiationConfig(kind), problem)
        for _ in range(turns):
            await asyncio.sleep(0)

    for turns in range(0, 12):
        heard.outcomes.clear()
        asyncio.run(main(turns))
        assert len(heard.outcomes) == 4
    gc.collect()
    assert not [one for one in set(threading.enumerate()) - before if one.name.startswith("negotiate_rt")]


async def test_stream_left_early_cancels_what_is_open():
    heard = Heard()
    executor = NegotiationExecutor(clock="virtual")
    executor.add_listener(heard)

    def jobs():
        for _ in range(10_000):
            agents, kind, problem = bilateral()
            yield agents, NegotiationConfig(kind), problem

    stream = executor.stream(jobs(), limit=10)
    async for outcome in stream:
        assert outcome.agreed
        break
    await stream.aclose()
    assert len(heard.outcomes) == heard.started <= 100
    assert len(asyncio.all_tasks()) == 1


async def test_hook_of_a_cancelled_talk_is_cancelled_and_cleans_up():
    log = []

    async def hook(view):
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            log.append("tidied")

    task = asyncio.create_task(
        NegotiationExecutor().execute(
            [Buyer("Bea", 80, strategy=hook), Seller("Sam", 60)], NegotiationConfig("bilateral")
        )
    )
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert log == ["tidied"]
    assert len(asyncio.all_tasks()) == 1


async def test_timeout_around_execute_works():
    async def hook(view):
        await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await NegotiationExecutor().execute(
                [Buyer("Bea", 80, strategy=hook), Seller("Sam", 60)], NegotiationConfig("bilateral")
            )
    assert len(asyncio.all_tasks()) == 1

"""The kernel's place in somebody else's event loop: any asyncio one, kept responsive, and nothing else."""

from __future__ import annotations

import asyncio
import itertools
import logging
import statistics
import threading
import time

import anyio
import pytest

from negotiate_rt import (
    Buyer,
    NegotiationConfig,
    NegotiationError,
    NegotiationExecutor,
    Propose,
    Seller,
    Society,
)
from negotiate_rt.runtime.calls import Calls
from negotiate_rt.runtime.host import Host, check_event_loop
from negotiate_rt.runtime.kernel import Kernel


def pair(decide=None):
    return [Buyer("Bea", 80, opening=40, strategy=decide), Seller("Sam", 60, opening=120)]


CONFIG = NegotiationConfig("bilateral", max_rounds=10)


async def haggle():
    outcome = await NegotiationExecutor().execute(pair(), CONFIG)
    assert len(asyncio.all_tasks()) == 1
    return outcome


# -- where it runs -----------------------------------------------------------------------------------------------------


def test_it_runs_under_asyncio_run():
    assert asyncio.run(haggle()).agreed


def test_it_runs_under_anyio_run():
    assert anyio.run(haggle, backend="asyncio").agreed


def test_it_runs_inside_a_loop_that_runs_already():
    loop = asyncio.new_event_loop()
    try:
        assert loop.run_until_complete(haggle()).agreed
        assert loop.run_until_complete(haggle()).agreed
    finally:
        loop.close()


def test_it_runs_without_a_loop():
    executor = NegotiationExecutor()
    assert executor.run(pair(), CONFIG).agreed
    assert [one.agreed for one in executor.run_many([(pair(), CONFIG)] * 3)] == [True] * 3


async def test_synchronous_run_works_inside_a_running_loop():
    executor = NegotiationExecutor()
    assert executor.run(pair(), CONFIG).agreed  # as in a cell of a notebook
    assert (await executor.execute(pair(), CONFIG)).agreed
    assert executor.run(pair(), CONFIG).agreed


async def test_one_executor_serves_loops_in_several_threads():
    executor = NegotiationExecutor()
    outcomes = await asyncio.gather(
        *(asyncio.to_thread(executor.run, pair(), CONFIG) for _ in range(4)), executor.execute(pair(), CONFIG)
    )
    assert all(outcome.agreed for outcome in outcomes)
    assert len({outcome.id for outcome in outcomes}) == 5


def test_trio_is_refused_at_once_and_clearly():
    trio = pytest.importorskip("trio")

    async def main():
        with pytest.raises(NegotiationError, match="asyncio only, and this is a trio event loop"):
            await NegotiationExecutor().execute(pair(), CONFIG)
        with pytest.raises(NegotiationError, match="trio"):
            async with Society():
                raise AssertionError
        assert (await trio.to_thread.run_sync(NegotiationExecutor().run, pair(), CONFIG)).agreed

    trio.run(main)


def test_no_loop_at_all_says_what_to_do():
    with pytest.raises(NegotiationError, match="synchronous"):
        check_event_loop()
    with pytest.raises(NegotiationError, match="no event loop is running"):
        NegotiationExecutor().start(pair(), CONFIG)


async def test_a_thousand_executions_share_one_kernel():
    executor = NegotiationExecutor()
    handles = [executor.start(pair(), CONFIG) for _ in range(100)]
    assert len({id(handle.world.kernel) for handle in handles}) == 1
    assert all([(await handle).agreed for handle in handles])
    await handles[0].world.settle(handles[0])


async def test_hook_may_use_the_executor_that_runs_it():
    executor = NegotiationExecutor()
    inner = []

    async def decide(view):
        inner.append(await executor.execute(pair(), CONFIG))
        return Propose(70.0)

    outcome = await executor.execute(pair(decide), CONFIG)
    assert outcome.agreed
    assert inner
    assert all(one.agreed for one in inner)
    assert len(asyncio.all_tasks()) == 1


async def test_plain_hook_may_run_another_negotiation_in_place():
    def decide(view):
        assert NegotiationExecutor().run(pair(), CONFIG).agreed
        return Propose(70.0)

    assert (await NegotiationExecutor().execute(pair(decide), CONFIG)).agreed


async def test_loop_with_a_clock_of_its_own():
    """A loop may count its seconds from anywhere."""
    loop = asyncio.get_running_loop()
    own = loop.time
    loop.time = lambda: own() + 1e6  # type: ignore[method-assign]
    try:
        started = time.perf_counter()

        async def never(view):
            await asyncio.Event().wait()

        outcome = await NegotiationExecutor().execute(pair(never), NegotiationConfig("bilateral", timeout=0.02))
        assert outcome.final_state == "TIMEOUT"
        assert 0.01 < time.perf_counter() - started < 5
    finally:
        loop.time = own  # type: ignore[method-assign]


async def test_idle_host_sleeps():
    kernel = Kernel("real")
    host = Host(kernel, Calls(kernel))
    kernel.call_at(0.03, host.stop)
    await asyncio.wait_for(host.run(), 5)
    assert host.turns <= 6


async def test_current_task_is_hidden_while_a_slice_runs_and_back_afterwards():
    kernel = Kernel("virtual")
    host = Host(kernel, Calls(kernel))
    seen = []

    async def actor():
        seen.append(asyncio.current_task())
        host.stop()

    kernel.spawn("actor", actor)
    task = asyncio.current_task()
    await host.run()
    assert seen == [None]
    assert asyncio.current_task() is task


async def test_failure_of_the_kernel_itself_comes_out_and_the_task_is_back():
    kernel = Kernel("virtual")
    host = Host(kernel, Calls(kernel))
    kernel.call_at(1.0, lambda: 1 / 0)
    task = asyncio.current_task()
    with pytest.raises(ZeroDivisionError):
        await host.run()
    assert asyncio.current_task() is task


async def test_failure_of_the_runtime_ends_every_talk_and_reaches_whoever_waits(caplog):
    async def slow(view):
        await asyncio.Event().wait()

    executor = NegotiationExecutor()
    handle = executor.start(pair(slow), CONFIG)
    handle.world.kernel.call_at(0.0, lambda: 1 / 0)
    outcome = await asyncio.wait_for(handle, 5)
    assert outcome.failure_reason == "cancelled: the society was closed"
    with pytest.raises(ZeroDivisionError):
        await handle.world.settle(handle)
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == ["society_failed"]
    assert (await executor.execute(pair(), CONFIG)).agreed  # in a fresh world


async def test_society_whose_runtime_failed_says_why_when_it_is_left():
    async def live():
        async with Society(clock="virtual") as society:
            society.world.kernel.call_at(0.0, lambda: 1 / 0)
            society.world.kernel.wake_host()
            await asyncio.sleep(0.01)

    with pytest.raises(ZeroDivisionError):
        await live()


# -- how it behaves there ----------------------------------------------------------------------------------------------


class Saturated:
    """A kernel that has far more to do than it can, for a while; `waits` are what a task of the host loop had to wait."""

    def __init__(self):
        self.executor = NegotiationExecutor()
        self.waits = []

    async def run(self, seconds):
        config = NegotiationConfig("bilateral", max_rounds=10**6, timeout=60.0)

        def never(view):
            return Propose(50.0 if view.agent == "Bea" else 90.0)

        handles = [
            self.executor.start([Buyer("Bea", 200, strategy=never), Seller("Sam", 10, strategy=never)], config)
            for _ in range(200)
        ]
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            before = time.perf_counter()
            await asyncio.sleep(0.0005)
            self.waits.append(time.perf_counter() - before - 0.0005)
        messages = sum(handle.status().messages for handle in handles)
        for handle in handles:
            handle.cancel()
        await handles[0]
        await handles[0].world.settle(handles[0])
        return messages

    @property
    def p99(self):
        return statistics.quantiles(self.waits, n=100)[98]


@pytest.mark.slow
@pytest.mark.timing
async def test_host_loop_stays_responsive_while_the_kernel_is_saturated():
    one = Saturated()
    messages = await one.run(1.0)
    assert messages > 10_000
    assert one.p99 < 0.025  # the goal is 5 ms on a machine of one's own
    assert statistics.median(one.waits) < 0.005


@pytest.mark.slow
@pytest.mark.timing
async def test_host_loop_and_a_busy_thread_share_the_interpreter_with_a_saturated_kernel():
    stop = threading.Event()
    turns = []

    def solver():
        while not stop.is_set():
            sum(range(1000))
            turns.append(time.perf_counter())

    thread = threading.Thread(target=solver)
    thread.start()
    try:
        one = Saturated()
        messages = await one.run(1.0)
    finally:
        stop.set()
        thread.join()
    gaps = [later - earlier for earlier, later in itertools.pairwise(turns)]
    assert messages > 1_000
    assert max(gaps) < 0.5  # one woke after 12.6 s without the pause between slices
    assert one.p99 < 0.25  # the goal is 50 ms


@pytest.mark.slow
@pytest.mark.timing
async def test_thread_that_wakes_now_and_then_gets_the_interpreter_soon():
    late = []
    stop = threading.Event()

    def waker():
        while not stop.is_set():
            before = time.perf_counter()
            time.sleep(0.01)
            late.append(time.perf_counter() - before - 0.01)

    thread = threading.Thread(target=waker)
    thread.start()
    try:
        await Saturated().run(1.0)
    finally:
        stop.set()
        thread.join()
    assert len(late) > 10
    assert statistics.median(late) < 0.05


async def test_plain_hook_that_blocks_the_loop_is_named_with_its_stack(caplog):
    def slow(view):
        if view.round == 2:
            time.sleep(0.1)
        return Propose(50.0 + view.round)

    async with Society("soc", watchdog=0.02) as society:
        agents = [Buyer("Bea", 200, strategy=slow), Seller("Sam", 60, opening=120)]
        await society.negotiate(agents, NegotiationConfig("bilateral", max_rounds=3))
        (blocked,) = society.statistics().blocked
    assert blocked.agent == "Bea"
    assert blocked.negotiation == "soc/1"
    assert 0.01 < blocked.seconds < 5
    assert "time.sleep(0.1)" in blocked.stack
    assert [record.message for record in caplog.records] == ["hook_blocks_loop"]
    assert not [thread for thread in threading.enumerate() if "watchdog" in thread.name]


async def test_hook_that_blocks_in_a_repair_is_named_too(caplog):
    def slow(view):
        if view.repair:
            time.sleep(0.1)
            return Propose(50.0)
        return None

    async with Society("soc", watchdog=0.02) as society:
        agents = [Buyer("Bea", 200, strategy=slow), Seller("Sam", 60, opening=120)]
        await society.negotiate(agents, NegotiationConfig("bilateral", max_rounds=1))
        assert [one.agent for one in society.statistics().blocked] == ["Bea"]


async def test_role_that_asks_slow_plain_hooks_in_a_row_lets_the_loop_have_its_turns():
    from negotiate_rt import AGREED, TIMEOUT, Accept, Agent, NegotiationProtocol

    class Ponders(NegotiationProtocol):
        name, seats, start = "ponders", {"thinker": 1, "waiter": 1}, "thinking"
        moves = {"thinking": {("thinker", Propose): "answer"}, "answer": {("waiter", Accept): AGREED}}
        timeouts = {"thinking": TIMEOUT, "answer": TIMEOUT}

        async def thinker(self, talk):
            for _ in range(10):
                await talk.ask()
            await talk.send(await talk.ask())
            await talk.receive()

        async def waiter(self, talk):
            await talk.receive()
            await talk.send(Accept())

    class Thinker(Agent):
        def decide(self, view):
            time.sleep(0.005)
            return Propose(0.5)

    executor = NegotiationExecutor(watchdog=0)
    executor.register(Ponders())
    handle = executor.start([Thinker("t"), Agent("w")], NegotiationConfig("ponders"))
    turns = 0
    while not handle.done:
        await asyncio.sleep(0)
        turns += 1
    assert (await handle).agreed
    assert turns > 20
    await handle.world.settle(handle)

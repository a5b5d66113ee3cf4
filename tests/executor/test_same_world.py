"""Same seed, same world, whatever the machine does meanwhile: how long hooks and threads really take changes no record."""

from __future__ import annotations

import asyncio
import random
import time

import pytest

from negotiate_rt import Buyer, NegotiationConfig, NegotiationExecutor, Seller, Trace, scenarios


def records_of(name: str, jobs: int, limit: int) -> list[str]:
    scenario, trace = scenarios.load(name), Trace()
    executor = scenario.executor("virtual", 3, journal=trace)

    async def run() -> int:
        return len([outcome async for outcome in executor.stream(scenario.jobs(jobs, 3), limit=limit)])

    assert asyncio.run(run()) == jobs
    return [repr(record) for record in trace.records]


@pytest.mark.parametrize("name", ["combinatorial", "mediation", "nash-welfare", "english", "book-club"])
def test_a_stream_of_sessions_leaves_the_same_records_however_long_threads_take(name, monkeypatch):
    from negotiate_rt.runtime.threads import Threads

    delays = random.Random(1)
    run = Threads.run

    async def slowly(self, function, *args):
        pause = delays.choice((0.0, 0.0, 0.004))
        return await run(self, lambda: (time.sleep(pause), function(*args))[1])  # a busy machine

    first = records_of(name, 8, 3)
    monkeypatch.setattr(Threads, "run", slowly)
    assert records_of(name, 8, 3) == first


class Dawdler(Seller):
    """Takes some real time over a decision, sometimes more than a slice."""

    pauses = random.Random(2)

    def decide(self, view):
        time.sleep(self.pauses.choice((0.0, 0.0, 0.0, 0.002)))  # on purpose
        return super().decide(view)


def test_plain_hooks_that_take_their_time_change_no_order():
    def records(kind):
        trace = Trace()
        executor = NegotiationExecutor(clock="virtual", seed=5, journal=trace, name="same")
        jobs = (([Buyer("B", 80), kind("S", 40 + n)], NegotiationConfig("bilateral", 8)) for n in range(12))

        async def run():
            return [outcome.id async for outcome in executor.stream(jobs, limit=4)]

        return asyncio.run(run()), [repr(record) for record in trace.records]

    assert records(Dawdler) == records(Seller)

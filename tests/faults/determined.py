"""A world of chance: every protocol, slow and faulty hooks on our clock, and a network that delays, loses and repeats.
Prints its trace. Run by test_determinism.py under different hash seeds."""

from __future__ import annotations

import asyncio
import random
import sys
import threading
from collections.abc import Callable

from negotiate_rt import (
    Bidder,
    Buyer,
    Contractor,
    LinkFaults,
    NegotiationConfig,
    NegotiationExecutor,
    Network,
    Seller,
    Task,
    Trace,
    Uniform,
    sleep,
)
from negotiate_rt.strategies.deciding import concede


def thinker(name: str, seed: int):
    chance = random.Random(f"{name}/{seed}")

    async def decide(view):
        await view.sleep(chance.choice((0.0, 0.1, 0.1, 0.5, 3.0)))
        if chance.random() < 0.05:
            raise ValueError("out of luck")
        if chance.random() < 0.05:
            return "nonsense"
        await asyncio.gather(sleep(0.1), sleep(0.2))
        return concede(view)

    return decide


class SlowBidder(Bidder):
    async def bid(self, view):
        await view.sleep(0.1)
        return self.value


async def work(task):
    await sleep(1.0)
    return {"done", "well", "soon"} and "done"


def jobs(count: int):
    for number in range(count):
        kind = number % 4
        if kind < 2:
            buyer = Buyer(f"Bea{number}", 80, opening=40, strategy=thinker("Bea", number))
            seller = Seller(f"Sam{number}", 60, opening=120, strategy=thinker("Sam", number))
            yield [buyer, seller], NegotiationConfig("bilateral", max_rounds=12, timeout=40.0, turn_timeout=2.0), None
        elif kind == 2:
            crew = [
                Contractor(f"c{place}", bid=lambda task, cost=place % 2: cost + 1, perform=work) for place in range(4)
            ]
            yield (
                crew,
                NegotiationConfig("contract-net", timeout=30.0),
                Task(hours=1, skills=frozenset({"a", "b", "c"})),
            )
        else:
            yield (
                [SlowBidder(f"b{place}", 5.0) for place in range(4)],
                NegotiationConfig("vickrey", timeout=20.0),
                "lot",
            )


def trace_of(seed: int, count: int = 24, limit: int = 8) -> bytes:
    trace = Trace()
    network = Network(
        latency=Uniform(0.01, 0.3),
        loss=0.02,
        duplicate=0.05,
        reorder=True,
        links={"c1>manager": LinkFaults(latency=1.0)},
    )
    executor = NegotiationExecutor(
        clock="virtual", network=network, seed=seed, journal=trace, name="world", max_in_flight=6
    )
    executor.run_many(jobs(count), limit)
    return trace.to_jsonl()


async def chains(seed: int) -> bytes:
    """Negotiations that are started one after the other, several such chains at once."""
    trace = Trace()
    executor = NegotiationExecutor(
        clock="virtual", network=Network(latency=0.1), seed=seed, journal=trace, name="world"
    )

    async def chain(number: int) -> None:
        for _ in range(5):
            agents = [Buyer("Bea", 80, opening=40, strategy=thinker("Bea", number)), Seller("Sam", 60, opening=120)]
            await executor.execute(agents, NegotiationConfig("bilateral", max_rounds=6, turn_timeout=2.0))

    await asyncio.gather(*(chain(number) for number in range(4)))
    return trace.to_jsonl()


def disturbed(function: Callable[[], bytes]) -> bytes:
    """The same beside a thread that wants the interpreter all the time."""
    stop = threading.Event()

    def disturb():
        while not stop.is_set():
            sum(range(2000))

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        return function()
    finally:
        stop.set()
        thread.join()


if __name__ == "__main__":
    sys.stdout.buffer.write(trace_of(7))

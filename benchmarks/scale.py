"""Memory, spawns, and many sessions at once.

Bytes per live two-party negotiation (resident memory, 100,000 live), spawns of actors a second with the collector on, 1,000
sessions whose agents wait 20 ms per decision beside one session, 50 sessions of 5 rounds with 20 ms hooks, 10,000 concurrent
Vickrey auctions of 10 bidders, and how long the host loop waits while the kernel is saturated.
Run: python benchmarks/scale.py [--quick]
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import threading
import time

from harness import cpu, header, interleaved, quick, ratio, report

from negotiate_rt import (
    Bidder,
    Buyer,
    Negotiation,
    NegotiationConfig,
    NegotiationExecutor,
    Propose,
    Seller,
    View,
)
from negotiate_rt.runtime.kernel import Kernel

LIVE = 10_000 if quick() else 100_000
SESSIONS = 200 if quick() else 1000


def resident() -> int:
    """Return this process's resident memory in bytes (Linux)."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


def bytes_per_negotiation() -> float:
    """Start many negotiations whose first offer has been made and whose second party is thinking; return bytes each."""

    class Stuck(Seller):
        async def decide(self, view: View) -> Propose:
            await asyncio.sleep(3600)
            return Propose(1.0)

    async def main() -> float:
        executor = NegotiationExecutor(max_in_flight=1)  # one hook runs, the others wait for their turn: no task each
        config = NegotiationConfig("bilateral", timeout=3600)
        agents = [Buyer("Bea", 80.0), Stuck("Sam", 60.0)]
        warm = [executor.start(agents, config) for _ in range(100)]
        await asyncio.sleep(0.2)
        gc.collect()
        before = resident()
        live: list[Negotiation] = []
        for number in range(LIVE):
            live.append(executor.start(agents, config))
            if number % 1000 == 0:
                await asyncio.sleep(0)
        while sum(1 for one in live[-100:] if one.status().offers) < 100:  # noqa: ASYNC110  # nobody tells of offers
            await asyncio.sleep(0.01)
        gc.collect()
        used = (resident() - before) / LIVE
        for one in [*warm, *live]:
            one.cancel()
        return used

    return asyncio.run(main())


def spawns() -> int:
    """Spawn actors that end at once; the collector is on."""
    kernel = Kernel()

    async def nothing() -> None:
        return

    for number in range(LIVE):
        kernel.spawn("nobody", nothing)
        if number % 1000 == 0:
            kernel.run_slice(0)
    kernel.run_slice(0)
    return LIVE


class SlowBuyer(Buyer):
    """Thinks for 20 ms."""

    async def decide(self, view: View) -> object:
        """Think, then decide as usual."""
        await asyncio.sleep(0.02)
        return super().decide(view)


class SlowSeller(Seller):
    """Thinks for 20 ms."""

    async def decide(self, view: View) -> object:
        """Think, then decide as usual."""
        await asyncio.sleep(0.02)
        return super().decide(view)


def slow_sessions(count: int, rounds: int = 5) -> float:
    """Run sessions whose agents wait 20 ms a decision, all at once; return wall seconds."""

    async def main() -> float:
        executor = NegotiationExecutor()
        config = NegotiationConfig("bilateral", max_rounds=rounds)
        jobs = [([SlowBuyer("Bea", 60.0, 0.0), SlowSeller("Sam", 60.0, 120.0)], config) for _ in range(count)]
        start = time.perf_counter()
        outcomes = await executor.execute_many(jobs)
        took = time.perf_counter() - start
        assert {outcome.rounds_used for outcome in outcomes} == {rounds}
        return took

    return asyncio.run(main())


def vickrey() -> int:
    """Run concurrent Vickrey auctions of ten bidders; return how many."""
    count = LIVE // 10

    async def main() -> int:
        executor = NegotiationExecutor()
        config = NegotiationConfig("vickrey")
        jobs = (([Bidder(f"b{k}", 1.0 + k) for k in range(10)], config, "lot") for _ in range(count))
        return sum([outcome.agreed async for outcome in executor.stream(jobs, limit=count)])

    return asyncio.run(main())


def loop_waits(thread: bool) -> list[float]:
    """Return how long a host task waited for its turn (seconds), while 1,000 negotiations keep the kernel saturated.

    `thread`: beside a thread that computes all the time, as a solver does.
    """
    stop = threading.Event()

    def spin() -> None:
        while not stop.is_set():
            sum(range(1000))

    async def main() -> list[float]:
        executor = NegotiationExecutor()
        config = NegotiationConfig("bilateral", max_rounds=50)
        jobs = [([Buyer("Bea", 60.0, 0.0), Seller("Sam", 61.0, 120.0)], config) for _ in range(SESSIONS)]
        done = asyncio.ensure_future(executor.execute_many(jobs))
        waits = []
        while not done.done():
            start = time.perf_counter()
            await asyncio.sleep(0)
            waits.append(time.perf_counter() - start)
        return waits

    solver = threading.Thread(target=spin)
    if thread:
        solver.start()
    try:
        return asyncio.run(main())
    finally:
        stop.set()
        if thread:
            solver.join()


def main() -> None:
    """Measure and print."""
    header("memory, spawns, many sessions", live=LIVE, sessions=SESSIONS)
    print(f"  bytes per live negotiation: {bytes_per_negotiation():.0f} (goal <= {8 * 1024}), {LIVE} live")
    repeats = 2 if quick() else 5
    figures = interleaved({"spawn": lambda: cpu(spawns), "Vickrey auction of 10": lambda: cpu(vickrey)}, repeats)
    report(figures, "µs CPU each")
    spawn, auction = (statistics.median(values) for values in figures.values())
    print(f"  => {1 / spawn:,.0f} spawns a CPU-second; goal >= 50,000")
    print(f"  => {1 / auction:,.0f} auctions a CPU-second; goal (a later issue's) >= 3,000")
    walls = interleaved(
        {
            "one session": lambda: slow_sessions(1),
            f"{SESSIONS} sessions": lambda: slow_sessions(SESSIONS),
            "50 sessions": lambda: slow_sessions(50),
        },
        repeats,
    )
    report(walls, "s wall", 1.0)
    ratio(walls, f"{SESSIONS} sessions", "one session", "<= 3")
    print(f"  => 50 sessions of 5 rounds, 20 ms a decision: {statistics.median(walls['50 sessions']):.3f} s; goal < 0.3")
    for thread, goal in ((False, 5), (True, 50)):
        waits = sorted(loop_waits(thread))
        p50, p99 = (1e3 * waits[int(len(waits) * share)] for share in (0.5, 0.99))
        beside = ", beside a busy thread" if thread else ""
        print(f"  host loop waits{beside}: p50 {p50:.2f} ms, p99 {p99:.2f} ms (n={len(waits)}); goal p99 <= {goal}")


if __name__ == "__main__":
    main()

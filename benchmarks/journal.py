"""What a journal costs: messages a second on the hot benchmark, how long until a message is safe, how long the loop stands.

Pairs that never agree haggle to the last round, each message said, heard and journalled (two rows); without a journal, and
with one written in place, durable, through a process, and as JSON lines; interleaved. Accepted-to-durable: from when a
row is taken until the commit that holds it has returned (in a process: has been answered). Stall: how long the event loop
was away from a task that asks for every turn. Then a journal of 10^6 messages (100,000 with --quick) is verified.
Run: python benchmarks/journal.py [--quick]
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from harness import SEED, header, quick

from negotiate_rt import Buyer, Journal, NegotiationConfig, NegotiationExecutor, Propose, Seller, View
from negotiate_rt.executor.settings import built_in
from negotiate_rt.journal.session import Session
from negotiate_rt.replay.verifying import verify

PAIRS = 100 if quick() else 1000
ROUNDS = 100
REPEATS = 3 if quick() else 5
MESSAGES = 100_000 if quick() else 1_000_000
CASES: dict[str, dict[str, Any] | None] = {
    "no journal": None,
    "in place": {},
    "in place, durable": {"durable": True},
    "process": {"writer": "process"},
    "process, durable": {"writer": "process", "durable": True},
    "JSON lines": {"name": "x.jsonl"},
}


class High(Seller):
    """Asks the same price for ever."""

    def decide(self, view: View) -> Propose:
        """Offer it."""
        return Propose(100.0)


class Low(Buyer):
    """Offers the same price for ever."""

    def decide(self, view: View) -> Propose:
        """Offer it."""
        return Propose(1.0)


class Watch:
    """Notes when the rows of each segment were taken, and when it was safe."""

    def __init__(self) -> None:
        self.delays: list[float] = []
        self._waiting: list[tuple[int, float]] = []
        self._first = 0.0
        self._flush, self._release = Session.flush, Session.release

    def __enter__(self) -> Watch:
        watch = self

        def flush(session: Session) -> None:
            rows = len(session.rows)
            began = watch._began.get(id(session), time.perf_counter())
            watch._flush(session)
            if rows:
                watch._waiting.append((session.sent, began))
                watch._began[id(session)] = time.perf_counter()
            watch.look(session)

        def release(session: Session) -> None:
            watch._release(session)
            watch.look(session)

        self._began: dict[int, float] = {}
        Session.flush, Session.release = flush, release  # type: ignore[method-assign]
        return self

    def look(self, session: Session) -> None:
        """Note what is safe by now: the oldest row of a segment was taken just after the one before was cut."""
        if session.state == "open":
            session.writer.poll()
        while self._waiting and self._waiting[0][0] <= session.writer.committed:
            self.delays.append(time.perf_counter() - self._waiting.pop(0)[1])

    def __exit__(self, *reason: object) -> None:
        Session.flush, Session.release = self._flush, self._release  # type: ignore[method-assign]


async def stalls(found: list[float]) -> None:
    """Note how long the loop takes to come round, all the time."""
    while True:
        before = time.perf_counter()
        await asyncio.sleep(0)
        found.append(time.perf_counter() - before)


def run(options: dict[str, Any] | None, away: list[float] | None = None) -> tuple[float, float, int]:
    """Run the hot benchmark once; return its real and CPU seconds, and how many messages."""
    with tempfile.TemporaryDirectory() as folder:
        given = dict(options or {})
        journal = None if options is None else Journal(Path(folder) / given.pop("name", "x.db"), **given)

        async def main() -> int:
            watching = asyncio.get_running_loop().create_task(stalls(away)) if away is not None else None
            executor = NegotiationExecutor(seed=SEED, journal=journal)
            config = NegotiationConfig("bilateral", max_rounds=ROUNDS)
            jobs = [([Low("Bea", 80.0), High("Sam", 60.0)], config) for _ in range(PAIRS)]
            outcomes = await executor.execute_many(jobs)
            if watching is not None:
                watching.cancel()
            return sum(outcome.messages for outcome in outcomes)

        gc.collect()
        start, cpu = time.perf_counter(), time.process_time()
        messages = asyncio.run(main())
        return time.perf_counter() - start, time.process_time() - cpu, messages


def speed() -> None:
    """Print messages a second, case by case, interleaved."""
    rates: dict[str, list[float]] = {name: [] for name in CASES}
    costs: dict[str, list[float]] = {name: [] for name in CASES}
    for turn in range(REPEATS + 1):
        for name, options in CASES.items():
            real, cpu, messages = run(options)
            if turn:
                rates[name].append(messages / real)
                costs[name].append(1e6 * cpu / messages)
    for name in CASES:
        low, mid, high = (one / 1000 for one in (min(rates[name]), statistics.median(rates[name]), max(rates[name])))
        ratio = statistics.median(a / b for a, b in zip(costs[name], costs["no journal"], strict=True))
        goal = "" if name == "no journal" else "   goal >= 60"
        print(
            f"  {name:<20}{mid:8.1f} thousand messages a second (min {low:.1f}, max {high:.1f}){goal}; "
            f"CPU {statistics.median(costs[name]):.2f} µs a message, {ratio:.2f} x without"
        )


def lags() -> None:
    """Print how long rows wait for their commit, and how long the loop is away."""
    for name, options in CASES.items():
        away: list[float] = []
        with Watch() as watch:
            run(options, away)
        waits = sorted(watch.delays) or [0.0]
        away.sort()
        safe = "" if options is None else f"accepted to durable p50 {ms(waits, 0.5)}, p99 {ms(waits, 0.99)} (goal <= 50 ms); "
        print(f"  {name:<20} {safe}loop away p50 {ms(away, 0.5)}, p99 {ms(away, 0.99)}, longest {ms(away, 1)} (goal p99 <= 5 ms)")


def ms(values: list[float], share: float) -> str:
    """Return a quantile in milliseconds."""
    return f"{1000 * values[min(len(values) - 1, int(share * len(values)))]:.2f} ms"


def verifying() -> None:
    """Print how long a large journal takes to verify."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.db"
        config = NegotiationConfig("bilateral", max_rounds=100)
        executor = NegotiationExecutor(seed=SEED, journal=path)
        count = -(-MESSAGES // 161)
        executor.run_many([([Buyer("Bea", 80.0, 40.0), Seller("Sam", 60.0, 120.0)], config) for _ in range(count)])
        start = time.perf_counter()
        found = verify(path, built_in())
        seconds = time.perf_counter() - start
        size = path.stat().st_size / 1e6
    print(
        f"  verify {found.messages:,} messages in {found.rows:,} rows, {size:.0f} MB: {seconds:.1f} s, "
        f"{'sound' if found.sound else 'NOT SOUND'}   goal < 60 s for 10^6"
    )


def main() -> None:
    """Measure and print."""
    header("journal", pairs=PAIRS, rounds=ROUNDS, repeats=REPEATS, switch_interval=sys.getswitchinterval())
    speed()
    lags()
    verifying()


if __name__ == "__main__":
    main()

"""Winner determination beside the engines it uses, on instances with the distributions of CATS; and the loop beside it.

First 100 goods x 1,000 bids: CPU seconds of `solve` with an engine against that engine alone on all bids (default parameters,
one worker, no hint), each run in a process of its own; an instance that takes longer than --limit seconds is
stopped and compared by what it reached. Then 5,000-bid regions with a deadline of 1 s. Last, how long the host loop is
held up while a hard instance is solved beside 100 negotiations.
Run: python benchmarks/winners.py [--quick]
"""

from __future__ import annotations

import asyncio
import json
import math
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version

from harness import SEED, header, interleaved, quick, report

from negotiate_rt import (
    Auction,
    Bidder,
    BundleAuction,
    Buyer,
    CombinatorialOptions,
    NegotiationConfig,
    NegotiationExecutor,
    Seller,
    draw_cats,
    solve_winners,
)
from negotiate_rt.solutions.winners.deadline import Deadline
from negotiate_rt.solutions.winners.highs import run_highs
from negotiate_rt.solutions.winners.packing import Packing

EASY, HARD = ("paths", "matching", "scheduling", "L4"), ("regions", "arbitrary")
LIMIT = 10.0 if quick() else 40.0  # seconds of wall time for one instance
REPEATS = {True: 1, False: 1 if quick() else 3}  # by whether the instance is hard


def alone(engine: str, auction: BundleAuction) -> tuple[float, bool]:
    """Return what an engine reaches by itself on all bids, in its default settings with one worker, and whether proven."""
    packing = Packing.of(auction)
    if engine == "highs":
        found = run_highs(packing, [], Deadline(LIMIT, time.monotonic))
        return packing.total(found.chosen or []), found.proven
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    taken = [model.new_bool_var("") for _ in packing.values]
    for users in packing.users:
        model.add_at_most_one(taken[bid] for bid in users)
    model.maximize(cp_model.LinearExpr.weighted_sum(taken, [round(value * 2**32) for value in packing.values]))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = LIMIT
    status = solver.solve(model)
    won = [bid for bid, variable in enumerate(taken) if solver.boolean_value(variable)]
    return packing.total(won), status == cp_model.OPTIMAL


def one_run(engine: str, who: str, name: str, seed: int) -> None:
    """Print CPU seconds, value and proof of one run: what a child process does. The engine is loaded before the clock starts."""
    warm = draw_cats("L3", 20, 60, 1)
    auction = draw_cats(name, 100, 1000, seed)
    alone(engine, warm)
    solve_winners(warm, engine=engine)
    start = time.process_time()
    if who == "alone":
        value, proven = alone(engine, auction)
    else:
        found = solve_winners(auction, LIMIT, engine=engine)
        value, proven = found.value, found.proven
    print(json.dumps([time.process_time() - start, value, proven]))


def child(engine: str, who: str, name: str, seed: int, notes: dict[str, list[tuple[float, bool]]]) -> float:
    """Return the CPU seconds of one run in a process of its own, and note what it reached."""
    command = [sys.executable, __file__, "--one", engine, who, name, str(seed), *(["--quick"] if quick() else [])]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, value, proven = json.loads(ran.stdout.splitlines()[-1])
    notes.setdefault(f"{name} {engine} {who}", []).append((value, proven))
    return float(seconds)


def measured(cases: dict[str, Callable[[], float]], hard: bool) -> dict[str, list[float]]:
    """Run the cases: easy ones interleaved after a warm-up, hard ones once each."""
    return {name: [case()] for name, case in cases.items()} if hard else interleaved(cases, repeats=REPEATS[False])


def beside_engines() -> None:
    """Compare `solve` with its engines."""
    runs = f"{REPEATS[False]} runs of seed {SEED}, {REPEATS[True]} of the hard ones"
    print(f"  100 goods x 1,000 bids, {runs}; goal: at most 1.3 x the engine alone, or 50 ms more")
    for name in EASY + HARD:
        for engine in ("cp-sat", "highs"):
            notes: dict[str, list[tuple[float, bool]]] = {}
            cases = {
                f"{name} {engine} {who}": partial(child, engine, who, name, SEED, notes) for who in ("alone", "solve")
            }
            figures = measured(cases, name in HARD)
            report(figures, "s CPU", scale=1.0)
            lone, ours = (sorted(figures[case])[len(figures[case]) // 2] for case in cases)
            (value, proven), (reached, sure) = (notes[case][-1] for case in cases)
            holds = ours <= max(1.3 * lone, lone + 0.05)
            told = f"value {value:.2f}{'' if proven else ' (not proven)'} against {reached:.2f}{'' if sure else ' (not proven)'}"
            print(f"  => {ours / lone:.2f} x, {1000 * (ours - lone):+.0f} ms: {'holds' if holds else 'missed'}; {told}")


def by_the_deadline() -> None:
    """Solve 5,000-bid regions with a deadline of 1 s."""
    print("  5,000-bid regions, 100 goods, deadline 1 s; goal: back within 1.2 s, worth at least 60 % of the bound")
    for seed in range(1, 3 if quick() else 6):
        auction = draw_cats("regions", 100, 5000, seed)
        for engine in ("cp-sat", "highs", "exact"):
            start = time.perf_counter()
            found = solve_winners(auction, 1.0, engine=engine)
            seconds = time.perf_counter() - start
            worth = f"value {found.value:9.1f}  bound {found.bound:9.1f}  {found.value / found.bound:6.1%}"
            print(f"    seed {seed} {engine:<7} {seconds:6.3f} s  {worth}")


async def beside_the_loop(engine: str) -> None:
    """Measure how late the host loop wakes while a hard instance is solved and 100 negotiations run."""
    hard = draw_cats("regions", 100, 2000, SEED)
    said: dict[str, dict[frozenset[int], float]] = {}
    for bid in hard.bids:
        said.setdefault(bid.bidder, {})[bid.items] = bid.value
    executor = NegotiationExecutor()
    options = CombinatorialOptions(solve_time=5.0, reply_by=2, engine=engine)
    bidders = [Bidder(name, bids) for name, bids in said.items()]
    handle = Auction("combinatorial", range(100), bidders, executor=executor, options=options, timeout=60).start()
    await asyncio.sleep(0.5)
    late: list[float] = []
    stop = asyncio.Event()

    async def watch() -> None:
        while not stop.is_set():
            start = time.perf_counter()
            await asyncio.sleep(0.001)
            late.append(time.perf_counter() - start - 0.001)

    watcher = asyncio.create_task(watch())
    on_time, runs = 0, 0
    while handle.outcome is None and runs < 100:
        jobs = [([Buyer(f"b{n}", 80), Seller(f"s{n}", 60)], NegotiationConfig("bilateral", 20, timeout=1.0)) for n in range(100)]
        outcomes = await executor.execute_many(jobs)
        on_time += sum(outcome.agreed for outcome in outcomes)
        runs += 1
        await asyncio.sleep(0.03)
    stop.set()
    await watcher
    result = await handle
    late.sort()
    p99, most = 1000 * late[math.ceil(0.99 * len(late)) - 1], 1000 * late[-1]
    print(f"    {engine:<7} p99 {p99:6.1f} ms, longest {most:6.1f} ms, n={len(late)}; {on_time} of {100 * runs} negotiations "
          f"agreed in time; sold, proven: {result.success}, {result.proven}")  # fmt: skip


def main() -> None:
    """Measure and print."""
    if "--one" in sys.argv:
        engine, who, name, seed = sys.argv[sys.argv.index("--one") + 1 :][:4]
        one_run(engine, who, name, int(seed))
        return
    solvers = ", ".join(f"{name} {version(name)}" for name in ("highspy", "ortools"))
    header("Winner determination", solvers=solvers, limit=f"{LIMIT:g} s")
    if "--loop" not in sys.argv:
        beside_engines()
        by_the_deadline()
    print("  the host loop while 2,000-bid regions are solved for 5 s, 100 negotiations beside it; goal: p99 at most 50 ms")
    for engine in ("cp-sat", "highs", "exact"):
        asyncio.run(beside_the_loop(engine))


if __name__ == "__main__":
    main()

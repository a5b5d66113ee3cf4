"""Pareto frontier and solution points of two additive utilities, beside NegMAS on the same numbers.

Issues of 10 values each, weights and values drawn once; 10^6 outcomes (10^5 with --quick). Ours: the frontier and the Nash,
Kalai-Smorodinsky, egalitarian, utilitarian and equal-loss points, from a problem that is built anew each time. NegMAS: the
frontier and the Nash, Kalai, Kalai-Smorodinsky and maximum-welfare points of a list of all outcomes that it has been given.
It runs in a process of its own, by the interpreter given with --peer (an environment where `pip install negmas` was run);
it is never imported here. Then our own peak memory, in a process of its own, and our time on 10^12 outcomes, from random to
nearly opposed preferences, and on utilities that must be listed.
Run: python benchmarks/pareto.py --peer PATH/TO/python [--quick]
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import time

from harness import SEED, header, interleaved, quick, ratio, report

from negotiate_rt import AdditiveUtility, BargainingProblem, Issue, OutcomeSpace
from negotiate_rt.solutions.points import bargaining_solutions

EXPONENT = 5 if quick() else 6
PEER = """
import json, sys, time
from negmas import make_issue
from negmas.outcomes import make_os
from negmas.preferences import LinearAdditiveUtilityFunction as U
from negmas.preferences import kalai_points, ks_points, max_welfare_points, nash_points, pareto_frontier
from negmas.preferences.value_fun import TableFun
import negmas
parties = json.load(sys.stdin)
space = make_os([make_issue([f"v{i}" for i in range(10)], name=f"i{k}") for k in range(len(parties[0]))])
ufuns = tuple(
    U(values={f"i{k}": TableFun({f"v{i}": x for i, x in enumerate(row)}) for k, row in enumerate(table)},
      weights={f"i{k}": 1.0 for k in range(len(table))}, outcome_space=space, reserved_value=0.0)
    for table in parties
)
outcomes = list(space.enumerate_or_sample())
start = time.process_time()
frontier = list(pareto_frontier(ufuns, outcomes=outcomes, issues=None)[0])
alone = time.process_time() - start
points = [find(ufuns, frontier, outcome_space=space)[0][0] for find in (nash_points, kalai_points, ks_points, max_welfare_points)]
print(json.dumps([time.process_time() - start, alone, len(frontier), points[0], negmas.__version__]))
"""
ALONE: list[float] = []  # NegMAS's seconds for the frontier, run by run

Tables = list[list[list[float]]]  # party, issue, value: weight times evaluation


def tables(issues: int, shared: float | None = None) -> Tables:
    """Return two parties' worths, each party's best summing to 1 or less; `shared`: how far they are not opposed."""
    rng = random.Random(SEED)
    mine = [[rng.random() / issues for _ in range(10)] for _ in range(issues)]
    if shared is None:
        return [mine, [[rng.random() / issues for _ in range(10)] for _ in range(issues)]]
    return [mine, [[(1 + shared * rng.random()) / issues - own for own in row] for row in mine]]


def problem(parties: Tables, *, listed: bool = False) -> BargainingProblem:
    """Return a fresh problem; `listed`: with utilities of which nothing is known."""
    names = [f"i{k}" for k in range(len(parties[0]))]
    space = OutcomeSpace([Issue(name, [f"v{i}" for i in range(10)]) for name in names])
    utilities = [
        AdditiveUtility(
            dict.fromkeys(names, 1.0),
            {name: {f"v{i}": x for i, x in enumerate(row)} for name, row in zip(names, table, strict=True)},
            space,
        )
        for table in parties
    ]
    return BargainingProblem(space, [lambda o, u=u: u(o) for u in utilities] if listed else utilities)


def ours(parties: Tables, repeats: int = 5) -> float:
    """Return our CPU seconds for the frontier and all points, construction of the problem included."""
    start = time.process_time()
    for _ in range(repeats):
        bargaining_solutions(problem(parties))
    return (time.process_time() - start) / repeats


def peer(interpreter: str, parties: Tables) -> float:
    """Return NegMAS's CPU seconds for everything, and keep those for the frontier alone; its list of outcomes is made before."""
    given = json.dumps(parties)
    ran = subprocess.run([interpreter, "-c", PEER], input=given, capture_output=True, text=True, check=True)
    seconds, frontier, vectors, nash, version = json.loads(ran.stdout.splitlines()[-1])
    if not ALONE:
        mine = bargaining_solutions(problem(parties))
        assert mine.nash is not None
        assert mine.frontier is not None
        print(f"  NegMAS {version}: {vectors} vectors, Nash {nash}")
        print(f"  negotiate_rt: {len(mine.frontier)} vectors, Nash {list(mine.nash.utilities)}")
    ALONE.append(float(frontier))
    return float(seconds)


def peak_memory() -> None:
    """Print how far solving raises the peak resident memory of this process: the numbers come with the process's own."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    bargaining_solutions(problem(tables(EXPONENT)))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"  peak memory at 10^{EXPONENT} outcomes: {after / 1024:.0f} MB ({before / 1024:.0f} before solving); goal <= 200 MB"
    )


def main() -> None:
    """Measure and print."""
    if "--memory" in sys.argv:
        peak_memory()
        return
    if "--peer" not in sys.argv:
        sys.exit("give the interpreter of an environment with NegMAS: --peer PATH/TO/python")
    interpreter = sys.argv[sys.argv.index("--peer") + 1]
    header("Pareto frontier and solution points beside NegMAS", outcomes=10**EXPONENT, parties=2)
    parties = tables(EXPONENT)
    name, other, alone = "negotiate_rt frontier and 5 points", "NegMAS frontier and 4 points", "NegMAS frontier alone"
    figures = interleaved(
        {
            other: lambda: peer(interpreter, parties),
            alone: lambda: ALONE[-1],
            name: lambda: ours(parties),
        },
        repeats=3,
    )
    report(figures, "ms CPU", scale=1e3)
    ratio(figures, other, name, ">= 50")
    ratio(figures, alone, name, ">= 50")
    again = [sys.executable, __file__, "--memory", *(["--quick"] if quick() else [])]
    print(subprocess.run(again, capture_output=True, text=True, check=True).stdout, end="")
    print("  10^12 outcomes, frontier and 5 points, goal 2 s up to 10^5 vectors:")
    for shared in (None, 0.1, 0.01, 0.002, 0.001):
        start = time.perf_counter()
        found = bargaining_solutions(problem(tables(12, shared)))
        seconds = time.perf_counter() - start
        assert found.frontier is not None
        kind = "random" if shared is None else f"opposed but for {shared:.1%}"
        print(f"    {kind:<24} {len(found.frontier):>8} vectors {seconds:8.3f} s")
    start = time.perf_counter()
    bargaining_solutions(problem(tables(5), listed=True))
    print(f"  10^5 outcomes by calling plain functions: {time.perf_counter() - start:.3f} s")


if __name__ == "__main__":
    main()

"""Distributed constraint optimisation between actors: CPU seconds with everything, from a problem to an outcome.

DPOP on an Ising grid of 5 by 5 and a colouring of 50 variables, beside the same dynamic programming in one place and without
messages; MGM for 100 cycles on a colouring of 100 variables and 120 edges, 48,000 messages; DSA for 100 cycles on 10,000
variables of mean degree 4, 4 million messages (1,000 variables with --quick), with its peak memory, in a process of its own.
The two instances are published ones (pyDCOP's generators) where NEGOTIATE_RT_DATA names their folder, else drawn alike.
pyDCOP itself no longer imports on Python 3.11; it took 5.6 s on the grid and was killed after 40 s on the colouring (quoted).
Run: python benchmarks/dcop.py [--quick]
"""

from __future__ import annotations

import os
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from harness import SEED, header, interleaved, quick, ratio, report

from negotiate_rt import DcopProblem, DsaOptions, MgmOptions, NegotiationConfig, NegotiationExecutor, dcop_optimum
from negotiate_rt.scenarios.dcop_drawing import draw_colouring, draw_ising
from negotiate_rt.scenarios.dcop_files import load_dcop

GOALS = {"DPOP, grid": 20.0, "DPOP, colouring": 50.0, "MGM": 400.0}  # milliseconds
CYCLES = 100
MANY = 1_000 if quick() else 10_000


def published(name: str, drawn: Callable[[], DcopProblem]) -> DcopProblem:
    """Return a published instance where it is to be had, else one drawn alike."""
    named = os.environ.get("NEGOTIATE_RT_DATA")
    for folder in (Path(named) / "dcop", Path(named)) if named else ():
        if (folder / name).is_file():
            return load_dcop(folder / name)
    print(f"  {name} is not here (NEGOTIATE_RT_DATA): one drawn alike")
    return drawn()


def solving(problem: DcopProblem, config: NegotiationConfig, messages: int | None = None) -> Callable[[], float]:
    """Return a case: the CPU seconds of one search, actors and set-up included."""

    def case() -> float:
        executor = NegotiationExecutor(clock="virtual", seed=SEED)
        start = time.process_time()
        outcome = executor.run([], config, problem)
        seconds = time.process_time() - start
        assert outcome.agreed, outcome
        assert messages is None or outcome.result.messages == messages, outcome.result.messages
        return seconds

    return case


def alone(problem: DcopProblem) -> Callable[[], float]:
    """Return a case: the CPU seconds of the optimum in one place, its pseudo-tree included."""

    def case() -> float:
        start = time.process_time()
        dcop_optimum(problem)
        return time.process_time() - start

    return case


def many() -> None:
    """Run DSA on many variables, and print what it took."""
    problem = draw_colouring(MANY, random.Random(SEED), degree=4.0)
    edges = len(problem.functions)
    config = NegotiationConfig("dsa", CYCLES, None, options=DsaOptions(until_settled=False))
    seconds = solving(problem, config, 2 * edges * CYCLES)()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    each = 1e6 * seconds / (2 * edges * CYCLES)
    print(f"  DSA, {MANY:,} variables, {edges:,} edges, {2 * edges * CYCLES:,} messages")
    print(f"  => {seconds:.1f} s of CPU, {each:.2f} us a message, peak {peak:.0f} MiB; goal < 60 s with 10,000")


def main() -> None:
    """Measure everything."""
    header("Distributed constraint optimisation, CPU time", cycles=CYCLES, quick=quick())
    grid = published("ising_5x5.yaml", lambda: draw_ising(5, 5, random.Random(SEED)))
    colouring = published("gc_random_50_soft.yaml", lambda: draw_colouring(50, random.Random(SEED), degree=3.16))
    hundred = draw_colouring(100, random.Random(SEED), degree=2.4)
    assert len(hundred.functions) == 120
    mgm = NegotiationConfig("mgm", CYCLES, options=MgmOptions(until_settled=False))
    cases = {
        "DPOP, grid": solving(grid, NegotiationConfig("dpop")), "grid in one place": alone(grid),
        "DPOP, colouring": solving(colouring, NegotiationConfig("dpop")), "colouring in one place": alone(colouring),
        "MGM": solving(hundred, mgm, 48_000),
    }  # fmt: skip
    figures = interleaved(cases, 5 if quick() else 15)
    report(figures, "ms", 1e3)
    for name, goal in GOALS.items():
        middle = 1e3 * statistics.median(figures[name])
        print(f"  => {name}: {middle:.1f} ms; goal at most {goal:g}: {'holds' if middle <= goal else 'MISSED'}")
    ratio(figures, "DPOP, grid", "grid in one place", "none: what talking costs")
    ratio(figures, "DPOP, colouring", "colouring in one place", "none: what talking costs")
    print(f"  MGM: {1e6 * statistics.median(figures['MGM']) / 48_000:.2f} us a message, all in; goal at most 8.3")
    subprocess.run([sys.executable, __file__, "--many", *sys.argv[1:]], check=True)


if __name__ == "__main__":
    if "--many" in sys.argv:
        many()
    else:
        main()

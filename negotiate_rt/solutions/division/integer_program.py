"""Mixed-integer linear programs by HiGHS, which comes with the extra `negotiate-rt[solvers]`."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from negotiate_rt.errors import ConfigurationError, suggest

Vector = NDArray[np.float64]

SOLVERS = ("auto", "own", "highs")


class Row(NamedTuple):
    """low <= sum of coefficient · variable <= high, by variable's place."""

    coefficients: dict[int, float]
    low: float
    high: float


class Program(NamedTuple):
    """max goal @ x with rows, low <= x <= high, and whole numbers in the first `whole` places."""

    goal: Vector
    rows: list[Row]
    low: Vector
    high: Vector
    whole: int


class Solved(NamedTuple):
    """The best x found (None: there is none), an upper bound on the goal, and whether x reaches it."""

    variables: Vector | None
    bound: float
    optimal: bool


@lru_cache(1)
def has_highs() -> bool:
    """Whether HiGHS can be loaded here."""
    try:
        import highspy  # noqa: F401  # late: an extra, and heavy
    except ImportError:
        return False
    return True


def check_solver(solver: str) -> None:
    """Raise ConfigurationError for a solver that there is not, or that is not installed."""
    if solver not in SOLVERS:
        raise ConfigurationError(f"solver: expected one of {', '.join(SOLVERS)}, got {solver!r}" + suggest(str(solver), SOLVERS))
    if solver == "highs" and not has_highs():
        raise ConfigurationError("solver: 'highs' is not installed: pip install 'negotiate-rt[solvers]'")


def solve_program(program: Program, seconds: float = math.inf) -> Solved:
    """Return the largest goal, within so many seconds of HiGHS's own clock. Single-threaded, the same each time."""
    import highspy

    solver: Any = highspy.Highs()  # Any: its stubs describe numpy arrays of another age
    for name, value in (
        ("output_flag", False), ("threads", 1), ("random_seed", 1), ("mip_rel_gap", 0.0), ("mip_abs_gap", 1e-10),
        ("mip_feasibility_tolerance", 1e-9), ("primal_feasibility_tolerance", 1e-9), ("dual_feasibility_tolerance", 1e-9),
    ):  # fmt: skip
        solver.setOptionValue(name, value)
    if math.isfinite(seconds):
        solver.setOptionValue("time_limit", max(seconds, 0.01))
    count, entries = len(program.goal), [row.coefficients for row in program.rows]
    starts = np.cumsum([0, *map(len, entries)])[:-1].astype(np.int32)
    places = np.array([place for row in entries for place in row], dtype=np.int32)
    values = np.array([value for row in entries for value in row.values()], dtype=np.float64)
    kinds = np.zeros(count, dtype=np.int32)
    kinds[: program.whole] = 1
    solver.passModel(
        count, len(entries), len(places), int(highspy.MatrixFormat.kRowwise), int(highspy.ObjSense.kMaximize), 0.0,
        program.goal, program.low, program.high, np.array([row.low for row in program.rows]),
        np.array([row.high for row in program.rows]), starts, places, values, kinds,
    )  # fmt: skip
    solver.run()
    found = np.asarray(solver.getSolution().col_value)
    information = solver.getInfo()
    optimal = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    bound = float(information.mip_dual_bound) if program.whole else float(information.objective_function_value)
    usable = len(found) == count and int(information.primal_solution_status) == 2  # kSolutionStatusFeasible
    return Solved(found if usable else None, bound if math.isfinite(bound) else math.inf, optimal)

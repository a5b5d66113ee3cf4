"""OR-tools CP-SAT as engine: preferred where it is installed (`pip install 'negotiate-rt[ortools]'`)."""

from __future__ import annotations

import math

from negotiate_rt.solutions.winners.deadline import Deadline
from negotiate_rt.solutions.winners.highs import RESERVE, Engined
from negotiate_rt.solutions.winners.packing import Packing

LARGEST = 1 << 50  # of a sum of values as integers: exact in floats, far from overflow


def run_cp_sat(packing: Packing, chosen: list[int], deadline: Deadline) -> Engined:
    """Maximise with CP-SAT in this thread, one worker, which gives up the interpreter's lock meanwhile.

    Values become integers, rounded up after scaling by a power of two: so that their sum stays
    below 2^50, which keeps 15 digits, and the bound holds. It stops at the deadline, or soon after a cancellation. Raises
    ImportError without ortools.
    """
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    taken = [model.new_bool_var("") for _ in packing.values]
    for users in packing.users:
        if len(users) > 1:
            model.add_at_most_one(taken[bid] for bid in users)
    scale = 2.0 ** math.floor(math.log2(LARGEST / math.fsum(packing.values)))
    model.maximize(cp_model.LinearExpr.weighted_sum(taken, [math.ceil(value * scale) for value in packing.values]))
    for bid in chosen:
        model.add_hint(taken[bid], True)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.linearization_level = 2  # twice as fast on regions as the default; a whole hint costs half of that
    if math.isfinite(deadline.left()):
        solver.parameters.max_time_in_seconds = max(deadline.left() - RESERVE, 1e-3)
    deadline.when_cancelled(solver.stop_search)
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Engined(None, math.inf, False)
    found = [bid for bid, variable in enumerate(taken) if solver.boolean_value(variable)]
    return Engined(found, solver.best_objective_bound / scale, status == cp_model.OPTIMAL)


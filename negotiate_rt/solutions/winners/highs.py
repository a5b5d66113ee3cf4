"""HiGHS as engine: the default where it is installed (`pip install 'negotiate-rt[solvers]'`)."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from negotiate_rt.solutions.winners.deadline import Deadline
from negotiate_rt.solutions.winners.packing import Packing

RESERVE = 0.03  # seconds kept back of a deadline, for what is done after the engine
INTERRUPTS = ("kCallbackSimplexInterrupt", "kCallbackIpmInterrupt", "kCallbackMipInterrupt")


class Engined(NamedTuple):
    """What an engine answers: an allocation if it has one, an upper bound, and whether it says that it is done."""

    chosen: list[int] | None
    bound: float
    proven: bool


def run_highs(packing: Packing, chosen: list[int], deadline: Deadline) -> Engined:
    """Maximise with HiGHS in this thread, one worker, which gives up the interpreter's lock meanwhile.

    Values are scaled by a power of two, so that tolerances are relative. It stops at the deadline, or within a few dozen
    milliseconds of a cancellation. Raises ImportError without highspy.
    """
    import highspy

    scale = 2.0 ** -math.frexp(max(packing.values))[1] * 1024
    solver: Any = highspy.Highs()  # Any: its stubs describe numpy arrays of another age
    for name, value in (
        ("output_flag", False), ("threads", 1), ("random_seed", 1), ("mip_rel_gap", 0.0), ("mip_abs_gap", 1e-9),
    ):  # fmt: skip
        solver.setOptionValue(name, value)
    if math.isfinite(deadline.left()):
        solver.setOptionValue("time_limit", max(deadline.left() - RESERVE, 0.0))
    bids, width = len(packing), packing.width
    solver.passModel(
        bids, width, len(packing.columns), int(highspy.MatrixFormat.kColwise), int(highspy.ObjSense.kMaximize), 0.0,
        packing.worths * scale, np.zeros(bids), np.ones(bids), np.full(width, -highspy.kHighsInf), np.ones(width),
        packing.starts[:-1].astype(np.int32), packing.columns.astype(np.int32), np.ones(len(packing.columns)),
        np.ones(bids, dtype=np.int32),
    )  # fmt: skip
    if chosen:
        hint = np.zeros(bids)
        hint[chosen] = 1.0
        solver.setSolution(bids, np.arange(bids, dtype=np.int32), hint)

    def interrupt(kind: Any, text: str, told: Any, asked: Any, data: Any) -> None:  # as the engine calls it
        if deadline.expired():
            asked.user_interrupt = True

    solver.setCallback(interrupt, None)
    for name in INTERRUPTS:
        solver.startCallback(getattr(highspy.cb.HighsCallbackType, name))
    solver.run()
    information = solver.getInfo()
    values = np.asarray(solver.getSolution().col_value)
    found = [int(bid) for bid in np.flatnonzero(values > 0.5)] if len(values) == bids else None
    bound = float(information.mip_dual_bound) / scale
    proven = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return Engined(found, bound if math.isfinite(bound) else math.inf, proven)

"""The clock of work that runs in a thread beside the loop: whoever reads it steps aside for a moment.

A thread that computes in Python keeps the interpreter's lock for 5 ms at a time, and the host loop, which gives it up several
times between two slices, would wait that long for each. Work that looks at this clock every millisecond holds nobody up.
"""

from __future__ import annotations

import time

MOMENT = 1e-5  # seconds: enough to hand over the interpreter's lock


def working_clock() -> float:
    """Return seconds of real time, after a moment in which other threads may run."""
    time.sleep(MOMENT)  # noqa: TID251  # of a worker thread, never of the loop's
    return time.monotonic()

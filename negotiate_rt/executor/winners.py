"""Winner determination by plain seconds, for who has bids and no auction: the clock is the machine's own."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import timedelta

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.messages.config import seconds
from negotiate_rt.problems.combinatorial import BundleBid
from negotiate_rt.solutions.winners import Allocation, Deadline, solve
from negotiate_rt.solutions.winners.solving import Bids


def solve_winners(
    bids: Bids, deadline: float | timedelta | Deadline | None = None, hint: Allocation | Iterable[BundleBid] | None = None,
    *, engine: str | None = None,
) -> Allocation:  # fmt: skip
    """Return which bids win: those worth the most together, or after `deadline` seconds the best that is known, with a bound
    on all others and whether it is proven (see solutions.winners.solve).

    It holds up whoever calls it: in an event loop, `await asyncio.to_thread(solve_winners, ...)`, with a Deadline that can
    be cancelled. Raises ConfigurationError.
    """
    if isinstance(deadline, Deadline):
        limit = deadline
    else:
        try:
            limit = Deadline(0.0 if deadline == 0 else seconds("deadline", deadline), time.monotonic)
        except TypeError:
            raise ConfigurationError(f"deadline: expected seconds, a timedelta or a Deadline, got {deadline!r}") from None
    return solve(bids, limit, hint, engine=engine)

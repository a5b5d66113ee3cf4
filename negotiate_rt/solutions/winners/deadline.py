"""Until when a solver may think. The clock is the caller's: nothing here reads time by itself."""

from __future__ import annotations

import math
from collections.abc import Callable

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.scalars import finite


class Deadline:
    """So many seconds from now on a clock, or until somebody cancels, from any thread.

    seconds: None or infinity for no limit. clock: returns seconds, needed for a finite limit. Raises ConfigurationError.
    """

    __slots__ = ("_cancelled", "_clock", "_hooks", "_started", "_until")

    def __init__(self, seconds: float | None = None, clock: Callable[[], float] | None = None) -> None:
        limit = math.inf if seconds is None or seconds == math.inf else finite(seconds, "deadline", ConfigurationError)
        if limit < math.inf and clock is None:
            raise ConfigurationError(
                "deadline: seconds need a clock, e.g. clock=time.monotonic; negotiate_rt.solve_winners brings its own"
            )
        self._clock = clock
        self._started = clock() if clock is not None else 0.0
        self._until = self._started + limit
        self._cancelled = False
        self._hooks: list[Callable[[], None]] = []

    def left(self) -> float:
        """Return the seconds that are left: 0 once it has passed or been cancelled, infinite without a limit."""
        if self._cancelled:
            return 0.0
        if self._clock is None or self._until == math.inf:
            return math.inf
        return max(0.0, self._until - self._clock())

    def expired(self) -> bool:
        """Whether to stop now and answer with what there is."""
        return self.left() <= 0

    def elapsed(self) -> float:
        """Return the seconds since it was set, 0 without a clock."""
        return 0.0 if self._clock is None else self._clock() - self._started

    def share(self, fraction: float) -> Deadline:
        """Return a deadline after this fraction of what is left, which is cancelled with this one."""
        left = self.left()
        part = Deadline(None if left == math.inf else left * fraction, self._clock)
        self.when_cancelled(part.cancel)
        return part

    def cancel(self) -> None:
        """Let whoever minds this deadline stop now."""
        self._cancelled = True
        while self._hooks:
            self._hooks.pop()()

    def when_cancelled(self, hook: Callable[[], None]) -> None:
        """Call a function, once, at the cancellation; at once if that was before."""
        self._hooks.append(hook)
        if self._cancelled:
            self.cancel()

    def __repr__(self) -> str:
        return f"<Deadline: {self.left():.3g} s left>"


NEVER = Deadline()
"""No limit, and nobody cancels."""

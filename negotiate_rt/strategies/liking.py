"""What the opponent should think of one's own options, as a model of it says, looked at no further than one would concede.

Options are listed best for oneself first, so whatever is asked about those worth some target concerns the first few.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from negotiate_rt.strategies.models import AdditiveEstimate, OpponentModel
from negotiate_rt.strategies.options import Options

Floats = NDArray[np.float64]
_SLACK = 1e-9  # a bound is moved by that share: far above the rounding of a few terms, and costs next to nothing


class Liking:
    """A model's estimates of a session's options: kept until the model learns, and made for as many as are asked about."""

    __slots__ = ("_best", "_combined", "_gains", "_known", "_most", "_nash", "_nash_of", "_news", "_options")

    def __init__(self, options: Options) -> None:
        self._options = options
        self._news: Any = None  # the model's parts by issue, or its table
        self._combined: Floats | None = None
        self._known: Floats = np.empty(0)  # of the first options
        self._best = 0, 0  # of how many options, and which of them is liked most
        self._most = 1.0  # as much as any outcome could be liked
        self._gains: Floats | None = None
        self._nash = 0
        self._nash_of: Any = None  # the news that it was found by

    def learn(self, model: OpponentModel) -> None:
        """Take what the model estimates now. O(1) if it has learned nothing, else O(values of the issues)."""
        by_issue = model.parts() if isinstance(model, AdditiveEstimate) else None
        news: Any = model.estimate() if by_issue is None else by_issue
        if news is self._news:
            return
        self._news, self._known, self._best = news, self._known[:0], (0, 0)
        self._combined = None if by_issue is None else self._options.sums.combine(by_issue)
        self._most = float(news.max()) if by_issue is None else 1.0

    def most_pleasing(self, count: int) -> int:
        """Return the place of what is liked most among the first `count` options, of equals the best for oneself."""
        seen, best = self._best
        if seen != count:
            liked = self._first(count)
            if 0 < seen < count:  # conceded further
                later = seen + int(liked[seen:].argmax())
                best = later if liked[later] > liked[best] else best
            else:
                best = int(liked.argmax())
            self._best = count, best
        return best

    def nash(self, reservation_value: float) -> int:
        """Return the place of the largest product of own gain and estimated utility, of equals the best for oneself.

        Only options are looked at whose gain could make up the product at the last such place. O(those).
        """
        if self._nash_of is self._news:
            return self._nash
        gains = self._gains
        if gains is None:
            gains = self._gains = self._options.worths - reservation_value
        least = float(gains[self._nash] * self._between(self._nash, self._nash + 1)[0])
        count = len(gains)
        if least > 0.0:
            count = self._options.down_to(reservation_value + least / self._most * (1.0 - _SLACK))
        self._nash = int((gains[:count] * self._first(count)).argmax())
        self._nash_of = self._news
        return self._nash

    def _first(self, count: int) -> Floats:
        """Return the estimates of the first `count` options."""
        known = self._known
        if len(known) < count:
            more = self._between(len(known), count)
            known = self._known = np.concatenate((known, more)) if len(known) else more
        return known[:count]

    def _between(self, start: int, stop: int) -> Floats:
        if self._combined is not None:
            return self._options.sums.of(self._combined, self._news, start, stop)
        table: Floats = self._news
        return table[self._options.numbers[start:stop]]

"""Inverse queries on additive utilities over spaces with continuous issues, where a target is usually met exactly.

The continuous issues together can add every number from their least to their largest worth (evaluations without jumps:
the intermediate value theorem), the discrete ones some sums d. So a target t is met exactly by the largest d that is at
most t minus the least worth of the continuous issues, if anything does; else the least d above that comes nearest.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, NoReturn

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.inverse import Distance, InverseUtility, inverse
from negotiate_rt.problems.issues import Outcome, OutcomeSpace, check_listable
from negotiate_rt.problems.kinds import ContinuousIssue
from negotiate_rt.problems.ranking import RELATIVE_TOLERANCE
from negotiate_rt.problems.scalars import finite
from negotiate_rt.problems.utility import AdditiveUtility
from negotiate_rt.problems.worths import Worths

_HALVINGS = 200  # more than a float has digits, from any range


class ContinuousSearch(InverseUtility):
    """Best, worst and targets over a space with continuous issues; bands and nearest offers need `discretize`.

    Constraints and optional continuous issues leave only the best and the worst outcome, if no constraint forbids these.
    """

    utility: AdditiveUtility

    def __init__(self, space: OutcomeSpace, utility: AdditiveUtility) -> None:
        self.space, self.utility = space, utility
        self._ways = {
            k: _Way(part) for k, part in enumerate(utility.parts) if isinstance(space.issues[k], ContinuousIssue)
        }
        meets = all(k in self._ways or issue.size < math.inf for k, issue in enumerate(space.issues))
        self._whole = meets and not space.rules

    @property
    def highest(self) -> float:
        """The utility of the best outcome."""
        return self.utility.worth(self.best())

    @property
    def lowest(self) -> float:
        """The utility of the worst outcome."""
        return self.utility.worth(self.worst())

    def best(self) -> Outcome:
        """Return an outcome of the largest utility: the best value of every issue; ConfigurationError if it is forbidden."""
        return self._extreme(True)

    def worst(self) -> Outcome:
        """Return an outcome of the least utility: the worst value of every issue; ConfigurationError if it is forbidden."""
        return self._extreme(False)

    def at_or_above(self, target: float) -> Outcome | None:
        """Return the outcome of the least utility that reaches the target, or None if none does."""
        return self._meet(finite(target, "a target utility", ConfigurationError), 1.0)

    def at_or_below(self, target: float) -> Outcome | None:
        """Return the outcome of the largest utility that does not exceed the target, or None if none does."""
        return self._meet(finite(target, "a target utility", ConfigurationError), -1.0)

    def nearest(self, target: float) -> Outcome:
        """Return the outcome whose utility is nearest to the target, from above if two are as near."""
        above, below = self.at_or_above(target), self.at_or_below(target)
        if above is None or below is None:
            return above or below or self.best()
        return above if self.utility.worth(above) - target <= target - self.utility.worth(below) else below

    def band(self, low: float = -math.inf, high: float = math.inf, *, best_first: bool = True) -> Iterator[Outcome]:
        """Raise ConfigurationError: nobody can list them."""
        self._refuse()

    def nearest_to(
        self, offer: object, low: float = -math.inf, high: float = math.inf,
        weights: Mapping[str, float] | None = None, distances: Mapping[str, Distance] | None = None,
    ) -> Outcome | None:  # fmt: skip
        """Raise ConfigurationError: the space must be discretized for that."""
        self._refuse()

    def _extreme(self, largest: bool) -> Outcome:
        outcome = tuple(part.extreme(largest)[0] for part in self.utility.parts)
        if not self.space.allows(outcome):
            self._refuse()
        return outcome

    def _meet(self, target: float, sign: float) -> Outcome | None:
        """Return the outcome next to the target from above (sign 1) or from below (sign -1)."""
        if not self._whole:
            self._refuse()
        near = sum(way.ends[sign < 0] for way in self._ways.values())  # the end from which the target is approached
        far = sum(way.ends[sign > 0] for way in self._ways.values())
        slack = RELATIVE_TOLERANCE * max(abs(self.highest), abs(self.lowest), 1e-300)
        for on_target in (True, False):  # a sum that the continuous issues can bring to the target; or the next one beyond
            fixed = self._discrete(target - near, on_target == (sign > 0))
            if fixed is None:
                continue
            total = sum(self.utility.parts[k][value] for k, value in fixed.items())
            rest = target - total if on_target else near
            if on_target and sign * (far + total - target) < -slack:
                continue
            own = {**fixed, **self._spread(rest, sign)}
            return tuple([own[k] for k in range(len(self.space.issues))])
        return None

    def _discrete(self, target: float, below: bool) -> dict[int, Any] | None:
        """Return the values of the discrete issues, by position, whose sum is next to a number, from below or above."""
        found = self._others
        if found is None:
            return {} if (target >= 0 if below else target <= 0) else None
        outcome = found.at_or_below(target) if below else found.at_or_above(target)
        positions = [k for k in range(len(self.space.issues)) if k not in self._ways]
        return None if outcome is None else dict(zip(positions, outcome, strict=True))

    @cached_property
    def _others(self) -> InverseUtility | None:
        """The same queries over the discrete issues alone; None if there are none."""
        issues = [issue for k, issue in enumerate(self.space.issues) if k not in self._ways]
        if not issues:
            return None
        weights = {issue.name: self.utility.weights[issue.name] for issue in issues}
        values = {issue.name: self.utility.values[issue.name] for issue in issues}
        space = OutcomeSpace(issues)
        return inverse(space, AdditiveUtility(weights, values, space))

    def _spread(self, total: float, sign: float) -> dict[int, float]:
        """Return values of the continuous issues that add up to `total`: each is moved all the way until one meets it."""
        left = total - sum(way.ends[0] for way in self._ways.values())
        values = {}
        for k, way in self._ways.items():
            span = way.ends[1] - way.ends[0]
            values[k] = way.value(way.ends[0] + max(0.0, min(left, span)), sign)
            left -= max(0.0, min(left, span))
        return values

    def _refuse(self) -> NoReturn:
        check_listable(self.space)
        raise AssertionError("a space with a continuous issue is infinite")


class _Way:
    """The straight way from the worst to the best value of one continuous issue. ends: the worths of both."""

    def __init__(self, part: Worths) -> None:
        self.part = part
        (self.worst, low), (self.best, high) = part.extreme(False), part.extreme(True)
        self.ends = (low, high)

    def value(self, worth: float, sign: float) -> float:
        """Return a value on the way of that worth, by bisection, rounded to the side of `sign`."""
        low, high = float(self.worst), float(self.best)
        if worth <= self.ends[0]:
            return low
        if worth >= self.ends[1]:
            return high
        for _ in range(_HALVINGS):
            middle = low + (high - low) / 2
            if middle in (low, high):
                break
            if self.part[middle] < worth:
                low = middle
            else:
                high = middle
        return high if sign > 0 else low

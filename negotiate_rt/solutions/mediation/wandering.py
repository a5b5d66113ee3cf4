"""Simulated annealing over outcomes that can be neither listed nor added up: anytime, without a proof.

Kirkpatrick, Gelatt and Vecchi (1983). One issue is changed at a time; a change for the worse by d is taken with probability
exp(-d / T), where T falls from a typical change to a thousandth of it. Several runs, each from another outcome.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Collection, Sequence

import numpy as np

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.issues import Outcome, OutcomeSpace
from negotiate_rt.problems.utility import UtilityFunction, worth_of
from negotiate_rt.solutions.mediation.branching import merits
from negotiate_rt.solutions.mediation.changing import changed
from negotiate_rt.solutions.mediation.objectives import Goal, Vector

STEPS = 20_000  # changes tried in all, unless the time is up before
_LOOKS = 16  # changes between two looks at the clock
_RUNS = 4
_TRIALS = 50  # changes that tell how large one is
_COLDEST = 1e-3  # of a typical change


class Wandering:
    """One search. utilities: by party; the goal's disagreement payoffs are in the same order."""

    def __init__(
        self, space: OutcomeSpace, utilities: Sequence[UtilityFunction], refused: Collection[Outcome],
        expired: Callable[[], bool], rng: random.Random,
    ) -> None:  # fmt: skip
        self.space, self.utilities, self.refused = space, utilities, frozenset(refused)
        self.expired, self.rng = expired, rng

    def vector(self, outcome: Outcome) -> Vector:
        """Return what an outcome is worth to everybody."""
        return np.array([worth_of(one, outcome) for one in self.utilities])

    def run(self, goal: Goal, steps: int = STEPS) -> tuple[Outcome, Vector, float] | None:
        """Return the best outcome met, its utilities and value; None if none met is rational."""
        best: tuple[float, Outcome, Vector] | None = None
        for _ in range(_RUNS):
            merit, outcome, vector = self._descend(goal, max(1, steps // _RUNS))
            if (best is None or merit > best[0]) and outcome not in self.refused:
                best = merit, outcome, vector
            if self.expired():
                break
        if best is None or not goal.rational(best[2][None])[0]:
            return None
        return best[1], best[2], float(goal.values(best[2][None])[0])

    def ideal(self, without: Vector, slack: Vector, steps: int = STEPS) -> Vector:
        """Return the most that each party gets in a rational outcome, as far as the search finds it."""
        found = without.copy()
        for place in range(len(without)):
            weights = np.zeros(len(without))
            weights[place] = 1.0
            best = self.run(Goal("sum", without, slack, weights), max(400, steps // len(without)))
            if best is not None:
                found = np.maximum(found, best[1])
        return found

    def _descend(self, goal: Goal, steps: int) -> tuple[float, Outcome, Vector]:
        """Run once from a random outcome; return the merit, the outcome and the utilities of what was best on the way."""
        outcome = self.space.sample(self.rng, 1)[0]
        vector = self.vector(outcome)
        merit = float(merits(goal, vector[None])[0])
        best = (merit, outcome, vector)
        heat = self._usual(goal, outcome, merit)
        for step in range(steps):
            if not step % _LOOKS and self.expired():
                break
            trial = changed(self.space, outcome, self.rng)
            if trial is None:
                break
            other = self.vector(trial)
            worth = float(merits(goal, other[None])[0])
            warmth = heat * _COLDEST ** (step / steps)
            if worth >= merit or self.rng.random() < math.exp(max(-700.0, (worth - merit) / max(warmth, 1e-300))):
                outcome, vector, merit = trial, other, worth
                if merit > best[0] and outcome not in self.refused:
                    best = (merit, outcome, vector)
        return best

    def _usual(self, goal: Goal, outcome: Outcome, merit: float) -> float:
        """Return how much one change does to the objective, usually."""
        changes = []
        for _ in range(_TRIALS):
            trial = changed(self.space, outcome, self.rng)
            if trial is not None:
                change = abs(float(merits(goal, self.vector(trial)[None])[0]) - merit)
                if 0 < change < 1e5:
                    changes.append(change)
        return float(np.median(changes)) if changes else 1.0


def scale_of(space: OutcomeSpace, wander: Wandering, without: Vector) -> Vector:
    """Return how large utilities are, by a sample: what the tolerance is told from."""
    drawn = [wander.vector(one) for one in space.sample(wander.rng, 16)]
    if not drawn:
        raise ConfigurationError("the space has no outcome")
    return np.asarray(np.maximum(np.abs(np.array(drawn)).max(axis=0), np.abs(without)))

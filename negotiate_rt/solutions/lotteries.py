"""Bargaining over lotteries: the parties may agree to let chance decide between outcomes, and care for the expectation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from negotiate_rt.problems.bargaining import BargainingProblem
from negotiate_rt.solutions.feasible import RationalSet, Vector
from negotiate_rt.solutions.frontier import ParetoFrontier, checked_vector, frontier
from negotiate_rt.solutions.polyline import Polyline, clipped, upper_hull
from negotiate_rt.solutions.polytope import rational_lotteries


class Lotteries:
    """All lotteries over the outcomes of a problem (or its frontier, or bare points), and everything below them.

    What counts is the expected utility: a lottery over irrational outcomes can be rational. For two parties solutions
    are exact (the upper hull is a polyline); for more they are found by linear programs, exact up to rounding, and the
    Nash product to about 1e-9. disagreement: by default the problem's. Errors and cost: those of `frontier`; then
    O(vectors) for two parties, a few steps of O(vectors * parties) each for more.
    """

    def __init__(
        self, of: BargainingProblem | ParetoFrontier | ArrayLike, disagreement: Sequence[float] | None = None
    ) -> None:
        self.frontier = of if isinstance(of, ParetoFrontier) else frontier(of)
        given = self.frontier.disagreement if disagreement is None else disagreement
        self.disagreement: tuple[float, ...] = tuple(
            checked_vector(given, self.frontier.utilities.shape[1]).tolist()
        )

    def rational(self, disagreement: Vector) -> RationalSet | None:
        """Return the lotteries that give everybody at least that much in expectation; None if there are none."""
        points = self.frontier.utilities
        if points.shape[1] != 2:
            return rational_lotteries(points, self.frontier.outcome, disagreement)
        if not len(points):
            return None
        corners = upper_hull(points)
        sure: list[tuple[tuple[float, Any], ...]] = [((1.0, self.frontier.outcome(place)),) for place in corners]
        return clipped(Polyline(np.asarray(points[corners]), sure), disagreement)

    def __repr__(self) -> str:
        return f"Lotteries({self.frontier!r})"

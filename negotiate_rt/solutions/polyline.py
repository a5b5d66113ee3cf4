"""Solutions of two parties on a falling concave polyline, in closed form on each of its pieces.

The upper border of all lotteries over finitely many outcomes is one, and so is a straight line. What lies below it can be
left out: every solution is on the border.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from negotiate_rt.problems.ranking import RELATIVE_TOLERANCE
from negotiate_rt.solutions.feasible import SHOWN_TIES, Best, Vector

Lottery = tuple[tuple[float, Any], ...]

_SAME_PLACE = 1e-12  # of a piece: nearer to its end than this is its end


class Polyline(NamedTuple):
    """Corners, shape (corners, 2), best for the first party first; and the lottery that leads to each, () where none does."""

    corners: Vector
    lotteries: Sequence[Lottery]


def upper_hull(points: Vector) -> list[int]:
    """Return the positions of the corners of the upper hull of undominated points, best for the first party first.

    points: shape (points, 2), falling in the first column, rising in the second (Andrew's monotone chain). O(points).
    """
    hull: list[int] = []
    xs, ys = points[:, 0].tolist(), points[:, 1].tolist()
    for new in range(len(xs)):
        while len(hull) > 1:
            a, b = hull[-2], hull[-1]
            if (xs[b] - xs[a]) * (ys[new] - ys[a]) > (ys[b] - ys[a]) * (xs[new] - xs[a]):
                break
            hull.pop()
        hull.append(new)
    return hull


def clipped(line: Polyline, disagreement: Vector) -> RationalPolyline | None:
    """Return the part of a polyline where both parties get at least the disagreement payoff; None if there is none."""
    corners, lotteries = line.corners, list(line.lotteries)
    slack = RELATIVE_TOLERANCE * np.maximum(np.abs(corners).max(axis=0), np.abs(disagreement))
    for party in (1, 0):  # from either end, where that end's loser falls short; turned around in between
        if corners[-1, party] < disagreement[party] - slack[party]:
            return None
        short = corners[:, party] < disagreement[party] - slack[party]
        if short[0]:
            first = int(np.flatnonzero(~short)[0])
            share = (disagreement[party] - corners[first - 1, party]) / (
                corners[first, party] - corners[first - 1, party]
            )
            cut = _between(corners, lotteries, first - 1, float(np.clip(share, 0.0, 1.0)))
            corners = np.concatenate(([cut.utilities], corners[first:]))
            lotteries = [cut.lottery, *lotteries[first:]]
        corners, lotteries = corners[::-1], lotteries[::-1]
    return RationalPolyline(Polyline(corners, lotteries), disagreement)


class RationalPolyline:
    """The individually rational part of a polyline."""

    def __init__(self, line: Polyline, disagreement: Vector) -> None:
        self.corners, self.lotteries = line
        self.disagreement = disagreement
        self.ideal = np.array([self.corners[0, 0], self.corners[-1, 1]])

    def best_product(self, weights: Vector) -> Best:
        """Return where gain_1^w_1 * gain_2^w_2 is largest: on each piece where the slope of its logarithm is 0, or at an
        end.
        """
        gains = np.maximum(self.corners - self.disagreement, 0.0)
        start, step = gains[:-1], np.diff(gains, axis=0)
        turn = -(weights[0] * step[:, 0] * start[:, 1] + weights[1] * step[:, 1] * start[:, 0])
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.clip(np.nan_to_num(turn / (weights.sum() * step[:, 0] * step[:, 1])), 0.0, 1.0)
        values = np.append(np.prod((start + share[:, None] * step) ** weights, axis=1), np.prod(gains[-1] ** weights))
        piece = int(values.argmax())
        return self._at(piece, float(share[piece]) if piece < len(share) else 0.0, float(values[piece]))

    def best_worst(self, origin: Vector, scale: Vector, leximin: bool) -> Best:
        """Return where min_i (u_i - origin_i) / scale_i is largest: where both are equal, or at an end.

        The smaller share has one peak on a falling line, so nothing ties with it and leximin adds nothing.
        """
        if not scale.all():
            place = len(self.corners) - 1 if scale[1] else 0
            counted = scale > 0
            share = (self.corners[place] - origin)[counted] / scale[counted]
            return self._at(place, 0.0, float(share.min(initial=np.inf)) if counted.any() else 0.0)
        shares = (self.corners - origin) / scale
        ahead = shares[:, 0] - shares[:, 1]  # falls along the line
        if ahead[0] <= 0:
            return self._at(0, 0.0, float(shares[0, 0]))
        if ahead[-1] >= 0:
            return self._at(len(ahead) - 1, 0.0, float(shares[-1, 1]))
        piece = int(np.flatnonzero(ahead > 0)[-1])
        best = self._at(piece, float(ahead[piece] / (ahead[piece] - ahead[piece + 1])), 0.0)
        return best._replace(value=float(((np.array(best.utilities) - origin) / scale).min()))

    def best_sum(self, weights: Vector) -> Best:
        """Return the corner where w_1 u_1 + w_2 u_2 is largest; among ties the best for the first party."""
        sums = self.corners @ weights
        tied = np.flatnonzero(
            sums >= sums.max() - RELATIVE_TOLERANCE * np.abs(self.corners * weights).sum(axis=1).max()
        )
        ties = tuple(self._at(int(place), 0.0, 0.0) for place in tied[1 : SHOWN_TIES + 1])
        shown = tuple(one.outcome if one.outcome is not None else one.utilities for one in ties)
        return self._at(int(tied[0]), 0.0, float(sums.max()))._replace(ties=shown, tied=len(tied) - 1)

    def _at(self, piece: int, share: float, value: float) -> Best:
        return _between(self.corners, self.lotteries, piece, share)._replace(value=value)


def _between(corners: Vector, lotteries: Sequence[Lottery], piece: int, share: float) -> Best:
    """Return the point a share of the way along a piece; an end if it is as good as there."""
    if share > 1 - _SAME_PLACE:
        piece, share = piece + 1, 0.0
    if share < _SAME_PLACE:
        return best_of(corners[piece], lotteries[piece])
    mixed = _mixed(((1 - share, lotteries[piece]), (share, lotteries[piece + 1])))
    return best_of(corners[piece] + share * (corners[piece + 1] - corners[piece]), mixed)


def best_of(utilities: Vector, lottery: Lottery, value: float = 0.0) -> Best:
    """Return a point that a lottery leads to: an outcome for certain is an outcome."""
    sure = lottery[0][1] if len(lottery) == 1 else None
    return Best(tuple(np.asarray(utilities).tolist()), value, sure, lottery)


def _mixed(parts: Sequence[tuple[float, Lottery]]) -> Lottery:
    chances: list[tuple[float, Any]] = []
    for share, lottery in parts:
        for chance, outcome in lottery:
            same = next((k for k, (_, known) in enumerate(chances) if known == outcome), None)
            if same is None:
                chances.append((share * chance, outcome))
            else:
                chances[same] = (chances[same][0] + share * chance, outcome)
    return tuple(chances)

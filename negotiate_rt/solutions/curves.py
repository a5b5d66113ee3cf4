"""Bargaining of two parties along a curve: what the second gets, given what the first gets."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.ranking import RELATIVE_TOLERANCE
from negotiate_rt.problems.scalars import finite
from negotiate_rt.solutions.feasible import Best, RationalSet, Vector
from negotiate_rt.solutions.frontier import checked_vector
from negotiate_rt.solutions.polyline import Polyline, clipped

_GOLDEN = (math.sqrt(5) - 1) / 2
_CHECKED = 64  # places at which a curve is looked at before it is believed to fall and to be concave
_BENT = 1e-9  # of the curve's range: how far it may seem to rise or to be convex by rounding
_NEAR = 1e-6  # of the interval: how far a polished peak may lie from where the search has put it


class LinearCurve:
    """Everything on and below a straight line between two utility vectors, such as a pie of 1: `LinearCurve((1, 0), (0, 1))`.

    One end is better for the first party, the other for the second; ends that meet are a single point. Solutions are
    exact. ConfigurationError if one end is at least as good as the other for both.
    """

    def __init__(
        self, end: Sequence[float], other: Sequence[float], disagreement: Sequence[float] = (0.0, 0.0)
    ) -> None:
        ends = np.array([checked_vector(end, 2, "end"), checked_vector(other, 2, "other")])
        if (ends[0, 0] - ends[1, 0]) * (ends[0, 1] - ends[1, 1]) >= 0 and (ends[0] != ends[1]).any():
            raise ConfigurationError(
                f"a line must fall: each end better for one party, got {tuple(end)}, {tuple(other)}"
            )
        ordered = ends if ends[0, 0] > ends[1, 0] else ends[::-1]
        self.corners = ordered[:1] if (ends[0] == ends[1]).all() else ordered
        self.disagreement: tuple[float, ...] = tuple(checked_vector(disagreement, 2).tolist())

    def rational(self, disagreement: Vector) -> RationalSet | None:
        """Return the part that gives both at least that much; None if there is none."""
        return clipped(Polyline(self.corners, [()] * len(self.corners)), disagreement)


class ConcaveCurve:
    """Everything on and below u_2 = function(u_1), low <= u_1 <= high, a concave curve that falls.

    The function is called a few hundred times for each solution. Points where a share is equalised are found by bisection
    to the last digit; the Nash and the utilitarian point to 1e-8 of the interval (about 1e-12 where the curve is smooth).
    ConfigurationError if the function raises, returns no finite number, or is seen to rise or to be convex.
    """

    def __init__(
        self,
        function: Callable[[float], float],
        low: float,
        high: float,
        disagreement: Sequence[float] = (0.0, 0.0),
    ) -> None:
        self.low = finite(low, "low", ConfigurationError)
        self.high = finite(high, "high", ConfigurationError)
        if not self.low < self.high:
            raise ConfigurationError(f"low must be below high, got {self.low} and {self.high}")
        self._function = function
        self.disagreement: tuple[float, ...] = tuple(checked_vector(disagreement, 2).tolist())
        self._check()

    def at(self, first: float) -> float:
        """Return what the second party gets if the first gets that much."""
        try:
            second = self._function(first)
        except Exception as cause:  # the caller's function: whatever it raises, the curve is not known there
            raise ConfigurationError(f"the curve at {first} raised {type(cause).__name__}: {cause}") from cause
        return finite(second, f"the curve at {first}", ConfigurationError)

    def rational(self, disagreement: Vector) -> RationalSet | None:
        """Return the part that gives both at least that much; None if there is none."""
        without, other = (float(value) for value in disagreement)
        slack = RELATIVE_TOLERANCE * max(abs(self.at(self.low)), abs(other))
        low, high = max(self.low, min(without, self.high)), self.high
        if without > self.high + RELATIVE_TOLERANCE * max(abs(without), abs(self.high)) or self.at(low) < other - slack:
            return None
        if self.at(high) < other:
            high = _root(lambda first: self.at(first) - other, low, high)
        return RationalCurve(self, low, high, disagreement)

    def _check(self) -> None:
        places = np.linspace(self.low, self.high, _CHECKED + 1).tolist()
        heights = np.array([self.at(place) for place in places])
        bend = _BENT * float(np.abs(heights).max(initial=0.0))
        for place, step in zip(places[1:], np.diff(heights).tolist(), strict=True):
            if step > bend:
                raise ConfigurationError(f"the curve must fall, but rises before {place}")
        for place, turn in zip(places[1:], np.diff(heights, 2).tolist(), strict=False):
            if turn > bend:
                raise ConfigurationError(f"the curve must be concave, but is convex near {place}")


class RationalCurve:
    """The part of a curve with low <= u_1 <= high, where both parties get at least the disagreement payoff."""

    def __init__(self, curve: ConcaveCurve, low: float, high: float, disagreement: Vector) -> None:
        self.curve, self.low, self.high = curve, low, high
        self.disagreement = disagreement
        self.ideal = np.array([high, curve.at(low)])

    def best_product(self, weights: Vector) -> Best:
        """Return where gain_1^w_1 * gain_2^w_2 is largest; it has one peak, since its logarithm is concave."""

        def product(first: float) -> float:
            gains = np.maximum(np.array([first, self.curve.at(first)]) - self.disagreement, 0.0)
            return float(np.prod(gains**weights))

        return self._at(_peak(product, self.low, self.high), product)

    def best_worst(self, origin: Vector, scale: Vector, leximin: bool) -> Best:
        """Return where min_i (u_i - origin_i) / scale_i is largest: where both are equal, or at an end."""
        if not scale.all():
            first = self.low if scale[1] else self.high
            counted = int(scale[1] > 0)
            return self._at(
                first,
                lambda own: (
                    ((own, self.curve.at(own))[counted] - origin[counted]) / scale[counted] if scale.any() else 0.0
                ),
            )

        def shares(first: float) -> tuple[float, float]:
            return (first - origin[0]) / scale[0], (self.curve.at(first) - origin[1]) / scale[1]

        def behind(first: float) -> float:
            own, other = shares(first)
            return other - own

        if behind(self.low) <= 0:
            first = self.low
        elif behind(self.high) >= 0:
            first = self.high
        else:
            first = _root(behind, self.low, self.high)
        return self._at(first, lambda own: min(shares(own)))

    def best_sum(self, weights: Vector) -> Best:
        """Return where w_1 u_1 + w_2 u_2 is largest; somewhere between where it is flat."""

        def total(first: float) -> float:
            return float(weights[0] * first + weights[1] * self.curve.at(first))

        return self._at(_peak(total, self.low, self.high), total)

    def _at(self, first: float, objective: Callable[[float], float]) -> Best:
        return Best((first, self.curve.at(first)), float(objective(first)))


def _root(falling: Callable[[float], float], low: float, high: float) -> float:
    """Return where a falling function is 0, between a place where it is not below and one where it is not above."""
    while True:
        middle = low + (high - low) / 2
        if not low < middle < high:
            return low
        low, high = (middle, high) if falling(middle) >= 0 else (low, middle)


def _peak(function: Callable[[float], float], low: float, high: float) -> float:
    """Return where a function with one peak is largest: golden sections, then a finer look at the slope.

    Near a smooth peak values differ by less than rounding over 1e-8 of the interval, but slopes over wide steps (a
    five-point difference) still tell. The finer place is taken only if it is not lower, as it would be at a kink.
    """
    a, b = low, high
    c, d = b - _GOLDEN * (b - a), a + _GOLDEN * (b - a)
    at_c, at_d = function(c), function(d)
    while b - a > 1e-11 * (high - low) and a < c < d < b:
        if at_c >= at_d:
            b, d, at_d = d, c, at_c
            c = b - _GOLDEN * (b - a)
            at_c = function(c)
        else:
            a, c, at_c = c, d, at_d
            d = a + _GOLDEN * (b - a)
            at_d = function(d)
    best = max((a, c, d, b, low, high), key=function)
    return max(
        (best, _polished(function, best, low, high)), key=lambda place: function(place) * (1 + (place != best) * 4e-16)
    )


def _polished(function: Callable[[float], float], near: float, low: float, high: float) -> float:
    step = 1e-3 * (high - low)
    reach = _NEAR * (high - low)
    if near - 2 * step - reach <= low or near + 2 * step + reach >= high:
        return near

    def slope(place: float) -> float:
        inner = function(place + step) - function(place - step)
        return 8 * inner - (function(place + 2 * step) - function(place - 2 * step))

    if not slope(near - reach) > 0 > slope(near + reach):
        return near
    return _root(slope, near - reach, near + reach)

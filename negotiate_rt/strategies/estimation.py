"""Estimating the other side's reservation value and deadline from its offers, on one price or one's own utility of them.

Two ways. `fit_concession` assumes a time-dependent tactic and fits it by regression (Hou, "Predicting agents tactics in
automated negotiation", IAT 2004): offers y(t) = o + (r - o) (t / T)^(1/beta), t from 0, with o the first offer. For each
deadline T and each beta the reservation value r is the least-squares one, in closed form; the best of a grid is then
refined. `ReservationBelief` is Bayesian learning over reservation values (Zeng and Sycara, "Bayesian learning in
negotiation", 1998): each hypothesis predicts the offers of its own curve, and gains by how near they come.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.scalars import finite

Floats = NDArray[np.float64]
BETAS: Floats = np.geomspace(0.05, 20.0, 41)  # from stubborn to eager
EARLIER: Floats = np.linspace(0.05, 0.95, 19)  # deadlines that have passed, as shares of the time so far
_REFINED = 3  # rounds of a grid three times as fine about the best so far
FEWEST = 3  # offers that say anything about a curve


class ConcessionFit(NamedTuple):
    """A time-dependent tactic that fits: where it ends, when (in rounds after the first), its beta, and the root of the
    mean squared residual. `offer(t)` predicts."""

    opening: float
    reservation_value: float
    deadline: float
    beta: float
    error: float

    def offer(self, time: float) -> float:
        """Return the offer predicted for `time` rounds after the first; it stands still from the deadline on."""
        share = min(1.0, max(0.0, time) / self.deadline)
        return float(self.opening + (self.reservation_value - self.opening) * share ** (1.0 / self.beta))


def fit_concession(
    offers: Sequence[float], times: Sequence[float] | None = None, *, deadline: float | None = None,
    latest: float | None = None, limits: tuple[float, float] = (-math.inf, math.inf),
) -> ConcessionFit | None:  # fmt: skip
    """Return the time-dependent tactic that fits offers best, or None for fewer than three, or offers that do not move.

    times: rounds after the first offer, 0, 1, 2 ... by default, ascending from 0. deadline: known, else searched up to
    `latest` (four times the time so far by default); it may have passed, so that the offers stand still at the end.
    limits: what the reservation value may be. Of many that fit alike the first deadline is returned: a short history
    cannot tell them apart. ConfigurationError for numbers that do not fit together. Cost: O(offers) for some thousand
    candidates at array speed.
    """
    values, clock = _series(offers, times)
    if len(values) < FEWEST or float(np.ptp(values)) <= 1e-12 * max(1.0, float(np.abs(values).max())):
        return None
    low, high = limits
    if not low <= high:
        raise ConfigurationError(f"limits must be (low, high) with low <= high, got {limits}")
    gone = float(clock[-1])
    if deadline is not None and finite(deadline, "deadline", ConfigurationError) <= 0:
        raise ConfigurationError(f"deadline must be > 0, got {deadline}")
    last = max(gone, 4.0 * gone if latest is None else finite(latest, "latest", ConfigurationError))
    deadlines = np.array([deadline]) if deadline is not None else np.concatenate([gone * EARLIER, np.linspace(gone, last, 41)])
    best = _best(values, clock, deadlines, BETAS, (low, high))
    for step in range(1, _REFINED + 1):
        width = max(last - gone, gone) / (40 * 3 ** (step - 1)) if deadline is None else 0.0
        ratio = (BETAS[1] / BETAS[0]) ** (1 / 3 ** (step - 1))
        near = np.maximum(np.linspace(best.deadline - width, best.deadline + width, 7), 1e-9 * gone) if width else deadlines
        finer = _best(values, clock, near, best.beta * np.geomspace(1 / ratio, ratio, 7), (low, high))
        best = finer if finer.error < best.error else best
    return best


def _series(offers: Sequence[float], times: Sequence[float] | None) -> tuple[Floats, Floats]:
    values = np.array([finite(one, f"offers[{k}]", ConfigurationError) for k, one in enumerate(offers)], float)
    if times is None:
        return values, np.arange(len(values), dtype=float)
    clock = np.array([finite(one, f"times[{k}]", ConfigurationError) for k, one in enumerate(times)], float)
    if len(clock) != len(values) or (len(clock) and (clock[0] != 0 or (np.diff(clock) <= 0).any())):
        raise ConfigurationError("times must be as many as the offers, ascending, and begin with 0")
    return values, clock


def _best(
    values: Floats, clock: Floats, deadlines: Floats, betas: Floats, limits: tuple[float, float]
) -> ConcessionFit:
    opening = float(values[0])
    shares = np.minimum(1.0, clock[None, :] / deadlines[:, None])
    curves = shares[:, None, :] ** (1.0 / betas)[None, :, None]  # (deadlines, betas, offers)
    moved = values - opening
    scale = np.maximum((curves**2).sum(axis=2), 1e-300)
    ends = np.clip(opening + (curves @ moved) / scale, *limits)
    residuals = moved - (ends - opening)[..., None] * curves
    errors = np.sqrt((residuals**2).mean(axis=2))
    tie = 1e-9 * float(np.abs(moved).max())
    place = int(np.flatnonzero(errors.ravel() <= errors.min() + tie)[0])
    row, column = divmod(place, len(betas))
    return ConcessionFit(
        opening, float(ends[row, column]), float(deadlines[row]), float(betas[column]), float(errors[row, column])
    )


class ReservationBelief:
    """What one believes the opponent's reservation value to be: a distribution over `hypotheses`, updated by offers.

    A hypothesis r predicts y(t) = o + (r - o) (t / deadline)^(1/beta), o the first offer; an offer has likelihood
    e^(-((y - y(t)) / deviation)^2 / 2). prior: alike by default. ConfigurationError for numbers that do not fit together.
    """

    def __init__(
        self, hypotheses: Sequence[float], deadline: float, *, beta: float = 1.0, deviation: float = 1.0,
        prior: Sequence[float] | None = None,
    ) -> None:  # fmt: skip
        if not len(hypotheses):
            raise ConfigurationError("a belief needs hypotheses: possible reservation values")
        self.hypotheses = np.array([finite(one, "hypothesis", ConfigurationError) for one in hypotheses], float)
        for name, value in (("deadline", deadline), ("beta", beta), ("deviation", deviation)):
            if finite(value, name, ConfigurationError) <= 0:
                raise ConfigurationError(f"{name} must be > 0, got {value}")
        self.deadline, self.beta, self.deviation = deadline, beta, deviation
        shares = np.ones(len(self.hypotheses)) if prior is None else np.array(prior, float)
        if shares.shape != self.hypotheses.shape or not (shares >= 0).all() or not 0 < shares.sum() < math.inf:
            raise ConfigurationError("prior must have one number >= 0 for each hypothesis, not all 0")
        self.probabilities: Floats = shares / shares.sum()
        self._opening: float | None = None

    def update(self, offer: float, time: float) -> None:
        """Learn from an offer made `time` rounds after the first; the first only says where the opponent starts."""
        value = finite(offer, "an offer", ConfigurationError)
        if self._opening is None:
            self._opening = value
            return
        share = min(1.0, max(0.0, finite(time, "time", ConfigurationError)) / self.deadline) ** (1.0 / self.beta)
        predicted = self._opening + (self.hypotheses - self._opening) * share
        with np.errstate(divide="ignore"):
            logs = np.log(self.probabilities) - ((value - predicted) / self.deviation) ** 2 / 2.0
        grown = np.exp(logs - logs.max())
        self.probabilities = grown / grown.sum()

    def mean(self) -> float:
        """Return the expected reservation value."""
        return float(self.probabilities @ self.hypotheses)

    def likeliest(self) -> float:
        """Return the likeliest reservation value, the first among equals."""
        return float(self.hypotheses[int(self.probabilities.argmax())])

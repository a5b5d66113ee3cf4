"""Many sessions beside theory: how good the deals were, and a few sessions kept to be drawn. Memory is bounded."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence

import msgspec

from negotiate_rt.messages.outcome import NegotiationOutcome
from negotiate_rt.report.comparison import Comparison, beside
from negotiate_rt.report.series import Series
from negotiate_rt.report.talk import Talk, amount
from negotiate_rt.report.theory import Theories, Theory

DRAWN_AGREED, DRAWN_FAILED = 4, 2  # sessions told at length
PLOTTED = 1_000  # deals in a plane: a uniform sample of all
ENDED = "ended"
LONGEST = 2_000  # offers of a session told at length; a longer one keeps so many, evenly spaced


class TheoryReport(msgspec.Struct, frozen=True, kw_only=True):
    """How the sessions whose parties' wishes are known ended, beside what theory says of them.

    compared: sessions set beside theory. possible: those in which some deal gives every party its reservation value;
    reached: of these the ones that agreed. impossible_agreed: deals where no bargain was possible (somebody lost).
    deals: compared sessions that agreed, which the shares and means below are of, None without any. efficient,
    rational: the share of deals that nothing dominates, and that leave nobody below its reservation value. welfare: mean
    sum of utilities as a share of the best. to_frontier, to_points: mean Euclidean distances, by solution. utilities: means
    by party over the sessions where a bargain was possible, of how they ended ("ended": deals as if struck at once, no deal
    as the reservation value) and of each solution.
    """

    compared: int
    possible: int
    reached: int
    impossible_agreed: int
    deals: int
    efficient: float | None
    rational: float | None
    welfare: float | None
    to_frontier: float | None
    to_points: Mapping[str, float]
    utilities: Mapping[str, Mapping[str, float]]


class Means:
    """Sums by name, and how many were summed."""

    def __init__(self) -> None:
        self.sums: dict[str, list[float]] = {}
        self.counts: dict[str, int] = {}

    def add(self, name: str, values: Sequence[float]) -> None:
        """Take one vector."""
        before = self.sums.get(name)
        self.sums[name] = list(values) if before is None else [a + b for a, b in zip(before, values, strict=True)]
        self.counts[name] = self.counts.get(name, 0) + 1

    def mean(self, name: str) -> list[float]:
        """Return the mean vector of a name."""
        return [value / self.counts[name] for value in self.sums[name]]

    def first(self, name: str) -> float | None:
        """Return the mean of a name's first component; None if nothing was summed."""
        return self.mean(name)[0] if self.counts.get(name) else None


class Study:
    """Takes outcomes as they come. `talks`: the sessions kept to be told at length, in the order of their coming.

    `deals`: utilities of a uniform sample of the deals; `gains`: of the same, as shares of the most that each party could gain.
    `rounds`: of the sessions that agreed; `prices`: where a single number was agreed on or paid.
    """

    def __init__(self, theories: Theories | None = None) -> None:
        self.theories = theories or Theories()
        self.talks: list[Talk] = []
        self.deals: list[tuple[float, ...]] = []
        self.gains: list[tuple[float, ...]] = []
        self.rounds = Series()
        self.prices = Series()
        self.parties: tuple[str, ...] = ()
        self._first: Theory | None = None
        self._alike = True
        self._counts = dict.fromkeys(("compared", "possible", "reached", "impossible_agreed", "deals"), 0)
        self._means, self._distances, self._utilities = Means(), Means(), Means()
        self._wanted = {True: DRAWN_AGREED, False: DRAWN_FAILED}
        self._chance = random.Random(0)  # the same outcomes make the same report
        self._seen = 0

    def add(self, outcome: NegotiationOutcome, theory: Theory | None = None) -> Comparison | None:
        """Take one outcome with what theory says of its session; return how the two compare."""
        comparison = None if theory is None else _beside(outcome, theory)
        if outcome.agreed:
            self.rounds.add(outcome.rounds_used)
            price = price_of(outcome)
            if price is not None:
                self.prices.add(price)
        if theory is None or comparison is None:
            self._alike = False
        else:
            self._compare(comparison, theory)
        if self._wanted[outcome.agreed] > 0 and (outcome.all_offers or outcome.agreed):
            self._wanted[outcome.agreed] -= 1
            self.talks.append(Talk(shortened(outcome), theory, comparison))
        return comparison

    def report(self) -> TheoryReport | None:
        """Return the figures; None if no session could be set beside theory."""
        if not self._counts["compared"]:
            return None
        means = self._means
        return TheoryReport(
            **self._counts, efficient=means.first("efficient"), rational=means.first("rational"),
            welfare=means.first("welfare"), to_frontier=means.first("frontier"),
            to_points={name: self._distances.mean(name)[0] for name in self._distances.sums},
            utilities={
                name: dict(zip(self.parties, self._utilities.mean(name), strict=True)) for name in self._utilities.sums
            },
        )  # fmt: skip

    @property
    def plane(self) -> Theory | None:
        """The one theory that all sessions share; None if they differ, or some have none."""
        return self._first if self._alike else None

    def _compare(self, found: Comparison, theory: Theory) -> None:
        if self._first is None:
            self.parties, self._first = theory.parties, theory
        self._alike &= theory is self._first
        self._counts["compared"] += 1
        self._counts["possible"] += found.possible
        self._counts["reached"] += found.possible and found.agreed
        self._counts["impossible_agreed"] += found.agreed and not found.possible
        if found.possible and theory.parties == self.parties:
            self._utilities.add(ENDED, found.utilities)
            for one in theory.solutions:
                self._utilities.add(one.name, one.utilities)
        if found.agreed:
            self._deal(found, theory)

    def _deal(self, found: Comparison, theory: Theory) -> None:
        self._counts["deals"] += 1
        means = self._means
        means.add("efficient", [float(found.efficient)])
        means.add("rational", [float(found.rational)])
        if found.welfare is not None:
            means.add("welfare", [found.welfare])
        means.add("frontier", [found.to_frontier])
        for name, distance in found.to_points.items():
            self._distances.add(name, [distance])
        self._keep(found, theory)

    def _keep(self, found: Comparison, theory: Theory) -> None:
        """Keep a uniform sample of the deals (Vitter's algorithm R)."""
        self._seen += 1
        place = len(self.deals)
        if place >= PLOTTED:
            place = int(self._chance.random() * self._seen)
            if place >= PLOTTED:
                return
        shares = gain_shares(found, theory)
        if place == len(self.deals):
            self.deals.append(found.utilities)
            self.gains.append(shares)
        else:
            self.deals[place], self.gains[place] = found.utilities, shares


def _beside(outcome: NegotiationOutcome, theory: Theory) -> Comparison | None:
    try:
        found = beside(outcome, theory)
    except Exception:  # noqa: BLE001  # the border to agents' code: a utility of its own, a deal of unguarded agents
        return None
    return found if all(map(math.isfinite, found.utilities)) else None


def gain_shares(found: Comparison, theory: Theory) -> tuple[float, ...]:
    """Return each party's gain as a share of the most that it could gain; 0 where it could gain nothing, () where no
    bargain is possible."""
    ideal, without = theory.solutions.ideal, theory.solutions.disagreement
    if ideal is None:
        return ()
    most = [best - least for best, least in zip(ideal, without, strict=True)]
    shares = (gain / one if one > 0 else 0.0 for gain, one in zip(found.gains, most, strict=True))
    return tuple(one if math.isfinite(one) else 0.0 for one in shares)


def price_of(outcome: NegotiationOutcome) -> float | None:
    """Return the one number that was agreed on, or the price that was paid; None for other deals."""
    paid = amount(getattr(outcome.result, "pay_price", None))
    accepted = outcome.accepted_offer
    return paid if paid is not None or accepted is None else amount(accepted.value)


def shortened(outcome: NegotiationOutcome) -> NegotiationOutcome:
    """Return an outcome with no more offers than are told: every k-th, and the last ones."""
    many = len(outcome.all_offers)
    if many <= LONGEST:
        return outcome
    step = -(-many // LONGEST)
    odd = step + 1 - step % 2  # so that both sides of alternating offers stay in
    kept = outcome.all_offers[:-8:odd] + outcome.all_offers[-8:]
    return msgspec.structs.replace(outcome, all_offers=kept)

"""Verdicts where money changes hands: what a party has is worth the items less what it pays, u_i(A_i) - p_i."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import permutations

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.exact import Exact, fraction_of, is_exact
from negotiate_rt.problems.goods import ROUNDING, Allocation, Bundle, DivisionProblem, Party
from negotiate_rt.solutions.division.fairness import Envy, FairnessVerdict, Inequity, Shortfall
from negotiate_rt.solutions.division.rent import best_assignment
from negotiate_rt.solutions.division.trades import Improvement


def assess_with_money(
    problem: DivisionProblem, allocation: Allocation, payments: Mapping[Party, Exact], *, one_each: bool = False
) -> dict[str, FairnessVerdict]:
    """Return verdicts on whole items and payments: envy-free, proportional, Pareto-optimal, equitable.

    payments: what each party pays, what it receives if negative; who is not named pays nothing. Proportional: u_i(A_i) - p_i is
    at least (u_i(M) - P)/n, P the sum of all payments. Pareto-optimal, for parties with money enough: no other allocation is
    worth more in all; with one_each, none that gives one item to each, as of rooms. ConfigurationError as for `bundles`.
    Cost: O(n**2 m), with one_each O(n**3).
    """
    judge = _Judge(problem, allocation, payments)
    verdicts = (judge.envy_free(), judge.proportional(), judge.pareto_optimal(one_each), judge.equitable())
    return {verdict.property: verdict for verdict in verdicts}


class _Judge:
    def __init__(self, problem: DivisionProblem, allocation: Allocation, payments: Mapping[Party, Exact]) -> None:
        self.problem = problem
        self.rows = dict(zip(problem.parties, problem.rows(), strict=True))
        self.bundles = problem.bundles(allocation)
        unknown = [party for party in payments if party not in self.rows]
        if unknown:
            raise ConfigurationError(f"payments: {unknown[0]!r} is no party here")
        self.pays = {party: fraction_of(payments.get(party, 0), f"what {party!r} pays") for party in problem.parties}
        self.exact = problem.exact and all(map(is_exact, payments.values()))
        self.net = {party: problem.worth(party, self.bundles[party]) - self.pays[party] for party in problem.parties}

    def slack(self, party: Party) -> Fraction:
        """By how much two worths may differ and still be equal."""
        if self.exact:
            return Fraction()
        return ROUNDING * (sum(map(abs, self.rows[party]), Fraction()) + max(map(abs, self.pays.values())))

    def told(self, value: Fraction) -> Exact:
        return value if self.exact else float(value)

    def envy_free(self) -> FairnessVerdict:
        for party, envied in permutations(self.problem.parties, 2):
            own = self.net[party]
            other = self.problem.worth(party, self.bundles[envied]) - self.pays[envied]
            if own + self.slack(party) < other:
                witness = Envy(party=party, envied=envied, own=self.told(own), other=self.told(other))
                return FairnessVerdict(
                    property="envy-free", holds=False, witness=witness,
                    reason=f"{party} envies {envied}: {float(own):.6g} against {float(other):.6g}, money counted",
                )  # fmt: skip
        return FairnessVerdict(property="envy-free", holds=True, reason="nobody prefers another's items at what it pays")

    def proportional(self) -> FairnessVerdict:
        paid, count = sum(self.pays.values(), Fraction()), len(self.rows)
        due: Callable[[Party], Fraction] = lambda party: (self.problem.total(party) - paid) / count  # noqa: E731
        for party, own in self.net.items():
            if own + self.slack(party) < due(party):
                witness = Shortfall(party=party, own=self.told(own), due=self.told(due(party)))
                reason = f"{party} has {float(own):.6g}, and {float(due(party)):.6g} is due"
                return FairnessVerdict(property="proportional", holds=False, witness=witness, reason=reason)
        return FairnessVerdict(property="proportional", holds=True, reason="all have an equal part of everything")

    def equitable(self) -> FairnessVerdict:
        low, high = (find(self.net, key=self.net.__getitem__) for find in (min, max))
        if self.net[high] - self.net[low] <= max(self.slack(low), self.slack(high)):
            return FairnessVerdict(property="equitable", holds=True, reason="all value what they have alike")
        own, other = self.net[low], self.net[high]
        return FairnessVerdict(
            property="equitable", holds=False,
            witness=Inequity(party=low, better=high, own=self.told(own), other=self.told(other)),
            reason=f"{low} has {float(own):.6g} by its own measure, {high} has {float(other):.6g}",
        )  # fmt: skip

    def pareto_optimal(self, one_each: bool) -> FairnessVerdict:
        best = self._assigned() if one_each else self._highest()
        gain = sum((self.problem.worth(party, bundle) for party, bundle in best.items()), Fraction())
        gain -= sum((self.problem.worth(party, bundle) for party, bundle in self.bundles.items()), Fraction())
        if gain <= max(map(self.slack, self.rows)):
            return FairnessVerdict(property="Pareto-optimal", holds=True, reason="the items are where they are worth most")
        part = gain / len(self.rows)
        worths = {party: (self.told(net), self.told(net + part)) for party, net in self.net.items()}
        return FairnessVerdict(
            property="Pareto-optimal", holds=False, witness=Improvement(allocation=best, worths=worths),
            reason=f"the items could be worth {float(gain):.6g} more in all, enough to pay everybody",
        )  # fmt: skip

    def _highest(self) -> dict[Party, Bundle]:
        found: dict[Party, list[object]] = {party: [] for party in self.rows}
        for place, item in enumerate(self.problem.items):
            found[max(self.rows, key=lambda party: self.rows[party][place])].append(item)
        return {party: frozenset(items) for party, items in found.items()}

    def _assigned(self) -> dict[Party, Bundle]:
        columns = best_assignment(list(self.rows.values()))
        return {party: frozenset({self.problem.items[column]}) for party, column in zip(self.rows, columns, strict=True)}

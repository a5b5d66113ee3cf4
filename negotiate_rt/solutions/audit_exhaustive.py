"""The exhaustive part of an audit: every profile of finitely many types, every misreport, at array speed.

The rule is called once for each profile of reports; what follows are arrays over the profiles, one axis an agent. For true
type t of agent i, U_t[r, others] is what it gets by reporting r: the truth is dominant where U_t[t, ·] >= U_t[r, ·] for all r.
"""

from __future__ import annotations

import itertools
import math
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.solutions.audit_findings import (
    INFEASIBLE,
    NO_WAY_OUT,
    alone,
    dominated,
    finding,
    imbalance,
    inefficiency,
    misreported,
    nonmonotone,
    rationality,
    unjudged,
)
from negotiate_rt.solutions.audit_report import Counterexample, Finding, Revenue
from negotiate_rt.solutions.mechanisms import DirectMechanism

Array = NDArray[np.float64]
TOLERANCE = 1e-9  # of the largest value or payment that occurs


class Exhaustive:
    """All profiles of a mechanism of finite types, evaluated. Findings: one method for each property.

    Cost: a call of the rule for each profile, and of the valuation for each type and distinct allocation; then
    O(profiles * types * agents) at array speed.
    """

    def __init__(self, mechanism: DirectMechanism, tolerance: float = TOLERANCE) -> None:
        self.mechanism = mechanism
        self.types = [space.types for space in mechanism.types]
        self.sizes = tuple(len(one) for one in self.types)
        self.count = math.prod(self.sizes)
        allocations: dict[Any, int] = {}
        owner, chance, decided, paid = [], [], [], []
        for place, reports in enumerate(itertools.product(*self.types)):
            for p, (allocation, payments) in mechanism.lottery(reports):
                if p > 0:
                    owner.append(place)
                    chance.append(p)
                    decided.append(_numbered(mechanism, allocations, allocation))
                    paid.append(payments)
        self.owner = np.array(owner, dtype=np.intp)
        self.chance: Array = np.array(chance)
        self.decided = np.array(decided, dtype=np.intp)
        self.paid: Array = np.array(paid, dtype=float)
        self.values: list[Array] = [
            np.array([[mechanism.value(agent, own, one) for one in allocations] for own in types], dtype=float)
            for agent, types in enumerate(self.types)
        ]
        self.outside: list[Array] = [
            np.array([mechanism.outside(agent, own) for own in types]) for agent, types in enumerate(self.types)
        ]
        self.captive = all((one == -math.inf).all() for one in self.outside)
        scale = max(1.0, float(np.abs(self.paid).max()), *(float(np.abs(one).max()) for one in self.values))
        self.slack = tolerance * scale
        self.searched = f"all {self.count:,} profiles of types"

    # -- what agents get ----------------------------------------------------------------------------------------------

    def per_profile(self, branches: Array) -> Array:
        """Return expectations over the lotteries, one for each profile."""
        if len(self.owner) == self.count:
            return branches
        means: Any = np.bincount(self.owner, self.chance * branches, minlength=self.count)  # floats, as the weights are
        return means  # type: ignore[no-any-return]  # numpy's stub says integers

    def by_report(self, agent: int, per_profile: Array) -> Array:
        """Return an array over profiles as (own report, reports of the others)."""
        return np.moveaxis(per_profile.reshape(self.sizes), agent, 0).reshape(self.sizes[agent], -1)

    def utilities(self, agent: int, own: int) -> Array:
        """Return what an agent of that type expects, as (own report, reports of the others)."""
        return self.by_report(agent, self.per_profile(self.values[agent][own, self.decided] - self.paid[:, agent]))

    def types_at(self, agent: int) -> NDArray[np.intp]:
        """Return which type an agent has in each profile."""
        return np.indices(self.sizes)[agent].ravel() if self.count else np.zeros(0, np.intp)

    @cached_property
    def weights(self) -> Array:
        """The prior probability of each profile."""
        prior = self.mechanism.prior
        if prior is None or not prior.joint:
            weights: Array = np.ones(1)
            for space in self.mechanism.types:
                weights = np.multiply.outer(weights, np.array(space.probabilities)).ravel()
            return weights
        seats = [types.names for _, types in prior.parties]
        table = np.zeros(self.sizes)
        for row, p in prior.joint:
            table[tuple(names.index(name) for names, name in zip(seats, row, strict=True))] = p
        return table.ravel()

    def beliefs(self, agent: int, own: int) -> Array | None:
        """Return what an agent of that type believes of the others' types, or None if it never has that type."""
        row: Array = self.by_report(agent, self.weights)[own]
        total = row.sum()
        return row / total if total > 0 else None

    def profile(self, agent: int, own: int, others: int) -> tuple[Any, ...]:
        """Return the types of a cell of `utilities`."""
        rest = self.sizes[:agent] + self.sizes[agent + 1 :]
        places = [int(one) for one in np.unravel_index(others, rest)] if rest else []
        places.insert(agent, own)
        return self.at(places)

    def at(self, places: Any) -> tuple[Any, ...]:
        """Return the types at these places, one for each agent."""
        return tuple(types[place] for types, place in zip(self.types, places, strict=True))

    # -- findings -----------------------------------------------------------------------------------------------------

    def dominant(self) -> Finding:
        """Look for a misreport that pays for some reports of the others."""
        broken = np.zeros(self.count, dtype=bool)
        worst, found = self.slack, None
        for agent, size in enumerate(self.sizes):
            for own in range(size):
                table = self.utilities(agent, own)
                gains = table - table[own]
                best = gains.max(axis=0)
                if best.max() > self.slack:
                    marks = np.zeros(gains.shape, dtype=bool)
                    marks[own] = best > self.slack
                    shape = (size, *self.sizes[:agent], *self.sizes[agent + 1 :])
                    broken |= np.moveaxis(marks.reshape(shape), 0, agent).ravel()
                if best.max() > worst:
                    worst = float(best.max())
                    others = int(best.argmax())
                    found = (agent, own, int(gains[:, others].argmax()), others, table)
        example = None
        if found is not None:
            agent, own, report, others, table = found
            before, after = float(table[own, others]), float(table[report, others])
            types = self.profile(agent, own, others)
            example = misreported(self.mechanism, agent, types, self.types[agent][report], before, after)
        return self._finding("dominant-strategy", int(broken.sum()), example, ", every misreport")

    def bayesian(self) -> Finding:
        """Look for a misreport that pays on average."""
        worst, example, failures, cases = self.slack, None, 0, 0
        for agent, size in enumerate(self.sizes):
            for own in range(size):
                if (belief := self.beliefs(agent, own)) is None:
                    continue
                expected = self.utilities(agent, own) @ belief
                gains = expected - expected[own]
                cases += 1
                failures += bool(gains.max() > self.slack)
                if gains.max() > worst:
                    worst, report = float(gains.max()), int(gains.argmax())
                    before, after = float(expected[own]), float(expected[report])
                    types = alone(self.sizes, agent, self.types[agent][own])
                    example = misreported(self.mechanism, agent, types, self.types[agent][report], before, after)
        searched = f"all {cases:,} types of agents, every misreport, expectations over {self.searched}"
        return finding("bayesian", True, searched, cases, failures, example)

    def rational(self) -> Finding:
        """Look for a truthful agent that ends worse than by staying out, also by the luck of a lottery."""
        if self.captive:
            return unjudged("individually-rational", NO_WAY_OUT)
        broken, example, worst = np.zeros(self.count, dtype=bool), None, self.slack
        for agent in range(len(self.sizes)):
            mine = self.types_at(agent)
            got = self.values[agent][mine[self.owner], self.decided] - self.paid[:, agent]
            short = self.outside[agent][mine[self.owner]] - got
            broken[self.owner[short > self.slack]] = True
            if short.max() > worst:
                worst, branch = float(short.max()), int(short.argmax())
                place = int(self.owner[branch])
                types = self.at(np.unravel_index(place, self.sizes))
                before = float(self.outside[agent][mine[place]])
                example = rationality(self.mechanism, agent, types, before, float(got[branch]))
        return self._finding("individually-rational", int(broken.sum()), example)

    def interim_rational(self) -> Finding:
        """Look for a type that expects less than by staying out."""
        if self.captive:
            return unjudged("interim-rational", NO_WAY_OUT)
        worst, example, failures, cases = self.slack, None, 0, 0
        for agent, size in enumerate(self.sizes):
            for own in range(size):
                if (belief := self.beliefs(agent, own)) is None:
                    continue
                cases += 1
                before, after = float(self.outside[agent][own]), float(self.utilities(agent, own)[own] @ belief)
                failures += before - after > self.slack
                if before - after > worst:
                    worst = before - after
                    example = rationality(
                        self.mechanism, agent, alone(self.sizes, agent, self.types[agent][own]), before, after
                    )
        searched = f"all {cases:,} types of agents, expectations over {self.searched}"
        return finding("interim-rational", True, searched, cases, failures, example)

    def budget(self, strict: bool) -> Finding:
        """Look for payments that sum to less than 0, or (strict) to anything else."""
        sums = self.paid.sum(axis=1)
        off = np.abs(sums) if strict else -sums
        bad = off > self.slack
        example = None
        if bad.any():
            branch = int(off.argmax())
            types = self.at(np.unravel_index(int(self.owner[branch]), self.sizes))
            example = imbalance(types, float(sums[branch]))
        name = "balanced" if strict else "no-deficit"
        return self._finding(name, len(np.unique(self.owner[bad])), example)

    def expected_budget(self, strict: bool) -> Finding:
        """Look at the mean of the sum of payments."""
        mean = self.revenue().mean
        bad = abs(mean) > self.slack if strict else mean < -self.slack
        example = imbalance((None,) * len(self.sizes), mean, " on average") if bad else None
        name = "expected-balance" if strict else "expected-no-deficit"
        return finding(name, True, f"the mean over {self.searched}", 1, int(bad), example)

    def efficient(self) -> Finding:
        """Look for an allocation that is worth less than another feasible one; without money, for one that Pareto dominates."""
        if self.mechanism.best is None and not self.mechanism.allocations:
            return unjudged("efficient", INFEASIBLE)
        if not self.mechanism.money and self.mechanism.allocations:
            return self._pareto_efficient()
        best = np.array([self.mechanism.best_welfare(one) for one in itertools.product(*self.types)], dtype=float)
        total = np.zeros(len(self.owner))
        for agent in range(len(self.sizes)):
            total += self.values[agent][self.types_at(agent)[self.owner], self.decided]
        short = best[self.owner] - total
        bad = short > self.slack
        example = None
        if bad.any():
            branch = int(short.argmax())
            place = int(self.owner[branch])
            types = self.at(np.unravel_index(place, self.sizes))
            example = inefficiency(types, float(best[place]), float(total[branch]))
        return self._finding("efficient", len(np.unique(self.owner[bad])), example)

    def _pareto_efficient(self) -> Finding:
        agents = range(len(self.sizes))
        mine = [self.types_at(agent)[self.owner] for agent in agents]
        held = [self.values[agent][mine[agent], self.decided] for agent in agents]
        bad = np.zeros(len(self.owner), dtype=bool)
        worst, found = self.slack, None
        for one in self.mechanism.allocations:
            gains = []
            for agent in agents:
                worth = np.array([self.mechanism.value(agent, own, one) for own in self.types[agent]], dtype=float)
                gains.append(worth[mine[agent]] - held[agent])
            table = np.array(gains)
            better = (table >= -self.slack).all(axis=0) & (table > self.slack).any(axis=0)
            bad |= better
            total = np.where(better, table.sum(axis=0), 0.0)
            if total.max() > worst:
                worst, branch = float(total.max()), int(total.argmax())
                found = (branch, one, float(sum(row[branch] for row in held)))
        example = None
        if found is not None:
            branch, other, before = found
            types = self.at(np.unravel_index(int(self.owner[branch]), self.sizes))
            example = dominated(types, other, before, before + worst)
        return self._finding("efficient", len(np.unique(self.owner[bad])), example)

    def monotone(self) -> Finding:
        """Look for two types, each of which values more what the other gets by its report: weak monotonicity broken."""
        broken, example, worst, cases = 0, None, self.slack, 0
        for agent, size in enumerate(self.sizes):
            tables = [
                self.by_report(agent, self.per_profile(self.values[agent][own, self.decided])) for own in range(size)
            ]
            for one, two in itertools.combinations(range(size), 2):
                kept = (tables[one][one] - tables[two][one]) - (tables[one][two] - tables[two][two])
                cases += kept.size
                broken += int((kept < -self.slack).sum())
                if -kept.min() > worst:
                    worst, others = float(-kept.min()), int(kept.argmin())
                    types = self.profile(agent, one, others)
                    example = nonmonotone(self.mechanism, agent, types, self.types[agent][two], worst)
        searched = f"all {cases:,} pairs of an agent's reports, whatever the others report"
        return finding("monotone", True, searched, cases, broken, example)

    def revenue(self) -> Revenue:
        """Return what truthful agents pay in all."""
        sums = self.paid.sum(axis=1)
        return Revenue(
            mean=float(self.weights @ self.per_profile(sums)), error=0.0, least=float(sums.min()), most=float(sums.max())
        )

    def _finding(self, name: str, failures: int, example: Counterexample | None, more: str = "") -> Finding:
        return finding(name, True, self.searched + more, self.count, failures, example)


def _numbered(mechanism: DirectMechanism, allocations: dict[Any, int], one: Any) -> int:
    try:
        return allocations.setdefault(one, len(allocations))
    except TypeError:
        raise ConfigurationError(
            f"mechanism {mechanism.name!r}: an allocation must be hashable (tuples and frozensets, no lists), got {one!r}"
        ) from None

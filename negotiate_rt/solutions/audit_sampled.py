"""The sampled part of an audit: profiles drawn from the type spaces, some misreports of each, all from one seed.

What it finds is a counterexample, checked in full for ex-post properties. On average it is statistical: what looks profitable
on a first sample is tried again on a fresh one, and counts if its gain is above zero beyond one chance in a thousand.
"""

from __future__ import annotations

import math
import random
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.solutions.audit_exhaustive import TOLERANCE
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
)  # fmt: skip
from negotiate_rt.solutions.audit_report import Counterexample, Finding, Revenue
from negotiate_rt.solutions.mechanisms import DirectMechanism, Lottery

Array = NDArray[np.float64]
TRUST = 1e-3  # chance of calling a mechanism manipulable on average that is not
OWN_TYPES = 8  # of each agent, whose expectations are looked at
MISREPORTS = 12  # of each agent in each profile


class Sampled:
    """Profiles of a mechanism drawn at random, with the same findings as the exhaustive search.

    samples: profiles; budget: calls of the rule at most, to which samples and misreports are cut.
    """

    def __init__(
        self, mechanism: DirectMechanism, samples: int, seed: int, budget: int, tolerance: float = TOLERANCE
    ) -> None:
        self.mechanism = mechanism
        self.seed = seed
        self.budget = budget
        self.tolerance = tolerance
        agents = len(mechanism.types)
        self.misreports = max(1, min(MISREPORTS, (budget // max(samples, 1) - 1) // agents))
        self.samples = max(1, min(samples, budget // (1 + agents * self.misreports)))
        self.searched = f"{self.samples:,} profiles drawn with seed {seed}"
        self.evaluations = 0
        rng = random.Random(f"audit profiles {seed}")
        self.profiles = [draw_types(mechanism, rng) for _ in range(self.samples)]
        self.truth = [self.lottery(types) for types in self.profiles]
        self.scale = max(
            1.0, *(abs(pay) for lottery in self.truth for _, one in lottery for pay in one.payments),
            *(abs(mechanism.value(agent, own, one.allocation)) for types, lottery in zip(self.profiles, self.truth, strict=True)
              for agent, own in enumerate(types) for _, one in lottery),
        )  # fmt: skip
        self.slack = tolerance * self.scale
        self.captive = all(
            mechanism.outside(agent, own) == -math.inf for types in self.profiles for agent, own in enumerate(types)
        )

    def lottery(self, reports: Any) -> Lottery:
        """Call the rule, and count it."""
        self.evaluations += 1
        return self.mechanism.lottery(reports)

    def expected(self, agent: int, own: Any, lottery: Lottery) -> float:
        """Return what an agent of that type expects of a lottery."""
        value = self.mechanism.value
        return math.fsum(p * (value(agent, own, one.allocation) - one.payments[agent]) for p, one in lottery)

    def worth(self, agent: int, own: Any, lottery: Lottery) -> float:
        """Return the expected value of what an agent gets, before it pays."""
        return math.fsum(p * self.mechanism.value(agent, own, one.allocation) for p, one in lottery)

    # -- findings -----------------------------------------------------------------------------------------------------

    def dominant_and_monotone(self) -> tuple[Finding, Finding]:
        """Look for misreports that pay in a profile, and for pairs of reports that each get what the other values more."""
        rng = random.Random(f"audit misreports {self.seed}")
        broken, tried, crossed = 0, 0, 0
        worst, gap = self.slack, self.slack
        example: Counterexample | None = None
        crossing: Counterexample | None = None
        for types, truth in zip(self.profiles, self.truth, strict=True):
            before_all = broken
            for agent, own in enumerate(types):
                before, held = self.expected(agent, own, truth), self.worth(agent, own, truth)
                for instead in self.mechanism.types[agent].misreports(own, rng, self.misreports):
                    tried += 1
                    other = self.lottery((*types[:agent], instead, *types[agent + 1 :]))
                    after = self.expected(agent, own, other)
                    if after - before > self.slack:
                        broken = before_all + 1
                    if after - before > worst:
                        worst = after - before
                        example = misreported(self.mechanism, agent, types, instead, before, after)
                    cross = self.worth(agent, own, other) - held
                    cross += self.worth(agent, instead, truth) - self.worth(agent, instead, other)
                    crossed += cross > self.slack
                    if cross > gap:
                        gap, crossing = cross, nonmonotone(self.mechanism, agent, types, instead, cross)
        searched = f"{self.searched}, {tried:,} misreports"
        return (
            finding("dominant-strategy", False, searched, self.samples, broken, example),
            finding("monotone", False, f"{tried:,} pairs of reports in {self.searched}", tried, crossed, crossing),
        )

    def on_average(self) -> tuple[Finding, Finding]:
        """Look for misreports that pay on average, and for types that expect less than by staying out.

        First all are tried on a few draws of the others' types; then the most promising of each agent on many fresh ones.
        """
        agents = len(self.mechanism.types)
        rng = random.Random(f"audit averages {self.seed}")
        own_types, misreports = min(OWN_TYPES, self.samples), min(MISREPORTS, self.misreports)
        draws = max(2, min(self.samples, self.budget // 2 // (agents * own_types * (misreports + 1))))
        fresh = max(2, self.budget // 2 // (4 * agents))
        tried, looked, failed, short = 0, 0, [], []
        for agent in range(agents):
            liars: list[_Suspect] = []
            stuck: list[_Suspect] = []
            for own in self._own_types(agent, own_types, rng):
                others = [draw_types(self.mechanism, rng, agent, own) for _ in range(draws)]
                truthful = self._means(agent, own, own, others)
                looked += 1
                stuck.append(_Suspect(agent, own, None, float(self.mechanism.outside(agent, own) - truthful.mean())))
                for instead in self.mechanism.types[agent].misreports(own, rng, misreports):
                    tried += 1
                    gain = float((self._means(agent, own, instead, others) - truthful).mean())
                    liars.append(_Suspect(agent, own, instead, gain))
            failed.append(self._confirmed(max(liars, key=_gain), fresh, rng) if liars else None)
            short.append(None if self.captive else self._confirmed(max(stuck, key=_gain), fresh, rng))
        searched = (
            f"{looked:,} types and {tried:,} misreports on {draws:,} draws of the others each, the most promising of each "
            f"agent on {fresh:,} more, seed {self.seed}"
        )
        inside = _most(short)
        return (
            finding("bayesian", False, searched, tried, sum(one is not None for one in failed), _most(failed)),
            unjudged("interim-rational", NO_WAY_OUT) if self.captive else
            finding("interim-rational", False, searched, looked, sum(one is not None for one in short), inside),
        )  # fmt: skip

    def _own_types(self, agent: int, count: int, rng: random.Random) -> list[Any]:
        """Return some types that the agent may have; of a short list all."""
        space = self.mechanism.types[agent]
        if space.finite and len(space.types) <= count:
            return [one for one, p in zip(space.types, space.probabilities, strict=True) if p > 0]
        return [self.profiles[place][agent] for place in rng.sample(range(self.samples), count)]

    def _means(self, agent: int, own: Any, report: Any, others: list[tuple[Any, ...]]) -> Array:
        """Return what a report is worth against each of these types of the others."""
        said = ((*one[:agent], report, *one[agent + 1 :]) for one in others)
        return np.array([self.expected(agent, own, self.lottery(one)) for one in said])

    def _confirmed(self, one: _Suspect, draws: int, rng: random.Random) -> Counterexample | None:
        """Return the counterexample if fresh draws bear a suspicion out: the mean gain is above 0 by an empirical Bernstein
        bound (Maurer and Pontil 2009), as gains are taken to lie within the largest value and payment seen.
        """
        if one.gain <= self.slack:
            return None
        others = [draw_types(self.mechanism, rng, one.agent, one.own) for _ in range(draws)]
        truthful = self._means(one.agent, one.own, one.own, others)
        if one.instead is None:
            gains = self.mechanism.outside(one.agent, one.own) - truthful
        else:
            gains = self._means(one.agent, one.own, one.instead, others) - truthful
        mean, error = float(gains.mean()), float(gains.std(ddof=1) / math.sqrt(draws))
        doubt = math.log(2 * len(self.mechanism.types) / TRUST)
        bound = math.sqrt(2 * doubt) * error + 7 * (2 * self.scale) * doubt / (3 * (draws - 1))
        if mean - bound <= self.slack:
            return None
        types, base = alone(self.mechanism.types, one.agent, one.own), float(truthful.mean())
        if one.instead is None:
            made = rationality(self.mechanism, one.agent, types, base + mean, base)
        else:
            made = misreported(self.mechanism, one.agent, types, one.instead, base, base + mean)
        return replace(made, gain=mean, told=f"{made.told} (by {mean:.4g} ± {error:.2g}, standard error)")

    def rational(self) -> Finding:
        """Look for a truthful agent that ends worse than by staying out."""
        if self.captive:
            return unjudged("individually-rational", NO_WAY_OUT)
        worst, example, broken = self.slack, None, 0
        for types, truth in zip(self.profiles, self.truth, strict=True):
            bad = False
            for agent, own in enumerate(types):
                least = self.mechanism.outside(agent, own)
                got = min(
                    self.mechanism.value(agent, own, one.allocation) - one.payments[agent] for p, one in truth if p > 0
                )
                bad = bad or least - got > self.slack
                if least - got > worst:
                    worst, example = least - got, rationality(self.mechanism, agent, types, least, got)
            broken += bad
        return finding("individually-rational", False, self.searched, self.samples, broken, example)

    def budget_kept(self, strict: bool) -> Finding:
        """Look for payments that sum to less than 0, or (strict) to anything else."""
        worst, example, broken = self.slack, None, 0
        for types, truth in zip(self.profiles, self.truth, strict=True):
            sums = [math.fsum(one.payments) for p, one in truth if p > 0]
            total = max(sums, key=abs) if strict else min(sums)
            off = abs(total) if strict else -total
            broken += off > self.slack
            if off > worst:
                worst, example = off, imbalance(types, total)
        return finding("balanced" if strict else "no-deficit", False, self.searched, self.samples, broken, example)

    def expected_budget(self, strict: bool) -> Finding:
        """Look at the mean of the sum of payments; it counts as off when it is, beyond chance."""
        found = self.revenue()
        margin = NormalDist().inv_cdf(1 - TRUST / 2) * found.error + self.slack
        bad = abs(found.mean) > margin if strict else found.mean < -margin
        when = f" on average (± {found.error:.2g}, standard error)"
        example = imbalance(alone(self.mechanism.types, -1, None), found.mean, when) if bad else None
        name = "expected-balance" if strict else "expected-no-deficit"
        return finding(name, False, f"the mean over {self.searched}", 1, int(bad), example)

    def efficient(self) -> Finding:
        """Look for an allocation that is worth less than another feasible one."""
        if self.mechanism.best is None and not self.mechanism.allocations:
            return unjudged("efficient", INFEASIBLE)
        if not self.mechanism.money and self.mechanism.allocations:
            return self._pareto_efficient()
        worst, example, broken = self.slack, None, 0
        for types, truth in zip(self.profiles, self.truth, strict=True):
            best = self.mechanism.best_welfare(types)
            assert best is not None  # as asked above
            total = min(
                math.fsum(self.mechanism.value(agent, own, one.allocation) for agent, own in enumerate(types))
                for p, one in truth if p > 0
            )  # fmt: skip
            broken += best - total > self.slack
            if best - total > worst:
                worst, example = best - total, inefficiency(types, best, total)
        return finding("efficient", False, self.searched, self.samples, broken, example)

    def _pareto_efficient(self) -> Finding:
        worst, example, broken = self.slack, None, 0
        value = self.mechanism.value
        for types, truth in zip(self.profiles, self.truth, strict=True):
            bad = False
            for p, one in truth:
                held = [value(agent, own, one.allocation) for agent, own in enumerate(types)]
                for other in self.mechanism.allocations if p > 0 else ():
                    gains = [value(agent, own, other) - held[agent] for agent, own in enumerate(types)]
                    if min(gains) < -self.slack or max(gains) <= self.slack:
                        continue
                    bad = True
                    if math.fsum(gains) > worst:
                        worst = math.fsum(gains)
                        example = dominated(types, other, math.fsum(held), math.fsum(held) + worst)
            broken += bad
        return finding("efficient", False, self.searched, self.samples, broken, example)

    def revenue(self) -> Revenue:
        """Return what truthful agents pay in all."""
        sums = np.array([math.fsum(p * math.fsum(one.payments) for p, one in truth) for truth in self.truth])
        error = float(sums.std(ddof=1) / math.sqrt(len(sums))) if len(sums) > 1 else 0.0
        return Revenue(mean=float(sums.mean()), error=error, least=float(sums.min()), most=float(sums.max()))


class _Suspect(NamedTuple):
    """A misreport (None: staying out) that seems to pay on average."""

    agent: int
    own: Any
    instead: Any
    gain: float


def _gain(one: _Suspect | Counterexample) -> float:
    return one.gain


def _most(found: list[Counterexample | None]) -> Counterexample | None:
    return max((one for one in found if one is not None), key=_gain, default=None)


def draw_types(mechanism: DirectMechanism, rng: random.Random, agent: int | None = None, own: Any = None) -> tuple[Any, ...]:
    """Return a type for each agent, drawn from the prior; if an agent's own is given, from what it then believes."""
    prior = mechanism.prior
    if prior is None or not prior.joint:
        return tuple(own if place == agent else space.sample(rng) for place, space in enumerate(mechanism.types))
    if agent is None:
        drawn = prior.sample(rng)
        return tuple(drawn[name] for name in prior.names)
    try:
        others = prior.belief(prior.names[agent], own.name).sample(rng)
    except ConfigurationError as cause:
        raise ConfigurationError(f"mechanism {mechanism.name!r}: {cause}") from cause
    return tuple(own if place == agent else others[name] for place, name in enumerate(prior.names))

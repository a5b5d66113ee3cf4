"""Attacks that no single misreport is: bidding under false names, and colluding.

A mechanism in which the truth is dominant for each alone may still be open to an agent that takes part as two, each under a
name of its own (Yokoo, Sakurai and Matsubara, "The effect of false-name bids in combinatorial auctions", 2004), and to agents
who agree on what to report. VCG is open to both.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.solutions.audit_report import in_short, shown
from negotiate_rt.solutions.audit_sampled import draw_types
from negotiate_rt.solutions.mechanisms import DirectMechanism, Lottery

BUDGET = 200_000  # attacks looked at
TOLERANCE = 1e-9  # of what the attackers get
PAIRS = 200  # attacks tried in a profile that is drawn


class Attack(msgspec.Struct, frozen=True, kw_only=True):
    """An attack that pays. types: the true ones of all; attackers: who they are; reports: what is said instead, by a coalition
    one each, under false names two of the one; before, after: what the attackers get in all; told: it in a sentence."""

    attackers: tuple[str, ...]
    types: tuple[Any, ...]
    reports: tuple[Any, ...]
    before: float
    after: float
    gain: float
    told: str


class ProbeReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a search for attacks found: in how many of the profiles looked at one pays, and the one that pays most.

    seed: of a sampled search, None of an exhaustive one.
    """

    probe: str
    mechanism: str
    exhaustive: bool
    seed: int | None
    profiles: int
    attacks: int
    open_profiles: int
    worst: Attack | None


Merge = Callable[[Any, int, int], Any]


def false_names(
    make: Callable[[int], DirectMechanism], agents: int, merge: Merge, *, samples: int | None = None, seed: int = 0,
    budget: int = BUDGET,
) -> ProbeReport:  # fmt: skip
    """Look for an agent that gains by taking part under two names.

    make: number of agents -> the mechanism among so many. merge: (allocation among one more, the attacker's place, its alias's)
    -> what the allocation is to the attacker, the alias's share its own; see `merged_bundles`, `merged_units`,
    `merged_winner`. The alias comes last. All profiles and pairs of listed types are searched if the budget suffices, else a
    seeded sample. Raises ConfigurationError.
    """
    honest, bigger = make(agents), make(agents + 1)
    for one, count in ((honest, agents), (bigger, agents + 1)):
        if not isinstance(one, DirectMechanism) or len(one.types) != count:
            raise ConfigurationError(f"make({count}) must return a DirectMechanism among {count} agents, got {one!r}")
    search = _Search(honest, samples, seed, budget, lambda m: math.comb(m + 1, 2) * agents)
    lotteries = _remembered(bigger)
    alias = agents
    for types in search.profiles():
        for agent, own in enumerate(types):
            before = honest.utility(agent, own, types)
            for said in search.pairs(agent):
                reports = (*types[:agent], said[0], *types[agent + 1 :], said[1])
                after = math.fsum(
                    p * (honest.value(agent, own, merge(got, agent, alias)) - paid[agent] - paid[alias])
                    for p, (got, paid) in lotteries(reports)
                )
                if search.pays(before, after):
                    name = honest.names[agent]
                    told = f"{name} of type {shown(own)} reports {shown(said[0])}, and {shown(said[1])} under a false name"
                    search.found((name,), types, said, before, after, told + _others(honest, (agent,), types))
    return search.report("false names")


def collusion(
    mechanism: DirectMechanism, size: int = 2, *, transfers: bool = True, samples: int | None = None, seed: int = 0,
    budget: int = BUDGET,
) -> ProbeReport:  # fmt: skip
    """Look for a coalition of `size` agents that gains by reporting together.

    transfers: its members share, so that their sum counts; without, none may lose and one must gain. All profiles, coalitions
    and joint reports of listed types are searched if the budget suffices, else a seeded sample. Raises ConfigurationError.
    """
    agents = len(mechanism.types)
    if isinstance(size, bool) or not isinstance(size, int) or not 2 <= size <= agents:
        raise ConfigurationError(f"size of a coalition must be a whole number from 2 to the {agents} agents, got {size!r}")
    search = _Search(mechanism, samples, seed, budget, lambda m: m**size * math.comb(agents, size))
    lotteries = _remembered(mechanism)
    for types in search.profiles():
        truth = [mechanism.utility(agent, own, types) for agent, own in enumerate(types)]
        for members in itertools.combinations(range(agents), size):
            before = math.fsum(truth[agent] for agent in members)
            for said in search.joint(members):
                changed = list(types)
                for agent, report in zip(members, said, strict=True):
                    changed[agent] = report
                lottery = lotteries(tuple(changed))
                got = [_expected(mechanism, agent, types[agent], lottery) for agent in members]
                after = math.fsum(got)
                fair = transfers or all(one >= truth[agent] for agent, one in zip(members, got, strict=True))
                if fair and search.pays(before, after):
                    names = tuple(mechanism.names[agent] for agent in members)
                    own = ", ".join(
                        f"{name} of type {shown(types[agent])} reports {shown(report)}"
                        for name, agent, report in zip(names, members, said, strict=True)
                    )
                    search.found(names, types, said, before, after, own + _others(mechanism, members, types))
    return search.report(f"collusion of {size}" + ("" if transfers else " without transfers"))


def merged_winner(winner: int | None, keeper: int, alias: int) -> int | None:
    """Return who wins an item, to an agent that holds an alias, too."""
    return keeper if winner == alias else winner


def merged_units(units: tuple[int, ...], keeper: int, alias: int) -> tuple[int, ...]:
    """Return how many units each has, an alias's counted with its keeper's."""
    held = list(units)
    held[keeper] += held[alias]
    return tuple(one for place, one in enumerate(held) if place != alias)


class _Search:
    """Which profiles and reports to try, and what pays most."""

    def __init__(
        self, mechanism: DirectMechanism, samples: int | None, seed: int, budget: int, attacks: Callable[[int], int]
    ) -> None:
        for name, value, least in (("budget", budget, 1), ("samples", samples, 1), ("seed", seed, None)):
            if value is not None and (
                isinstance(value, bool) or not isinstance(value, int) or (least is not None and value < least)
            ):
                raise ConfigurationError(f"{name} must be a whole number, got {value!r}")
        self.mechanism, self.seed = mechanism, seed
        self.rng = random.Random(f"probe {seed}")
        sizes = [len(space.types) for space in mechanism.types]
        total = math.prod(sizes)
        self.exhaustive = samples is None and mechanism.finite and total * attacks(max(sizes)) <= budget
        self.drawn = 0 if self.exhaustive else max(1, min(samples or 1000, budget // (PAIRS * len(sizes))))
        self.looked = self.tried = self.open = 0
        self.hit = False
        self.worst: Attack | None = None

    def profiles(self) -> Iterator[tuple[Any, ...]]:
        drawn = (draw_types(self.mechanism, self.rng) for _ in range(self.drawn))
        every = itertools.product(*(space.types for space in self.mechanism.types))
        for types in every if self.exhaustive else drawn:
            self.looked += 1
            self.hit = False
            yield types
            self.open += self.hit

    def pairs(self, agent: int) -> Iterator[tuple[Any, ...]]:
        space = self.mechanism.types[agent]
        if self.exhaustive:
            return itertools.combinations_with_replacement(space.types, 2)
        return ((space.sample(self.rng), space.sample(self.rng)) for _ in range(PAIRS))

    def joint(self, members: tuple[int, ...]) -> Iterator[tuple[Any, ...]]:
        spaces = [self.mechanism.types[agent] for agent in members]
        if self.exhaustive:
            return itertools.product(*(space.types for space in spaces))
        return (tuple(space.sample(self.rng) for space in spaces) for _ in range(PAIRS))

    def pays(self, before: float, after: float) -> bool:
        self.tried += 1
        gain = after - before
        if gain <= TOLERANCE * max(1.0, abs(before), abs(after)):
            return False
        self.hit = True
        return self.worst is None or gain > self.worst.gain

    def found(  # the facts of an attack
        self, who: tuple[str, ...], types: Any, said: tuple[Any, ...], before: float, after: float, told: str
    ) -> None:
        worth = f": {in_short(after)} instead of {in_short(before)}"
        self.worst = Attack(
            attackers=who, types=tuple(types), reports=tuple(said), before=before, after=after, gain=after - before,
            told=told + worth,
        )  # fmt: skip

    def report(self, probe: str) -> ProbeReport:
        return ProbeReport(
            probe=probe, mechanism=self.mechanism.name, exhaustive=self.exhaustive,
            seed=None if self.exhaustive else self.seed, profiles=self.looked, attacks=self.tried,
            open_profiles=self.open, worst=self.worst,
        )  # fmt: skip


def _remembered(mechanism: DirectMechanism) -> Callable[[tuple[Any, ...]], Lottery]:
    """Return the mechanism's rule, which is asked once for the same reports where these are hashable."""
    known = lru_cache(maxsize=100_000)(mechanism.lottery)

    def asked(reports: tuple[Any, ...]) -> Lottery:
        try:
            return known(reports)
        except TypeError:  # unhashable reports; a TypeError of the rule's own is raised again
            return mechanism.lottery(reports)

    return asked


def _expected(mechanism: DirectMechanism, agent: int, own: Any, lottery: Lottery) -> float:
    return math.fsum(p * (mechanism.value(agent, own, one.allocation) - one.payments[agent]) for p, one in lottery)


def _others(mechanism: DirectMechanism, attackers: tuple[int, ...], types: tuple[Any, ...]) -> str:
    rest = [
        f"{name} says {shown(one)}"
        for place, (name, one) in enumerate(zip(mechanism.names, types, strict=True))
        if place not in attackers
    ]
    return f" while {', '.join(rest)}" if rest else ""

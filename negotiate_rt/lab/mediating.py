"""Mediation beside direct bargaining: the same problem settled in several ways, with what each took and what it brought."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from negotiate_rt.agents import Negotiator
from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.executor.executor import NegotiationExecutor
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.outcome import NegotiationOutcome
from negotiate_rt.problems.bargaining import BargainingProblem
from negotiate_rt.problems.mediation import METHODS, MediationOptions
from negotiate_rt.runtime.working_clock import working_clock

DIRECT = "direct bargaining"
WAYS = (*METHODS, DIRECT)
LEVELS = 11  # of a continuous issue, where parties bargain directly: they concede along lists of outcomes
SOLVING = 5.0  # seconds to look for the best social welfare


class SettledWay(msgspec.Struct, frozen=True, kw_only=True):
    """How a problem was settled in one way.

    way: a method of mediation, or "direct bargaining" (stacked alternating offers). ended: the final state, or "refused" where
    this way cannot be tried, with the reason. welfare: the sum of utilities, which without a deal are those of having none;
    share: of the best welfare that is known (None unless that is above 0). worst: the smallest gain of a party over having no
    deal. imposed: whether it was arbitrated.
    """

    way: str
    ended: str
    reason: str | None = None
    rounds: int = 0
    messages: int = 0
    welfare: float | None = None
    share: float | None = None
    worst: float | None = None
    imposed: bool = False
    utilities: Mapping[str, float] = {}


class MediationComparison(msgspec.Struct, frozen=True, kw_only=True):
    """Several ways to settle one problem. best: the largest sum of utilities of any outcome that leaves nobody below what no deal
    is worth to it, as far as known; proven: whether none is larger, bound: what none exceeds (None: nobody knows)."""

    parties: tuple[str, ...]
    outcomes: int | None
    rounds: int
    seed: int
    best: float | None
    bound: float | None
    proven: bool
    ways: tuple[SettledWay, ...]


class Trial(NamedTuple):
    """What all ways have in common."""

    problem: BargainingProblem
    names: tuple[str, ...]
    rounds: int
    seed: int
    options: Mapping[str, Any]  # of MediationOptions, but for the method


def compare_mediation(
    problem: BargainingProblem, ways: Sequence[str] = WAYS, *, rounds: int = 400, seed: int = 0, **options: Any
) -> MediationComparison:
    """Settle a problem by each method of mediation, and by direct bargaining among all, and report messages and welfare.

    problem: with the utilities of two or more parties; continuous issues are cut into 11 values for direct bargaining. options:
    as of MediationOptions, for every method. Each way runs on a virtual clock, with parties that tell the truth or concede by
    default. Raises ConfigurationError for a way that there is not, and a problem that lacks utilities.
    """
    for way in ways:
        if way not in WAYS:
            raise ConfigurationError(f"ways: expected some of {', '.join(WAYS)}, got {way!r}{suggest(str(way), WAYS)}")
    trial = Trial(problem, _names(problem), rounds, seed, options)
    MediationOptions(**options)
    best = _best(trial)
    known = None if best is None else best.value
    return MediationComparison(
        parties=trial.names, outcomes=problem.space.size if problem.space.countable else None, rounds=rounds, seed=seed,
        best=known, bound=None if best is None or not math.isfinite(best.bound) else best.bound,
        proven=best is not None and best.proven, ways=tuple(_settle(trial, way, known) for way in ways),
    )  # fmt: skip


def _names(problem: BargainingProblem) -> tuple[str, ...]:
    given = problem.utilities
    if len(given) < 2:
        raise ConfigurationError(f"expected the utilities of two or more parties, got {len(given)}")
    return tuple(given) if isinstance(given, Mapping) else tuple(f"party {number}" for number in range(1, len(given) + 1))


def _best(trial: Trial) -> Any:  # a MediatedOptimum or None
    from negotiate_rt.solutions.mediation.optimum import mediated_optimum  # late: numpy
    from negotiate_rt.solutions.winners.deadline import Deadline

    problem = trial.problem
    utilities = [problem.utility_of(name, place) for place, name in enumerate(trial.names)]
    without = [problem.reservation_of(name, place) or 0.0 for place, name in enumerate(trial.names)]
    limit = Deadline(SOLVING, working_clock)
    return mediated_optimum(problem.space, [one for one in utilities if one], without, "utilitarian", deadline=limit)


def _settle(trial: Trial, way: str, best: float | None) -> SettledWay:
    """Run one way."""
    parties = [Negotiator(name) for name in trial.names]
    try:
        if way == DIRECT:
            config = NegotiationConfig("stacked-alternating-offers", trial.rounds, seed=trial.seed)
            outcome = _run(parties, config, on_grid(trial.problem))
        else:
            options = MediationOptions(method=way, **trial.options)  # type: ignore[arg-type]  # one of METHODS
            outcome = _run(parties, NegotiationConfig("mediation", trial.rounds, options=options, seed=trial.seed), trial.problem)
    except ConfigurationError as error:
        return SettledWay(way=way, ended="refused", reason=str(error))
    welfare = math.fsum(outcome.utilities.values())
    gains = [
        outcome.utilities[name] - (trial.problem.reservation_of(name, place) or 0.0) for place, name in enumerate(trial.names)
    ]
    return SettledWay(
        way=way, ended=str(outcome.final_state), reason=outcome.failure_reason, rounds=outcome.rounds_used,
        messages=outcome.messages, welfare=welfare, share=welfare / best if best is not None and best > 0 else None,
        worst=min(gains), imposed=bool(getattr(outcome.result, "imposed", False)), utilities=dict(outcome.utilities),
    )  # fmt: skip


def _run(parties: Sequence[Any], config: NegotiationConfig, problem: BargainingProblem) -> NegotiationOutcome:
    return NegotiationExecutor(clock="virtual", seed=config.seed).run(parties, config, problem)


def on_grid(problem: BargainingProblem) -> BargainingProblem:
    """Return the problem with a grid in place of each continuous issue; itself if there is none."""
    if problem.space.finite:
        return problem
    return BargainingProblem(
        problem.space.discretize(LEVELS), problem.utilities, problem.reservation_values, problem.outside_options,
        problem.discounts, problem.information,
    )  # fmt: skip

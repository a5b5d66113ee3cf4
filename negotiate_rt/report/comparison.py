"""How one negotiation ended, set beside what theory says of its problem."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.outcome import NegotiationOutcome
from negotiate_rt.problems.bargaining import BargainingProblem
from negotiate_rt.protocols.base import BARGAINING
from negotiate_rt.protocols.stakes import settle_stakes
from negotiate_rt.report.theory import Theory, solved_issues, theory_of
from negotiate_rt.runtime.seat import Seat

SLACK = 1e-9  # of a line's length: what rounding may take a deal off it


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """One ending beside the frontier and the solution points of its problem.

    possible: whether any deal gives every party its reservation value. deal: an outcome, price or share; None without
    one. utilities: what the deal is worth struck at once (without one: the reservation values); realised: what the
    outcome says that it was worth, delay and all, where it does. gains: over the reservation values. rational: whether
    all are at least 0; falls_short: who is below. efficient: whether no outcome dominates it; dominated_by: one that
    does. to_frontier, to_points: Euclidean distances, in utilities, to the nearest undominated vector and to each solution
    by name. welfare: the sum of utilities as a share of the largest among rational outcomes; None where that is not
    above 0.
    """

    session: str
    agreed: bool
    possible: bool
    parties: tuple[str, ...]
    deal: Any
    utilities: tuple[float, ...]
    realised: tuple[float | None, ...]
    gains: tuple[float, ...]
    rational: bool
    falls_short: tuple[str, ...]
    efficient: bool
    dominated_by: Any
    to_frontier: float
    to_points: Mapping[str, float]
    welfare: float | None


def compare(
    outcome: NegotiationOutcome, problem: Any = None, agents: Sequence[Any] = (), config: NegotiationConfig | None = None
) -> Comparison:
    """Set how a negotiation ended beside the Pareto frontier and the solution points of its problem.

    problem: a BargainingProblem, PriceProblem or Pie, as the executor takes it (None: as there). agents: those that
    negotiated, in seating order, with their limits and utilities; not needed where the problem holds all utilities.
    config: the negotiation's, where it fills in what agents do not bring. ConfigurationError if what a party wants is
    unknown; for a space too large see `solutions.frontier`. Cost: that of `bargaining_solutions`.
    """
    if agents:
        theory = _of_agents(outcome, problem, agents, config)
    elif isinstance(problem, BargainingProblem) and problem.utilities:
        theory = _of_problem(outcome, problem)
    else:
        raise ConfigurationError("compare: the problem does not say what the parties want; pass agents=, in seating order")
    return beside(outcome, theory)


def beside(outcome: NegotiationOutcome, theory: Theory) -> Comparison:
    """Set an outcome beside a problem that is solved already. Cost: O(frontier)."""
    accepted = outcome.accepted_offer if outcome.agreed else None
    realised = tuple(outcome.utilities.get(name) for name in theory.parties)
    told = _on_line(_shares(outcome, theory), theory) if theory.problem is None else _among_outcomes(accepted, theory)
    return Comparison(
        session=outcome.id, agreed=outcome.agreed, possible=theory.possible, parties=theory.parties, realised=realised,
        deal=None if accepted is None else accepted.value, **told,
    )  # fmt: skip


def _shares(outcome: NegotiationOutcome, theory: Theory) -> tuple[float, ...] | None:
    """Return what a deal on a line is worth to both; None for no deal. One that is no offer of either (demands that leave
    something over) is worth what the outcome says."""
    if not outcome.agreed:
        return None
    accepted = outcome.accepted_offer
    if accepted is not None:
        return theory.worth(accepted.value, accepted.agent)
    found = tuple(outcome.utilities.get(name) for name in theory.parties)
    return None if None in found else tuple(float(one) for one in found if one is not None)


def _among_outcomes(accepted: Any, theory: Theory) -> dict[str, Any]:  # a NegotiationOffer or None; an Assessment's fields
    from negotiate_rt.solutions.quality import assess_outcome  # late: numpy

    assert theory.problem is not None
    found = assess_outcome(theory.problem, None if accepted is None else accepted.value, theory.solutions)
    told = msgspec.structs.asdict(found)
    del told["outcome"]
    return told


def _on_line(shares: tuple[float, ...] | None, theory: Theory) -> dict[str, Any]:  # as above
    without = theory.solutions.disagreement
    own = without if shares is None else shares
    gains = tuple(mine - least for mine, least in zip(own, without, strict=True))
    slack = SLACK * (1 + max(map(abs, (*own, *without))))
    length = sum(theory.ends[0])  # any deal's sum of utilities
    missing = length - sum(own)
    return {
        "utilities": own,
        "gains": gains,
        "rational": all(gain >= -slack for gain in gains),
        "falls_short": tuple(name for name, gain in zip(theory.parties, gains, strict=True) if gain < -slack),
        "efficient": missing <= slack,  # no deal is, where there is nothing to be had
        "dominated_by": None if missing <= slack else theory.deal_at([one + missing / 2 for one in own]),
        "to_frontier": 0.0 if abs(missing) <= slack else abs(missing) / math.sqrt(2),  # of a line on which utilities have one sum
        "to_points": {one.name: math.dist(own, one.utilities) for one in theory.solutions},
        "welfare": sum(own) / length if theory.possible and length > 0 else None,
    }


def _of_agents(outcome: NegotiationOutcome, problem: Any, agents: Sequence[Any], config: NegotiationConfig | None) -> Theory:
    seats = [Seat(agent, "party", BARGAINING) for agent in agents]
    resolved = settle_stakes("compare", seats, config or NegotiationConfig(outcome.protocol), problem)
    theory = theory_of(seats, resolved)
    if theory is None:
        unknown = [seat.name for seat in seats if not seat.preferences.known]
        what = f"what {', '.join(map(repr, unknown))} want(s) is unknown" if unknown else "there are no two sides to it"
        raise ConfigurationError(f"compare: {what}, so theory says nothing of it")
    return theory


def _of_problem(outcome: NegotiationOutcome, problem: BargainingProblem) -> Theory:
    known = tuple(outcome.utilities)
    if isinstance(problem.utilities, Mapping):
        missing = [name for name in known if name not in problem.utilities]
    else:
        missing = list(known[len(problem.utilities) :])
        if len(known) == len(problem.utilities):  # parties by seat get their names from the outcome
            named = dict(zip(known, problem.utilities, strict=True))
            limits = {name: problem.reservation_of(name, place) or 0.0 for place, name in enumerate(known)}
            problem = BargainingProblem(problem.space, named, limits)
    if missing:
        raise ConfigurationError(f"compare: the problem has no utility of {', '.join(map(repr, missing))}; pass agents=")
    return solved_issues(problem)

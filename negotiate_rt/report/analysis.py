"""What theory says of a problem before anybody negotiates: the zone of agreement, the frontier, the solution points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.bargaining import BargainingProblem
from negotiate_rt.report.plain import deal
from negotiate_rt.report.theory import Theory, solved_issues

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from negotiate_rt.solutions.points import Solution

CLOUD = 4_000  # outcomes of a small space that a picture shows; of a larger one as many drawn evenly
ANY_DEAL = "; here every deal within the limits does as well"  # the sum of utilities is one along a line


class IssueFacts(msgspec.Struct, frozen=True):
    """One issue: its kind, how many values it has (None: infinitely many), and what they are, the first and last of many."""

    name: str
    kind: str
    values: int | None
    legal: str


class PointFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One solution point. deal: an outcome by issue, a price, or the shares by party. tied: how many others do as well."""

    definition: str
    deal: Any
    utilities: Mapping[str, float]
    gains: Mapping[str, float]
    value: float
    tied: int = 0
    ties: tuple[Any, ...] = ()


class VectorFacts(msgspec.Struct, frozen=True):
    """One undominated utility vector, and the first outcome that has it."""

    utilities: Mapping[str, float]
    deal: Any


class PriceFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The prices that both sides can live with, None where there are none. middle: split the difference, which is Nash's."""

    buyer: str
    seller: str
    low: float | None
    high: float | None
    middle: float | None
    surplus: float


class DelayFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What alternating offers under the scenario's rules of delay lead to. deal: None where there is no agreement in
    equilibrium, or several; `note` says what is to be said then. first: who makes the first offer."""

    definition: str
    first: str
    shares: Mapping[str, float] = {}
    deal: Any = None
    period: int | None = None
    note: str = ""


class Analysis(msgspec.Struct, frozen=True, kw_only=True):
    """All that is said of one problem. Utilities are of deals struck at once.

    kind: "issues", "price" or "pie". outcomes: how many; None where they cannot be counted. verdict: whether a bargain is
    possible, in words. ideal: the most that each can get in a rational outcome. opposition: how far the nearest outcome is
    from giving all what they want most, in utilities (0: no conflict); None for a price or a pie. frontier: the undominated
    vectors, as many as asked for; frontier_size: how many there are. levels: how many values each continuous issue was cut
    into, None where there is none.
    """

    name: str
    kind: str
    parties: tuple[str, ...]
    issues: tuple[IssueFacts, ...]
    outcomes: int | None
    possible: bool
    verdict: str
    disagreement: Mapping[str, float]
    ideal: Mapping[str, float] | None
    opposition: float | None
    frontier_size: int | None
    frontier: tuple[VectorFacts, ...]
    solutions: Mapping[str, PointFacts]
    price: PriceFacts | None = None
    delay: DelayFacts | None = None
    levels: int | None = None


def analyze(problem: BargainingProblem, name: str = "", most: int | None = None) -> Analysis:
    """Return what theory says of a problem that holds its parties' utilities.

    most: how many vectors of the frontier are listed, evenly spaced (None: all). Continuous issues are for `on_grid`.
    Cost and errors: those of `bargaining_solutions`; where utilities are additive no outcome is enumerated.
    """
    return analysis_of(solved_issues(problem), name, most)


def on_grid(problem: BargainingProblem, levels: int) -> BargainingProblem:
    """Return a problem with a grid of so many values in place of each continuous issue; itself if there is none."""
    space = problem.space.discretize(levels)
    if space is problem.space:
        return problem
    return BargainingProblem(
        space, problem.utilities, problem.reservation_values, problem.outside_options, problem.discounts, problem.information
    )


def analysis_of(theory: Theory, name: str = "", most: int | None = None) -> Analysis:
    """Return the analysis of a problem that is solved already."""
    from negotiate_rt.report.delay import delay_of  # late: numpy

    found = theory.solutions
    issues = theory.problem.space.names if theory.problem is not None else ()
    return Analysis(
        name=name, kind=theory.kind, parties=theory.parties, issues=_issues(theory), outcomes=_outcomes(theory),
        possible=found.possible, verdict="a bargain is possible" if found.possible else "no bargain is possible",
        disagreement=_each(theory, found.disagreement), ideal=None if found.ideal is None else _each(theory, found.ideal),
        opposition=_opposition(theory), frontier_size=None if found.frontier is None else len(found.frontier),
        frontier=_frontier(theory, issues, most), solutions={one.name: _point(theory, one, issues) for one in found},
        price=_price(theory), delay=delay_of(theory),
    )  # fmt: skip


def _opposition(theory: Theory) -> float | None:
    found = theory.solutions.frontier
    if theory.kind != "issues" or found is None:
        return None
    from negotiate_rt.solutions.quality import opposition  # late: numpy

    return opposition(found)


def cloud_of(problem: BargainingProblem, most: int = CLOUD) -> NDArray[Any]:
    """Return the utilities of all outcomes of a small space, else of a sample drawn evenly: shape (outcomes, parties)."""
    import random

    import numpy as np  # late: heavy

    given = problem.utilities
    utilities = list(given.values() if isinstance(given, Mapping) else given)
    space = problem.space
    if space.countable and space.size <= most:
        outcomes = [space.at(place) for place in range(space.size)]
    else:
        try:
            outcomes = space.sample(random.Random(0), most)
        except ConfigurationError:  # constraints that leave next to nothing to draw
            outcomes = []
    return np.array([[float(one(outcome)) for one in utilities] for outcome in outcomes]).reshape(-1, len(utilities))


def _each(theory: Theory, values: Sequence[float]) -> dict[str, float]:
    return dict(zip(theory.parties, values, strict=True))


def _issues(theory: Theory) -> tuple[IssueFacts, ...]:
    if theory.problem is None:
        return ()
    return tuple(
        IssueFacts(
            issue.name, type(issue).__name__.removesuffix("Issue").lower() or "categorical", getattr(issue, "size", None),
            str(issue.legal()),
        )
        for issue in theory.problem.space.issues
    )  # fmt: skip


def _outcomes(theory: Theory) -> int | None:
    return theory.problem.space.size if theory.problem is not None and theory.problem.space.countable else None


def _frontier(theory: Theory, issues: Sequence[str], most: int | None) -> tuple[VectorFacts, ...]:
    found = theory.solutions.frontier
    if theory.kind != "issues" or found is None:
        return ()
    many = len(found)
    shown = many if most is None else min(most, many)
    places = [round(place * (many - 1) / max(1, shown - 1)) for place in range(shown)]
    return tuple(VectorFacts(_each(theory, found.utilities[one].tolist()), deal(found.outcome(one), issues)) for one in places)


def _point(theory: Theory, one: Solution, issues: Sequence[str]) -> PointFacts:
    alike = theory.kind != "issues" and one.name == "utilitarian"
    return PointFacts(
        definition=one.definition + (ANY_DEAL if alike else ""), deal=deal(theory.deal(one), issues),
        utilities=_each(theory, one.utilities), gains=_each(theory, one.gains), value=one.value,
        tied=one.tied if theory.kind == "issues" else 0,
        ties=tuple(deal(outcome, issues) for outcome in one.ties) if theory.kind == "issues" else (),
    )  # fmt: skip


def _price(theory: Theory) -> PriceFacts | None:
    if theory.kind != "price":
        return None
    from negotiate_rt.solutions.quality import price_zone  # late: numpy

    selling = {name: getattr(mine, "selling", False) for name, mine in theory.wants.items()}
    seller = next(name for name, sells in selling.items() if sells)
    buyer = next(name for name, sells in selling.items() if not sells)
    zone = price_zone(theory.wants[seller].limit, theory.wants[buyer].limit)
    middle = None if zone.low is None or zone.high is None else zone.low / 2 + zone.high / 2
    return PriceFacts(buyer=buyer, seller=seller, low=zone.low, high=zone.high, middle=middle, surplus=zone.surplus)

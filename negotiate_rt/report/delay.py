"""What alternating offers lead to where delay costs something: Rubinstein's division, or a game solved over all outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.report.analysis import DelayFacts
from negotiate_rt.report.plain import deal
from negotiate_rt.report.words import number
from negotiate_rt.solutions.alternating_offers import backward_induction, stationary_equilibrium
from negotiate_rt.solutions.frontier import utility_matrix
from negotiate_rt.solutions.rubinstein import ShareInterval, rubinstein

if TYPE_CHECKING:
    from negotiate_rt.report.theory import Theory
    from negotiate_rt.solutions.terms import AlternatingOffers

LARGEST = 20_000  # outcomes of a space whose game is solved by the way
LONGEST = 50_000_000  # outcomes times periods
PERIODS = 2_000  # after which a game without a last period is left unsolved
UNBOUND = "subgame-perfect equilibrium of alternating offers"


def delay_of(theory: Theory) -> DelayFacts | None:
    """Return what the rules of delay lead to; None without such rules, or without anything to agree on."""
    game = theory.game
    if game is None or not theory.possible:
        return None
    first = theory.parties[game.first]
    try:
        return _of_outcomes(theory, game, first) if theory.kind == "issues" else _of_line(theory, game, first)
    except ConfigurationError as error:  # such as rules under which delay costs nothing
        return DelayFacts(definition=UNBOUND, first=first, note=str(error))


def _of_line(theory: Theory, game: AlternatingOffers, first: str) -> DelayFacts:
    size = sum(theory.ends[0])
    if size <= 0:
        return DelayFacts(definition=UNBOUND, first=first, note="there is nothing to share: the limits meet")
    found = rubinstein(game, size)
    if isinstance(found, ShareInterval):
        low, high = number(float(found.lowest[0])), number(float(found.highest[0]))
        note = f"several equilibria: {theory.parties[0]} gets anything from {low} to {high}"
        return DelayFacts(definition=found.definition, first=first, note=note)
    shares = tuple(float(one) for one in found.shares)
    told = dict(zip(theory.parties, shares, strict=True))
    agreed = None if not found.agreement else told if theory.kind == "pie" else theory.price(shares)
    note = "" if found.agreement else "the parties part without an agreement"
    return DelayFacts(
        definition=found.definition, first=first, shares=told, deal=agreed, period=found.period, note=note
    )  # fmt: skip


def _of_outcomes(theory: Theory, game: AlternatingOffers, first: str) -> DelayFacts:
    assert theory.problem is not None
    space = theory.problem.space
    if not space.countable or space.size * min(game.horizon or PERIODS, PERIODS) > LONGEST or space.size > LARGEST:
        return DelayFacts(definition=UNBOUND, first=first, note="the space is too large to solve the game by the way")
    given = theory.problem.utilities
    utilities = list(given.values()) if hasattr(given, "values") else list(given)
    points = utility_matrix(space, utilities)
    if game.horizon is None:
        found = stationary_equilibrium(points, game, max_periods=PERIODS)
    else:
        found = backward_induction(points, game)
    if found is None:
        return DelayFacts(definition=UNBOUND, first=first, note=f"no equilibrium was found within {PERIODS} periods")
    return DelayFacts(
        definition=found.definition, first=first, shares=dict(zip(theory.parties, map(float, found.values), strict=True)),
        deal=None if found.outcome is None else deal(space.at(found.outcome), space.names), period=found.period,
        note="" if found.outcome is not None else "the parties part without an agreement",
    )  # fmt: skip

"""Salary and vacation: what the other side knows of us, and what we could have elsewhere.

A candidate dreams of a long journey. It takes both 60 thousand a year and 26 days off, so that neither is worth much
without the other: no sum over the issues says that, boxes over several issues do. Days at home are an optional issue,
which the contract may leave out. Two things are tried.

What is known. Nice tit-for-tat aims at Nash's point as it sees it. As long as wants are private it takes them for a sum
over the issues, and the journey is never found; once they are common knowledge, it is.

What else there is. Under Rubinstein's rules either side may leave for an outside option when it answers an offer. While
that is worth less than the deal that is due anyway, the threat is empty and moves nothing; above, it is met and no more.
The same number as a reservation value, what the candidate gets if they never agree, moves Nash's point from the start.
"""

from __future__ import annotations

from typing import Any, Literal

from negotiate_rt import (
    AdditiveUtility,
    AlternatingOffers,
    BargainingProblem,
    Box,
    HyperRectangleUtility,
    IntegerIssue,
    Issue,
    NegotiationConfig,
    NegotiationExecutor,
    NegotiationOutcome,
    Negotiator,
    NiceTitForTat,
    OptionalIssue,
    OutcomeSpace,
    Span,
    assess_outcome,
    nash_point,
    play_equilibrium,
)

SPACE = OutcomeSpace([
    IntegerIssue("salary", 50, 70),  # thousands a year
    IntegerIssue("vacation", 20, 30),  # days
    OptionalIssue(Issue("days at home", (1, 2, 3))),  # a week
])  # fmt: skip
FIRM = AdditiveUtility(
    {"salary": 0.6, "vacation": 0.2, "days at home": 0.2},
    {
        "salary": lambda thousands: (70 - thousands) / 20,
        "vacation": lambda days: (30 - days) / 10,
        "days at home": {None: 1, 1: 0.8, 2: 0.5, 3: 0},
    },
)
CANDIDATE = HyperRectangleUtility([
    *(Box({"salary": Span(thousands)}, 0.02) for thousands in range(51, 71)),  # an open span: so much or more
    *(Box({"vacation": Span(days)}, 0.015) for days in range(21, 31)),
    *(Box({"days at home": tuple(range(days, 4))}, 0.05) for days in (1, 2, 3)),
    Box({"salary": Span(60), "vacation": Span(26)}, 0.3),  # the journey
])  # fmt: skip
WANTS = {"firm": FIRM, "candidate": CANDIDATE}
OPTIONS = (None, 0.3, 0.5, 0.6, 0.7, 0.8)


def talk(information: Literal["private", "complete"]) -> NegotiationOutcome:
    """Let both play nice tit-for-tat, who know each other's wants or not."""
    problem = BargainingProblem(SPACE, WANTS, dict.fromkeys(WANTS, 0.2), information=information)
    parties = [Negotiator(name, strategy=NiceTitForTat()) for name in WANTS]
    return NegotiationExecutor(clock="virtual").run(parties, NegotiationConfig("bilateral", max_rounds=20), problem)


def bargain(option: float | None) -> NegotiationOutcome:
    """Let both play the equilibrium of alternating offers, where the candidate may leave for an option (None: it cannot)."""
    rules = AlternatingOffers(discounts=0.9, outside_options=(None, option))
    problem = BargainingProblem(SPACE, WANTS, information="complete")
    parties = [Negotiator(name, strategy=play_equilibrium) for name in WANTS]
    return NegotiationExecutor(clock="virtual").run(parties, NegotiationConfig("rubinstein", options=rules), problem)


def main() -> tuple[dict[str, Any], dict[float | None, tuple[float, float]]]:
    """Print and return both: deals by what is known; the candidate's utility, played and by Nash's point, by its option."""
    known = {}
    for information in ("private", "complete"):
        deal = talk(information).accepted_offer
        known[information] = found = assess_outcome(BargainingProblem(SPACE, WANTS, [0.2, 0.2]), deal and deal.value)
        firm, candidate = found.utilities
        print(
            f"{information:9} firm {firm:.2f}, candidate {candidate:.3f}, efficient: {found.efficient}  {found.outcome}"
        )
    print(f"\n{'option':>6} {'as an outside option':>22} {'as a reservation value':>24}   the candidate's utility")
    gained = {}
    for option in OPTIONS:
        point = nash_point(BargainingProblem(SPACE, WANTS), (0, option or 0))
        gained[option] = bargain(option).utilities["candidate"], point.utilities[1] if point else 0.0
        print(f"{option or '-':>6} {gained[option][0]:22.3f} {gained[option][1]:24.3f}")
    return known, gained


if __name__ == "__main__":
    main()

"""Annealed mediation: contracts of a hundred clauses that depend on one another, agreed on by votes alone.

After Klein, Faratin, Sayama and Bar-Yam ("Negotiating complex contracts", Group Decision and Negotiation, 2003): a contract
holds or leaves out each of 100 clauses, and is worth to a party the sum of the influences among the clauses that it holds,
drawn from -1 to 1. Nobody tells anybody its utility. A mediator changes one clause of a single text at a time; the parties
vote on each change in secret, as a grade from -10 to 10. Hill climbing takes what nobody votes worse, and is soon stuck:
almost every change harms somebody a little. The annealed mediator adds up the grades, and takes a loss now and then, less and
less often.

The best social welfare (the sum of the parties' utilities) is known exactly: clauses influence only those at most five places
away, so that dynamic programming over the clauses finds the optimum of all 2^100 contracts.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

from negotiate_rt import (
    BargainingProblem,
    CostFunction,
    DcopProblem,
    InfluenceUtility,
    Issue,
    MediationOptions,
    NegotiationConfig,
    NegotiationExecutor,
    Negotiator,
    OutcomeSpace,
    Variable,
    dcop_optimum,
    draw_influence,
)

CLAUSES, REACH = 100, 5
GROUPS = (2, 3, 4)
BALLOTS = 2_000
ROUNDS = BALLOTS * 5 // 4  # four fifths of them are ballots
NO_DEAL = -100.0  # whatever a contract is worth, it is better than none
SPACE = OutcomeSpace([Issue(f"clause {number:02}", (0, 1)) for number in range(1, CLAUSES + 1)])


class Report(NamedTuple):
    """Social welfare of one group: the best there is, and what each kind of mediator reached."""

    parties: int
    best: float
    climbed: float
    annealed: float
    messages: int


def best_welfare(utilities: Sequence[InfluenceUtility]) -> float:
    """Return the largest sum of utilities of any contract, proved: the optimum of one cost function per pair of clauses."""
    own = {name: sum(one.own[name] for one in utilities) for name in SPACE.names}
    pairs = {pair: sum(one.pairs[pair] for one in utilities) for pair in utilities[0].pairs}
    variables = [Variable(name, (0, 1), (0.0, own[name])) for name in SPACE.names]
    functions = [
        CostFunction(f"{first}, {second}", (first, second), [[0.0, 0.0], [0.0, number]])
        for (first, second), number in pairs.items()
    ]
    return dcop_optimum(DcopProblem(variables, functions, "max")).cost


def mediate(utilities: Sequence[InfluenceUtility], method: str) -> tuple[float, int]:
    """Return the social welfare of the contract that a mediation by this method ends in, and the messages that it took."""
    parties = [Negotiator(f"party {number}", reservation_value=NO_DEAL) for number in range(1, len(utilities) + 1)]
    config = NegotiationConfig("mediation", max_rounds=ROUNDS, timeout=None, options=MediationOptions(method=method))
    outcome = NegotiationExecutor(clock="virtual", seed=7).run(parties, config, BargainingProblem(SPACE, utilities))
    assert outcome.agreed, outcome.failure_reason
    return sum(outcome.utilities.values()), outcome.messages


def main() -> list[Report]:
    """Mediate for groups of two, three and four by both methods, and print how near to the best they come."""
    print(f"{'parties':>7}  {'best welfare':>12}  {'hill climbing':>13}  {'annealed':>8}  {'messages':>8}")
    reports = []
    for parties in GROUPS:
        rng = random.Random(parties)
        utilities = [draw_influence(SPACE, rng, REACH) for _ in range(parties)]
        best = best_welfare(utilities)
        climbed, _ = mediate(utilities, "hill-climbing")
        annealed, messages = mediate(utilities, "annealing")
        reports.append(Report(parties, best, climbed, annealed, messages))
        print(f"{parties:>7}  {best:>12.2f}  {climbed / best:>13.1%}  {annealed / best:>8.1%}  {messages:>8,}")
    least = min(one.annealed / one.best for one in reports)
    most = max(one.climbed / one.best for one in reports)
    print(f"annealed mediation reaches at least {least:.1%} of the best social welfare, hill climbing at most {most:.1%}")
    return reports


if __name__ == "__main__":
    main()

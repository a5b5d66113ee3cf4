"""Mediation at scale: a hundred parties and 10^9 outcomes, by the optimum of what they disclose and by votes on a text.

CPU seconds of whole negotiations, disclosure, messages and consent included, on a virtual clock; whether the optimum is
proven, how near the others come to the best social welfare, and what a message costs where a text is voted on.
Run: python benchmarks/mediation.py [--quick]
"""

from __future__ import annotations

import random
import time

from harness import header, quick

from negotiate_rt import (
    AdditiveUtility,
    BargainingProblem,
    Issue,
    MediationOptions,
    NegotiationConfig,
    NegotiationExecutor,
    NegotiationOutcome,
    Negotiator,
    OutcomeSpace,
)

ISSUES, VALUES = 9, 10
PARTIES = (10, 100)
BALLOTS = 100 if quick() else 1_000


def problem(parties: int) -> BargainingProblem:
    """Return a problem of 10^9 outcomes with random additive utilities."""
    rng = random.Random(parties)
    space = OutcomeSpace([Issue(f"issue {k}", tuple(range(VALUES))) for k in range(ISSUES)])
    weights = dict.fromkeys(space.names, 1 / ISSUES)
    utilities = [
        AdditiveUtility(weights, {name: {value: rng.random() for value in range(VALUES)} for name in space.names}, space)
        for _ in range(parties)
    ]
    return BargainingProblem(space, utilities)


def mediate(matter: BargainingProblem, rounds: int, **options: object) -> tuple[NegotiationOutcome, float]:
    """Return how a mediation among all ends, and the CPU seconds that it took."""
    parties = [Negotiator(f"party {number}") for number in range(len(matter.utilities))]
    config = NegotiationConfig("mediation", rounds, timeout=None, options=MediationOptions(**options))  # type: ignore[arg-type]
    before = time.process_time()
    outcome = NegotiationExecutor(clock="virtual", seed=1).run(parties, config, matter)
    return outcome, time.process_time() - before


def main() -> None:
    """Measure and print."""
    header("mediation", outcomes=f"{VALUES**ISSUES:,}", ballots=BALLOTS)
    for parties in PARTIES:
        matter = problem(parties)
        best = 0.0
        for objective in ("utilitarian", "nash", "egalitarian", "kalai-smorodinsky"):
            outcome, seconds = mediate(matter, 10, objective=objective, solve_timeout=1.0 if quick() else 5.0)
            welfare = sum(outcome.utilities.values())
            best = max(best, welfare)
            result = outcome.result
            proof = "proven" if result.proven else f"value {result.value:.4g}, bound {result.bound:.4g}"
            told = f"{outcome.messages:>7,} messages  welfare {welfare / best:6.1%}  {proof}"
            print(f"  {parties:>3} parties, {objective:<18} {seconds:7.2f} s  {told}")
        outcome, seconds = mediate(matter, BALLOTS * 5 // 4, method="annealing")
        share, each = sum(outcome.utilities.values()) / best, 1e6 * seconds / outcome.messages
        told = f"{outcome.messages:>7,} messages  welfare {share:6.1%}  {each:.0f} µs a message"
        print(f"  {parties:>3} parties, {'annealed text':<18} {seconds:7.2f} s  {told}")


if __name__ == "__main__":
    main()

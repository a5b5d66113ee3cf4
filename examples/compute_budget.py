"""Three teams share a compute budget: 24 GPUs, one division that all must accept, and patience that pays.

Speech and robots need every GPU as much as the one before; to vision the first ones are worth the most (the square root
of its share). Stacked alternating offers go round: each team in turn takes the division on the table or lays down its
own, and it stands when nobody has an objection. All use one strategy, which moves to the division most like the last
one that is worth enough, and gives way along a curve: beta 0.5 is patient, 0.25 more so, 1 less.

Where all are equally patient they end where theory says that equals should: at the Kalai-Smorodinsky point, which here
is the egalitarian one too. A team that gives way later than the others gets more, and one that gives way earlier less.
"""

from __future__ import annotations

from negotiate_rt import (
    AcceptAspiration,
    AcceptLastChance,
    AdditiveUtility,
    BargainingProblem,
    ComposedStrategy,
    IntegerIssue,
    LinearConstraint,
    NegotiationConfig,
    NegotiationExecutor,
    NegotiationOutcome,
    Negotiator,
    OutcomeSpace,
    TimeDependentConcession,
    TradeOffBids,
    bargaining_solutions,
)

BUDGET = 24
RETURNS = {"vision": 0.5, "speech": 1.0, "robots": 1.0}  # the power of its share that a team's utility is
TEAMS = tuple(RETURNS)
SPACE = OutcomeSpace(
    [IntegerIssue(team, 0, BUDGET) for team in TEAMS],
    [LinearConstraint(dict.fromkeys(TEAMS, 1), least=BUDGET, most=BUDGET, name="all of the budget")],
)
BETAS: tuple[tuple[float, ...], ...] = (
    (0.5, 0.5, 0.5), (1, 1, 1), (0.25, 0.5, 0.5), (0.5, 0.25, 0.5), (0.5, 0.5, 0.25), (1, 0.5, 0.5), (0.5, 0.5, 1),
)  # fmt: skip


def utility_of(team: str) -> AdditiveUtility:
    """Return what divisions are worth to one team: only its own GPUs count."""
    worth = {one: lambda gpus: (gpus / BUDGET) ** RETURNS[team] for one in TEAMS}
    return AdditiveUtility({one: float(one == team) for one in TEAMS}, worth)


PROBLEM = BargainingProblem(SPACE, {team: utility_of(team) for team in TEAMS})


def divide(betas: tuple[float, ...]) -> NegotiationOutcome:
    """Let the teams negotiate, each as patient as its beta says."""
    enough = AcceptAspiration() | AcceptLastChance()
    teams = [
        Negotiator(team, strategy=ComposedStrategy(TradeOffBids(TimeDependentConcession(beta)), enough))
        for team, beta in zip(TEAMS, betas, strict=True)
    ]
    rules = NegotiationConfig("stacked-alternating-offers", max_rounds=40)
    return NegotiationExecutor(clock="virtual").run(teams, rules, PROBLEM)


def main() -> tuple[dict[str, tuple[int, ...]], dict[tuple[float, ...], tuple[int, ...]]]:
    """Print and return how theory divides the budget, by the solution's name, and how the teams do, by their betas."""
    print(f"{'GPUs for':24}" + "".join(f"{team:>8}" for team in TEAMS))
    theory = {point.name: point.outcome for point in bargaining_solutions(PROBLEM)}
    for name, division in theory.items():
        print(f"{name:24}" + "".join(f"{gpus:8}" for gpus in division))
    print()
    deals = {}
    for betas in BETAS:
        outcome = divide(betas)
        deals[betas] = outcome.accepted_offer.value if outcome.accepted_offer else ()
        row = "".join(f"{gpus:8}" for gpus in deals[betas])
        print(f"{f'betas {betas}':24}{row}   {outcome.final_state} in round {outcome.rounds_used}")
    return theory, deals


if __name__ == "__main__":
    main()

"""A service-level agreement: a provider and a customer settle latency, price and availability at once.

Price matters most to the provider and latency to the customer, and neither tells. Both go down the same curve from their
best outcome towards their reservation value; what differs is only which of the outcomes worth the same to themselves
they put on the table. Without a thought for the other side they settle on something that another agreement betters for
both. Offering, among equals, what a model of the other side says it likes (Bayesian or by frequency), or what is most
like its last offer (trade-off), costs nobody anything. How far each deal then lies from the Pareto frontier, and from
the solutions of Nash and of Kalai and Smorodinsky, is measured in utilities from 0 to 1. Not every guess is a good one.
"""

from __future__ import annotations

from negotiate_rt import (
    AcceptAspiration,
    AcceptLastChance,
    AdditiveUtility,
    Assessment,
    BargainingProblem,
    BayesianModel,
    ComposedStrategy,
    ConcedingBids,
    ContinuousIssue,
    FrequencyModel,
    IntegerIssue,
    LinearEvaluation,
    NegotiationConfig,
    NegotiationExecutor,
    Negotiator,
    OrdinalIssue,
    OutcomeSpace,
    PolynomialEvaluation,
    TimeDependentConcession,
    TradeOffBids,
    TriangularEvaluation,
    assess_outcome,
    bargaining_solutions,
)

ISSUES = OutcomeSpace([
    ContinuousIssue("price", 100, 1000),  # a month
    IntegerIssue("latency", 10, 200, step=10),  # milliseconds
    OrdinalIssue("availability", ("99 %", "99.9 %", "99.99 %")),
])  # fmt: skip
CUSTOMER = AdditiveUtility(
    {"price": 0.3, "latency": 0.5, "availability": 0.2},
    {
        "price": LinearEvaluation(slope=-1 / 900, intercept=10 / 9),
        "latency": TriangularEvaluation(low=10, peak=10, high=200),
        "availability": {"99 %": 0, "99.9 %": 0.8, "99.99 %": 1},
    },
)
PROVIDER = AdditiveUtility(
    {"price": 0.5, "latency": 0.2, "availability": 0.3},
    {
        "price": LinearEvaluation(slope=1 / 900, intercept=-1 / 9),
        "latency": PolynomialEvaluation((-0.1, 0.011, -0.0000275)),  # the last milliseconds are the dear ones
        "availability": {"99 %": 1, "99.9 %": 0.7, "99.99 %": 0},
    },
)
SPACE = ISSUES.discretize(91)  # prices in steps of 10
PROBLEM = BargainingProblem(SPACE, {"customer": CUSTOMER, "provider": PROVIDER}, {"customer": 0.4, "provider": 0.4})

CURVE = TimeDependentConcession(beta=0.5)
ENOUGH = AcceptAspiration() | AcceptLastChance()
STRATEGIES = {
    "no thought": ComposedStrategy(ConcedingBids(CURVE), ENOUGH),
    "frequency": ComposedStrategy(ConcedingBids(CURVE), ENOUGH, FrequencyModel()),
    "Bayesian": ComposedStrategy(ConcedingBids(CURVE), ENOUGH, BayesianModel()),
    "trade-off": ComposedStrategy(TradeOffBids(CURVE), ENOUGH),
}


def main() -> dict[str, Assessment]:
    """Bargain once with each strategy in both seats; print and return how the deals compare with theory."""
    theory = bargaining_solutions(PROBLEM)
    print(f"{SPACE.size:,} outcomes, {len(theory.frontier or ())} of them efficient")
    for point in theory:
        print(
            f"  {point.name:18} {' '.join(f'{worth:.3f}' for worth in point.utilities)}  {SPACE.describe(point.outcome)}"
        )
    print(
        f"\n{'both offer by':14} {'customer':>8} {'provider':>8} {'to frontier':>12} {'to Nash':>8} {'to KS':>6}  deal"
    )
    found = {}
    for name, strategy in STRATEGIES.items():
        parties = [Negotiator(party, strategy=strategy) for party in ("customer", "provider")]
        outcome = NegotiationExecutor(clock="virtual").run(
            parties, NegotiationConfig("bilateral", max_rounds=30), PROBLEM
        )
        deal = assess_outcome(PROBLEM, outcome.accepted_offer.value if outcome.accepted_offer else None, theory)
        away = deal.to_frontier, deal.to_points["Nash"], deal.to_points["Kalai-Smorodinsky"]
        print(f"{name:14} {deal.utilities[0]:8.3f} {deal.utilities[1]:8.3f}", end=" ")
        print(f"{away[0]:12.3f} {away[1]:8.3f} {away[2]:6.3f}  {deal.outcome}")
        found[name] = deal
    return found


if __name__ == "__main__":
    main()

"""Whom no outcome suits walks away in every protocol where it may, and is blamed for nothing."""

from __future__ import annotations

import pytest

from negotiate_rt import BargainingProblem, Issue, NegotiationConfig, NegotiationExecutor, Negotiator

PROTOCOLS = (
    "alternating-menus", "bilateral", "monotonic-concession", "rubinstein", "signalled-bargaining",
    "stacked-alternating-offers",
)  # fmt: skip


@pytest.mark.parametrize("discounts", [(), (0.9, 0.9), (0, 0)])
@pytest.mark.parametrize("least", [(9, 9), (9, 0), (0, 9)])
@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_whom_no_outcome_suits_walks_away_in_the_first_round(protocol, least, discounts):
    utilities = [lambda outcome: outcome[0], lambda outcome: 4 - outcome[0]]
    problem = BargainingProblem([Issue("x", (0, 1, 2, 3, 4))], utilities, least, discounts=discounts)
    executor = NegotiationExecutor(clock="virtual", seed=1)
    outcome = await executor.execute([Negotiator("a"), Negotiator("b")], NegotiationConfig(protocol, 20), problem)
    assert outcome.final_state == "FAILED"
    assert outcome.failure_reason.startswith("walked-away: " + ("a" if least[0] else "b"))
    assert "no outcome is worth its reservation value 9" in outcome.failure_reason
    assert (outcome.rounds_used, outcome.faults) == (1, ())

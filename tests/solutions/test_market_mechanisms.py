"""Markets as direct mechanisms: McAfee is truthful for one unit each, the k-double auction balances."""

from __future__ import annotations

import pytest

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.solutions.audit import audit
from negotiate_rt.solutions.market_mechanisms import call_market, mcafee_market
from negotiate_rt.solutions.mechanisms import TypeSpace


def test_mcafee_is_truthful_rational_and_never_short_of_money() -> None:
    report = audit(mcafee_market(types=TypeSpace(range(6))))
    assert report.exhaustive
    for name in ("dominant-strategy", "bayesian", "individually-rational", "no-deficit", "monotone"):
        assert report[name].verdict == "holds"
    assert report["efficient"].verdict == "fails"  # the k-th pair may go without


def test_mcafee_trades_two_pairs_and_keeps_six() -> None:  # reference case 18
    market = mcafee_market(4, 4, TypeSpace((1.0, 2.0)))
    ((_, found),) = market.lottery((9, 8, 7, 1, 2, 3, 4, 20))
    assert found.payments == (7, 7, 0, 0, -4, -4, 0, 0)
    assert sum(found.payments) == 6
    ((_, found),) = market.lottery((9, 8, 7, 4, 2, 3, 4, 5))
    assert found.payments == (4.5, 4.5, 4.5, 0, -4.5, -4.5, -4.5, 0)


def test_the_call_market_balances_and_is_not_truthful() -> None:
    report = audit(call_market(types=TypeSpace(range(5))))
    assert report["balanced"].verdict == report["efficient"].verdict == "holds"
    assert report["dominant-strategy"].verdict == "fails"
    assert report.agents == ("buyer 1", "buyer 2", "seller 1", "seller 2")


def test_mistakes_are_told() -> None:
    with pytest.raises(ConfigurationError, match="buyers must be"):
        mcafee_market(0)
    with pytest.raises(ConfigurationError, match="k must be between 0 and 1"):
        call_market(k=2)

"""What theory says of a problem, as the command line tells it: books' numbers, and no bargain said plainly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from negotiate_rt import AdditiveUtility, BargainingProblem, ContinuousIssue, IntegerIssue, Issue, scenarios
from negotiate_rt.cli.analyzing import Wish, of_scenario
from negotiate_rt.problems import LinearEvaluation
from negotiate_rt.report.analysis import Analysis, analysis_of, analyze, cloud_of

POINTS = {"a": (10, 1), "b": (8, 3), "c": (6, 5), "d": (4, 7), "e": (1, 9), "bad": (3, 4), "none": (0, 0)}


def problem(*least: float, points: Mapping[str, tuple[float, ...]] = POINTS) -> BargainingProblem:
    worths = [{name: point[party] for name, point in points.items()} for party in range(2)]
    utilities = {name: AdditiveUtility({"deal": 1}, {"deal": worth}) for name, worth in zip(("Ann", "Bob"), worths, strict=True)}
    return BargainingProblem([Issue("deal", tuple(points))], utilities, dict(zip(("Ann", "Bob"), least, strict=False)))


def of(text: str) -> Analysis:
    one = scenarios.loads(text)
    return analysis_of(of_scenario(one, Wish(one.name)), one.name)


def haggle(buyer: float, seller: float, more: str = "") -> str:
    return (
        f'name = "x"\n{more or "protocol = " + chr(34) + "bilateral" + chr(34)}\n[[agents]]\ntype = "buyer"\nname = "Bea"\n'
        f'limit = {buyer}\n[[agents]]\ntype = "seller"\nname = "Sam"\nlimit = {seller}\n'
    )


def test_a_problem_over_issues_is_told_in_full() -> None:
    found = analyze(problem(), "deals")
    assert (found.kind, found.parties, found.outcomes, found.possible) == ("issues", ("Ann", "Bob"), 7, True)
    assert found.verdict == "a bargain is possible"
    assert (found.frontier_size, len(found.frontier)) == (5, 5)
    assert [one.deal for one in found.frontier] == [{"deal": name} for name in "abcde"]
    assert found.frontier[0].utilities == {"Ann": 10, "Bob": 1}
    nash = found.solutions["Nash"]
    assert (nash.deal, nash.value, nash.gains) == ({"deal": "c"}, 30, {"Ann": 6, "Bob": 5})
    assert list(found.solutions) == ["Nash", "Kalai-Smorodinsky", "egalitarian", "utilitarian", "equal loss"]
    assert found.solutions["utilitarian"].tied == 3
    assert found.ideal == {"Ann": 10, "Bob": 9}
    assert found.opposition == pytest.approx((4**2 + 4**2) ** 0.5)
    assert msgspec.json.decode(msgspec.json.encode(found))["solutions"]["Nash"]["deal"] == {"deal": "c"}


def test_the_frontier_can_be_told_in_part_from_end_to_end() -> None:
    assert [one.deal["deal"] for one in analyze(problem(), most=3).frontier] == ["a", "c", "e"]
    assert [one.deal["deal"] for one in analyze(problem(), most=1).frontier] == ["a"]
    assert analyze(problem(), most=0).frontier == ()
    assert len(analyze(problem(), most=50).frontier) == 5


def test_no_bargain_is_a_verdict() -> None:
    found = analyze(problem(9, 9))
    assert found.verdict == "no bargain is possible"
    assert (found.possible, found.solutions, found.ideal) == (False, {}, None)
    assert found.frontier_size == 5
    found = of(haggle(50, 60))
    assert found.verdict == "no bargain is possible"
    assert found.price is not None
    assert (found.price.low, found.price.middle, found.price.surplus) == (None, None, -10)


def test_a_price_is_split_in_the_middle() -> None:
    found = of(haggle(80, 60))
    price = found.price
    assert price is not None
    assert (price.low, price.high, price.middle, price.surplus) == (60, 80, 70, 20)
    assert (price.buyer, price.seller) == ("Bea", "Sam")
    assert found.solutions["Nash"].deal == pytest.approx(70)
    assert found.solutions["Nash"].gains == pytest.approx({"Bea": 10, "Sam": 10})
    assert "every deal within the limits does as well" in found.solutions["utilitarian"].definition
    assert found.delay is None


def test_a_price_that_waiting_wears_away_is_rubinsteins() -> None:
    found = of(haggle(100, 0, 'protocol = "rubinstein"\n[options]\ndiscounts = [0.9, 0.8]\n'))
    delay = found.delay
    assert delay is not None
    assert delay.first == "Bea"
    assert delay.shares == pytest.approx({"Bea": 100 * 5 / 7, "Sam": 100 * 2 / 7})
    assert delay.deal == pytest.approx(100 * 2 / 7)  # the buyer keeps 5/7 of what there is between the limits
    assert delay.period == 1


def test_patience_without_end_is_told_and_no_error() -> None:
    found = of(haggle(100, 0, 'protocol = "rubinstein"'))
    assert found.delay is not None
    assert found.delay.deal is None
    assert found.delay.note
    costs = of(haggle(100, 0, 'protocol = "rubinstein"\n[options]\ncosts = 1\n'))
    assert costs.delay is not None
    assert "several equilibria: Bea gets anything from 1 to 100" in costs.delay.note


def test_a_pie_is_shared_by_its_reservation_values() -> None:
    found = of(
        'name = "x"\nprotocol = "bilateral"\nreservation_value = 10\ninitial_offer = 100\nproblem = {type = "pie", size = 100}\n'
        'agents = [{type = "plain", name = "Ann"}, {type = "plain", name = "Bob"}]'
    )
    assert found.kind == "pie"
    assert found.disagreement == {"Ann": 10, "Bob": 10}
    assert found.solutions["Nash"].deal == pytest.approx({"Ann": 50, "Bob": 50})
    assert found.frontier_size is None
    assert found.opposition is None


def test_alternating_offers_over_outcomes_have_an_equilibrium() -> None:
    found = analyze(problem())
    assert found.delay is None
    text = (
        'name = "x"\nprotocol = "rubinstein"\noptions = {discounts = 0.9, horizon = 1}\n[problem]\ntype = "issues"\n'
        'issues = [{name = "deal", values = ["a", "c", "e"]}]\n'
    ) + "".join(
        f'[[agents]]\ntype = "negotiator"\nname = "{name}"\nweights = {{deal = 1}}\nvalues = {{deal = {worths}}}\n'
        for name, worths in (("Ann", "[10, 6, 1]"), ("Bob", "[1, 5, 9]"))
    )
    delay = of(text).delay
    assert delay is not None
    assert delay.deal == {"deal": "a"}  # with one period the first takes the best that leaves the other anything


def test_a_space_that_is_too_large_to_list_is_drawn_from() -> None:
    large = [IntegerIssue(f"i{place}", 0, 9) for place in range(12)]
    worth: Any = [
        AdditiveUtility({one.name: 1 + (k + place) % 3 for place, one in enumerate(large)},
                        {one.name: LinearEvaluation(1 - 2 * k) for one in large}) for k in range(2)
    ]  # fmt: skip
    vast = BargainingProblem(large, worth)
    found = analyze(vast, most=10)
    assert found.outcomes == 10**12
    assert len(found.frontier) == 10
    assert cloud_of(vast, 50).shape == (50, 2)
    assert cloud_of(problem()).tolist() == [list(map(float, point)) for point in POINTS.values()]


def test_the_sum_of_gains_of_a_single_outcome_is_everybodys_ideal() -> None:
    found = analyze(problem(points={"only": (3, 4)}))
    assert found.frontier_size == 1
    assert {name: one.deal for name, one in found.solutions.items()} == {key: {"deal": "only"} for key in found.solutions}
    assert found.opposition == 0


def test_a_continuous_issue_is_an_error_that_names_it() -> None:
    from negotiate_rt import ConfigurationError

    share = ContinuousIssue("share", 0, 1)
    endless = BargainingProblem([share], [AdditiveUtility({"share": 1}, {"share": LinearEvaluation(one)}) for one in (1, -1)])
    with pytest.raises(ConfigurationError, match="share"):
        analyze(endless)

"""Searches in reports: counted beside the optimum, told in tables and pages, and drawn as curves."""

from __future__ import annotations

import json

import pytest
from rich.console import Console

from negotiate_rt.messages.outcome import AGREED, NegotiationOutcome
from negotiate_rt.problems.dcop import CostFunction, DcopProblem, Variable
from negotiate_rt.protocols.account import SolvingResult
from negotiate_rt.report import Tally
from negotiate_rt.report.cost_curve import cost_chart, cost_picture, stairs, steps
from negotiate_rt.report.page import page
from negotiate_rt.report.plain import encoded
from negotiate_rt.report.searches import Searches, in_line, rows
from negotiate_rt.report.solving_tables import assignment_table, problem_line, results_table, session_tables
from negotiate_rt.report.study import Study
from negotiate_rt.report.tables import outcome_tables, report_tables
from negotiate_rt.report.theory import Theories
from negotiate_rt.solutions.dcop.tally import CostPoint

PAIR = DcopProblem([Variable("a", "xy"), Variable("b", "xy")], [CostFunction("ab", ("a", "b"), [[3, 1], [2, 4]])])
CURVE = (CostPoint(0, 0.0, None, 0), CostPoint(1, 0.5, 3.0, 2), CostPoint(2, 1.5, 1.0, 4), CostPoint(3, 2.0, 1.0, 6))


def result(cost: float | None = 1.0, algorithm: str = "mgm", **other: object) -> SolvingResult:
    fields: dict[str, object] = {
        "algorithm": algorithm, "objective": "min", "assignment": None if cost is None else {"a": "x", "b": "y"}, "cost": cost,
        "violated": (), "final_cost": cost, "messages": 6, "bytes": 600, "cycles": 3, "checks": 12, "proven": False,
        "curve": CURVE,
    }  # fmt: skip
    return SolvingResult(**{**fields, **other})


def outcome(came: SolvingResult) -> NegotiationOutcome:
    return NegotiationOutcome(
        id="s/1", protocol=came.algorithm, agreed=True, accepted_offer=None, all_offers=(), rounds_used=3, duration_ms=2000.0,
        final_state=AGREED, failure_reason=None, utilities={}, result=came, messages=8,
    )  # fmt: skip


def printed(*parts: object) -> str:
    console = Console(width=120, force_terminal=False)
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    return captured.get()


def counted(*results: SolvingResult, problem: DcopProblem | None = PAIR) -> Tally:
    tally = Tally()
    tally.searches.problem = problem
    for one in results:
        tally.add(outcome(one))
    return tally


def test_searches_are_counted_by_algorithm_beside_the_optimum():
    broken = result(9.0, violated=("ab",))
    report = counted(result(1.0), result(2.0), broken, result(1.0, "dpop", proven=True), result(None, "dpop")).searches.report()
    mgm, dpop = report.algorithms["mgm"], report.algorithms["dpop"]
    assert report.optimum == 1
    assert (mgm.sessions, mgm.complete, mgm.optimal, mgm.proven, mgm.cost.mean) == (3, 2, 1, 0, 1.5)
    assert (dpop.sessions, dpop.complete, dpop.optimal, dpop.proven) == (2, 1, 1, 1)
    assert in_line(report) == "beside theory: the optimum is 1; dpop is at it in 50.0% of 2, mgm is at it in 33.3% of 3"
    assert rows(report)[1] == ("mgm", "3", "2", "0", "1.5", "1", "2", "1", "6", "12")


def test_best_of_what_is_maximised_is_the_greatest():
    report = counted(result(1.0, objective="max"), result(2.0, objective="max"), problem=None).searches.report()
    assert rows(report)[0][5:8] == ("2", "1", "-")
    assert in_line(report).startswith("beside theory: the optimum is not known")


def test_an_optimum_that_takes_too_much_is_left_open():
    crowd = [Variable(f"v{i}", range(3)) for i in range(16)]
    pairs = [CostFunction(f"{i},{j}", (f"v{i}", f"v{j}"), [[1] * 3] * 3) for i in range(16) for j in range(i)]
    assert counted(result(), problem=DcopProblem(crowd, pairs)).searches.report().optimum is None


def test_other_outcomes_are_no_searches():
    searches = Searches()
    searches.add(NegotiationOutcome(
        id="s/1", protocol="bilateral", agreed=True, accepted_offer=None, all_offers=(), rounds_used=3, duration_ms=2.0,
        final_state=AGREED, failure_reason=None, utilities={},
    ))  # fmt: skip
    assert searches.report() is None


def test_searches_are_told_in_tables_pages_and_json():
    report = counted(result()).report("pair")
    told = printed(*report_tables(report))
    assert "beside theory: the optimum is 1; mgm is at it in 100.0% of 1" in told
    assert "at the optimum" in told
    assert "Searches beside theory" in page(report, Study(Theories()))
    tree = json.loads(encoded(report))
    assert tree["searches"]["algorithms"]["mgm"]["cost"]["mean"] == 1


def test_one_search_is_told_with_its_assignment_and_its_curve():
    told = printed(*outcome_tables(outcome(result(proven=True))))
    assert "mgm: cost 1, proved to be the best" in told
    assert "6 messages, 600 bytes, 12 checks one after the other, 3 cycles" in told
    assert "mgm:  a = x, b = y" in told
    assert "cycle" in told
    without = printed(*session_tables(result(None, cycles=0, curve=())))
    assert "mgm: cost -" in without
    assert "cycle" not in without


def test_results_are_told_side_by_side():
    both = [(outcome(result()), 0.25), (outcome(result(proven=True)), 1.0)]
    told = printed(problem_line("pair.toml", PAIR), results_table(both))
    assert "pair.toml: min over 2 variables of 2 agents, 1 cost functions" in told
    assert [line.split()[:3] for line in told.splitlines()[2:]] == [["mgm", "agreed", "1"], ["mgm", "optimal", "1"]]


def test_a_long_assignment_is_cut_and_says_so():
    told = printed(assignment_table(result(violated=("ab",)), 1))
    assert "a = x ... and 1 more (--json)" in told
    assert told.startswith("broken:  ab")


def test_a_curve_is_drawn_where_there_is_a_complete_assignment():
    assert steps(CURVE) == [(1, 3.0), (2, 1.0), (3, 1.0)]
    assert steps(CURVE, "time") == [(0.5, 3.0), (1.5, 1.0), (2.0, 1.0)]
    assert stairs(steps(CURVE)) == [(1, 3.0), (2, 3.0), (2, 1.0), (3, 1.0)]
    assert list(cost_picture(result(), 20)) == []
    assert "⠉" in printed(*cost_picture(result(), 80)) or "⡇" in printed(*cost_picture(result(), 80))
    assert printed(*cost_picture(result(), 80, ascii_only=True)).isascii()


@pytest.mark.parametrize(("over", "label"), [("cycles", "cycle"), ("time", "seconds on the society")])
def test_curves_of_several_searches_share_a_chart(over, label):
    proof = result(1.0, "dpop", curve=(CostPoint(0, 1.0, 1.0, 9),), proven=True)
    drawn = cost_chart([result(), proof], over).svg(alone=True)
    assert drawn.startswith("<svg ")
    assert drawn.count("<polyline") == 2
    assert label in drawn
    assert "mgm: from 3 to 1; dpop: from 1 to 1" in drawn
    assert "no complete assignment" in cost_chart([result(None, curve=())]).svg()

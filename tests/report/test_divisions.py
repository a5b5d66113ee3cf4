"""What a run's report says of fair divisions."""

from __future__ import annotations

import io
import json

from rich.console import Console

from negotiate_rt import DivisionOptions, Rent, scenarios
from negotiate_rt.report import Tally
from negotiate_rt.report.divisions import holdings
from negotiate_rt.report.page import page
from negotiate_rt.report.plain import encoded, outcome_record
from negotiate_rt.report.study import Study
from negotiate_rt.report.tables import outcome_tables, report_tables
from tests.protocols.divisions import crashing, held, honest


def told(parts) -> str:
    console = Console(file=io.StringIO(), width=140)
    for part in parts:
        console.print(part)
    return console.file.getvalue()


def test_report_says_which_promises_held_and_which_other_properties():
    scenario = scenarios.load("round-robin")
    tally = Tally()
    for outcome in scenario.executor("virtual").run_many(scenario.jobs(10)):
        tally.add(outcome)
    found = tally.report("ten").divisions
    assert (found.sessions, found.judged, found.kept, found.searched, found.left_out) == (10, 10, 10, 0, 0)
    assert (found.properties["EF1"].held, found.properties["EF1"].promised) == (10, True)
    equitable = found.properties["equitable"]
    assert (equitable.failed, equitable.promised) == (10, False)
    assert equitable.example.startswith("round-robin/1: heir-")
    printed = told(report_tables(tally.report("ten")))
    assert "what the rule promises held in 100.0% of 10 divisions" in printed
    assert "promised" in printed
    assert "Divisions beside theory" in page(tally.report("ten"), Study())
    assert json.loads(encoded(tally.report("ten")))["divisions"]["properties"]["EF1"]["held"] == 10


def test_optima_that_are_proven_and_claimants_that_are_left_out_are_counted():
    tally = Tally()
    tally.add(held("leximin", [*honest([3, 1], [1, 3]), crashing("odd", [1, 1])], ["x", "y"]))
    tally.add(held("knaster", honest([3, 1], [1, 3]), ["x", "y"], options=DivisionOptions(verdicts=False)))
    report = tally.report("two")
    assert (report.divisions.searched, report.divisions.proven, report.divisions.left_out) == (1, 1, 1)
    assert report.divisions.judged == 1
    assert "100.0% of the optima are proven; 1 claimants were left out" in told(report_tables(report))
    alone = Tally()
    alone.add(held("knaster", honest([3, 1], [1, 3]), ["x", "y"], options=DivisionOptions(verdicts=False)))
    assert "no verdict on 1 divisions" in told(report_tables(alone.report("one")))
    assert "divisions" not in json.loads(encoded(Tally().report("none")))


def test_one_division_is_told_with_who_gets_what_and_why_it_is_fair():
    flat = held("rent-division", honest([9, 4], [5, 6]), Rent(10, ("big", "small")))
    printed = told(outcome_tables(flat))
    assert "a big 6.5 9 b small 3.5 6" in " ".join(printed.split())
    assert "yes  envy-free (promised): nobody prefers another's items at what it pays" in printed
    record = outcome_record(flat)["result"]
    assert record["payments"] == {"a": 6.5, "b": 3.5}
    json.dumps(record)


def test_holdings_are_told_for_every_kind_of_division():
    from negotiate_rt import CakeValue, Claimant

    points = held("adjusted-winner", honest([30, 15, 20, 30, 5], [20, 25, 15, 15, 25]), list("vwxyz")).result
    assert holdings(points)[0][1] == "v, 0.1429 of x, y"
    assert holdings(held("bankruptcy", honest(100, 200, 300), 200).result)[1] == ("b", "75", "-", "75")
    cake = held("moving-knife", [Claimant(name, CakeValue([0, 2], [1])) for name in "ab"]).result
    assert holdings(cake)[0] == ("a", "from 0 to 1", "-", "1")
    drawn = held("probabilistic-serial", honest([2, 1], [2, 1]), ["x", "y"]).result
    assert sorted(one[1] for one in holdings(drawn)) == ["x", "y"]
    left = held("knaster", [*honest([3, 1], [1, 3]), crashing("odd", [1, 1])], ["x", "y"])
    assert holdings(left.result)[2][1].startswith("nothing: agent-crashed: odd")
    assert "nobody got" not in told(outcome_tables(left))

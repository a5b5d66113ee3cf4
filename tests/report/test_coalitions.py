"""What a run's report says of coalition formations."""

from __future__ import annotations

import io
import json

from rich.console import Console

from negotiate_rt import Agent, CoalitionGame, CoalitionOptions, NegotiationConfig, NegotiationExecutor, scenarios
from negotiate_rt.report import Tally
from negotiate_rt.report.coalitions import history_in_words
from negotiate_rt.report.page import page
from negotiate_rt.report.plain import encoded, outcome_record
from negotiate_rt.report.study import Study
from negotiate_rt.report.tables import outcome_tables, report_tables

GAME = CoalitionGame("abc", {"a": 0, "b": 0, "c": 0, "ab": 60, "ac": 50, "bc": 40, "abc": 90})


def ran(game=GAME, names="abc", times=1, **options):
    config = NegotiationConfig("coalition-formation", 12, options=CoalitionOptions(**options))
    return NegotiationExecutor(clock="virtual").run_many([([Agent(name) for name in names], config, game)] * times)


def told(parts) -> str:
    console = Console(file=io.StringIO(), width=140)
    for part in parts:
        console.print(part)
    return console.file.getvalue()


def test_report_sets_payoffs_beside_the_values_of_the_game():
    tally = Tally()
    for outcome in ran(times=3):
        tally.add(outcome)
    report = tally.report("three")
    found = report.coalitions
    assert (found.sessions, found.judged, found.stable, found.best, found.efficiency) == (3, 3, 1.0, 1.0, 1.0)
    assert found.shapley == {"a": 35, "b": 30, "c": 25}
    assert found.nucleolus == {"a": 40, "b": 30, "c": 20}
    assert found.structures == {"{a, b, c}": 3}
    printed = told(report_tables(report))
    assert "100.0% of 3 results are in the core" in printed
    assert "nucleolus" in printed
    assert "Coalitions beside theory" in page(report, Study())
    assert json.loads(encoded(report))["coalitions"]["payoffs"]["a"]["mean"] == 30


def test_sessions_of_different_games_have_no_values_in_common():
    tally = Tally()
    for game in (GAME, CoalitionGame("abc", {"ab": 10}, otherwise=0)):
        tally.add(ran(game)[0])
    found = tally.report("two").coalitions
    assert found.shapley is None
    assert found.best_structure is None
    assert found.structures == {"{a, b, c}": 1, "{a, b} {c}": 1}


def test_empty_core_and_blocking_coalition_are_said():
    tally = Tally()
    (outcome,) = ran(CoalitionGame("abc", {"ab": 1, "ac": 1, "bc": 1, "abc": 1}, otherwise=0))
    tally.add(outcome)
    assert tally.report("majority").coalitions.core_empty
    assert "(it is empty)" in told(report_tables(tally.report("majority")))
    assert "would gain" in told(outcome_tables(outcome))


def test_session_is_told_step_by_step():
    (outcome,) = ran()
    assert history_in_words(outcome.result) == [("1", "a", "formed (a 30, b 30, c 30): b joined, c joined")]
    printed = told(outcome_tables(outcome))
    assert "coalitions: {a, b, c}, worth 90 in all" in printed
    assert outcome_record(outcome)["result"]["structure"] == [["a", "b", "c"]]


def test_without_theory_nothing_is_said_of_it():
    tally = Tally()
    tally.add(ran(theory=False)[0])
    found = tally.report("plain").coalitions
    assert (found.judged, found.stable, found.best) == (0, None, None)
    assert "nothing is known" in told(report_tables(tally.report("plain")))


def test_other_protocols_report_no_coalitions():
    tally = Tally()
    scenario = scenarios.load("haggling")
    for outcome in scenario.executor("virtual").run_many(scenario.jobs(2)):
        tally.add(outcome)
    assert not tally.report("haggling").coalitions
    assert b"coalitions" not in encoded(tally.report("haggling"))

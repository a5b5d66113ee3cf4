"""What a person reads on a terminal."""

from __future__ import annotations

import io
from collections.abc import Iterable

import msgspec
from rich.console import Console

from negotiate_rt import scenarios
from negotiate_rt.report import Tally
from negotiate_rt.report.tables import ENDS_SHOWN, number, outcome_tables, report_tables, words
from negotiate_rt.scenarios import Scenario


def text(parts: Iterable[object]) -> str:
    console = Console(file=io.StringIO(), width=140, markup=False, highlight=False)
    for part in parts:
        console.print(part)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def tally(*several: Scenario, sessions: int = 10) -> Tally:
    made = Tally()
    for one in several:
        for outcome in one.executor("virtual").run_many(one.jobs(sessions)):
            made.add(outcome)
    return made


def test_numbers_are_short_and_whole_ones_whole() -> None:
    assert [number(one) for one in (None, 3.0, 1234567.0, 3.14159, 12345.678, -0.5)] == [
        "-", "3", "1,234,567", "3.142", "12,346", "-0.5",
    ]  # fmt: skip
    assert words((1, "a"), ("food", "[b]site[/b]")) == "food 1, [b]site[/b] a"


def test_report_of_one_protocol() -> None:
    report = tally(scenarios.load("haggling")).report("haggling", clock="virtual", seed=7, wall_seconds=0.5)
    shown = text(report_tables(report))
    headline = ("haggling: ", " of 10 sessions agreed", "virtual clock, seed 7, 0.50 s, 20 sessions/s")
    for fact in (*headline, "bilateral", "Bea", "Sam"):
        assert fact in shown
    assert "INTERRUPTED" not in shown
    assert "faults of agents" not in shown


def test_report_of_many_protocols_sums_them_and_tells_agents_apart() -> None:
    shown = text(report_tables(tally(*map(scenarios.load, ("first-price", "vickrey"))).report("both", 25)))
    assert "both: 20 of 20 sessions agreed (100.0%); INTERRUPTED, 25 were asked for" in shown
    assert "bidder-1 (first-price-auction)" in shown
    assert "bidder-1 (vickrey-auction)" in shown
    assert "  all " in shown


def test_failures_and_faults_come_with_their_first_example() -> None:
    spec = scenarios.load("haggling").spec
    first = msgspec.structs.replace(spec.agents[0], behaviour="crash", name="[red]Bea")
    shown = text(
        report_tables(tally(Scenario(msgspec.structs.replace(spec, agents=(first, spec.agents[1])))).report("x"))
    )
    assert "agent-crashed" in shown
    assert "100.0%" in shown
    assert "raised RuntimeError: crashed on purpose" in shown
    assert "[red]Bea" in shown  # a name is no markup


def test_an_empty_report_is_a_report() -> None:
    assert "x: 0 of 0 sessions agreed; INTERRUPTED, 3 were asked for" in text(report_tables(Tally().report("x", 3)))


def test_one_session_is_told_with_its_offers_and_its_deal() -> None:
    one = scenarios.load("campsite")
    shown = text(outcome_tables(one.executor("virtual").run(*one.job(1)), one.issues))
    assert "campsite/1: the offers" in shown
    assert "food 3, water 3, firewood 3" in shown
    assert "AGREED in round " in shown


def test_one_auction_is_told_with_its_result() -> None:
    one = scenarios.load("vickrey")
    shown = text(outcome_tables(one.executor("virtual").run(*one.job(1))))
    assert "result: success True, winner bidder-" in shown
    assert "pay_price" in shown
    net = scenarios.load("contract-net")
    assert "result: awarded cheap, reports (cheap done)" in text(
        outcome_tables(net.executor("virtual").run(*net.job(1)))
    )


def test_a_long_or_failed_session_is_cut_and_told_with_its_faults() -> None:
    head = 'name = "x"\nprotocol = "bilateral"\nmax_rounds = 100\n'
    one = scenarios.loads(
        head + 'agents = [{type = "buyer", name = "a", limit = 1}, {type = "seller", name = "b", limit = 9}]'
    )
    shown = text(outcome_tables(one.executor("virtual").run(*one.job(1))))
    assert f"{200 - 2 * ENDS_SHOWN} more offers" in shown
    assert "DEADLOCK in round 100: max-rounds" in shown
    hung = scenarios.loads(
        head.replace("100", "3") + "turn_timeout = 1\n"
        'agents = [{type = "buyer", name = "a", limit = 1, behaviour = "hang"}, '
        '{type = "seller", name = "b", limit = 9, behaviour = "hang"}]'
    )
    shown = text(outcome_tables(hung.executor("virtual").run(*hung.job(1))))
    assert "the offers" not in shown
    assert "fault of a: late: decide gave no answer" in shown

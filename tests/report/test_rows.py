"""outcomes.csv: what is written is read back, whatever names and values hold."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from negotiate_rt import NegotiationExecutor, NegotiationOutcome, scenarios
from negotiate_rt.report import ResultFolder, compare
from negotiate_rt.report.rows import MOST_AGENTS, POINTS, OutcomeRows


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def written(outcomes: list[NegotiationOutcome], issues: tuple[str, ...], agents: tuple[str, ...]) -> list[dict[str, str]]:
    stream = io.StringIO(newline="")
    table = OutcomeRows(stream, issues, agents)
    for outcome in outcomes:
        table.add(outcome)
    return rows(stream.getvalue())


def test_numbers_come_back_bit_for_bit() -> None:
    one = scenarios.load("haggling")
    outcomes = one.executor("virtual").run_many(one.jobs(20))
    read = written(outcomes, one.issues, one.agents)
    assert [row["id"] for row in read] == [outcome.id for outcome in outcomes]
    for row, outcome in zip(read, outcomes, strict=True):
        assert row["agreed"] == str(outcome.agreed).lower()
        assert (row["deal"] == "") is (outcome.accepted_offer is None)
        if outcome.accepted_offer is not None:
            assert float(row["deal"]) == outcome.accepted_offer.value
            assert row["deal_by"] == outcome.accepted_offer.agent
        for name, worth in outcome.utilities.items():
            assert float(row[f"utility.{name}"]) == worth
        assert int(row["rounds"]) == outcome.rounds_used
        assert row["failure_code"] == (outcome.reason_code or "")


def test_issues_have_a_column_each() -> None:
    one = scenarios.load("campsite")
    outcomes = one.executor("virtual").run_many(one.jobs(3))
    for row, outcome in zip(written(outcomes, one.issues, one.agents), outcomes, strict=True):
        assert outcome.accepted_offer is not None
        assert tuple(int(row[f"deal.{name}"]) for name in one.issues) == outcome.accepted_offer.value


def test_commas_quotes_newlines_and_unicode_survive(tmp_path: Path) -> None:
    import msgspec

    one = scenarios.load("haggling")
    [outcome] = one.executor("virtual").run_many(one.jobs(1))
    odd = 'a,"b"\r\n山 \ud800;=1+1'
    spoilt = msgspec.structs.replace(outcome, failure_reason=odd, utilities={odd: 1.5})
    with ResultFolder(tmp_path / "new", agents=(odd,)) as folder:
        folder.add(spoilt)
    [row] = rows((tmp_path / "new" / "outcomes.csv").read_bytes().decode("utf-8"))
    safe = odd.replace("\ud800", "\\ud800")  # half a character is no text: it is written as its escape
    assert row["failure_reason"] == safe
    assert row[f"utility.{safe}"] == "1.5"


def test_a_crowd_shares_one_column_as_json() -> None:
    one = scenarios.load("vickrey")
    [outcome] = one.executor("virtual").run_many(one.jobs(1))
    crowd = tuple(f"bidder-{place}" for place in range(MOST_AGENTS + 1))
    [row] = written([outcome], (), crowd)
    assert json.loads(row["utilities"]) == outcome.utilities


def test_the_comparison_with_theory_has_its_columns() -> None:
    one = scenarios.load("campsite")
    agents, config, problem = one.job(1)
    outcome = NegotiationExecutor(clock="virtual").run(agents, config, problem)
    found = compare(outcome, problem, agents)
    stream = io.StringIO(newline="")
    OutcomeRows(stream, one.issues, one.agents).add(outcome, found)
    [row] = rows(stream.getvalue())
    assert row["efficient"] == str(found.efficient).lower()
    assert float(row["to_frontier"]) == found.to_frontier
    assert {name: float(row[f"to {name}"]) for name in POINTS} == found.to_points

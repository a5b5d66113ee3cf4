"""Scenarios of fair division: the built-in ones keep what their rules promise, and slips in a file are told at their path."""

from __future__ import annotations

import pytest

from negotiate_rt import scenarios
from negotiate_rt.scenarios.files import loads
from negotiate_rt.scenarios.reading import ScenarioError

DIVISIONS = (
    "adjusted-winner", "knaster", "envy-cycles", "nash-welfare", "leximin", "round-robin", "probabilistic-serial", "rent",
    "bankruptcy", "divide-and-choose", "moving-knife",
)  # fmt: skip
SOUND = """
name = "heirs"
protocol = "{protocol}"
{options}

[problem]
{problem}

[[agents]]
type = "claimant"
name = "heir"
count = 2
{claimant}
"""
FLAT = 'type = "rent"\nrent = 9\nrooms = ["house", "car", "shed"]'
TALMUD = 'options = {rule = "talmud"}'
ITEMS = 'type = "items"\nitems = ["house", "car"]'


def text(claimant: str, problem: str = ITEMS, protocol: str = "knaster", options: str = "") -> str:
    return SOUND.format(claimant=claimant, problem=problem, protocol=protocol, options=options)


@pytest.mark.parametrize("name", DIVISIONS)
def test_built_in_divisions_keep_what_their_rules_promise(name: str) -> None:
    one = scenarios.load(name)
    outcomes = one.executor("virtual").run_many(one.jobs(8))
    assert all(outcome.agreed for outcome in outcomes)
    assert all(outcome.result.kept for outcome in outcomes)
    assert all(outcome.result.promised for outcome in outcomes)
    assert len({str(outcome.result.worths) for outcome in outcomes}) == 8, "each session draws its own values"


@pytest.mark.parametrize(
    ("written", "flaw"),
    [
        (text("values = {house = 1}"), "agents[0].values: no worth of 'car'"),
        (text("values = {house = 1, cat = 2, car = 3}"), "agents[0].values.cat: is none of house, car; did you mean 'car'?"),
        (text("claim = 3"), "agent"),
        (text(""), "agents[0]: expected one of values (of items), claim, or heights (of a cake), got none"),
        (text("claim = 3\nheights = [1]"), "got claim, heights"),
        (text("values = {house = 1}", 'type = "estate"\namount = 9', "bankruptcy"), "there are no items here"),
        (text("heights = [1, 2]\nedges = [0, 1]", 'type = "cake"', "moving-knife"), "agents[0].edges: expected 3"),
        (text("heights = [1, 2]", 'type = "cake"\nlow = 2\nhigh = 1', "moving-knife"), "problem.high: expected more than low"),
        (text("values = {house = 1, car = 2}", FLAT, "rent-division"), "no worth of 'shed'"),
        (text("values = {house = 1, car = 2}", options=TALMUD), "options.rule: no such field; fields: reply_by, calls"),
        (text("claim = 3", 'type = "estate"\namount = 9', "bankruptcy", 'options = {rule = "talmut"}'), "did you mean 'talmud'"),
        (text("values = {house = -1, car = 2}", protocol="adjusted-winner"), "the worth of 'house' is below 0"),
    ],
)  # fmt: skip
def test_slips_are_told_at_their_path(written: str, flaw: str) -> None:
    with pytest.raises(ScenarioError) as refusal:
        loads(written)
    assert flaw in str(refusal.value)


def test_a_cake_without_edges_is_cut_in_equal_parts_for_its_heights() -> None:
    one = loads(text("heights = [1, 3]", 'type = "cake"\nlow = 0\nhigh = 4', "moving-knife"))
    found = one.executor("virtual").run_many(one.jobs(1))[0].result
    assert found.pieces["heir-1"] == (0, pytest.approx(2 + 2 / 3))


def test_order_of_turns_may_be_given_in_a_file() -> None:
    options = 'options = {order = ["heir-2", "heir-1"]}'
    one = loads(text("values = {house = 3, car = 1}", protocol="round-robin", options=options))
    assert one.executor("virtual").run_many(one.jobs(1))[0].result.allocation["heir-2"] == {"house"}

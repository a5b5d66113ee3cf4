"""Combinatorial auctions in scenario files."""

from __future__ import annotations

import pytest

from negotiate_rt import scenarios
from negotiate_rt.scenarios import ScenarioError

FILE = """
name = "two licences"
protocol = "combinatorial-auction"
options = {payment = "core", solve_time = 2.0, engine = "exact"}
problem = {type = "task", attributes = {goods = ["A", "B"]}}
agents = [
    {type = "bidder", name = "1", bundles = [{items = ["A"], value = 28}]},
    {type = "bidder", name = "2", bundles = [{items = ["B"], value = 20}]},
    {type = "bidder", name = "3", value = 32},
    {type = "bidder", name = "4", bundles = [{items = ["A"], value = 14}]},
    {type = "bidder", name = "5", bundles = [{items = ["B"], value = 12}]},
]
"""


def test_a_file_holds_bundles_and_the_rule_of_payment():
    scenario = scenarios.loads(FILE)
    [outcome] = scenario.executor("virtual").run_many(scenario.jobs(1))
    assert outcome.result.payments == {"1": 17, "2": 15}
    assert outcome.utilities == {"1": 11, "2": 5, "3": 0, "4": 0, "5": 0}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('items = ["A"], value = 28', "items = [], value = 28"), "agents[0].bundles[0].items"),
        (
            ('items = ["A"], value = 28', 'items = ["A", "A"], value = 28'),
            "agents[0].bundles[0].items: a good, or the bundle",
        ),
        (
            ('"A"], value = 28}', '"A"], value = 28}, {items = ["A"], value = 9}'),
            "agents[0].bundles[1].items: a good, or the bundle",
        ),
        (
            ('"A"], value = 28}]', '"A"], value = 28}], value = 3'),
            "agents[0].value: a bidder for bundles has no value beside",
        ),
        (('name = "3", value = 32', 'name = "3"'), "agents[2].value: missing; a bidder needs a value, or bundles"),
        (
            ('payment = "core"', 'payment = "cor"'),
            "options.payment: expected one of vcg, core, first-price, got 'cor'; did you mean",
        ),
    ],
)
def test_what_cannot_be_is_told_by_its_path(change, words):
    assert change[0] in FILE
    with pytest.raises(ScenarioError) as told:
        scenarios.loads(FILE.replace(*change))
    assert words in str(told.value)


def test_a_lot_without_goods_in_a_file_is_told():
    with pytest.raises(ScenarioError, match="goods: expected at least one"):
        scenarios.loads(FILE.replace('{goods = ["A", "B"]}', "{goods = []}"))

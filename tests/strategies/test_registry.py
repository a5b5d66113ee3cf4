"""Strategies by name: in scenario files, in code, and in the list that the command line prints."""

from __future__ import annotations

import pickle

import pytest

from negotiate_rt import NegotiationExecutor
from negotiate_rt.cli.explaining import lists
from negotiate_rt.scenarios import ScenarioError, loads
from negotiate_rt.strategies import STRATEGIES, make_strategy
from negotiate_rt.strategies.session import Strategy

FILE = """
name = "two"
protocol = "bilateral"
clock = "virtual"
max_rounds = 30

[problem]
type = "issues"
issues = [{name = "price", values = [1, 2, 3, 4]}, {name = "colour", values = ["red", "blue"]}]

[[agents]]
type = "negotiator"
name = "Ann"
weights = {price = 1, colour = 2}
values = {price = [0, 1, 2, 3], colour = [1, 0]}
strategy = %s

[[agents]]
type = "negotiator"
name = "Bob"
weights = {price = 2, colour = 1}
values = {price = [3, 2, 1, 0], colour = [0, 2]}
strategy = "time-dependent"
"""


def run(strategy):
    scenario = loads(FILE % strategy, form="toml")
    [outcome] = NegotiationExecutor(clock="virtual", seed=1).run_many(scenario.jobs(1))
    return outcome


@pytest.mark.parametrize("name", [name for name, kind in STRATEGIES.items() if name not in ("zeuthen", "equilibrium")])
def test_a_scenario_file_can_name_every_strategy(name):
    outcome = run(f'"{name}"')
    assert not outcome.faults
    assert outcome.rounds_used


def test_a_scenario_file_composes_a_strategy_of_nested_parts():
    outcome = run(
        '{name = "composed", seed = 3, bidding = {kind = "conceding", concession = {name = "polynomial", kappa = 0.1}}, '
        'acceptance = {kind = "any", conditions = [{kind = "next"}, {kind = "time", progress = 0.9}]}, '
        'model = {kind = "frequency", rule = "smith"}}'
    )
    assert outcome.agreed
    assert not outcome.faults


@pytest.mark.parametrize(
    ("strategy", "flaw"),
    [
        ('{name = "hard-headed", flor = 0.5}', "agents[0].strategy.flor: hard-headed has no such field; did you mean 'floor'?"),
        ('{name = "hard-headed", floor = 5}', "agents[0].strategy.floor: must be in [0, 1], got 5"),
        ('{name = "composed", bidding = {kind = "micr"}}', "agents[0].strategy.bidding.kind: expected one of"),
        ('{name = "composed", model = {kind = "bayesian", deviation = "x"}}', "agents[0].strategy.model.deviation: expected a"),
    ],
)
def test_slips_in_a_strategy_are_told_at_their_path(strategy, flaw):
    with pytest.raises(ScenarioError) as caught:
        run(strategy)
    assert any(one.startswith(flaw) for one in caught.value.flaws), caught.value.flaws


def test_the_command_line_lists_every_strategy_with_its_parameters():
    listed = lists()["strategies"]
    assert set(STRATEGIES) <= set(listed)
    assert listed["reciprocal"].startswith('(floor=0.5, model="frequency", seed=0) Give way only as the opponent does')


@pytest.mark.parametrize("name", STRATEGIES)
def test_strategies_by_name_are_values(name):
    strategy = make_strategy(name)
    assert strategy == make_strategy(name, {})
    assert hash(strategy) == hash(make_strategy(name))
    assert pickle.loads(pickle.dumps(strategy)) == strategy
    assert STRATEGIES[name].__struct_config__.tag == name
    if isinstance(strategy, Strategy):
        assert repr(strategy).startswith(type(strategy).__name__ + "(")

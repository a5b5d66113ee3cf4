"""Scenarios whose agents optimise together: the problem written in them, beside them, or drawn."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from negotiate_rt import scenarios
from negotiate_rt.problems.dcop import DcopProblem
from negotiate_rt.scenarios import ScenarioError
from negotiate_rt.scenarios.dcop_files import write_dcop
from negotiate_rt.scenarios.dcop_format import holds_dcop
from negotiate_rt.scenarios.dcop_generators import draw_dcop

HEAD = 'name = "corners"\nprotocol = "mgm-2"\nclock = "virtual"\n'
INLINE = (
    HEAD
    + """
[problem]
type = "dcop"
objective = "max"

[problem.domains]
side = ["left", "right"]

[[problem.variables]]
name = "x"
domain = "side"
agent = "ann"

[[problem.variables]]
name = "y"
domain = "side"
agent = "bob"
cost = {right = 1}

[[problem.functions]]
name = "same"
variables = ["x", "y"]
cost = [[3, 0], [0, 3]]

[options]
offering = 0.4
"""
)


def test_a_problem_is_written_in_the_scenario():
    one = scenarios.loads(INLINE)
    assert one.agents == ("ann", "bob")
    (outcome,) = one.executor().run_many(one.jobs())
    assert outcome.agreed
    assert outcome.result.assignment == {"x": "right", "y": "right"}
    assert outcome.result.cost == 4
    assert pickle.loads(pickle.dumps(one)).agents == one.agents


def test_a_problem_stands_in_a_file_beside_the_scenario(tmp_path: Path):
    write_dcop(draw_dcop("ising"), tmp_path / "p.toml")
    (tmp_path / "s.toml").write_text(HEAD + '[problem]\ntype = "dcop-file"\npath = "p.toml"\n')
    one = scenarios.load(tmp_path / "s.toml")
    assert isinstance(one.problem, DcopProblem)
    assert len(one.agents) == 25
    assert (holds_dcop(tmp_path / "p.toml"), holds_dcop(tmp_path / "s.toml"), holds_dcop(tmp_path / "no.toml")) == (
        True,
        False,
        False,
    )


def test_a_problem_is_drawn_from_its_seed():
    text = (
        HEAD + '[problem]\ntype = "drawn-dcop"\ngenerator = "meetings"\nseed = {}\n[problem.parameters]\nevents = 3\n'
    )
    one, same, other = (scenarios.loads(text.format(seed)).problem for seed in (4, 4, 5))
    assert all((one.unary[name] == same.unary[name]).all() for name in one.unary)
    assert list(one.variables) != list(other.variables) or any(
        (one.unary[n] != other.unary[n]).any() for n in one.unary
    )


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            'domain = "side"\nagent = "ann"',
            'domain = "sides"',
            "problem.variables[0].domain: expected one of side, got 'sides'; did you",
        ),
        ("[0, 3]]", "[0]]", "problem.functions[0].cost[1]: expected a list of 2"),
        ("offering = 0.4", "offering = 2", "options: offering must be above 0 and below 1, got 2"),
        ("offering = 0.4", "progress = 1", "options.progress: "),
        ('type = "dcop"', 'type = "dcup"', "problem.type: expected one of "),
    ],
)
def test_a_slip_is_told_with_its_path(old, new, told):
    assert old in INLINE
    with pytest.raises(ScenarioError) as caught:
        scenarios.loads(INLINE.replace(old, new))
    assert any(flaw.startswith(told) for flaw in caught.value.flaws), caught.value.flaws


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        ('type = "dcop-file"\npath = "gone.toml"', "problem.path: gone.toml: cannot be read: No such file"),
        (
            'type = "drawn-dcop"\ngenerator = "ising"\nparameters = {rows = 2}',
            "problem: an Ising torus needs at least 3 rows",
        ),
        ('type = "drawn-dcop"\ngenerator = "isin"', "problem: generator must be one of colouring, ising"),
    ],
)
def test_a_problem_that_cannot_be_had_is_told(problem, told):
    with pytest.raises(ScenarioError) as caught:
        scenarios.loads(f"{HEAD}[problem]\n{problem}\n")
    assert any(flaw.startswith(told) for flaw in caught.value.flaws), caught.value.flaws


def test_a_scenario_without_agents_needs_a_problem_that_brings_them():
    with pytest.raises(ScenarioError, match=r"agents: missing; expected at least one \[\[agents\]\] table"):
        scenarios.loads('name = "nobody"\nprotocol = "bilateral"\n')


def test_agents_of_the_problem_may_be_named_and_others_not():
    one = scenarios.loads(INLINE + '[[agents]]\ntype = "plain"\nname = "bob"\n')
    assert one.agents == ("bob", "ann")
    (outcome,) = one.executor().run_many(one.jobs())
    assert outcome.agreed
    with pytest.raises(ScenarioError, match="'zoe' is no agent of the problem"):
        scenarios.loads(INLINE + '[[agents]]\ntype = "plain"\nname = "zoe"\n')


def test_the_schema_of_a_dcop_file_names_its_fields():
    schema = scenarios.schema("dcop")
    assert schema["$ref"] == "#/$defs/DcopSpec"
    assert schema["$defs"]["DcopSpec"]["required"] == ["variables"]
    assert {"domains", "functions", "objective", "agents", "$schema"} <= set(schema["$defs"]["DcopSpec"]["properties"])

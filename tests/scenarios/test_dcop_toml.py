"""Our TOML of DCOP problems: what is read, what is written, and how a slip is told."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.dcop import CostFunction, DcopProblem, Variable
from negotiate_rt.scenarios import ScenarioError
from negotiate_rt.scenarios.dcop_files import load_dcop, write_dcop
from negotiate_rt.scenarios.dcop_toml import dcop_toml_text, read_dcop_toml

FILE = """
name = "three corners"
objective = "min"
agents = ["idle", "west", "east"]

[domains]
colour = ["R", "G"]
level = {low = 0, high = 6, step = 2}

[[variables]]
name = "x"
domain = "colour"
agent = "west"
cost = {R = -0.1}

[[variables]]
name = "y"
domain = ["R", "G"]
agent = "east"
cost = [0.0, 0.5]

[[variables]]
name = "z"
domain = "level"
agent = "west"
cost = "z / 2"

[[functions]]
name = "differ"
variables = ["x", "y"]
entries = [{values = ["R", "R"], cost = inf}, {values = ["G", "G"], cost = 7}]
default = 0

[[functions]]
name = "sum"
cost = "z if x == 'R' else 1"

[[functions]]
name = "table"
variables = ["z", "y"]
cost = [[0, 1], [2, 3], [4, 5], [6.5, inf]]
"""


def test_tables_expressions_ranges_entries_and_defaults_are_read():
    problem = read_dcop_toml(FILE)
    assert problem.agents == {"idle": (), "west": ("x", "z"), "east": ("y",)}
    assert problem.variables["z"].domain == (0, 2, 4, 6)
    assert problem.cost({"x": "R", "y": "G", "z": 4}) == pytest.approx(-0.1 + 0.5 + 2 + 0 + 4 + 5)
    assert problem.cost({"x": "G", "y": "G", "z": 0}) == pytest.approx(0.5 + 7 + 1 + 1)
    assert problem.violated({"x": "R", "y": "R", "z": 6}) == ("differ",)
    assert problem.violated({"x": "R", "y": "G", "z": 6}) == ("table",)


def same(one: DcopProblem, other: DcopProblem) -> None:
    assert (one.name, one.objective, one.agents) == (other.name, other.objective, other.agents)
    assert list(one.agents) == list(other.agents)
    assert list(one.variables) == list(other.variables)
    for name, variable in one.variables.items():
        found = other.variables[name]
        assert [(type(value), value) for value in variable.domain] == [(type(value), value) for value in found.domain]
        assert variable.agent == found.agent
        assert (one.unary[name] == other.unary[name]).all()
    assert {name: function.variables for name, function in one.functions.items()} == {
        name: function.variables for name, function in other.functions.items()
    }
    assert all((one.tables[name] == other.tables[name]).all() for name in one.tables)


def test_what_is_written_is_read_again_unchanged():
    problem = read_dcop_toml(FILE)
    text = dcop_toml_text(problem)
    same(problem, read_dcop_toml(text))
    assert dcop_toml_text(read_dcop_toml(text)) == text
    assert "z if x == 'R' else 1" in text
    assert 'cost = "z / 2"' in text


values = st.one_of(st.text(max_size=3), st.integers(-5, 5), st.booleans(), st.floats(-1e300, 1e300))


@st.composite
def problems(draw: st.DrawFn) -> DcopProblem:
    objective = draw(st.sampled_from(["min", "max"]))
    hard = math.inf if objective == "min" else -math.inf
    cost = st.one_of(st.floats(-1e9, 1e9), st.integers(-3, 3).map(float), st.just(hard))
    names = draw(st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=3, unique=True))
    variables = []
    for name in names:
        domain = draw(st.lists(values, min_size=1, max_size=4, unique=True))
        unary = draw(st.lists(cost, min_size=len(domain), max_size=len(domain)))
        variables.append(Variable(name, tuple(domain), unary, draw(st.sampled_from(["", "a b", "ü"]))))
    functions = []
    for number, scope in enumerate(itertools.combinations(variables, min(2, len(variables)))):
        shape = [len(one.domain) for one in scope]
        flat = draw(st.lists(cost, min_size=math.prod(shape), max_size=math.prod(shape)))
        table = [flat[i : i + shape[-1]] for i in range(0, len(flat), shape[-1])] if len(shape) > 1 else flat
        functions.append(CostFunction(f"f {number}", tuple(one.name for one in scope), table))
    return DcopProblem(
        variables, functions, objective, name=draw(st.text(max_size=5)), agents=draw(st.sampled_from([(), ("ü",)]))
    )


@settings(max_examples=25, deadline=None)
@given(problems())
def test_any_problem_survives_our_toml(problem):
    same(problem, read_dcop_toml(dcop_toml_text(problem)))


def test_yaml_and_toml_tell_the_same_problem(tmp_path):
    pytest.importorskip("yaml", reason="pyDCOP's form needs PyYAML, of the extra dcop")
    problem = read_dcop_toml(FILE)
    write_dcop(problem, tmp_path / "a.yaml")
    from_yaml = load_dcop(tmp_path / "a.yaml")
    write_dcop(from_yaml, tmp_path / "a.toml")
    again = load_dcop(tmp_path / "a.toml")
    same(from_yaml, again)
    for x, y, z in itertools.product("RG", "RG", (0, 2, 4, 6)):
        chosen = {"x": x, "y": y, "z": z}
        assert again.cost(chosen) == problem.cost(chosen)


def flaws(text: str) -> tuple[str, ...]:
    with pytest.raises(ScenarioError) as caught:
        read_dcop_toml(text)
    return caught.value.flaws


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            'domain = "colour"',
            'domain = "color"',
            "variables[0].domain: expected one of colour, level, got 'color'; did you mean",
        ),
        ("cost = {R = -0.1}", "cost = {r = -0.1}", "variables[0].cost.r: no value of the domain"),
        ("cost = [0.0, 0.5]", "cost = [0.0]", "variables[1].cost: expected a list of 2, one for each value, got 1"),
        ("cost = [0.0, 0.5]", "cost = [0.0, nan]", "variables[1].cost[1]: expected a number, got nan"),
        ('"z / 2"', '"z / w"', "variables[2].cost: unknown variable 'w'"),
        ('"z / 2"', '"__import__(1)"', "variables[2].cost: "),
        (
            'values = ["R", "R"]',
            'values = ["R", "B"]',
            "functions[0].entries[0].values[1]: 'y' has no value 'B', only R, G",
        ),
        (
            'values = ["R", "R"]',
            'values = ["R"]',
            "functions[0].entries[0].values: expected one value of each variable, 2, got 1",
        ),
        ('["G", "G"]', '["R", "R"]', "functions[0].entries[1].values: this combination has two costs"),
        ("default = 0", "", "functions[0].entries: ['R', 'G'] has no cost: list it, or give a `default`"),
        ("[4, 5]", "[4]", "functions[2].cost[2]: expected a list of 2, one for each value, got 1"),
        ("[4, 5]", '[4, "5"]', "functions[2].cost[2][1]: expected a number, got '5'"),
        ("[4, 5]", "[4, -inf]", "functions[2]: cost function 'table' costs -inf at place (2, 1)"),
        ('["z", "y"]', '["z", "u"]', "functions[2].variables: unknown variable 'u'"),
        ('["z", "y"]', "[]", "functions[2].variables: missing; expected the names of variables"),
        ('name = "sum"', 'name = "differ"', "functions[1].name: 'differ' is also the name of functions[0]"),
        ('name = "y"', 'name = "x"', "variables[1].name: 'x' is also the name of variables[0]"),
        ('"idle", "west"', '"west", "west"', "agents[1]: 'west' stands twice"),
        ('objective = "min"', 'objective = "low"', "objective: expected one of max, min, got 'low'"),
        ("high = 6", "high = -6", "domains.level.high: expected at least low (0), got -6"),
        ('domain = ["R", "G"]', "domain = []", "variables[1].domain: expected at least 1, got 0"),
        (
            'domain = ["R", "G"]',
            'domain = ["R", "R"]',
            "variables[1].domain: variable 'y' has the value 'R' more than once",
        ),
        (
            "default = 0",
            "default = 0\ncost = 1",
            "functions[0]: expected either a `cost` or `entries` (and a `default`)",
        ),
        ('agent = "east"', 'owner = "east"', "variables[1].owner: "),
        ("[domains]", "[domains", "not TOML: "),
    ],
)
def test_a_slip_is_told_with_its_path(old, new, told):
    assert old in FILE
    assert any(flaw.startswith(told) for flaw in flaws(FILE.replace(old, new))), flaws(FILE.replace(old, new))


def test_all_slips_are_told_at_once():
    text = FILE.replace("cost = [0.0, 0.5]", "cost = [0.0]").replace("[4, 5]", "[4]").replace("default = 0", "")
    assert len(flaws(text)) == 3


def test_files_are_told_apart_by_their_names(tmp_path):
    with pytest.raises(ScenarioError, match=r"a\.txt: expected a file named \.toml"):
        write_dcop(read_dcop_toml(FILE), tmp_path / "a.txt")
    with pytest.raises(ScenarioError, match=r"a\.toml: cannot be read: No such file"):
        load_dcop(tmp_path / "a.toml")
    (tmp_path / "a.toml").write_bytes(b"\xff")
    with pytest.raises(ScenarioError, match="expected UTF-8"):
        load_dcop(tmp_path / "a.toml")


def test_a_value_that_toml_cannot_hold_is_refused():
    with pytest.raises(ConfigurationError, match=r"variable 'x': a TOML file cannot hold the value \(1, 2\)"):
        dcop_toml_text(DcopProblem([Variable("x", ((1, 2),))]))

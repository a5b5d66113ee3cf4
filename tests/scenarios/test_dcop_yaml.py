"""pyDCOP's YAML: what is read, what is written, and how a slip is told."""

from __future__ import annotations

import itertools
import json
import math
import os
import random
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.dcop import CostFunction, DcopProblem, Variable
from negotiate_rt.scenarios import ScenarioError
from negotiate_rt.scenarios.dcop_writing import dcop_text, write_dcop
from negotiate_rt.scenarios.dcop_yaml import load_dcop, read_dcop

pytest.importorskip("yaml", reason="DCOP files need PyYAML, of the extra dcop")

FILE = """
name: a test
objective: min
domains:
  colours: {values: [R, G], type: colour}
  level: {values: [0 .. 3]}
variables:
  v1: {domain: colours, cost_function: -0.1 if v1 == 'R' else 0.1}
  v2: {domain: colours, noise_level: 0.5}
  x: {domain: level, cost_function: 2 * x, initial_value: 1}
constraints:
  c1: {type: intention, function: 10 if v1 == v2 else 0}
  c2:
    type: extensional
    variables: [x, v1]
    values:
      5: 0 R | 1 R
      .inf: 3 G
    default: 1
  c3: {type: extensional, variables: x, values: {1: 0 | 1, 1e2: 2 | 3}}
agents: [a1, a2]
distribution_hints: {must_host: {a2: [v1, x]}}
"""


def data() -> Path:
    named = os.environ.get("NEGOTIATE_RT_DATA")
    folder = Path(named) if named else Path(__file__).resolve().parents[3] / "shared" / "data"
    for found in (folder / "dcop", folder):
        if (found / "OPTIMA.json").is_file():
            return found
    pytest.skip(f"no DCOP instances in {folder}: let NEGOTIATE_RT_DATA name the folder that holds them")


def test_tables_expressions_ranges_and_defaults_are_read():
    problem = read_dcop(FILE)
    assert problem.variables["x"].domain == (0, 1, 2, 3)
    assert problem.cost({"v1": "R", "v2": "G", "x": 1}) == pytest.approx(-0.1 + 2 + 0 + 5 + 1)
    assert problem.cost({"v1": "G", "v2": "G", "x": 2}) == pytest.approx(0.1 + 4 + 10 + 1 + 100)
    assert problem.violated({"v1": "G", "v2": "G", "x": 3}) == ("c2",)


def test_hints_say_who_owns_a_variable_and_the_rest_go_to_who_owns_fewest():
    assert read_dcop(FILE).agents == {"a1": ("v2",), "a2": ("v1", "x")}
    costs = "hosting_costs: {a1: {default: 9, computations: {x: 0}}, a2: {computations: {x: 1, v1: 0}}}"
    other = FILE.replace("distribution_hints: {must_host: {a2: [v1, x]}}", costs)
    assert read_dcop(other).agents == {"a1": ("v2", "x"), "a2": ("v1",)}
    assert read_dcop(FILE.split("agents:")[0]).agents == {"v1": ("v1",), "v2": ("v2",), "x": ("x",)}


def test_noise_comes_from_the_given_stream_only():
    assert not read_dcop(FILE).unary["v2"].any()
    noisy = read_dcop(FILE, random.Random(1)).unary["v2"]
    assert (noisy > 0).all()
    assert (noisy <= 0.5).all()
    assert (noisy == read_dcop(FILE, random.Random(1)).unary["v2"]).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("objective: min", "objective: least"), "objective: expected min or max, got 'least'"),
        (("agents:", "agnets:"), "agnets: unknown section; did you mean 'agents'"),
        (("values: [R, G]", "values: []"), r"domains.colours: values: expected at least one value, got \[\]"),
        (("values: [R, G]", "values: [R, R]"), "domains.colours: values: each may stand once"),
        (("values: [R, G]", "values: [R, [G]]"), r"domains.colours: values\[1\]: expected a text or a number"),
        (("0 .. 3", "3 .. 0"), "domains.level: values: expected a range"),
        (
            ("{domain: level,", "{domain: lvel,"),
            "variables.x: domain: expected the name of a domain, got 'lvel'; did you mean",
        ),
        (("2 * x", "2 * y"), "variables.x: cost_function: unknown variable 'y'"),
        (("2 * x", "2 / x"), "variables.x: cost_function: '2 / x' has no value at x=0"),
        (("0.5", "-1"), "variables.v2: noise_level: expected a number from 0"),
        (("v1 == v2", "v1 == w"), "constraints.c1: function: unknown variable 'w'"),
        (("10 if v1 == v2 else 0", "open(v1)"), "constraints.c1: function: an expression may call"),
        (("10 if v1 == v2 else 0", "10"), "constraints.c1: function: names no variable"),
        (
            ("function: 10 if v1 == v2 else 0", "source: costs.py"),
            "constraints.c1: source: code in other files is not run",
        ),
        (("function: 10 if v1 == v2 else 0", "other: 1"), "constraints.c1: function: expected an expression, got None"),
        (("type: extensional", "type: table"), "constraints.c2: type: expected intention or extensional, got 'table'"),
        (("[x, v1]", "[x, w]"), "constraints.c2: variables: unknown variable 'w'"),
        (("[x, v1]", "[]"), "constraints.c2: variables: expected the names of variables"),
        (("0 R | 1 R", "0 R | 1"), "constraints.c2: values.5: expected one value of each of x, v1, got '1'"),
        (("0 R | 1 R", "0 R | 1 B"), "constraints.c2: values.5: v1 has no value 'B'"),
        (("0 R | 1 R", "0 R | 0 R"), "constraints.c2: values.5: '0 R' has two costs"),
        (("5: 0 R", "five: 0 R"), "constraints.c2: values: expected a number, got 'five'"),
        (("5: 0 R", ".nan: 0 R"), "constraints.c2: values: expected a number, got nan"),
        (("    default: 1\n", ""), "constraints.c2: values: '0 G' has no cost: list it, or give a `default`"),
        ((".inf", "-.inf"), "'c2' costs -inf"),
        (("a1, a2", "a1, a1"), "agents: a1 stands twice"),
        (("[a1, a2]", "two"), "agents: expected names, got 'two'"),
        (("objective: min", "objective: [min"), "line [0-9]+: no YAML"),
    ],
)
def test_a_slip_is_told_with_its_path(change, words):
    text = FILE.replace(*change, 1)
    assert text != FILE
    with pytest.raises(ScenarioError, match=words):
        read_dcop(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected a mapping with the sections"),
        ("variables: {}", "expected at least one variable"),
        ("variables: [a]", "variables: expected a mapping of names, got list"),
        (
            "domains: {d: 1}\nvariables: {v: {domain: d}}",
            "(?s)domains.d: expected a mapping, got 1.*domain: 'd' is flawed",
        ),
        ("!!python/object/apply:os.getcwd []", "no YAML"),
        (b"\xff\xfe", "UTF-8"),
    ],
)
def test_what_is_no_such_file_is_refused(text, words):
    with pytest.raises(ScenarioError, match=words):
        read_dcop(text)


def test_the_file_is_named_in_its_errors(tmp_path):
    with pytest.raises(ScenarioError, match=r"none\.yaml: cannot be read: No such file"):
        load_dcop(tmp_path / "none.yaml")
    path = tmp_path / "some.yaml"
    path.write_text("objective: min\n")
    with pytest.raises(ScenarioError, match=r"some\.yaml: variables: expected at least one"):
        load_dcop(path)


def test_without_the_library_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'negotiate-rt\[dcop\]'"):
        read_dcop(FILE)


def same(one: DcopProblem, other: DcopProblem) -> bool:
    assert {name: (v.domain, v.agent) for name, v in one.variables.items()} == {
        name: (v.domain, v.agent) for name, v in other.variables.items()
    }
    assert (one.objective, one.name, one.agents) == (other.objective, other.name, other.agents)
    domains = [variable.domain for variable in one.variables.values()]
    for values in itertools.product(*domains):
        assignment = dict(zip(one.variables, values, strict=True))
        assert one.cost(assignment) == pytest.approx(other.cost(assignment))
    return True


def test_what_is_written_is_read_back_the_same(tmp_path):
    problem = read_dcop(FILE)
    write_dcop(problem, tmp_path / "problem.yaml")
    again = load_dcop(tmp_path / "problem.yaml")
    assert same(problem, again)
    assert "10 if v1 == v2 else 0" in dcop_text(again)


costs = st.sampled_from([0.0, 1.0, -2.5, 1e300, math.inf])


@settings(max_examples=15)
@given(
    st.lists(st.sampled_from([(0, 1), ("a", "b", "no"), (1.5, True), ("0", "1")]), min_size=1, max_size=3), st.data()
)
def test_random_problems_survive_writing_and_reading(domains, draw):
    variables = []
    for i, domain in enumerate(domains):
        unary = draw.draw(st.lists(costs, min_size=len(domain), max_size=len(domain)))
        variables.append(Variable(f"v{i}", domain, unary, draw.draw(st.sampled_from("xy"))))
    table = draw.draw(st.integers(0, 99))
    everything = CostFunction("all", tuple(one.name for one in variables), lambda *values: table + len(str(values)))
    problem = DcopProblem(variables, [everything, CostFunction("unary_v0", ("v0",), [1.0] * len(domains[0]))], name="x")
    assert same(problem, read_dcop(dcop_text(problem)))


@pytest.mark.parametrize("domain", [("a b", "c"), (None, 1), ("1", 1), ("1 .. 2",), ("1..2",)])
def test_values_that_the_format_cannot_hold_are_refused_on_writing(domain):
    with pytest.raises(ConfigurationError, match="variable 'v': pyDCOP's format cannot"):
        dcop_text(DcopProblem([Variable("v", domain)]))


def test_published_assignments_cost_the_proved_optimum():
    optima = json.loads((data() / "OPTIMA.json").read_text())
    assert len(optima) == 6
    for name, known in optima.items():
        problem = load_dcop(data() / name)
        assert problem.objective == known["objective"]
        assert problem.cost(known["assignment"]) == pytest.approx(known["optimum"], abs=1e-9), name


def test_agents_of_the_meeting_problem_own_their_resources_meetings():
    problem = load_dcop(data() / "meetings_5slots_8ev_5res.yaml")
    assert problem.agents["a_0"] == ("v_00_00", "v_00_02", "v_00_04")
    assert load_dcop(data() / "secp_8l_4m_4r.yaml").variables["l3"].agent == "al3"

"""Problems of distributed constraint optimisation: costs, hard constraints, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.cost_expressions import CostExpression
from negotiate_rt.problems.dcop import CostFunction, DcopProblem, Variable

COLOURS = ("R", "G")
DIFFER = [[10, 0], [0, 10]]


def tutorial() -> DcopProblem:
    """pyDCOP's tutorial: three variables, two colours, each prefers one a little."""
    variables = [
        Variable("v1", COLOURS, {"R": -0.1, "G": 0.1}),
        Variable("v2", COLOURS, [0.1, -0.1]),
        Variable("v3", COLOURS, lambda colour: 0.1, agent="third"),
    ]
    functions = [CostFunction("c1", ("v1", "v2"), DIFFER), CostFunction("c2", ("v3", "v2"), lambda a, b: 10 * (a == b))]
    return DcopProblem(variables, functions, name="tutorial")


def test_a_cost_is_the_sum_of_functions_and_unary_costs():
    problem = tutorial()
    assert problem.cost({"v1": "R", "v2": "G", "v3": "R"}) == pytest.approx(-0.1)
    assert problem.cost({"v1": "R", "v2": "R", "v3": "R"}) == pytest.approx(20.1)
    assert problem.agents == {"v1": ("v1",), "v2": ("v2",), "third": ("v3",)}
    assert problem.neighbours() == {"v1": ("v2",), "v2": ("v1", "v3"), "v3": ("v2",)}
    assert "3 variables, 2 functions" in repr(problem)


@pytest.mark.parametrize(("objective", "hard"), [("min", math.inf), ("max", -math.inf)])
def test_broken_hard_constraints_are_named_and_cost_infinity(objective, hard):
    three = CostFunction("three", ("a", "b", "c"), lambda *values: hard if len(set(values)) == 1 else 1)
    problem = DcopProblem(
        [Variable("a", (0, 1), [0, hard]), Variable("b", (0, 1)), Variable("c", (0, 1))], [three], objective
    )
    assert problem.cost({"a": 0, "b": 1, "c": 0}) == 1
    assert problem.cost({"a": 1, "b": 1, "c": 1}) == hard
    assert problem.violated({"a": 1, "b": 1, "c": 1}) == ("a", "three")
    assert problem.violated({"a": 0, "b": 1, "c": 0}) == ()


def test_agents_may_own_several_variables_or_none():
    problem = DcopProblem([Variable("a", (0,), agent="x"), Variable("b", (0,), agent="x")], agents=["idle", "x"])
    assert problem.agents == {"idle": (), "x": ("a", "b")}
    assert problem.cost({"a": 0, "b": 0}) == 0


def test_tables_cannot_be_changed_from_outside():
    given = np.zeros((2, 2))
    problem = DcopProblem([Variable("a", (0, 1)), Variable("b", (0, 1))], [CostFunction("f", ("a", "b"), given)])
    given[0, 0] = 7
    assert problem.cost({"a": 0, "b": 0}) == 0
    with pytest.raises(ValueError, match="read-only"):
        problem.tables["f"][0, 0] = 1


def two(cost: object, variables: tuple[str, ...] = ("a", "b"), **options: object) -> DcopProblem:
    return DcopProblem([Variable("a", (0, 1)), Variable("b", (0, 1))], [CostFunction("f", variables, cost)], **options)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: Variable("", (0,)), "non-empty text"),
        (lambda: Variable("a", ()), "variable 'a' has an empty domain"),
        (lambda: Variable("a", (1, 2, 1)), "has the value 1 more than once"),
        (lambda: DcopProblem([Variable("a", (0,), {1: 2})]), "variable 'a': 1 has a cost but is not in the domain"),
        (lambda: DcopProblem([Variable("a", (0,), [1, 2])]), r"unary cost of variable 'a' has a table of shape \(2,\)"),
        (lambda: DcopProblem([Variable("a", (0,), [math.nan])]), "variable 'a' costs nan at place"),
        (lambda: DcopProblem([Variable("a", (0,)), Variable("a", (0,))]), "two variables named 'a'"),
        (lambda: CostFunction("", ("a",), [0]), "non-empty text"),
        (lambda: CostFunction("f", (), 0), "'f' names no variable"),
        (lambda: CostFunction("f", ("a", "a"), 0), "names a variable more than once"),
        (lambda: two(DIFFER, ("a", "bb")), "'f' names the unknown variable 'bb'; did you mean 'b'"),
        (lambda: two([1, 2]), r"shape \(2,\), expected one axis a variable: \(2, 2\)"),
        (lambda: two([[1], [2, 3]]), "must be made of numbers"),
        (lambda: two([["1", "2"], ["3", "4"]]), "must be made of numbers"),
        (lambda: two(lambda a, b: None), "must be made of numbers"),
        (lambda: two([[0, 0], [math.nan, 0]]), r"'f' costs nan at place \(1, 0\)"),
        (lambda: two([[0, -math.inf], [0, 0]]), "or inf for what is forbidden when minimising"),
        (lambda: two([[0, math.inf], [0, 0]], objective="max"), "or -inf for what is forbidden when maximising"),
        (lambda: two([[1e308, 0], [0, 0]]) and two(DIFFER, objective="least"), "objective must be 'min' or 'max'"),
        (lambda: DcopProblem([Variable("a", (0,), [1e308]), Variable("b", (0,), [1e308])]), "costs are too large"),
        (
            lambda: DcopProblem(
                [Variable(f"x{i}", range(10)) for i in range(8)],
                [CostFunction("wide", tuple(f"x{i}" for i in range(8)), lambda *values: 0)],
            ),
            "'wide' over 8 variables has 100,000,000 entries",
        ),
    ],
)  # fmt: skip
def test_malformed_problems_are_refused_with_the_place(build, words):
    with pytest.raises(ConfigurationError, match=words):
        build()


def test_incomplete_and_unknown_assignments_are_refused():
    problem = tutorial()
    with pytest.raises(ConfigurationError, match="leaves out v2, v3"):
        problem.cost({"v1": "R"})
    with pytest.raises(ConfigurationError, match="'v3' has no value 'B'"):
        problem.cost({"v1": "R", "v2": "G", "v3": "B"})
    with pytest.raises(ConfigurationError, match="there is no variable 'v11'; did you mean 'v1'"):
        problem.violated({"v1": "R", "v2": "G", "v3": "R", "v11": "R"})


@pytest.mark.parametrize(
    ("text", "values", "cost"),
    [
        ("0 if 10* abs(m0 - ( l3 * 0.5 +  l6 * 0.2)) < 5 else 10000 ", (2, 4, 0), 0),
        ("10 * (abs(a - 2) + abs(b - 0))", (0, 3), 50),
        ("1000 if a == b else 0", ("R", "R"), 1000),
        ("inf if a in ('R', 'G') and not b == 'R' else -a_cost", ("B", "R", 4), -4),
        ("max(a, b, 3) - min([a, b]) + a ** 2 // 2 % 3", (1, 2), 2),
        ("a < b <= 3 or a", (1, 2), 1),
        ("round(sqrt(a) + exp(0) + pow(2, 3) / 2, 1)", (4,), 7),
        ("2 ** a", (1000,), 2.0**1000),
        ("3", (), 3),
    ],
)
def test_expressions_mean_what_python_means(text, values, cost):
    assert CostExpression(text)(*values) == cost


def test_an_expression_takes_its_variables_in_the_order_of_their_names_in_it():
    assert CostExpression("b + a * b").variables == ("b", "a")
    assert CostExpression("b", ("a", "b"))(1, 2) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("__import__('os').system('true')", "may call abs, min, .*, not"),
        ("a.__class__", "may not hold 'a.__class__'"),
        ("[x for x in (1, 2)]", "ListComp"),
        ("(lambda: 0)()", "may call"),
        ("a[0]", "Subscript"),
        ("f'{a}'", "JoinedStr"),
        ("a if", "expected one expression"),
        ("a = 1", "expected one expression"),
        ("a << 9", "may not use LShift"),
        ("~a", "may not use Invert"),
        ("a is b", "may not compare by Is"),
        ("None", "numbers and texts, not None"),
        ("abs()", "needs an argument"),
        ("min(a, key=b)", "may call"),
        ("1 + " * 3000 + "1", "characters"),
        ("-" * 100 + "1", "nested 80 deep"),
    ],
)
def test_what_is_no_arithmetic_is_refused_before_it_runs(text, words):
    with pytest.raises(ConfigurationError, match=words):
        CostExpression(text)


def test_expressions_name_known_variables_only():
    with pytest.raises(ConfigurationError, match="unknown variable 'speeed'; did you mean 'speed'"):
        CostExpression("speeed + 1", ("speed",))


@pytest.mark.parametrize(
    ("text", "value", "words"),
    [
        ("1 / a", 0, "'1 / a' has no value at a=0: "),
        ("a * 1000000000", "R", "arithmetic takes numbers, got 'R'"),
        ("a % 5", "%999999999d", "arithmetic takes numbers"),
        ("9 ** 9 ** 9 ** a", 9, "no value at"),
        ("a * a * a * a * a", 1 << 1000, "too large"),
        ("a", "R", "must be a number, got 'R'"),
        ("a ** 0.5", -1, "must be a number"),
        ("sqrt(a)", -1, "has no value at a=-1"),
    ],
)
def test_a_cost_that_is_no_number_is_told_with_its_place(text, value, words):
    with pytest.raises(ConfigurationError, match=words):
        CostExpression(text)(value)

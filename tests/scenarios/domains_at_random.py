"""Sample files, random problems that each form can hold and what makes two problems the same."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from negotiate_rt.problems import (
    AdditiveUtility,
    BargainingProblem,
    ContinuousIssue,
    ExponentialEvaluation,
    ForbiddenConstraint,
    ImpliedConstraint,
    IntegerIssue,
    Issue,
    LinearConstraint,
    LinearEvaluation,
    OptionalIssue,
    OrdinalIssue,
    OutcomeSpace,
    PolynomialEvaluation,
    Span,
    TriangularEvaluation,
)
from negotiate_rt.problems.bargaining import Discount
from negotiate_rt.problems.issues import AnyIssue
from negotiate_rt.scenarios.domain import line_through, normalized

FINITE = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12)
SHARE = st.floats(0, 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
XML_TEXT = st.text(
    st.one_of(
        st.sampled_from("\t\n\r <>&\"'/äß語\N{PILE OF POO}"), st.characters(min_codepoint=32, exclude_categories=["Cs", "Cn"])
    ),
    max_size=8,
).filter(lambda text: "\ufffe" not in text and "\uffff" not in text)


def facts(problem: BargainingProblem) -> Any:
    """What a problem says; two that say the same are equal to the last bit."""
    assert isinstance(problem.utilities, dict)
    return (
        problem.space, list(problem.utilities),
        [(dict(one.weights), dict(one.values)) for one in problem.utilities.values()],
        *map(dict, (problem.reservation_values, problem.outside_options, problem.discounts)), problem.information,
    )  # fmt: skip


def names(text: st.SearchStrategy[str], most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(text.filter(lambda name: bool(name)), min_size=1, max_size=most, unique=True)


# -- what our own files hold ------------------------------------------------------------------------------------------

SCALARS = st.one_of(TEXT, st.booleans(), st.integers(-(2**60), 2**60), FINITE)


@st.composite
def any_issue(draw: st.DrawFn, name: str) -> AnyIssue:
    kind = draw(st.sampled_from(["categorical", "ordinal", "integer", "continuous"]))
    issue: Any
    if kind == "integer":
        low = draw(st.integers(-(2**60), 2**60))
        issue = IntegerIssue(name, low, low + draw(st.integers(0, 40)), draw(st.integers(1, 5)))
    elif kind == "continuous":
        low, high = sorted([draw(FINITE), draw(FINITE)])
        issue = ContinuousIssue(name, low, high)
    else:
        values = tuple(draw(st.lists(SCALARS, min_size=1, max_size=4, unique=True)))
        issue = (OrdinalIssue if kind == "ordinal" else Issue)(name, values)
    return OptionalIssue(issue) if draw(st.booleans()) else issue


@st.composite
def any_worths(draw: st.DrawFn, issue: AnyIssue) -> Any:
    kind = issue.issue if isinstance(issue, OptionalIssue) else issue
    small = st.floats(-3, 3)
    if isinstance(kind, ContinuousIssue) or (isinstance(kind, IntegerIssue) and draw(st.booleans())):
        low, peak, high = sorted(draw(st.lists(st.integers(-9, 9), min_size=3, max_size=3, unique=True)))
        return draw(
            st.sampled_from(
                [
                    LinearEvaluation(draw(small), draw(FINITE)),
                    TriangularEvaluation(low, peak, high),
                    PolynomialEvaluation((draw(small), draw(small), 1e-9)),
                    ExponentialEvaluation(rate=0.0, scale=draw(small), intercept=draw(small)),
                ]
            )
        )
    table: dict[Any, float] = {value: draw(FINITE) for value in kind.values}
    if kind is not issue and draw(st.booleans()):
        table[None] = draw(FINITE)
    return table


@st.composite
def any_constraints(draw: st.DrawFn, issues: list[AnyIssue]) -> tuple[Any, ...]:
    """Constraints that can be bound; they may leave nothing over."""
    kinds = {issue.name: issue.issue if isinstance(issue, OptionalIssue) else issue for issue in issues}
    numeric = [name for name, kind in kinds.items() if not isinstance(kind, Issue)]
    listed = [name for name, kind in kinds.items() if isinstance(kind, Issue)]
    found: list[Any] = []
    if numeric and draw(st.booleans()):
        found.append(LinearConstraint(dict.fromkeys(numeric, draw(FINITE)), most=1e300, name=draw(TEXT)))
        found.append(ForbiddenConstraint({numeric[0]: Span(1e17, 2e17)}))
    if listed and draw(st.booleans()):
        first, last = kinds[listed[0]].values[0], kinds[listed[-1]].values
        found.append(ImpliedConstraint({listed[0]: first}, {listed[-1]: tuple(last)}))
    return tuple(found)


@st.composite
def any_problem(draw: st.DrawFn) -> BargainingProblem:
    issues = [draw(any_issue(name)) for name in draw(names(TEXT, 3))]
    space = OutcomeSpace(tuple(issues), draw(any_constraints(issues)))
    parties = draw(st.lists(TEXT.filter(bool), max_size=3, unique=True))
    weights = st.floats(0, 1e6)

    def some(values: st.SearchStrategy[Any]) -> dict[str, Any]:
        return {party: draw(values) for party in parties if draw(st.booleans())}

    utilities = {
        party: AdditiveUtility(
            {issue.name: draw(weights) for issue in issues}, {issue.name: draw(any_worths(issue)) for issue in issues}
        )
        for party in parties
    }
    discounts = some(st.builds(Discount, SHARE, st.sampled_from(["round", "time"])))
    information: Any = draw(st.sampled_from(["private", "complete"]))
    return BargainingProblem(space, utilities, some(FINITE), some(FINITE), discounts, information)


# -- what Genius and GeniusWeb hold -----------------------------------------------------------------------------------


def shares(draw: st.DrawFn, count: int) -> list[float]:
    """Weights that sum to 1."""
    drawn = [draw(st.integers(0, 1000)) for _ in range(count)]
    drawn[0] += 1
    return normalized([float(one) for one in drawn], math.fsum(drawn))


def line(draw: st.DrawFn, low: float, high: float) -> LinearEvaluation:
    """A line that rises to 1 at one end."""
    first, last = (1.0, draw(SHARE)) if draw(st.booleans()) else (draw(SHARE), 1.0)
    return line_through(Fraction(low), Fraction(first), Fraction(high), Fraction(last))


@st.composite
def genius_issue(draw: st.DrawFn, name: str) -> tuple[Any, Any]:
    """An issue, and what draws its worths."""
    kind = draw(st.sampled_from(["discrete", "integer", "real"]))
    if kind == "discrete":
        values = draw(st.lists(XML_TEXT, min_size=1, max_size=5, unique=True))

        def table(draw: st.DrawFn) -> dict[Any, float]:
            numbers = [draw(st.floats(0, 1e6)) for _ in values]
            return dict(zip(values, normalized(numbers, max(numbers)), strict=True))

        return Issue(name, tuple(values)), table
    low = draw(st.integers(-1000, 1000))
    issue: Any = IntegerIssue(name, low, low + draw(st.integers(1, 50)))
    if kind == "real":
        issue = ContinuousIssue(name, low, low + draw(st.floats(0.1, 1e3)))

    def curve(draw: st.DrawFn) -> Any:
        if draw(st.booleans()):
            return line(draw, issue.low, issue.high)
        return TriangularEvaluation(issue.low - draw(st.integers(0, 3)), issue.low, issue.high + draw(SHARE))

    return issue, curve


@st.composite
def genius_problem(draw: st.DrawFn) -> BargainingProblem:
    drawn = [draw(genius_issue(name)) for name in draw(names(XML_TEXT, 3))]
    issues = [issue for issue, _ in drawn]
    parties = draw(st.lists(XML_TEXT, max_size=3, unique=True))
    utilities = {
        party: AdditiveUtility(
            dict(zip((issue.name for issue in issues), shares(draw, len(issues)), strict=True)),
            {issue.name: worths(draw) for issue, worths in drawn},
        )
        for party in parties
    }
    reservations = {party: draw(SHARE) for party in parties if draw(st.booleans())}
    discounts = {party: Discount(draw(SHARE), "time") for party in parties if draw(st.booleans())}
    return BargainingProblem(issues, utilities, reservations, discounts=discounts)


@st.composite
def geniusweb_issue(draw: st.DrawFn, name: str) -> Any:
    kind = draw(st.sampled_from(["text", "whole", "grid"]))
    if kind == "text":
        return Issue(name, tuple(draw(st.lists(TEXT, min_size=1, max_size=5, unique=True))))
    low, count = draw(st.integers(-1000, 1000)), draw(st.integers(1, 20))
    if kind == "whole":
        return IntegerIssue(name, low, low + count, draw(st.integers(1, 7)))
    tenths = [Fraction(low * 10 + 1, 10) + place * Fraction(3, 10) for place in range(count)]
    return OrdinalIssue(name, tuple(float(one) for one in tenths))


@st.composite
def geniusweb_problem(draw: st.DrawFn) -> BargainingProblem:
    issues = [draw(geniusweb_issue(name)) for name in draw(names(TEXT, 3))]

    def worths(issue: Any) -> Any:
        if type(issue) is Issue:
            return {value: draw(SHARE) for value in issue.values}
        low, high = Fraction(str(issue.at(0))), Fraction(str(issue.at(issue.size - 1)))
        high = high if high > low else low + 1
        return line_through(low, Fraction(draw(SHARE)), high, Fraction(draw(SHARE)))

    space = OutcomeSpace(tuple(issues))
    utilities = {
        party: AdditiveUtility(
            dict(zip(space.names, shares(draw, len(issues)), strict=True)), {issue.name: worths(issue) for issue in issues}, space
        )
        for party in draw(st.lists(TEXT, min_size=1, max_size=3, unique=True))
    }
    reservations = {
        party: utility(space.at(draw(st.integers(0, space.size - 1))))
        for party, utility in utilities.items()
        if draw(st.booleans())
    }
    return BargainingProblem(space, utilities, reservations)


# -- sample files, written by hand ------------------------------------------------------------------------------------

GENIUS = {
    "car.xml": """<negotiation_template>
  <utility_space number_of_issues="3">
    <objective index="0" etype="objective" type="objective" description="" name="Car">
      <issue index="1" etype="discrete" type="discrete" vtype="discrete" name="Colour">
        <item index="1" value="red" cost="0" description="bright"/>
        <item index="2" value="white" cost="0"/>
      </issue>
      <issue index="2" etype="integer" type="integer" vtype="integer" name="Doors" lowerbound="2" upperbound="6"/>
      <issue index="3" etype="real" type="real" vtype="real" name="Price">
        <range lowerbound="10.0" upperbound="30.0"/>
      </issue>
    </objective>
  </utility_space>
</negotiation_template>
""",
    "car_buyer.xml": """<utility_space>
  <objective index="0" etype="objective" type="objective" description="" name="Car">
    <issue index="1" etype="discrete" type="discrete" vtype="discrete" name="Colour">
      <item index="1" value="red" evaluation="5"/>
      <item index="2" value="white" evaluation="10"/>
    </issue>
    <issue index="2" etype="integer" type="integer" vtype="integer" name="Doors" lowerbound="2" upperbound="6">
      <evaluator ftype="linear" offset="0.2" slope="0.2"/>
    </issue>
    <issue index="3" etype="real" type="real" vtype="real" name="Price">
      <range lowerbound="10.0" upperbound="30.0"/>
      <evaluator ftype="linear" parameter0="1.5" parameter1="-0.05"/>
    </issue>
    <weight index="1" value="1"/>
    <weight index="2" value="1"/>
    <weight index="3" value="2"/>
  </objective>
  <discount_factor value="0.9"/>
  <reservation value="0.25"/>
</utility_space>
""",
    "car_seller.xml": """<utility_space>
  <objective index="0" etype="objective" type="objective" description="" name="Car">
    <issue index="1" name="Colour" type="discrete">
      <item index="1" value="red" evaluation="4"/>
      <item index="2" value="white" evaluation="0"/>
    </issue>
    <issue index="2" name="Doors" type="integer" lowerbound="2" upperbound="6">
      <evaluator ftype="triangular" parameter0="0" parameter1="8" parameter2="4"/>
    </issue>
    <issue index="3" name="Price" type="real">
      <range lowerbound="10" upperbound="30"/>
      <evaluator ftype="linear" parameter0="-0.5" parameter1="0.05"/>
    </issue>
    <weight index="1" value="0.1"/>
    <weight index="2" value="0.2"/>
    <weight index="3" value="0.7"/>
  </objective>
</utility_space>
""",
}

GENIUSWEB = {
    "flat.json": """{"name": "flat", "issuesValues": {
  "floor": {"values": ["low", "high"]},
  "rent": {"range": [600, 900, 50]},
  "rate": {"range": ["0.1", "0.4", "0.1"]}}}
""",
    "flat1.json": """{"LinearAdditiveUtilitySpace": {
  "issueUtilities": {
    "rent": {"numberutils": {"lowValue": 600, "lowUtility": 1, "highValue": 900, "highUtility": 0.1}},
    "rate": {"numberutils": {"lowValue": 0.1, "lowUtility": 0.2, "highValue": 0.4, "highUtility": 0.8}},
    "floor": {"discreteutils": {"valueUtilities": {"low": 0.25, "high": 1.0}}}},
  "issueWeights": {"floor": 0.5, "rent": 0.3, "rate": 0.2},
  "domain": {"name": "flat", "issuesValues": {
    "rate": {"range": [0.1, 0.4, 0.1]},
    "floor": {"values": ["high", "low"]},
    "rent": {"range": [600, 900, 50]}}},
  "name": "tenant",
  "reservationBid": {"issuevalues": {"floor": "low", "rent": 700, "rate": 0.1}}}}
""",
    "flat2.json": """{"LinearAdditiveUtilitySpace": {
  "issueUtilities": {
    "rent": {"numberutils": {"lowValue": 600, "lowUtility": 0, "highValue": 900, "highUtility": 1}},
    "rate": {"numberutils": {"lowValue": 0.1, "lowUtility": 0.7, "highValue": 0.4, "highUtility": 0.7}},
    "floor": {"discreteutils": {"valueUtilities": {"low": 1, "high": 0}}}},
  "issueWeights": {"floor": 0, "rent": 1, "rate": 0},
  "domain": {"name": "flat", "issuesValues": {
    "floor": {"values": ["low", "high"]},
    "rent": {"range": [600, 900, 50]},
    "rate": {"range": [0.1, 0.4, 0.1]}}},
  "name": "landlord"}}
""",
}

TOML = """\
name = "service"
information = "complete"

[[issue]]
name = "latency"
type = "integer"
low = 10
high = 100
step = 10

[[issue]]
name = "support"
type = "ordinal"
values = ["none", "email", "phone"]

[[issue]]
name = "price"
type = "continuous"
low = 0
high = 50.5

[[issue]]
name = "backup"
values = [true, "weekly", 7]
optional = true

[[constraint]]
type = "linear"
coefficients = {latency = 1, price = -2.5}
most = 90

[[constraint]]
type = "forbidden"
combination = {support = "phone", price = {high = 5}}

[[constraint]]
type = "implied"
when = {support = ["email", "phone"]}
then = {latency = {low = 20, high = 80}}
name = "help is near"

[[party]]
name = "provider"
weights = {latency = 0.25, support = 0.25, price = 0.5, backup = 0}
values = {support = [1, 0.5, 0], backup = [1, 2, 3, 4]}
evaluations = {latency = {type = "linear", slope = 0.01}, price = {type = "polynomial", coefficients = [0, 0.5, 0.01]}}
reservation_value = 0.3
outside_option = 0.35
discount = 0.95

[[party]]
name = "customer"
weights = {latency = 1, support = 2, price = 3, backup = 4}
discount = {factor = 0.5, per = "time"}
[party.values]
latency = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
support = {none = 0, email = 1, phone = 4}
backup = {true = 1, weekly = 2, 7 = 3}
[party.evaluations.price]
type = "exponential"
rate = -0.1
"""

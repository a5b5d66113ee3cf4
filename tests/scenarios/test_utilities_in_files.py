"""Utilities that are no weighted sum, in domain files: what is written is read back, and what fits not is told by its path."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from negotiate_rt import NegotiationConfig, NegotiationExecutor, Negotiator
from negotiate_rt.problems import BargainingProblem, IntegerIssue, Issue, OptionalIssue, OutcomeSpace, Span
from negotiate_rt.problems.constraints import ForbiddenConstraint, ImpliedConstraint, LinearConstraint
from negotiate_rt.problems.interdependent import Box, ConstraintUtility, HyperRectangleUtility
from negotiate_rt.problems.tabular import RankedUtility, TabularUtility
from negotiate_rt.problems.utility import utility_table
from negotiate_rt.scenarios.domain import Source
from negotiate_rt.scenarios.domain_files import domain_of, domain_text
from negotiate_rt.scenarios.reading import ScenarioError

SPACE = OutcomeSpace(
    [Issue("colour", ("red", "blue")), IntegerIssue("days", 1, 4), OptionalIssue(Issue("gift", (True, False)))]
)
NUMBERS = st.floats(-1e6, 1e6).map(lambda number: number + 0.0)  # no -0.0: TOML keeps it, equality does not see it


@st.composite
def tables(draw):
    if draw(st.booleans()):
        return TabularUtility(draw(st.lists(NUMBERS, min_size=SPACE.size, max_size=SPACE.size)))
    outcomes = draw(st.lists(st.integers(0, SPACE.size - 1), unique=True, max_size=6))
    return TabularUtility({SPACE.at(one): draw(NUMBERS) for one in outcomes}, default=draw(NUMBERS))


@st.composite
def rankings(draw):
    places = draw(st.lists(st.integers(0, SPACE.size - 1), unique=True, min_size=1, max_size=8))
    cut = draw(st.integers(0, len(places) - 1))
    order = [[SPACE.at(one) for one in places[: cut + 1]], *(SPACE.at(one) for one in places[cut + 1 :])]
    levels = [float(len(order) - place) for place in range(len(order) + 1)] if draw(st.booleans()) else None
    return RankedUtility(order, levels)


COMBINATIONS = st.sampled_from(
    [
        {"colour": "red"},
        {"days": Span(2.0, 3.0), "colour": ("red", "blue")},
        {"days": Span(None, 2.0)},
        {"gift": True, "days": 4},
    ]
)
RULES = st.sampled_from(
    [
        LinearConstraint({"days": 2.0}, most=5.0, name="short"),
        ForbiddenConstraint({"colour": "red", "days": Span(3.0, 4.0)}),
        ImpliedConstraint({"colour": "blue"}, {"days": (1, 2)}),
    ]
)
BOXES = st.builds(
    HyperRectangleUtility,
    st.lists(st.builds(Box, COMBINATIONS, NUMBERS), min_size=1, max_size=4),
    st.sampled_from([0.0, -1.5]),
)
WISHES = st.builds(
    ConstraintUtility,
    st.lists(st.tuples(RULES, st.floats(0, 1e6)), min_size=1, max_size=4),
    st.sampled_from([0.0, 2.0]),
)


def back(problem: BargainingProblem, form: str) -> BargainingProblem:
    return domain_of(Source("d", "d", domain_text(problem, "d", form).encode()), form).problem


@pytest.mark.parametrize("form", ["toml", "json"])
@given(utility=st.one_of(tables(), rankings(), BOXES, WISHES))
def test_any_utility_that_is_data_comes_back_to_the_last_bit(form, utility):
    problem = BargainingProblem(SPACE, {"Ann": utility.bind(SPACE)}, {"Ann": 1.25})
    again = back(problem, form)
    assert type(again.utilities["Ann"]) is type(utility)
    assert (utility_table(again.space, again.utilities["Ann"]) == utility_table(SPACE, utility)).all()
    assert again.reservation_of("Ann", 0) == 1.25
    assert domain_text(again, "d", form) == domain_text(problem, "d", form)


FILE = """
name = "day out"
[[issue]]
name = "where"
values = ["sea", "hills"]
[[issue]]
name = "days"
type = "integer"
low = 1
high = 3
[[party]]
name = "Ann"
[party.utility]
type = "boxes"
boxes = [{combination = {where = "sea", days = {low = 2, high = 3}}, bonus = 5.0}, {combination = {days = 1}, bonus = 1.0}]
[[party]]
name = "Bob"
[party.utility]
type = "wishes"
start = 1.0
wishes = [
  {weight = 3.0, constraint = {type = "linear", coefficients = {days = 1.0}, most = 2.0}},
  {weight = 2.0, constraint = {type = "forbidden", combination = {where = "hills"}}},
]
[[party]]
name = "Cid"
[party.utility]
type = "ranked"
order = [[["sea", 3], {where = "sea", days = 2}], [["hills", 1]]]
[[party]]
name = "Dee"
[party.utility]
type = "table"
default = 0.5
outcomes = [{outcome = ["sea", 1], worth = 2.0}]
"""


def read(text: str) -> BargainingProblem:
    return domain_of(Source("day.toml", "day", text.encode()), "toml").problem


def test_a_file_says_what_each_party_wants():
    problem = read(FILE)
    worth = {
        name: {outcome: utility(outcome) for outcome in problem.space} for name, utility in problem.utilities.items()
    }
    assert worth["Ann"] == {
        ("sea", 1): 1,
        ("sea", 2): 5,
        ("sea", 3): 5,
        ("hills", 1): 1,
        ("hills", 2): 0,
        ("hills", 3): 0,
    }
    assert worth["Bob"] == {
        ("sea", 1): 6,
        ("sea", 2): 6,
        ("sea", 3): 3,
        ("hills", 1): 4,
        ("hills", 2): 4,
        ("hills", 3): 1,
    }
    assert worth["Cid"][("sea", 3)] == worth["Cid"][("sea", 2)] == 1.0
    assert worth["Cid"][("hills", 1)] == 0.5
    assert worth["Cid"][("sea", 1)] == 0.0
    assert worth["Dee"] == {outcome: 2.0 if outcome == ("sea", 1) else 0.5 for outcome in problem.space}


def test_parties_of_a_file_bargain_over_interdependent_issues():
    outcome = NegotiationExecutor(clock="virtual").run(
        [Negotiator("Ann"), Negotiator("Bob")], NegotiationConfig("bilateral", max_rounds=20), read(FILE)
    )
    assert outcome.agreed
    assert outcome.accepted_offer.value == ("sea", 2)  # best for both


WRONG = {
    'order = [[["sea", 3], {where = "sea", days = 2}], [["hills", 1]]]': (
        'order = [[["sea", 3]], [["sky", 1]]]', r"party\[2\].utility.order\[1\]\[0\]: .*'sky'",
    ),
    'outcomes = [{outcome = ["sea", 1], worth = 2.0}]': (
        'outcomes = [{outcome = ["sea", 1], worth = 2.0}, {outcome = {where = "sea", days = 1}, worth = 1.0}]',
        r"party\[3\].utility.outcomes\[1\].outcome: .* stands twice",
    ),
    'default = 0.5': ("", r"party\[3\].utility: values name 1 of 6 outcomes"),
    'type = "ranked"': ('type = "rated"', "party.*utility.*rated"),
    'name = "Cid"': ('name = "Cid"\nweights = {where = 1.0, days = 1.0}', "expected no weights, values or evaluations beside it"),
    'combination = {days = 1}, bonus': ('combination = {day = 1}, bonus', r"party\[0\].utility: boxes\[1\].*'?day'?"),
    "coefficients = {days = 1.0}": ("coefficients = {where = 1.0}", r"party\[1\].utility: .*where"),
}  # fmt: skip


@pytest.mark.parametrize("part", WRONG)
def test_what_is_wrong_is_told_by_its_path(part):
    instead, said = WRONG[part]
    assert part in FILE
    with pytest.raises(ScenarioError, match=said):
        read(FILE.replace(part, instead))


@pytest.mark.parametrize(
    "worths", ["", "worths = [1.0]\ndefault = 1.0", 'worths = [1.0]\noutcomes = [{outcome = ["x"], worth = 1.0}]']
)
def test_a_table_is_said_in_one_way(worths):
    with pytest.raises(ScenarioError, match="expected"):
        read(
            f'[[issue]]\nname = "a"\nvalues = ["x"]\n[[party]]\nname = "A"\n[party.utility]\ntype = "table"\n{worths}\n'
        )


def test_a_scenario_takes_such_a_domain_by_its_path(tmp_path: Path):
    from negotiate_rt import scenarios

    (tmp_path / "day.toml").write_text(FILE)
    (tmp_path / "talk.toml").write_text(
        'name = "talk"\nprotocol = "bilateral"\ndomain = "day.toml"\n'
        '[[agents]]\ntype = "negotiator"\nname = "Ann"\n[[agents]]\ntype = "negotiator"\nname = "Bob"\n'
    )
    assert scenarios.load(tmp_path / "talk.toml").protocol == "bilateral"

"""Domains: what the formats mean, which one a file is, what is lost where, and scenarios that name a domain."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems import (
    AdditiveUtility,
    BargainingProblem,
    Constraint,
    ContinuousIssue,
    IntegerIssue,
    Issue,
    LinearConstraint,
    LinearEvaluation,
    OptionalIssue,
    OrdinalIssue,
    OutcomeSpace,
    PolynomialEvaluation,
    TriangularEvaluation,
)
from negotiate_rt.problems.bargaining import Discount
from negotiate_rt.problems.tabular import TabularUtility
from negotiate_rt.scenarios import (
    Domain,
    Scenario,
    ScenarioError,
    load,
    load_any,
    load_domain,
    loads,
    read_domain,
    read_genius,
    read_geniusweb,
    schema,
    write_domain,
    write_genius,
    write_geniusweb,
)
from tests.scenarios.domains_at_random import GENIUS, GENIUSWEB, TOML, facts

TINY = """
[[issue]]
name = "a"
values = ["x", "y"]
[[issue]]
name = "b"
values = ["x", "y"]
[[party]]
name = "Ann"
weights = {a = 0.75, b = 0.25}
values = {a = [1, 0], b = [1, 0]}
[[party]]
name = "Ben"
weights = {a = 0.25, b = 0.75}
values = {a = [0, 1], b = [0, 1]}
reservation_value = 0.25
"""


def put(folder: Path, texts: dict[str, str]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def one_party(*issues: object, **values: object) -> BargainingProblem:
    space = OutcomeSpace(tuple(issues))  # type: ignore[arg-type]  # any issues
    weights = dict.fromkeys(space.names, 1 / len(issues))
    return BargainingProblem(space, {"Ann": AdditiveUtility(weights, dict(values))})  # type: ignore[arg-type]  # any worths


# -- meanings ---------------------------------------------------------------------------------------------------------


def test_genius_utility_is_the_weighted_mean_of_worths_over_their_largest(tmp_path: Path) -> None:
    problem = load_domain(put(tmp_path / "car", GENIUS))
    assert problem.space.names == ("Colour", "Doors", "Price")
    assert problem.space.issues[1:] == (IntegerIssue("Doors", 2, 6), ContinuousIssue("Price", 10, 30))
    buyer, seller = problem.utilities["car_buyer"], problem.utilities["car_seller"]  # type: ignore[call-overload]  # by name
    assert buyer(("white", 6, 10.0)) == pytest.approx(1)
    assert buyer(("red", 2, 20.0)) == pytest.approx(0.25 * 0.5 + 0.25 * 0.2 + 0.5 * 0.5)  # an offset counts from the lower bound
    assert seller(("red", 4, 30.0)) == pytest.approx(1)
    assert seller(("white", 6, 10.0)) == pytest.approx(0.2 * 0.5)  # a triangle falls from its top to 0 at its feet
    assert problem.reservation_values == {"car_buyer": 0.25}
    assert problem.discounts == {"car_buyer": Discount(0.9, "time")}


def test_genius_evaluators_are_divided_by_their_largest_value_on_the_issue(tmp_path: Path) -> None:
    worse = GENIUS["car_buyer.xml"].replace('offset="0.2" slope="0.2"', 'offset="0.2" slope="0.05"')
    flat = worse.replace('ftype="linear" parameter0="1.5" parameter1="-0.05"', 'ftype="constant" parameter0="0.5"')
    put(tmp_path, {**GENIUS, "car_buyer.xml": flat, "car_seller.xml": worse})
    problem = read_genius(tmp_path / "car.xml", tmp_path / "car_buyer.xml", tmp_path / "car_seller.xml")
    for utility in problem.utilities.values():  # type: ignore[union-attr]  # by name
        assert utility(("white", 6, 10.0)) == pytest.approx(1)
    assert problem.utilities["car_buyer"](("white", 2, 30.0)) == pytest.approx(0.25 + 0.25 * 0.5 + 0.5)  # type: ignore[call-overload]


def test_genius_issues_may_lie_in_objectives_within_objectives(tmp_path: Path) -> None:
    buyer = GENIUS["car_buyer.xml"]
    doors = buyer[buyer.index('<issue index="2"') : buyer.index('<issue index="3"')]
    weight = '<weight index="2" value="1"/>'
    inner = f'<objective index="2" name="inner">{doors}{weight}</objective>'
    deep = buyer.replace(weight, '<weight index="2" value="7"/>').replace(doors, inner)  # an objective's own weight is not used
    for name, text in (("flat", buyer), ("deep", deep)):
        put(tmp_path / name, {"car.xml": GENIUS["car.xml"], "car_buyer.xml": text})
    assert facts(load_domain(tmp_path / "deep")) == facts(load_domain(tmp_path / "flat"))


def test_geniusweb_values_numbers_along_the_line_through_two_points(tmp_path: Path) -> None:
    problem = load_domain(put(tmp_path / "flat", GENIUSWEB))
    assert problem.space.issues == (
        Issue("floor", ("low", "high")), IntegerIssue("rent", 600, 900, 50), OrdinalIssue("rate", (0.1, 0.2, 0.3, 0.4)),
    )  # fmt: skip
    tenant, landlord = problem.utilities["tenant"], problem.utilities["landlord"]  # type: ignore[call-overload]  # by name
    assert tenant(("high", 600, 0.4)) == pytest.approx(0.5 + 0.3 + 0.2 * 0.8)
    assert tenant(("low", 750, 0.2)) == pytest.approx(0.5 * 0.25 + 0.3 * 0.55 + 0.2 * 0.4)
    assert landlord(("low", 750, 0.2)) == pytest.approx(0.5)
    assert problem.reservation_values == {"tenant": tenant(("low", 700, 0.1))}  # the utility of the reservation bid


def test_a_geniusweb_profile_alone_is_a_domain(tmp_path: Path) -> None:
    put(tmp_path, GENIUSWEB)
    problem = read_geniusweb(tmp_path / "flat2.json", tmp_path / "flat1.json")
    assert list(problem.utilities) == ["landlord", "tenant"]
    assert read_domain(tmp_path / "flat1.json").name == "flat"


# -- which form it is -------------------------------------------------------------------------------------------------


def test_the_form_is_told_by_the_content(tmp_path: Path) -> None:
    own = json.dumps({"issue": [{"name": "a", "values": [1, 2]}]})
    texts = {
        "a.toml": GENIUS["car.xml"], "b.json": GENIUS["car.xml"], "c.xml": own, "d": own, "e.toml": own, "f.txt": TOML,
        "g.xml": TOML, "h.json": TOML, "i": GENIUSWEB["flat.json"], "j.xml": "\n " + GENIUSWEB["flat1.json"],
    }  # fmt: skip
    put(tmp_path, texts)
    found = {name: read_domain(tmp_path / name).form for name in texts}
    assert list(found.values()) == ["genius"] * 2 + ["json"] * 3 + ["toml"] * 3 + ["geniusweb"] * 2


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_genius_files_are_read_in_the_encoding_that_they_name(tmp_path: Path, encoding: str) -> None:
    head = "" if encoding == "utf-8-sig" else f'<?xml version="1.0" encoding="{encoding}"?>'
    text = head + GENIUS["car.xml"].replace("white", "weiß")
    (tmp_path / "car.xml").write_bytes(text.encode(encoding))
    assert load_domain(tmp_path / "car.xml").space.issues[0] == Issue("Colour", ("red", "weiß"))


def test_a_domain_of_several_files_is_of_one_form(tmp_path: Path) -> None:
    put(tmp_path, {**GENIUS, "flat1.json": GENIUSWEB["flat1.json"]})
    with pytest.raises(ScenarioError, match=r"expected genius, as .*car.xml is, got geniusweb"):
        load_domain(tmp_path / "car.xml", tmp_path / "flat1.json")
    assert list(load_domain(tmp_path / "car_seller.xml", tmp_path / "car.xml").utilities) == ["car_seller"]
    put(tmp_path / "two", {"a.toml": TINY, "b.toml": TINY})
    with pytest.raises(ScenarioError, match="expected one domain file, got 2"):
        load_domain(tmp_path / "two")


# -- what is lost -----------------------------------------------------------------------------------------------------

ONE = LinearEvaluation(0.0, 1.0)
LOST_BY_GENIUS = {
    "a utility on another scale": (
        one_party(Issue("a", ("x", "y")), a={"x": 4, "y": 2}), "whose weights times best worths sum to 4, would be rescaled to 1",
    ),
    "values that are no text": (one_party(Issue("a", (1, True + 1)), a={1: 1, 2: 0}), "the value 1 would become text"),
    "an order": (one_party(OrdinalIssue("a", ("x", "y")), a={"x": 1, "y": 0}), "issue 'a' would lose the order of its values"),
    "steps": (one_party(IntegerIssue("a", 0, 4, 2), a=ONE), "issue 'a' would lose its steps of 2"),
    "a curve": (one_party(IntegerIssue("a", 0, 1), a=PolynomialEvaluation((0, 1))), "the evaluation would become a table"),
    "constraints": (
        BargainingProblem(OutcomeSpace((IntegerIssue("a", 0, 4),), (LinearConstraint({"a": 1}, 3),))), "its constraints",
    ),
    "complete information": (BargainingProblem([Issue("a", ("x",))], information="complete"), "that information is complete"),
    "an outside option": (BargainingProblem([Issue("a", ("x",))], outside_options={"Ann": 0.5}), "the outside option of 'Ann'"),
    "a party without a utility": (BargainingProblem([Issue("a", ("x",))], {}, {"Ann": 0.5}), "party 'Ann', which has no utility"),
    "a discount by round": (
        BargainingProblem([Issue("a", ("x",))], {"Ann": AdditiveUtility({"a": 1}, {"a": {"x": 1}})}, discounts={"Ann": 0.9}),
        "that the discount of 'Ann' is by round",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", LOST_BY_GENIUS)
def test_what_genius_cannot_hold_is_refused_unless_that_is_allowed(tmp_path: Path, case: str) -> None:
    problem, said = LOST_BY_GENIUS[case]
    with pytest.raises(ConfigurationError) as caught:
        write_genius(problem, tmp_path / "out")
    assert said in str(caught.value)
    assert not (tmp_path / "out").exists()
    write_genius(problem, tmp_path / "out", lossy=True)
    back = load_domain(tmp_path / "out")
    assert back.space.names == problem.space.names


NEVER = {
    "optional": (one_party(OptionalIssue(Issue("a", ("x",))), a={"x": 1}), "genius", "has no optional issues"),
    "negative": (one_party(Issue("a", ("x", "y")), a={"x": 1, "y": -1}), "genius", "knows no worth below 0, got -1"),
    "falling line": (one_party(IntegerIssue("a", 0, 2), a=LinearEvaluation(-1, 1)), "genius", "knows no worth below 0, got -1"),
    "curve": (one_party(ContinuousIssue("a", 0, 2), a=PolynomialEvaluation((1, 1))), "genius", "linear and triangular"),
    "same text": (one_party(Issue("a", (1, "1")), a={1: 1, "1": 0}), "genius", "two values are the same as text"),
    "no XML": (one_party(Issue("a", ("\x00",)), a={"\x00": 1}), "genius", "XML cannot hold the text"),
    "continuous": (one_party(ContinuousIssue("a", 0, 2), a=ONE), "geniusweb", "has no continuous issues"),
    "table of numbers": (one_party(IntegerIssue("a", 0, 1), a={0: 1, 1: 0}), "geniusweb", "by straight lines only"),
    "worth below 0": (one_party(Issue("a", ("x", "y")), a={"x": 1, "y": -1}), "geniusweb", "knows no worth below 0"),
    "function": (one_party(IntegerIssue("a", 0, 1), a=math.exp), "toml", "the evaluation is a function"),
    "predicate": (
        BargainingProblem(OutcomeSpace((IntegerIssue("a", 0, 1),), (Constraint("odd", bool, ("a",)),))), "json", "is a function",
    ),
    "tabular": (BargainingProblem([Issue("a", ("x",))], {"Ann": TabularUtility({("x",): 1.0})}), "genius", "holds additive"),
    "code": (BargainingProblem([Issue("a", ("x",))], {"Ann": lambda outcome: 1.0}), "toml", "is code"),
    "long number": (BargainingProblem([Issue("a", (2**70,))]), "toml", "an integer of over 64 bits"),
    "surrogate": (BargainingProblem([Issue("a", ("\ud800",))]), "json", "cannot be written as UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize("case", NEVER)
def test_what_a_form_can_never_hold_is_told(tmp_path: Path, case: str) -> None:
    problem, form, said = NEVER[case]
    with pytest.raises(ConfigurationError) as caught:
        write_domain(problem, tmp_path / "out", form, lossy=True)
    assert said in str(caught.value)


def test_rescaling_takes_the_reservation_value_along(tmp_path: Path) -> None:
    utility = AdditiveUtility({"a": 2, "b": 1}, {"a": {"x": 5, "y": 3}, "b": {"x": 0, "y": 10}})
    problem = BargainingProblem([Issue("a", ("x", "y")), Issue("b", ("x", "y"))], {"Ann": utility}, {"Ann": 10})
    write_genius(problem, tmp_path / "g", lossy=True)
    back = load_domain(tmp_path / "g")
    assert back.reservation_values == {"Ann": 0.5}
    for outcome in problem.space:
        assert 20 * back.utilities["Ann"](outcome) == pytest.approx(utility.bind(problem.space)(outcome))  # type: ignore[call-overload]


def test_geniusweb_splits_weights_and_worths_anew_where_the_utility_stays(tmp_path: Path) -> None:
    utility = AdditiveUtility({"a": 0.05, "b": 1}, {"a": {"x": 10, "y": 2}, "b": {"x": 0, "y": 0.5}})
    problem = BargainingProblem([Issue("a", ("x", "y")), Issue("b", ("x", "y"))], {"Ann": utility}, {"Ann": 0.6})
    write_geniusweb(problem, tmp_path / "w")
    back = load_domain(tmp_path / "w")
    assert back.utilities["Ann"].weights == {"a": 0.5, "b": 0.5}  # type: ignore[call-overload]  # by name
    assert back.reservation_values == {"Ann": pytest.approx(0.6)}  # the bid (y, y)


def test_a_reservation_value_that_no_bid_has_becomes_that_of_the_next_better(tmp_path: Path) -> None:
    utility = AdditiveUtility({"a": 1}, {"a": {"x": 1, "y": 0.5, "z": 0.25}})
    problem = BargainingProblem([Issue("a", ("x", "y", "z"))], {"Ann": utility}, {"Ann": 0.4})
    with pytest.raises(ConfigurationError, match=r"the reservation value of 'Ann', which no bid is worth \(0.4\)"):
        write_geniusweb(problem, tmp_path / "w")
    write_geniusweb(problem, tmp_path / "w", lossy=True)
    assert load_domain(tmp_path / "w").reservation_values == {"Ann": 0.5}
    beyond = BargainingProblem([Issue("a", ("x", "y", "z"))], {"Ann": utility}, {"Ann": 2.0})
    with pytest.raises(ConfigurationError, match=r"no bid reaches its reservation value 2\.0"):
        write_geniusweb(beyond, tmp_path / "v", lossy=True)


def test_an_indifferent_party_is_indifferent_in_geniusweb(tmp_path: Path) -> None:
    problem = BargainingProblem(
        [Issue("a", ("x", "y")), IntegerIssue("b", 0, 4)],
        {"Ann": AdditiveUtility({"a": 0, "b": 0}, {"a": {"x": 1, "y": 2}, "b": LinearEvaluation(1.0)})},
    )
    write_geniusweb(problem, tmp_path / "w")
    assert {load_domain(tmp_path / "w").utilities["Ann"](outcome) for outcome in problem.space} == {0.0}  # type: ignore[call-overload]


def test_triangles_that_peak_beside_the_issue_keep_their_utility(tmp_path: Path) -> None:
    space = OutcomeSpace((IntegerIssue("a", 0, 3), ContinuousIssue("b", 0, 1)))
    values = {"a": TriangularEvaluation(0, 2.5, 4), "b": TriangularEvaluation(-1, 2, 3)}
    utility = AdditiveUtility({"a": 0.5 / 0.8, "b": 0.5 / (2 / 3)}, values, space)
    write_genius(BargainingProblem(space, {"Ann": utility}), tmp_path / "g")
    back = load_domain(tmp_path / "g").utilities["Ann"]  # type: ignore[call-overload]  # by name
    for outcome in ((0, 0.0), (2, 0.5), (3, 1.0)):
        assert back(outcome) == pytest.approx(utility(outcome))


def test_parties_known_by_seat_get_numbers(tmp_path: Path) -> None:
    utility = AdditiveUtility({"a": 1}, {"a": {"x": 1, "y": 0}})
    problem = BargainingProblem([Issue("a", ("x", "y"))], [utility, utility], [0.5])
    write_domain(problem, tmp_path / "d.toml")
    back = load_domain(tmp_path / "d.toml")
    assert list(back.utilities) == ["party1", "party2"]
    assert back.reservation_values == {"party1": 0.5}


def test_nothing_is_overwritten_unless_forced(tmp_path: Path) -> None:
    problem = load_domain(put(tmp_path / "car", GENIUS))
    with pytest.raises(ConfigurationError, match=r"holds car.xml already, which would be read as parts of it"):
        write_genius(problem, tmp_path / "car", force=True)
    for _ in range(2):
        write_genius(problem, tmp_path / "new", force=True)
        write_domain(problem, tmp_path / "new.toml", force=True)
    with pytest.raises(ConfigurationError, match=r"force .* replaces it"):
        write_genius(problem, tmp_path / "new")
    with pytest.raises(ConfigurationError, match="is there already; force"):
        write_domain(problem, tmp_path / "new.toml")
    cases = ("x", "", "which the name"), ("x", "gnius", "did you mean 'genius'"), ("x.xml", "genius", "a folder")
    for path, form, said in cases:
        with pytest.raises(ConfigurationError, match=said):
            write_domain(problem, tmp_path / path, form)
    with pytest.raises(ConfigurationError, match="cannot write there"):
        write_domain(problem, tmp_path / "no" / "x.toml")
    with pytest.raises(ConfigurationError, match="cannot write there"):
        write_genius(problem, tmp_path / "new.toml" / "x")


# -- scenarios --------------------------------------------------------------------------------------------------------

HEAD = 'name = "s"\nprotocol = "bilateral"\nclock = "virtual"\n'
AGENTS = '[[agents]]\ntype = "negotiator"\nname = "Ann"\n[[agents]]\ntype = "negotiator"\nname = "Ben"\n'


def test_a_scenario_names_a_domain_seen_from_its_own_folder(tmp_path: Path) -> None:
    put(tmp_path, {"tiny.toml": TINY, "s.toml": HEAD + 'domain = "tiny.toml"\n' + AGENTS})
    scenario = load(tmp_path / "s.toml")
    outcome = scenario.executor().run(*scenario.job(1))
    assert outcome.agreed
    assert outcome.utilities["Ben"] >= 0.25
    assert scenario.issues == ("a", "b")


def test_a_scenario_may_name_several_files(tmp_path: Path) -> None:
    put(tmp_path, GENIUS)
    names = '["car.xml", "car_seller.xml", "car_buyer.xml"]'
    agents = AGENTS.replace("Ann", "car_buyer").replace("Ben", "car_seller")
    text = HEAD + f"domain = {names}\n" + agents + "weights = {Colour = 0, Doors = 0, Price = 1}\n"
    text += 'values = {Colour = [0, 1]}\nevaluations = {Doors = {type = "linear", slope = 1}}\n'
    scenario = loads(text, folder=tmp_path)
    assert isinstance(scenario.problem, BargainingProblem)
    assert scenario.job(1)[0][1].utility(("red", 2, 20.0)) == 20.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('domain = "nowhere"\n' + AGENTS, "domain: {folder}/nowhere: there is no such file"),
        ('domain = "bad.toml"\n' + AGENTS, "domain: {folder}/bad.toml: issue[0].values: missing"),
        ('domain = "tiny.toml"\n' + AGENTS.replace("Ben", "Bn"), "agents[1].weights: missing; the problem knows no utility"),
        ('domain = "tiny.toml"\n' + AGENTS + "shuffle_weights = true", "agents[1].shuffle_weights: this agent's utility is the"),
        ('domain = "tiny.toml"\nproblem = {type = "price"}\n' + AGENTS, "domain: the scenario has a [problem] of its own, too"),
    ],
)
def test_a_scenario_whose_domain_does_not_fit_is_told_where(tmp_path: Path, text: str, said: str) -> None:
    put(tmp_path, {"tiny.toml": TINY, "bad.toml": '[[issue]]\nname = "a"\n'})
    with pytest.raises(ScenarioError) as caught:
        loads(HEAD + text, folder=tmp_path)
    assert said.format(folder=tmp_path) in str(caught.value)


def test_the_parties_of_a_domain_can_bargain_without_a_scenario(tmp_path: Path) -> None:
    put(tmp_path / "car", GENIUS)
    put(tmp_path, {"tiny.toml": TINY})
    for name, agents in (("tiny.toml", ("Ann", "Ben")),):
        scenario = load(tmp_path / name)
        assert (scenario.agents, scenario.protocol) == (agents, "bilateral")
        assert scenario.executor("virtual").run(*scenario.job(1)).agreed
    three = TINY + '[[party]]\nname = "Cleo"\nweights = {a = 1, b = 0}\nvalues = {a = [1, 1], b = [0, 0]}\n'
    put(tmp_path, {"three.toml": three, "one.toml": TINY.partition('[[party]]\nname = "Ben"')[0]})
    scenario = load(tmp_path / "three.toml")
    assert scenario.protocol == "stacked-alternating-offers"
    assert scenario.executor("virtual").run(*scenario.job(1)).agreed
    assert isinstance(load_any(tmp_path / "one.toml"), Domain)
    assert isinstance(load_any("haggling"), Scenario)
    with pytest.raises(ScenarioError, match=r"one.toml: expected a domain of two or more parties with utilities, got 1 \(Ann\)"):
        load(tmp_path / "one.toml")
    with pytest.raises(ScenarioError, match="expected a scenario, got a domain"):
        loads(TINY)


def test_issues_of_every_kind_stand_in_a_scenario_too() -> None:
    issues = (
        '[problem]\ntype = "issues"\nissues = [{name = "a", type = "integer", low = 1, high = 4}, {name = "b", values = ["x"], '
        'optional = true}, {name = "c", type = "ordinal", values = [1, 2]}]\n'
    )
    agents = AGENTS.replace('"Ann"\n', '"Ann"\nweights = {a = 1, b = 0, c = 0}\nvalues = {b = {x = 1}}\n')
    agents += 'weights = {a = 1, b = 1, c = 1}\nvalues = {a = [4, 3, 2, 1], b = [1, 2]}\n'
    scenario = loads(HEAD + agents.replace("[[agents]]", issues + "[[agents]]", 1))
    ann, ben = (agent.utility for agent in scenario.job(1)[0])
    assert ann((3, None, 1)) == 3
    assert ben((1, None, 2)) == 4 + 2 + 2
    assert scenario.executor().run(*scenario.job(1)).agreed


def test_the_schema_of_domain_files_names_every_field() -> None:
    found = schema("domain")
    assert found["$ref"] == "#/$defs/DomainSpec"
    assert set(found["$defs"]["DomainSpec"]["properties"]) == {
        "$schema", "name", "description", "information", "issue", "party", "constraint",
    }  # fmt: skip
    assert found["$defs"]["PartySpec"]["properties"]["evaluations"]["additionalProperties"]["anyOf"]

from __future__ import annotations

import math
import random
from collections import Counter

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.bargaining import BargainingProblem, Discount
from negotiate_rt.problems.derived import DiscountedUtility
from negotiate_rt.problems.issues import Issue, OutcomeSpace
from negotiate_rt.problems.types import CommonPrior, PartyType, TypeDistribution
from negotiate_rt.problems.utility import AdditiveUtility

SPACE = OutcomeSpace([Issue("colour", ("red", "blue"))])
RED = AdditiveUtility({"colour": 1}, {"colour": {"red": 1, "blue": 0}})
BLUE = AdditiveUtility({"colour": 1}, {"colour": {"red": 0, "blue": 1}})
STRONG, WEAK = PartyType("strong", RED, 0.5), PartyType("weak", BLUE, 0.1)
JOINT = CommonPrior(
    {"Ann": [STRONG, WEAK], "Bob": [STRONG, WEAK]},
    {("strong", "strong"): 0.4, ("strong", "weak"): 0.1, ("weak", "strong"): 0.2, ("weak", "weak"): 0.3},
)
APART = CommonPrior({"Ann": TypeDistribution([STRONG, WEAK], [0.25, 0.75]), "Bob": [STRONG, WEAK]})


def test_a_belief_is_the_prior_given_ones_own_type():
    belief = JOINT.belief("Ann", "strong").types_of("Bob")
    assert belief.probabilities == pytest.approx((0.8, 0.2))
    assert JOINT.belief("Ann", "weak").types_of("Bob").probabilities == pytest.approx((0.4, 0.6))
    assert JOINT.belief("Bob", "strong").types_of("Ann").probability("strong") == pytest.approx(2 / 3)


def test_independent_types_tell_nothing_about_each_other():
    for own in ("strong", "weak"):
        assert APART.belief("Ann", own).types_of("Bob").probabilities == (0.5, 0.5)
    assert APART.probability({"Ann": "weak", "Bob": "strong"}) == 0.375
    assert APART.probability({"Ann": "weak"}) == 0.75
    assert APART.probability({}) == 1.0


def test_a_joint_prior_has_marginals():
    assert JOINT.types_of("Ann").probabilities == pytest.approx((0.5, 0.5))
    assert JOINT.types_of("Bob").probabilities == pytest.approx((0.6, 0.4))
    assert JOINT.probability({"Ann": "strong", "Bob": "weak"}) == 0.1
    assert JOINT.probability({"Bob": "weak"}) == pytest.approx(0.4)


@given(st.lists(st.integers(0, 9), min_size=12, max_size=12).filter(any))
@settings(max_examples=25)
def test_beliefs_weighted_by_own_types_give_back_the_prior(counts):
    types = [PartyType(name) for name in "abc"]
    rows = [(x, y, z) for x in "ab" for y in "abc" for z in "ab"]
    whole = sum(counts)
    prior = CommonPrior(
        {"X": types[:2], "Y": types, "Z": types[:2]}, {r: n / whole for r, n in zip(rows, counts, strict=True)}
    )
    for party in prior.names:
        for name in prior.types_of(party).names:
            own = prior.types_of(party).probability(name)
            if own == 0:
                with pytest.raises(ConfigurationError, match="has probability 0: nothing follows"):
                    prior.belief(party, name)
                continue
            belief = prior.belief(party, name)
            assert math.fsum(p for _, p in belief.profiles()) == pytest.approx(1)
            for others, p in belief.profiles():
                assert p * own == pytest.approx(prior.probability({**others, party: name}))


@pytest.mark.parametrize("prior", [JOINT, APART])
def test_profiles_and_samples_follow_the_prior(prior):
    expected = {tuple(profile.values()): p for profile, p in prior.profiles()}
    assert math.fsum(expected.values()) == pytest.approx(1)
    rng = random.Random(1)
    drawn = Counter(tuple(one.name for one in prior.sample(rng).values()) for _ in range(2000))
    for row, p in expected.items():
        assert drawn[row] / 2000 == pytest.approx(p, abs=0.05)
    assert prior.sample(random.Random(7)) == prior.sample(random.Random(7))


def test_many_independent_parties_are_never_multiplied_out():
    prior = CommonPrior({f"p{n}": [PartyType(f"t{k}") for k in range(10)] for n in range(30)})
    assert prior.probability({f"p{n}": "t0" for n in range(30)}) == pytest.approx(1e-30)
    assert len(prior.sample(random.Random(1))) == 30
    assert next(prior.profiles())[1] == pytest.approx(1e-30)
    assert len(prior.belief("p3", "t1").names) == 29


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PartyType(""), "type.name must be a non-empty string"),
        (lambda: PartyType("x", 3), "type 'x': utility must be a function, got int"),
        (lambda: PartyType("x", None, math.nan), "type 'x': reservation_value must be finite"),
        (lambda: TypeDistribution([]), "types must be a list of one or more PartyType"),
        (lambda: TypeDistribution([STRONG, STRONG]), "types must have different names, got strong, strong"),
        (lambda: TypeDistribution([STRONG, WEAK], [1]), "2 types need as many probabilities, got 1"),
        (lambda: TypeDistribution([STRONG, WEAK], [0.5, 0.6]), "probabilities must sum to 1, got 1.1"),
        (lambda: TypeDistribution([STRONG, WEAK], [-0.5, 1.5]), r"probabilities\[0\] must be >= 0"),
        (lambda: CommonPrior({"Ann": [STRONG]}, {("weak",): 1}), "'Ann' has no type 'weak', only strong"),
        (lambda: CommonPrior({"Ann": [STRONG]}, {("strong", "weak"): 1}), "must name one type for each of Ann"),
        (lambda: CommonPrior({"Ann": [STRONG]}, [(("strong",), 0.5), (("strong",), 0.5)]), "stands twice"),
        (lambda: CommonPrior({"Ann": [STRONG]}, {("strong",): math.nan}), r"joint\[0\] must be finite"),
        (lambda: APART.types_of("Cem"), "there is no party 'Cem', only Ann, Bob"),
        (lambda: APART.belief("Ann", "stron"), "there is no type 'stron', only strong, weak; did you mean 'strong'"),
        (lambda: BargainingProblem(SPACE, types={"Ann": [STRONG]}), "types must be a CommonPrior, got dict"),
    ],
)
def test_a_prior_that_is_none_is_refused(make, message):
    with pytest.raises(ConfigurationError, match=message):
        make()


def test_a_prior_travels_by_json_without_its_functions():
    prior = CommonPrior({"Ann": [PartyType("low", None, 0.1), PartyType("high", None, 0.9)]}, {("low",): 0.5, ("high",): 0.5})
    assert msgspec.json.decode(msgspec.json.encode(prior), type=CommonPrior) == prior


def test_a_problem_takes_the_types_that_were_drawn():
    problem = BargainingProblem(SPACE, {"Bob": BLUE}, {"Ann": 0.3}, types=APART)
    drawn = problem.with_types({"Ann": problem.types.types_of("Ann").type("strong")})
    assert drawn.utility_of("Ann", 0)(("red",)) == 1.0
    assert drawn.utility_of("Bob", 1)(("blue",)) == 1.0
    assert drawn.reservation_of("Ann", 0) == 0.5
    with pytest.raises(ConfigurationError, match="types go by agent name"):
        BargainingProblem(SPACE, [RED, BLUE], types=APART).with_types({"Ann": STRONG})
    misfit = CommonPrior({"Ann": [PartyType("odd", AdditiveUtility({}, {}))]})
    with pytest.raises(ConfigurationError, match=r"types\['Ann'\], type 'odd': weights\['colour'\] is missing"):
        BargainingProblem(SPACE, types=misfit)


def test_complete_information_reveals_the_others_and_private_information_nothing():
    facts = ({"Ann": RED, "Bob": BLUE}, {"Ann": 0.1, "Bob": 0.2}, {"Bob": 0.4}, {"Ann": 0.9, "Bob": 0.8})
    told = BargainingProblem(SPACE, *facts, information="complete").revealed_to("Ann", 0)
    assert told.utilities["Bob"](("blue",)) == 1.0
    assert told.reservation_values == {"Bob": 0.2}
    assert told.outside_options == {"Bob": 0.4}
    assert told.discounts == {"Bob": Discount(0.8)}
    seated = BargainingProblem(SPACE, [RED, BLUE], [0.1, 0.2], information="complete").revealed_to("Ann", 0)
    assert list(seated.utilities) == [1]
    assert seated.reservation_values == {1: 0.2}
    hidden = BargainingProblem(SPACE, *facts, types=APART).revealed_to("Ann", 0)
    assert (hidden.utilities, hidden.reservation_values, hidden.outside_options, hidden.discounts) == ({}, {}, {}, {})
    assert hidden.prior.names == ("Ann", "Bob")
    with pytest.raises(ConfigurationError, match="information must be 'private' or 'complete', got 'public'"):
        BargainingProblem(SPACE, information="public")


def test_outside_options_and_discounts_go_by_name_or_by_seat():
    problem = BargainingProblem(SPACE, outside_options=[0.1, 0.2], discounts=[0.9, Discount(0, "time")])
    assert problem.outside_option_of("Bob", 1) == 0.2
    assert problem.outside_option_of("Cem", 2) is None
    assert problem.discount_of("Ann", 0) == Discount(0.9, "round")
    assert problem.discount_of("Bob", 1) == Discount(0.0, "time")
    waning = BargainingProblem(SPACE, {"Ann": DiscountedUtility(RED, 0.5, "time")})
    assert waning.discount_of("Ann", 0) == Discount(0.5, "time")
    assert waning.discount_of("Bob", 1) is None


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"outside_options": {"Ann": math.nan}}, r"outside_options\['Ann'\] must be finite"),
        ({"discounts": [1.5]}, r"discounts\[0\] must be within \[0, 1\], got 1.5"),
        ({"discounts": [-0.5]}, r"discounts\[0\] must be within \[0, 1\], got -0.5"),
        ({"discounts": {"Ann": math.nan}}, r"discounts\['Ann'\] must be finite"),
    ],
)
def test_facts_that_are_none_are_refused(facts, message):
    with pytest.raises(ConfigurationError, match=message):
        BargainingProblem(SPACE, **facts)
    with pytest.raises(ConfigurationError, match=r"discount.factor must be within \[0, 1\]"):
        Discount(2)
    with pytest.raises(ConfigurationError, match=r"discount.per must be 'round' or 'time'"):
        Discount(1, "day")

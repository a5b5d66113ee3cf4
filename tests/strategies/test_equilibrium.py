"""Strategies that follow an equilibrium: on its path, off it, and through the executor."""

from __future__ import annotations

import math
import pickle
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import (
    Accept,
    AdditiveUtility,
    AlternatingOffers,
    BargainingProblem,
    Buyer,
    ConfigurationError,
    InvalidDecision,
    Issue,
    NegotiationConfig,
    NegotiationExecutor,
    NegotiationOffer,
    Negotiator,
    OutcomeSpace,
    Pie,
    Propose,
    Refuse,
    Reject,
    Seller,
    View,
    Walk,
)
from negotiate_rt.problems.preferences import OutcomePreferences, PiePreferences, PricePreferences
from negotiate_rt.solutions.alternating_offers import backward_induction, stationary_equilibrium
from negotiate_rt.solutions.bargaining import utility_matrix
from negotiate_rt.solutions.best_response import best_response
from negotiate_rt.solutions.offer_strategies import OfferTable
from negotiate_rt.solutions.rubinstein import EquilibriumShares, rubinstein
from negotiate_rt.strategies.equilibrium import (
    OutcomeEquilibrium,
    PieEquilibrium,
    PriceEquilibrium,
    TableStrategy,
    play_equilibrium,
)

BOTH = ("propose", "accept-proposal", "walk")
ISSUES = [Issue("price", (1, 2, 3, 4)), Issue("speed", ("slow", "fast"))]
SPACE = OutcomeSpace(ISSUES)
MINE = AdditiveUtility({"price": 2, "speed": 1}, {"price": {1: 0, 2: 1, 3: 2, 4: 3}, "speed": {"slow": 0, "fast": 1}})
YOURS = AdditiveUtility({"price": 1, "speed": 2}, {"price": {1: 3, 2: 2, 3: 1, 4: 0}, "speed": {"slow": 3, "fast": 0}})


def solved(*arguments, **more):
    found = rubinstein(*arguments, **more)
    assert isinstance(found, EquilibriumShares)
    return found


def view(number, standing=None, *, say=BOTH, preferences=None, problem=None, repair=""):
    offer = None if standing is None else NegotiationOffer("1", "other", standing, number, 0.0)
    return View(
        "me", "responder", "bilateral", "n/1", number, 9, 0.0, math.inf, say, offer, None, [], preferences, None, problem,
        repair,
    )  # fmt: skip


def test_the_opener_demands_its_share_and_the_other_takes_it():
    shares = solved((0.9, 0.8))
    assert PieEquilibrium(shares, 0)(view(1, say=("propose", "walk"))) == Propose(shares.shares[0])
    assert PieEquilibrium(shares, 1)(view(1, shares.shares[0])) == Accept()


def test_off_the_path_too_little_is_refused_and_enough_taken():
    shares = solved((0.9, 0.8))
    second = PieEquilibrium(shares, 1)
    assert second(view(1, shares.shares[0] + 1e-6)) == Propose(shares.demand(1))
    assert second(view(1, 0.0)) == Accept()
    first = PieEquilibrium(shares, 0)
    assert first(view(2, 1 - shares.least(0) + 1e-6)) == Propose(shares.demand(0))
    assert first(view(2, 1 - shares.least(0))) == Accept()


def test_each_period_of_a_finite_game_has_its_own_rule():
    shares = solved(Fraction(1, 2), horizon=4)
    first, second = PieEquilibrium(shares, 0), PieEquilibrium(shares, 1)
    assert first(view(1)) == Propose(0.625)
    assert second(view(1, 0.7)) == Propose(0.75)
    assert first(view(2, 0.8)) == Propose(0.5)
    assert second(view(2, 0.6)) == Propose(1.0)
    assert first(view(3, 1.0)) == Accept()  # an indifferent responder accepts
    assert second(view(3, 1.0)) == Accept()  # past the last period anything is better than nothing
    assert first(view(3)) == Propose(1.0)


def test_a_skipped_turn_or_a_repeated_question_changes_nothing():
    shares = solved((0.9, 0.8))
    second = PieEquilibrium(shares, 1)
    assert second(view(2)) == Propose(shares.demand(1))  # nothing stands: the other's turn was skipped
    assert second(view(1, 0.9, repair="late")) == second(view(1, 0.9))


def test_who_solved_as_second_may_open():
    shares = solved(AlternatingOffers(discounts=(0.9, 0.8), first=1))
    assert PieEquilibrium(shares, 1)(view(1)) == Propose(shares.demand(1))
    assert PieEquilibrium(shares, 0)(view(1, shares.demand(1))) == Accept()


def test_a_binding_outside_option_is_taken_when_too_little_is_offered():
    shares = solved(AlternatingOffers(discounts=0.9, outside_options=(None, 0.6)))
    second = PieEquilibrium(shares, 1)
    assert second(view(1, 0.4)) == Accept()
    assert second(view(1, 0.41)) == Walk("outside option")
    assert PieEquilibrium(solved(AlternatingOffers(discounts=0.9, outside_options=(None, 0.3))), 1)(
        view(1, 0.7)
    ) == Propose(pytest.approx(10 / 19))


def test_a_protocol_may_count_periods_itself():
    shares = solved(Fraction(1, 2), horizon=3)
    by_round = PieEquilibrium(shares, 1, lambda one: one.round)
    assert by_round(view(2)) == Propose(0.5)
    assert by_round(view(2, 0.75)) == Accept()


def test_where_no_counter_offer_is_legal_it_accepts_or_refuses():
    shares = solved((0.9, 0.8))
    second = PieEquilibrium(shares, 1)
    answers = ("accept-proposal", "reject-proposal")
    assert second(view(1, 5 / 7, say=answers)) == Accept()
    assert second(view(1, 0.8, say=answers)) == Reject("less than waiting is worth")
    assert isinstance(second(view(1, 0.8, say=("accept-proposal", "refuse"))), Refuse)
    assert isinstance(second(view(1, 0.8, say=("accept-proposal", "walk"))), Walk)


def test_it_never_goes_below_its_reservation_value():
    shares = solved((0.9, 0.8))
    greedy = PiePreferences(1.0, 0.9)
    assert PieEquilibrium(shares, 0)(view(1, preferences=greedy)) == Propose(0.9)
    assert PieEquilibrium(shares, 1)(view(1, 0.2, preferences=greedy)) == Propose(0.9)
    assert PieEquilibrium(shares, 1)(view(1, 0.1, preferences=greedy)) == Accept()
    points = utility_matrix(SPACE, [MINE, YOURS])
    solution = backward_induction(points, AlternatingOffers(horizon=5, discounts=0.9))
    hopeless = OutcomePreferences(SPACE, MINE, 99.0)
    plays = OutcomeEquilibrium(solution, 0, SPACE, points[:, 0])
    assert isinstance(plays(view(1, preferences=hopeless)), Walk)


def test_outcomes_are_offered_and_judged_as_planned():
    points = utility_matrix(SPACE, [MINE, YOURS])
    solution = backward_induction(points, AlternatingOffers(horizon=4, discounts=0.8))
    first = OutcomeEquilibrium(solution, 0, SPACE, points[:, 0])
    second = OutcomeEquilibrium(solution, 1, SPACE, points[:, 1])
    assert first(view(1)) == Propose(SPACE.at(solution.plan(1).offer))
    for index, point in enumerate(points):
        enough = point[1] >= solution.plan(1).least[1] - 1e-9
        assert (second(view(1, SPACE.at(index))) == Accept()) == enough
    assert second(view(3)) == Propose(SPACE.at(int(points[:, 1].argmax())))


def test_prices_divide_the_surplus():
    shares = solved((0.9, 0.8), 20)
    buyer = PriceEquilibrium(shares, 0, 60, 80, selling=False)
    seller = PriceEquilibrium(shares, 1, 60, 80, selling=True)
    asked = buyer(view(1))
    assert asked == Propose(pytest.approx(80 - 20 * 5 / 7))
    assert isinstance(asked, Propose)
    assert seller(view(1, asked.value)) == Accept()
    assert seller(view(1, asked.value - 0.01)) == Propose(pytest.approx(60 + shares.demand(1)))


def test_a_strategy_travels_to_another_process():
    shares = solved((0.9, 0.8))
    again = pickle.loads(pickle.dumps(PieEquilibrium(shares, 0)))
    assert again(view(1)) == Propose(shares.shares[0])


def test_games_that_cannot_be_played_are_refused():
    shares = solved((0.9, 0.8))
    with pytest.raises(ConfigurationError, match="party must be 0 or 1"):
        PieEquilibrium(shares, 2)
    with pytest.raises(ConfigurationError, match="no one to play"):
        PieEquilibrium(rubinstein(AlternatingOffers(costs=0.1)), 0)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=r"divides 1\.0, but high - low is 20"):
        PriceEquilibrium(shares, 0, 60, 80, selling=True)
    solution = backward_induction([(1, 2), (2, 1)], AlternatingOffers(horizon=1))
    with pytest.raises(ConfigurationError, match="2 utilities for 8 outcomes"):
        OutcomeEquilibrium(solution, 0, SPACE, [1, 2])
    three = backward_induction([(1, 2, 3)] * 8, AlternatingOffers(horizon=1))
    with pytest.raises(ConfigurationError, match="about 3"):
        OutcomeEquilibrium(three, 0, SPACE, [1] * 8)
    with pytest.raises(InvalidDecision, match="needs a protocol that tells its game"):
        play_equilibrium(view(1))


# ---------------------------------------------------------------------------------------------------- through the executor
async def play(protocol, agents, problem, **config):
    executor = NegotiationExecutor(clock="virtual", seed=3)
    return await executor.execute(agents, NegotiationConfig(protocol, **config), problem)


async def test_two_equilibrium_agents_agree_at_once_on_the_closed_form():
    shares = solved((0.9, 0.8))
    agents = [Negotiator(f"p{party}", strategy=PieEquilibrium(shares, party)) for party in (0, 1)]
    outcome = await play("bilateral", agents, Pie(1.0))
    assert (outcome.agreed, outcome.rounds_used, len(outcome.all_offers)) == (True, 1, 1)
    assert outcome.accepted_offer.value == pytest.approx(5 / 7)
    assert not outcome.faults


async def test_an_equilibrium_agent_holds_out_against_one_that_demands_all():
    shares = solved((0.9, 0.8))
    stubborn = Negotiator("greedy", strategy=lambda view: Propose(1.0))
    outcome = await play(
        "bilateral", [stubborn, Negotiator("sage", strategy=PieEquilibrium(shares, 1))], Pie(1.0), max_rounds=4
    )
    assert not outcome.agreed
    assert {offer.value for offer in outcome.all_offers if offer.agent == "sage"} == {shares.demand(1)}


async def test_prices_are_agreed_through_the_executor():
    shares = solved((0.9, 0.9), 20)
    buyer = Buyer("B", 80, strategy=PriceEquilibrium(shares, 0, 60, 80, selling=False))
    seller = Seller("S", 60, strategy=PriceEquilibrium(shares, 1, 60, 80, selling=True))
    outcome = await play("bilateral", [buyer, seller], None)
    assert outcome.accepted_offer.value == pytest.approx(80 - 20 * 10 / 19)


async def test_outcomes_are_agreed_as_backward_induction_says():
    points = utility_matrix(SPACE, [MINE, YOURS])
    solution = stationary_equilibrium(points, AlternatingOffers(discounts=(0.7, 0.95)))
    assert solution is not None
    assert solution.outcome is not None
    agents = [
        Negotiator(f"p{k}", utility, strategy=OutcomeEquilibrium(solution, k, SPACE, points[:, k]))
        for k, utility in enumerate([MINE, YOURS])
    ]
    outcome = await play("bilateral", agents, BargainingProblem(ISSUES))
    assert outcome.accepted_offer.value == SPACE.at(solution.outcome)
    assert (outcome.utilities["p0"], outcome.utilities["p1"]) == pytest.approx(solution.values)


# ------------------------------------------------------------------------------------- the game that the protocol has told
class Tells:
    """Preferences that tell their game, as those of the protocol `rubinstein` do."""

    def __init__(self, base, game, party):
        self.base, self.game, self.party = base, game, party
        self.reservation_value = -math.inf

    def utility(self, value, mine):
        return 0.0


async def test_the_protocol_of_rubinstein_ends_as_theory_says():
    game = AlternatingOffers(discounts=(0.9, 0.8))
    agents = [Negotiator(name, strategy=play_equilibrium) for name in ("a", "b")]
    outcome = await play("rubinstein", agents, Pie(3.0), options=game)
    assert (outcome.agreed, outcome.rounds_used, outcome.faults) == (True, 1, ())
    assert tuple(outcome.utilities.values()) == pytest.approx(solved(game, 3.0).shares)


async def test_known_outcomes_are_agreed_by_backward_induction():
    points = utility_matrix(SPACE, [MINE, YOURS])
    for game in (AlternatingOffers(discounts=(0.7, 0.95)), AlternatingOffers(discounts=0.6, horizon=5)):
        solution = (stationary_equilibrium if game.horizon is None else backward_induction)(points, game)
        assert solution is not None
        assert solution.outcome is not None
        agents = [Negotiator(name, utility, strategy=play_equilibrium) for name, utility in (("a", MINE), ("b", YOURS))]
        problem = BargainingProblem(ISSUES, information="complete")
        outcome = await play("rubinstein", agents, problem, options=game)
        assert outcome.accepted_offer.value == SPACE.at(solution.outcome)
        assert not outcome.faults


def test_what_the_other_wants_must_be_known():
    game = AlternatingOffers(discounts=0.9)
    told = Tells(OutcomePreferences(SPACE, MINE), game, 0)
    with pytest.raises(InvalidDecision, match="information = 'complete'"):
        play_equilibrium(view(1, preferences=told, problem=BargainingProblem(ISSUES)))
    with pytest.raises(InvalidDecision, match="interval of equilibria"):
        play_equilibrium(view(1, preferences=Tells(None, AlternatingOffers(costs=0.1), 0), problem=Pie(1.0)))
    with pytest.raises(InvalidDecision, match="indeterminate"):
        play_equilibrium(view(1, preferences=Tells(None, AlternatingOffers(), 0), problem=Pie(1.0)))


def test_a_buyer_and_a_seller_who_know_each_others_limits_divide_the_surplus():
    from msgspec.structs import replace

    game = AlternatingOffers(discounts=(0.9, 0.8))
    buyer, seller = PricePreferences(80, selling=False), PricePreferences(60, selling=True)
    asked = play_equilibrium(replace(view(1, preferences=Tells(buyer, game, 0)), others={"S": seller}))
    assert asked == Propose(pytest.approx(80 - 20 * 5 / 7))
    assert isinstance(asked, Propose)
    answer = play_equilibrium(
        replace(view(1, asked.value, preferences=Tells(seller, game, 1)), others={"B": Tells(buyer, game, 0)})
    )
    assert answer == Accept()
    dear = PricePreferences(90, selling=True)
    assert isinstance(play_equilibrium(replace(view(1, preferences=Tells(buyer, game, 0)), others={"S": dear})), Walk)


async def test_a_best_response_is_played_as_a_table():
    points = utility_matrix(SPACE, [MINE, YOURS])
    game = AlternatingOffers(discounts=0.9, horizon=7)
    best = [int(points[:, party].argmax()) for party in (0, 1)]
    weak = OfferTable((best[1], best[1], best[1], best[0]), (9.0, 9.0, 9.0, 0.0))  # concedes all in period 4
    response = best_response(points, game, weak, 0)
    assert (response.play.period, response.play.outcome) == (4, best[0])
    table = response.as_table()
    agents = [
        Negotiator("sharp", MINE, strategy=TableStrategy(table, 0, SPACE, points[:, 0], horizon=7)),
        Negotiator("weak", YOURS, strategy=TableStrategy(weak, 1, SPACE, points[:, 1], horizon=7)),
    ]
    outcome = await play("bilateral", agents, BargainingProblem(ISSUES))
    assert outcome.accepted_offer.value == SPACE.at(best[0])
    assert [offer.agent for offer in outcome.all_offers] == ["sharp", "weak", "sharp", "weak"]
    past = TableStrategy(table, 0, SPACE, points[:, 0], horizon=7)
    assert past(view(5)) == Propose(SPACE.at(best[0]))


def test_a_response_to_states_is_no_table():
    points = utility_matrix(SPACE, [MINE, YOURS])
    game = AlternatingOffers(discounts=0.9, horizon=3)
    response = best_response(points, game, lambda period, history, role: 0 if role == "propose" else False, 0, memory=1)
    with pytest.raises(ConfigurationError, match="states that a table cannot follow"):
        response.as_table()


# ----------------------------------------------------------------------------------- play = backward induction = closed form
@settings(max_examples=12)
@given(
    st.tuples(*[st.sampled_from([0.0, 0.3, 0.8, 0.95])] * 2), st.sampled_from([0, (0.1, 0.02), (0.0, 0.3)]),
    st.tuples(*[st.sampled_from([None, 0.2, 0.45])] * 2), st.sampled_from([0.0, 0.2]),
    st.none() | st.integers(1, 6), st.sampled_from([0, (0.1, 0.4)]),
)  # fmt: skip
def test_play_through_the_executor_is_worth_what_theory_says(discounts, costs, options, risk, horizon, late):
    game = AlternatingOffers(
        discounts=discounts, costs=costs, outside_options=options, breakdown=risk, breakdown_payoffs=(0.1, 0.3),
        horizon=horizon, deadline_payoffs=late,
    )  # fmt: skip
    agents = [Negotiator(name, strategy=play_equilibrium) for name in ("a", "b")]
    executor = NegotiationExecutor(clock="virtual", seed=3)
    outcome = executor.run(agents, NegotiationConfig("rubinstein", options=game), Pie(1.0))
    assert tuple(outcome.utilities.values()) == pytest.approx(solved(game).shares, abs=1e-9)
    assert not outcome.faults


@settings(max_examples=12)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=6),
    st.tuples(*[st.sampled_from([0.0, 0.5, 0.75, 1.0])] * 2), st.integers(1, 6),
)  # fmt: skip
def test_play_over_outcomes_is_worth_what_backward_induction_says(points, discounts, horizon):
    issue = Issue("deal", tuple(range(len(points))))
    game = AlternatingOffers(discounts=discounts, horizon=horizon)
    agents = [
        Negotiator(name, lambda deal, party=party: points[deal[0]][party], strategy=play_equilibrium)
        for party, name in enumerate("ab")
    ]
    executor = NegotiationExecutor(clock="virtual", seed=3)
    problem = BargainingProblem([issue], information="complete")
    outcome = executor.run(agents, NegotiationConfig("rubinstein", options=game), problem)
    solution = backward_induction(points, game)
    assert tuple(outcome.utilities.values()) == pytest.approx(solution.values)
    assert tuple(offer.value[0] for offer in outcome.all_offers) == solution.path
    assert not outcome.faults

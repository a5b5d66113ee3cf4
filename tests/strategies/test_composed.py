"""Composed strategies: what they offer and accept, what they remember, and for how long."""

from __future__ import annotations

import gc
import pickle
from bisect import bisect_left

import pytest

from negotiate_rt import (
    Accept,
    AdditiveUtility,
    Agent,
    BargainingProblem,
    Buyer,
    ConfigurationError,
    Issue,
    LinearConcession,
    NegotiationConfig,
    NegotiationExecutor,
    NegotiationOffer,
    Negotiator,
    OutcomeSpace,
    Propose,
    Seller,
    TimeDependentConcession,
    View,
    Walk,
)
from negotiate_rt.problems.derived import DiscountedUtility
from negotiate_rt.problems.preferences import OutcomePreferences, PricePreferences
from negotiate_rt.strategies import STRATEGIES, ComposedStrategy, make_strategy
from negotiate_rt.strategies.acceptance import (
    AcceptAspiration,
    AcceptCombined,
    AcceptConstant,
    AcceptLastChance,
    AcceptNext,
    AcceptOptimally,
    AcceptPrevious,
    AcceptTime,
    AcceptWindow,
    AllOf,
    AnyOf,
)
from negotiate_rt.strategies.bids import (
    ConcedingBids,
    IssueByIssueBids,
    MicroBids,
    NiceTitForTatBids,
    TradeOffBids,
)
from negotiate_rt.strategies.composed import COMPOSED, MicroStrategy, NiceTitForTat, Reciprocal
from negotiate_rt.strategies.opponent import BayesianModel
from negotiate_rt.strategies.session import KEPT, Scene

SPACE = OutcomeSpace([Issue("colour", ("red", "green", "blue")), Issue("size", (1, 2, 3, 4))])
MINE = AdditiveUtility(
    {"colour": 0.4, "size": 0.6},
    {"colour": {"red": 1.0, "green": 0.5, "blue": 0.0}, "size": {1: 0.0, 2: 1 / 3, 3: 2 / 3, 4: 1.0}}, SPACE,
)  # fmt: skip
THEIRS = AdditiveUtility(
    {"colour": 0.9, "size": 0.1},
    {"colour": {"red": 0.0, "green": 0.5, "blue": 1.0}, "size": {1: 1.0, 2: 2 / 3, 3: 1 / 3, 4: 0.0}}, SPACE,
)  # fmt: skip
PROBLEM = BargainingProblem(SPACE)


class Table:
    """One seat of a negotiation without a runtime: shows a strategy the views of its turns, and keeps its offers."""

    def __init__(self, strategy, preferences=None, *, rounds=10, name="talk/1", problem=PROBLEM, others=None):
        self.strategy, self.rounds, self.name, self.problem, self.others = strategy, rounds, name, problem, others
        self.preferences = preferences or OutcomePreferences(SPACE, MINE, 0.1)
        self.heard, self.own, self.round = [], None, 0

    def turn(self, *heard, may=("propose", "accept-proposal", "walk"), say=True):
        """Return the decision in the next round, after these offers of the opponent."""
        self.round += 1
        self.heard += heard
        standing = NegotiationOffer("o", "B", heard[-1], self.round, 0.0) if heard else None
        view = View(
            "A", "initiator", "bilateral", self.name, self.round, self.rounds, 0.0, 60.0, may, standing, self.own,
            self.heard, self.preferences, None, self.problem, others=self.others,
        )  # fmt: skip
        decision = self.strategy(view)
        if isinstance(decision, Propose) and say:
            self.own = NegotiationOffer("m", "A", decision.value, self.round, 0.0)
        return decision


def ranked(utility=MINE, least=0.1):
    return sorted((o for o in SPACE if utility(o) >= least), key=lambda o: -utility(o))


# ------------------------------------------------------------------------------------------------------------ acceptance


def late(progress, worth, times=(0.8,), worths=(0.5,)):
    """Facts of a turn at some progress: what stands is worth that much, what came when, and what that was worth."""
    return {"progress": progress, "standing": worth, "offered": worth, "upcoming": 0.6, "times": times, "worths": worths}


def scene(**facts):
    one = Scene("seed")
    for name, value in facts.items():
        setattr(one, name, value)
    return one


@pytest.mark.parametrize(
    ("condition", "facts", "accepts"),
    [
        (AcceptNext(), {"standing": 0.5, "upcoming": 0.5}, True),
        (AcceptNext(), {"standing": 0.49, "upcoming": 0.5}, False),
        (AcceptNext(1.1, 0.0), {"standing": 0.46, "upcoming": 0.5}, True),
        (AcceptNext(1.0, 0.05), {"standing": 0.45, "upcoming": 0.5}, True),
        (AcceptConstant(0.8), {"standing": 0.8}, True),
        (AcceptConstant(0.8), {"standing": 0.79}, False),
        (AcceptTime(0.9), {"standing": 0.0, "progress": 0.9}, True),
        (AcceptTime(0.9), {"standing": 1.0, "progress": 0.89}, False),
        (AcceptAspiration(), {"standing": 0.6, "offered": 0.6, "upcoming": 0.9, "aspiration": 0.6}, True),
        (AcceptAspiration(), {"standing": 0.6, "offered": 0.6, "upcoming": 0.9}, False),
        # at t = 0.9 the window is [0.8, 1]: the 0.9 that came at 0.7 is forgotten
        (AcceptWindow(), late(0.9, 0.5, (0.7, 0.8, 0.9), (0.9, 0.5, 0.5)), True),
        (AcceptWindow(), late(0.9, 0.5, (0.7, 0.8, 0.9), (0.9, 0.6, 0.5)), False),
        (AcceptWindow("average"), late(0.9, 0.5, (0.8, 0.85, 0.9), (0.6, 0.4, 0.5)), True),
        (AcceptCombined(0.9), late(0.8, 0.5), False),
        (AcceptCombined(0.8), late(0.8, 0.5), True),
        (AcceptCombined(0.9), {"progress": 0.1, "offered": 0.5, "standing": 0.6, "upcoming": 0.6}, True),
        (AcceptNext() & AcceptTime(0.5), {"standing": 0.9, "upcoming": 0.5, "progress": 0.4}, False),
        (AcceptNext() | AcceptTime(0.5), {"standing": 0.1, "upcoming": 0.5, "progress": 0.6}, True),
    ],
)  # fmt: skip
def test_acceptance_conditions_are_as_defined(condition, facts, accepts):
    assert condition(scene(**facts), None) is accepts


def test_conditions_combine_into_values():
    assert AcceptNext() & AcceptTime(0.5) | AcceptConstant(0.9) == AnyOf(
        (AllOf((AcceptNext(), AcceptTime(0.5))), AcceptConstant(0.9))
    )


def test_optimal_stopping_thresholds_are_the_book_s():
    # Uniform offers on [0, 1], v_0 = 0: 1/2, 5/8, 89/128 (Gilbert and Mosteller 1966).
    preferences = OutcomePreferences(SPACE, MINE)
    for left, value in ((0, 0.0), (1, 1 / 2), (2, 5 / 8), (3, 89 / 128)):
        view = Table(None, preferences, rounds=9)
        view.round = 9 - left - 1
        view.strategy = lambda seen: seen
        seen = view.turn()
        assert AcceptOptimally()(scene(standing=value + 1e-9), seen)
        assert not AcceptOptimally()(scene(standing=value - 1e-9), seen)


def test_learned_stopping_waits_for_the_best_that_comes_again():
    table = Table(lambda seen: seen, rounds=60)
    table.round = 9
    seen = table.turn()  # 50 rounds are left
    assert not AcceptOptimally(learned=True)(scene(standing=0.7, worths=[0.2, 0.3, 0.8, 0.4, 0.1]), seen)
    assert AcceptOptimally(learned=True)(scene(standing=0.8, worths=[0.2, 0.3, 0.8, 0.4, 0.1]), seen)


def test_the_last_to_speak_accepts_in_the_last_round_what_is_worth_it_at_all():
    low = min(ranked(), key=MINE)
    second = Table(ComposedStrategy(ConcedingBids(floor=0.9), AcceptLastChance()), rounds=2)
    assert isinstance(second.turn(low), Propose)
    assert isinstance(second.turn(low), Accept)
    first = Table(ComposedStrategy(ConcedingBids(floor=0.9), AcceptLastChance()), rounds=2)
    assert isinstance(first.turn(), Propose)
    assert isinstance(first.turn(low), Propose)


def test_nothing_below_the_reservation_value_is_accepted_whatever_the_condition_says():
    table = Table(ComposedStrategy(acceptance=AcceptTime(0.0)), OutcomePreferences(SPACE, MINE, 0.5))
    assert isinstance(table.turn(("blue", 1)), Propose)
    assert isinstance(table.turn(("red", 4)), Accept)


def test_the_previous_offer_is_what_was_said():
    table = Table(ComposedStrategy(ConcedingBids(LinearConcession()), AcceptPrevious()))
    assert isinstance(table.turn(("red", 4)), Propose)
    assert isinstance(table.turn(("red", 4)), Accept)


# --------------------------------------------------------------------------------------------------------------- bidding


def test_conceding_bids_follow_the_curve_and_offer_the_nearest_above():
    table = Table(ComposedStrategy(ConcedingBids(TimeDependentConcession(0.5))), rounds=10)
    levels = sorted(MINE(o) for o in ranked())
    for round in range(1, 11):
        target = 1.0 - 0.9 * ((round - 1) / 9) ** 2
        worth = MINE(table.turn().value)
        assert worth == pytest.approx(levels[bisect_left(levels, target - 1e-9)])


def test_a_floor_is_never_conceded():
    table = Table(ComposedStrategy(ConcedingBids(LinearConcession(), floor=0.5)), rounds=6)
    offers = [MINE(table.turn().value) for _ in range(6)]
    assert min(offers) >= 0.1 + 0.5 * 0.9
    assert offers[-1] < 0.7


def test_with_a_model_the_offer_that_should_please_most_is_made():
    table = Table(ComposedStrategy(ConcedingBids(LinearConcession()), model=BayesianModel()), rounds=10)
    table.turn()
    for _ in range(3):
        offer = table.turn(("blue", 4)).value  # the opponent cares about the colour alone
    better = [o for o in SPACE if MINE(o) >= MINE(offer)]
    assert THEIRS(offer) == max(map(THEIRS, better))


def test_complete_information_needs_no_guess():
    others = {"B": OutcomePreferences(SPACE, THEIRS)}
    table = Table(
        ComposedStrategy(ConcedingBids(LinearConcession()), AcceptAspiration(), BayesianModel()), rounds=8, others=others
    )
    for _ in range(8):
        offer = table.turn().value
        dominating = [o for o in SPACE if MINE(o) >= MINE(offer) and THEIRS(o) > THEIRS(offer)]
        assert not [o for o in dominating if MINE(o) > MINE(offer) or THEIRS(o) > THEIRS(offer) + 1e-9]


def test_micro_concedes_one_outcome_for_each_distinct_offer():
    best = ranked()
    table = Table(MicroStrategy(), rounds=50)
    assert table.turn().value == best[0]
    assert table.turn().value == best[0]  # nothing heard: m = 1 > n = 0
    assert table.turn(("blue", 1)).value == best[1]
    assert table.turn(("blue", 1)).value in best[:2]  # the same again
    assert table.turn(("blue", 2)).value == best[2]
    assert table.turn(("green", 1)).value == best[3]


def test_micro_accepts_the_least_it_considers():
    best = ranked()
    table = Table(MicroStrategy(), rounds=50)
    table.turn()
    assert isinstance(table.turn(best[1]), Accept)  # its next would be that one
    other = Table(MicroStrategy(), rounds=50)
    other.turn()
    assert isinstance(other.turn(best[3]), Propose)
    assert isinstance(other.turn(best[3]), Propose)  # heard before: considers the two that it has made
    assert isinstance(other.turn(best[1]), Accept)


def test_micro_stays_in_its_ranks_when_an_offer_was_never_said():
    best = ranked()
    table = Table(MicroStrategy(), rounds=50)
    table.turn()
    assert table.turn(("blue", 1), say=False).value == best[1]  # lost with its turn
    assert table.turn().value in best[:2]


def test_reciprocal_stops_at_its_floor():
    table = Table(Reciprocal(floor=0.6), rounds=60)
    outcomes = list(SPACE)
    offers = [table.turn(outcomes[number % 12]) for number in range(40)]
    made = [MINE(one.value) for one in offers if isinstance(one, Propose)]
    assert min(made) >= 0.1 + 0.6 * 0.9
    assert len(made) > 20


def test_nice_tit_for_tat_answers_in_proportion_towards_the_nash_point():
    others = {"B": OutcomePreferences(SPACE, THEIRS)}
    table = Table(ComposedStrategy(NiceTitForTatBids(0.0), AcceptAspiration(), BayesianModel()), others=others)
    nash = max(ranked(), key=lambda o: (MINE(o) - 0.1) * THEIRS(o))
    assert MINE(table.turn(("blue", 1)).value) == 1.0
    assert MINE(table.turn(("blue", 1)).value) == 1.0  # no concession heard: none made
    half = table.turn(("green", 2)).value  # worth 0.4 to us, after 0: an answer, though not all the way
    assert MINE(nash) <= MINE(half) < 1.0
    assert isinstance(table.turn(nash), Accept)


def test_trading_off_stays_on_the_contour_and_comes_as_close_as_it_can():
    table = Table(ComposedStrategy(TradeOffBids(LinearConcession(), width=0.1), AcceptAspiration()), rounds=10)
    table.turn()
    for round in range(2, 9):
        offer = table.turn(("blue", 1)).value
        target = 1.0 - 0.9 * (round - 1) / 9
        assert MINE(offer) >= target - 1e-9
    assert MINE(offer) < 0.6


def test_criteria_say_what_people_find_alike():
    alike = {"colour": {"red": 0.0, "green": 0.9, "blue": 1.0}}
    strategy = make_strategy("trade-off", {"criteria": alike, "width": 1.0, "concession": {"name": "linear"}})
    table = Table(strategy, OutcomePreferences(SPACE, MINE, 0.3), rounds=10)
    table.turn()
    for _ in range(5):
        offer = table.turn(("blue", 1)).value
    assert offer == ("green", 4)  # green is nearly blue; without being told, red and size 3 would be closer


def test_issue_by_issue_bids_concede_each_issue_by_its_own_tactic():
    bids = IssueByIssueBids({"colour": TimeDependentConcession(10.0)}, TimeDependentConcession(0.1))
    table = Table(ComposedStrategy(bids), OutcomePreferences(SPACE, MINE), rounds=11)
    offers = [table.turn().value for _ in range(8)]
    assert offers[0] == ("red", 4)
    assert {colour for colour, _ in offers[3:]} == {"blue"} or offers[-1][0] == "green"
    assert all(size == 4 for _, size in offers)


def test_a_wrong_issue_or_a_missing_model_is_the_caller_s_mistake():
    with pytest.raises(ConfigurationError, match="no such issue, only colour, size"):
        Table(ComposedStrategy(IssueByIssueBids({"price": LinearConcession()}))).turn()
    table = Table(ComposedStrategy(TradeOffBids(criteria={"price": {}})))
    table.turn()
    with pytest.raises(ConfigurationError, match=r"criteria\['price'\]: there is no such issue"):
        table.turn(("blue", 1))
    with pytest.raises(ConfigurationError, match="needs a model of the opponent"):
        Table(ComposedStrategy(NiceTitForTatBids())).turn()


def test_without_a_rational_outcome_it_walks_away():
    hopeless = OutcomePreferences(SPACE, MINE, 1.5)
    for name in COMPOSED:
        assert isinstance(Table(STRATEGIES[name](), hopeless).turn(("red", 4)), Walk)


def test_on_a_price_micro_walks_a_hundred_steps():
    table = Table(MicroStrategy(), PricePreferences(60.0, 160.0, selling=True), rounds=500, problem=None)
    assert [table.turn(float(price)).value for price in range(5)] == [160.0, 159.0, 158.0, 157.0, 156.0]


# ---------------------------------------------------------------------------------------------------------------- memory


def test_sessions_are_gone_with_the_negotiation():
    strategies = [STRATEGIES[name]() for name in COMPOSED]
    executor = NegotiationExecutor(clock="virtual", seed=1)
    for strategy in strategies:
        outcome = executor.run(
            [Negotiator("A", MINE, 0.1, strategy=strategy), Negotiator("B", THEIRS, 0.1, strategy=strategy)],
            NegotiationConfig("bilateral", max_rounds=8), PROBLEM,
        )  # fmt: skip
        assert outcome.rounds_used
    gc.collect()
    assert [len(strategy.__dict__["_sessions"]) for strategy in strategies] == [0] * len(strategies)


def test_two_seats_and_many_negotiations_of_one_strategy_do_not_share_memory():
    strategy = MicroStrategy()
    tables = [Table(strategy, name=f"talk/{number}", rounds=50) for number in range(200)]
    best = ranked()
    for table in tables:
        assert table.turn().value == best[0]
    for table in tables[::2]:
        assert table.turn(("blue", 1)).value == best[1]
    for table in tables[1::2]:
        assert table.turn().value == best[0]


def test_a_negotiation_of_the_same_name_starts_anew():
    strategy, preferences = MicroStrategy(), OutcomePreferences(SPACE, MINE, 0.1)
    first = Table(strategy, preferences, rounds=50)
    first.turn(), first.turn(("blue", 1)), first.turn(("blue", 2))
    assert Table(strategy, preferences, rounds=50).turn().value == ranked()[0]


def test_a_pickled_strategy_is_equal_and_remembers_by_name_where_preferences_come_anew():
    strategy = pickle.loads(pickle.dumps(MicroStrategy(seed=3)))
    assert strategy == MicroStrategy(seed=3)
    best, table = ranked(), Table(strategy, rounds=50)
    for number, wanted in enumerate(best[:4]):
        table.preferences = OutcomePreferences(SPACE, MINE, 0.1)  # as in a worker process
        assert table.turn(*([("blue", number)] if number else [])).value == wanted


def test_at_most_so_many_sessions_are_kept_by_name():
    strategy = pickle.loads(pickle.dumps(MicroStrategy()))
    for number in range(3 * KEPT):
        Table(strategy, name=f"talk/{number}").turn()
    assert len(strategy.__dict__["_sessions"]) <= KEPT


def test_seed_and_agent_give_the_chance():
    def offers(seed):
        table = Table(STRATEGIES["random-walker"](seed=seed), rounds=30)
        return [table.turn().value for _ in range(20)]

    assert offers(1) == offers(1)
    assert offers(1) != offers(2)


# ----------------------------------------------------------------------------------------------------------- at the table


def test_a_config_s_strategy_may_be_a_composed_one():
    config = NegotiationConfig("bilateral", 10, None, 20.0, 100.0, STRATEGIES["considerate"](floor=0.0, beta=1.0))
    outcome = NegotiationExecutor(clock="virtual").run([Agent("A"), Agent("B")], config)
    assert outcome.agreed
    assert not outcome.faults


@pytest.mark.parametrize("name", COMPOSED)
def test_buyers_and_sellers_play_every_composed_strategy(name):
    strategy = STRATEGIES[name]()
    buyer, seller = Buyer("B", 80.0, 40.0, strategy), Seller("S", 60.0, 120.0, strategy)
    outcome = NegotiationExecutor(clock="virtual").run([buyer, seller], NegotiationConfig("bilateral", max_rounds=200))
    assert not outcome.faults
    if outcome.agreed:
        assert 60.0 <= outcome.accepted_offer.value <= 80.0


@pytest.mark.slow
def test_a_composed_strategy_keeps_its_memory_in_a_worker_process():
    agents = [
        Negotiator("A", MINE, 0.1, strategy=NiceTitForTat(), isolated=True),
        Negotiator("B", THEIRS, 0.1, strategy=MicroStrategy()),
    ]
    config = NegotiationConfig("bilateral", max_rounds=12)
    isolated = NegotiationExecutor(clock="virtual").run(agents, config, PROBLEM)
    agents[0].isolated = False
    here = NegotiationExecutor(clock="virtual").run(
        [Negotiator("A", MINE, 0.1, strategy=NiceTitForTat()), agents[1]], config, PROBLEM
    )
    assert [offer.value for offer in isolated.all_offers] == [offer.value for offer in here.all_offers]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ComposedStrategy(bidding=3), r"bidding must be a callable \(scene, view\), got 3"),
        (lambda: ComposedStrategy(model=3), r"model must have a method start\(space\), got 3"),
        (lambda: ConcedingBids(floor=2), r"floor must be in \[0, 1\], got 2"),
        (lambda: MicroBids(-1), r"floor must be in \[0, 1\], got -1"),
        (lambda: AcceptTime(1.5), r"progress must be in \[0, 1\], got 1\.5"),
        (lambda: AcceptWindow("least"), "measure must be 'max' or 'average', got 'least'"),
        (lambda: BayesianModel(0), "deviation must be > 0, got 0"),
        (lambda: make_strategy("micr"), "no strategy 'micr', only .* did you mean 'micro'"),
        (lambda: make_strategy("micro", {"sed": 1}), "strategy 'micro' has no parameter 'sed', only seed; did you mean 'seed'"),
        (lambda: make_strategy("hard-headed", {"floor": 2}), r"strategy 'hard-headed': floor must be in \[0, 1\]"),
        (lambda: make_strategy("micro", {"seed": "x"}), "strategy 'micro': Expected `int`, got `str`"),
    ],
)
def test_parts_and_parameters_that_are_none_are_refused(make, message):
    with pytest.raises(ConfigurationError, match=message):
        make()


HUGE = OutcomeSpace([Issue(f"issue {k}", tuple(range(10))) for k in range(12)])  # 10^12 outcomes
UP, DOWN = (
    AdditiveUtility(
        dict(zip(HUGE.names, weights, strict=True)),
        {name: {v: (v if up else 9 - v) / 9 for v in range(10)} for name in HUGE.names}, HUGE,
    )
    for up, weights in ((True, range(1, 13)), (False, range(12, 0, -1)))
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", COMPOSED)
def test_every_composed_strategy_bargains_over_a_trillion_outcomes(name):
    strategy = STRATEGIES[name]()
    agents = [Negotiator("A", UP, 30.0, strategy=strategy), Negotiator("B", DOWN, 30.0, strategy=strategy)]
    outcome = NegotiationExecutor(clock="virtual", seed=1).run(
        agents, NegotiationConfig("bilateral", max_rounds=12), BargainingProblem(HUGE)
    )
    assert not outcome.faults
    assert outcome.rounds_used
    gc.collect()
    assert len(strategy.__dict__["_sessions"]) == 0


@pytest.mark.parametrize("discount", [0.95, 0.8])
@pytest.mark.parametrize("name", [*COMPOSED, "relative-tit-for-tat"])
def test_deals_that_lose_worth_by_waiting_are_never_struck_below_the_reservation_value(name, discount):
    strategy = STRATEGIES[name]()
    agents = [
        Negotiator(who, DiscountedUtility(utility, discount), 0.3, strategy=strategy)
        for who, utility in (("A", MINE), ("B", THEIRS))
    ]
    outcome = NegotiationExecutor(clock="virtual", seed=1).run(
        agents, NegotiationConfig("bilateral", max_rounds=8), BargainingProblem(SPACE)
    )
    assert not outcome.faults
    assert min(outcome.utilities.values()) >= 0.3 - 1e-9


@pytest.mark.parametrize("name", COMPOSED)
def test_composed_strategies_sit_among_three(name):
    worths = {"colour": {"red": 0, "green": 1, "blue": 0}, "size": lambda size: size / 4}
    third = AdditiveUtility({"colour": 1, "size": 1}, worths, SPACE)
    agents = [
        Negotiator(who, utility, 0.1, strategy=STRATEGIES[name]())
        for who, utility in (("A", MINE), ("B", THEIRS), ("C", third))
    ]
    outcome = NegotiationExecutor(clock="virtual", seed=1).run(
        agents, NegotiationConfig("stacked-alternating-offers", max_rounds=15), BargainingProblem(SPACE)
    )
    assert not outcome.faults
    assert min(outcome.utilities.values()) >= 0.1

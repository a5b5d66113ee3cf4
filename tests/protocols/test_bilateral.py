"""Bilateral bargaining through the executor: prices, pies, issues, rounds, deadlines, expiry, withdrawal, bad decisions."""

from __future__ import annotations

import math
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import (
    Accept,
    AdditiveUtility,
    Agent,
    BargainingProblem,
    Buyer,
    ConfigurationError,
    Constant,
    ExponentialConcession,
    InvalidDecision,
    Issue,
    LinearConcession,
    LocalProtocolError,
    NegotiationConfig,
    NegotiationExecutor,
    Negotiator,
    Network,
    NotUnderstood,
    Pie,
    PriceProblem,
    Propose,
    Reject,
    Seller,
    TimeDependentConcession,
    TitForTatConcession,
    Walk,
    Withdraw,
)


async def talk(*agents, problem=None, **config):
    """Run one bilateral negotiation on a virtual clock."""
    executor = NegotiationExecutor(clock="virtual", seed=1)
    return await executor.execute(agents, NegotiationConfig("bilateral", **config), problem)


def values(outcome):
    return [offer.value for offer in outcome.all_offers]


def faults(outcome):
    return [(fault.who, fault.what) for fault in outcome.faults]


def scripted(name, *moves, seen=None):
    """A negotiator that makes these moves; an exception among them is raised."""
    left = list(moves)

    def decide(view):
        if seen is not None:
            seen.append(view)
        move = left.pop(0)
        if isinstance(move, BaseException):
            raise move
        return move(view) if callable(move) else move

    return Negotiator(name, strategy=decide)


# ------------------------------------------------------------------------------------------------------- seats and stakes
async def test_seats_are_filled_in_list_order():
    one = await talk(Seller("S", 60, opening=100), Buyer("B", 80, opening=40), max_rounds=3)
    other = await talk(Buyer("B", 80, opening=40), Seller("S", 60, opening=100), max_rounds=3)
    assert [offer.agent for offer in one.all_offers][:2] == ["S", "B"]
    assert [offer.agent for offer in other.all_offers][:2] == ["B", "S"]


async def test_an_agent_with_the_role_in_its_name_sits_there():
    class Second(Seller):
        role = "responder"

    outcome = await talk(Second("S", 60), Buyer("B", 80))
    assert outcome.all_offers[0].agent == "B"


async def test_automatic_openings_are_nothing_and_twice_the_limit():
    outcome = await talk(Buyer("B", 80), Seller("S", 60), max_rounds=2)
    assert values(outcome)[:2] == [0, 120]


async def test_config_fills_only_what_agents_do_not_bring():
    class Firm:
        def __call__(self, round, max_rounds, reservation_value, current_value, history):
            return current_value

    filled = await talk(
        Buyer("B", 80, opening=40), Seller("S", 60), max_rounds=3, initial_offer=90, concession_strategy=Firm()
    )
    assert values(filled) == [40, 90, 40, 90, 40, 90]
    assert filled.final_state == "DEADLOCK"
    agents = Buyer("B", 80, opening=40, strategy=LinearConcession()), Seller("S", 60, opening=70)
    brought = await talk(*agents, max_rounds=3, initial_offer=75, concession_strategy=Firm())
    assert values(brought)[:3] == [40, 70, 60]


async def test_initial_offer_that_an_agent_could_not_make_leaves_its_opening_automatic():
    outcome = await talk(Buyer("B", 80), Seller("S", 60), max_rounds=3, initial_offer=100)
    assert values(outcome)[:2] == [0, 100]


@pytest.mark.parametrize("initial_offer", [None, -1, -1.0])
async def test_no_initial_offer_and_minus_one_are_automatic(initial_offer):
    outcome = await talk(Buyer("B", 80), Seller("S", 60), initial_offer=initial_offer)
    assert values(outcome)[:2] == [0, 120]


async def test_plain_agents_divide_a_pie():
    outcome = await talk(Agent("a"), Agent("b"), max_rounds=6, reservation_value=50, initial_offer=100)
    assert values(outcome)[0] == 100
    assert outcome.agreed
    assert outcome.utilities == {"a": 50, "b": 50}


async def test_pie_demands_that_fit_are_agreed_before_the_last_round():
    outcome = await talk(Agent("a"), Agent("b"), max_rounds=9, reservation_value=20, initial_offer=100)
    assert outcome.agreed
    assert outcome.rounds_used < 9
    assert sum(outcome.utilities.values()) == pytest.approx(100)
    assert all(share >= 20 for share in outcome.utilities.values())


async def test_pie_whose_reservations_do_not_fit_ends_in_deadlock():
    outcome = await talk(Agent("a"), Agent("b"), max_rounds=4, reservation_value=51, initial_offer=100)
    assert outcome.final_state == "DEADLOCK"
    assert outcome.rounds_used == 4
    assert outcome.utilities == {"a": 51, "b": 51}, "no deal is worth the reservation value"


async def test_pie_without_figures_is_one_and_may_go_down_to_nothing():
    outcome = await talk(Agent("a"), Agent("b"), max_rounds=5)
    assert values(outcome)[0] == 1.0
    assert sum(outcome.utilities.values()) == pytest.approx(1)


async def test_agents_that_decide_for_themselves_negotiate_one_price():
    class Eve(Agent):
        def decide(self, view):
            return Accept()

    for other in (Eve("E"), scripted("E", Accept())):
        outcome = await talk(scripted("a", Propose(70)), other)
        assert outcome.agreed, outcome.faults
        assert (outcome.accepted_offer.value, outcome.utilities, outcome.faults) == (70, {}, ())


@pytest.mark.parametrize("agent", [Negotiator("n"), Negotiator("n", opening=4), Agent("n")])
async def test_who_neither_decides_nor_has_a_limit_is_refused_opposite_a_trader(agent):
    with pytest.raises(ConfigurationError, match="agent 'n': has no limit price here"):
        await talk(agent, Seller("S", 5))


async def test_pie_given_as_the_problem_is_divided():
    outcome = await talk(Agent("a"), Negotiator("b", reservation_value=3), problem=Pie(10.0), max_rounds=5)
    assert outcome.agreed
    assert outcome.utilities["b"] >= 3


@pytest.mark.parametrize(
    ("config", "text"),
    [
        (
            {"reservation_value": 101, "initial_offer": 100},
            "agent 'a': a share of a pie needs 0 <= reservation <= opening",
        ),
        ({"reservation_value": -1, "initial_offer": 100}, "agent 'a': a share of a pie needs"),
        ({"initial_offer": 0}, "pie.size must be > 0"),
        ({"initial_offer": -5}, "pie.size must be > 0"),
    ],
)
async def test_pie_that_cannot_be_divided_is_refused(config, text):
    with pytest.raises(ConfigurationError, match=text):
        await talk(Agent("a"), Agent("b"), **config)


async def test_plain_agent_takes_the_other_side_of_a_trader():
    outcome = await talk(Buyer("B", 80, opening=40), Agent("x"), reservation_value=60, initial_offer=120, max_rounds=10)
    assert outcome.agreed
    assert values(outcome)[:2] == [40, 120]
    price = outcome.accepted_offer.value
    assert outcome.utilities == {"B": 80 - price, "x": price - 60}
    mirrored = await talk(
        Agent("x"), Seller("S", 60, opening=120), reservation_value=80, initial_offer=40, max_rounds=10
    )
    assert mirrored.agreed
    assert mirrored.utilities["x"] == 80 - mirrored.accepted_offer.value


async def test_plain_agent_that_nothing_tells_what_to_want_is_refused():
    with pytest.raises(ConfigurationError, match=r"agent 'x': .*reservation_value"):
        await talk(Buyer("B", 80), Agent("x"))
    with pytest.raises(ConfigurationError, match=r"agent 'x': .*utility"):
        await talk(Negotiator("n", utility=len), Agent("x"), problem=BargainingProblem([Issue("i", ("a", "b"))]))


async def test_negotiator_with_utility_over_prices_decides_by_itself():
    def decide(view):
        standing = view.standing_offer
        if standing is not None and view.preferences.utility(standing.value, False) >= 0:
            return Accept()
        return Propose(50)

    class Valuer(Negotiator):
        def decide(self, view):
            return decide(view)

    outcome = await talk(Valuer("V", utility=lambda price: 70 - price), Seller("S", 60, opening=120), max_rounds=10)
    assert outcome.agreed
    price = outcome.accepted_offer.value
    assert outcome.utilities == {"V": 70 - price, "S": price - 60}


async def test_guard_uses_a_utility_over_prices():
    valuer = Negotiator("V", utility=lambda price: 70 - price, reservation_value=5, strategy=lambda view: Propose(66))
    outcome = await talk(valuer, Seller("S", 60), max_rounds=1)
    assert faults(outcome) == [("V", "invalid"), ("V", "invalid")]
    assert "offer 66.0 is worth 4 to V, below its own reservation value 5" in outcome.faults[0].cause


async def test_price_problem_may_be_named():
    assert (await talk(Buyer("B", 80), Seller("S", 60), problem=PriceProblem())).agreed


# ----------------------------------------------------------------------------------------------------------------- issues
ISSUES = [Issue("food", (0, 1, 2, 3)), Issue("water", (0, 1, 2, 3))]


def wants(food, water):
    tables = {name: {n: n / 3 for n in range(4)} for name in ("food", "water")}
    return AdditiveUtility({"food": food, "water": water}, tables)


def wants_less(food, water):
    tables = {name: {n: 1 - n / 3 for n in range(4)} for name in ("food", "water")}
    return AdditiveUtility({"food": food, "water": water}, tables)


ANN, BOB = wants(0.8, 0.2), wants_less(0.2, 0.8)


async def test_issues_are_agreed_where_both_gain():
    problem = BargainingProblem(ISSUES)
    agents = (
        Negotiator("Ann", utility=ANN, reservation_value=0.4),
        Negotiator("Bob", utility=BOB, reservation_value=0.4),
    )
    outcome = await talk(*agents, problem=problem, max_rounds=20)
    assert outcome.agreed
    assert outcome.accepted_offer.value == (3, 0)
    assert outcome.utilities == pytest.approx({"Ann": 0.8, "Bob": 0.8})


async def test_preferences_of_the_problem_fill_what_agents_do_not_bring():
    problem = BargainingProblem(ISSUES, {"Ann": ANN, "Bob": BOB}, {"Ann": 0.4, "Bob": 0.4})
    outcome = await talk(
        Agent("Ann"), Negotiator("Bob", utility=wants_less(0, 1), reservation_value=0.7), problem=problem
    )
    assert outcome.agreed
    assert outcome.utilities["Ann"] >= 0.4
    assert outcome.utilities["Bob"] >= 0.7
    seated = BargainingProblem(ISSUES, [ANN, BOB], [0.9, 0.9])
    assert (await talk(Agent("x"), Agent("y"), problem=seated, max_rounds=5)).final_state == "DEADLOCK"


async def test_utility_that_fits_another_space_is_refused_by_name():
    with pytest.raises(ConfigurationError, match="agent 'Ann': "):
        await talk(
            Negotiator("Ann", utility=wants(1, 1)),
            Agent("x"),
            problem=BargainingProblem([Issue("i", (1, 2))], [len, len]),
        )


async def test_opening_outcome_is_where_concession_starts():
    problem = BargainingProblem(ISSUES)
    agents = Negotiator("Ann", utility=ANN, opening=(3, 1)), Negotiator("Bob", utility=BOB)
    assert values(await talk(*agents, problem=problem))[0] == (3, 1)


async def test_mapping_and_list_are_taken_as_an_outcome():
    problem = BargainingProblem(ISSUES)
    agents = (
        scripted("Ann", Propose({"food": 3, "water": 0}), Propose([2, 0])),
        scripted("Bob", Propose((0, 3)), Accept()),
    )
    outcome = await talk(*agents, problem=problem)
    assert values(outcome) == [(3, 0), (0, 3), (2, 0)]
    assert outcome.agreed
    assert outcome.utilities == {}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ((3,), "'water' is missing"),
        ((3, 9), "9"),
        ({"food": 3}, "water"),
        ({"food": 3, "water": 0, "wood": 1}, "wood"),
        (7, "7"),
        ((True, 0), "True"),
    ],
)
async def test_offer_outside_the_space_is_invalid_and_never_sent(value, text):
    problem = BargainingProblem(ISSUES)
    agents = scripted("Ann", Propose(value), Propose((3, 0))), scripted("Bob", Accept())
    outcome = await talk(*agents, problem=problem)
    assert outcome.agreed
    assert values(outcome) == [(3, 0)]
    assert faults(outcome) == [("Ann", "invalid")]
    assert text in outcome.faults[0].cause


@pytest.mark.parametrize(
    ("agents", "problem", "text"),
    [
        ((Buyer("B", 1), Agent("x")), BargainingProblem(ISSUES), "agent 'B': a buyer or seller negotiates a price"),
        ((Buyer("B", 1), Agent("x")), Pie(1), "agent 'B': a buyer or seller negotiates a price; this problem is a pie"),
        ((Agent("y"), Agent("x")), {"food": 1}, "problem must be a PriceProblem, Pie or BargainingProblem, got dict"),
        ((Agent("y"), Agent("x")), "a price", "problem must be .*, got str"),
        ((Buyer("B", 10, opening=11), Seller("S", 1)), None, "agent 'B': a buyer's opening 11.0 must not lie above"),
    ],
)
async def test_problem_that_does_not_fit_is_refused_before_anything_starts(agents, problem, text):
    with pytest.raises(ConfigurationError, match=text):
        await talk(*agents, problem=problem)


# --------------------------------------------------------------------------------------------------------- rounds and ends
async def test_rounds_used_counts_the_round_in_which_it_ended():
    assert (await talk(scripted("a", Propose(1)), scripted("b", Accept()), problem=PriceProblem())).rounds_used == 1
    moves = Propose(1), Propose(2)
    assert (
        await talk(scripted("a", *moves), scripted("b", Propose(5), Accept()), problem=PriceProblem())
    ).rounds_used == 2
    outcome = await talk(scripted("a", *moves, Accept()), scripted("b", Propose(5), Propose(4)), problem=PriceProblem())
    assert outcome.rounds_used == 3
    assert outcome.accepted_offer.value == 4
    assert outcome.accepted_offer.agent == "b"


async def test_one_round_is_one_offer_each():
    outcome = await talk(Buyer("B", 80, opening=40), Seller("S", 60, opening=120), max_rounds=1)
    assert outcome.final_state == "DEADLOCK"
    assert outcome.rounds_used == 1
    assert values(outcome) == [40, 120]
    assert outcome.failure_reason.startswith("max-rounds")
    agreed = await talk(Buyer("B", 80, opening=60), Seller("S", 60, opening=60), max_rounds=1)
    assert agreed.agreed
    assert agreed.rounds_used == 1


@pytest.mark.parametrize("rounds", [1, 2, 5, 50])
async def test_deadlock_comes_after_max_rounds_turns_of_each(rounds):
    outcome = await talk(Buyer("B", 50), Seller("S", 60), max_rounds=rounds)
    assert (outcome.final_state, outcome.rounds_used, len(outcome.all_offers)) == ("DEADLOCK", rounds, 2 * rounds)
    assert outcome.utilities == {"B": 0, "S": 0}
    assert outcome.accepted_offer is None
    assert not outcome.agreed
    assert [offer.round for offer in outcome.all_offers] == [n // 2 + 1 for n in range(2 * rounds)]


async def test_reservation_values_that_meet_exactly_agree_in_the_last_round():
    outcome = await talk(Buyer("B", 60), Seller("S", 60), max_rounds=7)
    assert outcome.agreed
    assert outcome.accepted_offer.value == 60.0
    assert outcome.utilities == {"B": 0.0, "S": 0.0}
    assert outcome.rounds_used == 7


@pytest.mark.parametrize("timeout", [5, 5.0, timedelta(seconds=5)])
async def test_timeout_ends_it_on_time(timeout):
    async def slow(view):
        await view.sleep(2)
        return Propose(1)

    outcome = await talk(
        Negotiator("a", strategy=slow), Negotiator("b", strategy=slow), problem=PriceProblem(), timeout=timeout
    )
    assert outcome.final_state == "TIMEOUT"
    assert outcome.duration_ms == 5000
    assert outcome.failure_reason == "timeout: no agreement within 5 s"
    assert values(outcome) == [1, 1]
    assert outcome.rounds_used == 2
    assert faults(outcome) == [("a", "late")], "it had what was left of the whole, and was still at it"
    assert outcome.faults[0].when == 5


async def test_duration_runs_on_the_virtual_clock():
    async def slow(view):
        await view.sleep(1000)
        return Propose(50)

    outcome = await talk(
        Negotiator("a", strategy=slow), Buyer("B", 80, opening=50), problem=PriceProblem(), timeout=None
    )
    assert outcome.agreed
    assert outcome.duration_ms == 1_000_000


async def test_walking_away_fails_with_who_and_why():
    outcome = await talk(scripted("a", Propose(1)), scripted("b", Walk("too cheap")), problem=PriceProblem())
    assert (outcome.final_state, outcome.failure_reason) == ("FAILED", "walked-away: b: too cheap")
    assert outcome.reason_code == "walked-away"
    assert outcome.faults == ()
    at_once = await talk(scripted("a", Walk()), scripted("b"), problem=PriceProblem())
    assert at_once.failure_reason == "walked-away: a"
    assert at_once.rounds_used == 1
    assert at_once.all_offers == ()


async def test_agreement_is_the_standing_offer_not_a_midpoint():
    outcome = await talk(Buyer("B", 100, opening=90), Seller("S", 10, opening=20))
    assert outcome.accepted_offer.value == 90
    assert outcome.accepted_offer.agent == "B"


async def test_ids_are_the_societys_and_numbered():
    executor = NegotiationExecutor(clock="virtual", name="bazaar")
    config = NegotiationConfig("bilateral", max_rounds=2)
    outcomes = [await executor.execute([Buyer("B", 1), Seller("S", 9)], config) for _ in range(2)]
    assert [outcome.id for outcome in outcomes] == ["bazaar/1", "bazaar/2"]
    assert [offer.id for offer in outcomes[1].all_offers] == [f"bazaar/2/{n}" for n in (1, 2, 3, 4)]
    assert outcomes[0].protocol == "bilateral"


# ------------------------------------------------------------------------------------------------------------- acceptance
async def test_standing_offer_as_good_as_ones_own_next_is_accepted():
    just = await talk(scripted("a", Propose(110)), Seller("S", 60, opening=110), problem=PriceProblem())
    assert just.agreed
    assert just.rounds_used == 1
    below = await talk(scripted("a", Propose(109.9), Walk()), Seller("S", 60, opening=110), problem=PriceProblem())
    assert not below.agreed
    assert values(below) == [109.9, 110]


async def test_offer_below_reservation_is_never_accepted_by_default():
    outcome = await talk(Buyer("B", 59), Seller("S", 60, opening=60, strategy=lambda *a: 0), max_rounds=3)
    assert not outcome.agreed


@given(
    buyer=st.floats(-1e6, 1e6), seller=st.floats(-1e6, 1e6), rounds=st.integers(1, 12), first=st.booleans(),
    strategies=st.lists(st.sampled_from(
        [LinearConcession(), ExponentialConcession(), TimeDependentConcession(2.0), TitForTatConcession()]
    ), min_size=2, max_size=2),
)  # fmt: skip
@settings(max_examples=40)
def test_traders_agree_within_both_limits_or_deadlock(buyer, seller, rounds, first, strategies):
    agents = [Buyer("B", buyer, strategy=strategies[0]), Seller("S", seller, strategy=strategies[1])]
    outcome = NegotiationExecutor(clock="virtual").run(
        agents[:: 1 if first else -1], NegotiationConfig("bilateral", rounds)
    )
    assert outcome.faults == ()
    assert outcome.final_state == ("AGREED" if outcome.agreed else "DEADLOCK")
    if outcome.agreed:
        assert seller <= outcome.accepted_offer.value <= buyer
        assert min(outcome.utilities.values()) >= 0
    elif TitForTatConcession() not in strategies and rounds > 1:
        assert buyer < seller, "curves reach the limit, so every gain is found"


# ---------------------------------------------------------------------------------------------------- decisions that fail
NONSENSE = [None, 42, "accept", b"x", True, [], ..., Propose(None), Propose("60"), Propose(True), Propose(math.nan),
            Propose(math.inf), Propose(-math.inf), Propose(10**400), Propose([60]), Propose(61 + 1j),
            Propose(70, expires_at="soon"), Propose(70, expires_at=math.nan), Propose(70, expires_at=-1.0)]  # fmt: skip


@pytest.mark.parametrize("decision", NONSENSE, ids=repr)
async def test_nonsense_is_invalid_is_asked_again_and_then_skipped(decision):
    seen = []
    talker = scripted("x", decision, decision, Propose(70), seen=seen)
    outcome = await talk(talker, Seller("S", 60, opening=120), max_rounds=2, problem=PriceProblem())
    assert faults(outcome) == [("x", "invalid"), ("x", "invalid")]
    assert values(outcome)[:1] == [120], "nothing of it was sent, and its turn passed"
    assert outcome.agreed
    assert [offer.agent for offer in outcome.all_offers] == ["S", "x"]
    assert [bool(view.repair) for view in seen] == [False, True, False]
    assert outcome.faults[0].cause == seen[1].repair


async def test_repair_inside_the_same_turn_helps():
    outcome = await talk(scripted("x", None, Propose(70)), scripted("y", Accept()), problem=PriceProblem())
    assert outcome.agreed
    assert outcome.rounds_used == 1
    assert faults(outcome) == [("x", "invalid")]


@pytest.mark.parametrize(
    "price", [Decimal("70.5"), Fraction(141, 2), numpy.float64(70.5), numpy.float32(70.5)], ids=repr
)
async def test_true_numbers_of_other_types_are_prices(price):
    outcome = await talk(scripted("x", Propose(price)), Seller("S", 60, opening=70), problem=PriceProblem())
    assert outcome.agreed
    assert type(outcome.accepted_offer.value) is float
    assert outcome.accepted_offer.value == 70.5
    assert outcome.faults == ()


@pytest.mark.parametrize("number", [Decimal(70), Fraction(70), numpy.float64(70), numpy.int64(70), 70], ids=repr)
async def test_strategy_may_return_any_true_number(number):
    agents = Buyer("B", 80, opening=10, strategy=lambda *told: number), Seller("S", 60, opening=120)
    outcome = await talk(*agents, max_rounds=2)
    assert outcome.faults == ()
    assert values(outcome)[2] == 70
    assert type(values(outcome)[2]) is float


@pytest.mark.parametrize(
    "nothing", [None, "70", True, math.nan, math.inf, [70], numpy.array([70.0]), numpy.True_], ids=repr
)
async def test_strategy_that_returns_no_number_makes_an_invalid_decision(nothing):
    agents = Buyer("B", 80, opening=10, strategy=lambda *told: nothing), Seller("S", 60, opening=120)
    outcome = await talk(*agents, max_rounds=2)
    assert faults(outcome) == [("B", "invalid")] * 2
    assert outcome.final_state == "DEADLOCK"
    assert [offer.agent for offer in outcome.all_offers] == ["B", "S", "S"]


async def test_strategy_beyond_reservation_is_stopped_by_the_guard():
    outcome = await talk(
        Buyer("B", 80, opening=10, strategy=lambda *told: 81), Seller("S", 60, opening=120), max_rounds=2
    )
    assert faults(outcome) == [("B", "invalid")] * 2
    assert outcome.faults[0].cause == "offer 81.0 is worth -1 to B, below its own reservation value 0"


async def test_strategy_that_raises_takes_its_agent_away_after_one_call():
    calls = []

    def strategy(*told):
        calls.append(told)
        raise ZeroDivisionError("oops")

    outcome = await talk(Buyer("B", 80, opening=10, strategy=strategy), Seller("S", 60, opening=120))
    assert outcome.failure_reason == "agent-crashed: B: decide raised ZeroDivisionError: oops"
    assert len(calls) == 1
    assert faults(outcome) == [("B", "raised")]
    assert "in strategy" in outcome.faults[0].traceback


async def test_strategy_is_called_as_agreed_from_round_two_on():
    told = []

    def strategy(*arguments):
        told.append(arguments)
        return arguments[3] + 5

    await talk(Buyer("B", 80, opening=10, strategy=strategy), Seller("S", 60, opening=120), max_rounds=3)
    assert told == [(2, 3, 80.0, 10.0, (120.0,)), (3, 3, 80.0, 15.0, (120.0, 90.0))]


@pytest.mark.parametrize("guard", [True, False])
async def test_guard_stops_acceptance_and_offers_below_reservation_unless_switched_off(guard):
    def fool(name, *moves):
        left = list(moves)
        return Buyer(name, 50, strategy=lambda view: left.pop(0), guard=guard)

    offers = await talk(fool("B", Propose(60), Propose(60)), Seller("S", 10, opening=60), max_rounds=1)
    accepts = await talk(Seller("S", 10, opening=60), fool("B", Accept(), Accept()), max_rounds=1)
    for outcome in (offers, accepts):
        assert outcome.agreed is not guard
        assert faults(outcome) == ([("B", "invalid")] * 2 if guard else [])
        assert outcome.utilities["B"] == (0 if guard else -10)


ILLEGAL = [Accept(), Accept("elsewhere/1/1"), Reject("no"), NotUnderstood(), Withdraw(), Withdraw("nothing")]


@pytest.mark.parametrize("decision", ILLEGAL, ids=repr)
async def test_move_that_is_not_legal_here_is_the_agents_fault_and_never_sent(decision):
    outcome = await talk(scripted("x", decision, decision, Accept()), scripted("y", Propose(7)), problem=PriceProblem())
    assert outcome.agreed
    assert outcome.accepted_offer.value == 7
    assert outcome.rounds_used == 2
    assert faults(outcome) == [("x", "illegal")] * 2
    assert outcome.messages == 2


async def test_illegal_move_is_told_with_what_is_legal():
    outcome = await talk(scripted("x", Reject(), Propose(3)), scripted("y", Accept()), problem=PriceProblem())
    assert outcome.faults[0].cause == (
        "bilateral: initiator may not say reject-proposal in opening; legal here: initiator propose, initiator walk"
    )


async def test_acceptance_of_an_offer_that_was_answered_is_refused():
    def old(view):
        return Accept(first[0])

    first = []

    def note(view):
        first.append(view.standing_offer.id)
        return Propose(5)

    agents = scripted("x", Propose(1), Propose(2)), scripted("y", note, old, Accept())
    outcome = await talk(*agents, problem=PriceProblem())
    assert outcome.accepted_offer.value == 2
    assert "stands no longer" in outcome.faults[0].cause


# -------------------------------------------------------------------------------------------------- expiry and withdrawal
async def test_offer_with_an_expiry_binds_until_then_inclusive():
    async def wait(view):
        await view.sleep(10)
        return Accept()

    async def linger(view):
        if view.standing_offer is None:
            return Walk("gone")
        await view.sleep(10.5)
        return Accept()

    on_time = await talk(
        scripted("a", Propose(1, expires_at=10.0)), Negotiator("b", strategy=wait), problem=PriceProblem()
    )
    assert on_time.agreed
    assert on_time.accepted_offer.expires_at == 10.0
    late = await talk(
        scripted("a", Propose(1, expires_at=10.0)), Negotiator("b", strategy=linger), problem=PriceProblem()
    )
    assert late.failure_reason == "walked-away: b: gone"
    assert "expired at 10" in late.faults[0].cause
    assert late.faults[0].what == "illegal"


async def test_expired_offer_is_not_shown_and_not_accepted_by_default():
    async def sleeper(view):
        await view.sleep(10)
        return Propose(99)

    class Patient(Seller):
        async def decide(self, view):
            await view.sleep(5)
            return super().decide(view)

    seen = []

    def look(view):
        seen.append((view.standing_offer, view.legal_moves))
        return Walk()

    class Late(Negotiator):
        async def decide(self, view):
            if view.round == 1:
                return Propose(70, expires_at=1.0)
            return Walk()

    outcome = await talk(Late("a"), Patient("S", 60, opening=65), problem=PriceProblem())
    assert outcome.failure_reason == "walked-away: a"
    assert [offer.value for offer in outcome.all_offers] == [70, 65] or outcome.faults
    shown = await talk(
        scripted("a", Propose(70, expires_at=0.0)), Negotiator("b", strategy=look), problem=PriceProblem()
    )
    assert seen[0][0] is not None, "the expiry itself is inclusive"
    assert shown.failure_reason == "walked-away: b"


async def test_withdrawn_offer_binds_nobody():
    executor = NegotiationExecutor(clock="virtual")
    handle = None

    async def think(view):
        await view.sleep(3)
        return Accept() if view.round == 1 else Walk("nothing there")

    def again(view):
        handle.withdraw("a")
        return Walk()

    async def meddle(view):
        await view.sleep(1)
        handle.withdraw("a")
        await view.sleep(1)
        return Accept()

    handle = executor.start(
        [scripted("a", Propose(5)), scripted("b", meddle, Walk("withdrawn"))],
        NegotiationConfig("bilateral"), PriceProblem(),
    )  # fmt: skip
    outcome = await handle
    assert outcome.failure_reason == "walked-away: b: withdrawn"
    assert "nothing stands" in outcome.faults[0].cause or "stands no longer" in outcome.faults[0].cause


async def test_withdrawal_names_what_is_wrong():
    executor = NegotiationExecutor(clock="virtual")

    async def pause(view):
        with pytest.raises(LocalProtocolError, match="does not stand"):
            handle.withdraw("b")
        with pytest.raises(ConfigurationError, match="nobody named 'zed' sits here; seats: a, b"):
            handle.withdraw("zed")
        return Accept()

    handle = executor.start(
        [scripted("a", Propose(5)), scripted("b", pause)], NegotiationConfig("bilateral"), PriceProblem()
    )
    outcome = await handle
    assert outcome.agreed
    assert outcome.faults == ()
    with pytest.raises(LocalProtocolError):
        handle.withdraw("a")


async def test_withdrawal_after_the_ending_is_refused_and_changes_nothing():
    executor = NegotiationExecutor(clock="virtual")

    async def never(view):
        await view.sleep(100)
        return Accept()

    agents = scripted("a", Propose(5)), Negotiator("b", strategy=never)
    handle = executor.start(agents, NegotiationConfig("bilateral", timeout=1), PriceProblem())
    outcome = await handle
    with pytest.raises(LocalProtocolError):
        handle.withdraw("a")
    assert outcome.final_state == "TIMEOUT"
    assert outcome.messages == 1


# --------------------------------------------------------------------------------------------------------------- fault policy
async def test_late_decision_passes_the_turn():
    async def late(view):
        await view.sleep(9)
        raise AssertionError("nobody waits so long")

    outcome = await talk(
        Negotiator("x", strategy=late),
        Seller("S", 60),
        max_rounds=2,
        turn_timeout=timedelta(seconds=2),
        problem=PriceProblem(),
    )
    assert faults(outcome) == [("x", "late")] * 2
    assert outcome.final_state == "DEADLOCK"
    assert outcome.duration_ms == 4000
    assert [offer.agent for offer in outcome.all_offers] == ["S", "S"]


@pytest.mark.parametrize(
    ("policy", "state", "reason"),
    [
        ({"late": "fail"}, "FAILED", "agent-late: x: "),
        ({"late": "withdraw"}, "FAILED", "agent-late: x: "),
        ({"late": "fallback", "fallback": LinearConcession()}, "AGREED", None),
        ({"late": lambda view: Walk("by policy")}, "FAILED", "walked-away: x: by policy"),
    ],
)
async def test_policy_answers_lateness(policy, state, reason):
    class Slow(Buyer):
        async def decide(self, view):
            await view.sleep(9)

    outcome = await talk(Slow("x", 80), Seller("S", 60), max_rounds=4, turn_timeout=1, on_fault=policy)
    assert outcome.final_state == state
    assert str(outcome.failure_reason).startswith(str(reason))
    assert {fault.what for fault in outcome.faults} == {"late"}


@pytest.mark.parametrize("remedy", ["skip", "fail", "withdraw"])
async def test_one_remedy_for_every_kind(remedy):
    outcome = await talk(scripted("x", ValueError("a"), 7), Seller("S", 60), max_rounds=2, on_fault=remedy)
    assert outcome.final_state == ("DEADLOCK" if remedy == "skip" else "FAILED")
    assert faults(outcome)[0] == ("x", "raised")


async def test_fallback_that_fails_as_well_ends_in_a_skip():
    policy = {"raised": "fallback", "fallback": lambda view: None}
    outcome = await talk(
        scripted("x", ValueError("a"), Walk()), Seller("S", 60), on_fault=policy, problem=PriceProblem()
    )
    assert outcome.failure_reason == "walked-away: x"


async def test_invalid_decision_raised_by_a_hook_counts_as_invalid():
    outcome = await talk(
        scripted("x", InvalidDecision("eh?"), Propose(9)), scripted("y", Accept()), problem=PriceProblem()
    )
    assert outcome.agreed
    assert faults(outcome) == [("x", "invalid")]


@pytest.mark.parametrize(
    "error", [ValueError("v"), KeyError("k"), SystemExit(3), GeneratorExit(), RecursionError()], ids=repr
)
@pytest.mark.parametrize("kind", ["plain", "async"])
async def test_hook_that_raises_is_called_once_and_bears_the_blame(error, kind):
    calls = []

    def plain(view):
        calls.append(view)
        raise error

    async def coroutine(view):
        plain(view)

    hook = plain if kind == "plain" else coroutine
    outcome = await talk(Negotiator("x", strategy=hook), Seller("S", 60), problem=PriceProblem())
    assert outcome.final_state == "FAILED"
    assert outcome.failure_reason.startswith(f"agent-crashed: x: decide raised {type(error).__name__}")
    assert len(calls) == 1
    assert faults(outcome) == [("x", "raised")]


# ---------------------------------------------------------------------------------------------------- utilities that fail
async def test_utility_that_raises_at_the_end_leaves_its_figure_out():
    def moody(price):
        raise ZeroDivisionError("no idea")

    agents = Negotiator("M", utility=moody, guard=False, strategy=lambda view: Propose(70)), Seller("S", 60, opening=70)
    outcome = await talk(*agents)
    assert outcome.agreed
    assert outcome.utilities == {"S": 10}
    assert faults(outcome) == [("M", "raised")]


async def test_utility_that_raises_under_the_guard_takes_its_agent_away():
    def moody(price):
        raise ZeroDivisionError("no idea")

    outcome = await talk(Negotiator("M", utility=moody, strategy=lambda view: Propose(70)), Seller("S", 60, opening=70))
    assert outcome.final_state == "FAILED"
    assert "agent-crashed: M" in outcome.failure_reason


@pytest.mark.parametrize("worth", [math.nan, math.inf, None, "7"], ids=repr)
async def test_utility_that_is_no_number_never_reaches_the_outcome(worth):
    agents = (
        Negotiator("M", utility=lambda p: worth, guard=False, strategy=lambda view: Propose(70)),
        Seller("S", 60, opening=70),
    )
    outcome = await talk(*agents)
    assert outcome.agreed
    assert outcome.utilities == {"S": 10}


async def test_acceptance_that_crosses_a_withdrawal_binds_nobody_and_is_nobodys_fault():
    executor = NegotiationExecutor(clock="virtual", network=Network(latency=Constant(1.0)))
    asked = []

    def answer(view):
        asked.append((view.now, view.standing_offer is not None))
        return Accept() if view.standing_offer else Walk("gone")

    async def meddle(view):
        await view.sleep(1.5)
        handle.withdraw("a")
        return Walk()

    config = NegotiationConfig("bilateral")
    handle = executor.start([scripted("a", Propose(5)), Negotiator("b", strategy=answer)], config, PriceProblem())
    other = executor.start([Negotiator("c", strategy=meddle), scripted("d")], config, PriceProblem())
    await other
    outcome = await handle
    assert outcome.failure_reason == "walked-away: b: gone"
    assert asked[0] == (1, True)
    assert asked[-1][1] is False
    assert outcome.faults == ()


async def test_utility_that_raises_after_an_async_hook_takes_its_agent_away_as_well():
    def moody(price):
        raise ZeroDivisionError("no idea")

    async def slow(view):
        await view.sleep(1)
        return Propose(70)

    outcome = await talk(Negotiator("M", utility=moody, strategy=slow), Seller("S", 60, opening=70))
    assert outcome.failure_reason.startswith("agent-crashed: M: ")
    assert faults(outcome) == [("M", "raised")]

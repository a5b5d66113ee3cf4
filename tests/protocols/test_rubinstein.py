"""Rubinstein's game through the executor: the closed form is played, and every ending is worth what the rules say."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import (
    Accept,
    Agent,
    BargainingProblem,
    Buyer,
    ConfigurationError,
    Issue,
    NegotiationConfig,
    NegotiationExecutor,
    Negotiator,
    Network,
    Pie,
    PriceProblem,
    Propose,
    RubinsteinOptions,
    Seller,
    Walk,
    play_equilibrium,
)
from negotiate_rt.solutions.alternating_offers import backward_induction
from negotiate_rt.solutions.rubinstein import rubinstein
from negotiate_rt.solutions.terms import AlternatingOffers
from negotiate_rt.strategies.equilibrium import OutcomeEquilibrium


async def play(*agents, problem=None, seed=1, rounds=50, timeout=60.0, on_fault="skip", network=None, **options):
    """Play one game on the virtual clock."""
    game = options.pop("game", None) or RubinsteinOptions(**options)
    on_fault = {"late": "skip", "raised": on_fault, "invalid": "skip", "illegal": "skip"}
    config = NegotiationConfig("rubinstein", rounds, timeout, options=game, on_fault=on_fault)
    executor = NegotiationExecutor(clock="virtual", seed=seed, network=network)
    return await executor.execute(agents, config, Pie() if problem is None else problem)


def players(**names):
    """Two parties that play by the given rules, in order."""
    return [Negotiator(name, strategy=strategy) for name, strategy in names.items()]


def equilibrium():
    return players(a=play_equilibrium, b=play_equilibrium)


def script(*moves):
    """Make these moves, in turn; the last for ever."""
    left = list(moves)
    return lambda view: left.pop(0) if len(left) > 1 else left[0]


GREEDY = script(Propose(1.0))


# ------------------------------------------------------------------------------------------------- equilibrium is played
@pytest.mark.parametrize(
    ("options", "share"),
    [
        ({"discounts": (0.9, 0.8)}, 5 / 7),  # Rubinstein 1982: (1 - d2) / (1 - d1 d2)
        ({"discounts": 0.9}, 10 / 19),
        *[({"discounts": 0.5, "horizon": last}, x) for last, x in enumerate([1, 1 / 2, 3 / 4, 5 / 8, 11 / 16], 1)],
        ({"discounts": 0.9, "horizon": 20}, 0.46232808),
        ({"discounts": 0.9, "outside_options": (None, 0.6)}, 2 / 5),
        ({"discounts": 0.9, "outside_options": (None, 0.3)}, 10 / 19),
        ({"breakdown": 0.1, "breakdown_payoffs": (0.2, 0.1)}, 54 / 95),
        ({"discounts": 0.0}, 1.0),
        ({"costs": (0.1, 0.2)}, 1.0),  # the cheaper waiter gets all
        ({"costs": (0.2, 0.1)}, 0.1),
        ({"discounts": 0.9, "horizon": 1, "deadline_payoffs": (0.2, 0.3)}, 0.7),
    ],
)
async def test_equilibrium_agents_reach_the_closed_form_at_once(options, share):
    outcome = await play(*equilibrium(), **options)
    assert (outcome.final_state, outcome.rounds_used, outcome.faults) == ("AGREED", 1, ())
    assert outcome.utilities["a"] == pytest.approx(share, abs=1e-8)
    assert sum(outcome.utilities.values()) == pytest.approx(1)


@given(
    data=st.tuples(*[st.integers(0, 19)] * 4),
    horizon=st.none() | st.integers(1, 9),
    breakdown=st.integers(0, 9),
)
@settings(max_examples=25, deadline=None)
def test_play_backward_induction_and_closed_form_are_one(data, horizon, breakdown):
    discounts = tuple(Fraction(one, 20) for one in data[:2])
    options = tuple(Fraction(one, 40) for one in data[2:])
    game = AlternatingOffers(
        discounts=discounts, horizon=horizon, outside_options=options, breakdown=Fraction(breakdown, 10),
        breakdown_payoffs=Fraction(1, 10),
    )  # fmt: skip
    theory = rubinstein(game, 1)
    config = NegotiationConfig("rubinstein", options=game)
    outcome = NegotiationExecutor(clock="virtual").run(equilibrium(), config, Pie())
    assert [outcome.utilities["a"], outcome.utilities["b"]] == pytest.approx(
        [float(one) for one in theory.shares], abs=1e-9
    )
    assert outcome.agreed == theory.agreement


async def test_equilibrium_over_outcomes_is_that_of_backward_induction():
    draw = random.Random(5)
    worth = [(draw.random(), draw.random()) for _ in range(12)]
    problem = BargainingProblem([Issue("x", tuple(range(12)))], [lambda o: worth[o[0]][0], lambda o: worth[o[0]][1]])
    game = AlternatingOffers(discounts=(0.8, 0.7), horizon=7)
    plan = backward_induction(worth, game)
    agents = [
        Negotiator(name, strategy=OutcomeEquilibrium(plan, party, problem.space, [one[party] for one in worth]))
        for party, name in enumerate("ab")
    ]
    outcome = await play(*agents, problem=problem, game=game)
    assert [outcome.utilities["a"], outcome.utilities["b"]] == pytest.approx(plan.values)


# ------------------------------------------------------------------------------------------------ what endings are worth
async def test_a_deal_of_period_t_is_discounted_t_minus_one_times():
    outcome = await play(
        *players(a=script(Propose(1.0), Propose(0.6)), b=script(Propose(1.0), Accept())), discounts=(0.5, 0.8)
    )
    assert outcome.rounds_used == 2
    assert outcome.utilities == pytest.approx({"a": 0.6 * 0.25, "b": 0.4 * 0.64}), (
        "a's second offer is that of period 3"
    )
    taken_late = await play(*players(a=script(Propose(1.0), Accept()), b=script(Propose(0.5))), discounts=(0.5, 0.8))
    assert taken_late.rounds_used == 2
    assert taken_late.utilities == pytest.approx({"a": 0.25, "b": 0.4}), "b's offer is that of period 2"


async def test_costs_are_paid_for_every_period_of_delay():
    moves = players(a=script(Propose(1.0), Propose(0.6)), b=script(Propose(1.0), Accept()))
    outcome = await play(*moves, costs=(0.1, 0.05))
    assert outcome.utilities == pytest.approx({"a": 0.6 - 0.2, "b": 0.4 - 0.1})
    both = await play(
        *players(a=script(Propose(1.0), Propose(0.6)), b=script(Propose(1.0), Accept())), discounts=0.5, costs=0.1
    )
    assert both.utilities["a"] == pytest.approx(0.25 * 0.6 - 0.1 - 0.5 * 0.1), "each cost in values of its own period"


async def test_walking_away_gives_everybody_its_outside_option():
    moves = players(a=GREEDY, b=script(Propose(1.0), Walk("better elsewhere")))
    outcome = await play(*moves, discounts=0.5, outside_options=(0.1, 0.4))
    assert outcome.final_state == "FAILED"
    assert outcome.failure_reason == "walked-away: b: better elsewhere"
    assert outcome.utilities == pytest.approx({"a": 0.25 * 0.1, "b": 0.25 * 0.4}), (
        "in the period of the answer, the third"
    )


async def test_agents_own_outside_options_come_first():
    leaves = Negotiator("b", strategy=script(Walk()), outside_option=0.3)
    outcome = await play(Negotiator("a", strategy=GREEDY), leaves, outside_options=(0.1, 0.2))
    assert outcome.utilities == {"a": 0.1, "b": 0.3}
    problem = BargainingProblem([Issue("x", (0, 1))], [lambda o: 1, lambda o: 1], outside_options={"b": 0.7})
    other = await play(Negotiator("a"), Negotiator("b", strategy=script(Walk())), problem=problem)
    assert other.utilities == {"a": 0.0, "b": 0.7}


async def test_an_outside_option_is_taken_in_equilibrium_where_the_other_greets_it_with_nothing():
    outcome = await play(*players(a=GREEDY, b=play_equilibrium), discounts=0.9, outside_options=(None, 0.6))
    assert outcome.reason_code == "walked-away"
    assert outcome.utilities == {"a": 0.0, "b": 0.6}
    waits = await play(*players(a=GREEDY, b=play_equilibrium), discounts=0.9, outside_options=(None, 0.3), rounds=3)
    assert waits.final_state == "DEADLOCK", "one that does not bind is never taken"


async def test_deadline_payoffs_fall_due_after_the_last_period():
    for last, rounds in ((1, 1), (2, 2), (3, 2), (4, 3)):
        outcome = await play(*players(a=GREEDY, b=GREEDY), discounts=0.5, horizon=last, deadline_payoffs=(0.1, 0.2))
        assert (outcome.final_state, outcome.rounds_used) == ("DEADLOCK", rounds)
        assert len(outcome.all_offers) == last + 1, "the last refusal is an offer that nobody answers"
        assert outcome.utilities == pytest.approx({"a": 0.1 * 0.5 ** (last - 1), "b": 0.2 * 0.5 ** (last - 1)})


async def test_max_rounds_ends_a_game_without_a_last_period():
    outcome = await play(*players(a=GREEDY, b=GREEDY), discounts=0.5, rounds=3, deadline_payoffs=0.4)
    assert (outcome.final_state, outcome.rounds_used, len(outcome.all_offers)) == ("DEADLOCK", 3, 6)
    assert outcome.utilities == {"a": 0.0, "b": 0.0}


async def test_breakdown_is_drawn_from_the_seed_and_pays_in_the_period_of_the_refusal():
    options = {"discounts": 0.5, "breakdown": 0.3, "breakdown_payoffs": (0.2, 0.1), "rounds": 30}
    periods = []
    for seed in range(60):
        outcome = await play(*players(a=GREEDY, b=GREEDY), seed=seed, **options)
        assert outcome.reason_code == "breakdown"
        period = len(outcome.all_offers) - 1  # the offer that was on its way is registered
        assert outcome.utilities == pytest.approx({"a": 0.2 * 0.5 ** (period - 1), "b": 0.1 * 0.5 ** (period - 1)})
        periods.append(period)
    again = await play(*players(a=GREEDY, b=GREEDY), seed=59, **options)
    assert len(again.all_offers) - 1 == periods[-1]
    assert 1 / 0.3 - 1 < sum(periods) / 60 < 1 / 0.3 + 1, "geometric, with mean 1 / q"


async def test_certain_breakdown_and_none():
    sure = await play(*players(a=GREEDY, b=GREEDY), breakdown=1.0, breakdown_payoffs=0.1)
    assert (sure.reason_code, sure.rounds_used) == ("breakdown", 1)
    last = await play(
        *players(a=GREEDY, b=GREEDY), breakdown=1.0, breakdown_payoffs=0.1, horizon=1, deadline_payoffs=0.2
    )
    assert last.final_state == "DEADLOCK", "the last refusal ends the game without a draw"
    assert last.utilities == {"a": 0.2, "b": 0.2}


# ----------------------------------------------------------------------------------------------- prices, issues, strategies
async def test_conceding_agents_count_what_waiting_costs_them():
    patient = await play(Agent("a"), Agent("b"), discounts=1.0, rounds=10)
    hurried = await play(Agent("a"), Agent("b"), discounts=(0.5, 1.0), rounds=10)
    assert patient.agreed
    assert hurried.agreed
    assert hurried.rounds_used <= patient.rounds_used


async def test_price_surplus_is_discounted_and_never_below_the_limit():
    outcome = await play(Buyer("B", 80), Seller("S", 60), problem=PriceProblem(), discounts=0.9, costs=0.5, rounds=10)
    assert outcome.agreed
    assert outcome.faults == ()
    assert 60 <= outcome.accepted_offer.value <= 80


async def test_discounts_by_round_of_agents_and_problem_are_those_of_the_game():
    problem = BargainingProblem([Issue("x", (0, 1, 2))], [lambda o: o[0], lambda o: 2 - o[0]], discounts=[0.5, 0.8])
    seen = []

    def first(view):
        seen.append(view.preferences.game.discounts)
        return Propose((2,))

    outcome = await play(
        Negotiator("a", strategy=first), Negotiator("b", strategy=script(Propose((0,)), Accept())), problem=problem,
        discounts=0.9,
    )  # fmt: skip
    assert seen[0] == (0.5, 0.8)
    assert outcome.utilities == pytest.approx({"a": 2 * 0.25, "b": 0.0})


async def test_reservation_value_is_compared_with_what_a_deal_is_worth_now():
    stubborn = Negotiator("b", reservation_value=0.3, strategy=script(Propose(0.9), Accept()))
    outcome = await play(
        Negotiator("a", strategy=script(Propose(0.9), Propose(0.5))), stubborn, discounts=0.7, rounds=2
    )
    assert outcome.final_state == "DEADLOCK"
    assert [fault.what for fault in outcome.faults] == ["invalid"]
    assert "is worth 0.245 to b, below its own reservation value 0.3" in outcome.faults[0].cause


async def test_nobody_proposes_what_can_only_be_taken_too_late():
    hopeless = await play(Negotiator("a", strategy=GREEDY), Negotiator("b", reservation_value=0.6), discounts=0.5)
    assert hopeless.reason_code == "walked-away"
    assert hopeless.faults == ()


# ------------------------------------------------------------------------------------------------------ faults and withdrawal
async def test_a_skipped_turn_lets_a_period_pass():
    def late(view):
        if view.round == 1:
            raise RuntimeError("asleep")
        return Accept()

    outcome = await play(*players(a=script(Propose(0.6)), b=late), discounts=0.5)
    assert outcome.agreed
    assert outcome.utilities == pytest.approx({"a": 0.6 * 0.25, "b": 0.4 * 0.25}), "a's second offer, of period 3"


async def test_a_crash_ends_the_game_by_policy():
    def crash(view):
        raise RuntimeError("gone")

    outcome = await play(*players(a=GREEDY, b=crash), on_fault="withdraw")
    assert (outcome.final_state, outcome.reason_code) == ("FAILED", "agent-crashed")
    assert outcome.utilities == {"a": 0.0, "b": 0.0}


async def test_silence_of_a_hook_ends_in_timeout():
    async def hang(view):
        await view.sleep(1e6)

    outcome = await play(*players(a=GREEDY, b=hang), timeout=5.0)
    assert outcome.final_state == "TIMEOUT"
    assert outcome.duration_ms == 5000


async def test_an_offer_may_be_taken_back_while_it_stands():
    async def think(view):
        await view.sleep(2.0)
        return Accept() if view.round == 2 else Propose(0.9)

    executor = NegotiationExecutor(clock="virtual", seed=1)
    agents = players(a=script(Propose(0.9), Propose(0.5)), b=think)
    handle = executor.start(agents, NegotiationConfig("rubinstein", options=RubinsteinOptions(discounts=0.9)), Pie())
    events = handle.events()
    async for event in events:
        if event.kind == "said" and event.sender == "a":
            break
    handle.withdraw("a")
    outcome = await handle
    assert outcome.agreed
    assert outcome.accepted_offer.value == 0.5


async def test_talk_over_a_slow_network_is_worth_what_periods_say():
    outcome = await play(*equilibrium(), discounts=(0.9, 0.8), network=Network(latency=0.5))
    assert outcome.agreed
    assert outcome.utilities["a"] == pytest.approx(5 / 7)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"discounts": 1.5}, "options.discounts must be between 0 and 1"),
        ({"discounts": (0.9, 0.8, 0.7)}, "options.discounts has 3 values for 2 parties"),
        ({"costs": -1.0}, "options.costs must be >= 0"),
        ({"breakdown": float("nan")}, "options.breakdown must be a finite number"),
        ({"horizon": 0}, "options.horizon must be a number of periods >= 1"),
        ({"outside_options": (0.1,)}, "options.outside_options has 1 values for 2 parties"),
    ],
)
def test_options_out_of_range_are_told(options, text):
    with pytest.raises(ConfigurationError, match=text):
        RubinsteinOptions(**options)


async def test_the_theorys_own_rules_are_taken_as_options():
    outcome = await play(*equilibrium(), game=AlternatingOffers(impatience=(1e-9, 1e-9)))
    assert outcome.utilities["a"] == pytest.approx(0.5)
    with pytest.raises(ConfigurationError, match="seat the agents in the order"):
        await play(*equilibrium(), game=AlternatingOffers(discounts=0.9, first=1))
    with pytest.raises(ConfigurationError, match="for 2 parties"):
        await play(*equilibrium(), game=AlternatingOffers(discounts=(0.9, 0.8, 0.7)))

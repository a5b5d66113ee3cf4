from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.solutions.alternating_offers import backward_induction, pie_points
from negotiate_rt.solutions.best_response import best_response, play
from negotiate_rt.solutions.exploitability import exploitability, is_equilibrium, is_subgame_perfect
from negotiate_rt.solutions.offer_strategies import OfferAnswer, OfferTable
from negotiate_rt.solutions.rubinstein import EquilibriumShares, rubinstein
from negotiate_rt.solutions.terms import AlternatingOffers

PIE = pie_points(steps=4)  # outcome k gives k quarters to party 0
NEVER = float("inf")


@st.composite
def games(draw, most=5):
    size = draw(st.integers(1, 4))
    points = draw(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=size, max_size=size))
    half = st.sampled_from([0.0, 0.5, 0.75, 1.0])
    return points, AlternatingOffers(
        discounts=draw(st.tuples(half, half)), costs=draw(st.sampled_from([0.0, 0.25])),
        outside_options=draw(st.sampled_from([None, (1.0, None), (None, 2.5), (0.5, 3.0)])),
        breakdown=draw(st.sampled_from([0.0, 0.25])), breakdown_payoffs=draw(st.tuples(half, half)),
        deadline_payoffs=draw(st.tuples(half, half)), horizon=draw(st.integers(1, most)), first=draw(st.integers(0, 1)),
    )  # fmt: skip


def wild(points, game, party, seed):
    """A function that decides by chance, but always the same after the same history."""
    may_leave = game.outside_options is not None and game.outside_options[party] is not None

    def decide(period, history, role):
        rng = random.Random(repr((seed, period, history, role)))
        if role == "propose":
            return rng.randrange(len(points))
        return OfferAnswer(rng.randrange(3 if may_leave else 2))

    return decide


def by_enumeration(points, game, opponent, party, period=1, history=()):
    """The best value by trying everything after every history."""
    stakes = game.stakes(2, exact=False)
    options = tuple(one.option or 0.0 for one in stakes)

    def refused(offer):
        if period == game.horizon:
            return stakes[party].deadline
        after = by_enumeration(points, game, opponent, party, period + 1, (*history, offer))
        return stakes[party].keep * after + stakes[party].add

    if game.proposer(period) != party:
        offer = opponent(period, history, "propose")
        leaving = stakes[party].option
        return max(points[offer][party], refused(offer), *([] if leaving is None else [leaving]))
    worth = []
    for offer, point in enumerate(points):
        answer = opponent(period, (*history, offer), "respond")
        worth.append([refused(offer), point[party], options[party]][int(answer)])
    return max(worth)


class Grudge:
    """Wants three quarters for ever once it has been offered less than a half; else content with a half."""

    start = "content"

    def offer(self, state, period):
        return 2 if state == "content" else 1

    def answer(self, state, period, offer):
        return offer <= (2 if state == "content" else 1)

    def advance(self, state, period, offer):
        return "angry" if offer > 2 else state


# ---------------------------------------------------------------------------------------------------------- worked examples
def test_a_party_takes_what_a_generous_one_gives():
    game = AlternatingOffers(horizon=4, discounts=0.5)
    generous = OfferTable((4,), (0.0,))  # as party 1: offers everything, accepts everything
    found = best_response(PIE, game, generous, 0)
    assert (found.value, found.play.outcome, found.play.period) == (1.0, 4, 1)


def test_patience_pays_against_one_that_concedes():
    conceding = OfferTable((0, 0, 0, 0, 0, 4), (1.0, 1.0, 1.0, 1.0, 1.0, 0.0))
    waits = best_response(PIE, AlternatingOffers(horizon=6, discounts=0.9), conceding, 0)
    assert waits.value == pytest.approx(0.9**5)
    assert (waits.play.period, waits.play.outcome) == (6, 4)
    assert best_response(PIE, AlternatingOffers(horizon=6, discounts=0.0), conceding, 0).value == 0.0


def test_a_best_response_sees_through_an_automaton():
    game = AlternatingOffers(horizon=5, discounts=0.9)
    found = best_response(PIE, game, Grudge(), 0)
    assert (found.value, found.play.path) == (0.5, (2,))
    assert play(PIE, game, (found.strategy, Grudge())).values == (0.5, 0.5)


def test_a_function_of_the_whole_history_is_understood():
    def reciprocal(period, history, role):  # as party 1: gives back what it was given
        mine = [offer for number, offer in enumerate(history) if number % 2 == 0]
        if role == "propose":
            return 4 - mine[-1]
        return history[-1] <= 1

    game = AlternatingOffers(horizon=3, discounts=0.9)
    found = best_response(PIE, game, reciprocal, 0)
    assert found.value == pytest.approx(0.45)  # asks for a half, is refused, and gets what it had left
    assert found.play.path == (2, 2)


def test_equal_division_is_a_nash_equilibrium_but_not_subgame_perfect():
    # Both insist on a half for ever: a Nash equilibrium (Rubinstein 1982), but refusing 3/8 is no credible threat.
    points = pie_points(steps=8)
    game = AlternatingOffers(horizon=5, discounts=0.5)
    insist = OfferTable((4,), (0.5,))
    verdict = is_equilibrium(points, game, (insist, insist))
    assert verdict
    assert verdict.values == (0.5, 0.5)
    subgame = is_subgame_perfect(points, game, (insist, insist))
    assert not subgame
    assert (subgame.gain, subgame.period, subgame.deviator, subgame.answer) == (0.375, 5, 1, OfferAnswer.ACCEPT)


def test_a_profitable_deviation_is_the_counterexample():
    game = AlternatingOffers(horizon=2, discounts=0.5)
    greedy, humble = OfferTable((4, 4), (NEVER, NEVER)), OfferTable((4, 4), (0.0, 0.0))
    verdict = is_equilibrium(PIE, game, (humble, greedy))
    assert not verdict
    assert verdict.deviator == 1
    assert verdict.gain == 0.5
    assert verdict.deviation is not None
    assert verdict.deviation.play.path == (4, 0)


def test_leaving_is_an_answer():
    game = AlternatingOffers(horizon=3, outside_options=(None, 0.75))
    leaver = OfferTable((0,), (0.8,), (True,))
    assert play(PIE, game, (OfferTable((4,), (0.0,)), leaver)).left == 1
    assert best_response(PIE, game, leaver, 0).value == 0.0
    assert best_response(PIE, game, OfferTable((4,), (NEVER,)), 1).value == 0.75


def test_the_solution_of_a_game_is_an_equilibrium_and_closed_form_play_is_nearly_one():
    game = AlternatingOffers(discounts=(0.9, 0.8), horizon=8)
    points = pie_points(steps=1000)
    solution = backward_induction(points, game)
    tables = (OfferTable.of(solution, 0), OfferTable.of(solution, 1))
    assert exploitability(points, game, tables).largest <= 1e-9
    assert is_subgame_perfect(points, game, tables)
    closed = rubinstein(game)
    assert isinstance(closed, EquilibriumShares)
    rounded = []
    for party in (0, 1):
        offers, least = [], []
        for rule in closed.rules:
            mine = rule.demand if rule.proposer == party else 0.0
            units = int(mine * 1000)  # rounded in the other's favour
            offers.append(units if party == 0 else 1000 - units)
            least.append(float(rule.least) - 1e-9)
        rounded.append(OfferTable(tuple(offers), tuple(least)))
    assert exploitability(points, game, rounded).largest < 2e-3


# --------------------------------------------------------------------------------------------------------------- bad input
def test_what_is_no_game_or_no_strategy_is_refused():
    table = OfferTable((1,), (0.5,))
    game = AlternatingOffers(horizon=2)
    cases = [
        (lambda: best_response(PIE, AlternatingOffers(discounts=0.9), table, 0), "give a horizon"),
        (lambda: best_response([(1, 1, 1)], game, table, 0), "two parties"),
        (lambda: best_response(PIE, game, table, 2), "party must be 0 or 1"),
        (lambda: best_response(PIE, game, 7, 0), "a strategy is an OfferTable"),
        (lambda: best_response(PIE, game, OfferTable((9,), (0.0,)), 0), "offered 9 in period 2; expected the number"),
        (lambda: best_response(PIE, game, lambda *_: "yes", 0), "answered 'yes' in period 1"),
        (lambda: best_response(PIE, game, lambda *_: OfferAnswer.LEAVE, 0), "no outside option"),
        (lambda: best_response(PIE, game, OfferTable((1,), (2.0,), (True,)), 0), "no outside option"),
        (lambda: best_response(PIE, game, lambda *_: True, 1), "offered True in period 1"),
        (lambda: play(PIE, game, (table,)), "two strategies"),
        (lambda: best_response(PIE, game, lambda *_: 0, 0, memory=-1), "memory must be"),
        (lambda: OfferTable((), ()), "one offer and one least"),
        (lambda: OfferTable((1,), (float("nan"),)), "least of period 1"),
        (lambda: OfferTable((1,), (1.0,), (True, False)), "leaves has 2 entries"),
        (lambda: is_equilibrium(PIE, game, (table, table), tolerance=-1), "tolerance must be >= 0"),
        (lambda: is_subgame_perfect(PIE, game, (table, Grudge())), "two OfferTables"),
        (lambda: is_subgame_perfect(PIE, game, (table, OfferTable((1,), (2.0,), (True,)))), "no outside option"),
    ]
    for call, says in cases:
        with pytest.raises(ConfigurationError, match=says):
            call()


def test_a_strategy_that_remembers_too_much_is_refused_and_memory_helps():
    def stingy(period, history, role):
        return 0 if role == "propose" else history[-1] <= 10

    points = pie_points(steps=100)
    game = AlternatingOffers(horizon=12, discounts=0.9)
    with pytest.raises(ConfigurationError, match="Say memory=k"):
        best_response(points, game, stingy, 0)
    assert best_response(points, game, stingy, 0, memory=0).value == pytest.approx(0.1)


# -------------------------------------------------------------------------------------------------------------- properties
@settings(max_examples=25)
@given(games(most=4), st.integers(0, 1), st.integers(0, 99))
def test_best_response_equals_trying_everything(case, party, seed):
    points, game = case
    opponent = wild(points, game, 1 - party, seed)
    found = best_response(points, game, opponent, party)
    assert found.value == pytest.approx(by_enumeration(points, game, opponent, party))
    assert found.play.values[party] == pytest.approx(found.value)


@settings(max_examples=20)
@given(games(), st.integers(0, 1), st.integers(0, 99))
def test_no_strategy_does_better_than_the_best_response(case, party, seed):
    points, game = case
    opponent, other = wild(points, game, 1 - party, seed), wild(points, game, party, seed + 1)
    pair = (other, opponent) if party == 0 else (opponent, other)
    best = best_response(points, game, opponent, party).value
    assert best >= play(points, game, pair).values[party] - 1e-9


@settings(max_examples=25)
@given(games())
def test_equilibrium_strategies_have_nothing_to_exploit(case):
    points, game = case
    solution = backward_induction(points, game)
    tables = (OfferTable.of(solution, 0), OfferTable.of(solution, 1))
    found = exploitability(points, game, tables)
    assert found.values == pytest.approx(solution.values)
    assert found.largest == pytest.approx(0, abs=1e-9)
    assert is_equilibrium(points, game, tables)
    assert is_subgame_perfect(points, game, tables)


@settings(max_examples=20)
@given(games(most=4), st.integers(0, 99))
def test_tables_and_functions_that_say_the_same_play_the_same(case, seed):
    points, game = case
    rng = random.Random(seed)
    offers = tuple(rng.randrange(len(points)) for _ in range(4))
    least = tuple(float(rng.randrange(6)) for _ in range(4))

    def spoken(period, history, role):
        if role == "propose":
            return offers[period - 1]
        return points[history[-1]][1] >= least[period - 1]

    table = OfferTable(offers, least)
    assert best_response(points, game, table, 0).value == best_response(points, game, spoken, 0, memory=0).value


@settings(max_examples=15)
@given(games(most=3))
def test_a_single_better_decision_is_found_wherever_there_is_one(case):
    points, game = case
    outcomes = range(len(points))
    rng = random.Random(repr(case))
    tables = [
        OfferTable(tuple(rng.choice(outcomes) for _ in range(3)), tuple(float(rng.randrange(5)) for _ in range(3)))
        for _ in (0, 1)
    ]
    verdict = is_subgame_perfect(points, game, tables)
    stakes = game.stakes(2, exact=False)
    waiting = tuple(one.deadline for one in stakes)
    worst = 0.0
    for period in range(game.horizon, 0, -1):
        who = game.proposer(period)
        other = 1 - who

        def after(offer, takes, waiting=waiting):
            return points[offer] if takes else waiting

        takes = [points[x][other] >= tables[other].least[period - 1] for x in outcomes]
        option = stakes[other].option
        for x, yes in itertools.product(outcomes, (True, False)):
            worst = max(worst, after(x, yes)[other] - after(x, takes[x])[other])
            worst = max(worst, (option if option is not None else -9) - after(x, takes[x])[other])
        mine = tables[who].offers[period - 1]
        worst = max(worst, max(after(x, takes[x])[who] for x in outcomes) - after(mine, takes[mine])[who])
        now = after(mine, takes[mine])
        waiting = tuple(one.keep * x + one.add for one, x in zip(stakes, now, strict=True))
    assert verdict.gain == pytest.approx(worst)
    assert bool(verdict) == (worst <= 1e-9 * max(1, int(np.max(points))))

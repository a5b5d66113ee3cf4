"""Monotonic concession through the executor: who may say what is judged on both sides, and Zeuthen's strategy in it."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import (
    AdditiveUtility,
    Agent,
    BargainingProblem,
    Buyer,
    ConcessionOptions,
    ConfigurationError,
    Issue,
    NegotiationConfig,
    NegotiationExecutor,
    Negotiator,
    Network,
    Propose,
    Seller,
    Trace,
    Walk,
)
from negotiate_rt.strategies.zeuthen import Zeuthen

MCP = "monotonic-concession"
ORDERS = ["simultaneous", "alternating"]
CRITERIA = ["pareto", "strong", "weak", "egocentric", "utilitarian", "egalitarian", "nash"]


async def talk(*agents, problem=None, seed=1, network=None, journal=None, options=None, **config):
    executor = NegotiationExecutor(clock="virtual", seed=seed, network=network, journal=journal)
    return await executor.execute(agents, NegotiationConfig(MCP, options=options, **config), problem)


def deals(*worth, information="complete"):
    """One issue whose values are deals of these utilities, by party."""
    return BargainingProblem(
        [Issue("deal", tuple(range(len(worth))))],
        [lambda o, k=k: worth[o[0]][k] for k in range(len(worth[0]))],
        information=information,
    )


def scripted(name, *places, **settings):
    """Offer these deals, one a round; the last for ever."""
    left = list(places)

    def decide(view):
        place = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(place, BaseException):
            raise place
        return Propose((place,)) if isinstance(place, int) else place

    return Negotiator(name, strategy=decide, **settings)


def made(outcome):
    return [(offer.round, offer.agent, offer.value[0]) for offer in outcome.all_offers]


def faults(outcome):
    return [(fault.who, fault.what) for fault in outcome.faults]


LINE = deals((10, 1), (8, 3), (6, 5), (4, 7), (1, 9))


# ------------------------------------------------------------------------------------------------------- worked example
@pytest.mark.parametrize("order", ORDERS)
async def test_zeuthens_worked_example(order):
    outcome = await talk(
        Negotiator("A", strategy=Zeuthen()),
        Negotiator("B", strategy=Zeuthen()),
        problem=LINE,
        options=ConcessionOptions(order=order),
    )
    assert outcome.agreed
    assert outcome.accepted_offer.value == (2,)
    assert outcome.utilities == {"A": 6, "B": 5}
    assert outcome.faults == ()
    if order == "simultaneous":
        opening = [(1, "A", 0), (1, "B", 4)]
        assert made(outcome) == [
            *opening, (2, "A", 0), (2, "B", 3), (3, "A", 2), (3, "B", 3), (4, "A", 2), (4, "B", 2),
        ]  # fmt: skip


# ----------------------------------------------------------------------------------------------------------- who may say what
async def test_no_party_hears_an_offer_of_the_round_before_it_has_committed_its_own():
    async def slow(view):
        await view.sleep(3.0)
        heard.append(view.history)
        return Propose((4,) if view.round == 1 else (2,))

    heard: list = []
    trace = Trace()
    outcome = await talk(scripted("A", 0, 1, 2), Negotiator("B", strategy=slow), problem=LINE, journal=trace)
    assert outcome.agreed
    assert heard == [(), ((0,),), ((0,), (1,))]
    said = [(r.sender, r.content["offer"]) for r in trace.records if r.kind == "said" and r.act == "propose"]
    rounds = {offer.id: offer.round for offer in outcome.all_offers}
    for round in set(rounds.values()):
        senders = [sender for sender, offer in said if rounds[offer] == round]
        assert set(senders[:2]) == {"A", "B"}, "both have committed"
        assert senders[2:] == ["chair", "chair"], "before the chair passes anything on"


async def test_in_the_alternating_variant_the_second_hears_the_first():
    heard: list = []

    def second(view):
        heard.append(view.history)
        return Propose((4,) if view.round == 1 else (2,))

    outcome = await talk(
        scripted("A", 0, 1, 2),
        Negotiator("B", strategy=second),
        problem=LINE,
        options=ConcessionOptions(order="alternating"),
    )
    assert heard == [((0,),), ((0,), (1,))]
    assert outcome.agreed
    assert outcome.rounds_used == 3


async def test_each_opens_with_its_best_offer():
    outcome = await talk(scripted("A", 1, 0, 1), scripted("B", 4), problem=LINE, max_rounds=1)
    assert faults(outcome) == [("A", "illegal")]
    assert "each opens with its best offer: (1,) is worth 8 to its maker, the best 10" in outcome.faults[0].cause
    assert made(outcome) == [(1, "A", 0), (1, "B", 4)], "asked once more, it does"
    declared = await talk(scripted("A", 1, opening=8), scripted("B", 4), problem=LINE, max_rounds=1)
    assert declared.faults == ()


async def test_ones_own_utility_never_rises():
    outcome = await talk(scripted("A", 0, 2, 1, 1, 2), scripted("B", 4), problem=LINE, max_rounds=3)
    assert faults(outcome) == [("A", "illegal"), ("A", "illegal")]
    assert "no concession: (1,) is worth 8 to its maker, its last offer was worth 6" in outcome.faults[0].cause
    assert [place for _, who, place in made(outcome) if who == "A"] == [0, 2], "what is refused is not said"


async def test_an_offer_that_falls_for_the_hearer_is_refused_and_is_not_the_new_reference():
    problem = deals((10, 4), (8, 2), (6, 5), (4, 9))  # from 0 to 1 both lose
    outcome = await talk(scripted("A", 0, 1, 2), scripted("B", 3, 3, 2), problem=problem)
    assert faults(outcome) == [("A", "illegal")]
    assert outcome.faults[0].cause == "no concession (pareto): (1,) in round 2"
    assert outcome.final_state == "DEADLOCK", "and B stood still: nobody conceded in round 2"
    other = await talk(scripted("A", 0, 1, 2), scripted("B", 3, 2), problem=problem)
    assert other.agreed
    assert other.accepted_offer.value == (2,)
    assert other.rounds_used == 3, "A's next offer is measured by its first"


async def test_a_concession_is_judged_by_the_whole_and_not_issue_by_issue():
    space = [Issue("price", (0, 1, 2)), Issue("time", (0, 1, 2))]
    mine = AdditiveUtility({"price": 3, "time": 1}, {"price": lambda x: x, "time": lambda x: x})
    theirs = AdditiveUtility({"price": 3, "time": 1}, {"price": lambda x: 2 - x, "time": lambda x: 2 - x})
    problem = BargainingProblem(space, [mine, theirs])
    seller = [Propose((2, 2)), Propose((1, 2)), Propose((0, 2))]
    buyer = [Propose((0, 0)), Propose((0, 2)), Propose((1, 0))]  # in the last the time turns back, the whole concedes
    outcome = await talk(
        Negotiator("S", strategy=lambda view: seller[view.round - 1]),
        Negotiator("B", strategy=lambda view: buyer[view.round - 1]),
        problem=problem,
        max_rounds=3,
    )
    assert outcome.faults == ()
    assert outcome.agreed
    assert outcome.rounds_used == 3


async def test_both_standing_still_ends_in_deadlock_and_one_may():
    outcome = await talk(scripted("A", 0), scripted("B", 4), problem=LINE)
    assert (outcome.final_state, outcome.rounds_used) == ("DEADLOCK", 2)
    assert outcome.failure_reason == "stood-still: nobody conceded in round 2"
    one = await talk(scripted("A", 0), scripted("B", 4, 3, 2, 1, 0), problem=LINE)
    assert one.agreed
    assert one.utilities == {"A": 10, "B": 1}


async def test_agreement_comes_before_standing_still():
    outcome = await talk(scripted("A", 0), scripted("B", 0), problem=deals((10, 9), (8, 3)))
    assert (outcome.agreed, outcome.rounds_used) == (True, 1), "the best of both is agreed at once"


async def test_changing_between_offers_of_equal_worth_is_standing_still():
    problem = deals((10, 1), (10, 1), (1, 9))
    outcome = await talk(scripted("A", 0, 1, 0), scripted("B", 2), problem=problem)
    assert (outcome.final_state, outcome.rounds_used) == ("DEADLOCK", 2)


@pytest.mark.parametrize("order", ORDERS)
async def test_max_rounds_end_in_deadlock(order):
    outcome = await talk(Buyer("B", 50), Seller("S", 60), max_rounds=7, options=ConcessionOptions(order=order))
    assert (outcome.final_state, outcome.rounds_used) == ("DEADLOCK", 7)
    assert outcome.reason_code == "max-rounds"


async def test_when_both_offers_are_acceptable_one_deal_is_fixed_for_both():
    async def crossing(seed, tie):
        outcome = await talk(
            scripted("A", 0, 3), scripted("B", 4, 1), problem=LINE, seed=seed, options=ConcessionOptions(tie=tie)
        )
        assert outcome.agreed
        return outcome.accepted_offer.value[0]

    assert {await crossing(seed, "first") for seed in range(10)} == {3}, "A's, who sits first"
    drawn = [await crossing(seed, "draw") for seed in range(20)]
    assert set(drawn) == {1, 3}
    assert drawn == [await crossing(seed, "draw") for seed in range(20)]


async def test_offers_cannot_expire_and_parties_must_know_what_they_want():
    moves = iter([Propose((0,), expires_at=5.0), Propose((0,))])
    outcome = await talk(
        Negotiator("A", strategy=lambda view: next(moves)), scripted("B", 4), problem=LINE, max_rounds=1
    )
    assert faults(outcome) == [("A", "invalid")]
    with pytest.raises(ConfigurationError, match="agent 'A': monotonic-concession judges offers by utilities"):
        await talk(scripted("A", 0), scripted("B", 0), problem=BargainingProblem([Issue("x", (0, 1))]))


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"order": "at once"}, "options.order: expected one of simultaneous, alternating"),
        ({"criterion": "x"}, "options.criterion"),
    ],
)
def test_options_that_do_not_exist_are_told(options, text):
    with pytest.raises(ConfigurationError, match=text):
        ConcessionOptions(**options)


# ------------------------------------------------------------------------------------------------------------ prices, pies
@pytest.mark.parametrize("order", ORDERS)
async def test_conceding_traders_meet(order):
    outcome = await talk(
        Buyer("B", 80, 40), Seller("S", 60, 120), max_rounds=10, options=ConcessionOptions(order=order)
    )
    assert outcome.agreed
    assert outcome.faults == ()
    assert 60 <= outcome.accepted_offer.value <= 80


async def test_plain_agents_divide_a_pie():
    outcome = await talk(Agent("a"), Agent("b"), max_rounds=10, reservation_value=20, initial_offer=100)
    assert outcome.agreed
    assert sum(outcome.utilities.values()) == pytest.approx(100)


# ------------------------------------------------------------------------------------------------------- leaving and faults
@pytest.mark.parametrize("order", ORDERS)
async def test_walking_away_ends_it(order):
    outcome = await talk(
        scripted("A", 0, Walk("no")),
        scripted("B", 4, outside_option=2.5),
        problem=LINE,
        options=ConcessionOptions(order=order),
    )
    assert outcome.failure_reason == "walked-away: A: no"
    assert outcome.rounds_used == 2
    assert outcome.utilities == {"A": 0.0, "B": 2.5}


async def test_a_skipped_turn_stands_still():
    outcome = await talk(scripted("A", 0, 42, 42, 1), scripted("B", 4, 3, 2, 1), problem=LINE)
    assert outcome.agreed
    assert faults(outcome) == [("A", "invalid"), ("A", "invalid")]
    both = await talk(scripted("A", 0, 42), scripted("B", 4, 42), problem=LINE)
    assert (both.final_state, both.rounds_used) == ("DEADLOCK", 2)


async def test_crash_lateness_and_timeout():
    crashed = await talk(scripted("A", RuntimeError("gone")), scripted("B", 4), problem=LINE)
    assert crashed.reason_code == "agent-crashed"

    async def hang(view):
        await view.sleep(1e6)

    late = await talk(scripted("A", 0), Negotiator("B", strategy=hang), problem=LINE, turn_timeout=1.0)
    assert (late.final_state, late.rounds_used) == ("DEADLOCK", 2)
    never = await talk(scripted("A", 0), Negotiator("B", strategy=hang), problem=LINE, timeout=5.0)
    assert (never.final_state, never.duration_ms) == ("TIMEOUT", 5000)


async def test_the_same_over_a_slow_network():
    agents = [Negotiator("A", strategy=Zeuthen()), Negotiator("B", strategy=Zeuthen())]
    outcome = await talk(*agents, problem=LINE, network=Network(latency=0.1), timeout=100.0)
    assert outcome.accepted_offer.value == (2,)


# ---------------------------------------------------------------------------------------------------------- random problems
@st.composite
def tables(draw, parties=2):
    count = draw(st.integers(1, 12))
    return [tuple(draw(st.integers(0, 8)) for _ in range(parties)) for _ in range(count)]


def some_tables(seed, parties):
    draw = random.Random(seed)
    return [tuple(draw.randrange(9) for _ in range(parties)) for _ in range(draw.randint(1, 12))]


@pytest.mark.parametrize("seed", range(8))
def test_zeuthen_ends_at_the_largest_product(seed):
    check_zeuthen(some_tables(seed, 2), ORDERS[seed % 2], ["both", "coin"][seed // 4])


@pytest.mark.slow
@given(worth=tables(), order=st.sampled_from(ORDERS), tie=st.sampled_from(["both", "coin"]))
@settings(max_examples=300, deadline=None)
def test_zeuthen_ends_at_the_largest_product_always(worth, order, tie):
    check_zeuthen(worth, order, tie)


def check_zeuthen(worth, order, tie):
    agents = [Negotiator(name, strategy=Zeuthen(tie=tie)) for name in "AB"]
    config = NegotiationConfig(MCP, options=ConcessionOptions(order=order))
    outcome = NegotiationExecutor(clock="virtual").run(agents, config, deals(*worth))
    assert outcome.agreed
    assert outcome.faults == ()
    mine, theirs = outcome.utilities.values()
    assert mine * theirs == max(x * y for x, y in worth)


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("order", ORDERS)
def test_no_move_that_stands_is_illegal(order, criterion):
    for seed in range(2):
        check_moves(some_tables(seed, 2 + seed), order, criterion, seed)


@pytest.mark.slow
@given(
    worth=st.integers(2, 3).flatmap(tables), order=st.sampled_from(ORDERS), criterion=st.sampled_from(CRITERIA),
    seed=st.integers(0, 1000),
)  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_whatever_agents_say_no_move_that_stands_is_illegal(worth, order, criterion, seed):
    check_moves(worth, order, criterion, seed)


def check_moves(worth, order, criterion, seed):
    """An auditor who knows all utilities goes through the offers that became references."""
    draw = random.Random(seed)
    parties = len(worth[0])
    agents = [
        Negotiator(f"n{k}", strategy=lambda view: Propose((draw.randrange(len(worth)),)), guard=False)
        for k in range(parties)
    ]
    config = NegotiationConfig(MCP, 6, options=ConcessionOptions(order=order, criterion=criterion))
    outcome = NegotiationExecutor(clock="virtual").run(agents, config, deals(*worth))
    refused = {
        (f.who, f.cause.rpartition(" in round ")[2]) for f in outcome.faults if f.cause.startswith("no concession (")
    }
    last: dict[int, tuple] = {}
    for offer in outcome.all_offers:
        maker, now = int(offer.agent[1:]), worth[offer.value[0]]
        before = last.get(maker)
        if (offer.agent, str(offer.round)) in refused:
            assert before is not None
            assert not conceded(criterion, maker, before, now)
            continue
        if before is None:
            assert now[maker] == max(one[maker] for one in worth)
        else:
            assert now[maker] <= before[maker]
            assert now == before or conceded(criterion, maker, before, now)
        last[maker] = now
    if outcome.agreed:
        deal = worth[outcome.accepted_offer.value[0]]
        assert all(deal[k] >= last[k][k] for k in last)


def conceded(criterion, maker, before, now):
    """Endriss's criteria, from the definitions."""
    others = [(before[k], now[k]) for k in range(len(now)) if k != maker]
    product = [1, 1]
    for pair in others:
        product = [product[0] * pair[0], product[1] * pair[1]]
    return {
        "pareto": all(b >= a for a, b in others),
        "strong": all(b > a for a, b in others),
        "weak": any(b > a for a, b in others),
        "egocentric": now[maker] < before[maker],
        "utilitarian": sum(b for _, b in others) > sum(a for a, _ in others),
        "egalitarian": min(b for _, b in others) > min(a for a, _ in others),
        "nash": product[1] > product[0],
    }[criterion]


async def test_three_parties_agree_on_an_offer_that_all_others_find_as_good_as_their_own():
    problem = deals((9, 1, 1), (1, 9, 1), (1, 1, 9), (5, 5, 5), (6, 4, 4))
    outcome = await talk(scripted("a", 0, 4, 3), scripted("b", 1, 3), scripted("c", 2, 3), problem=problem)
    assert outcome.agreed
    assert outcome.accepted_offer.value == (3,)
    assert outcome.faults == ()

"""Agents by themselves: what their constructors take and refuse, and how they decide."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest

from negotiate_rt import (
    Accept,
    Agent,
    Auction,
    Bidder,
    Buyer,
    ConfigurationError,
    Contractor,
    LinearConcession,
    Manager,
    NegotiationConfig,
    NegotiationExecutor,
    Negotiator,
    PriceProblem,
    Propose,
    Seller,
    View,
    Walk,
)


def test_signatures_of_the_public_interface():
    utility, strategy = len, LinearConcession()
    negotiator = Negotiator("n", utility, 3.0, 9.0, strategy)
    assert (negotiator.utility, negotiator.reservation_value, negotiator.opening) == (utility, 3.0, 9.0)
    assert negotiator.strategy is strategy
    buyer = Buyer("b", 80, 40, strategy)
    assert (buyer.limit, buyer.opening, buyer.strategy) == (80, 40, strategy)
    seller = Seller("s", 60, 120, strategy)
    assert (seller.limit, seller.opening, seller.strategy) == (60, 120, strategy)
    bidder = Bidder("b", 5, strategy)
    assert (bidder.value, bidder.strategy) == (5, strategy)
    contractor = Contractor("c", len, abs, ("weld",))
    assert (contractor.bid, contractor.perform, contractor.capabilities) == (len, abs, ("weld",))


MAKE = [
    lambda **k: Agent("x", **k), lambda **k: Negotiator("x", **k), lambda **k: Buyer("x", 1, **k),
    lambda **k: Seller("x", 1, **k),
    lambda **k: Bidder("x", 1, **k), lambda **k: Contractor("x", len, **k), lambda **k: Manager("x", **k),
]  # fmt: skip


@pytest.mark.parametrize("make", MAKE)
def test_all_take_guard_and_isolated_by_keyword(make):
    plain = make()
    assert (plain.guard, plain.isolated, plain.name) == (True, False, "x")
    assert repr(plain) == f"{type(plain).__name__}('x')"
    other = make(guard=False, isolated=True)
    assert (other.guard, other.isolated) == (False, True)


@pytest.mark.parametrize("name", ["", "  ", None, 5, b"x"])
@pytest.mark.parametrize("kind", [Agent, lambda name: Buyer(name, 1), lambda name: Bidder(name, 1), Manager])
def test_an_agent_needs_a_name(kind, name):
    with pytest.raises(ConfigurationError, match="an agent needs a name, got"):
        kind(name)


@pytest.mark.parametrize("limit", [math.nan, math.inf, None, "60", True], ids=repr)
def test_limits_and_openings_are_finite_numbers(limit):
    with pytest.raises(ConfigurationError, match="agent 's': limit must be"):
        Seller("s", limit)
    with pytest.raises(ConfigurationError, match="agent 'n': reservation_value must be"):
        Negotiator("n", reservation_value=limit)
    if limit is not None:
        with pytest.raises(ConfigurationError, match="agent 's': opening must be"):
            Seller("s", 60, limit)
    assert Seller("s", Decimal("60.5")).limit == 60.5


@pytest.mark.parametrize("make", [lambda s: Negotiator("a", strategy=s), lambda s: Buyer("a", 1, strategy=s)])
def test_strategy_must_be_callable(make):
    with pytest.raises(ConfigurationError, match="agent 'a': strategy must be callable, got 'linear'"):
        make("linear")


async def test_concession_strategy_that_is_async_is_told_so():
    async def concession(round, max_rounds, reservation_value, current_value, history):
        return 5

    with pytest.raises(ConfigurationError, match="a concession strategy is a plain function of five arguments"):
        Buyer("x", 80, strategy=concession)
    outcome = await play(Buyer("x", 80, opening=10, strategy=lambda *told: concession(*told)), max_rounds=3)
    assert {fault.what for fault in outcome.faults} == {"invalid"}
    assert "is async; a concession strategy is a plain function" in outcome.faults[0].cause


@pytest.mark.parametrize(
    "strategy",
    [lambda: 1.0, lambda a, b: 1.0, lambda a, b, c: 1.0, lambda a, b, c, d, e, f: 1.0, lambda a, b, c, d, e, *, f: 1.0],
    ids=["none", "two", "three", "six", "a keyword"],
)
def test_strategy_that_can_be_called_neither_way_is_refused_at_once(strategy):
    with pytest.raises(ConfigurationError, match="must take one argument, the view, or five: round, max_rounds"):
        Buyer("Bea", 80, strategy=strategy)


@pytest.mark.parametrize(
    "strategy",
    [lambda *given: 1.0, lambda a, *rest: 1.0, lambda a, b, c, d, e, f=0: 1.0, lambda a, b, c, d, e, *, f=0: 1.0],
    ids=["any", "one and more", "a default", "a keyword with a default"],
)
def test_strategy_that_can_take_five_arguments_is_taken(strategy):
    assert Buyer("Bea", 80, strategy=strategy).strategy is strategy


def test_utility_must_be_callable():
    with pytest.raises(ConfigurationError, match="agent 'a': utility must be callable, got 5"):
        Negotiator("a", 5)


def test_award_must_be_callable():
    with pytest.raises(ConfigurationError, match="agent 'm': award must be callable, got 'cost'"):
        Manager("m", "cost")


def test_capabilities_are_words_and_one_word_is_no_list_of_letters():
    assert Agent("a", capabilities=["sing", "dance"]).capabilities == ("sing", "dance")
    assert Agent("a").capabilities == ()
    with pytest.raises(ConfigurationError, match=r"agent 'a': capabilities must be several strings: write \('sing',\)"):
        Agent("a", capabilities="sing")

    class Singer(Agent):
        capabilities = ("sing",)

    assert Singer("s").capabilities == ("sing",)


# --------------------------------------------------------------------------------------------------- ways to give a decision
async def play(agent, **config):
    executor = NegotiationExecutor(clock="virtual")
    return await executor.execute(
        [agent, Seller("S", 60, opening=70)], NegotiationConfig("bilateral", **config), PriceProblem()
    )


def by_function(view):
    return Propose(70)


async def by_coroutine(view):
    await view.sleep(1)
    return Propose(70)


class ByObject:
    def __call__(self, view):
        return Propose(70)


class ByAsyncObject:
    async def __call__(self, view):
        return Propose(70)


class ByMethod:
    def choose(self, view):
        return Propose(70)

    async def think(self, view):
        return Propose(70)

    @staticmethod
    def fixed(view):
        return Propose(70)


HOOKS = [by_function, by_coroutine, ByObject(), ByAsyncObject(), ByMethod().choose, ByMethod().think, ByMethod.fixed,
         lambda view: Propose(70), lambda view: by_coroutine(view), lambda view, extra=3: Propose(70)]  # fmt: skip


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("kind", ["negotiator", "buyer"])
async def test_a_callable_of_the_view_decides(hook, kind):
    agent = Negotiator("x", strategy=hook) if kind == "negotiator" else Buyer("x", 80, strategy=hook)
    outcome = await play(agent)
    assert outcome.agreed
    assert outcome.accepted_offer.value == 70
    assert outcome.faults == ()


async def test_a_subclass_may_use_the_default_decision():
    class Hesitant(Buyer):
        async def decide(self, view):
            await view.sleep(1)
            return super().decide(view)

    outcome = await play(Hesitant("x", 80), max_rounds=10)
    assert outcome.agreed
    assert outcome.faults == ()
    assert outcome.duration_ms > 0


async def test_anything_with_a_name_and_a_hook_is_an_agent():
    class Stranger:
        name = "x"

        def decide(self, view):
            assert isinstance(view, View)
            return Propose(70)

    assert (await play(Stranger())).agreed


@pytest.mark.parametrize(
    "nameless", [object(), None, "Bea", 5, type("N", (), {"name": 5})(), type("N", (), {"name": ""})()]
)
async def test_what_has_no_name_cannot_take_part(nameless):
    with pytest.raises(ConfigurationError, match="has no name, so it cannot take part"):
        await play(nameless)


async def test_agent_without_the_hook_is_refused_with_what_to_do():
    executor = NegotiationExecutor(clock="virtual")
    with pytest.raises(ConfigurationError, match=r"agent 'B' \(Buyer\) cannot sit as contractor: it has no hook 'bid'"):
        await executor.execute([Buyer("B", 1)], NegotiationConfig("contract-net"), {"hours": 1})


async def test_one_agent_in_many_negotiations_at_once():
    sam = Seller("Sam", 60, opening=120)
    jobs = [([Buyer(f"b{n}", 60 + n), sam], NegotiationConfig("bilateral", max_rounds=20)) for n in range(50)]
    outcomes = await NegotiationExecutor(clock="virtual").execute_many(jobs)
    assert all(outcome.agreed for outcome in outcomes)
    alone = await NegotiationExecutor(clock="virtual").execute(*jobs[7])
    assert alone.accepted_offer.value == outcomes[7].accepted_offer.value, "nothing of one leaks into another"


async def test_max_in_flight_bounds_an_agents_own_asynchronous_hooks():
    class Busy(Negotiator):
        max_in_flight = 2
        running = most = 0

        async def decide(self, view):
            Busy.running += 1
            Busy.most = max(Busy.most, Busy.running)
            await view.sleep(1)
            Busy.running -= 1
            return Accept()

    busy = Busy("busy")
    jobs = [([Seller(f"s{n}", 1), busy], NegotiationConfig("bilateral", timeout=None)) for n in range(6)]
    outcomes = await NegotiationExecutor(clock="virtual").execute_many(jobs)
    assert all(outcome.agreed for outcome in outcomes), outcomes
    assert Busy.most == 2


def test_bid_strategies_may_be_plain_async_or_of_the_view():
    async def slow(agent, task, current_price, round, previous_bids):
        return 7

    for strategy in (lambda agent, task, price, round, bids: 7, slow, lambda view: 7, lambda *told: 7):
        result = Auction(
            "first-price", "lot", [Bidder("a", strategy=strategy)], executor=NegotiationExecutor(clock="virtual")
        ).run()
        assert result.pay_price == 7


async def test_bidders_own_method_decides():
    class Shy(Bidder):
        async def bid(self, view):
            await view.sleep(1)
            return self.value / 2

    result = await Auction("first-price", "lot", [Shy("a", 8)], executor=NegotiationExecutor(clock="virtual"))
    assert result.pay_price == 4


async def test_walk_by_default_where_no_counter_offer_is_legal_and_the_offer_is_poor():
    outcome = await play(Negotiator("x", strategy=lambda view: Walk("enough")))
    assert outcome.failure_reason == "walked-away: x: enough"


@pytest.mark.parametrize("value", [math.inf, -math.inf, (3.0, math.inf), {"lot": math.inf}], ids=repr)
def test_a_bidders_value_is_finite(value):
    with pytest.raises(ConfigurationError, match="agent 'a': value must be a finite number"):
        Bidder("a", value)


@pytest.mark.parametrize("protocol", ["vickrey-auction", "first-price-auction", "english-auction"])
def test_a_bidder_that_would_not_have_the_lot_for_nothing_drops_out_without_a_fault(protocol):
    executor = NegotiationExecutor(clock="virtual")
    outcome = executor.run([Bidder("a", -1.0), Bidder("b", 5.0)], NegotiationConfig(protocol), "lot")
    assert not outcome.faults
    assert outcome.result.winner.name == "b"
    assert outcome.utilities["a"] == 0.0

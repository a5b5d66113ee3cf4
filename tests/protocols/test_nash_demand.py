"""The Nash demand game through the executor: demands that fit are met, others give nothing."""

from __future__ import annotations

import pytest

from negotiate_rt import (
    Agent,
    BargainingProblem,
    Buyer,
    ConfigurationError,
    DemandOptions,
    Issue,
    NegotiationConfig,
    NegotiationExecutor,
    Negotiator,
    Pie,
    Propose,
    Seller,
    Trace,
    Walk,
)


async def play(*agents, problem=None, journal=None, max_rounds=100, on_fault=None, timeout=60.0, **options):
    executor = NegotiationExecutor(clock="virtual", seed=1, journal=journal)
    config = NegotiationConfig(
        "nash-demand", max_rounds, timeout, options=DemandOptions(**options), on_fault=on_fault or {"raised": "withdraw"}
    )
    return await executor.execute(agents, config, problem)


def demands(name, *shares, **settings):
    left = list(shares)
    return Negotiator(name, strategy=lambda view: left.pop(0) if len(left) > 1 else left[0], **settings)


async def test_demands_that_fit_are_met():
    outcome = await play(demands("a", 0.4), demands("b", Propose(0.5)), problem=Pie())
    assert (outcome.final_state, outcome.rounds_used, outcome.accepted_offer) == ("AGREED", 1, None)
    assert outcome.utilities == {"a": 0.4, "b": 0.5}
    assert outcome.result.demands == outcome.result.shares == {"a": 0.4, "b": 0.5}


async def test_what_nobody_demands_is_lost_or_shared():
    shared = await play(demands("a", 4), demands("b", 2), problem=Pie(10), remainder="shared")
    assert shared.utilities == {"a": 6.0, "b": 4.0}


async def test_demands_that_do_not_fit_give_nothing():
    outcome = await play(demands("a", 0.6), demands("b", 0.5), problem=Pie())
    assert (outcome.final_state, outcome.rounds_used) == ("FAILED", 1)
    assert outcome.failure_reason == "infeasible: the demands do not fit together: a 0.6, b 0.5"
    assert outcome.utilities == {"a": 0.0, "b": 0.0}
    assert outcome.result.shares == {}


async def test_demands_of_exactly_the_pie_fit_whatever_rounding_does():
    outcome = await play(*[demands(f"n{k}", 0.1) for k in range(10)], problem=Pie())
    assert outcome.agreed
    thirds = await play(demands("a", 0.1 + 0.2), demands("b", 0.7), problem=Pie())
    assert thirds.agreed


async def test_repeated_demands_end_when_they_fit_or_the_rounds_are_used_up():
    outcome = await play(demands("a", 0.9, 0.7, 0.5), demands("b", 0.5), problem=Pie(), repeats=True)
    assert (outcome.agreed, outcome.rounds_used) == (True, 3)
    never = await play(demands("a", 0.9), demands("b", 0.5), problem=Pie(), repeats=True, max_rounds=4)
    assert (never.final_state, never.rounds_used) == ("DEADLOCK", 4)
    conceding = await play(Agent("a"), Agent("b"), repeats=True, max_rounds=20)
    assert conceding.agreed


async def test_bid_and_ask_trade_at_the_split():
    for split, price in ((0.5, 67.5), (0.0, 65.0), (1.0, 70.0)):
        outcome = await play(Seller("S", 60, opening=65), Buyer("B", 80, opening=70), split=split)
        assert outcome.accepted_offer.value == price
        assert outcome.utilities == {"S": price - 60, "B": 80 - price}
    assert (await play(Buyer("B", 80, opening=60), Seller("S", 60, opening=65))).reason_code == "infeasible"


async def test_nobody_hears_a_demand_before_all_have_been_made_and_then_all_do():
    async def slow(view):
        await view.sleep(2.0)
        heard.append(view.history)
        return 0.5

    heard: list = []
    trace = Trace()
    await play(demands("a", 0.4), Negotiator("b", strategy=slow), problem=Pie(), journal=trace)
    acts = [(record.sender, record.act) for record in trace.records if record.kind == "said"]
    assert acts == [("chair", "cfp")] * 2 + [("a", "propose"), ("b", "propose")] + [("chair", "inform")] * 2
    assert heard == [()]
    told = next(record for record in trace.records if record.act == "inform").content["content"]
    assert told.demands == (("a", 0.4), ("b", 0.5))


async def test_leaving_silence_and_nonsense():
    walked = await play(demands("a", Walk("no")), demands("b", 0.5), problem=Pie())
    assert walked.failure_reason == "walked-away: a: no"
    silent = await play(demands("a", "much"), demands("b", 0.5), problem=Pie())
    assert silent.failure_reason == "agent-late: a made no demand"
    assert [fault.what for fault in silent.faults] == ["invalid", "invalid"]
    for bad in (1.5, float("nan"), True, Propose(0.5, expires_at=9.0)):
        assert (await play(demands("a", bad), demands("b", 0.5), problem=Pie())).faults[0].what == "invalid"

    def crash(view):
        raise RuntimeError("gone")

    assert (await play(Negotiator("a", strategy=crash), demands("b", 0.5), problem=Pie())).reason_code == "agent-crashed"

    async def hang(view):
        await view.sleep(1e6)

    assert (await play(Negotiator("a", strategy=hang), demands("b", 0.5), problem=Pie(), timeout=2.0)).final_state == "TIMEOUT"


async def test_guard_holds_the_reservation_value():
    outcome = await play(demands("a", 0.2, reservation_value=0.3), demands("b", 0.5), problem=Pie())
    assert "below its own reservation value 0.3" in outcome.faults[0].cause


@pytest.mark.parametrize("options", [{"remainder": "burnt"}, {"split": 1.5}, {"split": float("nan")}])
def test_options_out_of_range_are_told(options):
    with pytest.raises(ConfigurationError, match=r"options\."):
        DemandOptions(**options)


async def test_only_pies_and_a_price_between_two_traders():
    issues = BargainingProblem([Issue("x", (0, 1))], [lambda o: 1, lambda o: 1])
    with pytest.raises(ConfigurationError, match="demands are shares of a pie, or the prices of one buyer and one seller"):
        await play(Negotiator("a"), Negotiator("b"), problem=issues)
    with pytest.raises(ConfigurationError, match="one buyer and one seller"):
        await play(Buyer("a", 1), Buyer("b", 2))

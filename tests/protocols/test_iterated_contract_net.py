"""Iterated contract net through the executor: revised calls, the three endings, and all that a contract net does after."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import (
    Bid,
    ConfigurationError,
    Constant,
    Contractor,
    Failure,
    Manager,
    NegotiationConfig,
    NegotiationExecutor,
    Network,
    Society,
    Task,
    Trace,
    sleep,
)
from negotiate_rt.protocols.iterated_contract_net import (
    IteratedContractNet,
    IteratedContractNetOptions,
    IteratedContractResult,
    Revision,
)
from tests.protocols.test_contract_net import bidder, said

TASK = Task(hours=4)


async def tender(*agents, trace=None, problem=TASK, timeout=60.0, rounds=100, network=None, **options):
    """Run one iterated contract net on a virtual clock."""
    given = IteratedContractNetOptions(**options) if options else None
    executor = NegotiationExecutor(clock="virtual", seed=1, journal=trace, network=network)
    config = NegotiationConfig("iterated-contract-net", rounds, timeout, options=given)
    return await executor.execute(agents, config, problem)


def series(name, *bids, report=None):
    """A contractor that bids these in turn, the last one for ever."""
    left = list(bids)

    def bid(task):
        return left.pop(0) if len(left) > 1 else left[0]

    return Contractor(name, bid, lambda task: report)


def haggler(name, cost, step=1.0):
    """A contractor that opens at twice its cost and undercuts the best by a step, never below its cost."""

    def bid(task, call):
        if call.best is None:
            return 2.0 * cost
        if call.best.agent == name:
            return call.own
        return max(cost, call.best.value - step)

    return Contractor(name, bid, lambda task: name)


async def test_calls_again_as_long_as_the_best_gets_better():
    trace = Trace()
    outcome = await tender(series("a", 10, 8, 7, 7, 5, report="A"), series("b", 9), trace=trace)
    assert outcome.agreed
    assert outcome.result.awarded == ("a",)
    assert [[bid.value for bid in one.bids] for one in outcome.result.iterations] == [[10, 9], [8, 9], [7, 9], [7, 9]]
    assert [one.best for one in outcome.result.iterations] == [Bid("b", 9, 1), Bid("a", 8, 2), Bid("a", 7, 3), Bid("a", 7, 4)]
    assert outcome.accepted_offer.value == 7
    assert outcome.rounds_used == 4
    assert said(trace, "manager", "a") == ["cfp"] * 4 + ["accept-proposal"]
    assert said(trace, "manager", "b") == ["cfp"] * 4 + ["reject-proposal"]
    assert isinstance(outcome.result, IteratedContractResult)
    assert len(outcome.result.bids) == 8


async def test_undercutting_ends_near_the_second_lowest_cost():
    outcome = await tender(haggler("a", 3.0), haggler("b", 5.0), haggler("c", 8.0))
    assert outcome.result.awarded == ("a",)
    assert 4.0 <= outcome.accepted_offer.value <= 5.0


@given(st.lists(st.integers(1, 12), min_size=2, max_size=5, unique=True))
@settings(max_examples=15, deadline=None)
def test_undercutting_never_ends_above_the_second_lowest_cost_or_below_the_winners_own(costs):
    crew = [haggler(f"c{place}", float(cost)) for place, cost in enumerate(costs)]
    executor = NegotiationExecutor(clock="virtual")
    outcome = executor.run(crew, NegotiationConfig("iterated-contract-net", 1000), TASK)
    first, second = sorted(costs)[:2]
    [winner] = outcome.result.awarded
    assert costs[int(winner[1:])] <= outcome.accepted_offer.value <= max(second, 2 * first)


async def test_max_rounds_is_the_last_iteration():
    outcome = await tender(series("a", 10, 9, 8, 7, 6), rounds=3)
    assert outcome.agreed
    assert outcome.rounds_used == 3
    assert outcome.accepted_offer.value == 8
    once = await tender(series("a", 10, 9), rounds=1)
    assert once.accepted_offer.value == 10


async def test_improvement_that_is_too_small_ends_it():
    outcome = await tender(series("a", 10, 8, 7.5, 1), improvement=1)
    assert outcome.accepted_offer.value == 7.5


async def test_keep_calls_only_the_best_again_and_rejects_the_others():
    trace = Trace()
    outcome = await tender(series("a", 10, 1), series("b", 7), series("c", 8), trace=trace, keep=2)
    assert said(trace, "manager", "a") == ["cfp", "reject-proposal"]
    assert outcome.result.iterations[1].called == ("b", "c")
    assert outcome.result.awarded == ("b",)
    rejection = next(one for one in trace.records if one.act == "reject-proposal" and one.kind == "said")
    assert rejection.content["reason"] == "not called again"


async def test_reveal_may_be_off():
    seen = []

    def bid(task, call):
        seen.append((call.round, call.best, call.own))
        return 5

    await tender(Contractor("a", bid), reveal=False)
    assert seen == [(1, None, None), (2, None, 5)]
    seen.clear()
    await tender(Contractor("a", bid))
    assert seen == [(1, None, None), (2, Bid("a", 5, 1), 5)]


# ------------------------------------------------------------------------------------------------------------ the manager
@pytest.mark.parametrize("place", ["options", "manager"])
@pytest.mark.parametrize("slow", [False, True])
async def test_manager_says_when_to_go_on_and_for_what(place, slow):
    calls, tasks = [], []

    def decide(task, bids, round):
        calls.append((task["hours"], [bid.value for bid in bids], round))
        return Task(hours=task["hours"] - 1) if round < 3 else None

    async def slowly(task, bids, round):
        await sleep(1)
        return decide(task, bids, round)

    def bid(task):
        tasks.append(task["hours"])
        return task["hours"] * 10

    hook = slowly if slow else decide
    agents = [Contractor("a", bid, lambda task: task["hours"])]
    if place == "manager":
        outcome = await tender(Manager("m", revise=hook), *agents)
    else:
        outcome = await tender(*agents, revise=hook)
    assert calls == [(4, [40], 1), (3, [30], 2), (2, [20], 3)]
    assert tasks == [4, 3, 2]
    assert outcome.result.reports == {"a": 2}, "the task that was called for last is the one to do"
    assert outcome.faults == ()


@pytest.mark.parametrize(
    "answer",
    [["b"], "b", (Bid("b", 2),), Revision(contractors=("b",)), Revision(task=Task(hours=1), contractors=["b"])],
    ids=repr,
)
async def test_manager_says_whom_to_call_again(answer):
    trace = Trace()
    crew = [bidder("a", 1), bidder("b", 2, "B"), bidder("c", None)]
    outcome = await tender(*crew, revise=lambda task, bids, round: answer if round == 1 else None, trace=trace)
    assert outcome.result.awarded == ("b",)
    assert said(trace, "manager", "a") == ["cfp", "reject-proposal"]
    assert said(trace, "manager", "c") == ["cfp"]


@pytest.mark.parametrize("answer", [None, False, []], ids=repr)
async def test_first_iteration_may_be_the_last(answer):
    outcome = await tender(bidder("a", 1), revise=lambda task, bids, round: answer)
    assert outcome.rounds_used == 1
    assert outcome.agreed


async def test_true_means_the_same_again():
    outcome = await tender(bidder("a", 1), revise=lambda task, bids, round: round < 5)
    assert outcome.rounds_used == 5


@pytest.mark.parametrize("answer", [42, ["stranger"], Revision(contractors=("stranger",))], ids=repr)
async def test_nonsense_of_the_manager_is_asked_once_more(answer):
    answers = [answer, True, None]
    outcome = await tender(Manager("m", revise=lambda task, bids, round: answers.pop(0)), bidder("a", 1))
    assert outcome.agreed
    assert outcome.rounds_used == 2
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("m", "invalid")]


async def test_manager_that_raises_fails_the_whole():
    outcome = await tender(Manager("m", revise=lambda task, bids, round: 1 / 0), bidder("a", 1))
    assert outcome.failure_reason == "agent-crashed: m: revise raised ZeroDivisionError: division by zero"


async def test_late_revision_is_none_and_the_award_follows():
    async def revise(task, bids, round):
        await sleep(50)
        return True

    executor = NegotiationExecutor(clock="virtual")
    config = NegotiationConfig("iterated-contract-net", turn_timeout=2)
    outcome = await executor.execute([Manager("m", revise=revise), bidder("a", 1)], config, TASK)
    assert outcome.agreed
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("m", "late")]


async def test_award_of_ones_own_without_a_revision_of_ones_own_awards_at_once():
    outcome = await tender(Manager("m", lambda task, bids: bids[0]), bidder("a", 1))
    assert outcome.rounds_used == 1
    again = await tender(bidder("a", 1), award=lambda task, bids: bids[0])
    assert again.rounds_used == 1
    both = Manager("m", lambda task, bids: bids[0], revise=lambda task, bids, round: round < 3)
    assert (await tender(both, bidder("a", 1))).rounds_used == 3


# ------------------------------------------------------------------------------------------------------------ the endings
async def test_all_rejected():
    trace = Trace()
    outcome = await tender(bidder("a", 1), bidder("b", 2), award=lambda task, bids: None, trace=trace)
    assert outcome.failure_reason == "refused: no proposal was awarded"
    assert said(trace, "manager", "a") == ["cfp", "reject-proposal"]


async def test_all_refuse_the_revised_call():
    outcome = await tender(series("a", 5, None), series("b", 6, None))
    assert outcome.failure_reason == "no-bids: nobody proposed in round 2"
    assert [len(one.bids) for one in outcome.result.iterations] == [2, 0]


async def test_nobody_proposes_at_all():
    outcome = await tender(bidder("a", None))
    assert outcome.failure_reason == "no-bids: nobody proposed"
    assert outcome.rounds_used == 1


async def test_whoever_refuses_a_revised_call_is_out_and_its_proposal_with_it():
    outcome = await tender(series("a", 1, None), series("b", 5, 4, 4))
    assert outcome.result.awarded == ("b",)
    assert outcome.result.iterations[1].bids == (Bid("b", 4, 2),)
    assert outcome.rounds_used == 2, "4 is no better than 1 was"


async def test_worse_proposal_replaces_the_one_before():
    outcome = await tender(series("a", 1, 9), bidder("b", 5, "B"))
    assert outcome.result.awarded == ("b",)


async def test_several_are_awarded_and_the_failed_replaced_after_new_iterations():
    trace = Trace()
    crew = series("a", 1, report=Failure("no")), series("b", 2, report="B"), series("c", 9, 8, 7, 6, report="C")
    outcome = await tender(*crew, awards=2, trace=trace)
    assert outcome.agreed
    assert outcome.result.awarded == ("b", "c")
    assert [one.called for one in outcome.result.iterations] == [("a", "b", "c")] * 2 + [("c",)] * 3
    assert [one.round for one in outcome.result.iterations] == [1, 2, 3, 4, 5]
    assert outcome.result.reports["a"] == "no"


async def test_withheld_rejects_work_here_too():
    crew = series("a", 1, report=Failure("no")), series("b", 2, report="B")
    outcome = await tender(*crew, withhold_rejects=True)
    assert outcome.result.awarded == ("b",)
    assert len(outcome.result.iterations) == 2


async def test_only_the_capable_are_called():
    outcome = await tender(bidder("a", 1), Contractor("b", lambda task: 2, capabilities=["weld"]), capability="weld")
    assert outcome.result.iterations[0].called == ("b",)
    nobody = await tender(bidder("a", 1), capability="fly")
    assert nobody.failure_reason == "no-bids: nobody here is capable of fly"
    assert nobody.result.iterations == ()


# ------------------------------------------------------------------------------------------------------------- bad weather
async def test_late_answer_to_a_revised_call_is_rejected_as_late():
    trace, calls = Trace(), []

    async def bid(task):
        calls.append(task)
        if len(calls) > 1:
            await sleep(12)
        return 1

    crew = Contractor("slow", bid), Contractor("b", lambda task: 2, lambda task: work())

    async def work():
        await sleep(20)
        return "B"

    outcome = await tender(*crew, reply_by=10, trace=trace)
    assert outcome.result.awarded == ("b",)
    assert said(trace, "manager", "slow") == ["cfp", "cfp", "reject-proposal"]
    assert outcome.faults == ()


async def test_contractor_that_crashes_between_two_calls_is_left_out():
    def bid(task, call):
        if call.round == 2:
            raise RuntimeError("boom")
        return 1

    outcome = await tender(Contractor("a", bid), bidder("b", 5, "B"))
    assert outcome.result.awarded == ("b",)
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("a", "raised")]


async def test_contractor_that_leaves_while_the_manager_thinks_is_not_called_again():
    async with Society(clock="virtual") as society:
        for agent in (bidder("a", 1), bidder("b", 2, "B")):
            await society.spawn(agent)

        async def revise(task, bids, round):
            if round == 1:
                await society.leave("a")
                await sleep(1)
                return True
            return None

        config = NegotiationConfig("iterated-contract-net")
        outcome = await society.negotiate([Manager("m", revise=revise), "a", "b"], config, TASK)
    assert outcome.result.awarded == ("b",)


async def test_over_a_slow_and_doubling_network():
    network = Network(latency=Constant(0.5), duplicate=0.5)
    outcome = await tender(haggler("a", 3.0), haggler("b", 5.0), network=network, reply_by=3)
    assert outcome.result.awarded == ("a",)
    assert outcome.faults == ()


async def test_timeout_in_the_middle():
    outcome = await tender(bidder("a", 1, after=4), revise=lambda task, bids, round: True, timeout=10, reply_by=9)
    assert outcome.final_state == "TIMEOUT"
    assert outcome.duration_ms == 10_000


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"revise": 5}, "options.revise: expected a callable or None, got 5"),
        ({"improvement": -1}, "options.improvement: expected a number of at least 0, got -1"),
        ({"improvement": float("nan")}, "options.improvement: expected a finite number"),
        ({"keep": 0}, "options.keep: expected a whole number of at least 1, got 0"),
        ({"reveal": "yes"}, "options.reveal: expected True or False, got 'yes'"),
        ({"award": "prize"}, "options.award: expected cost"),
        ({"withhold_rejects": 1}, "options.withhold_rejects: expected True or False, got 1"),
    ],
)
def test_options_out_of_range_are_refused(options, text):
    with pytest.raises(ConfigurationError) as refusal:
        IteratedContractNetOptions(**options)
    assert text in str(refusal.value)


async def test_needs_a_task():
    with pytest.raises(ConfigurationError, match="iterated-contract-net: needs a task"):
        await tender(bidder("a", 1), problem=None)


def test_same_seed_same_trace():
    traces = []
    for _ in range(2):
        trace = Trace()
        executor = NegotiationExecutor(clock="virtual", seed=5, journal=trace, name="x")
        executor.register(IteratedContractNet())
        executor.run([haggler("a", 3.0), haggler("b", 5.0)], NegotiationConfig("iterated-contract-net"), TASK)
        traces.append(trace.to_jsonl())
    assert traces[0] == traces[1]

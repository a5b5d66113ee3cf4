"""Contract net: progress and silence, calling off, rejects withheld, capabilities, records, subcontracting."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from negotiate_rt import (
    Cancel,
    ConfigurationError,
    Constant,
    ContractNetOptions,
    Contractor,
    Failure,
    Manager,
    NegotiationConfig,
    NegotiationExecutor,
    Network,
    Society,
    Task,
    Trace,
    Walk,
    sleep,
)
from negotiate_rt.protocols.awarding import Penalty, ProgressReport
from negotiate_rt.strategies.reliability import Reliability, ReliabilityLedger
from tests.protocols.isolated_contractors import FarAway, FarTicker
from tests.protocols.test_contract_net import bidder, said, tender

TASK = Task(hours=4)


def steady(name, bid, *, steps=3, every=2.0, report="done"):
    """A contractor that tells of each step and takes `every` seconds for it."""

    async def perform(task, progress):
        for step in range(1, steps + 1):
            await sleep(every)
            assert progress({"step": step})
        return report

    return Contractor(name, lambda task: bid, perform)


# ---------------------------------------------------------------------------------------------------------------- progress
async def test_progress_is_told_and_kept_in_order_with_its_time():
    trace = Trace()
    outcome = await tender(steady("a", 1), bidder("b", 2), trace=trace)
    assert outcome.result.progress == tuple(ProgressReport("a", {"step": n}, 2.0 * n) for n in (1, 2, 3))
    assert said(trace, "a") == ["propose", "inform", "inform", "inform", "inform-result"]
    assert outcome.result.reports == {"a": "done"}
    assert outcome.faults == ()


async def test_plain_hook_tells_of_progress_too():
    def perform(task, progress):
        progress("begun")
        assert progress.report("half done") is True
        return progress.manager, progress.round, progress.own, progress.time_left

    outcome = await tender(Contractor("a", lambda task: 3, perform))
    assert [one.content for one in outcome.result.progress] == ["begun", "half done"]
    assert outcome.result.reports == {"a": ("manager", 1, 3, 60.0)}


async def test_second_argument_with_a_default_of_its_own_is_the_hooks_own():
    outcome = await tender(Contractor("a", lambda task, k=7: k, lambda task, note="kept": note))
    assert outcome.result.bids[0].value == 7
    assert outcome.result.reports == {"a": "kept"}
    named = await tender(Contractor("a", lambda task: 1, lambda task, progress=None: progress.manager))
    assert named.result.reports == {"a": "manager"}


async def test_nothing_is_told_while_there_is_no_work_to_tell_of():
    told = []

    def bid(task, context):
        told.append(context.report("too early"))
        return 1

    async def perform(task, progress):
        kept.append(progress)
        return "done"

    kept = []
    outcome = await tender(Contractor("a", bid, perform))
    assert outcome.agreed
    assert outcome.result.progress == ()
    assert told == [False]
    assert kept[0].report("too late") is False


async def test_silence_beyond_the_progress_timeout_is_cancelled_and_the_task_awarded_again():
    trace = Trace()

    async def stuck(task, progress):
        await sleep(3)
        progress("begun")
        await sleep(50)

    crew = Contractor("stuck", lambda task: 1, stuck), bidder("next", 2, "N")
    outcome = await tender(*crew, progress_timeout=5, trace=trace)
    assert outcome.agreed
    assert outcome.result.awarded == ("next",)
    assert outcome.result.reports == {"stuck": "agent-late: cancelled", "next": "N"}
    assert outcome.duration_ms == 8000, "three seconds to the news, five of silence"
    assert said(trace, "manager", "stuck") == ["cfp", "accept-proposal", "cancel"]
    assert said(trace, "stuck") == ["propose", "inform", "inform-done"]


async def test_whoever_keeps_telling_may_take_as_long_as_it_likes():
    outcome = await tender(steady("a", 1, steps=10, every=4.0), progress_timeout=timedelta(seconds=5))
    assert outcome.agreed
    assert outcome.duration_ms == 40_000
    late = await tender(steady("a", 1, steps=10, every=4.0), progress_timeout=5, perform_timeout=10, retries=0)
    assert late.failure_reason == "agent-late: a: cancelled", "news do not lengthen the time for the work"
    assert late.duration_ms == 10_000


async def test_each_winner_has_a_silence_of_its_own():
    async def stuck(task, progress):
        await sleep(50)

    crew = steady("a", 1, steps=4, every=2.0), Contractor("b", lambda task: 2, stuck), bidder("c", 3, "C")
    outcome = await tender(*crew, awards=2, progress_timeout=3)
    assert outcome.result.awarded == ("a", "c")
    assert outcome.result.reports == {"a": "done", "b": "agent-late: cancelled", "c": "C"}
    assert outcome.duration_ms == 8000


@pytest.mark.parametrize("verdict", [False, Cancel("not like this")], ids=repr)
async def test_manager_that_watches_may_call_off_and_award_again(verdict):
    trace, seen = Trace(), []

    def monitor(task, report):
        seen.append((report.agent, report.content["step"]))
        return verdict if report.content["step"] == 2 else None

    crew = steady("a", 1), bidder("b", 2, "B")
    outcome = await tender(Manager("boss", monitor=monitor), *crew, trace=trace)
    assert seen == [("a", 1), ("a", 2)]
    assert outcome.result.awarded == ("b",)
    assert outcome.result.reports == {"a": "cancelled: called off by the manager", "b": "B"}
    alone = await tender(Manager("boss", monitor=monitor), steady("a", 1))
    assert alone.failure_reason == "cancelled: a: called off by the manager"


async def test_monitor_that_talks_nonsense_stops_nobody():
    outcome = await tender(Manager("boss", monitor=lambda task, report: "hm"), steady("a", 1, steps=1))
    assert outcome.agreed
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("boss", "invalid")] * 2


async def test_asynchronous_monitor_may_come_too_late_for_the_work():
    async def monitor(task, report):
        await sleep(5)
        return False

    outcome = await tender(Manager("boss", monitor=monitor), steady("a", 1, steps=1, every=1.0))
    assert outcome.agreed, "done before the manager had made up its mind"


async def test_news_that_cross_a_cancel_are_nobodys_fault():
    executor = NegotiationExecutor(clock="virtual", network=Network(latency=Constant(1.0)))
    options = ContractNetOptions(perform_timeout=4.5, retries=0, cancel_timeout=10)
    config = NegotiationConfig("contract-net", options=options)
    outcome = await executor.execute([steady("a", 1, steps=9, every=0.7)], config, TASK)
    assert outcome.failure_reason == "agent-late: a: cancelled"
    assert outcome.faults == ()


@pytest.mark.parametrize("trouble", [ValueError("arm broke"), Failure("arm broke")], ids=repr)
async def test_crash_in_the_middle_of_the_work_keeps_the_news_and_replaces(trouble):
    async def perform(task, progress):
        progress("begun")
        await sleep(1)
        if isinstance(trouble, Failure):
            return trouble
        raise trouble

    outcome = await tender(Contractor("a", lambda task: 1, perform), bidder("b", 2, "B"))
    assert outcome.result.awarded == ("b",)
    assert [one.content for one in outcome.result.progress] == ["begun"]
    assert "arm broke" in outcome.result.reports["a"]


async def test_contractor_that_dies_at_work_is_replaced():
    async with Society(clock="virtual") as society:

        async def perform(task, progress):
            progress("begun")
            await sleep(50)

        await society.spawn(Contractor("mortal", lambda task: 1, perform))
        await society.spawn(bidder("heir", 2, "H"))
        handle = society.start(["mortal", "heir"], NegotiationConfig("contract-net"), TASK)
        async for event in handle.events():
            if event.act == "inform" and event.kind == "heard":
                await society.leave("mortal")
        outcome = await handle
    assert outcome.result.awarded == ("heir",)
    assert outcome.result.reports["mortal"] == "walked-away: mortal: left"


async def test_manager_that_dies_takes_the_net_along():
    async with Society(clock="virtual") as society:
        await society.spawn(Manager("boss"))
        handle = society.start(["boss", steady("a", 1)], NegotiationConfig("contract-net"), TASK)
        async for event in handle.events():
            if event.act == "inform" and event.kind == "heard":
                await society.leave("boss")
        outcome = await handle
    assert (outcome.final_state, outcome.failure_reason) == ("FAILED", "walked-away: boss: left")


# -------------------------------------------------------------------------------------------------------- withheld rejects
async def test_withheld_rejects_wait_for_the_work():
    trace = Trace()
    outcome = await tender(bidder("a", 1, "A", work=3), bidder("b", 2), trace=trace, withhold_rejects=True)
    assert outcome.agreed
    said_by = [(one.receiver, one.act, one.at) for one in trace.records if one.kind == "said" and one.sender == "manager"]
    assert said_by[2:] == [("a", "accept-proposal", 0.0), ("b", "reject-proposal", 3.0)]


async def test_next_best_of_the_withheld_is_awarded_without_a_new_call():
    trace = Trace()
    crew = bidder("a", 1, Failure("no")), bidder("c", 3, "C"), bidder("b", 2, Failure("nor me"))
    outcome = await tender(*crew, trace=trace, withhold_rejects=True)
    assert outcome.result.awarded == ("c",)
    assert outcome.rounds_used == 3
    assert said(trace, "manager", "b") == said(trace, "manager", "c") == ["cfp", "accept-proposal"]
    assert len(outcome.result.bids) == 3
    assert (outcome.accepted_offer.agent, outcome.accepted_offer.value) == ("c", 3)


async def test_withheld_proposals_of_the_dead_are_not_awarded():
    async with Society(clock="virtual") as society:

        async def perform(task):
            await sleep(5)
            return Failure("no")

        for agent in (Contractor("a", lambda task: 1, perform), bidder("b", 2, "B"), bidder("c", 3, "C")):
            await society.spawn(agent)
        config = NegotiationConfig("contract-net", options=ContractNetOptions(withhold_rejects=True))
        handle = society.start(["a", "b", "c"], config, TASK)
        async for event in handle.events():
            if event.act == "accept-proposal" and event.kind == "heard" and event.receiver == "a":
                await society.leave("b")
        outcome = await handle
    assert outcome.result.awarded == ("c",)


async def test_all_withheld_fail():
    outcome = await tender(*(bidder(f"r{i}", i, Failure("no")) for i in range(3)), withhold_rejects=True)
    assert outcome.failure_reason == "refused: r2: no"
    few = await tender(*(bidder(f"r{i}", i, Failure("no")) for i in range(3)), withhold_rejects=True, retries=1)
    assert few.failure_reason == "refused: r1: no"


async def test_callable_award_may_leave_the_withheld_alone():
    crew = bidder("a", 1, Failure("no")), bidder("b", 9, "B")
    outcome = await tender(*crew, withhold_rejects=True, award=lambda task, bids: [b for b in bids if b.value < 5])
    assert outcome.failure_reason == "refused: a: no"


# ------------------------------------------------------------------------------------------------------------ capabilities
def able(name, bid, *capabilities):
    return Contractor(name, lambda task: bid, lambda task: name, capabilities)


@pytest.mark.parametrize("wanted", ["weld", ("weld",), ["weld"]], ids=repr)
async def test_only_the_capable_are_called(wanted):
    trace = Trace()
    crew = able("a", 1), able("b", 3, "weld"), able("c", 2, "weld", "paint")
    outcome = await tender(*crew, trace=trace, capability=wanted)
    assert outcome.result.awarded == ("c",)
    assert said(trace, "manager", "a") == []
    assert said(trace, "manager", "b") == ["cfp", "reject-proposal"]


@pytest.mark.parametrize("task", [Task(capability="weld"), Task(capabilities=("weld",)), Task(capabilities={"weld"})])
async def test_task_may_name_what_it_takes(task):
    outcome = await tender(able("a", 1), able("b", 3, "weld"), problem=task)
    assert outcome.result.awarded == ("b",)


async def test_all_capabilities_are_needed_and_nobody_capable_is_no_bids():
    trace = Trace()
    outcome = await tender(able("a", 1, "weld"), able("b", 3, "paint"), trace=trace, capability=("weld", "paint"))
    assert outcome.final_state == "FAILED"
    assert outcome.failure_reason == "no-bids: nobody here is capable of weld, paint"
    assert said(trace, "manager") == []
    assert outcome.result.bids == ()


@pytest.mark.parametrize("wanted", [5, ("weld", 5), "", ("",)], ids=repr)
async def test_capabilities_that_are_no_names_are_refused(wanted):
    with pytest.raises(ConfigurationError, match=r"options.capability: expected the name of a capability, or several"):
        ContractNetOptions(capability=wanted)
    with pytest.raises(ConfigurationError, match="the task's capability: expected the name of a capability"):
        await tender(able("a", 1), problem=Task(capability=wanted))


async def test_society_finds_contractors_by_what_they_can_do():
    async with Society(clock="virtual") as society:
        await society.spawn(able("a", 1))
        await society.spawn(able("b", 3, "weld"))
        await society.spawn(able("c", 2), capabilities=["weld", "paint"])
        await society.spawn(Manager("boss"))
        config = NegotiationConfig("contract-net", options=ContractNetOptions(capability="weld"))
        for agents in ([], ["boss"], [Manager("guest")]):
            outcome = await society.negotiate(agents, config, TASK)
            assert outcome.result.awarded == ("c",)
            assert {bid.agent for bid in outcome.result.bids} == {"b", "c"}
        by_task = await society.negotiate([], NegotiationConfig("contract-net"), Task(capability="paint"))
        assert by_task.result.awarded == ("c",)
        nobody = await society.negotiate(["boss"], NegotiationConfig("contract-net"), Task(capability="fly"))
        assert nobody.failure_reason == "no-bids: nobody here is capable of fly"
        with pytest.raises(ConfigurationError, match=r"contract-net: needs at least 1 contractors?, got 0"):
            await society.negotiate([], NegotiationConfig("contract-net"), TASK)


async def test_directory_has_the_last_word_on_residents():
    async with Society(clock="virtual") as society:
        await society.spawn(able("a", 1, "weld"), capabilities=["paint"])
        await society.spawn(able("b", 2, "weld"))
        config = NegotiationConfig("contract-net", options=ContractNetOptions(capability="weld"))
        outcome = await society.negotiate(["a", "b"], config, TASK)
    assert outcome.result.awarded == ("b",)


# ----------------------------------------------------------------------------------------------------------------- records
async def test_record_of_earlier_work_decides_the_next_award():
    executor = NegotiationExecutor(clock="virtual")
    crew = [bidder("shoddy", 1, Failure("no")), bidder("sound", 2, "ok")]
    for _ in range(3):
        await executor.execute(crew, NegotiationConfig("contract-net"), TASK)
    assert executor.reliability["shoddy"].failed == 3
    assert executor.reliability["sound"].fulfilled == 3
    config = NegotiationConfig("contract-net", options=ContractNetOptions(award="reliability"))
    outcome = await executor.execute(crew, config, TASK)
    assert outcome.result.awarded == ("sound",)
    assert outcome.rounds_used == 1
    fresh = await NegotiationExecutor(clock="virtual").execute(crew, config, TASK)
    assert fresh.rounds_used == 2, "a society that knows nothing takes the first"
    assert NegotiationExecutor(reliability=executor.reliability).reliability is executor.reliability


async def test_claims_count_where_the_record_says_nothing_and_fade_before_it():
    ledger = ReliabilityLedger({"boaster": Reliability(failed=10, bad=10.0)})
    executor = NegotiationExecutor(clock="virtual", reliability=ledger)
    config = NegotiationConfig("contract-net", options=ContractNetOptions(award="reliability"))
    crew = [bidder("boaster", {"reliability": 1.0}, "b"), bidder("modest", {"reliability": 0.4}, "m")]
    outcome = await executor.execute(crew, config, TASK)
    assert outcome.result.awarded == ("modest",)


async def test_expected_cost_weighs_cost_against_the_chance_of_success():
    config = NegotiationConfig("contract-net", options=ContractNetOptions(award="expected-cost"))
    for cheap, winner in ((1.0, "cheap"), (2.0, "dear")):  # 1 / (1/8) = 8 < 10 / (7/8) = 11.4 < 2 / (1/8) = 16
        ledger = ReliabilityLedger({"cheap": Reliability(failed=6, bad=6.0), "dear": Reliability(6, good=6.0)})
        executor = NegotiationExecutor(clock="virtual", reliability=ledger)
        crew = [bidder("cheap", cheap, "c"), bidder("dear", 10.0, "d")]
        assert (await executor.execute(crew, config, TASK)).result.awarded == (winner,)


async def test_lateness_counts_and_being_called_off_does_not():
    executor = NegotiationExecutor(clock="virtual")
    slow = ContractNetOptions(perform_timeout=1, retries=0)
    await executor.execute([bidder("a", 1, work=5)], NegotiationConfig("contract-net", options=slow), TASK)
    assert executor.reliability["a"] == Reliability(failed=1, late=1, bad=1.0)
    watched = [Manager("m", monitor=lambda task, report: False), steady("b", 1)]
    await executor.execute(watched, NegotiationConfig("contract-net"), TASK)
    assert "b" not in executor.reliability


@pytest.mark.parametrize("place", ["options", "manager"])
async def test_award_rule_of_ones_own_may_look_at_the_records(place):
    def rule(task, bids, records):
        return max(bids, key=lambda bid: records[bid.agent].expected())

    ledger = ReliabilityLedger({"b": Reliability(1, good=1.0)})
    executor = NegotiationExecutor(clock="virtual", reliability=ledger)
    options = ContractNetOptions(award=rule) if place == "options" else None
    crew = [*([Manager("m", rule)] if place == "manager" else []), bidder("a", 1), bidder("b", 2)]
    outcome = await executor.execute(crew, NegotiationConfig("contract-net", options=options), TASK)
    assert outcome.result.awarded == ("b",)


async def test_society_keeps_records_over_its_negotiations():
    async with Society(clock="virtual") as society:
        await society.spawn(bidder("a", 1, "A"))
        for _ in range(2):
            await society.negotiate(["a"], NegotiationConfig("contract-net"), TASK)
        assert society.reliability["a"].fulfilled == 2


def test_ledger_must_be_one():
    with pytest.raises(ConfigurationError, match=r"reliability: expected a ReliabilityLedger or None, got \{\}"):
        NegotiationExecutor(reliability={})


# ---------------------------------------------------------------------------------------------------------- subcontracting
def middleman(name, bid, crew, **config):
    """A contractor that hands the task on, and reports what came of it."""

    async def perform(task, context):
        outcome = await context.negotiate(crew, NegotiationConfig("contract-net", **config), task)
        return outcome.result.reports[outcome.result.awarded[0]] if outcome.agreed else Failure(outcome.failure_reason)

    return Contractor(name, lambda task: bid, perform)


async def test_contractor_becomes_initiator():
    trace = Trace()
    outcome = await tender(middleman("general", 5, [bidder("mason", 2, "wall", work=3)]), trace=trace)
    assert outcome.result.reports == {"general": "wall"}
    assert outcome.duration_ms == 3000, "the inner net runs on the same clock"
    inner = {one.negotiation for one in trace.records} - {outcome.id}
    assert len(inner) == 1


async def test_bid_may_rest_on_bids_of_subcontractors():
    async def bid(task, context):
        outcome = await context.negotiate([bidder("mason", 2)], NegotiationConfig("contract-net"), task)
        return 10 + outcome.accepted_offer.value

    outcome = await tender(Contractor("general", bid))
    assert outcome.result.bids[0].value == 12


async def test_outer_deadline_bounds_the_inner_one():
    outcome = await tender(middleman("general", 5, [bidder("mason", 2, "wall", work=300)], timeout=1000), timeout=20)
    assert outcome.final_state == "TIMEOUT"
    assert outcome.duration_ms == 20_000


async def test_inner_timeout_is_the_inner_talks_own():
    outcome = await tender(middleman("general", 5, [bidder("mason", 2, work=300)], timeout=7), bidder("b", 6, "B"))
    assert outcome.result.awarded == ("b",)
    assert outcome.result.reports["general"].startswith("timeout: ")
    assert outcome.duration_ms == 7000


async def test_cancelled_contractor_takes_its_subcontract_along():
    trace = Trace()
    crew = middleman("general", 5, [bidder("mason", 2, work=40)]), bidder("b", 6, "B")
    outcome = await tender(*crew, perform_timeout=10, trace=trace)
    assert outcome.result.awarded == ("b",)
    [inner] = [one for one in trace.records if one.kind == "ended" and one.negotiation != outcome.id]
    assert inner.content["reason"].startswith("cancelled: ")
    assert inner.at == 10


async def test_chain_of_contractors_that_hand_on_to_each_other_is_bounded():
    ping = Contractor("ping", lambda task: 1)
    pong = middleman("pong", 1, [ping], timeout=None)
    vars(ping)["perform"] = vars(middleman("ping", 1, [pong], timeout=None))["perform"]
    outcome = await tender(ping, timeout=None)
    assert outcome.final_state == "FAILED"
    assert "ping: perform raised ConfigurationError" in outcome.failure_reason
    assert "at most 8 negotiations may be opened inside one another" in outcome.failure_reason


async def test_subcontract_needs_no_second_place_among_the_calls_in_flight():
    executor = NegotiationExecutor(clock="virtual", max_in_flight=1)
    crew = [middleman("general", 5, [bidder("mason", 2, "wall", work=3)])]
    outcome = await executor.execute(crew, NegotiationConfig("contract-net"), TASK)
    assert outcome.result.reports == {"general": "wall"}


async def test_mistake_in_a_subcontract_is_the_hooks_own_fault():
    outcome = await tender(middleman("general", 5, []), bidder("b", 6, "B"))
    assert outcome.result.awarded == ("b",)
    assert "contract-net: needs at least 1 contractor" in outcome.result.reports["general"]


async def test_residents_can_be_subcontracted_by_name_and_by_capability():
    async with Society(clock="virtual") as society:
        await society.spawn(Contractor("mason", lambda task: 2, lambda task: "wall", ["masonry"]))

        async def perform(task, context):
            by_name = await context.negotiate(["mason"], NegotiationConfig("contract-net"), task)
            by_skill = await context.negotiate([], NegotiationConfig("contract-net"), Task(capability="masonry"))
            return by_name.result.awarded + by_skill.result.awarded

        general = Contractor("general", lambda task: 1, perform)
        outcome = await society.negotiate([general], NegotiationConfig("contract-net"), TASK)
    assert outcome.result.reports == {"general": ("mason", "mason")}


def test_same_seed_same_trace_with_progress_and_subcontracts():
    traces = []
    for _ in range(2):
        trace = Trace()
        executor = NegotiationExecutor(clock="virtual", seed=5, journal=trace, name="x")
        crew = [middleman("g", 1, [steady("s", 1), steady("t", 1)]), steady("b", 2)]
        jobs = [(crew, NegotiationConfig("contract-net"), TASK)] * 5
        executor.run_many(jobs)
        traces.append(trace.to_jsonl())
    assert traces[0] == traces[1]


@pytest.mark.slow
async def test_isolated_contractor_tells_of_its_progress_from_its_own_process():
    executor = NegotiationExecutor(clock="virtual")
    outcome = await executor.execute([FarAway("far", os.getpid())], NegotiationConfig("contract-net"), TASK)
    assert outcome.result.reports == {"far": "manager"}
    assert [one.content for one in outcome.result.progress] == [{"step": 0}, {"step": 1}, {"step": 2}]
    news = await executor.execute([FarTicker("far", isolated=True)], NegotiationConfig("subscribe"), "x")
    assert [one.content for one in news.result.news] == ["first", "second", "third"]
    assert news.agreed


# ----------------------------------------------------------------------------------------------------- levelled commitment
def fickle(name, bid, after=2.0):
    """A contractor that walks away from its work."""

    async def perform(task, context):
        await sleep(after)
        return Walk(f"a better task, for {context.penalty:g}" if context.penalty is not None else "")

    return Contractor(name, lambda task: bid, perform)


async def test_contractor_may_break_its_contract_for_the_penalty_and_is_replaced():
    trace, ledger = Trace(), ReliabilityLedger()
    executor = NegotiationExecutor(clock="virtual", journal=trace, reliability=ledger)
    config = NegotiationConfig("contract-net", options=ContractNetOptions(contractor_penalty=3, manager_penalty=1))
    outcome = await executor.execute([fickle("a", 1), bidder("b", 2, "B")], config, TASK)
    assert outcome.result.awarded == ("b",)
    assert outcome.result.reports == {"a": "walked-away: a better task, for 3", "b": "B"}
    assert outcome.result.penalties == (Penalty("a", "manager", 3.0),)
    assert said(trace, "a") == ["propose", "walk"]
    assert list(ledger) == ["b"], "who pays the penalty has not failed"
    alone = await executor.execute([fickle("a", 1)], config, TASK)
    assert alone.failure_reason == "walked-away: a: a better task, for 3"


async def test_contract_that_cannot_be_broken_has_failed():
    outcome = await tender(fickle("a", 1))
    assert outcome.failure_reason == "refused: a: walked away"
    assert outcome.result.penalties == ()
    assert outcome.faults == ()


async def test_manager_may_break_a_contract_for_its_penalty():
    options = ContractNetOptions(manager_penalty=2.5)
    executor = NegotiationExecutor(clock="virtual")
    crew = [Manager("boss", monitor=lambda task, report: False), steady("a", 1), bidder("b", 2, "B")]
    outcome = await executor.execute(crew, NegotiationConfig("contract-net", options=options), TASK)
    assert outcome.result.awarded == ("b",)
    assert outcome.result.penalties == (Penalty("boss", "a", 2.5),)


async def test_lateness_is_no_breach_that_the_manager_pays_for():
    outcome = await tender(bidder("a", 1, work=50), perform_timeout=5, manager_penalty=2, contractor_penalty=2, retries=0)
    assert outcome.result.penalties == ()


async def test_breach_that_crosses_a_cancel_costs_nothing():
    executor = NegotiationExecutor(clock="virtual", network=Network(latency=Constant(1.0)))
    options = ContractNetOptions(contractor_penalty=3, perform_timeout=5, cancel_timeout=10, retries=0)
    config = NegotiationConfig("contract-net", options=options)
    outcome = await executor.execute([fickle("a", 1, after=3.5)], config, TASK)
    assert outcome.failure_reason == "agent-late: a: cancelled"
    assert outcome.result.penalties == ()
    assert outcome.faults == ()


@pytest.mark.parametrize("penalty", [-1, float("nan"), float("inf"), True, "3"], ids=repr)
def test_penalties_are_finite_and_not_negative(penalty):
    with pytest.raises(ConfigurationError, match=r"options\.manager_penalty: expected a"):
        ContractNetOptions(manager_penalty=penalty)

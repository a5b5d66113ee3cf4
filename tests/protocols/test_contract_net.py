"""Contract net through the executor: calls, answers, awards, work, failure and replacement, lateness, cancelling."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import msgspec
import numpy
import pytest

from negotiate_rt import (
    Agent,
    Cancel,
    Cfp,
    ConfigurationError,
    Constant,
    ContractNetOptions,
    Contractor,
    ContractResult,
    Failure,
    InformDone,
    InformResult,
    Manager,
    NegotiationConfig,
    NegotiationExecutor,
    Network,
    NotUnderstood,
    Propose,
    Refuse,
    Skip,
    Task,
    Trace,
    Walk,
    sleep,
)
from negotiate_rt.protocols import ContractNet

TASK = Task(hours=4)


async def tender(*agents, trace=None, problem=TASK, timeout=60.0, **options):
    """Run one contract net on a virtual clock."""
    given = ContractNetOptions(**options) if options else None
    executor = NegotiationExecutor(clock="virtual", seed=1, journal=trace)
    return await executor.execute(agents, NegotiationConfig("contract-net", timeout=timeout, options=given), problem)


def bidder(name, bid, report=None, after=0.0, work=0.0):
    """A contractor that bids and reports fixed things, each after some seconds; an exception is raised."""

    async def answer(task, value, seconds):
        if seconds:
            await sleep(seconds)
        if isinstance(value, BaseException):
            raise value
        return value

    return Contractor(name, lambda task: answer(task, bid, after), lambda task: answer(task, report, work))


def said(trace, sender, receiver=None):
    return [
        one.act
        for one in trace.records
        if one.kind == "said" and one.sender == sender and receiver in (None, one.receiver)
    ]


# ------------------------------------------------------------------------------------------------------- calls and answers
async def test_whole_conversation_as_fipa_has_it():
    trace = Trace()
    outcome = await tender(bidder("a", 5, "done by a"), bidder("b", 3, "done by b"), bidder("c", None), trace=trace)
    assert said(trace, "manager", "a") == ["cfp", "reject-proposal"]
    assert said(trace, "manager", "b") == ["cfp", "accept-proposal"]
    assert said(trace, "manager", "c") == ["cfp"]
    assert said(trace, "a") == ["propose"]
    assert said(trace, "b") == ["propose", "inform-result"]
    assert said(trace, "c") == ["refuse"]
    assert outcome.agreed
    assert outcome.result == ContractResult(
        awarded=("b",), reports={"b": "done by b"}, bids=tuple(outcome.result.bids[i] for i in (0, 1))
    )
    assert [(bid.agent, bid.value, bid.round) for bid in outcome.result.bids] == [("a", 5, 1), ("b", 3, 1)]
    assert (outcome.accepted_offer.agent, outcome.accepted_offer.value) == ("b", 3)
    assert outcome.rounds_used == 1
    assert outcome.messages == 3 + 3 + 2 + 1
    assert outcome.utilities == {}
    assert outcome.faults == ()


@pytest.mark.parametrize("answer", [None, Refuse("busy"), Walk("no time"), NotUnderstood("what?")], ids=repr)
async def test_refusal_and_not_understood_end_ones_own_dialogue_only(answer):
    trace = Trace()
    outcome = await tender(bidder("a", answer), bidder("b", 7), trace=trace)
    assert outcome.agreed
    assert outcome.result.awarded == ("b",)
    assert said(trace, "a") == ["not-understood" if isinstance(answer, NotUnderstood) else "refuse"]
    assert outcome.faults == ()
    assert outcome.duration_ms == 0, "a refusal is an answer: nobody waits for reply-by"


async def test_nobody_bids():
    outcome = await tender(bidder("a", None), bidder("b", NotUnderstood()))
    assert (outcome.final_state, outcome.failure_reason) == ("FAILED", "no-bids: nobody proposed")
    assert outcome.result == ContractResult(awarded=(), reports={}, bids=())
    assert outcome.accepted_offer is None


async def test_nobody_answers_in_time():
    outcome = await tender(bidder("a", 1, after=100), bidder("b", 2, after=100), reply_by=10)
    assert outcome.failure_reason == "no-bids: nobody proposed"
    assert outcome.duration_ms == 10_000


async def test_reply_by_is_half_of_what_is_left_unless_told_otherwise():
    outcome = await tender(bidder("a", 1, after=29), bidder("b", 2, after=31))
    assert outcome.result.awarded == ("a",)
    assert outcome.duration_ms == 30_000


@pytest.mark.parametrize(("after", "bids"), [(10.0, 2), (10.000001, 1)])
async def test_reply_by_is_inclusive(after, bids):
    outcome = await tender(bidder("a", 5), bidder("b", 1, after=after), reply_by=timedelta(seconds=10))
    assert len(outcome.result.bids) == bids
    assert outcome.result.awarded == ("b" if bids == 2 else "a",)


async def test_late_proposal_is_rejected_as_late_and_no_hook_is_asked():
    trace, awards = Trace(), []

    def award(task, bids):
        awards.append([bid.agent for bid in bids])
        return bids[0]

    crew = bidder("a", 5, "ok", work=10), bidder("late", 1, after=12)
    outcome = await tender(Manager("boss", award), *crew, trace=trace, reply_by=10)
    assert outcome.result.awarded == ("a",)
    assert awards == [["a"]]
    assert said(trace, "boss", "late") == ["cfp", "reject-proposal"]
    verdict = next(one for one in trace.records if one.act == "reject-proposal" and one.kind == "said")
    assert (verdict.receiver, verdict.content["reason"], verdict.at) == ("late", "late", 12)
    assert outcome.faults == ()
    assert [bid.agent for bid in outcome.result.bids] == ["a"], "a late proposal is no bid"


@pytest.mark.parametrize("answer", [None, NotUnderstood()], ids=repr)
async def test_late_refusal_is_taken_in_silence(answer):
    trace = Trace()
    crew = bidder("a", 5, "ok", work=10), bidder("late", answer, after=12)
    outcome = await tender(*crew, trace=trace, reply_by=10)
    assert outcome.agreed
    assert said(trace, "manager", "late") == ["cfp"]
    assert outcome.faults == ()


@pytest.mark.parametrize(
    "bid",
    ["cheap", b"5", True, float("nan"), float("inf"), [5], {}, {"cost": "x"}, {"cost": float("nan")}, {"cost": True},
     10**400, ..., Propose("cheap"), Propose(float("nan")), Propose(5, expires_at=99.0), InformDone()],
    ids=repr,
)  # fmt: skip
async def test_bid_that_is_no_number_is_never_sent(bid):
    trace = Trace()
    outcome = await tender(bidder("x", bid), bidder("b", 7), trace=trace)
    assert outcome.result.awarded == ("b",)
    assert said(trace, "x") == []
    assert [(fault.who, fault.what) for fault in outcome.faults] in ([("x", "invalid")] * 2, [("x", "illegal")] * 2)
    assert [offer.agent for offer in outcome.all_offers] == ["b"], "nothing of it is left in the register"


@pytest.mark.parametrize(
    ("bid", "value"),
    [(Decimal("2.5"), 2.5), (numpy.float32(2.5), 2.5), (numpy.int64(2), 2), (-3, -3), (0, 0), (Propose(2), 2),
     ({"cost": 2, "time": Decimal(3)}, {"cost": 2, "time": 3.0}), (Propose({"cost": 2}), {"cost": 2}),
     (Task(cost=2), {"cost": 2})],
    ids=repr,
)  # fmt: skip
async def test_true_numbers_and_mappings_of_them_are_bids(bid, value):
    outcome = await tender(bidder("a", bid))
    assert outcome.faults == ()
    assert outcome.result.bids[0].value == value == outcome.accepted_offer.value


async def test_skip_of_a_bid_is_no_bid():
    outcome = await tender(bidder("a", Skip("pass")), bidder("b", 1))
    assert outcome.result.awarded == ("b",)
    assert outcome.faults == ()


# ----------------------------------------------------------------------------------------------------------------- awards
OFFERS = {"a": {"cost": 3, "time": 9, "reliability": 0.5}, "b": {"cost": 5, "time": 1, "reliability": 0.7},
          "c": {"cost": 4, "time": 5, "reliability": 0.9}}  # fmt: skip


@pytest.mark.parametrize(("rule", "winner"), [("cost", "a"), ("time", "b"), ("reliability", "c")])
async def test_award_rules(rule, winner):
    outcome = await tender(*(bidder(name, bid) for name, bid in OFFERS.items()), award=rule)
    assert outcome.result.awarded == (winner,)
    assert (outcome.accepted_offer.agent, outcome.accepted_offer.value) == (winner, OFFERS[winner])


async def test_bid_that_does_not_name_the_criterion_cannot_win():
    outcome = await tender(bidder("a", {"time": 1}), bidder("b", {"cost": 99}))
    assert outcome.result.awarded == ("b",)
    none = await tender(bidder("a", {"time": 1}))
    assert none.failure_reason == "refused: no proposal was awarded"


async def test_ties_go_to_the_proposal_that_arrived_first():
    outcome = await tender(bidder("a", 5, after=2), bidder("b", 5, after=1), bidder("c", 5, after=3))
    assert outcome.result.awarded == ("b",)


async def test_several_awards():
    crew = bidder("a", 5, "A", work=3), bidder("b", 1, "B", work=2), bidder("c", 3, "C", work=1)
    outcome = await tender(*crew, awards=2)
    assert outcome.agreed
    assert sorted(outcome.result.awarded) == ["b", "c"]
    assert outcome.result.reports == {"b": "B", "c": "C"}
    assert outcome.accepted_offer is None, "no single offer was accepted"
    assert outcome.duration_ms == 2000


async def test_fewer_proposals_than_awards_are_all_awarded():
    outcome = await tender(bidder("a", 5), bidder("b", None), awards=3)
    assert outcome.agreed
    assert outcome.result.awarded == ("a",)


async def dearest(task, bids):
    await sleep(1)
    return max(bids, key=lambda bid: bid.value)


AWARDS = [
    (lambda task, bids: max(bids, key=lambda bid: bid.value), ("c",)),
    (lambda task, bids: "b", ("b",)),
    (lambda task, bids: ["c", bids[0]], ("a", "c")),
    (lambda task, bids: (bid for bid in bids if bid.value > 1), ("b", "c")),
    (lambda task, bids: ["a", "a"], ("a",)),
    (dearest, ("c",)),
]


@pytest.mark.parametrize(("rule", "winners"), AWARDS)
@pytest.mark.parametrize("place", ["options", "manager"])
async def test_callable_awards_plain_or_async_from_options_or_manager(rule, winners, place):
    crew = [bidder("a", 1), bidder("b", 2), bidder("c", 3)]
    outcome = await (tender(*crew, award=rule) if place == "options" else tender(Manager("m", rule), *crew))
    assert outcome.agreed, outcome.failure_reason
    assert tuple(sorted(outcome.result.awarded)) == winners
    assert outcome.faults == ()


def test_managers_own_award_comes_before_the_options():
    class Boss(Manager):
        def award(self, task, bids):
            assert task == TASK
            assert [bid.value for bid in bids] == [1, 2]
            return "b"

    executor = NegotiationExecutor(clock="virtual")
    config = NegotiationConfig("contract-net", options=ContractNetOptions(award="cost"))
    outcome = executor.run([bidder("a", 1), Boss("boss"), bidder("b", 2)], config, TASK)
    assert outcome.result.awarded == ("b",)


@pytest.mark.parametrize("nobody", [None, [], ()], ids=repr)
@pytest.mark.parametrize("place", ["options", "manager"])
async def test_manager_may_award_nobody_and_all_are_told(nobody, place):
    def rule(task, bids):
        return nobody

    trace = Trace()
    crew = [bidder("a", 1), bidder("b", 2)]
    outcome = await (
        tender(*crew, award=rule, trace=trace) if place == "options" else tender(Manager("m", rule), *crew, trace=trace)
    )
    assert outcome.failure_reason == "refused: no proposal was awarded"
    assert [one.act for one in trace.records if one.kind == "said"].count("reject-proposal") == 2


@pytest.mark.parametrize("choice", ["stranger", ["a", "stranger"], 42, [42], ...], ids=repr)
@pytest.mark.parametrize("place", ["options", "manager"])
async def test_award_to_a_stranger_is_invalid_and_asked_once_more(choice, place):
    calls = []

    def rule(task, bids):
        calls.append(bids)
        return choice if len(calls) == 1 else "b"

    crew = [bidder("a", 1), bidder("b", 2)]
    outcome = await (tender(*crew, award=rule) if place == "options" else tender(Manager("manager", rule), *crew))
    assert outcome.result.awarded == ("b",)
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("manager", "invalid")]
    assert len(calls) == 2


@pytest.mark.parametrize("place", ["options", "manager"])
async def test_award_that_raises_fails_the_whole_with_the_blame(place):
    def rule(task, bids):
        raise ZeroDivisionError("no idea")

    crew = [bidder("a", 1), bidder("b", 2)]
    outcome = await (tender(*crew, award=rule) if place == "options" else tender(Manager("manager", rule), *crew))
    assert outcome.failure_reason == "agent-crashed: manager: award raised ZeroDivisionError: no idea"
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("manager", "raised")]


# ------------------------------------------------------------------------------------------------------- work and its end
@pytest.mark.parametrize(
    ("report", "seen"),
    [(None, "done"), ("fine", "fine"), (0, 0), (InformDone(), "done"), (InformDone("ok"), "ok"), (InformResult(7), 7),
     ({"parts": [1, 2]}, {"parts": (1, 2)}), ([1, [2]], (1, (2,)))],
    ids=repr,
)  # fmt: skip
async def test_reports(report, seen):
    outcome = await tender(bidder("a", 1, report))
    assert outcome.agreed
    assert outcome.result.reports == {"a": seen}


async def test_contractor_without_perform_is_done_at_once():
    outcome = await tender(Contractor("a", lambda task: 1))
    assert outcome.result.reports == {"a": "done"}


async def test_task_is_frozen_for_everyone():
    given = {"hours": 4, "parts": ["x", {"y": 1}]}
    seen = []

    def bid(task):
        seen.append(task)
        with pytest.raises(TypeError):
            task["hours"] = 5
        assert isinstance(task["parts"], tuple)
        return 1

    outcome = await tender(Contractor("a", bid), problem=given)
    assert outcome.agreed, outcome.faults
    given["hours"] = 99
    assert seen[0]["hours"] == 4


async def test_contract_net_needs_a_task():
    with pytest.raises(ConfigurationError, match=r"contract-net: needs a task: execute\(agents, config, problem=Task"):
        await tender(bidder("a", 1), problem=None)


@pytest.mark.parametrize("trouble", [Failure("arm broke"), ValueError("arm broke")], ids=repr)
async def test_failed_winner_is_replaced_through_a_new_call_to_the_others(trouble):
    trace = Trace()
    outcome = await tender(
        bidder("a", 1, trouble), bidder("b", 2, "B"), bidder("c", 3, "C"), bidder("d", None), trace=trace
    )
    assert outcome.agreed
    assert outcome.rounds_used == 2
    assert outcome.result.awarded == ("b",)
    assert set(outcome.result.reports) == {"a", "b"}
    assert "arm broke" in outcome.result.reports["a"]
    assert said(trace, "manager", "a") == ["cfp", "accept-proposal"]
    assert said(trace, "manager", "b") == ["cfp", "reject-proposal", "cfp", "accept-proposal"]
    assert said(trace, "manager", "d") == ["cfp"], "who refused is not asked again"
    assert [(bid.agent, bid.round) for bid in outcome.result.bids] == [("a", 1), ("b", 1), ("c", 1), ("b", 2), ("c", 2)]
    assert (outcome.accepted_offer.agent, outcome.accepted_offer.round) == ("b", 2)
    assert outcome.accepted_offer.id == outcome.all_offers[3].id


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (Failure("no luck"), "refused: b: no luck"),
        (ValueError("x"), "agent-crashed: b: perform raised ValueError: x"),
        (Propose(3), "protocol-violation: b: contract-net: contractor may not say propose in performing"),
    ],
    ids=repr,
)
async def test_when_all_fail_the_reason_names_the_last(trouble, reason):
    outcome = await tender(bidder("a", 1, trouble), bidder("b", 2, trouble))
    assert outcome.final_state == "FAILED"
    assert outcome.failure_reason.startswith(reason)
    assert outcome.result.awarded == ()
    assert set(outcome.result.reports) == {"a", "b"}
    assert outcome.rounds_used == 2


async def test_name_with_a_colon_does_not_confuse_the_reason():
    outcome = await tender(bidder("a: b", 1, Failure("no luck")))
    assert outcome.failure_reason == "refused: a: b: no luck"


@pytest.mark.parametrize(("retries", "calls"), [(0, 1), (1, 2), (2, 3), (9, 4)])
async def test_retries_bound_the_replacements(retries, calls):
    crew = [bidder(f"r{i}", i, Failure("no")) for i in range(4)]
    outcome = await tender(*crew, retries=retries)
    assert outcome.rounds_used == calls
    assert outcome.failure_reason == f"refused: r{calls - 1}: no"


async def test_only_what_failed_is_awarded_again():
    crew = bidder("a", 1, "A"), bidder("b", 2, Failure("no")), bidder("c", 3, "C"), bidder("d", 4, "D")
    outcome = await tender(*crew, awards=2)
    assert outcome.agreed
    assert outcome.result.awarded == ("a", "c")
    assert outcome.result.reports == {"a": "A", "b": "no", "c": "C"}


async def test_callable_award_fills_no_more_than_is_missing():
    crew = bidder("a", 1, "A"), bidder("b", 2, Failure("no")), bidder("c", 3, "C"), bidder("d", 4, "D")
    outcome = await tender(*crew, award=lambda task, bids: [bid.agent for bid in bids][:2])
    assert outcome.result.awarded == ("a", "c")


async def test_slow_winner_is_cancelled_before_the_task_is_awarded_again():
    trace = Trace()
    crew = bidder("slow", 1, "S", work=50), bidder("b", 2, "B")
    outcome = await tender(*crew, perform_timeout=10, trace=trace)
    assert outcome.agreed
    assert outcome.result.awarded == ("b",)
    assert outcome.result.reports == {"slow": "agent-late: cancelled", "b": "B"}
    assert said(trace, "manager", "slow") == ["cfp", "accept-proposal", "cancel"]
    assert said(trace, "slow") == ["propose", "inform-done"], "the cancelled one says so"
    acts = [(one.sender, one.act) for one in trace.records if one.kind == "said"]
    assert acts.index(("slow", "inform-done")) < len(acts) - 1 - acts[::-1].index(("manager", "cfp"))
    assert outcome.duration_ms == 10_000


async def test_slow_winner_without_a_substitute_is_named():
    outcome = await tender(bidder("slow", 1, "S", work=50), perform_timeout=10)
    assert outcome.failure_reason == "agent-late: slow: cancelled"
    assert outcome.duration_ms == 10_000


async def test_work_is_bound_by_the_whole_not_by_the_turn():
    executor = NegotiationExecutor(clock="virtual")
    config = NegotiationConfig("contract-net", timeout=100, turn_timeout=1)
    outcome = await executor.execute([bidder("a", 1, "A", work=50)], config, TASK)
    assert outcome.agreed
    late = await executor.execute([bidder("a", 1, "A", work=150)], config, TASK)
    assert late.final_state == "TIMEOUT"
    assert late.duration_ms == 100_000
    assert late.result is None
    assert [(fault.who, fault.what) for fault in late.faults] == [("a", "late")]


async def test_late_bid_by_the_turns_deadline_is_a_fault_and_no_bid():
    executor = NegotiationExecutor(clock="virtual")
    config = NegotiationConfig("contract-net", timeout=100, turn_timeout=1)
    outcome = await executor.execute([bidder("a", 1, after=2), bidder("b", 5)], config, TASK)
    assert outcome.result.awarded == ("b",)
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("a", "late")]
    assert outcome.duration_ms == 1000


# ----------------------------------------------------------------------------------------------------------------- crashes
async def test_contractor_that_crashes_in_its_bid_is_left_out():
    outcome = await tender(bidder("a", RuntimeError("boom")), bidder("b", 5))
    assert outcome.result.awarded == ("b",)
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("a", "raised")]
    assert outcome.duration_ms == 0
    alone = await tender(bidder("a", RuntimeError("boom")))
    assert alone.final_state == "FAILED"
    assert alone.failure_reason.split(":")[0] in ("no-bids", "agent-crashed")


async def test_all_contractors_crash():
    outcome = await tender(*(bidder(f"r{i}", RuntimeError("boom")) for i in range(3)))
    assert outcome.final_state == "FAILED"
    assert len(outcome.faults) == 3


# --------------------------------------------------------------------------------------------------------- seats and options
async def test_manager_is_seated_by_the_runtime_under_a_free_name():
    trace = Trace()
    outcome = await tender(bidder("manager", 1), bidder("b", 2), trace=trace)
    assert outcome.result.awarded == ("manager",)
    assert said(trace, "manager-2", "b") == ["cfp", "reject-proposal"]


async def test_manager_may_come_anywhere_in_the_list():
    outcome = await tender(bidder("a", 1), Manager("boss"), bidder("b", 2))
    assert outcome.result.awarded == ("a",)


@pytest.mark.parametrize(
    ("agents", "text"),
    [
        ((), "contract-net: needs at least 1 contractors?, got 0"),
        ((Manager("m"),), "contract-net: needs at least 1 contractors?, got 0"),
        ((Manager("m"), Manager("n"), bidder("a", 1)), "contract-net: needs at most 1 managers?, got 2"),
        ((bidder("a", 1), bidder("a", 2)), "contract-net: two agents are named 'a'"),
        ((bidder("a", 1), Agent("plain")), "agent 'plain' .* cannot sit as contractor: it has no hook 'bid'"),
    ],
)
async def test_seats_that_cannot_be_filled_are_refused(agents, text):
    with pytest.raises(ConfigurationError, match=text):
        await tender(*agents)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"award": "prize"}, "options.award: expected cost, time, reliability, expected-cost or a callable, got 'prize'"),
        ({"award": "costs"}, "did you mean 'cost'"),
        ({"awards": 0}, "options.awards: expected a whole number of at least 1, got 0"),
        ({"awards": 1.5}, "options.awards: expected a whole number of at least 1, got 1.5"),
        ({"retries": -1}, "options.retries: expected a whole number of at least 0, got -1"),
        ({"reply_by": 0}, "options.reply_by: expected seconds or a timedelta above 0, got 0"),
        ({"reply_by": "5"}, "options.reply_by: expected seconds or a timedelta above 0, got '5'"),
        ({"perform_timeout": -1}, "options.perform_timeout: expected seconds"),
        ({"cancel_timeout": float("nan")}, "options.cancel_timeout: expected seconds"),
    ],
)
def test_options_out_of_range_are_refused_with_their_place(options, text):
    with pytest.raises(ConfigurationError) as refusal:
        ContractNetOptions(**options)
    assert text in str(refusal.value)


async def test_options_of_another_protocol_are_refused():
    class Other(msgspec.Struct):
        pass

    executor = NegotiationExecutor(clock="virtual")
    with pytest.raises(
        ConfigurationError, match="contract-net: expected options of type ContractNetOptions, got Other"
    ):
        await executor.execute([bidder("a", 1)], NegotiationConfig("contract-net", options=Other()), TASK)
    with pytest.raises(ConfigurationError, match="bilateral: expected no options, got ContractNetOptions"):
        await executor.execute([Agent("a"), Agent("b")], NegotiationConfig("bilateral", options=ContractNetOptions()))


def test_contractor_needs_a_way_to_bid():
    with pytest.raises(ConfigurationError, match=r"agent 'a': a contractor needs a way to bid"):
        Contractor("a")
    with pytest.raises(ConfigurationError, match="agent 'a': bid must be callable, got 5"):
        Contractor("a", 5)
    with pytest.raises(ConfigurationError, match="agent 'a': perform must be callable, got 5"):
        Contractor("a", lambda task: 1, 5)

    class Able(Contractor):
        def bid(self, task):
            return 1

    assert Able("a", capabilities=["weld"]).capabilities == ("weld",)


# ---------------------------------------------------------------------------------------------------------------- at scale
async def test_a_thousand_contractors():
    crew = [Contractor(f"r{i}", lambda task, k=i: (k * 7919) % 1000 + 1, lambda task: "ok") for i in range(1000)]
    outcome = await tender(*crew)
    assert outcome.agreed
    assert outcome.accepted_offer.value == 1
    assert outcome.messages == 1000 + 1000 + 1000 + 1
    assert len(outcome.result.bids) == 1000


async def test_same_seed_same_trace():
    traces = []
    for _ in range(2):
        trace = Trace()
        executor = NegotiationExecutor(clock="virtual", seed=5, journal=trace, name="x")
        crew = [bidder(f"r{i}", 5, after=i % 3) for i in range(6)]
        await executor.execute(crew, NegotiationConfig("contract-net"), TASK)
        traces.append(trace.to_jsonl())
    assert traces[0] == traces[1]


class DeafNet(ContractNet):
    """A contract net whose contractors never answer a cancel."""

    async def contractor(self, talk):
        call = await talk.receive()
        await talk.send(await talk.ask(None, call.content))
        await talk.receive()
        await talk.sleep(1000)


async def test_winner_that_does_not_even_answer_a_cancel_is_given_up():
    trace = Trace()
    executor = NegotiationExecutor(clock="virtual", journal=trace)
    executor.register(DeafNet())
    options = ContractNetOptions(perform_timeout=10, cancel_timeout=timedelta(seconds=5), retries=0)
    config = NegotiationConfig("contract-net", options=options)
    outcome = await executor.execute([bidder("deaf", 1)], config, TASK)
    assert outcome.failure_reason == "agent-late: deaf: cancelled"
    assert outcome.duration_ms == 15_000
    assert said(trace, "manager", "deaf") == ["cfp", "accept-proposal", "cancel"]


async def test_answer_to_a_cancel_that_comes_in_time_is_waited_for():
    class Tidy(ContractNet):
        async def contractor(self, talk):
            call = await talk.receive()
            await talk.send(await talk.ask(None, call.content))
            await talk.receive()
            await talk.receive()
            await talk.sleep(3)
            await talk.send(Failure("half done"))

    executor = NegotiationExecutor(clock="virtual")
    executor.register(Tidy())
    config = NegotiationConfig(
        "contract-net", options=ContractNetOptions(perform_timeout=10, cancel_timeout=5, retries=0)
    )
    outcome = await executor.execute([bidder("tidy", 1)], config, TASK)
    assert outcome.duration_ms == 13_000
    assert outcome.result.reports == {"tidy": "agent-late: cancelled"}


async def test_contractors_over_a_slow_network():
    executor = NegotiationExecutor(clock="virtual", network=Network(latency=Constant(1.0)))
    crew = [bidder("a", 1, "A", after=2, work=3), bidder("b", 2, "B"), bidder("late", 0, after=4)]
    config = NegotiationConfig("contract-net", options=ContractNetOptions(reply_by=4))
    outcome = await executor.execute(crew, config, TASK)
    assert outcome.result.awarded == ("a",), "received at 4, just in time"
    assert outcome.duration_ms == 9000


@pytest.mark.parametrize(("options", "reply_by"), [({"reply_by": 10}, 10), ({"awards": 1}, 30)])
async def test_call_carries_its_reply_by(options, reply_by):
    trace = Trace()
    await tender(bidder("a", 1), trace=trace, **options)
    assert [(one.act, one.reply_by) for one in trace.records if one.kind == "said"] == [
        ("cfp", reply_by), ("propose", None), ("accept-proposal", None), ("inform-done", None),
    ]  # fmt: skip


async def test_call_without_any_limit_has_no_reply_by():
    trace = Trace()
    await tender(bidder("a", 1), trace=trace, timeout=None)
    assert trace.records[1].reply_by is None


class FickleNet(ContractNet):
    """A contract net whose manager calls it off: at once, or `wait` seconds after its call."""

    wait = 0.0

    async def manager(self, talk):
        await talk.send_all(Cfp(talk.problem), list(talk.ends))
        await talk.sleep(self.wait)
        for name, end in talk.ends.items():
            while len(end.box):
                await talk.receive(deadline=talk.now)
            await talk.send(Cancel("no money"), name)
        for _ in talk.ends:
            while not all(end.machine.state.final for end in talk.ends.values()):
                await talk.receive()
        talk.advance("closed")
        talk.conclude("nobody", "refused: called off")


@pytest.mark.parametrize(("wait", "said_by_contractor"), [(1.0, ["inform-done"]), (5.0, ["propose", "inform-done"])])
async def test_contractor_answers_a_cancel_while_it_bids_or_waits(wait, said_by_contractor):
    trace = Trace()
    executor = NegotiationExecutor(clock="virtual", journal=trace)
    net = FickleNet()
    net.wait = wait
    executor.register(net)
    outcome = await executor.execute([bidder("a", 1, after=3)], NegotiationConfig("contract-net"), TASK)
    assert outcome.failure_reason == "refused: called off"
    assert said(trace, "a") == said_by_contractor
    assert outcome.faults == ()
    assert outcome.duration_ms == wait * 1000


async def test_report_that_contains_itself_is_invalid():
    report = []
    report.append(report)
    outcome = await tender(bidder("a", 1, report), retries=0)
    assert outcome.failure_reason.startswith("protocol-violation: a: a report nests too deep, or contains itself")

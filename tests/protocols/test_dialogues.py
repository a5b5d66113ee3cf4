"""FIPA Request, Query, Propose and Subscribe through the executor: answers, agreements, cancels, deadlines, trouble."""

from __future__ import annotations

import numpy
import pytest

from negotiate_rt import (
    Accept,
    Agent,
    Agree,
    Cancel,
    ConfigurationError,
    Constant,
    Failure,
    InformDone,
    InformResult,
    NegotiationConfig,
    NegotiationExecutor,
    Network,
    NotUnderstood,
    QueryIf,
    QueryRef,
    Refuse,
    Reject,
    Society,
    Task,
    Trace,
    sleep,
)
from negotiate_rt.protocols.interaction import InteractionOptions
from negotiate_rt.protocols.query import QueryOptions, QueryResult
from negotiate_rt.protocols.request import RequestResult
from negotiate_rt.protocols.subscribe import News, SubscribeOptions
from tests.protocols.test_contract_net import said

ACTION = Task(fetch="bolts")


class One(Agent):
    """An agent whose hooks are given."""

    def __init__(self, name="bob", **hooks):
        super().__init__(name)
        vars(self).update(hooks)


def later(seconds, answer):
    """A hook that takes some seconds."""

    async def hook(*_):
        await sleep(seconds)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    return hook


async def talk(protocol, participant, problem=ACTION, *, initiator=None, trace=None, **options):
    """Run one dialogue on a virtual clock."""
    timeout, network = options.pop("timeout", 60.0), options.pop("network", None)
    kinds = {"query": QueryOptions, "subscribe": SubscribeOptions}
    given = kinds.get(protocol, InteractionOptions)(**options) if options else None
    executor = NegotiationExecutor(clock="virtual", seed=1, journal=trace, network=network)
    agents = [participant] if initiator is None else [initiator, participant]
    return await executor.execute(agents, NegotiationConfig(protocol, timeout=timeout, options=given), problem)


# ---------------------------------------------------------------------------------------------------------------- request
@pytest.mark.parametrize(
    ("answer", "report"),
    [(None, None), ("here", "here"), (InformDone("ok"), "ok"), (InformResult(7), 7), ({"a": [1]}, {"a": (1,)}), (False, False)],
    ids=repr,
)
@pytest.mark.parametrize("slow", [False, True])
async def test_request_done_without_an_agree(answer, report, slow):
    trace = Trace()
    hook = later(2, answer) if slow else lambda action: answer
    outcome = await talk("request", One(handle_request=hook), trace=trace)
    assert outcome.agreed
    assert outcome.failure_reason is None
    assert outcome.result == RequestResult(done=True, report=report, agreed=False)
    assert said(trace, "initiator") == ["request"]
    assert len(said(trace, "bob")) == 1
    assert outcome.duration_ms == 2000 * slow


async def test_request_agreed_to_first():
    trace = Trace()
    bob = One(handle_request=lambda action: Agree(), perform=later(3, "done it"))
    outcome = await talk("request", bob, trace=trace)
    assert outcome.result == RequestResult(done=True, report="done it", agreed=True)
    assert said(trace, "bob") == ["agree", "inform-result"]
    bare = await talk("request", One(handle_request=lambda action: Agree()))
    assert bare.result == RequestResult(done=True, agreed=True)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(Refuse("busy"), "refused: bob: busy"), (NotUnderstood("what?"), "refused: bob: what?"),
     (Failure("broke"), "refused: bob: broke")],
    ids=repr,
)
@pytest.mark.parametrize("protocol", ["request", "query"])
async def test_request_or_query_not_fulfilled(protocol, answer, reason):
    hook = {"request": "handle_request", "query": "answer"}[protocol]
    outcome = await talk(protocol, One(**{hook: lambda _: answer}))
    assert (outcome.final_state, outcome.failure_reason) == ("FAILED", reason)
    assert outcome.faults == ()
    assert not getattr(outcome.result, "done", False)


async def test_failure_after_agree():
    outcome = await talk("request", One(handle_request=lambda _: Agree(), perform=lambda _: Failure("slipped")))
    assert outcome.failure_reason == "refused: bob: slipped"
    assert outcome.result == RequestResult(done=False, agreed=True)


async def test_the_first_of_two_agents_asks_unless_they_have_roles():
    trace = Trace()
    await talk("request", One(handle_request=lambda _: None), initiator=Agent("ann"), trace=trace)
    assert said(trace, "ann") == ["request"]

    class Asker(Agent):
        role = "initiator"

    executor = NegotiationExecutor(clock="virtual")
    outcome = await executor.execute(
        [One(handle_request=lambda _: 5), Asker("ann")], NegotiationConfig("request"), ACTION
    )
    assert outcome.result.report == 5


@pytest.mark.parametrize(
    ("agents", "problem", "text"),
    [
        ([], ACTION, "request: needs 1 participant, got 0"),
        ([Agent("a"), One(handle_request=print), Agent("c")], ACTION, "request: needs 1 participant, got 2"),
        ([Agent("ann"), Agent("bob")], ACTION, "agent 'bob' .* cannot sit as participant: it has no hook 'handle_request'"),
        ([One(handle_request=print)], None, "request: needs an action"),
        ([One("x", handle_request=print), One("x", handle_request=print)], ACTION, "two agents are named 'x'"),
    ],
)
async def test_what_the_caller_did_wrong_is_refused(agents, problem, text):
    with pytest.raises(ConfigurationError, match=text):
        await NegotiationExecutor(clock="virtual").execute(agents, NegotiationConfig("request"), problem)


# ----------------------------------------------------------------------------------------------------- deadlines and cancel
async def test_silence_beyond_reply_by_is_cancelled():
    trace = Trace()
    outcome = await talk("request", One(handle_request=later(50, "x")), reply_by=5, trace=trace)
    assert outcome.failure_reason == "agent-late: bob: no answer in time, cancelled"
    assert outcome.duration_ms == 5000
    assert said(trace, "initiator") == ["request", "cancel"]
    assert said(trace, "bob") == ["inform-done"]
    assert trace.records[1].reply_by == 5
    assert outcome.faults == ()


@pytest.mark.parametrize(("after", "agreed"), [(5.0, True), (5.000001, False)])
async def test_reply_by_is_inclusive(after, agreed):
    outcome = await talk("request", One(handle_request=later(after, "x")), reply_by=5)
    assert outcome.agreed is agreed


async def test_agree_in_time_gives_time_for_the_work():
    bob = One(handle_request=later(4, Agree()), perform=later(30, "x"))
    assert (await talk("request", bob, reply_by=5)).agreed
    late = await talk("request", bob, reply_by=5, perform_timeout=10)
    assert late.failure_reason.startswith("agent-late: bob")
    assert late.duration_ms == 14_000
    assert late.result is None


async def test_plain_hook_of_the_whole_deadline_ends_in_timeout():
    outcome = await talk("request", One(handle_request=later(50, "x")), timeout=10)
    assert outcome.final_state == "TIMEOUT"
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("bob", "late")]


async def test_cancel_that_crosses_the_answer_wins_and_is_nobodys_fault():
    network = Network(latency=Constant(1.0))
    outcome = await talk("request", One(handle_request=later(3.5, "x")), reply_by=5, cancel_timeout=10, network=network)
    assert outcome.failure_reason.startswith("agent-late: bob")
    assert outcome.faults == ()


async def test_participant_that_does_not_answer_a_cancel_is_given_up():
    network = Network(latency=Constant(30.0))
    outcome = await talk("request", One(handle_request=lambda _: "x"), reply_by=5, cancel_timeout=2, network=network)
    assert outcome.failure_reason.startswith("agent-late: bob")
    assert outcome.duration_ms == 7000


@pytest.mark.parametrize("agrees", [False, True])
async def test_handle_may_call_off_in_any_open_state(agrees):
    trace = Trace()
    hook = (lambda _: Agree()) if agrees else later(50, "x")
    executor = NegotiationExecutor(clock="virtual", journal=trace)
    handle = executor.start([One(handle_request=hook, perform=later(50, "x"))], NegotiationConfig("request"), ACTION)
    async for event in handle.events():
        if event.kind == "heard" and event.act == ("agree" if agrees else "request"):
            assert handle.call_off("changed my mind") is True
    outcome = await handle
    assert outcome.failure_reason == "cancelled: changed my mind"
    assert said(trace, "initiator") == ["request", "cancel"]
    assert said(trace, "bob")[-1] == "inform-done"
    assert handle.call_off() is False


async def test_only_dialogues_can_be_called_off():
    executor = NegotiationExecutor(clock="virtual")
    handle = executor.start([Agent("a"), Agent("b")], NegotiationConfig("bilateral", 3, reservation_value=1, initial_offer=9))
    assert handle.call_off() is False
    await handle


@pytest.mark.parametrize(
    ("hooks", "reason", "what"),
    [
        ({"handle_request": later(1, ValueError("boom"))}, "agent-crashed: bob: handle_request raised ValueError", "raised"),
        ({"handle_request": lambda _: 1 / 0}, "agent-crashed: bob: handle_request raised ZeroDivisionError", "raised"),
        ({"handle_request": lambda _: Accept()}, "protocol-violation: bob", "illegal"),
        ({"handle_request": lambda _: Agree(), "perform": lambda _: 1 / 0}, "agent-crashed: bob: perform raised", "raised"),
    ],
)
async def test_trouble_has_its_code_and_its_blame(hooks, reason, what):
    outcome = await talk("request", One(**hooks))
    assert outcome.final_state == "FAILED"
    assert outcome.failure_reason.startswith(reason)
    assert outcome.faults[0].who == "bob"
    assert outcome.faults[0].what == what


@pytest.mark.parametrize("who", ["ann", "bob"])
async def test_either_side_may_die(who):
    async with Society(clock="virtual") as society:
        await society.spawn(Agent("ann"))
        await society.spawn(One(handle_request=later(50, "x")))
        handle = society.start(["ann", "bob"], NegotiationConfig("request"), ACTION)
        async for event in handle.events():
            if event.kind == "heard" and event.act == "request":
                await society.leave(who)
        outcome = await handle
    assert outcome.failure_reason == f"walked-away: {who}: left"


# ------------------------------------------------------------------------------------------------------------------ query
@pytest.mark.parametrize("answer", [True, False])
@pytest.mark.parametrize("given", [(QueryIf("is it"), {}), ("is it", {"act": "query-if"})], ids=repr)
async def test_query_if(answer, given):
    problem, options = given
    trace = Trace()
    outcome = await talk("query", One(answer=lambda query: answer), problem, trace=trace, **options)
    assert outcome.result == QueryResult(answered=True, answer=answer)
    assert said(trace, "initiator") == ["query-if"]
    assert said(trace, "bob") == ["inform-if"]


@pytest.mark.parametrize("given", [QueryRef({"who": "is it"}), {"who": "is it"}], ids=repr)
async def test_query_ref(given):
    trace = Trace()
    outcome = await talk("query", One(answer=lambda query: [query["who"]]), given, trace=trace)
    assert outcome.result == QueryResult(answered=True, answer=("is it",))
    assert said(trace, "bob") == ["inform-ref"]


async def test_hook_with_two_arguments_hears_the_act():
    seen = []

    class Sage(Agent):
        def answer(self, query, act):
            seen.append(act)
            return Agree() if act == "query-if" else 42

        def perform(self, query, act):
            return True

    assert (await talk("query", Sage("bob"), QueryRef("x"))).result.answer == 42
    assert (await talk("query", Sage("bob"), QueryIf("x"))).result == QueryResult(answered=True, answer=True, agreed=True)
    assert seen == ["query-ref", "query-if"]


async def test_what_is_not_known_is_refused_or_failed_after_agree():
    outcome = await talk("query", One(answer=lambda _: None))
    assert outcome.failure_reason == "refused: bob: not known"
    agreed = await talk("query", One(answer=lambda _: Agree(), perform=lambda _: None))
    assert agreed.failure_reason == "refused: bob: not known"
    assert agreed.result == QueryResult(answered=False, agreed=True)


@pytest.mark.parametrize("answer", [1, "yes", 0.0, numpy.float64(1)], ids=repr)
async def test_truth_is_true_or_false(answer):
    answers = [answer, True]
    outcome = await talk("query", One(answer=lambda _: answers.pop(0)), QueryIf("x"))
    assert outcome.result.answer is True
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("bob", "invalid")]


async def test_answer_that_contains_itself_is_invalid():
    ring = []
    ring.append(ring)
    outcome = await talk("query", One(answer=lambda _: ring))
    assert outcome.failure_reason.startswith("protocol-violation: bob: the answer nests too deep")


def test_query_options_out_of_range_are_refused():
    with pytest.raises(ConfigurationError, match=r"options\.act: expected query-if or query-ref, got 'query-iff'; did you"):
        QueryOptions(act="query-iff")
    with pytest.raises(ConfigurationError, match=r"options\.reply_by: expected seconds or a timedelta above 0, got 0"):
        QueryOptions(reply_by=0)


# ---------------------------------------------------------------------------------------------------------------- propose
@pytest.mark.parametrize("verdict", [True, Accept()], ids=repr)
@pytest.mark.parametrize("slow", [False, True])
async def test_proposal_accepted(verdict, slow):
    trace = Trace()
    hook = later(1, verdict) if slow else lambda proposal: verdict
    outcome = await talk("propose", One(consider=hook), initiator=Agent("ann"), trace=trace)
    assert outcome.agreed
    assert (outcome.accepted_offer.agent, outcome.accepted_offer.value) == ("ann", ACTION)
    assert said(trace, "bob") == ["accept-proposal"]


@pytest.mark.parametrize("verdict", [False, Reject("no"), NotUnderstood("no")], ids=repr)
async def test_proposal_rejected(verdict):
    outcome = await talk("propose", One(consider=lambda proposal: verdict))
    assert outcome.failure_reason.startswith("refused: bob")
    assert outcome.accepted_offer is None
    assert outcome.faults == ()


@pytest.mark.parametrize("verdict", [None, 1, "yes", Agree()], ids=repr)
async def test_no_verdict_is_no_acceptance(verdict):
    outcome = await talk("propose", One(consider=lambda proposal: verdict))
    assert outcome.final_state == "FAILED"
    assert outcome.accepted_offer is None
    assert {fault.what for fault in outcome.faults} <= {"invalid", "illegal"}


async def test_acceptance_that_crosses_a_cancel_binds_nobody():
    network = Network(latency=Constant(1.0))
    outcome = await talk("propose", One(consider=later(3.5, True)), reply_by=5, cancel_timeout=10, network=network)
    assert outcome.final_state == "FAILED"
    assert outcome.accepted_offer is None
    assert outcome.faults == ()


# --------------------------------------------------------------------------------------------------------------- subscribe
class Ticker(Agent):
    """Tells a number a second."""

    closed = False

    async def notify(self, subject):
        try:
            for tick in range(100):
                await sleep(1)
                yield tick
        finally:
            self.closed = True


async def test_subscription_of_so_many_news():
    trace = Trace()
    ticker = Ticker("bob")
    outcome = await talk("subscribe", ticker, trace=trace, notifications=3)
    assert outcome.agreed
    assert outcome.result.news == (News(0, 1.0), News(1, 2.0), News(2, 3.0))
    assert outcome.result.count == 3
    assert said(trace, "initiator") == ["subscribe", "cancel"]
    assert said(trace, "bob") == ["agree", "inform", "inform", "inform", "inform-done"]
    assert ticker.closed, "the iterator is closed in its own task"
    assert outcome.faults == ()


async def test_subscription_for_so_long():
    outcome = await talk("subscribe", Ticker("bob"), duration=4.5)
    assert outcome.agreed
    assert outcome.result.count == 4
    assert outcome.duration_ms == 4500


async def test_news_end_by_themselves():
    trace = Trace()
    outcome = await talk("subscribe", Ticker("bob"), timeout=None, keep=2, trace=trace)
    assert outcome.agreed
    assert outcome.result.count == 100
    assert [one.content for one in outcome.result.news] == [98, 99]
    assert said(trace, "initiator") == ["subscribe"]


@pytest.mark.parametrize("verdict", [False, Cancel("enough")], ids=repr)
async def test_initiator_cancels_when_it_has_heard_enough(verdict):
    ann = One("ann", hear=lambda news: verdict if news == 4 else None)
    outcome = await talk("subscribe", Ticker("bob"), initiator=ann)
    assert outcome.agreed
    assert outcome.result.count == 5


async def counting(subject, tell):
    for news in range(5):
        await sleep(1)
        assert tell(news)
    return None


@pytest.mark.parametrize(
    "notify",
    [counting, lambda subject: range(5), lambda subject: (n for n in range(5)), later(1, [0, 1, 2, 3, 4])],
    ids=["tell", "range", "generator", "list later"],
)
async def test_news_may_come_in_any_way(notify):
    outcome = await talk("subscribe", One(notify=notify))
    assert outcome.agreed
    assert [one.content for one in outcome.result.news] == list(range(5))


async def test_single_piece_of_news_and_text_is_one():
    assert [one.content for one in (await talk("subscribe", One(notify=lambda s: "hello"))).result.news] == ["hello"]
    assert (await talk("subscribe", One(notify=lambda s: None))).result.count == 0


@pytest.mark.parametrize("verdict", [False, Refuse("private")], ids=repr)
async def test_subscription_refused(verdict):
    outcome = await talk("subscribe", One(handle_subscription=lambda subject: verdict, notify=lambda s: 1))
    assert outcome.failure_reason.startswith("refused: bob")
    assert outcome.result.count == 0


async def test_subscription_that_fails_keeps_what_was_heard():
    async def notify(subject, tell):
        tell("first")
        await sleep(1)
        return Failure("sensor broke")

    outcome = await talk("subscribe", One(notify=notify))
    assert outcome.failure_reason == "refused: bob: sensor broke"
    assert outcome.result.count == 1

    async def crash(subject):
        yield "first"
        raise ValueError("boom")

    crashed = await talk("subscribe", One(notify=crash))
    assert crashed.failure_reason == "agent-crashed: bob: notify raised ValueError: boom"
    assert crashed.result.count == 1


async def test_slow_agree_is_cancelled_and_long_silence_ends_it():
    late = await talk("subscribe", One(handle_subscription=later(50, True), notify=lambda s: 1), reply_by=5)
    assert late.failure_reason == "agent-late: bob: no answer in time, cancelled"
    assert late.duration_ms == 5000
    silent = await talk("subscribe", One(notify=later(50, 1)), perform_timeout=7)
    assert silent.agreed
    assert silent.duration_ms == 7000


async def test_flood_of_news_lets_others_run_and_is_heard_in_order():
    outcome = await talk("subscribe", One(notify=lambda s: range(5000)), notifications=10)
    assert [one.content for one in outcome.result.news] == list(range(10))


async def test_news_over_a_slow_network_that_cross_the_cancel():
    outcome = await talk("subscribe", Ticker("bob"), notifications=3, cancel_timeout=10, network=Network(latency=Constant(0.8)))
    assert outcome.agreed
    assert outcome.result.count == 3
    assert outcome.faults == ()


async def test_teller_is_deaf_once_the_talk_is_over():
    kept = []

    async def notify(subject, tell):
        kept.append(tell)
        tell(1)
        await sleep(5)

    outcome = await talk("subscribe", One(notify=notify), notifications=1)
    assert outcome.agreed
    assert kept[0](2) is False


@pytest.mark.parametrize(
    ("options", "text"),
    [({"notifications": 0}, "notifications: expected"), ({"duration": -1}, "duration: expected"), ({"keep": 0}, "keep")],
)
def test_subscribe_options_out_of_range_are_refused(options, text):
    with pytest.raises(ConfigurationError, match=text):
        SubscribeOptions(**options)


# ---------------------------------------------------------------------------------------------------------------- at scale
def test_a_thousand_requests_at_once():
    executor = NegotiationExecutor(clock="virtual")
    jobs = [([One(f"r{n}", handle_request=lambda _, n=n: n)], NegotiationConfig("request"), ACTION) for n in range(1000)]
    outcomes = executor.run_many(jobs)
    assert [outcome.result.report for outcome in outcomes] == list(range(1000))


def test_same_seed_same_trace():
    traces = []
    for _ in range(2):
        trace = Trace()
        executor = NegotiationExecutor(clock="virtual", seed=5, journal=trace, name="x", network=Network(latency=Constant(0.1)))
        executor.run([Ticker("bob")], NegotiationConfig("subscribe", options=SubscribeOptions(notifications=5)), "x")
        traces.append(trace.to_jsonl())
    assert traces[0] == traces[1]

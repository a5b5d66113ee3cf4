"""Decision hooks that are late, raise, or decide nonsense: policy answers, the outcome carries the blame."""

from __future__ import annotations

import asyncio
import time

import pytest

from negotiate_rt import (
    Accept,
    Agent,
    Bidder,
    Buyer,
    Contractor,
    FaultPolicy,
    LinearConcession,
    NegotiationConfig,
    NegotiationExecutor,
    Negotiator,
    Propose,
    Reject,
    Seller,
    Task,
    Walk,
)
from negotiate_rt.messages.view import sleep


def haggle(**terms):
    return NegotiationConfig("bilateral", **{"max_rounds": 10, **terms})


def seller(**more):
    return Seller("Sam", 60, opening=120, **more)


def buyer(decide=None):
    return Buyer("Bea", 80, opening=40, strategy=decide)


def virtual(**settings):
    return NegotiationExecutor(clock="virtual", **settings)


# -- late --------------------------------------------------------------------------------------------------------------


async def test_a_hundred_hung_hooks_leave_a_healthy_pair_undisturbed():
    executor = NegotiationExecutor()
    hung = asyncio.Event()

    async def hang(view):
        await hung.wait()

    starts = [executor.start([buyer(hang), seller()], haggle(timeout=30)) for _ in range(100)]
    await asyncio.sleep(0)
    outcome = await executor.execute([buyer(), seller()], haggle())
    assert outcome.agreed
    assert not outcome.faults
    assert outcome.duration_ms < 5000
    for negotiation in starts:
        negotiation.cancel("the test is over")
    outcomes = [await negotiation for negotiation in starts]
    assert {one.failure_reason for one in outcomes} == {"cancelled: the test is over"}


@pytest.mark.parametrize("clock", ["virtual", "real"])
async def test_late_decision_skips_the_turn_and_is_the_agents_fault(clock):
    async def slow(view):
        if view.round == 2:
            await asyncio.Event().wait()
        return Propose(50.0)

    executor = NegotiationExecutor(clock=clock)
    outcome = await executor.execute([buyer(slow), seller()], haggle(turn_timeout=0.02, max_rounds=3))
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("Bea", "late")]
    assert [offer.agent for offer in outcome.all_offers] == ["Bea", "Sam", "Sam", "Bea", "Sam"]
    assert outcome.final_state == "DEADLOCK"


async def test_every_decision_late_ends_by_rounds_not_by_hanging():
    async def never(view):
        await view.sleep(1e9)

    outcome = await virtual().execute([buyer(never), seller(strategy=None)], haggle(turn_timeout=3.0, max_rounds=5))
    assert outcome.final_state == "DEADLOCK"
    assert len(outcome.faults) == 5
    assert outcome.duration_ms == 15_000


async def test_hook_that_never_returns_ends_at_the_negotiations_timeout():
    async def never(view):
        await view.sleep(1e9)

    outcome = await virtual().execute([buyer(never), seller()], haggle(timeout=7.0))
    assert outcome.final_state == "TIMEOUT"
    assert outcome.duration_ms == 7000


async def test_plain_hook_that_returns_after_its_deadline_is_late():
    def slow(view):
        time.sleep(0.02)
        return Propose(50.0)

    outcome = await NegotiationExecutor(watchdog=0).execute(
        [buyer(slow), seller()], haggle(turn_timeout=0.005, max_rounds=2)
    )
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("Bea", "late")] * 2
    assert 0.02 <= outcome.faults[0].when < outcome.faults[1].when, "when it was known, not when the slice began"
    assert {offer.agent for offer in outcome.all_offers} == {"Sam"}


@pytest.mark.parametrize("clock", ["real", "virtual"])
async def test_hook_that_hangs_until_the_whole_has_timed_out_is_named(clock):
    async def hung(view):
        await asyncio.Event().wait()

    outcome = await NegotiationExecutor(clock=clock).execute([buyer(hung), seller()], haggle(timeout=0.05))
    assert (outcome.final_state, outcome.failure_reason) == ("TIMEOUT", "timeout: no agreement within 0.05 s")
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("Bea", "late")]


async def test_hook_that_swallows_its_cancellation_is_late_all_the_same():
    async def deaf(view):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return Propose(50.0)

    outcome = await virtual().execute([buyer(deaf), seller()], haggle(turn_timeout=0.01, max_rounds=1))
    assert [fault.what for fault in outcome.faults] == ["late"]
    assert [offer.agent for offer in outcome.all_offers] == ["Sam"]


async def test_hook_that_waited_for_a_place_says_so_in_its_fault():
    async def slow(view):
        await view.sleep(100.0)
        return Propose(50.0)

    executor = virtual(max_in_flight=1)
    first = executor.start([buyer(slow), seller()], haggle(timeout=90.0))
    second = executor.start([buyer(slow), seller()], haggle(turn_timeout=5.0, max_rounds=1))
    await first
    outcome = await second
    assert "had to wait for a place" in outcome.faults[0].cause


# -- raises ------------------------------------------------------------------------------------------------------------


class Sorry(Exception):
    def __str__(self):
        raise RuntimeError("and this too")


RAISED = [
    ValueError("boo"),
    SystemExit(3),
    asyncio.CancelledError("c"),
    GeneratorExit(),
    StopIteration(),
    Sorry(),
    MemoryError(),
]


@pytest.mark.parametrize("kind", ["plain", "async", "async after a wait"])
@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
async def test_hook_that_raises_is_called_once_and_carries_the_blame(kind, error):
    called = []

    def plain(view):
        called.append(view.round)
        raise error

    async def at_once(view):
        called.append(view.round)
        raise error

    async def after_a_wait(view):
        called.append(view.round)
        await view.sleep(1.0)
        raise error

    hook = {"plain": plain, "async": at_once, "async after a wait": after_a_wait}[kind]
    outcome = await virtual().execute([buyer(hook), seller()], haggle())
    assert called == [1]
    assert outcome.final_state == "FAILED"
    assert outcome.failure_reason.startswith("agent-crashed: Bea: decide raised ")
    ((who, what, cause, trace),) = [(one.who, one.what, one.cause, one.traceback) for one in outcome.faults]
    assert (who, what) == ("Bea", "raised")
    assert "Error" in cause or type(error).__name__ in cause
    assert "test_hooks.py" in trace


def test_keyboard_interrupt_in_a_plain_hook_comes_out_as_itself():
    def stop(view):
        raise KeyboardInterrupt

    heard = []

    class Listener:
        def on_negotiation_completed(self, outcome):
            heard.append(outcome.failure_reason)

    executor = NegotiationExecutor()
    executor.add_listener(Listener())
    with pytest.raises(KeyboardInterrupt):
        executor.run([buyer(stop), seller()], haggle())
    assert len(heard) == 1
    assert executor.run([buyer(), seller()], haggle()).agreed  # and the executor works on


def test_keyboard_interrupt_in_an_async_hook_comes_out_as_itself():
    async def stop(view):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        NegotiationExecutor().run([buyer(stop), seller()], haggle())


@pytest.mark.parametrize("slow", [False, True])
async def test_utility_that_raises_while_a_decision_is_judged_is_the_agents_crash(slow):
    def broken(price):
        return 1.0 / (price - 66.0)

    async def decide(view):
        return Propose(66.0)

    agent = Negotiator("a", utility=broken, opening=80.0, strategy=decide if slow else lambda view: Propose(66.0))
    outcome = await virtual().execute([agent, seller()], haggle())
    assert outcome.failure_reason.startswith("agent-crashed: a: decide raised ZeroDivisionError")


# -- invalid and illegal -----------------------------------------------------------------------------------------------

INVALID = [None, "propose", 50.0, Propose("much"), Propose(float("nan")), Propose(float("inf")), Propose(None), Propose(True),
           Propose(99.0), object(), Propose(50.0, expires_at=-1.0), (Propose(50.0),)]  # fmt: skip


@pytest.mark.parametrize("decision", INVALID, ids=lambda said: "object" if type(said) is object else repr(said))
@pytest.mark.parametrize("kind", ["plain", "async"])
async def test_invalid_decision_is_repaired_with_the_reason_then_skipped(decision, kind):
    reasons = []

    def plain(view):
        reasons.append(view.repair)
        return decision

    async def slow(view):
        return plain(view)

    outcome = await virtual().execute([buyer(plain if kind == "plain" else slow), seller()], haggle(max_rounds=1))
    assert len(reasons) == 2  # asked, and once more
    assert reasons[0] == ""
    assert reasons[1] == outcome.faults[0].cause
    assert reasons[1] in buyer_prompt(reasons[1])
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("Bea", "invalid")] * 2
    assert [offer.agent for offer in outcome.all_offers] == ["Sam"]


def buyer_prompt(reason):
    return f"Your last reply could not be used: {reason}."


async def test_reason_for_a_repair_is_gone_at_the_next_turn():
    seen = []

    def decide(view):
        seen.append((view.round, bool(view.repair)))
        return Propose(50.0) if view.repair or view.round > 1 else None

    await virtual().execute([buyer(decide), seller()], haggle(max_rounds=2))
    assert seen == [(1, False), (1, True), (2, False)]


@pytest.mark.parametrize("decision", [Accept(), Reject("no"), Accept("society/9/9")], ids=repr)
async def test_illegal_decision_is_repaired_then_skipped(decision):
    tries = []

    def decide(view):
        tries.append(view.repair)
        return decision

    outcome = await virtual().execute([buyer(decide), seller()], haggle(max_rounds=1))
    assert len(tries) == 2
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("Bea", "illegal")] * 2
    assert "legal here: initiator propose, initiator walk" in tries[1]


async def test_reply_that_cannot_be_parsed_counts_as_invalid_not_as_a_crash():
    async def model(view):
        return view.parse("I would rather not say" if not view.repair else '{"move": "propose", "value": 75}')

    outcome = await virtual().execute([buyer(model), seller()], haggle())
    assert outcome.agreed
    assert {fault.what for fault in outcome.faults} == {"invalid"}


async def test_plain_hook_that_cannot_parse_counts_as_invalid_too():
    def model(view):
        return view.parse("?" if not view.repair else '{"move": "walk", "reason": "enough"}')

    outcome = await virtual().execute([buyer(model), seller()], haggle())
    assert outcome.failure_reason == "walked-away: Bea: enough"
    assert [fault.what for fault in outcome.faults] == ["invalid"]


async def test_repair_must_be_done_by_the_first_deadline():
    started = []

    async def slow(view):
        started.append(view.now)
        await view.sleep(8.0)

    outcome = await virtual().execute([buyer(slow), seller()], haggle(turn_timeout=10.0, max_rounds=1))
    assert started == [0.0, 8.0]
    assert [(fault.what, fault.when) for fault in outcome.faults] == [("invalid", 8.0), ("late", 10.0)]
    assert outcome.duration_ms == 10_000


async def test_repair_that_raises_is_answered_as_a_crash():
    def decide(view):
        if view.repair:
            raise ValueError("enough")

    outcome = await virtual().execute([buyer(decide), seller()], haggle())
    assert [fault.what for fault in outcome.faults] == ["invalid", "raised"]
    assert outcome.failure_reason.startswith("agent-crashed: Bea")


@pytest.mark.parametrize("slow", [False, True])
async def test_plain_function_that_returns_a_coroutine_is_awaited(slow):
    async def later(view):
        if slow:
            await view.sleep(1.0)
        return Propose(70.0) if view.standing_offer is None else Accept()

    outcome = await virtual().execute(
        [buyer(lambda view: later(view)), seller(strategy=lambda view: Propose(75.0))], haggle()
    )
    assert outcome.agreed
    assert not outcome.faults


async def test_contractor_whose_lambda_returns_a_coroutine_is_awaited():
    async def price(task):
        return task["hours"]

    crew = [
        Contractor(f"c{number}", bid=lambda task: price(task), perform=lambda task: price(task)) for number in range(3)
    ]
    outcome = await virtual().execute(crew, NegotiationConfig("contract-net"), Task(hours=4))
    assert outcome.agreed
    assert list(outcome.result.reports.values()) == [4]


async def test_coroutine_of_a_hook_whose_negotiation_is_over_warns_of_nothing():
    handles = []

    async def never_run(view):
        raise AssertionError

    def decide(view):
        handles[0].cancel("from inside")
        return never_run(view)

    handles.append(virtual().start([buyer(decide), seller()], haggle()))
    assert (await handles[0]).failure_reason == "cancelled: from inside"


# -- policies ----------------------------------------------------------------------------------------------------------


async def late(view):
    await view.sleep(1e6)


def raised(view):
    raise ValueError("boo")


def invalid(view):
    return "nonsense"


def illegal(view):
    return Reject("no")


FAULTY = {"late": late, "raised": raised, "invalid": invalid, "illegal": illegal}
CODES = {
    "late": "agent-late",
    "raised": "agent-crashed",
    "invalid": "protocol-violation",
    "illegal": "protocol-violation",
}


async def run_with(kind, policy, **terms):
    terms = {"turn_timeout": 5.0, "max_rounds": 3, **terms}
    return await virtual().execute([buyer(FAULTY[kind]), seller()], haggle(on_fault=policy, **terms))


@pytest.mark.parametrize("kind", FAULTY)
async def test_policy_skip_passes_every_turn(kind):
    outcome = await run_with(kind, {kind: "skip"})
    assert outcome.final_state == "DEADLOCK"
    assert [fault.what for fault in outcome.faults] == [kind] * 3
    assert {offer.agent for offer in outcome.all_offers} == {"Sam"}


@pytest.mark.parametrize("kind", FAULTY)
@pytest.mark.parametrize("remedy", ["withdraw", "fail"])
async def test_policy_withdraw_and_fail_end_a_talk_of_two_with_the_blame(kind, remedy):
    outcome = await run_with(kind, {kind: remedy})
    assert outcome.final_state == "FAILED"
    assert outcome.failure_reason.startswith(f"{CODES[kind]}: Bea: ")
    assert [fault.what for fault in outcome.faults] == [kind]
    assert outcome.rounds_used == 1


@pytest.mark.parametrize("kind", FAULTY)
@pytest.mark.parametrize(
    "fallback", [LinearConcession(), lambda view: Propose(80.0)], ids=["concession", "callable of the view"]
)
async def test_policy_fallback_decides_by_a_strategy(kind, fallback):
    outcome = await run_with(kind, {kind: "fallback", "fallback": fallback}, max_rounds=5)
    assert outcome.agreed
    assert {fault.what for fault in outcome.faults} == {kind}
    assert {offer.agent for offer in outcome.all_offers} == {"Bea", "Sam"}


@pytest.mark.parametrize("kind", FAULTY)
async def test_callable_as_a_remedy_is_a_fallback_of_its_own(kind):
    outcome = await run_with(kind, FaultPolicy(**{kind: lambda view: Walk("by policy")}))
    assert outcome.failure_reason == "walked-away: Bea: by policy"


@pytest.mark.parametrize("kind", ["invalid", "illegal"])
async def test_remedies_are_tried_in_order(kind):
    outcome = await run_with(kind, {kind: ("repair", "fallback"), "fallback": lambda view: Walk("at last")})
    assert outcome.failure_reason == "walked-away: Bea: at last"
    assert [fault.what for fault in outcome.faults] == [kind] * 2


async def test_fallback_that_fails_itself_skips_and_is_recorded():
    outcome = await run_with("raised", {"raised": "fallback", "fallback": raised}, max_rounds=1)
    assert outcome.final_state == "DEADLOCK"
    assert [(fault.what, fault.cause.split(":")[0]) for fault in outcome.faults] == [
        ("raised", "decide raised ValueError"), ("raised", "the fallback"),
    ]  # fmt: skip


async def test_asynchronous_fallback_is_refused_without_a_warning():
    async def slow(view):
        raise AssertionError

    outcome = await run_with("raised", {"raised": "fallback", "fallback": slow}, max_rounds=1)
    assert outcome.faults[1].cause == "the fallback: it must be a plain function"


async def test_fallback_below_reservation_is_guarded_like_any_decision():
    outcome = await run_with("raised", {"raised": "fallback", "fallback": lambda view: Propose(500.0)}, max_rounds=1)
    assert {offer.agent for offer in outcome.all_offers} == {"Sam"}
    assert "below its own reservation" in outcome.faults[1].cause


async def test_in_a_contract_net_the_others_go_on_without_the_one_that_crashed():
    def bad(task):
        raise ValueError("no arm")

    crew = [Contractor("bad", bid=bad), Contractor("good", bid=lambda task: 4.0)]
    outcome = await virtual().execute(crew, NegotiationConfig("contract-net"), Task(hours=1))
    assert outcome.agreed
    assert outcome.result.awarded == ("good",)
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("bad", "raised")]


async def test_in_an_auction_a_bidder_that_hangs_costs_nobody_the_lot():
    class Hung(Bidder):
        async def bid(self, view):
            await view.sleep(1e6)

    bidders = [Hung("hung", 9), Bidder("a", 5), Bidder("b", 7)]
    outcome = await virtual().execute(bidders, NegotiationConfig("vickrey", timeout=10.0), "lot")
    assert outcome.agreed
    assert outcome.result.winner.name == "b"
    assert outcome.result.pay_price == 5


async def test_guard_off_lets_an_agent_harm_itself():
    generous = Buyer("Bea", 80, opening=40, strategy=lambda view: Propose(100.0), guard=False)
    outcome = await virtual().execute([generous, seller(strategy=lambda view: Accept())], haggle())
    assert outcome.accepted_offer.value == 100.0
    assert outcome.utilities["Bea"] == -20.0


# -- life cycle --------------------------------------------------------------------------------------------------------


class Lives(Buyer):
    def __init__(self, log, start=None, stop=None, name="Bea"):
        super().__init__(name, 80, opening=40)
        self.log, self.start, self.stop = log, start, stop

    async def on_start(self):
        self.log.append("start")
        if self.start is not None:
            await self.start()
        self.log.append("started")

    async def on_stop(self):
        self.log.append("stop")
        if self.stop is not None:
            await self.stop()
        self.log.append("stopped")


@pytest.mark.parametrize("clock", ["virtual", "real"])
async def test_agent_is_started_before_and_stopped_after_its_negotiation(clock):
    log = []

    async def nap():
        await (sleep(1.0) if clock == "virtual" else asyncio.sleep(0.005))

    outcome = await NegotiationExecutor(clock=clock).execute([Lives(log, nap, nap), seller()], haggle())
    assert outcome.agreed
    assert log == ["start", "started", "stop", "stopped"]  # execute leaves nothing running
    assert len(asyncio.all_tasks()) == 1


async def test_start_that_takes_too_long_fails_the_negotiation_with_the_blame():
    log = []

    async def forever():
        await sleep(1e9)

    outcome = await virtual(start_timeout=3.0).execute([Lives(log, start=forever), seller()], haggle())
    assert outcome.failure_reason.startswith("agent-late: Bea: on_start")
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("Bea", "late")]
    assert log == ["start"]
    assert len(asyncio.all_tasks()) == 1


@pytest.mark.parametrize("error", [ValueError("boo"), SystemExit(1), asyncio.CancelledError()], ids=repr)
@pytest.mark.parametrize("plain", [False, True])
async def test_start_that_raises_fails_the_negotiation_with_the_blame(error, plain):
    class Broken(Buyer):
        async def on_start(self):
            raise error

    class PlainlyBroken(Buyer):
        def on_start(self):
            raise error

    agent = (PlainlyBroken if plain else Broken)("Bea", 80)
    outcome = await asyncio.wait_for(virtual().execute([agent, seller()], haggle()), 5)
    assert outcome.failure_reason.startswith(f"agent-crashed: Bea: on_start raised {type(error).__name__}")


async def test_stop_that_takes_too_long_or_raises_harms_nobody():
    async def forever():
        await sleep(1e9)

    async def fails():
        raise ValueError("boo")

    log = []
    executor = virtual(stop_timeout=3.0)
    outcome = await executor.execute([Lives(log, stop=forever), seller()], haggle())
    assert outcome.agreed
    outcome = await executor.execute([Lives(log, stop=fails), seller()], haggle())
    assert outcome.agreed
    assert log == ["start", "started", "stop"] * 2
    assert len(asyncio.all_tasks()) == 1


async def test_agent_in_many_negotiations_is_started_once_and_stopped_once():
    log = []

    async def nap():
        await sleep(1.0)

    agent = Lives(log, nap, nap)
    executor = virtual()
    outcomes = await asyncio.gather(*(executor.execute([agent, seller()], haggle()) for _ in range(5)))
    assert all(outcome.agreed for outcome in outcomes)
    assert log == ["start", "started", "stop", "stopped"]


@pytest.mark.parametrize("turns", range(8))
async def test_negotiation_cancelled_while_its_agent_starts_leaves_nothing(turns):
    log = []
    hung = asyncio.Event()
    task = asyncio.create_task(NegotiationExecutor().execute([Lives(log, start=hung.wait), seller()], haggle()))
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)
    assert log in ([], ["start"])
    assert len(asyncio.all_tasks()) == 1


async def test_second_negotiation_goes_on_when_the_one_that_started_their_agent_is_cancelled():
    log = []

    async def nap():
        await sleep(1.0)

    agent = Lives(log, start=nap)
    executor = virtual()
    first = executor.start([agent, seller()], haggle())
    second = executor.start([agent, seller()], haggle())
    await asyncio.sleep(0)
    first.cancel("changed my mind")
    assert (await first).failure_reason == "cancelled: changed my mind"
    assert (await second).agreed
    await second.world.settle(second)
    assert log == ["start", "started", "stop", "stopped"]


async def test_agent_that_started_for_a_negotiation_cancelled_meanwhile_is_stopped_if_it_was_started():
    log = []
    agent = Lives(log)
    executor = virtual()
    negotiation = executor.start([agent, Lives(log, start=asyncio.Event().wait, name="Sue")], haggle())
    for _ in range(10):
        await asyncio.sleep(0)
    negotiation.cancel()
    await negotiation
    await negotiation.world.settle(negotiation)
    assert log[:2] == ["start", "started"]
    assert log[-2:] == ["stop", "stopped"]


def test_plain_agents_need_no_care():
    outcome = virtual().run([Agent("a"), Agent("b")], NegotiationConfig("bilateral", reservation_value=0.2))
    assert outcome.agreed

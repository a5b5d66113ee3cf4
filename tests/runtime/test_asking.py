"""Asking an agent: which hook, once, and until when."""

from __future__ import annotations

import functools

import pytest

from negotiate_rt import Accept, Agent, Cancel, Contractor, NegotiationConfig, NegotiationExecutor, Propose, Task, sleep
from negotiate_rt.protocols.awarding import ContractNetOptions
from negotiate_rt.runtime.seat import is_async
from tests.runtime.stage import Answers, Two, play


async def offer(talk):
    await talk.send(await talk.ask())
    await talk.receive()


async def accept(talk):
    await talk.receive()
    await talk.send(Accept())


class Hooks(Agent):
    """Has more hooks than its role's own."""

    def decide(self, view):
        return Propose(0.5)

    def guess(self, view):
        return Propose(0.25)

    async def ponder(self, view):
        await view.sleep(2.0)
        return Propose(0.75)


@pytest.mark.parametrize(("hook", "value"), [(None, 0.5), ("guess", 0.25), ("ponder", 0.75)])
async def test_role_may_ask_any_hook(hook, value):
    async def asks(talk):
        await talk.send(await talk.ask(hook))
        await talk.receive()

    outcome = await play(Two(asks, accept), [Hooks("Ann"), Answers("Rob")])
    assert outcome.accepted_offer.value == value


@pytest.mark.parametrize("hook", ["decide", "ponder"])
async def test_role_may_set_a_deadline_for_an_answer(hook):
    async def asks(talk):
        skip = await talk.ask(hook, deadline=1.0)
        await talk.send(skip)

    outcome = await play(Two(asks, accept), [Hooks("Ann"), Answers("Rob")])
    if hook == "ponder":
        assert [(fault.what, fault.when) for fault in outcome.faults] == [("late", 1.0)]
    else:
        assert not outcome.faults


async def test_asking_the_same_thing_twice_asks_twice():
    agent = Answers("Ann", Propose(0.25), Propose(0.5))

    async def asks(talk):
        await talk.ask()
        await talk.send(await talk.ask())
        await talk.receive()

    outcome = await play(Two(asks, accept), [agent, Answers("Rob")])
    assert len(agent.views) == 2
    assert outcome.accepted_offer.value == 0.5


async def test_decision_that_was_overtaken_while_the_agent_thought_is_not_sent():
    """The other side's note is followed before the decision is judged."""
    from negotiate_rt import Buyer, Seller, Society

    async def slow(view):
        standing = view.standing_offer is not None
        await view.sleep(10.0)
        return Accept() if standing else Propose(70.0)

    async with Society(clock="virtual") as society:
        agents = [Buyer("Bea", 80, strategy=lambda view: Propose(50.0)), Seller("Sam", 10, strategy=slow)]
        handle = society.start(agents, NegotiationConfig("bilateral", max_rounds=1))
        society.world.kernel.call_at(5.0, lambda: handle.withdraw("Bea"))
        outcome = await handle
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("Sam", "illegal")]  # and the repair proposed
    assert [offer.value for offer in outcome.all_offers] == [50.0, 70.0]


# -- interruption ------------------------------------------------------------------------------------------------------


async def test_hook_is_interrupted_by_a_message_it_is_to_watch_for():
    log = []

    async def slow(task):
        try:
            await sleep(100.0)
        finally:
            log.append("stopped")

    crew = [Contractor("slow", bid=lambda task: 1.0, perform=slow)]
    options = ContractNetOptions(perform_timeout=5.0, retries=0, cancel_timeout=5.0)
    outcome = await NegotiationExecutor(clock="virtual").execute(
        crew, NegotiationConfig("contract-net", options=options), Task(hours=1)
    )
    assert log == ["stopped"]
    assert outcome.duration_ms == 5000
    assert not outcome.faults


async def test_message_that_was_there_before_is_an_interruption_at_once():
    called = []

    class Eager(Answers):
        async def decide(self, view):
            called.append(1)

    async def asks(talk):
        from negotiate_rt.runtime.asking import Interrupted

        await talk.send(Propose(0.5))
        await talk.receive()
        await talk.sleep(1.0)
        with pytest.raises(Interrupted):
            await talk.ask(until=(Cancel,))
        raise KeyError("interrupted")

    class Cancels(Two):
        name = "two"
        moves = {  # as protocols write it
            "opening": {("one", Propose): "answer"},
            "answer": {("other", Accept): "AGREED", ("other", Propose): "late"},
            "late": {("other", Cancel): "FAILED", ("one", Accept): "AGREED"},
        }
        timeouts = {"opening": "TIMEOUT", "answer": "TIMEOUT", "late": "TIMEOUT"}

    async def cancels(talk):
        await talk.receive()
        await talk.send(Propose(0.25))
        talk.peer.box.put(envelope_of(talk, Cancel("stop")))
        await talk.sleep(10.0)

    def envelope_of(talk, message):
        from negotiate_rt import Envelope

        return Envelope(talk.route, message, 7)

    outcome = await play(Cancels(asks, cancels), [Eager("Ann"), Answers("Rob")])
    assert "KeyError: 'interrupted'" in outcome.failure_reason
    assert called == []


# -- kinds of hooks ----------------------------------------------------------------------------------------------------


class AsyncCallable:
    async def __call__(self, view):
        return Propose(0.5)


class PlainCallable:
    def __call__(self, view):
        return Propose(0.5)


async def coroutine_function(view):
    return Propose(0.5)


def test_what_is_asynchronous():
    assert is_async(coroutine_function)
    assert is_async(Hooks("a").ponder)
    assert is_async(AsyncCallable())
    assert is_async(functools.partial(coroutine_function))
    assert not is_async(lambda view: None)
    assert not is_async(Hooks("a").decide)
    assert not is_async(PlainCallable())
    assert not is_async(len)


@pytest.mark.parametrize(
    "hook",
    [AsyncCallable(), PlainCallable(), functools.partial(coroutine_function), coroutine_function],
    ids=["async object", "plain object", "partial", "coroutine function"],
)
async def test_any_callable_is_a_hook(hook):
    agent = Agent("Ann")
    agent.decide = hook
    outcome = await play(Two(offer, accept), [agent, Answers("Rob")])
    assert outcome.agreed


async def test_hook_may_return_any_awaitable():
    import asyncio

    def later(view):
        future = asyncio.get_running_loop().create_future()
        future.set_result(Propose(0.5))
        return future

    agent = Agent("Ann")
    agent.decide = later
    outcome = await play(Two(offer, accept), [agent, Answers("Rob")])
    assert outcome.agreed

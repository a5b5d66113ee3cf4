"""FIPA Brokering and Recruiting in a society: who is found, who talks with whom, and what is passed on."""

from __future__ import annotations

import pytest

from negotiate_rt import (
    Agent,
    ConfigurationError,
    NegotiationConfig,
    NegotiationExecutor,
    Refuse,
    Society,
    Trace,
    sleep,
)
from negotiate_rt.agents.broker import Broker
from negotiate_rt.protocols.brokering import Proxied
from negotiate_rt.protocols.interaction import InteractionOptions
from negotiate_rt.protocols.subscribe import SubscribeOptions
from tests.protocols.test_contract_net import said
from tests.protocols.test_dialogues import One, Ticker, later

PAINT = Proxied(capability="paint", content={"wall": 3})


async def broker(proxied, *residents, protocol="brokering", trace=None, timeout=60.0, mediator=None, client=None, **options):
    """Run one brokering (or recruiting) among residents with capabilities, on a virtual clock."""
    async with Society("town", clock="virtual", journal=trace) as society:
        for agent, *capabilities in residents:
            await society.spawn(agent, capabilities=capabilities)
        config = NegotiationConfig(protocol, timeout=timeout, options=InteractionOptions(**options) if options else None)
        return await society.negotiate([client or Agent("ann"), mediator or Broker("bro")], config, proxied)


def painter(name, answer=None, seconds=0.0):
    return One(name, handle_request=later(seconds, answer))


async def test_broker_deals_with_the_first_that_serves():
    trace = Trace()
    crew = (painter("a", Refuse("busy")), "paint"), (painter("b"), "weld"), (painter("c", "done"), "paint")
    outcome = await broker(PAINT, *crew, (painter("d"), "paint"), trace=trace)
    assert outcome.agreed
    assert [(one.agent, one.served) for one in outcome.result.replies] == [("a", False), ("c", True)]
    assert outcome.result.replies[0].reason == "refused: a: busy"
    assert outcome.result.replies[1].result.report == "done"
    assert said(trace, "ann") == ["proxy"]
    assert said(trace, "bro", "ann") == ["agree", "inform-result"]
    assert said(trace, "bro", "c") == ["request"]
    assert said(trace, "bro", "d") == []


async def test_everybody_is_asked_at_once():
    crew = [(painter(name, name.upper(), 2.0), "paint") for name in "abc"]
    outcome = await broker(Proxied(capability="paint", content="x", everybody=True), *crew)
    assert [one.result.report for one in outcome.result.replies] == ["A", "B", "C"]
    assert outcome.duration_ms == 2000


async def test_recruited_agents_talk_with_the_initiator_itself():
    trace = Trace()
    outcome = await broker(PAINT, (painter("c", "done"), "paint"), protocol="recruiting", trace=trace)
    assert outcome.result.replies[0].result.report == "done"
    assert said(trace, "ann", "c") == ["request"]
    assert said(trace, "c", "ann") == ["inform-result"]
    assert said(trace, "bro", "c") == []


async def test_recruiting_for_a_subscription_uses_the_initiators_own_hook():
    ann = One("ann", hear=lambda news: news < 3)
    proxied = Proxied(capability="time", content="now", protocol="subscribe", options=SubscribeOptions(keep=2))
    outcome = await broker(proxied, (Ticker("tick"), "time"), protocol="recruiting", client=ann)
    assert outcome.result.replies[0].result.count == 4


async def test_nobody_fits_or_nobody_serves():
    none = await broker(PAINT, (painter("b"), "weld"))
    assert none.failure_reason == "refused: bro: no match: nobody here is capable of paint"
    assert none.result.replies == ()
    refused = await broker(PAINT, (painter("a", Refuse("busy")), "paint"))
    assert refused.failure_reason == "refused: bro: nobody served: a: refused: a: busy"


async def test_executor_without_residents_finds_nobody():
    executor = NegotiationExecutor(clock="virtual")
    outcome = await executor.execute([Agent("ann"), Broker("bro")], NegotiationConfig("brokering"), PAINT)
    assert outcome.failure_reason.startswith("refused: bro: no match")


async def test_broker_may_refuse():
    class Picky(Broker):
        def handle_proxy(self, proxied):
            return proxied.content != {"wall": 3}

    outcome = await broker(PAINT, (painter("a"), "paint"), mediator=Picky("bro"))
    assert outcome.failure_reason == "refused: bro"


async def test_slow_broker_is_cancelled_and_its_dialogues_with_it():
    trace = Trace()
    outcome = await broker(PAINT, (painter("a", "x", 50.0), "paint"), perform_timeout=5, trace=trace)
    assert outcome.failure_reason.startswith("agent-late: bro")
    assert outcome.duration_ms == 5000
    [inner] = [one for one in trace.records if one.kind == "ended" and one.negotiation != outcome.id]
    assert inner.content["reason"].startswith("cancelled: ")


async def test_timeout_of_each_dialogue_leads_to_the_next_agent():
    proxied = Proxied(capability="paint", content="x", timeout=3)
    outcome = await broker(proxied, (painter("a", "A", 50.0), "paint"), (painter("b", "B"), "paint"))
    assert [one.agent for one in outcome.result.replies if one.served] == ["b"]
    assert outcome.duration_ms == 3000


async def test_mediator_of_ones_own_needs_one_hook():
    class Own(Agent):
        async def mediate(self, proxied, context):
            await sleep(1)
            return context.search("paint", "weld")

    outcome = await broker(PAINT, (painter("a"), "paint", "weld"), (painter("b"), "paint"), mediator=Own("bro"))
    assert outcome.result.replies == ("a",)


async def test_broker_may_know_agents_that_live_nowhere():
    known = Broker("bro", [One("p", handle_request=lambda action: "done", capabilities=("paint",)), One("q")])
    executor = NegotiationExecutor(clock="virtual")
    outcome = await executor.execute([known], NegotiationConfig("brokering"), PAINT)
    assert [(one.agent, one.served) for one in outcome.result.replies] == [("p", True)]
    with pytest.raises(ConfigurationError, match="names of the agents that a broker knows must differ"):
        Broker("bro", [One("p"), One("p")])


@pytest.mark.parametrize(
    ("fields", "text"),
    [({"capability": 5, "content": 1}, "capability: expected the name of a capability"),
     ({"capability": "x", "content": 1, "protocol": "bilateral"}, "protocol: expected one of request, query"),
     ({"capability": "x", "content": 1, "timeout": 0}, "timeout: expected seconds")],
)  # fmt: skip
def test_proxies_that_make_no_sense_are_refused(fields, text):
    with pytest.raises(ConfigurationError, match=text):
        Proxied(**fields)


async def test_only_a_proxied_can_be_brokered():
    with pytest.raises(ConfigurationError, match=r"brokering: needs a Proxied\(capability=..., content=...\), got 5"):
        await broker(5)

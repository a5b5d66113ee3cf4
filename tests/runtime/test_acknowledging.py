"""Acknowledged delivery: every message once, in order, over links that lose, repeat, delay and reorder; nothing when off."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import (
    Acknowledgement,
    Buyer,
    ConfigurationError,
    LinkFaults,
    NegotiationConfig,
    NegotiationExecutor,
    Network,
    Seller,
    Society,
    Trace,
)
from negotiate_rt.runtime.acknowledging import AcknowledgedChannel
from negotiate_rt.runtime.latency import Uniform
from negotiate_rt.runtime.network import NetworkFaults

RETRY = Acknowledgement(retry_after=0.1)


def pair():
    return [Buyer("Bea", 80, 40), Seller("Sam", 60, 120)]


def run(network, **config):
    trace = Trace()
    executor = NegotiationExecutor(clock="virtual", network=network, seed=3, journal=trace, name="ack")
    return executor.run(pair(), NegotiationConfig("bilateral", **config)), trace


def heard(trace):
    return [(record.sender, record.number, record.act) for record in trace.records if record.kind == "heard"]


@settings(max_examples=40, deadline=None)
@given(
    loss=st.floats(0, 0.6), duplicate=st.floats(0, 0.6), reorder=st.booleans(), high=st.floats(0.001, 0.3),
    seed=st.integers(0, 10**6),
)  # fmt: skip
def test_each_message_is_heard_once_and_in_order_over_any_link(loss, duplicate, reorder, high, seed):
    clean, plain = run(None)
    faults = {"loss": loss, "duplicate": duplicate, "reorder": reorder, "latency": Uniform(0.0, high)}
    network = Network(**faults, acknowledged=RETRY)
    trace = Trace()
    executor = NegotiationExecutor(clock="virtual", network=network, seed=seed, journal=trace)
    outcome = executor.run(pair(), NegotiationConfig("bilateral", timeout=None))
    assert heard(trace) == heard(plain)
    assert outcome.accepted_offer.value == clean.accepted_offer.value
    assert outcome.utilities == clean.utilities
    assert not outcome.faults


def test_without_it_the_same_lossy_talk_runs_into_its_timeout():
    outcome, _ = run(Network(loss=0.4))
    assert outcome.final_state == "TIMEOUT"
    assert run(Network(loss=0.4, acknowledged=True))[0].agreed


def test_a_negotiation_may_ask_for_it_on_a_network_without():
    assert run(Network(loss=0.4), acknowledged=True)[0].agreed
    assert run(Network(loss=0.4), acknowledged=RETRY)[0].agreed


def test_a_negotiation_may_do_without_on_a_network_that_acknowledges():
    assert run(Network(loss=0.4, acknowledged=True), acknowledged=False)[0].final_state == "TIMEOUT"


def test_it_gives_up_after_its_attempts():
    network = Network(loss=1.0, acknowledged=Acknowledgement(retry_after=0.1, attempts=3))
    outcome, _ = run(network, timeout=100)
    assert outcome.final_state == "TIMEOUT"
    assert network.statistics().carried == 3
    assert network.statistics().lost == 3


def test_what_was_blocked_by_a_partition_arrives_after_its_repair():
    network = Network(latency=0.01, acknowledged=True)
    executor = NegotiationExecutor(clock="virtual", network=network)
    cut = network.partition("Bea")

    class Repairer:
        def on_negotiation_started(self, config):
            network.kernel.call_at(2.0, lambda: network.repair(cut))

    executor.add_listener(Repairer())
    outcome = executor.run(pair(), NegotiationConfig("bilateral"))
    assert outcome.agreed
    assert 2000 < outcome.duration_ms < 6000


def test_a_perfect_static_network_has_no_channels():
    network = Network(static=True, acknowledged=True)
    outcome, _ = run(network)
    assert outcome.agreed
    assert network.statistics().carried == 0


@pytest.mark.parametrize("overflow", ["fail", "wait"])
async def test_messages_for_a_full_mailbox_come_again(overflow):
    """A contractor floods a manager whose mailbox is small: nothing is lost, nothing comes twice."""
    network = Network(latency=0.001, acknowledged=True)
    async with Society("soc", clock="virtual", network=network, mailbox_capacity=1, overflow=overflow) as society:
        outcome = await society.negotiate(pair(), NegotiationConfig("bilateral"))
        assert outcome.agreed


async def test_no_timer_of_a_channel_outlives_its_negotiation():
    network = Network(latency=0.01, acknowledged=Acknowledgement(retry_after=50.0, longest=50.0))
    async with Society("soc", clock="virtual", network=network) as society:
        handle = society.start(pair(), NegotiationConfig("bilateral"))
        ends = list(handle._conversation.ends)
        channels = [end.link for end in ends]
        assert all(isinstance(channel, AcknowledgedChannel) for channel in channels)
        await handle
        assert not any(channel.armed < float("inf") for channel in channels)
        assert all(channel.end is None for channel in channels)


def test_same_seed_same_bytes():
    network = {"loss": 0.3, "duplicate": 0.2, "reorder": True, "latency": Uniform(0.0, 0.1), "acknowledged": True}
    assert run(Network(**network))[1].to_jsonl() == run(Network(**network))[1].to_jsonl()


def test_a_network_as_data_may_ask_for_it():
    described = NetworkFaults(loss=0.4, links={"Bea>Sam": LinkFaults(loss=0.2)}, acknowledged=True)
    network = Network.of(described)
    assert network.acknowledged == Acknowledgement()
    assert run(network)[0].agreed


@pytest.mark.parametrize(
    ("fields", "flaw"),
    [
        ({"retry_after": 0}, "acknowledged.retry_after: expected a number from 1e-06"),
        ({"retry_after": float("nan")}, "acknowledged.retry_after must be finite"),
        ({"backoff": 0.5}, "acknowledged.backoff: expected a number from 1"),
        ({"longest": 0.1}, "acknowledged.longest: expected at least retry_after"),
        ({"attempts": 0}, "acknowledged.attempts: expected a whole number from 1"),
        ({"attempts": True}, "acknowledged.attempts"),
    ],
)
def test_impossible_options_are_refused(fields, flaw):
    with pytest.raises(ConfigurationError, match=flaw):
        Acknowledgement(**fields)


@pytest.mark.parametrize("given", ["yes", 1, 0.2])
def test_what_is_no_option_is_refused(given):
    with pytest.raises(ConfigurationError, match="expected true, false or an Acknowledgement"):
        Network(acknowledged=given)
    with pytest.raises(ConfigurationError, match="expected true, false or an Acknowledgement"):
        NegotiationConfig("bilateral", acknowledged=given)


def test_waits_grow_up_to_the_longest():
    option = Acknowledgement(retry_after=0.1, backoff=3.0, longest=1.0, attempts=1000)
    assert [option.wait(n) for n in (1, 2, 3, 4, 1000)] == pytest.approx([0.1, 0.3, 0.9, 1.0, 1.0])

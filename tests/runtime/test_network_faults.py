"""A network's faults as data: adversaries on links, outages at given times, presets; impossible ones are refused."""

from __future__ import annotations

import re

import pytest

from negotiate_rt import Buyer, ConfigurationError, LinkFaults, NegotiationConfig, NegotiationExecutor, Network, Seller
from negotiate_rt.runtime.network import NetworkFaults
from negotiate_rt.runtime.outages import Hold, Partition
from negotiate_rt.runtime.presets import PRESETS, preset
from negotiate_rt.scenarios import loads

ADVERSARIES = ["garble", "replay", "forge", "untimely", "lie", "flood"]


def run(described, **config):
    executor = NegotiationExecutor(clock="virtual", network=Network.of(described), seed=5, mailbox_capacity=64, name="net")
    pair = [Buyer("Bea", 80, 40), Seller("Sam", 60, 120)]
    return executor.run(pair, NegotiationConfig("bilateral", **config)), executor


@pytest.mark.parametrize("kind", ADVERSARIES)
def test_a_talk_ends_by_its_deadline_whatever_an_adversary_sends(kind):
    outcome, _ = run(NetworkFaults(**{kind: 0.5}), timeout=10)
    assert outcome.duration_ms <= 10_000
    assert {fault.who for fault in outcome.faults} <= {"Bea", "Sam"}


@pytest.mark.parametrize("kind", ["replay", "forge", "flood"])
def test_what_follows_a_message_changes_nothing(kind):
    clean, _ = run(NetworkFaults())
    outcome, _ = run(NetworkFaults(**{kind: 1.0}))
    assert outcome.accepted_offer.value == clean.accepted_offer.value
    assert outcome.rounds_used == clean.rounds_used


def test_a_forged_message_is_the_fault_of_who_sent_it():
    outcome, _ = run(NetworkFaults(links={"Sam>Bea": LinkFaults(forge=1.0)}))
    assert outcome.agreed
    assert {fault.who for fault in outcome.faults} == {"Sam"}
    assert {fault.what for fault in outcome.faults} == {"forged"}


def test_a_flood_is_dropped_before_it_fills_the_mailbox():
    outcome, _ = run(NetworkFaults(links={"Sam>Bea": LinkFaults(flood=1.0, flood_size=1000)}), max_rounds=4)
    assert outcome.final_state in ("AGREED", "DEADLOCK")
    assert 0 < len(outcome.faults) <= 4 * 34


def test_garbled_messages_come_again_where_delivery_is_acknowledged():
    clean, _ = run(NetworkFaults())
    outcome, _ = run(NetworkFaults(garble=0.4, latency=0.01, acknowledged=True))
    assert outcome.accepted_offer.value == clean.accepted_offer.value


@pytest.mark.parametrize("kind", ADVERSARIES)
def test_an_adversary_acts_the_same_each_time(kind):
    first, second = (run(NetworkFaults(**{kind: 0.5}, latency=0.1), timeout=5)[0] for _ in range(2))
    assert first.faults == second.faults
    assert first.accepted_offer == second.accepted_offer


def test_a_partition_at_a_time_holds_the_talk_up_until_it_is_over():
    cut = Partition(one="Bea", at=0.5, lasting=2.0)
    described = NetworkFaults(latency=0.2, acknowledged=True, outages=(cut,))
    clean, _ = run(NetworkFaults(latency=0.2))
    outcome, _ = run(described)
    assert outcome.accepted_offer.value == clean.accepted_offer.value
    assert outcome.duration_ms > clean.duration_ms + 1000


def test_an_outage_of_everybody_recurs_as_often_as_it_says():
    described = NetworkFaults(latency=0.01, outages=(Partition(one="*", at=1.0, lasting=0.5, every=2.0, times=3),))
    network = Network.of(described)
    executor = NegotiationExecutor(clock="virtual", network=network)
    seen = []

    class Watch:
        def on_negotiation_started(self, config):
            for step in range(80):
                network.kernel.call_at(step / 10 + 0.05, lambda at=step / 10: seen.append((at, bool(network.cuts))))

    executor.add_listener(Watch())

    async def hang(view):
        await view.sleep(7.5)

    executor.run([Buyer("Bea", 80, strategy=hang), Seller("Sam", 60)], NegotiationConfig("bilateral", timeout=8, max_rounds=1))
    cut = [at for at, is_cut in seen if is_cut]
    assert cut == [1.0, 1.1, 1.2, 1.3, 1.4, 3.0, 3.1, 3.2, 3.3, 3.4, 5.0, 5.1, 5.2, 5.3, 5.4]


def test_a_hold_keeps_what_is_said_and_sends_it_when_it_is_over():
    outcome, _ = run(NetworkFaults(latency=0.1, outages=(Hold(one="Bea", other="Sam", at=0.05, lasting=3.0),)))
    clean, _ = run(NetworkFaults(latency=0.1))
    assert outcome.agreed
    assert outcome.accepted_offer.value == clean.accepted_offer.value
    assert outcome.duration_ms > 3000


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_preset_lets_talks_end_in_time(name):
    outcome, _ = run(preset(name), timeout=20)
    assert outcome.duration_ms <= 20_000


def test_a_scenario_names_a_preset_or_describes_its_network():
    text = 'name = "x"\nprotocol = "bilateral"\nagents = [{type = "buyer", name = "B", limit = 80}, '
    text += '{type = "seller", name = "S", limit = 60}]\n'
    assert loads(text + 'network = "wan"').network().faults == PRESETS["wan"]
    table = '[network]\nloss = 0.1\nacknowledged = {retry_after = 0.5}\n'
    table += '[[network.outages]]\nkind = "partition"\none = "B"\nat = 1\n'
    network = loads(text + table).network()
    assert network.outages == (Partition(one="B", at=1.0),)
    assert network.acknowledged.retry_after == 0.5
    with pytest.raises(ConfigurationError, match="did you mean 'mobile'"):
        loads(text + 'network = "mobil"')


@pytest.mark.parametrize(
    ("make", "flaw"),
    [
        (lambda: LinkFaults(garble=1.5), "link: garble: expected a number from 0 to 1, got 1.5"),
        (lambda: LinkFaults(flood_size=0), "link: flood_size: expected a number from 1"),
        (lambda: LinkFaults(lie=float("nan")), "link: lie: expected a number"),
        (lambda: Partition(one="a", at=-1), "partition: at: expected a number from 0"),
        (lambda: Partition(one="a", every=1.0), "partition: lasting: expected at most every (1 s), got None"),
        (lambda: Partition(one="a", every=1.0, lasting=2.0), "one would begin before the last had ended"),
        (lambda: Hold(one="a", other="b", times=0), "hold: times: expected a number from 1"),
        (lambda: preset("lann"), "did you mean 'lan'?"),
        (lambda: Network.of(NetworkFaults(outages=(Partition(one="a"),)), static=True), "a static network cannot be"),
    ],
)
def test_impossible_parameters_are_refused(make, flaw):
    with pytest.raises(ConfigurationError, match=re.escape(flaw)):
        make()

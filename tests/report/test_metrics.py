"""Prometheus text: what is counted, its form, and what is there at the moment of asking."""

from __future__ import annotations

import re

from negotiate_rt import (
    Bidder,
    Buyer,
    Metrics,
    NegotiationConfig,
    NegotiationExecutor,
    Negotiator,
    Network,
    Seller,
    Society,
)
from negotiate_rt.report.metrics import Histogram

LINE = re.compile(r'negotiate_rt_\w+(\{(\w+="(\\.|[^"\\])*",?)+\})? -?[\d.e+-]+(inf|nan)?')


def parsed(text):
    """The samples by name and labels; every line is a sample, or a comment before its family."""
    found, kinds = {}, {}
    for line in text.splitlines():
        if line.startswith("#"):
            what, name, rest = line[2:].split(" ", 2)
            kinds.setdefault(name, {})[what] = rest
            continue
        assert LINE.fullmatch(line), line
        key, _, value = line.rpartition(" ")
        assert key not in found
        found[key] = float(value)
    assert all({"HELP", "TYPE"} == set(one) for one in kinds.values())
    return found


def test_negotiations_are_counted_by_protocol_and_ending():
    metrics = Metrics()
    executor = NegotiationExecutor(clock="virtual")
    executor.add_listener(metrics)
    for limit in (80, 50):
        executor.run([Buyer("B", limit), Seller("S", 60)], NegotiationConfig("bilateral", 10))
    executor.run([Bidder("x", 3), Bidder("y", 5)], NegotiationConfig("vickrey"), "lot")
    found = parsed(metrics.text())
    assert found['negotiate_rt_negotiations_started_total{protocol="bilateral"}'] == 2
    assert found['negotiate_rt_negotiations_ended_total{protocol="bilateral",state="AGREED"}'] == 1
    assert found['negotiate_rt_negotiations_ended_total{protocol="bilateral",state="DEADLOCK",code="max-rounds"}'] == 1
    assert found['negotiate_rt_negotiations_ended_total{protocol="vickrey-auction",state="AGREED"}'] == 1
    assert found['negotiate_rt_negotiation_rounds_bucket{protocol="bilateral",le="+Inf"}'] == 2
    assert found['negotiate_rt_negotiation_rounds_count{protocol="bilateral"}'] == 2
    assert found['negotiate_rt_negotiation_rounds_bucket{protocol="vickrey-auction",le="1"}'] == 1
    assert found['negotiate_rt_messages_total{protocol="bilateral"}'] > 20


def test_faults_are_counted_by_kind():
    def broken(view):
        raise ValueError("oops")

    metrics = Metrics()
    executor = NegotiationExecutor(clock="virtual")
    executor.add_listener(metrics)
    executor.run([Negotiator("n", strategy=broken), Seller("S", 60)], NegotiationConfig("bilateral", 10))
    assert parsed(metrics.text())['negotiate_rt_faults_total{protocol="bilateral",kind="raised"}'] == 1


async def test_a_society_tells_what_is_open_and_what_was_lost():
    async def sleeps(view):
        await view.sleep(30)

    network = Network(0.01, loss=0.5)
    async with Society(clock="virtual", network=network, seed=1) as society:
        metrics = Metrics(society.statistics)
        society.add_listener(metrics)
        going = society.start(
            [Buyer("B", 80), Negotiator("slow", strategy=sleeps)], NegotiationConfig("bilateral", 10, timeout=20)
        )
        at_first = parsed(metrics.text())
        assert at_first["negotiate_rt_open_negotiations"] == 1
        assert at_first["negotiate_rt_network_lost"] == 0
        await going
        for _ in range(20):
            await society.negotiate([Buyer("B", 80), Seller("S", 60)], NegotiationConfig("bilateral", 10, timeout=20))
        found = parsed(metrics.text())
        assert found["negotiate_rt_open_negotiations"] == 0
        assert found["negotiate_rt_network_lost"] > 5
        assert found['negotiate_rt_dead_letters_total{reason="lost"}'] == found["negotiate_rt_network_lost"]


def test_the_text_does_not_depend_on_the_order_of_events():
    def text(limits):
        metrics = Metrics()
        executor = NegotiationExecutor(clock="virtual")
        executor.add_listener(metrics)
        for limit in limits:
            executor.run([Buyer("B", limit), Seller("S", 60)], NegotiationConfig("bilateral", 10))
        return metrics.text()

    assert text([80, 50, 70]) == text([50, 70, 80])


def test_labels_are_escaped_and_buckets_hold_those_below():
    one = Histogram((1.0, 2.0))
    for number in (0.5, 1.0, 1.5, 9.0):
        one.add(number)
    assert list(one.lines("h", {"p": 'a"b\\c\n'})) == [
        'h_bucket{p="a\\"b\\\\c\\n",le="1.0"} 2',
        'h_bucket{p="a\\"b\\\\c\\n",le="2.0"} 3',
        'h_bucket{p="a\\"b\\\\c\\n",le="+Inf"} 4',
        'h_sum{p="a\\"b\\\\c\\n"} 12.0',
        'h_count{p="a\\"b\\\\c\\n"} 4',
    ]
    assert Metrics().text() == "\n"

"""OpenTelemetry: a span for each negotiation, events for what is said, and nothing of what is sealed unless it is asked for."""

from __future__ import annotations

import sys

import pytest

from negotiate_rt import (
    Bidder,
    Buyer,
    ConfigurationError,
    NegotiationConfig,
    NegotiationExecutor,
    Negotiator,
    OpenTelemetryTracing,
    Seller,
    Trace,
)

sdk = pytest.importorskip("opentelemetry.sdk.trace", reason="the extra `otel` and the SDK are not installed")


@pytest.fixture
def traced():
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept = InMemorySpanExporter()
    provider = sdk.TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    return provider.get_tracer("test"), kept


def spans_of(traced, agents, config, problem=None, journal=None, **options):
    tracer, kept = traced
    executor = NegotiationExecutor(clock="virtual", journal=journal)
    executor.add_listener(OpenTelemetryTracing(tracer, **options))
    outcome = executor.run(agents, NegotiationConfig(config, 10), problem)
    return outcome, kept.get_finished_spans()


def test_a_negotiation_is_a_span_with_an_event_for_each_message(traced):
    trace = Trace()
    outcome, [span] = spans_of(traced, [Buyer("B", 80, 40), Seller("S", 60, 120)], "bilateral", journal=trace)
    assert span.name == "negotiate bilateral"
    found = dict(span.attributes)
    assert found["negotiation.id"] == outcome.id
    assert found["negotiation.state"] == "AGREED"
    assert found["negotiation.messages"] == outcome.messages == len(span.events)
    assert found["negotiation.rounds"] == outcome.rounds_used
    assert found["negotiation.parties"] == ("B", "S")
    assert {event.name for event in span.events} == {"message"}
    first = dict(span.events[0].attributes)
    assert first == {"sender": "B", "receiver": "S", "act": "propose"}
    assert trace.records[0].kind == "started"
    assert span.status.is_ok


def test_what_is_sealed_stays_out_unless_contents_are_asked_for(traced):
    _, [span] = spans_of(traced, [Bidder("x", 31337.0), Bidder("y", 5)], "vickrey", "lot")
    assert "31337" not in span.to_json()
    traced[1].clear()
    _, [span] = spans_of(traced, [Bidder("x", 31337.0), Bidder("y", 5)], "vickrey", "lot", contents=True, heard=True)
    assert "31337" in span.to_json()
    assert {"message", "message heard"} <= {event.name for event in span.events}


def test_a_crash_is_an_error_with_its_fault(traced):
    def broken(view):
        raise ValueError("oops")

    outcome, [span] = spans_of(traced, [Negotiator("n", strategy=broken), Seller("S", 60)], "bilateral")
    assert not span.status.is_ok
    assert dict(span.attributes)["negotiation.reason"] == outcome.failure_reason
    [fault] = [event for event in span.events if event.name == "fault"]
    assert fault.attributes["what"] == "raised"
    assert "oops" in fault.attributes["cause"]


def test_no_deal_is_no_error(traced):
    _, [span] = spans_of(traced, [Buyer("B", 50), Seller("S", 60)], "bilateral")
    assert dict(span.attributes)["negotiation.state"] == "DEADLOCK"
    assert span.status.is_ok or span.status.status_code.name == "UNSET"


async def test_spans_last_as_long_as_their_clock_says(traced):
    async def thinks(view):
        await view.sleep(2.5)

    tracer, kept = traced
    executor = NegotiationExecutor(clock="virtual")
    executor.add_listener(OpenTelemetryTracing(tracer))
    outcome = await executor.execute(
        [Negotiator("slow", strategy=thinks), Seller("S", 60)], NegotiationConfig("bilateral", 10, timeout=7)
    )
    [span] = kept.get_finished_spans()
    assert (span.end_time - span.start_time) / 1e6 == pytest.approx(outcome.duration_ms)
    assert outcome.duration_ms >= 2500


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'negotiate-rt\[otel\]'"):
        OpenTelemetryTracing()


def test_a_listener_that_fails_at_a_record_harms_nobody():
    class Broken:
        def on_record(self, record):
            raise RuntimeError("disk full")

    executor = NegotiationExecutor(clock="virtual")
    executor.add_listener(Broken())
    assert executor.run([Buyer("B", 80), Seller("S", 60)], NegotiationConfig("bilateral", 10)).agreed

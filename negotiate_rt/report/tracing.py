"""Negotiations as OpenTelemetry sees them: a span for each, an event in it for each message, fault and silent row.

Needs the extra `otel` (opentelemetry-api); where its spans go is the application's to say, as with all of OpenTelemetry.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from negotiate_rt.errors import ConfigurationError

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

    from negotiate_rt.journal.record import Record
    from negotiate_rt.messages.outcome import NegotiationOutcome

NANOSECONDS = 1_000_000_000
KINDS = {"said": "message", "heard": "message heard", "skipped": "turn skipped", "passed": "silence", "fault": "fault"}


class OpenTelemetryTracing:
    """A listener that makes spans: `executor.add_listener(OpenTelemetryTracing())`.

    A span is called `negotiate bilateral`, by its protocol, and holds id, final state, reason, rounds, messages, faults, parties
    as attributes `negotiation.*`; its status is an error where the negotiation FAILED by an agent's or protocol's fault.
    Events carry sender, receiver and act; what messages say stays out (bids may be sealed) unless `contents` is True. heard:
    add an event when a message is taken, too. tracer: one of your own (None: the global provider's). Times are those of the
    society's clock, counted from when this was made. Raises ConfigurationError without opentelemetry-api.
    """

    def __init__(self, tracer: Tracer | None = None, *, contents: bool = False, heard: bool = False) -> None:
        try:
            from opentelemetry import trace
        except ImportError:
            raise ConfigurationError(
                "OpenTelemetryTracing needs opentelemetry-api: pip install 'negotiate-rt[otel]'"
            ) from None
        self._trace = trace
        self.tracer = tracer or trace.get_tracer("negotiate_rt")
        self.contents = contents
        self.heard = heard
        self.origin = time.time_ns()
        self.spans: dict[str, Span] = {}

    def on_record(self, record: Record) -> None:
        """Open the span at the start, and add to it what happens."""
        if record.kind == "started":
            attributes = {"negotiation.id": record.negotiation, "negotiation.protocol": str(record.content)}
            name = f"negotiate {record.content}"
            self.spans[record.negotiation] = self.tracer.start_span(
                name, attributes=attributes, start_time=self._moment(record.at)
            )
            return
        span = self.spans.get(record.negotiation)
        kind = KINDS.get(record.kind)
        if span is not None and kind is not None and (record.kind != "heard" or self.heard):
            span.add_event(kind, self._about(record), self._moment(record.at))

    def on_negotiation_completed(self, outcome: NegotiationOutcome) -> None:
        """Close the span with how it ended."""
        span = self.spans.pop(outcome.id, None)
        if span is None:
            return
        state = str(outcome.final_state)
        facts: dict[str, Any] = {
            "state": state, "agreed": outcome.agreed, "rounds": outcome.rounds_used, "messages": outcome.messages,
            "offers": len(outcome.all_offers), "faults": len(outcome.faults), "parties": tuple(outcome.utilities),
        }  # fmt: skip
        span.set_attributes({f"negotiation.{name}": fact for name, fact in facts.items()})
        if outcome.failure_reason:
            span.set_attribute("negotiation.reason", outcome.failure_reason)
        code = (outcome.failure_reason or "").partition(":")[0]
        if state == "FAILED" and code in ("agent-crashed", "agent-late", "protocol-violation"):
            span.set_status(self._trace.Status(self._trace.StatusCode.ERROR, outcome.failure_reason))
        span.end(self._ended_at(span, outcome))

    def _ended_at(self, span: Any, outcome: NegotiationOutcome) -> int | None:
        start = getattr(span, "start_time", None)  # the SDK's spans have one
        return None if start is None else int(start + outcome.duration_ms * 1_000_000)

    def _moment(self, at: float) -> int:
        return self.origin + int(at * NANOSECONDS)

    def _about(self, record: Record) -> dict[str, Any]:
        """Return an event's attributes: who, to whom, what; the content as text if that is wanted, of a fault in any case."""
        found: dict[str, Any] = {"sender": record.sender}
        if record.receiver:
            found["receiver"] = record.receiver
        if record.act:
            found["act"] = record.act
        if record.kind == "fault":
            found |= {key: str(value) for key, value in record.content.items()}
        elif self.contents and record.content is not None:
            found["content"] = repr(record.content)
        return found

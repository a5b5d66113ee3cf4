"""Counts of a running society as Prometheus reads them: text, in the exposition format of version 0.0.4."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.outcome import NegotiationOutcome

SECONDS = (0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0, 60.0)  # the upper ends of the buckets of durations
ROUNDS = (1, 2, 5, 10, 20, 50, 100)
PREFIX = "negotiate_rt"
ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


class Histogram:
    """How often a number fell below each of some bounds, and the sum of all."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, number: float) -> None:
        """Count a number."""
        place = next((place for place, bound in enumerate(self.bounds) if number <= bound), len(self.bounds))
        self.counts[place] += 1
        self.total += number

    def lines(self, name: str, labels: Mapping[str, str]) -> Iterable[str]:
        """Give the lines of one series: buckets that include those below, the sum, the count."""
        below = 0
        for bound, count in zip((*self.bounds, "+Inf"), self.counts, strict=True):
            below += count
            yield f"{name}_bucket{_braced({**labels, 'le': str(bound)})} {below}"
        yield f"{name}_sum{_braced(labels)} {self.total!r}"
        yield f"{name}_count{_braced(labels)} {below}"


class Metrics:
    """A listener that counts: `executor.add_listener(metrics)`, then `metrics.text()` whenever Prometheus asks.

    Negotiations begun and ended (by protocol, final state and code of failure), faults by kind, messages, and histograms of
    duration and rounds by protocol; with `statistics` (an executor's or society's method of that name) also what is open,
    calls, mailboxes, dead letters and network at the moment of asking. One Metrics may listen to several executors.
    """

    def __init__(self, statistics: Callable[[], Any] | None = None) -> None:
        self.statistics = statistics
        self.begun: Counter[str] = Counter()
        self.ended: Counter[tuple[str, str, str]] = Counter()
        self.faults: Counter[tuple[str, str]] = Counter()
        self.messages: Counter[str] = Counter()
        self.durations: dict[str, Histogram] = {}
        self.rounds: dict[str, Histogram] = {}

    def on_negotiation_started(self, config: NegotiationConfig) -> None:
        """Count a start."""
        self.begun[str(config.type)] += 1

    def on_negotiation_completed(self, outcome: NegotiationOutcome) -> None:
        """Count an ending."""
        protocol = outcome.protocol
        code = (outcome.failure_reason or "").partition(":")[0]
        self.ended[protocol, str(outcome.final_state), code] += 1
        self.messages[protocol] += outcome.messages
        for fault in outcome.faults:
            self.faults[protocol, fault.what] += 1
        self.durations.setdefault(protocol, Histogram(SECONDS)).add(outcome.duration_ms / 1000)
        self.rounds.setdefault(protocol, Histogram(ROUNDS)).add(outcome.rounds_used)

    def text(self) -> str:
        """Return all of it as text, in an order that does not change."""
        begun = [({"protocol": name}, count) for name, count in self.begun.items()]
        ended = [
            ({"protocol": name, "state": state, "code": code}, count) for (name, state, code), count in self.ended.items()
        ]
        faults = [({"protocol": name, "kind": kind}, count) for (name, kind), count in self.faults.items()]
        messages = [({"protocol": name}, count) for name, count in self.messages.items()]
        lines = [
            *_family("negotiations_started_total", "counter", "Negotiations that have begun.", begun),
            *_family("negotiations_ended_total", "counter", "Negotiations that have ended, by how.", ended),
            *_family("faults_total", "counter", "Faults of agents, by kind.", faults),
            *_family("messages_total", "counter", "Messages of negotiations that have ended.", messages),
            *_histograms("negotiation_seconds", "How long negotiations took, on their clock.", self.durations),
            *_histograms("negotiation_rounds", "How many rounds negotiations took.", self.rounds),
        ]
        now = self.statistics() if self.statistics is not None else None
        return "\n".join([*lines, *(_present(now) if now is not None else ())]) + "\n"


def _histograms(name: str, about: str, series: Mapping[str, Histogram]) -> Iterable[str]:
    if series:
        yield f"# HELP {PREFIX}_{name} {about}"
        yield f"# TYPE {PREFIX}_{name} histogram"
    for protocol, one in sorted(series.items()):
        yield from one.lines(f"{PREFIX}_{name}", {"protocol": protocol})


def _present(now: Any) -> Iterable[str]:  # a WorldStatistics
    """Give what is at this moment."""
    gauges = {
        "open_negotiations": ("Negotiations that are open.", now.open),
        "actors": ("Role coroutines that live.", now.actors),
        "calls_running": ("Outside hooks at work.", now.calls_running),
        "calls_waiting": ("Outside hooks that wait for a place.", now.calls_waiting),
        "orphaned_calls": ("Cancelled hooks that have not ended.", now.orphans),
        "mailbox_messages": ("Messages that wait in mailboxes.", now.mailboxes.waiting),
        "mailbox_fullest": ("Messages in the fullest mailbox.", now.mailboxes.fullest),
        "slowest_call_seconds": ("How long the slowest hook is at work.", max((one.seconds for one in now.slowest), default=0.0)),
    }  # fmt: skip
    for name, (about, value) in gauges.items():
        yield from _family(name, "gauge", about, [({}, value)])
    dead = [({"reason": reason}, count) for reason, count in now.dead_letters_by.items()]
    yield from _family("dead_letters_total", "counter", "Messages that nobody will read, by reason.", dead)
    if now.network is not None:
        for field in now.network.__struct_fields__:
            value = getattr(now.network, field)
            if isinstance(value, (int, float)):
                yield from _family(f"network_{field}", "gauge", f"Messages on links: {field.replace('_', ' ')}.", [({}, value)])


def _family(name: str, kind: str, about: str, series: Iterable[tuple[Mapping[str, str], float]]) -> Iterable[str]:
    rows = sorted((_braced(labels), value) for labels, value in series)
    if rows:
        yield f"# HELP {PREFIX}_{name} {about}"
        yield f"# TYPE {PREFIX}_{name} {kind}"
    for labels, value in rows:
        yield f"{PREFIX}_{name}{labels} {value!r}"


def _braced(labels: Mapping[str, str]) -> str:
    inside = ",".join(f'{name}="{value.translate(ESCAPES)}"' for name, value in labels.items() if value)
    return f"{{{inside}}}" if inside else ""

"""What an audit of a mechanism found: one finding for each promise, each failure with its counterexample."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Verdict = Literal["holds", "unrefuted", "fails", "not judged"]

PROPERTIES = {
    "dominant-strategy": "no misreport pays, whatever the others report",
    "bayesian": "no misreport pays on average, if the others are truthful and types are drawn from the prior",
    "individually-rational": "the truthful never end worse than by staying out",
    "interim-rational": "knowing only their own type, the truthful expect no less than by staying out",
    "no-deficit": "payments never sum to less than 0",
    "balanced": "payments always sum to 0",
    "expected-no-deficit": "payments sum to at least 0 on average",
    "expected-balance": "payments sum to 0 on average",
    "efficient": "the allocation is always worth the most in all; without money: no other is better for one and worse for none",
    "monotone": "a report that values an allocation more never loses it (weak monotonicity)",
}
"""What can be judged, in the order of the report. Weak monotonicity (Bikhchandani et al., "Weak monotonicity characterizes
deterministic dominant-strategy implementation", 2006) is for a single number per type: a higher report never gets less."""


class Counterexample(msgspec.Struct, frozen=True, kw_only=True):
    """Where a promise breaks, so that anyone can check it.

    agent: whose it is (empty: everybody's). types: the true ones of all, in the agents' order; of an interim finding only
    the agent's own, the others None. misreport: what it says instead. before, after: its utility when truthful, and with the
    misreport; for rationality staying out and taking part, for budgets 0 and the sum of payments, for efficiency the best
    total value and the one chosen. gain: how far apart they are. told: the same in a sentence.
    """

    agent: str
    types: tuple[Any, ...]
    misreport: Any = None
    before: float
    after: float
    gain: float
    told: str


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What was found about one property.

    verdict: "holds" (in every case of an exhaustive search, and claimed for nothing beyond), "unrefuted" (a sampled search
    found no counterexample), "fails", or "not judged" (`note` says why). cases: how many were looked at, failures: in how
    many of them it breaks. searched: what that was, in words.
    """

    property: str
    verdict: Verdict
    searched: str = ""
    cases: int = 0
    failures: int = 0
    counterexample: Counterexample | None = None
    note: str = ""


class Revenue(msgspec.Struct, frozen=True, kw_only=True):
    """What truthful agents pay in all: mean under the prior, its standard error (0 where it is exact), least and most seen."""

    mean: float
    error: float
    least: float
    most: float


def kept(found: Finding) -> bool:
    """Whether a search found nothing against a property."""
    return found.verdict in ("holds", "unrefuted")


class AuditReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything an audit found. seed: of the sampled part, None where nothing was drawn. profiles: of types looked at;
    evaluations: calls of the mechanism's rule."""

    mechanism: str
    agents: tuple[str, ...]
    assumes: str
    exhaustive: bool
    seed: int | None
    profiles: int
    evaluations: int
    findings: tuple[Finding, ...]
    revenue: Revenue | None = None

    def __getitem__(self, name: str) -> Finding:
        for one in self.findings:
            if one.property == name:
                return one
        raise KeyError(name)

    @property
    def counterexamples(self) -> dict[str, Counterexample]:
        """The counterexamples, by property."""
        return {one.property: one.counterexample for one in self.findings if one.counterexample is not None}


def shown(one: Any) -> str:  # any type or report
    """Return a type or report in short: numbers rounded, names bare, rankings as a > b > c."""
    name = getattr(one, "name", None)
    if isinstance(name, str):
        return name
    if isinstance(one, str):
        return one
    if isinstance(one, float):
        return in_short(one)
    if isinstance(one, tuple) and one and all(isinstance(part, str) for part in one):
        return " > ".join(one)
    if isinstance(one, tuple) and one and all(map(_priced, one)):
        return "; ".join(f"{shown(bundle)} {shown(worth)}" for bundle, worth in one)
    if isinstance(one, tuple):
        return "(" + ", ".join(map(shown, one)) + ")"
    if isinstance(one, frozenset):
        return "{" + ", ".join(sorted(map(shown, one))) + "}"
    return str(one)


def _priced(part: Any) -> bool:
    """Whether this is a bundle and its worth."""
    return isinstance(part, tuple) and len(part) == 2 and isinstance(part[0], frozenset)


def in_short(value: float) -> str:
    """Return a number in up to six significant digits."""
    return f"{float(value) + 0.0:.6g}"

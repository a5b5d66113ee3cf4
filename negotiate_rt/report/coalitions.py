"""Coalition formations beside theory: who was together, what everybody got, and whether that was stable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import msgspec

from negotiate_rt.messages.outcome import NegotiationOutcome
from negotiate_rt.problems.coalitions import CoalitionProposal, CoalitionResult
from negotiate_rt.report.series import Series, Spread
from negotiate_rt.report.words import number, share

NAMED = 64  # players told apart
STRUCTURES = 1_000  # different ones that are counted; further ones are counted as others
TOLD = 5  # structures in a report
OTHERS = "others"


class CoalitionFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What became of some coalition formations.

    sessions: all of them. judged: those that theory says something of, which the shares are of (None without any): stable,
    in the core of their structure; best: of largest total worth; efficiency: mean worth as a share of the best. payoffs: by
    player. structures: how often each came about, the most frequent first. shapley, nucleolus, core_empty: of the game, where
    all sessions were about the same.
    """

    sessions: int
    judged: int
    stable: float | None
    best: float | None
    efficiency: float | None
    payoffs: Mapping[str, Spread]
    structures: Mapping[str, int]
    costs: bool
    shapley: Mapping[str, float] | None = None
    nucleolus: Mapping[str, float] | None = None
    core_empty: bool | None = None
    best_structure: str | None = None


class Coalitions:
    """Counts coalition formations as they come. Memory is bounded."""

    def __init__(self) -> None:
        self.sessions = self.judged = self.stable = self.best = 0
        self.efficiency = Series()
        self.payoffs: dict[str, Series] = {}
        self.structures: Counter[str] = Counter()
        self.first: CoalitionResult | None = None
        self.alike = True

    def add(self, outcome: NegotiationOutcome) -> None:
        """Count an outcome, if it is one of coalition formation. Cost: O(players)."""
        result = outcome.result
        if not isinstance(result, CoalitionResult):
            return
        self.sessions += 1
        for name, payoff in result.payoffs.items():
            if name in self.payoffs or len(self.payoffs) < NAMED:
                self.payoffs.setdefault(name, Series()).add(payoff)
        told = structure_in_words(result)
        self.structures[told if told in self.structures or len(self.structures) < STRUCTURES else OTHERS] += 1
        theory = result.theory
        self.first = self.first or result
        self.alike &= theory is not None and _same_game(result, self.first)
        if theory is not None:
            self.judged += 1
            self.stable += theory.stable
            share = result.efficiency
            if share is not None:
                self.efficiency.add(share)
            self.best += abs(result.worth - theory.best) <= 1e-9 * max(abs(theory.best), abs(result.worth))

    def report(self) -> CoalitionFigures | None:
        """Return the figures; None if no coalitions were to be formed."""
        if self.first is None:
            return None
        theory = self.first.theory if self.alike else None
        return CoalitionFigures(
            sessions=self.sessions, judged=self.judged, stable=self._share(self.stable), best=self._share(self.best),
            efficiency=self.efficiency.spread().mean, payoffs={name: one.spread() for name, one in self.payoffs.items()},
            structures=dict(self.structures.most_common(TOLD)), costs=self.first.costs,
            shapley=None if theory is None else theory.shapley, nucleolus=None if theory is None else theory.nucleolus,
            core_empty=None if theory is None else theory.core_empty,
            best_structure=None if theory is None else blocks_in_words(self.first.payoffs, theory.best_structure),
        )  # fmt: skip

    def _share(self, count: int) -> float | None:
        return count / self.judged if self.judged else None


def _same_game(result: CoalitionResult, first: CoalitionResult) -> bool:
    one, other = result.theory, first.theory
    if one is None or other is None:
        return False
    return (one.shapley, one.nucleolus, one.best) == (other.shapley, other.nucleolus, other.best)


def blocks_in_words(order: Mapping[str, float], blocks: tuple[frozenset[str], ...]) -> str:
    """Return coalitions in a line, their members in seating order."""
    return " ".join("{" + ", ".join(name for name in order if name in block) + "}" for block in blocks)


def structure_in_words(result: CoalitionResult) -> str:
    """Return a result's structure in a line."""
    return blocks_in_words(result.payoffs, result.structure)


def history_in_words(result: CoalitionResult) -> list[tuple[str, str, str]]:
    """Return (round, who, what) of all that happened, the answers to a proposal in one line with it."""
    told: list[tuple[str, str, str]] = []
    answers: list[str] = []
    for event in result.history:
        if event.kind in ("joined", "rejected", "silent"):
            answers.append(f"{event.by} {'gave no answer' if event.kind == 'silent' else event.kind}")
            continue
        if event.kind == "proposed":
            answers = []
            continue
        proposal = f" {CoalitionProposal(event.payoffs)}" if event.payoffs else ""
        if event.kind in ("formed", "fell"):
            verb = "formed" if event.kind == "formed" else "proposed in vain"
            told.append((str(event.round), event.by, f"{verb}{proposal}" + (f": {', '.join(answers)}" if answers else "")))
        elif event.kind == "gone":
            told.append((str(event.round), event.by, "left the talk"))
        elif event.kind == "left":
            told.append((str(event.round), event.by, f"left{proposal}"))
        else:
            told.append((str(event.round), event.by, f"took leave, which dissolved{proposal}"))
    return told


def in_line(found: CoalitionFigures) -> str:
    """Return in a line how the coalitions compare with theory."""
    if not found.judged:
        return f"beside theory: nothing is known of {number(found.sessions)} coalition formations"
    parts = [f"beside theory: {share(found.stable)} of {number(found.judged)} results are in the core"]
    if found.core_empty is not None:
        parts[0] += " (it is empty)" if found.core_empty else ""
    parts.append(f"{share(found.best)} are a best structure")
    if found.efficiency is not None:
        parts.append(f"{share(found.efficiency)} of the best worth")
    return "; ".join(parts)

"""Fair divisions beside theory: which properties the results had, and which of them the rule promises to the honest."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from negotiate_rt.messages.outcome import NegotiationOutcome
from negotiate_rt.problems.dividing import DivisionResult
from negotiate_rt.report.words import number, share

LONGEST = 200  # characters of an example


class PropertyFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How often a property held, did not, and could not be decided; whether the rule promised it wherever it was judged; and the
    first session in which it did not hold."""

    held: int
    failed: int
    undecided: int
    promised: bool
    example: str | None


class DivisionFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What became of some fair divisions.

    sessions: those that divided something. judged: those with verdicts; kept: of these the ones in which all that the rule
    promises held. properties: by name. proven: of the `searched` optima. left_out: claimants that got nothing because they left
    or did not answer.
    """

    sessions: int
    judged: int
    kept: int
    properties: Mapping[str, PropertyFigures]
    searched: int
    proven: int
    left_out: int


class Property:
    """One property, counted."""

    def __init__(self) -> None:
        self.counts: dict[bool | None, int] = {True: 0, False: 0, None: 0}
        self.promised = True
        self.example: str | None = None

    def figures(self) -> PropertyFigures:
        """Return what was counted."""
        return PropertyFigures(
            held=self.counts[True], failed=self.counts[False], undecided=self.counts[None], promised=self.promised,
            example=self.example,
        )  # fmt: skip


class Divisions:
    """Counts fair divisions as they come. Memory is bounded: there are only so many properties."""

    def __init__(self) -> None:
        self.sessions = self.judged = self.kept = self.searched = self.proven = self.left_out = 0
        self.properties: dict[str, Property] = {}

    def add(self, outcome: NegotiationOutcome) -> None:
        """Count an outcome, if it is one of a fair division. Cost: O(verdicts)."""
        result = outcome.result
        if not isinstance(result, DivisionResult):
            return
        self.sessions += 1
        self.judged += bool(result.verdicts)
        self.kept += bool(result.verdicts) and result.kept is True
        self.searched += result.proven is not None
        self.proven += result.proven is True
        self.left_out += len(result.left_out)
        for name, verdict in result.verdicts.items():
            one = self.properties.setdefault(name, Property())
            one.counts[verdict.holds] += 1
            one.promised &= name in result.promised
            if verdict.holds is False and one.example is None:
                one.example = f"{outcome.id}: {verdict.reason}"[:LONGEST]

    def report(self) -> DivisionFigures | None:
        """Return the figures; None if nothing was divided."""
        if not self.sessions:
            return None
        return DivisionFigures(
            sessions=self.sessions, judged=self.judged, kept=self.kept,
            properties={name: one.figures() for name, one in self.properties.items()}, searched=self.searched,
            proven=self.proven, left_out=self.left_out,
        )  # fmt: skip


def in_line(found: DivisionFigures) -> str:
    """Return in a line how the divisions compare with theory."""
    if not found.judged:
        return f"beside theory: no verdict on {number(found.sessions)} divisions"
    kept = share(found.kept / found.judged)
    parts = [f"beside theory: what the rule promises held in {kept} of {number(found.judged)} divisions"]
    if found.searched:
        parts.append(f"{share(found.proven / found.searched)} of the optima are proven")
    if found.left_out:
        parts.append(f"{number(found.left_out)} claimants were left out")
    return "; ".join(parts)


def rows(found: DivisionFigures) -> list[tuple[str, str, str, str, str, str]]:
    """Return (property, promised, held, failed, undecided, first failure) as text, in the order of the verdicts."""
    return [
        (
            name, "promised" if one.promised else "", number(one.held), number(one.failed), number(one.undecided),
            one.example or "",
        )
        for name, one in found.properties.items()
    ]  # fmt: skip


COLUMNS = ("property", "by the rule", "held", "failed", "undecided", "the first that failed")


def holdings(result: DivisionResult) -> list[tuple[str, str, str, str]]:
    """Return (claimant, what it gets, what it pays, what that is worth to it) as text."""
    names = dict.fromkeys((*result.allocation, *result.shares, *result.pieces, *result.awards, *result.left_out))
    told = []
    for name in names:
        paid, worth = result.payments.get(name), result.worths.get(name)
        told.append((name, holding(result, name), "-" if paid is None else number(float(paid), 6),
                     "-" if worth is None else number(float(worth), 6)))  # fmt: skip
    return told


def holding(result: DivisionResult, name: str) -> str:
    """Return what one claimant gets, in words."""
    if name in result.left_out:
        return f"nothing: {result.left_out[name]}"
    if name in result.awards:
        return number(float(result.awards[name]), 6)
    if name in result.pieces:
        low, high = result.pieces[name]
        return f"from {float(low):.6g} to {float(high):.6g}"
    shares = result.shares.get(name, {})
    if result.drawn:
        shares = {item: 1 for item in shares if item in result.allocation.get(name, ())}
    parts = [f"{item}" if part == 1 else f"{float(part):.4g} of {item}" for item, part in shares.items()]
    return ", ".join(parts) or "nothing"

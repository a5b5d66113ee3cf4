"""What a mediator is told to do, what it asks and hears, and what came of it: the options, contents and result of mediation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal, TypeAlias

import msgspec
from msgspec.structs import force_setattr

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.problems.auction import wait
from negotiate_rt.problems.evaluations import (
    ExponentialEvaluation,
    LinearEvaluation,
    PolynomialEvaluation,
    TriangularEvaluation,
)
from negotiate_rt.problems.interdependent import Box
from negotiate_rt.problems.scalars import finite

Method = Literal["optimum", "annealing", "hill-climbing", "ranking", "pairwise", "feedback", "final-offer"]
Objective = Literal["nash", "egalitarian", "utilitarian", "kalai-smorodinsky"]
Disclosure = Literal["full", "ranking", "pairwise", "votes"]
Acceptance = Literal["unanimity", "majority", "quorum"]
Arbitration = Literal["none", "impose", "final-offer"]

METHODS = ("optimum", "annealing", "hill-climbing", "ranking", "pairwise", "feedback", "final-offer")
OBJECTIVES = ("nash", "egalitarian", "utilitarian", "kalai-smorodinsky")
DISCLOSURES = ("full", "ranking", "pairwise", "votes")
"""How much a party tells the mediator, from most to least."""
ACCEPTANCES = ("unanimity", "majority", "quorum")
ARBITRATIONS = ("none", "impose", "final-offer")


class MediationOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Options of a mediation.

    method: how the mediator finds what to propose. "optimum": parties disclose their preferences, and it computes what is
    best by the `objective`; "annealing" and "hill-climbing": a single text, changed step by step as the parties vote;
    "ranking" and "pairwise": the parties rank, or compare in pairs, a `shortlist` of outcomes; "feedback": they grade a
    shortlist, from which the next is bred; "final-offer": each makes one last offer, of which the mediator takes one.
    acceptance: what binds: the consent of all parties, of more than half, or of a `quorum` (a number of parties, or a share
    of them between 0 and 1). arbitration: what happens when nothing was accepted in time: nothing, the mediator's best
    proposal is imposed, or one of the parties' final offers. grades: a vote on a text is a whole number from -grades to grades
    (1: no more than better or worse). temperature: of the annealing at its start and end, in grades of all parties together
    (None: three fifths and a fiftieth of the largest grade). Durations are seconds or timedeltas: reply_by for each
    answer (None: a third of what is left, a tenth for a vote), solve_timeout for a computation (None: half of what is left,
    5 seconds at most), closing for the end, when there is arbitration (None: a tenth of the whole). Raises ConfigurationError.
    """

    method: Method = "optimum"
    objective: Objective = "nash"
    acceptance: Acceptance = "unanimity"
    quorum: float | None = None
    arbitration: Arbitration = "none"
    grades: int = 10
    temperature: tuple[float, float] | None = None
    shortlist: int = 8
    reply_by: float | timedelta | None = None
    solve_timeout: float | timedelta | None = None
    closing: float | timedelta | None = None

    def __post_init__(self) -> None:
        for name, known in _WORDS.items():
            force_setattr(self, name, _word(name, getattr(self, name), known))
        for name, least in (("grades", 1), ("shortlist", 2)):
            given: object = getattr(self, name)
            if isinstance(given, bool) or not isinstance(given, int) or given < least:
                raise ConfigurationError(f"options.{name}: expected a whole number of at least {least}, got {given!r}")
        for name in ("reply_by", "solve_timeout", "closing"):
            if getattr(self, name) is not None:
                force_setattr(self, name, wait(f"options.{name}", getattr(self, name)))
        _check_quorum(self)
        if self.temperature is not None:
            force_setattr(self, "temperature", _temperatures(self.temperature))

    def needed(self, parties: int) -> int:
        """Return how many of so many parties must accept. Raises ConfigurationError for a quorum of more than there are."""
        if self.acceptance == "unanimity":
            return parties
        if self.acceptance == "majority":
            return parties // 2 + 1
        assert self.quorum is not None  # checked
        wanted = math.ceil(self.quorum * parties - 1e-9) if self.quorum < 1 else int(self.quorum)
        if wanted > parties:
            raise ConfigurationError(f"options.quorum: {wanted} of {parties} parties can never accept")
        return max(1, wanted)

    def heat(self) -> tuple[float, float]:
        """Return the temperature at the start and at the end."""
        return (HOT * self.grades, COLD * self.grades) if self.temperature is None else self.temperature


HOT, COLD = 0.6, 0.02
"""Of the largest grade: where annealing starts and ends unless said otherwise; these did best over binary contracts."""

_WORDS = {"method": METHODS, "objective": OBJECTIVES, "acceptance": ACCEPTANCES, "arbitration": ARBITRATIONS}


def _word(name: str, given: object, known: tuple[str, ...]) -> str:
    word = str(given).replace("_", "-")
    if word not in known:
        raise ConfigurationError(f"options.{name}: expected one of {', '.join(known)}, got {given!r}{suggest(word, known)}")
    return word


def _check_quorum(options: MediationOptions) -> None:
    if (options.acceptance == "quorum") != (options.quorum is not None):
        raise ConfigurationError("options.quorum: it goes with acceptance 'quorum', and that with it")
    if options.quorum is not None:
        number = finite(options.quorum, "options.quorum", ConfigurationError)
        if number <= 0 or (number >= 1 and number != int(number)):
            raise ConfigurationError(
                f"options.quorum: expected a number of parties, or a share above 0 and below 1, got {number:g}"
            )


def _temperatures(given: object) -> tuple[float, float]:
    both = tuple(given) if isinstance(given, (tuple, list)) else ()
    if len(both) != 2:
        raise ConfigurationError(f"options.temperature: expected two numbers, at the start and at the end, got {given!r}")
    hot, cold = (finite(one, f"options.temperature[{place}]", ConfigurationError) for place, one in enumerate(both))
    if not hot >= cold > 0:
        raise ConfigurationError(f"options.temperature: expected start >= end > 0, got {hot:g}, {cold:g}")
    return hot, cold


# -- what a mediator asks ---------------------------------------------------------------------------------------------


class PreferencesAsked(msgspec.Struct, frozen=True, tag="preferences-asked"):
    """What is each outcome worth to you, and what is having no deal?"""

    def in_words(self) -> str:
        """Return the question in words."""
        return "The mediator asks, in confidence, what outcomes are worth to you."


class RankingAsked(msgspec.Struct, frozen=True, tag="ranking-asked"):
    """In which order do you like these outcomes?"""

    outcomes: tuple[Any, ...]

    def in_words(self) -> str:
        """Return the question in words."""
        told = "; ".join(f"{place}: {one!r}" for place, one in enumerate(self.outcomes))
        return f"The mediator asks, in confidence, in which order you like these outcomes, best first, by number: {told}."


class PairAsked(msgspec.Struct, frozen=True, tag="pair-asked"):
    """Which of two outcomes do you like better?"""

    first: Any
    second: Any

    def in_words(self) -> str:
        """Return the question in words."""
        return f"The mediator asks, in confidence, whether you like {self.first!r} or {self.second!r} better, if either."


class Ballot(msgspec.Struct, frozen=True, tag="ballot"):
    """How much better or worse than the text is each of the drafts, in whole grades from -grades to grades?

    number: of the ballot, from 1. text: None at the first, where drafts are graded against having no deal.
    """

    number: int
    text: Any
    drafts: tuple[Any, ...]
    grades: int

    def in_words(self) -> str:
        """Return the question in words."""
        text = "no deal" if self.text is None else f"the present text {self.text!r}"
        told = "; ".join(map(repr, self.drafts))
        return (
            f"The mediator asks, in confidence, how much better or worse than {text} each of these would be for you, as a whole "
            f"number from {-self.grades} (much worse) to {self.grades} (much better): {told}."
        )


class OfferAsked(msgspec.Struct, frozen=True, tag="offer-asked"):
    """What is your final offer? One of the parties' will be chosen as it stands."""

    def in_words(self) -> str:
        """Return the question in words."""
        return "Make your final offer: the arbitrator will choose one of the parties' offers as it stands."


# -- what a party answers ---------------------------------------------------------------------------------------------


class SampledEvaluation(msgspec.Struct, frozen=True, tag="sampled"):
    """What numbers from `low` to `high` are worth, told at evenly spaced points, and straight between them."""

    low: float
    high: float
    worths: tuple[float, ...]

    def __call__(self, value: float) -> float:
        """Return what a number is worth."""
        last = len(self.worths) - 1
        if last < 1 or self.high <= self.low:
            return self.worths[0]
        way = min(1.0, max(0.0, (value - self.low) / (self.high - self.low))) * last
        place = min(last - 1, int(way))
        return self.worths[place] + (way - place) * (self.worths[place + 1] - self.worths[place])

    def turns(self, low: float, high: float) -> tuple[float, ...]:
        """Return the points between two numbers."""
        last = len(self.worths) - 1
        points = (self.low + (self.high - self.low) * place / last for place in range(last + 1)) if last > 0 else ()
        return tuple(one for one in points if low < one < high)


Evaluated = (
    tuple[float, ...] | LinearEvaluation | TriangularEvaluation | PolynomialEvaluation | ExponentialEvaluation
    | SampledEvaluation
)  # fmt: skip
"""What the values of one issue are worth: numbers in the order of the values (for an optional issue its absence last), or
an evaluation of numbers."""


class SumOfWorths(msgspec.Struct, frozen=True, kw_only=True, tag="sum-of-worths"):
    """Full preferences that are a sum over the issues: weight times evaluation each, in the space's order.

    without: what no deal is worth. absent: what leaving each issue out is worth; 0 for those that cannot be.
    """

    weights: tuple[float, ...]
    worths: tuple[Evaluated, ...]
    without: float = 0.0


class ListOfWorths(msgspec.Struct, frozen=True, kw_only=True, tag="list-of-worths"):
    """Full preferences outcome by outcome, in the space's order. without: what no deal is worth."""

    worths: tuple[float, ...]
    without: float = 0.0


class SumOfBoxes(msgspec.Struct, frozen=True, kw_only=True, tag="sum-of-boxes"):
    """Full preferences that are a sum of bonuses of boxes. without: what no deal is worth."""

    boxes: tuple[Box, ...]
    start: float = 0.0
    without: float = 0.0


class SumOfInfluences(msgspec.Struct, frozen=True, kw_only=True, tag="sum-of-influences"):
    """Full preferences that are a sum of influences of issues (own: by position) and pairs of them (first, second, number)."""

    own: tuple[float, ...]
    pairs: tuple[tuple[int, int, float], ...]
    start: float = 0.0
    without: float = 0.0


AnyPreferences: TypeAlias = SumOfWorths | ListOfWorths | SumOfBoxes | SumOfInfluences


class Ranked(msgspec.Struct, frozen=True, tag="ranked"):
    """The outcomes asked about, by their places in the question, best first."""

    order: tuple[int, ...]


class Preferred(msgspec.Struct, frozen=True, tag="preferred"):
    """Which of the pair is better: "first", "second", or "either"."""

    which: Literal["first", "second", "either"]


class Vote(msgspec.Struct, frozen=True, tag="vote"):
    """A grade for each draft of a ballot."""

    ballot: int
    grades: tuple[int, ...]


class Settlement(msgspec.Struct, frozen=True, tag="settlement"):
    """What all hear at the end: the outcome that binds, and whether it was accepted or imposed."""

    outcome: Any
    imposed: bool = False


CONTENTS = (
    PreferencesAsked, RankingAsked, PairAsked, Ballot, OfferAsked, SumOfWorths, ListOfWorths, SumOfBoxes, SumOfInfluences,
    Ranked, Preferred, Vote, Settlement, LinearEvaluation, TriangularEvaluation, PolynomialEvaluation, ExponentialEvaluation,
    SampledEvaluation, Box,
)  # fmt: skip


class MediationResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a mediation came to; of what was disclosed it tells nothing but how many did.

    outcome: what binds, None for no deal. method, objective: as asked for. disclosed: how many parties disclosed their
    preferences in full. ballots: votes that were called; changes: of these, how many changed the text. proposals: how many
    were put to the parties. accepted, needed: how many parties accepted the last of them, and had to. imposed: whether it
    was arbitrated. value, bound, proven: of the computation, where there was one (see MediatedOptimum); engine: what found it.
    """

    outcome: Any
    method: str
    objective: str
    parties: int
    disclosed: int = 0
    ballots: int = 0
    changes: int = 0
    proposals: int = 0
    accepted: int = 0
    needed: int = 0
    imposed: bool = False
    value: float | None = None
    bound: float | None = None
    proven: bool | None = None
    engine: str | None = None


class Suggested(msgspec.Struct, frozen=True):
    """What a mediator's own `suggest` hook looks at, as `view.call`.

    draft: what the method would propose, or put to the vote. voting: whether it is put to the vote only. text: the text that
    stands in a single-text mediation. disclosed: what parties disclosed, by name; votes: of the last ballot, by name, the
    grades of its drafts; refused: proposals that were not accepted.
    """

    draft: Any
    voting: bool
    text: Any
    disclosed: Mapping[str, AnyPreferences]
    votes: Mapping[str, tuple[int, ...]]
    refused: tuple[Any, ...]
